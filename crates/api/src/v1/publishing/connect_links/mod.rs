//! `/workspaces/{ws}/connect-links`: links with which somebody else connects an account.

mod create;
mod list;
mod revoke;

use std::collections::BTreeMap;

use postrider_app::publishing::channels::oauth::ConnectLink;
use postrider_domain::id::{ConnectLinkId, UserId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::wire::At;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(create::create_connect_link, list::list_connect_links))
        .routes(routes!(revoke::revoke_connect_link))
}

/// A link that was handed out. Its address is shown only when it is made.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectLink)]
pub(crate) struct ConnectLinkBody {
    /// Its id.
    #[schema(value_type = String)]
    pub(super) id: ConnectLinkId,
    /// The platform's id.
    platform: String,
    /// Fields that are filled in already.
    fields: BTreeMap<String, String>,
    /// What its maker says it is for.
    note: String,
    /// Who made it; the account is connected in their name.
    #[schema(value_type = String)]
    created_by: UserId,
    /// When.
    created_at: At,
    /// When it ends.
    expires_at: At,
    /// When an account was connected with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    used_at: Option<At>,
    /// When it was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<At>,
    /// Whether it still works.
    open: bool,
}

impl ConnectLinkBody {
    fn of(link: ConnectLink, open: bool) -> Self {
        Self {
            id: link.id,
            platform: link.platform,
            fields: link.fields,
            note: link.note,
            created_by: link.created_by,
            created_at: link.created_at.into(),
            expires_at: link.expires_at.into(),
            used_at: link.used_at.map(At),
            revoked_at: link.revoked_at.map(At),
            open,
        }
    }
}
