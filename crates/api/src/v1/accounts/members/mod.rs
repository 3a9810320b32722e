//! `/workspaces/{ws}/members`: who belongs.

mod get;
mod list;
mod remove;
mod update;

use postrider_app::accounts::members::Row;
use postrider_domain::id::UserId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::wire::{At, Role};

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list::list_members)).routes(routes!(
        get::get_member,
        update::update_member,
        remove::remove_member
    ))
}

/// A person in a workspace.
#[derive(Serialize, ToSchema)]
#[schema(as = Member)]
pub(crate) struct MemberBody {
    /// The person.
    #[schema(value_type = String)]
    user: UserId,
    /// The name others see.
    name: String,
    /// Their e-mail address.
    email: String,
    /// Their role here.
    role: Role,
    /// When they joined.
    joined_at: At,
}

impl From<Row> for MemberBody {
    fn from(row: Row) -> Self {
        let Row { user_id, name, email, role, created_at } = row;
        Self { user: user_id, name, email, role: role.into(), joined_at: created_at.into() }
    }
}
