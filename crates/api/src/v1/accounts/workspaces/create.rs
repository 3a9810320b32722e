//! Make a workspace.

use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::workspaces::{self, NewWorkspace};
use postrider_domain::role::Role;
use serde::Deserialize;
use utoipa::ToSchema;

use super::WorkspaceBody;
use crate::auth::Authed;
use crate::extract::Posted;
use crate::problem::Problem;
use crate::wire::Created;

/// A workspace to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateWorkspace {
    /// Its name.
    name: String,
    /// Its IANA time zone.
    #[schema(example = "Europe/Berlin")]
    zone: String,
}

/// Makes a workspace that the caller owns.
#[utoipa::path(post, path = "/workspaces", tag = "workspaces", request_body = CreateWorkspace,
    responses((status = 201, body = WorkspaceBody)))]
pub(crate) async fn create_workspace(
    State(app): State<App>,
    Authed(caller): Authed,
    posted: Posted<CreateWorkspace>,
) -> Result<Created<WorkspaceBody>, Problem> {
    let once = posted.once(&caller);
    let CreateWorkspace { name, zone } = posted.body;
    let made = workspaces::create(&app, &caller, &NewWorkspace { name, zone }, once.as_ref()).await?;
    Ok(Created::of(made, |workspace| {
        let location = format!("/api/v1/workspaces/{}", workspace.id);
        (Some(location), WorkspaceBody::new(workspace, Role::Owner))
    }))
}
