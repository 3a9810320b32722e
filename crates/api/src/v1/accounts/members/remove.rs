//! Remove a member, or leave.

use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::members;
use postrider_domain::id::{UserId, WorkspaceId};

use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;
use crate::wire::Done;

/// Removes a member, or lets the caller leave.
///
/// Their keys for the workspace stop working at once. What they scheduled is held
/// for an admin when it falls due.
#[utoipa::path(delete, path = "/workspaces/{ws}/members/{user}", tag = "members", responses((status = 204)))]
pub(crate) async fn remove_member(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, user)): Ids<(WorkspaceId, UserId)>,
) -> Result<Done, Problem> {
    members::remove(&app, &caller, ws, user).await?;
    Ok(Done)
}
