//! What was I told?

use axum::Json;
use axum::extract::State;
use postrider_app::accounts::notifications;
use postrider_app::{App, Cursor};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::NotificationBody;
use crate::auth::Authed;
use crate::extract::Search;
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;

/// Which notifications.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct NotificationQuery {
    /// Only those that were not read.
    #[serde(default)]
    unread: bool,
}

/// One page of notifications.
#[derive(Serialize, ToSchema)]
pub(crate) struct NotificationPage {
    #[serde(flatten)]
    page: Page<NotificationBody>,
    /// How many are unread in all.
    unread: u64,
}

/// Lists what the caller was told, newest first.
#[utoipa::path(get, path = "/notifications", tag = "notifications", params(NotificationQuery, PageQuery),
    responses((status = 200, body = NotificationPage)))]
pub(crate) async fn list_notifications(
    State(app): State<App>,
    Authed(caller): Authed,
    Search(filter): Search<NotificationQuery>,
    Search(page): Search<PageQuery>,
) -> Result<Json<NotificationPage>, Problem> {
    let (limit, after) = (page.limit()?, page.cursor(Cursor::NEWEST)?);
    let (rows, unread) = notifications::list(&app, &caller, filter.unread, after, limit + 1).await?;
    let page = Page::of(rows, limit, |row| Cursor::new(row.created_at, row.id));
    Ok(Json(NotificationPage { page, unread }))
}
