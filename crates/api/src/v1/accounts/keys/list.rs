//! Which keys are there?

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::keys;
use postrider_domain::id::WorkspaceId;

use super::KeyBody;
use crate::auth::Authed;
use crate::extract::Ids;
use crate::paging::Page;
use crate::problem::Problem;

/// Lists the keys that were not taken back, newest first: everybody's for those who manage
/// the workspace, their own for the others.
#[utoipa::path(get, path = "/workspaces/{ws}/keys", tag = "keys", responses((status = 200, body = Page<KeyBody>)))]
pub(crate) async fn list_keys(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
) -> Result<Json<Page<KeyBody>>, Problem> {
    let keys = keys::list(&app, &caller, ws).await?;
    Ok(Json(Page::all(keys.into_iter().map(KeyBody::from).collect())))
}
