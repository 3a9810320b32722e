//! How is a connection doing?

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::channels::oauth;
use postrider_domain::id::{OauthStateId, WorkspaceId};

use super::ConnectionBody;
use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;

/// Shows a connection that was begun: for programs that wait for it.
#[utoipa::path(get, path = "/workspaces/{ws}/channels/oauth/{oauth}", tag = "channels",
    responses((status = 200, body = ConnectionBody)))]
pub(crate) async fn show_connection(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, id)): Ids<(WorkspaceId, OauthStateId)>,
) -> Result<Json<ConnectionBody>, Problem> {
    Ok(Json(oauth::progress(&app, &caller, ws, id).await?.into()))
}
