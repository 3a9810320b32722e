//! `/workspaces/{ws}/audit`: who did what.

use axum::Json;
use axum::extract::State;
use postrider_app::accounts::audit::{self, Entry};
use postrider_app::{App, Cursor};
use postrider_domain::id::{AuditId, UserId, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::Authed;
use crate::extract::{Ids, Search};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::wire::At;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_audit))
}

/// A security-relevant act.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(crate) struct EntryBody {
    /// Its id.
    #[schema(value_type = String)]
    id: AuditId,
    /// Who; absent for the program itself and for deleted people.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserId>,
    /// What.
    #[schema(example = "channel.disconnect")]
    action: String,
    /// To what: an id or a short name, never content.
    subject: String,
    /// From which network address.
    address: String,
    /// When.
    created_at: At,
}

impl From<Entry> for EntryBody {
    fn from(entry: Entry) -> Self {
        let Entry { id, user_id, action, subject, address, created_at } = entry;
        Self { id, user: user_id, action, subject, address, created_at: created_at.into() }
    }
}

/// Lists security-relevant acts, newest first; they are kept 90 days.
#[utoipa::path(get, path = "/workspaces/{ws}/audit", tag = "workspaces", params(PageQuery),
    responses((status = 200, body = Page<EntryBody>)))]
pub(crate) async fn list_audit(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    Search(page): Search<PageQuery>,
) -> Result<Json<Page<EntryBody>>, Problem> {
    let (limit, after) = (page.limit()?, page.cursor(Cursor::NEWEST)?);
    let rows = audit::list(&app, &caller, ws, after, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| Cursor::new(row.created_at, row.id))))
}
