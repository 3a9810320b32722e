//! Who am I, and where do I belong?

use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::me;
use serde::Serialize;
use utoipa::ToSchema;

use super::UserBody;
use crate::auth::Authed;
use crate::etag::Tagged;
use crate::problem::Problem;
use crate::v1::accounts::workspaces::WorkspaceBody;

/// The caller and their workspaces.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeBody {
    /// The person.
    user: UserBody,
    /// Their workspaces, by name; through a key only the key's.
    workspaces: Vec<WorkspaceBody>,
}

/// Shows the caller and their workspaces.
#[utoipa::path(get, path = "/me", tag = "me",
    responses((status = 200, body = MeBody, headers(("ETag" = String, description = "Version of the account.")))))]
pub(crate) async fn get_me(State(app): State<App>, Authed(caller): Authed) -> Result<Tagged<MeBody>, Problem> {
    let me = me::get(&app, &caller).await?;
    let version = me::version(&me.user);
    let workspaces = me.workspaces.into_iter().map(|(workspace, role)| WorkspaceBody::new(workspace, role)).collect();
    Ok(Tagged(version, MeBody { user: me.user.into(), workspaces }))
}
