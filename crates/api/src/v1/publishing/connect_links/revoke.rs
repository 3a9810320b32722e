//! Take a link back.

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::channels::oauth;
use postrider_domain::id::{ConnectLinkId, WorkspaceId};

use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;
use crate::wire::Done;

/// Takes a link back: nobody can connect with it any more.
#[utoipa::path(delete, path = "/workspaces/{ws}/connect-links/{link}", tag = "channels",
    responses((status = 204)))]
pub(crate) async fn revoke_connect_link(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, link)): Ids<(WorkspaceId, ConnectLinkId)>,
) -> Result<Done, Problem> {
    oauth::revoke_link(&app, &caller, ws, link).await?;
    Ok(Done)
}
