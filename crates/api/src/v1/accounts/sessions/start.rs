//! Log in.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use postrider_app::App;
use postrider_app::accounts::sessions;
use postrider_domain::secret::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::SessionBody;
use crate::auth::{Client, start_cookie};
use crate::extract::Posted;
use crate::problem::Problem;
use crate::v1::accounts::me::UserBody;
use crate::wire::Created;

/// Who wants to log in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogIn {
    /// The e-mail address.
    email: String,
    /// The password.
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// A session that has begun; its token is in the cookie of this answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoggedInBody {
    /// Whose it is.
    user: UserBody,
    /// The session.
    session: SessionBody,
}

/// Logs in and sets the session cookie.
///
/// Failures are counted per account and per address. The fifth for an account within 15
/// minutes blocks it for 15 minutes, and so does each further one; an address has twenty,
/// and each further one doubles its block. Idempotency keys have no effect here, because
/// the answer holds a secret that is not kept.
#[utoipa::path(post, path = "/sessions", tag = "sessions", security(()), request_body = LogIn,
    responses((status = 201, body = LoggedInBody)))]
pub(crate) async fn start_session(
    State(app): State<App>,
    Client(origin): Client,
    posted: Posted<LogIn>,
) -> Result<Response, Problem> {
    let LogIn { email, password } = posted.body;
    let logged_in = sessions::log_in(&app, &email, &password, &origin).await?;
    let body = LoggedInBody { user: logged_in.user.into(), session: SessionBody::new(logged_in.session, true) };
    let cookie = start_cookie(&app, &logged_in.token);
    Ok(([(header::SET_COOKIE, cookie)], Created::There { location: None, body }).into_response())
}
