//! `/sessions`: logging in and out.

mod delete;
mod end;
mod list;
mod start;

use postrider_app::accounts::sessions::Session;
use postrider_domain::id::SessionId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::wire::At;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(start::start_session, list::list_sessions))
        .routes(routes!(end::end_session))
        .routes(routes!(delete::delete_session))
}

/// A browser session.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionBody {
    /// Its id.
    #[schema(value_type = String)]
    id: SessionId,
    /// Whether it is the one that asks.
    current: bool,
    /// The browser or program, as it calls itself.
    agent: String,
    /// The network address it was started from.
    address: String,
    /// When it was started.
    created_at: At,
    /// When it was last used, to five minutes.
    seen_at: At,
    /// When it ends unless it is used.
    expires_at: At,
}

impl SessionBody {
    fn new(session: Session, current: bool) -> Self {
        Self {
            id: session.id,
            current,
            agent: session.agent,
            address: session.address,
            created_at: session.created_at.into(),
            seen_at: session.seen_at.into(),
            expires_at: session.expires_at.into(),
        }
    }
}
