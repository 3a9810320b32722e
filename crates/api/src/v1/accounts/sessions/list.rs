//! Where am I logged in?

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::sessions;

use super::SessionBody;
use crate::auth::Authed;
use crate::paging::Page;
use crate::problem::Problem;

/// Lists the caller's sessions, last used first.
#[utoipa::path(get, path = "/sessions", tag = "sessions", responses((status = 200, body = Page<SessionBody>)))]
pub(crate) async fn list_sessions(
    State(app): State<App>,
    Authed(caller): Authed,
) -> Result<Json<Page<SessionBody>>, Problem> {
    let sessions = sessions::list(&app, &caller).await?;
    Ok(Json(Page::all(sessions.into_iter().map(|(session, current)| SessionBody::new(session, current)).collect())))
}
