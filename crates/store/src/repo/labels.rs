//! Labels: a name and a colour.

use jiff::Timestamp;
use postrider_domain::id::{LabelId, WorkspaceId};

use crate::error::StoreError;
use crate::sql::{Row, sql};
use crate::{Result, Tx};

/// A label of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Its id.
    pub id: LabelId,
    /// Its name, unique in the workspace.
    pub name: String,
    /// Its colour, as the screens understand it.
    pub colour: String,
    /// When it was made.
    pub created_at: Timestamp,
}

fn label(row: &Row) -> Result<Label> {
    Ok(Label {
        id: row.id("id")?,
        name: row.get("name")?,
        colour: row.get("colour")?,
        created_at: row.time("created_at")?,
    })
}

fn taken() -> StoreError {
    StoreError::Duplicate("label".to_owned())
}

/// Makes a label. A name in use is `Duplicate("label")`.
pub async fn create(tx: &mut Tx, workspace: WorkspaceId, name: &str, colour: &str) -> Result<Label> {
    let (id, now) = (tx.new_id::<LabelId>(), tx.now());
    let insert = sql("INSERT INTO labels (id, workspace_id, name, colour, created_at) VALUES ($1, $2, $3, $4, $5) \
                      ON CONFLICT (workspace_id, name) DO NOTHING RETURNING id, name, colour, created_at");
    let row = tx.opt(insert.id(id).id(workspace).bind(name).bind(colour).bind(now)).await?;
    label(&row.ok_or_else(taken)?)
}

/// One label.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: LabelId) -> Result<Label> {
    let found = sql("SELECT id, name, colour, created_at FROM labels WHERE workspace_id = $1 AND id = $2");
    label(&tx.one(found.id(workspace).id(id)).await?)
}

/// One label, locked against everybody else until the transaction ends.
pub async fn lock(tx: &mut Tx, workspace: WorkspaceId, id: LabelId) -> Result<Label> {
    let lock = tx.lock_clause(" FOR UPDATE");
    let text = format!("SELECT id, name, colour, created_at FROM labels WHERE workspace_id = $1 AND id = $2{lock}");
    label(&tx.one(sql(text).id(workspace).id(id)).await?)
}

/// All labels, by name.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Label>> {
    let all = sql("SELECT id, name, colour, created_at FROM labels WHERE workspace_id = $1 ORDER BY name, id");
    tx.map(all.id(workspace), label).await
}

/// Changes a label. A name in use is `Duplicate("label")`.
pub async fn update(tx: &mut Tx, workspace: WorkspaceId, id: LabelId, name: &str, colour: &str) -> Result<Label> {
    let other = sql("SELECT id FROM labels WHERE workspace_id = $1 AND name = $2 AND id <> $3");
    if tx.opt(other.id(workspace).bind(name).id(id)).await?.is_some() {
        return Err(taken());
    }
    let change = sql("UPDATE labels SET name = $1, colour = $2 WHERE workspace_id = $3 AND id = $4 \
                      RETURNING id, name, colour, created_at");
    label(&tx.one(change.bind(name).bind(colour).id(workspace).id(id)).await?)
}

/// Deletes a label; posts lose it.
pub async fn delete(tx: &mut Tx, workspace: WorkspaceId, id: LabelId) -> Result<()> {
    match tx.execute(sql("DELETE FROM labels WHERE workspace_id = $1 AND id = $2").id(workspace).id(id)).await? {
        0 => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}
