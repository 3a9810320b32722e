//! Where do I belong?

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::workspaces;

use super::WorkspaceBody;
use crate::auth::Authed;
use crate::paging::Page;
use crate::problem::Problem;

/// Lists the caller's workspaces, by name.
#[utoipa::path(get, path = "/workspaces", tag = "workspaces", responses((status = 200, body = Page<WorkspaceBody>)))]
pub(crate) async fn list_workspaces(
    State(app): State<App>,
    Authed(caller): Authed,
) -> Result<Json<Page<WorkspaceBody>>, Problem> {
    let own = workspaces::list(&app, &caller).await?;
    Ok(Json(Page::all(own.into_iter().map(|(workspace, role)| WorkspaceBody::new(workspace, role)).collect())))
}
