//! Keys for programs.

use jiff::Timestamp;
use postrider_domain::id::{ApiKeyId, WorkspaceId};
use postrider_domain::role::{Right, Role};
use postrider_domain::secret::Secret;
use postrider_domain::{Code, Issue};
use postrider_store::repo::keys;
use serde_json::json;

pub use postrider_store::repo::keys::ApiKey;

use super::members::may_touch;
use super::{changed, note};
use crate::fields::Check;
use crate::token::{KEY_PREFIX, Token};
use crate::{App, AppError, Begun, Caller, Idempotency, Result};

/// A key to be.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What its maker calls it.
    pub name: String,
    /// The most it may do; not more than its maker.
    pub role: Role,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// Makes a key. The key itself comes once: a repeated request gets the row without it.
pub async fn create(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    new: &NewKey,
    once: Option<&Idempotency>,
) -> Result<(ApiKey, Option<Secret>)> {
    let mut tx = match app.begin_write::<ApiKeyId>(once).await? {
        Begun::Replay(id) => return Ok((find(app, caller, workspace, id).await?, None)),
        Begun::Run(tx) => tx,
    };
    let actor = caller.member(&mut tx, workspace, Right::Manage).await?;
    // Else an expiring key could make one that does not expire.
    let user = caller.person()?;
    may_touch(&actor, new.role)?;
    let mut form = Check::default();
    let name = form.name(&new.name, "/name");
    if new.expires_at.is_some_and(|end| end <= tx.now()) {
        form.push(Issue::error(Code::TimePast, "/expires_at"));
    }
    form.done()?;
    let token = Token::new(tx.entropy(), KEY_PREFIX);
    let row = keys::NewKey {
        user,
        name,
        role: new.role,
        token_hash: token.hash,
        hint: token.hint(),
        expires_at: new.expires_at,
    };
    let key = keys::create(&mut tx, workspace, row).await?;
    note(&mut tx, Some(workspace), caller, "key.create", key.id).await?;
    changed(&mut tx, workspace, "key.changed", json!({ "key": key.id })).await?;
    app.finish(tx, once, &key.id).await?;
    Ok((key, Some(token.plain)))
}

async fn find(app: &App, caller: &Caller, workspace: WorkspaceId, id: ApiKeyId) -> Result<ApiKey> {
    list(app, caller, workspace).await?.into_iter().find(|key| key.id == id).ok_or_else(AppError::not_found)
}

/// Keys that were not taken back, newest first.
pub async fn list(app: &App, caller: &Caller, workspace: WorkspaceId) -> Result<Vec<ApiKey>> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::Manage).await?;
    Ok(keys::list(&mut tx, workspace).await?)
}

/// Takes a key back.
pub async fn revoke(app: &App, caller: &Caller, workspace: WorkspaceId, id: ApiKeyId) -> Result<()> {
    let mut tx = app.store.write().await?;
    caller.member(&mut tx, workspace, Right::Manage).await?;
    keys::revoke(&mut tx, workspace, id).await?;
    note(&mut tx, Some(workspace), caller, "key.revoke", id).await?;
    changed(&mut tx, workspace, "key.changed", json!({ "key": id })).await?;
    Ok(tx.commit().await?)
}
