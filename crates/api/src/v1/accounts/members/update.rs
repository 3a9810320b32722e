//! Give a member another role.

use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::members;
use postrider_domain::id::{UserId, WorkspaceId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::MemberBody;
use crate::auth::Authed;
use crate::docs::IfMatchHeader;
use crate::etag::{IfMatch, Tagged};
use crate::extract::{Ids, Json};
use crate::problem::Problem;
use crate::wire::Role;

/// The new role.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateMember {
    /// Not above the caller's own.
    role: Role,
}

/// Gives a member another role; the last owner stays one.
#[utoipa::path(patch, path = "/workspaces/{ws}/members/{user}", tag = "members", params(IfMatchHeader),
    request_body = UpdateMember,
    responses((status = 200, body = MemberBody, headers(("ETag" = String, description = "Version of the membership.")))))]
pub(crate) async fn update_member(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, user)): Ids<(WorkspaceId, UserId)>,
    IfMatch(version): IfMatch,
    Json(body): Json<UpdateMember>,
) -> Result<Tagged<MemberBody>, Problem> {
    let member = members::set_role(&app, &caller, ws, user, version, body.role.into()).await?;
    Ok(Tagged(members::version(&member), member.into()))
}
