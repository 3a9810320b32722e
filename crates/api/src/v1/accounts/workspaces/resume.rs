//! Let publishing go on.

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::workspaces;
use postrider_domain::id::WorkspaceId;

use super::WorkspaceBody;
use crate::auth::Authed;
use crate::extract::{Ids, PostedNothing};
use crate::problem::Problem;

/// Lets publishing of the workspace go on; what is late by then asks first.
#[utoipa::path(post, path = "/workspaces/{ws}/resume", tag = "workspaces",
    responses((status = 200, body = WorkspaceBody)))]
pub(crate) async fn resume_workspace(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(id): Ids<WorkspaceId>,
    posted: PostedNothing,
) -> Result<Json<WorkspaceBody>, Problem> {
    let once = posted.once(&caller);
    let (workspace, role) = workspaces::set_paused(&app, &caller, id, false, once.as_ref()).await?;
    Ok(Json(WorkspaceBody::new(workspace, role)))
}
