//! Who belongs to a workspace, and in which role.

use jiff::Timestamp;
use postrider_domain::id::{UserId, WorkspaceId};
use postrider_domain::role::Role;

use super::tombstones;
use crate::error::StoreError;
use crate::sql::{Row, sql};
use crate::{Result, Tx};

/// A person in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub user_id: UserId,
    /// The name others see.
    pub name: String,
    /// The address.
    pub email: String,
    /// The role here.
    pub role: Role,
    /// When they joined.
    pub created_at: Timestamp,
}

fn member(row: &Row) -> Result<Member> {
    Ok(Member {
        user_id: row.id("user_id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        role: row.word("role", Role::parse)?,
        created_at: row.time("created_at")?,
    })
}

/// Adds a person. Somebody who already belongs is `Duplicate("member")`.
pub async fn add(tx: &mut Tx, workspace: WorkspaceId, user: UserId, role: Role) -> Result<()> {
    let now = tx.now();
    let added = tx
        .execute(
            sql("INSERT INTO memberships (workspace_id, user_id, role, created_at) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (workspace_id, user_id) DO NOTHING")
            .id(workspace)
            .id(user)
            .bind(role.as_str())
            .bind(now),
        )
        .await?;
    if added == 0 { Err(StoreError::Duplicate("member".to_owned())) } else { Ok(()) }
}

/// A person's role; `None` for somebody who does not belong. In a writing transaction it
/// stays what it is until the end: what is written rests on it.
pub async fn role(tx: &mut Tx, workspace: WorkspaceId, user: UserId) -> Result<Option<Role>> {
    let lock = tx.share_clause();
    let found = sql(format!("SELECT role FROM memberships WHERE workspace_id = $1 AND user_id = $2{lock}"));
    let row = tx.opt(found.id(workspace).id(user)).await?;
    row.map(|row| row.word("role", Role::parse)).transpose()
}

/// Takes the rows of two members, of which one changes or removes the other. Two who do it
/// to each other take them in the same order.
pub async fn lock(tx: &mut Tx, workspace: WorkspaceId, users: [UserId; 2]) -> Result<()> {
    let lock = tx.lock_clause(" FOR UPDATE");
    let rows = sql(format!(
        "SELECT user_id FROM memberships WHERE workspace_id = $1 AND user_id IN ($2, $3) ORDER BY user_id{lock}"
    ));
    tx.rows(rows.id(workspace).id(users[0]).id(users[1])).await.map(|_| ())
}

/// Everybody, in the order of joining.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Member>> {
    tx.map(
        sql("SELECT m.user_id, u.name, u.email, m.role, m.created_at FROM memberships m \
             JOIN users u ON u.id = m.user_id WHERE m.workspace_id = $1 ORDER BY m.created_at, m.user_id")
        .id(workspace),
        member,
    )
    .await
}

/// Gives a member another role.
pub async fn set_role(tx: &mut Tx, workspace: WorkspaceId, user: UserId, role: Role) -> Result<()> {
    let changed = tx
        .execute(
            sql("UPDATE memberships SET role = $1 WHERE workspace_id = $2 AND user_id = $3")
                .bind(role.as_str())
                .id(workspace)
                .id(user),
        )
        .await?;
    if changed == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// Removes a member.
pub async fn remove(tx: &mut Tx, workspace: WorkspaceId, user: UserId) -> Result<()> {
    let removed = sql("DELETE FROM memberships WHERE workspace_id = $1 AND user_id = $2");
    match tx.execute(removed.id(workspace).id(user)).await? {
        0 => Err(StoreError::NotFound),
        _ => tombstones::add(tx, tombstones::member_id(workspace, user), tombstones::Kind::Member).await,
    }
}

/// How many owners there are. Take `workspaces::lock` first when the answer
/// decides whether one may go.
pub async fn owners(tx: &mut Tx, workspace: WorkspaceId) -> Result<u64> {
    let count = sql("SELECT count(*) AS n FROM memberships WHERE workspace_id = $1 AND role = $2");
    tx.one(count.id(workspace).bind(Role::Owner.as_str())).await?.count("n")
}
