//! Take an app away.

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::apps::{self, Owner};
use postrider_domain::id::{PlatformAppId, WorkspaceId};

use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;
use crate::wire::Done;

/// Deletes an app of the workspace and destroys its secret, unless channels are connected through it.
#[utoipa::path(delete, path = "/workspaces/{ws}/platform-apps/{app}", tag = "channels",
    responses((status = 204)))]
pub(crate) async fn delete_platform_app(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, id)): Ids<(WorkspaceId, PlatformAppId)>,
) -> Result<Done, Problem> {
    apps::delete(&app, &caller, Owner::Workspace(ws), id).await?;
    Ok(Done)
}

/// Deletes an app of the instance; for its operator.
#[utoipa::path(delete, path = "/platform-apps/{app}", tag = "instance", responses((status = 204)))]
pub(crate) async fn delete_instance_app(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(id): Ids<PlatformAppId>,
) -> Result<Done, Problem> {
    apps::delete(&app, &caller, Owner::Instance, id).await?;
    Ok(Done)
}
