//! Changes of what is live: that a delivery is to go away on its network, or to say something else.
//!
//! A change is the intent of everything that is done for it: it is durable before the first call,
//! and one that was broken off is begun again, because each of its steps may be repeated for ever.

use std::collections::BTreeMap;

use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::id::{ChangeId, DeliveryId, PartId, RevisionId, UserId, WorkspaceId};
use postrider_domain::live::{ChangeKind, ChangeState};
use serde_json::Value;

use super::deliveries::Ending;
use super::page::placeholders;
use crate::sql::{Row, json, sql};
use crate::{Result, StoreError, Tx};

/// A change as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Its id.
    pub id: ChangeId,
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// What is changed.
    pub delivery_id: DeliveryId,
    /// What becomes of it.
    pub kind: ChangeKind,
    /// How it fares.
    pub state: ChangeState,
    /// What it is to say, for an edit.
    pub revision_id: Option<RevisionId>,
    /// Who asked for it.
    pub requested_by: Option<UserId>,
    /// The part that the network is still working on.
    pub part_id: Option<PartId>,
    /// The machine of that part, opaque here.
    pub machine: Option<Value>,
    /// Why it waits or failed.
    pub code: Option<Code>,
    /// Figures and names for the message of `code`.
    pub code_args: BTreeMap<String, String>,
    /// The platform's own words.
    pub words: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

const COLUMNS: &str = "c.id, c.workspace_id, c.delivery_id, c.kind, c.state, c.revision_id, c.requested_by, c.part_id, \
     c.machine, c.code, c.code_args, c.words, c.created_at, c.ended_at";

fn change(row: &Row) -> Result<Change> {
    Ok(Change {
        id: row.id("id")?,
        workspace_id: row.id("workspace_id")?,
        delivery_id: row.id("delivery_id")?,
        kind: row.word("kind", ChangeKind::parse)?,
        state: row.word("state", ChangeState::parse)?,
        revision_id: row.opt_id("revision_id")?,
        requested_by: row.opt_id("requested_by")?,
        part_id: row.opt_id("part_id")?,
        machine: row.opt_json("machine")?,
        code: row.opt_code("code")?,
        code_args: row.opt_json("code_args")?.unwrap_or_default(),
        words: row.get("words")?,
        created_at: row.time("created_at")?,
        ended_at: row.opt_time("ended_at")?,
    })
}

/// A change to be.
#[derive(Debug, Clone, Copy)]
pub struct NewChange {
    /// What becomes of the delivery.
    pub kind: ChangeKind,
    /// What it is to say, for an edit.
    pub revision: Option<RevisionId>,
    /// Who asks for it.
    pub by: UserId,
}

/// Asks for a change. [`Code::ChangeUnderWay`] while another one of the delivery is not done.
pub async fn begin(tx: &mut Tx, workspace: WorkspaceId, delivery: DeliveryId, new: NewChange) -> Result<ChangeId> {
    let (id, now) = (tx.new_id::<ChangeId>(), tx.now());
    let made = tx
        .execute(
            sql("INSERT INTO live_changes (id, workspace_id, delivery_id, kind, state, revision_id, requested_by, \
                 created_at, updated_at) SELECT $1, d.workspace_id, d.id, $2, 'waiting', $3, $4, $5, $5 \
                 FROM deliveries d WHERE d.id = $6 AND d.workspace_id = $7 ON CONFLICT DO NOTHING")
            .id(id)
            .bind(new.kind.as_str())
            .opt_id(new.revision)
            .id(new.by)
            .bind(now)
            .id(delivery)
            .id(workspace),
        )
        .await?;
    if made == 0 {
        return Err(StoreError::Refused(Code::ChangeUnderWay));
    }
    touch(tx, delivery).await?;
    Ok(id)
}

/// The change of a delivery that is not done.
pub async fn under_way(tx: &mut Tx, workspace: WorkspaceId, delivery: DeliveryId) -> Result<Option<Change>> {
    let text = format!(
        "SELECT {COLUMNS} FROM live_changes c WHERE c.delivery_id = $1 AND c.workspace_id = $2 AND c.state = 'waiting'"
    );
    tx.opt(sql(text).id(delivery).id(workspace)).await?.as_ref().map(change).transpose()
}

/// Whether a change of the delivery is not done.
pub async fn is_under_way(tx: &mut Tx, delivery: DeliveryId) -> Result<bool> {
    let found = sql("SELECT 1 AS yes FROM live_changes WHERE delivery_id = $1 AND state = 'waiting'");
    Ok(tx.opt(found.id(delivery)).await?.is_some())
}

