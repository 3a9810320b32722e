//! Which links are out?

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::channels::oauth;
use postrider_domain::id::WorkspaceId;

use super::ConnectLinkBody;
use crate::auth::Authed;
use crate::extract::Ids;
use crate::paging::Page;
use crate::problem::Problem;

/// Lists the links to connect with, newest first, also those that no longer work.
#[utoipa::path(get, path = "/workspaces/{ws}/connect-links", tag = "channels",
    responses((status = 200, body = Page<ConnectLinkBody>)))]
pub(crate) async fn list_connect_links(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
) -> Result<Json<Page<ConnectLinkBody>>, Problem> {
    let found = oauth::links(&app, &caller, ws).await?;
    Ok(Json(Page::all(found.into_iter().map(|(link, open)| ConnectLinkBody::of(link, open)).collect())))
}
