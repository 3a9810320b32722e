//! Enter a client id and secret.

use std::collections::BTreeMap;

use axum::extract::State;
use postrider_app::publishing::apps::{self, NewApp, Owner};
use postrider_app::{App, Caller};
use postrider_domain::id::WorkspaceId;
use postrider_domain::secret::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::AppBody;
use crate::auth::Authed;
use crate::extract::{Ids, Json};
use crate::problem::Problem;

/// What the platform showed when the app was registered there.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutPlatformApp {
    /// The platform's id.
    platform: String,
    /// Fields that name the server, where the platform has many.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    fields: BTreeMap<String, Secret>,
    /// The public half.
    client_id: String,
    /// The secret half. It is sealed and never shown again.
    #[schema(value_type = String, format = Password)]
    client_secret: Secret,
}

async fn put(app: &App, caller: &Caller, owner: Owner, new: PutPlatformApp) -> Result<axum::Json<AppBody>, Problem> {
    let PutPlatformApp { platform, fields, client_id, client_secret } = new;
    let new = NewApp { platform, fields, client_id, client_secret };
    Ok(axum::Json(apps::put(app, caller, owner, &new).await?.into()))
}

/// Enters an app of the workspace, or a new secret for a client id that is there already.
///
/// Other platforms that the app lets people into get it too, unless another app is there for them.
#[utoipa::path(put, path = "/workspaces/{ws}/platform-apps", tag = "channels", request_body = PutPlatformApp,
    responses((status = 200, body = AppBody)))]
pub(crate) async fn put_platform_app(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    Json(new): Json<PutPlatformApp>,
) -> Result<axum::Json<AppBody>, Problem> {
    put(&app, &caller, Owner::Workspace(ws), new).await
}

/// Enters an app of the instance, which serves every workspace; for its operator.
///
/// Other platforms that the app lets people into get it too, unless another app is there for them.
#[utoipa::path(put, path = "/platform-apps", tag = "instance", request_body = PutPlatformApp,
    responses((status = 200, body = AppBody)))]
pub(crate) async fn put_instance_app(
    State(app): State<App>,
    Authed(caller): Authed,
    Json(new): Json<PutPlatformApp>,
) -> Result<axum::Json<AppBody>, Problem> {
    put(&app, &caller, Owner::Instance, new).await
}
