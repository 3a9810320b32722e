//! Which files are there?

use axum::Json;
use axum::extract::State;
use postrider_app::media::files;
use postrider_app::{App, Cursor};
use postrider_domain::id::WorkspaceId;

use crate::auth::Authed;
use crate::extract::{Ids, Search};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::v1::media::wire::MediaBody;

/// Lists files, the latest first.
#[utoipa::path(get, path = "/workspaces/{ws}/media", tag = "media", params(PageQuery),
    responses((status = 200, body = Page<MediaBody>)))]
pub(crate) async fn list_media(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    Search(page): Search<PageQuery>,
) -> Result<Json<Page<MediaBody>>, Problem> {
    let (limit, after) = (page.limit()?, page.cursor(Cursor::NEWEST)?);
    let rows = files::list(&app, &caller, ws, after, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |file| Cursor::new(file.created_at, file.id))))
}
