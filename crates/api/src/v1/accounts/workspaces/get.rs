//! One workspace.

use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::workspaces;
use postrider_domain::id::WorkspaceId;

use super::WorkspaceBody;
use crate::auth::Authed;
use crate::etag::Tagged;
use crate::extract::Ids;
use crate::problem::Problem;

/// Shows a workspace.
#[utoipa::path(get, path = "/workspaces/{ws}", tag = "workspaces",
    responses((status = 200, body = WorkspaceBody, headers(("ETag" = String, description = "Its version.")))))]
pub(crate) async fn get_workspace(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(id): Ids<WorkspaceId>,
) -> Result<Tagged<WorkspaceBody>, Problem> {
    let (workspace, role) = workspaces::get(&app, &caller, id).await?;
    Ok(Tagged(workspaces::version(&workspace), WorkspaceBody::new(workspace, role)))
}
