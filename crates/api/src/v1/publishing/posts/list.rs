//! Which posts are there?

use axum::Json;
use axum::extract::State;
use postrider_app::publishing::posts::{self, Listing};
use postrider_app::{App, Cursor};
use postrider_domain::id::{LabelId, SeriesId, WorkspaceId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::PostBody;
use crate::auth::Authed;
use crate::extract::{Ids, Search};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;

/// Which posts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PostsQuery {
    /// Drafts only, or only what is on the schedule or was.
    #[param(inline)]
    show: Option<Show>,
    /// Only posts with this label.
    #[param(value_type = Option<String>)]
    label: Option<LabelId>,
    /// Only posts that this series made.
    #[param(value_type = Option<String>)]
    series: Option<SeriesId>,
}

/// Drafts or the rest.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Show {
    /// Drafts only.
    Draft,
    /// Everything but drafts.
    Scheduled,
}

/// Lists posts, the latest first.
#[utoipa::path(get, path = "/workspaces/{ws}/posts", tag = "posts", params(PostsQuery, PageQuery),
    responses((status = 200, body = Page<PostBody>)))]
pub(crate) async fn list_posts(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    Search(query): Search<PostsQuery>,
    Search(page): Search<PageQuery>,
) -> Result<Json<Page<PostBody>>, Problem> {
    let (limit, after) = (page.limit()?, page.cursor(Cursor::NEWEST)?);
    let draft = query.show.map(|show| show == Show::Draft);
    let listing = Listing { draft, label: query.label, series: query.series };
    let rows = posts::list(&app, &caller, ws, &listing, after, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |post| Cursor::new(post.created_at, post.id))))
}
