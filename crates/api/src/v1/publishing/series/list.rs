//! Which series are there?

use axum::Json;
use axum::extract::State;
use postrider_app::publishing::series;
use postrider_app::{App, Cursor};
use postrider_domain::id::WorkspaceId;

use super::SeriesBody;
use crate::auth::Authed;
use crate::extract::{Ids, Search};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;

/// Lists series, the latest first, those that have ended too.
#[utoipa::path(get, path = "/workspaces/{ws}/series", tag = "series", params(PageQuery),
    responses((status = 200, body = Page<SeriesBody>)))]
pub(crate) async fn list_series(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    Search(page): Search<PageQuery>,
) -> Result<Json<Page<SeriesBody>>, Problem> {
    let (limit, after) = (page.limit()?, page.cursor(Cursor::NEWEST)?);
    let rows = series::list(&app, &caller, ws, after, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |series| Cursor::new(series.created_at, series.id))))
}
