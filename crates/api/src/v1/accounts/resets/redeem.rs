//! Set a new password with a link.

use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::resets;
use postrider_domain::secret::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Client;
use crate::extract::Posted;
use crate::problem::Problem;
use crate::wire::Done;

/// A link's token and the new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedeemPasswordReset {
    /// The token in the link.
    #[schema(value_type = String)]
    token: Secret,
    /// The new password, at least 10 characters.
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// Sets a new password. Every session, every API key and every other link of the account end.
///
/// The link works once: a repetition is refused. Idempotency keys have no effect here.
#[utoipa::path(post, path = "/password-resets/redeem", tag = "sessions", security(()),
    request_body = RedeemPasswordReset, responses((status = 204)))]
pub(crate) async fn redeem_password_reset(
    State(app): State<App>,
    Client(origin): Client,
    posted: Posted<RedeemPasswordReset>,
) -> Result<Done, Problem> {
    resets::redeem(&app, &posted.body.token, &posted.body.password, &origin.address).await?;
    Ok(Done)
}
