//! Change a label.

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::requests;
use postrider_domain::id::{LabelId, WorkspaceId};

use super::{LabelBody, SaveLabel};
use crate::auth::Authed;
use crate::extract::{Ids, Json};
use crate::problem::Problem;

/// Changes a label's name and colour.
#[utoipa::path(put, path = "/workspaces/{ws}/labels/{label}", tag = "labels", request_body = SaveLabel,
    responses((status = 200, body = LabelBody)))]
pub(crate) async fn update_label(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, label)): Ids<(WorkspaceId, LabelId)>,
    Json(body): Json<SaveLabel>,
) -> Result<axum::Json<LabelBody>, Problem> {
    let label = requests::update_label(&app, &caller, ws, label, &body.into()).await?;
    Ok(axum::Json(label.into()))
}
