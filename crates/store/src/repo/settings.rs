//! Settings that are changed while running, by name, as JSON.

use std::collections::BTreeMap;

use postrider_domain::id::{UserId, WorkspaceId};
use serde_json::Value;
use uuid::Uuid;

use crate::sql::{json, sql};
use crate::{Result, Tx};

/// For whom a setting holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The whole instance.
    Instance,
    /// One workspace.
    Workspace(WorkspaceId),
    /// One person, in every workspace.
    User(UserId),
}

impl Scope {
    fn uuid(self) -> Uuid {
        match self {
            Scope::Instance => Uuid::nil(),
            Scope::Workspace(id) => id.uuid(),
            Scope::User(id) => id.uuid(),
        }
    }
}

/// One setting.
pub async fn get(tx: &mut Tx, scope: Scope, name: &str) -> Result<Option<Value>> {
    let found = sql("SELECT value FROM settings WHERE scope_id = $1 AND name = $2");
    let row = tx.opt(found.bind(scope.uuid()).bind(name)).await?;
    row.map(|row| row.json("value")).transpose()
}

/// All settings of a scope.
pub async fn all(tx: &mut Tx, scope: Scope) -> Result<BTreeMap<String, Value>> {
    let found = sql("SELECT name, value FROM settings WHERE scope_id = $1 ORDER BY name").bind(scope.uuid());
    Ok(tx.map(found, |row| Ok((row.get("name")?, row.json("value")?))).await?.into_iter().collect())
}

/// Sets a setting; it must not be a secret.
pub async fn set(tx: &mut Tx, scope: Scope, name: &str, value: &Value) -> Result<()> {
    let now = tx.now();
    tx.execute(
        sql("INSERT INTO settings (scope_id, name, value, updated_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (scope_id, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at")
        .bind(scope.uuid())
        .bind(name)
        .bind(json(value)?)
        .bind(now),
    )
    .await?;
    Ok(())
}

/// Goes back to the default.
pub async fn remove(tx: &mut Tx, scope: Scope, name: &str) -> Result<()> {
    let gone = sql("DELETE FROM settings WHERE scope_id = $1 AND name = $2");
    tx.execute(gone.bind(scope.uuid()).bind(name)).await?;
    Ok(())
}
