//! What was tried?

use axum::Json;
use axum::extract::State;
use postrider_app::publishing::deliveries::{self, AttemptView};
use postrider_app::{App, messages};
use postrider_domain::id::{AttemptId, DeliveryId, PartId, WorkspaceId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::auth::Authed;
use crate::extract::Ids;
use crate::paging::Page;
use crate::problem::Problem;
use crate::wire::At;

/// One try.
#[derive(Serialize, ToSchema)]
#[schema(as = Attempt)]
pub(crate) struct AttemptBody {
    /// Its id.
    #[schema(value_type = String)]
    id: AttemptId,
    /// The part it was for.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<PartId>,
    /// What was tried: `send`, `read`, `look`, `refresh` or `rescue`; `delete` or `edit` of what is live.
    action: String,
    /// How it ended: `ok` or the class of the failure.
    outcome: String,
    /// Our code for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// What `code` means and what to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The platform's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    platform_code: Option<String>,
    /// The HTTP status of the platform's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<i64>,
    /// The platform's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
    /// The requests and answers without any secret; absent once they were purged.
    #[schema(value_type = Option<Vec<Object>>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    exchanges: Option<Value>,
    /// When it began.
    started_at: At,
    /// When it ended.
    ended_at: At,
}

impl From<AttemptView> for AttemptBody {
    fn from(attempt: AttemptView) -> Self {
        Self {
            id: attempt.id,
            part: attempt.part,
            action: attempt.action,
            outcome: attempt.outcome,
            code: attempt.code.map(|code| code.as_str()),
            detail: attempt.code.map(messages::render_over),
            platform_code: attempt.platform_code,
            status: attempt.status,
            words: attempt.words,
            exchanges: attempt.exchanges,
            started_at: attempt.started_at.into(),
            ended_at: attempt.ended_at.into(),
        }
    }
}

/// Lists the tries of a delivery, the oldest first, with what was sent and answered.
#[utoipa::path(get, path = "/workspaces/{ws}/deliveries/{delivery}/attempts", tag = "deliveries",
    responses((status = 200, body = Page<AttemptBody>)))]
pub(crate) async fn list_attempts(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, delivery)): Ids<(WorkspaceId, DeliveryId)>,
) -> Result<Json<Page<AttemptBody>>, Problem> {
    let attempts = deliveries::attempts(&app, &caller, ws, delivery).await?;
    Ok(Json(Page::all(attempts.into_iter().map(AttemptBody::from).collect())))
}
