//! Who belongs to a workspace.

use postrider_domain::Code;
use postrider_domain::entitlement::Meter;
use postrider_domain::id::{UserId, WorkspaceId};
use postrider_domain::role::{Right, Role};
use postrider_store::Tx;
use postrider_store::repo::{entitlements, keys, members, workspaces};
use serde_json::json;

pub use postrider_store::repo::members::Member as Row;

use super::{changed, note};
use crate::fields::content_version;
use crate::{App, AppError, Caller, Member, Result};

/// Everybody, in the order of joining.
pub async fn list(app: &App, caller: &Caller, workspace: WorkspaceId) -> Result<Vec<Row>> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    Ok(members::list(&mut tx, workspace).await?)
}

/// One member.
pub async fn get(app: &App, caller: &Caller, workspace: WorkspaceId, user: UserId) -> Result<Row> {
    let all = list(app, caller, workspace).await?;
    all.into_iter().find(|member| member.user_id == user).ok_or_else(AppError::not_found)
}

/// The version of a membership, for `If-Match`: the role.
pub fn version(member: &Row) -> i64 {
    content_version(&[member.role.as_str()])
}

/// Gives a member another role, unless it is another one than `expected` already; a person's
/// doing, not a key's. Nobody gives or takes more than they have, and the last owner stays one.
pub async fn set_role(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    user: UserId,
    expected: i64,
    role: Role,
) -> Result<Row> {
    let mut tx = app.store.write().await?;
    members::lock(&mut tx, workspace, [caller.user, user]).await?;
    let actor = caller.member(&mut tx, workspace, Right::Manage).await?;
    caller.person()?;
    let before = role_of(&mut tx, workspace, user).await?;
    if content_version(&[before.as_str()]) != expected {
        return Err(AppError::of(Code::StaleVersion));
    }
    may_touch(&actor, before)?;
    may_touch(&actor, role)?;
    if before == Role::Owner && role != Role::Owner {
        another_owner_stays(&mut tx, workspace).await?;
    }
    members::set_role(&mut tx, workspace, user, role).await?;
    note(&mut tx, Some(workspace), caller, "member.role", format!("{user} {}", role.as_str())).await?;
    changed(&mut tx, workspace, "member.changed", json!({ "user": user })).await?;
    let all = members::list(&mut tx, workspace).await?;
    tx.commit().await?;
    all.into_iter().find(|member| member.user_id == user).ok_or_else(AppError::not_found)
}

/// Removes a member, or lets the caller leave. Their keys here stop working at
/// once; what they scheduled is held for an admin when it falls due.
pub async fn remove(app: &App, caller: &Caller, workspace: WorkspaceId, user: UserId) -> Result<()> {
    let mut tx = app.store.write().await?;
    members::lock(&mut tx, workspace, [caller.user, user]).await?;
    let leaving = user == caller.user;
    let right = if leaving { Right::View } else { Right::Manage };
    let actor = caller.member(&mut tx, workspace, right).await?;
    caller.person()?;
    let role = role_of(&mut tx, workspace, user).await?;
    if !leaving {
        may_touch(&actor, role)?;
    }
    if role == Role::Owner {
        another_owner_stays(&mut tx, workspace).await?;
    }
    members::remove(&mut tx, workspace, user).await?;
    keys::revoke_of(&mut tx, workspace, user).await?;
    entitlements::release(&mut tx, workspace, Meter::Members, 1).await?;
    note(&mut tx, Some(workspace), caller, "member.remove", user).await?;
    changed(&mut tx, workspace, "member.removed", json!({ "user": user })).await?;
    Ok(tx.commit().await?)
}

async fn role_of(tx: &mut Tx, workspace: WorkspaceId, user: UserId) -> Result<Role> {
    members::role(tx, workspace, user).await?.ok_or_else(AppError::not_found)
}

/// Refuses to give, change or take away a role above one's own.
pub(crate) fn may_touch(actor: &Member, role: Role) -> Result<()> {
    if actor.role.may_grant(role) {
        return Ok(());
    }
    Err(AppError::of(Code::Forbidden).with("role", actor.role.as_str()))
}

async fn another_owner_stays(tx: &mut Tx, workspace: WorkspaceId) -> Result<()> {
    workspaces::lock(tx, workspace).await?;
    match members::owners(tx, workspace).await? {
        0 | 1 => Err(AppError::of(Code::LastOwner)),
        _ => Ok(()),
    }
}
