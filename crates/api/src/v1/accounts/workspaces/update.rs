//! Change a workspace.

use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::workspaces::{self, Changes};
use postrider_domain::id::WorkspaceId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::WorkspaceBody;
use crate::auth::Authed;
use crate::docs::IfMatchHeader;
use crate::etag::{IfMatch, Tagged};
use crate::extract::{Ids, Json};
use crate::problem::Problem;

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateWorkspace {
    /// Its name; an owner's right.
    name: Option<String>,
    /// Its IANA time zone. What is scheduled keeps its time.
    zone: Option<String>,
    /// How late a delivery may go out without asking, in seconds: a minute to a week.
    missed_window_s: Option<u64>,
}

/// Changes name, zone or missed window.
#[utoipa::path(patch, path = "/workspaces/{ws}", tag = "workspaces", request_body = UpdateWorkspace,
    params(IfMatchHeader),
    responses((status = 200, body = WorkspaceBody, headers(("ETag" = String, description = "Its version.")))))]
pub(crate) async fn update_workspace(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(id): Ids<WorkspaceId>,
    IfMatch(version): IfMatch,
    Json(body): Json<UpdateWorkspace>,
) -> Result<Tagged<WorkspaceBody>, Problem> {
    let UpdateWorkspace { name, zone, missed_window_s } = body;
    let changes = Changes { name, zone, missed_window_s };
    let (workspace, role) = workspaces::update(&app, &caller, id, version, &changes).await?;
    Ok(Tagged(workspaces::version(&workspace), WorkspaceBody::new(workspace, role)))
}
