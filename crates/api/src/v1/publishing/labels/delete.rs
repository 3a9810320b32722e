//! Delete a label.

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::requests;
use postrider_domain::id::{LabelId, WorkspaceId};

use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;
use crate::wire::Done;

/// Deletes a label; posts lose it and stay.
#[utoipa::path(delete, path = "/workspaces/{ws}/labels/{label}", tag = "labels", responses((status = 204)))]
pub(crate) async fn delete_label(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, label)): Ids<(WorkspaceId, LabelId)>,
) -> Result<Done, Problem> {
    requests::delete_label(&app, &caller, ws, label).await?;
    Ok(Done)
}
