//! Choose among the accounts that a connection found.

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::channels::oauth;
use postrider_domain::id::{OauthStateId, WorkspaceId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::ConnectionBody;
use crate::auth::Authed;
use crate::extract::{Ids, Posted};
use crate::problem::Problem;

/// What to connect.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PickAccounts {
    /// `account` of each that is to become a channel.
    accounts: Vec<String>,
}

/// Connects the chosen accounts. The same account again renews the channel that is there.
#[utoipa::path(post, path = "/workspaces/{ws}/channels/oauth/{oauth}/pick", tag = "channels",
    request_body = PickAccounts, responses((status = 200, body = ConnectionBody)))]
pub(crate) async fn pick_accounts(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, id)): Ids<(WorkspaceId, OauthStateId)>,
    posted: Posted<PickAccounts>,
) -> Result<Json<ConnectionBody>, Problem> {
    let once = posted.once(&caller);
    Ok(Json(oauth::pick(&app, &caller, ws, id, &posted.body.accounts, once.as_ref()).await?.into()))
}
