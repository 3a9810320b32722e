//! `/workspaces/{ws}/platform-apps` and `/platform-apps`: client ids and secrets at platforms.
//!
//! The first are a workspace's own, the second the instance's, which serve every workspace.

mod check;
mod delete;
mod list;
mod put;

use postrider_app::messages;
use postrider_app::publishing::apps::AppView;
use postrider_domain::id::PlatformAppId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::wire::At;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_platform_apps, put::put_platform_app))
        .routes(routes!(delete::delete_platform_app))
        .routes(routes!(check::check_platform_app))
        .routes(routes!(list::list_instance_apps, put::put_instance_app))
        .routes(routes!(delete::delete_instance_app))
        .routes(routes!(check::check_instance_app))
}

/// A client id at a platform. Its secret is never shown.
#[derive(Serialize, ToSchema)]
#[schema(as = PlatformApp)]
pub(crate) struct AppBody {
    /// Its id.
    #[schema(value_type = String)]
    id: PlatformAppId,
    /// Whether it is the instance's, for every workspace.
    shared: bool,
    /// The platform's id.
    platform: String,
    /// The server it is registered at, as an origin.
    host: String,
    /// The public half.
    client_id: String,
    /// Whether this instance registered it by itself.
    registered: bool,
    /// Since when the platform refuses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    broken_at: Option<At>,
    /// Why, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// Why, and what to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// When it was entered.
    created_at: At,
    /// When it last changed.
    updated_at: At,
}

impl From<AppView> for AppBody {
    fn from(app: AppView) -> Self {
        let args = [("host".to_owned(), app.host.clone())].into();
        Self {
            id: app.id,
            shared: app.shared,
            platform: app.platform,
            client_id: app.client_id,
            registered: app.registered,
            broken_at: app.broken_at.map(At),
            code: app.broken_code.map(|code| code.to_string()),
            detail: app.broken_code.map(|code| messages::render(code, &args)),
            created_at: app.created_at.into(),
            updated_at: app.updated_at.into(),
            host: app.host,
        }
    }
}
