//! Which labels are there?

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::labels;
use postrider_domain::id::WorkspaceId;

use super::LabelBody;
use crate::auth::Authed;
use crate::extract::Ids;
use crate::paging::Page;
use crate::problem::Problem;

/// Lists the labels by name.
#[utoipa::path(get, path = "/workspaces/{ws}/labels", tag = "labels",
    responses((status = 200, body = Page<LabelBody>)))]
pub(crate) async fn list_labels(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
) -> Result<Json<Page<LabelBody>>, Problem> {
    let labels = labels::list(&app, &caller, ws).await?;
    Ok(Json(Page::all(labels.into_iter().map(LabelBody::from).collect())))
}
