//! Keys for programs.

use jiff::Timestamp;
use postrider_domain::id::{ApiKeyId, WorkspaceId};
use postrider_domain::role::{Right, Role};
use postrider_domain::secret::Secret;
use postrider_domain::{Code, Issue};
use postrider_store::Tx;
use postrider_store::repo::keys;
use serde_json::json;

pub use postrider_store::repo::keys::ApiKey;

use super::{changed, note};
use crate::fields::Check;
use crate::token::{KEY_PREFIX, Token};
use crate::{App, AppError, Begun, Caller, Idempotency, Made, Result};

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

/// Makes a key for oneself, which may do no more than its maker. The key itself comes once: a repeated request gets the row without it.
pub async fn create(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    new: &NewKey,
    once: Option<&Idempotency>,
) -> Result<Made<(ApiKey, Option<Secret>), ApiKeyId>> {
    let mut tx = match app.begin_write::<ApiKeyId>(once).await? {
        Begun::Replay(id) => {
            let found = find(app, caller, workspace, id).await;
            return Made::found_in(app, caller, workspace, id, found.map(|key| (key, None))).await;
        }
        Begun::Run(tx) => tx,
    };
    let actor = caller.member(&mut tx, workspace, Right::View).await?;
    // Else an expiring key could make one that does not expire.
    let user = caller.person()?;
    if new.role > actor.role {
        return Err(AppError::of(Code::Forbidden).with("role", actor.role.as_str()));
    }
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
    Ok(Made::There((key, Some(token.plain))))
}

async fn find(app: &App, caller: &Caller, workspace: WorkspaceId, id: ApiKeyId) -> Result<ApiKey> {
    list(app, caller, workspace).await?.into_iter().find(|key| key.id == id).ok_or_else(AppError::not_found)
}

/// Keys that were not taken back, newest first: everybody's for those who manage the
/// workspace, one's own for the others.
pub async fn list(app: &App, caller: &Caller, workspace: WorkspaceId) -> Result<Vec<ApiKey>> {
    let mut tx = app.store.read().await?;
    visible(&mut tx, caller, workspace).await
}

async fn visible(tx: &mut Tx, caller: &Caller, workspace: WorkspaceId) -> Result<Vec<ApiKey>> {
    let member = caller.member(tx, workspace, Right::View).await?;
    let mut all = keys::list(tx, workspace).await?;
    if !member.role.may(Right::Manage) {
        // A key without that right is no person, and sees nobody's.
        let own = caller.person()?;
        all.retain(|key| key.user_id == own);
    }
    Ok(all)
}

/// Takes a key back: one's own, or anybody's for those who manage the workspace.
pub async fn revoke(app: &App, caller: &Caller, workspace: WorkspaceId, id: ApiKeyId) -> Result<()> {
    let mut tx = app.store.write().await?;
    if !visible(&mut tx, caller, workspace).await?.iter().any(|key| key.id == id) {
        return Err(AppError::not_found());
    }
    keys::revoke(&mut tx, workspace, id).await?;
    note(&mut tx, Some(workspace), caller, "key.revoke", id).await?;
    changed(&mut tx, workspace, "key.changed", json!({ "key": id })).await?;
    Ok(tx.commit().await?)
}
