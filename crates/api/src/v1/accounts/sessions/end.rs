//! Log out.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use postrider_app::App;
use postrider_app::accounts::sessions;

use crate::auth::{Authed, end_cookie};
use crate::problem::Problem;
use crate::wire::Done;

/// Ends the session that asks and removes its cookie.
#[utoipa::path(delete, path = "/sessions/current", tag = "sessions", responses((status = 204)))]
pub(crate) async fn end_session(State(app): State<App>, Authed(caller): Authed) -> Result<Response, Problem> {
    sessions::log_out(&app, &caller).await?;
    Ok(([(header::SET_COOKIE, end_cookie(&app))], Done).into_response())
}
