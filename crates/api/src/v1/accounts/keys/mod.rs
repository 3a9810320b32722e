//! `/workspaces/{ws}/keys`: keys for programs.

mod create;
mod list;
mod revoke;

use postrider_app::accounts::keys::ApiKey;
use postrider_domain::id::{ApiKeyId, UserId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::wire::{At, Role};

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(create::create_key, list::list_keys)).routes(routes!(revoke::revoke_key))
}

/// A key for a program, without the key itself.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct KeyBody {
    /// Its id.
    #[schema(value_type = String)]
    pub(crate) id: ApiKeyId,
    /// What its maker calls it.
    name: String,
    /// The most it may do.
    role: Role,
    /// Its last characters, to tell keys apart.
    hint: String,
    /// Who made it, and for whom it acts.
    #[schema(value_type = String)]
    user: UserId,
    /// When it was made.
    created_at: At,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<At>,
    /// When it was last used, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    used_at: Option<At>,
}

impl From<ApiKey> for KeyBody {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            role: key.role.into(),
            hint: key.hint,
            user: key.user_id,
            created_at: key.created_at.into(),
            expires_at: key.expires_at.map(At),
            used_at: key.used_at.map(At),
        }
    }
}
