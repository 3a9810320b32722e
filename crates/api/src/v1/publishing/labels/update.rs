//! Change a label.

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::{labels, requests};
use postrider_domain::id::{LabelId, WorkspaceId};

use super::{LabelBody, SaveLabel};
use crate::auth::Authed;
use crate::docs::IfMatchHeader;
use crate::etag::{IfMatch, Tagged};
use crate::extract::{Ids, Json};
use crate::problem::Problem;

/// Changes a label's name and colour.
#[utoipa::path(put, path = "/workspaces/{ws}/labels/{label}", tag = "labels", params(IfMatchHeader),
    request_body = SaveLabel,
    responses((status = 200, body = LabelBody, headers(("ETag" = String, description = "Version of the label.")))))]
pub(crate) async fn update_label(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, label)): Ids<(WorkspaceId, LabelId)>,
    IfMatch(version): IfMatch,
    Json(body): Json<SaveLabel>,
) -> Result<Tagged<LabelBody>, Problem> {
    let label = requests::update_label(&app, &caller, ws, label, version, &body.into()).await?;
    Ok(Tagged(labels::version(&label), label.into()))
}
