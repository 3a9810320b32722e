//! What the operator does at the command line of the server, in every workspace.
//!
//! Who can run it there has the database and the key to it, so there is nobody to authorise;
//! no other edge may offer these.

use postrider_domain::Code;
use postrider_domain::entitlement::Meter;
use postrider_domain::id::{ApiKeyId, WorkspaceId};
use postrider_store::Tx;
use postrider_store::repo::{entitlements, keys, users, workspaces};
use serde_json::json;

pub use postrider_store::repo::keys::ApiKey;
pub use postrider_store::repo::users::User;
pub use postrider_store::repo::workspaces::Workspace;

use super::usage::Usage;
use super::{changed, note_by};
use crate::{App, AppError, Result};

/// The source of limits that are set here.
const SOURCE: &str = "operator";

/// Everybody who can log in, oldest first, each with how many workspaces they are in.
pub async fn people(app: &App) -> Result<Vec<(User, usize)>> {
    let mut tx = app.store.read().await?;
    let mut all = Vec::new();
    for user in users::list(&mut tx).await? {
        let count = workspaces::of_user(&mut tx, user.id).await?.len();
        all.push((user, count));
    }
    Ok(all)
}

/// A key with whom and where it acts.
pub type Acting = (ApiKey, User, Workspace);

/// Every key that was not taken back, newest first, with whom and where it acts.
pub async fn all_keys(app: &App) -> Result<Vec<Acting>> {
    let mut tx = app.store.read().await?;
    let mut all = Vec::new();
    for key in keys::list_everywhere(&mut tx).await? {
        let (user, workspace) =
            (users::get(&mut tx, key.user_id).await?, workspaces::get(&mut tx, key.workspace_id).await?);
        all.push((key, user, workspace));
    }
    Ok(all)
}

/// Takes a key back, whoever made it.
pub async fn revoke_key(app: &App, id: ApiKeyId) -> Result<()> {
    let mut tx = app.store.write().await?;
    let all = keys::list_everywhere(&mut tx).await?;
    let key = all.into_iter().find(|key| key.id == id).ok_or_else(AppError::not_found)?;
    keys::revoke(&mut tx, key.workspace_id, id).await?;
    note_by(&mut tx, Some(key.workspace_id), None, "local", "key.revoke", id).await?;
    changed(&mut tx, key.workspace_id, "key.changed", json!({ "key": id })).await?;
    Ok(tx.commit().await?)
}

/// Sets how much of something a workspace may use; `None` lifts the limit. What is in use
/// already stays, also when it is more.
pub async fn set_entitlement(app: &App, named: &str, meter: Meter, limit: Option<u64>) -> Result<(Workspace, Usage)> {
    let mut tx = app.store.write().await?;
    let workspace = find(&mut tx, named).await?;
    let id = workspace.id;
    entitlements::set(&mut tx, id, meter, SOURCE, limit).await?;
    let limit = entitlements::limit(&mut tx, id, meter).await?;
    let usage = Usage { meter, limit, used: entitlements::used(&mut tx, id, meter).await? };
    note_by(&mut tx, Some(id), None, "local", "entitlement.set", meter.as_str()).await?;
    changed(&mut tx, id, "workspace.changed", json!({ "workspace": id })).await?;
    tx.commit().await?;
    Ok((workspace, usage))
}

/// A workspace by id or by a name that only one has.
async fn find(tx: &mut Tx, named: &str) -> Result<Workspace> {
    if let Ok(id) = named.parse::<WorkspaceId>() {
        return Ok(workspaces::get(tx, id).await?);
    }
    let mut found = Vec::new();
    for id in workspaces::ids(tx).await? {
        let workspace = workspaces::get(tx, id).await?;
        if workspace.name == named {
            found.push(workspace);
        }
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(AppError::not_found()),
        _ => Err(AppError::of(Code::Conflict)),
    }
}