/// The last change of each of these deliveries that was ever changed.
pub async fn last_of(tx: &mut Tx, workspace: WorkspaceId, deliveries: &[DeliveryId]) -> Result<Vec<Change>> {
    if deliveries.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT {COLUMNS} FROM live_changes c WHERE c.workspace_id = $1 AND c.delivery_id IN ({}) \
         AND NOT EXISTS (SELECT 1 FROM live_changes n WHERE n.delivery_id = c.delivery_id \
         AND (n.created_at, n.id) > (c.created_at, c.id))",
        placeholders(2, deliveries.len())
    );
    tx.map(deliveries.iter().fold(sql(text).id(workspace), |statement, id| statement.id(*id)), change).await
}

/// Says why a change is not done yet; nothing but time is in its way where there is no code.
pub async fn wait(tx: &mut Tx, id: ChangeId, ending: &Ending) -> Result<()> {
    let now = tx.now();
    let waits = sql("UPDATE live_changes SET code = $1, code_args = $2, words = $3, updated_at = $4 \
                     WHERE id = $5 AND state = 'waiting'");
    let args = if ending.args.is_empty() { None } else { Some(json(&ending.args)?) };
    tx.execute_one(waits.bind(ending.code).bind(args).bind(ending.words.clone()).bind(now).id(id)).await
}

/// The network is still working on a part: this is where to go on.
pub async fn keep_machine(tx: &mut Tx, id: ChangeId, part: PartId, machine: &Value) -> Result<()> {
    let kept = sql("UPDATE live_changes SET part_id = $1, machine = $2 WHERE id = $3 AND state = 'waiting'");
    tx.execute_one(kept.id(part).bind(json(machine)?).id(id)).await
}

/// Nothing is kept of where a part was: it is begun again, or done.
pub async fn drop_machine(tx: &mut Tx, id: ChangeId) -> Result<()> {
    tx.execute(sql("UPDATE live_changes SET part_id = NULL, machine = NULL WHERE id = $1").id(id)).await?;
    Ok(())
}

/// The network says what was asked for: so does the delivery.
pub async fn done(tx: &mut Tx, change: &Change) -> Result<()> {
    let now = tx.now();
    end(tx, change.id, ChangeState::Done, &Ending::default()).await?;
    let text = match change.kind {
        ChangeKind::Delete => {
            "UPDATE deliveries SET deleted_at = COALESCE(deleted_at, $1), live_revision_id = \
                               COALESCE($2, live_revision_id), updated_at = $1 WHERE id = $3"
        }
        ChangeKind::Edit => {
            "UPDATE deliveries SET edited_at = $1, live_revision_id = \
                             COALESCE($2, live_revision_id), updated_at = $1 WHERE id = $3"
        }
    };
    tx.execute_one(sql(text).bind(now).opt_id(change.revision_id).id(change.delivery_id)).await
}

/// The change ends without what was asked for.
pub async fn fail(tx: &mut Tx, change: &Change, ending: &Ending) -> Result<()> {
    end(tx, change.id, ChangeState::Failed, ending).await?;
    touch(tx, change.delivery_id).await
}

async fn end(tx: &mut Tx, id: ChangeId, state: ChangeState, ending: &Ending) -> Result<()> {
    wait(tx, id, ending).await?;
    drop_machine(tx, id).await?;
    let now = tx.now();
    let ended = sql("UPDATE live_changes SET state = $1, ended_at = $2 WHERE id = $3 AND state = 'waiting'");
    tx.execute_one(ended.bind(state.as_str()).bind(now).id(id)).await
}

async fn touch(tx: &mut Tx, delivery: DeliveryId) -> Result<()> {
    let now = tx.now();
    tx.execute_one(sql("UPDATE deliveries SET updated_at = $1 WHERE id = $2").bind(now).id(delivery)).await
}

/// After a restore: what was under way may have been done since the backup, and been followed by
/// another change. A person looks and asks again.
pub async fn restore_end(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    tx.execute(sql("UPDATE lanes SET changing = NULL, changing_until = NULL WHERE changing IS NOT NULL")).await?;
    tx.execute(
        sql("UPDATE live_changes SET state = 'failed', code = $1, code_args = NULL, words = NULL, part_id = NULL, \
             machine = NULL, updated_at = $2, ended_at = $2 WHERE state = 'waiting'")
        .bind(Code::ChangeRestored)
        .bind(now),
    )
    .await
}
