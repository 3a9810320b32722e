//! Who is invited?

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::invitations;
use postrider_domain::id::WorkspaceId;

use super::InvitationBody;
use crate::auth::Authed;
use crate::extract::Ids;
use crate::paging::Page;
use crate::problem::Problem;

/// Lists invitations that can still be accepted, newest first.
#[utoipa::path(get, path = "/workspaces/{ws}/invitations", tag = "members",
    responses((status = 200, body = Page<InvitationBody>)))]
pub(crate) async fn list_invitations(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
) -> Result<Json<Page<InvitationBody>>, Problem> {
    let open = invitations::list(&app, &caller, ws).await?;
    Ok(Json(Page::all(open.into_iter().map(InvitationBody::from).collect())))
}
