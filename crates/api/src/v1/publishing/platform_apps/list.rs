//! Which platforms need an app, and which apps are there?

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::apps::{self, Owner, PlatformApps, SharedWith};
use postrider_app::publishing::channels::withdrawal::Addresses;
use postrider_domain::id::WorkspaceId;
use serde::Serialize;
use utoipa::ToSchema;

use super::AppBody;
use crate::auth::Authed;
use crate::extract::Ids;
use crate::paging::Page;
use crate::problem::Problem;

/// A platform at which people consent, with its apps.
#[derive(Serialize, ToSchema)]
#[schema(as = PlatformApps)]
pub(crate) struct PlatformAppsBody {
    /// The platform's id.
    platform: &'static str,
    /// Its name.
    platform_name: &'static str,
    /// Where an app is registered; absent where this instance registers itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    console: Option<&'static str>,
    /// The redirect address to enter there, exactly as it is.
    redirect_uri: String,
    /// The deauthorise callback address to enter there; absent where the platform tells nobody who withdrew their consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    deauthorise_url: Option<String>,
    /// The data deletion callback address to enter there; absent where the platform has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_deletion_url: Option<String>,
    /// The other platforms that the same app lets people into: keys that are entered for one are kept for those that have none.
    shared_with: Vec<SharedWithBody>,
    /// Whether people can be sent there now.
    ready: bool,
    /// The apps, the workspace's own first.
    apps: Vec<AppBody>,
}

/// Another platform that an app lets people into.
#[derive(Serialize, ToSchema)]
#[schema(as = PlatformAppSharedWith)]
pub(crate) struct SharedWithBody {
    /// Its id.
    platform: &'static str,
    /// Its name.
    platform_name: &'static str,
    /// The redirect address to enter for it, exactly, beside that of the first.
    redirect_uri: String,
}

impl From<SharedWith> for SharedWithBody {
    fn from(SharedWith { platform, platform_name, redirect_uri }: SharedWith) -> Self {
        Self { platform, platform_name, redirect_uri }
    }
}

impl From<PlatformApps> for PlatformAppsBody {
    fn from(platform: PlatformApps) -> Self {
        let (deauthorise_url, data_deletion_url) =
            platform.callbacks.map(|Addresses { deauthorise, delete_data }| (deauthorise, delete_data)).unzip();
        Self {
            deauthorise_url,
            data_deletion_url,
            platform: platform.platform,
            platform_name: platform.platform_name,
            console: platform.console,
            redirect_uri: platform.redirect_uri,
            shared_with: platform.shared_with.into_iter().map(SharedWithBody::from).collect(),
            ready: platform.ready,
            apps: platform.apps.into_iter().map(AppBody::from).collect(),
        }
    }
}

fn page(found: Vec<PlatformApps>) -> Json<Page<PlatformAppsBody>> {
    Json(Page::all(found.into_iter().map(PlatformAppsBody::from).collect()))
}

/// Lists the platforms at which people consent, each with its redirect address and the apps there are.
#[utoipa::path(get, path = "/workspaces/{ws}/platform-apps", tag = "channels",
    responses((status = 200, body = Page<PlatformAppsBody>)))]
pub(crate) async fn list_platform_apps(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
) -> Result<Json<Page<PlatformAppsBody>>, Problem> {
    Ok(page(apps::list(&app, &caller, Owner::Workspace(ws)).await?))
}

/// Lists the same for the instance; for its operator.
#[utoipa::path(get, path = "/platform-apps", tag = "instance",
    responses((status = 200, body = Page<PlatformAppsBody>)))]
pub(crate) async fn list_instance_apps(
    State(app): State<App>,
    Authed(caller): Authed,
) -> Result<Json<Page<PlatformAppsBody>>, Problem> {
    Ok(page(apps::list(&app, &caller, Owner::Instance).await?))
}
