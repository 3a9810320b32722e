//! What is this label?

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::labels;
use postrider_domain::id::{LabelId, WorkspaceId};

use super::LabelBody;
use crate::auth::Authed;
use crate::etag::Tagged;
use crate::extract::Ids;
use crate::problem::Problem;

/// Shows a label.
#[utoipa::path(get, path = "/workspaces/{ws}/labels/{label}", tag = "labels",
    responses((status = 200, body = LabelBody, headers(("ETag" = String, description = "Version of the label.")))))]
pub(crate) async fn get_label(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, label)): Ids<(WorkspaceId, LabelId)>,
) -> Result<Tagged<LabelBody>, Problem> {
    let label = labels::get(&app, &caller, ws, label).await?;
    Ok(Tagged(labels::version(&label), label.into()))
}
