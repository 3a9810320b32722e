//! The operator makes a link that sets a new password.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use postrider_app::App;
use postrider_app::accounts::resets;
use serde::Deserialize;
use utoipa::ToSchema;

use super::LinkBody;
use crate::auth::Authed;
use crate::extract::Posted;
use crate::problem::Problem;

/// Whose password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPasswordReset {
    /// The account's e-mail address.
    email: String,
}

/// Makes a link that sets a new password; only the operator may.
///
/// Earlier links for the account stop working. Idempotency keys have no effect here,
/// because the answer holds a secret that is not kept.
#[utoipa::path(post, path = "/password-resets", tag = "sessions", request_body = NewPasswordReset,
    responses((status = 201, body = LinkBody)))]
pub(crate) async fn create_password_reset(
    State(app): State<App>,
    Authed(caller): Authed,
    posted: Posted<NewPasswordReset>,
) -> Result<(StatusCode, Json<LinkBody>), Problem> {
    let link = resets::create(&app, &caller, &posted.body.email).await?;
    Ok((StatusCode::CREATED, Json(link.into())))
}
