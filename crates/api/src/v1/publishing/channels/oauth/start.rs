//! Begin a connection.

use std::collections::BTreeMap;

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::channels::oauth::{self, Start};
use postrider_domain::id::{OauthStateId, WorkspaceId};
use postrider_domain::secret::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Authed;
use crate::extract::{Ids, Posted};
use crate::problem::Problem;
use crate::wire::{At, Created};

/// An account to be connected by consent at its platform.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartConnection {
    /// The platform's id, as `/connectors` lists it.
    platform: String,
    /// The form's fields by name, such as the server.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    fields: BTreeMap<String, Secret>,
    /// A path of this server that the person wants to see afterwards, however it ends. A browser that is
    /// still logged in as it was now is sent there, with this connection's id as `connection` in the query.
    return_to: Option<String>,
}

/// A connection that waits for the person at the platform.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectionStarted {
    /// Its id, to ask how it is doing.
    #[schema(value_type = String)]
    id: OauthStateId,
    /// Where to send the person. It works once, in the same browser as this request.
    authorize_url: String,
    /// Until when they may take.
    expires_at: At,
}

/// Begins a connection: the answer says where the person consents.
///
/// Whoever comes back without the session that began it is asked first. A failure names the
/// step, the field and the platform's own words.
#[utoipa::path(post, path = "/workspaces/{ws}/channels/oauth/start", tag = "channels", request_body = StartConnection,
    responses((status = 201, body = ConnectionStarted)))]
pub(crate) async fn start_connection(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    posted: Posted<StartConnection>,
) -> Result<Created<ConnectionStarted>, Problem> {
    let once = posted.once(&caller);
    let StartConnection { platform, fields, return_to } = posted.body;
    let started = oauth::start(&app, &caller, ws, &Start { platform, fields, return_to }, once.as_ref()).await?;
    let location = format!("/api/v1/workspaces/{ws}/channels/oauth/{}", started.id);
    let body = ConnectionStarted {
        id: started.id,
        authorize_url: started.authorize_url,
        expires_at: started.expires_at.into(),
    };
    Ok(Created::at(location, body))
}
