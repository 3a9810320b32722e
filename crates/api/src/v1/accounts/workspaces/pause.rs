//! Stop publishing.

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::workspaces;
use postrider_domain::id::WorkspaceId;

use super::WorkspaceBody;
use crate::auth::Authed;
use crate::extract::{Ids, PostedNothing};
use crate::problem::Problem;

/// Stops all publishing of the workspace until it is resumed.
#[utoipa::path(post, path = "/workspaces/{ws}/pause", tag = "workspaces",
    responses((status = 200, body = WorkspaceBody)))]
pub(crate) async fn pause_workspace(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(id): Ids<WorkspaceId>,
    posted: PostedNothing,
) -> Result<Json<WorkspaceBody>, Problem> {
    let once = posted.once(&caller);
    let (workspace, role) = workspaces::set_paused(&app, &caller, id, true, once.as_ref()).await?;
    Ok(Json(WorkspaceBody::new(workspace, role)))
}
