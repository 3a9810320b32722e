//! `/me`: the caller's own account.

mod choices;
mod get;
mod update;

use postrider_app::accounts::me::User;
use postrider_domain::id::UserId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::wire::At;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(get::get_me, update::update_me))
        .routes(routes!(choices::get_notification_choices, choices::set_notification_choices))
}

/// A person.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserBody {
    /// Their id.
    #[schema(value_type = String)]
    id: UserId,
    /// The address they log in with.
    email: String,
    /// The name others see.
    name: String,
    /// Whether they run the instance.
    operator: bool,
    /// When the account was made.
    created_at: At,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        let User { id, email, name, operator, created_at, .. } = user;
        Self { id, email, name, operator, created_at: created_at.into() }
    }
}
