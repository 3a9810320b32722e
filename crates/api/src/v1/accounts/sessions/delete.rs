//! End a session on another device.

use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::sessions;
use postrider_domain::id::SessionId;

use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;
use crate::wire::Done;

/// Ends one of the caller's sessions.
#[utoipa::path(delete, path = "/sessions/{session}", tag = "sessions", responses((status = 204)))]
pub(crate) async fn delete_session(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(session): Ids<SessionId>,
) -> Result<Done, Problem> {
    sessions::revoke(&app, &caller, session).await?;
    Ok(Done)
}
