//! `/password-resets`: links that set a new password.

mod create;
mod redeem;
mod request;

use postrider_app::accounts::resets::Link;
use postrider_domain::secret::Secret;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::wire::At;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(create::create_password_reset))
        .routes(routes!(request::request_password_reset))
        .routes(routes!(redeem::redeem_password_reset))
}

/// A one-use link to copy and hand over. It is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = Link)]
pub(crate) struct LinkBody {
    /// The whole address; the token follows `#`.
    #[schema(value_type = String)]
    url: Secret,
    /// The token alone.
    #[schema(value_type = String)]
    token: Secret,
    /// When it ends.
    expires_at: At,
}

impl From<Link> for LinkBody {
    fn from(link: Link) -> Self {
        Self { url: link.url, token: link.token, expires_at: link.expires_at.into() }
    }
}
