//! Somebody has forgotten their password and asks for a mail.

use axum::extract::State;
use axum::http::StatusCode;
use postrider_app::App;
use postrider_app::accounts::resets;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Client;
use crate::extract::Posted;
use crate::problem::Problem;

/// Whose password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestPasswordReset {
    /// The address of the account.
    email: String,
}

/// Asks for a mail with a link that sets a new password.
///
/// The answer is the same whether there is such an account. Refused with `mail_off` where the instance
/// sends no e-mail. Idempotency keys have no effect here.
#[utoipa::path(post, path = "/password-resets/requests", tag = "sessions", security(()),
    request_body = RequestPasswordReset,
    responses((status = 202, description = "If there is such an account, a mail is on its way.")))]
pub(crate) async fn request_password_reset(
    State(app): State<App>,
    Client(origin): Client,
    posted: Posted<RequestPasswordReset>,
) -> Result<StatusCode, Problem> {
    resets::request(&app, &posted.body.email, &origin.address).await?;
    Ok(StatusCode::ACCEPTED)
}
