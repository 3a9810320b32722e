//! Make a label.

use axum::extract::State;
use postrider_app::publishing::{labels, requests};
use postrider_app::{App, Made};
use postrider_domain::id::WorkspaceId;

use super::{LabelBody, SaveLabel};
use crate::auth::Authed;
use crate::extract::{Ids, Posted};
use crate::problem::Problem;
use crate::wire::Created;

/// Makes a label.
#[utoipa::path(post, path = "/workspaces/{ws}/labels", tag = "labels", request_body = SaveLabel,
    responses((status = 201, body = LabelBody)))]
pub(crate) async fn create_label(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    posted: Posted<SaveLabel>,
) -> Result<Created<LabelBody>, Problem> {
    let once = posted.once(&caller);
    let id = requests::create_label(&app, &caller, ws, &posted.body.into(), once.as_ref()).await?;
    let made = Made::found_in(&app, &caller, ws, id, labels::get(&app, &caller, ws, id).await).await?;
    Ok(Created::of(made, |label| (Some(format!("/api/v1/workspaces/{ws}/labels/{id}")), label.into())))
}
