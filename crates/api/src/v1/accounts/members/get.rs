//! Who is this member?

use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::members;
use postrider_domain::id::{UserId, WorkspaceId};

use super::MemberBody;
use crate::auth::Authed;
use crate::etag::Tagged;
use crate::extract::Ids;
use crate::problem::Problem;

/// Shows a member.
#[utoipa::path(get, path = "/workspaces/{ws}/members/{user}", tag = "members",
    responses((status = 200, body = MemberBody, headers(("ETag" = String, description = "Version of the membership.")))))]
pub(crate) async fn get_member(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, user)): Ids<(WorkspaceId, UserId)>,
) -> Result<Tagged<MemberBody>, Problem> {
    let member = members::get(&app, &caller, ws, user).await?;
    Ok(Tagged(members::version(&member), member.into()))
}
