//! Who belongs here?

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::members;
use postrider_domain::id::WorkspaceId;

use super::MemberBody;
use crate::auth::Authed;
use crate::extract::Ids;
use crate::paging::Page;
use crate::problem::Problem;

/// Lists the members, in the order of joining.
#[utoipa::path(get, path = "/workspaces/{ws}/members", tag = "members",
    responses((status = 200, body = Page<MemberBody>)))]
pub(crate) async fn list_members(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
) -> Result<Json<Page<MemberBody>>, Problem> {
    let members = members::list(&app, &caller, ws).await?;
    Ok(Json(Page::all(members.into_iter().map(MemberBody::from).collect())))
}
