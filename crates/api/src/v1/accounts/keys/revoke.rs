//! Take a key back.

use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::keys;
use postrider_domain::id::{ApiKeyId, WorkspaceId};

use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;
use crate::wire::Done;

/// Takes a key back: it stops working at once. One's own, or anybody's for those who manage
/// the workspace.
#[utoipa::path(delete, path = "/workspaces/{ws}/keys/{key}", tag = "keys", responses((status = 204)))]
pub(crate) async fn revoke_key(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, key)): Ids<(WorkspaceId, ApiKeyId)>,
) -> Result<Done, Problem> {
    keys::revoke(&app, &caller, ws, key).await?;
    Ok(Done)
}
