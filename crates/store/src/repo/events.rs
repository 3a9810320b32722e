//! Events: what changed, as ids, for screens that are open. Numbered under the
//! workspace row's lock, so that order of number is order of commit.

use jiff::{SignedDuration, Timestamp};
use postrider_domain::id::WorkspaceId;
use serde_json::Value;

use crate::error::StoreError;
use crate::sql::{Row, json, sql};
use crate::{Bell, Result, Tx};

/// How long events are kept.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// Something that changed.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRow {
    /// Its number in the workspace; gaps mean nothing.
    pub seq: u64,
    /// What happened, such as `delivery.updated`.
    pub kind: String,
    /// What it happened to: ids, never content.
    pub ids: Value,
    /// When.
    pub created_at: Timestamp,
}

fn event(row: &Row) -> Result<EventRow> {
    Ok(EventRow {
        seq: row.count("seq")?,
        kind: row.get("kind")?,
        ids: row.json("ids")?,
        created_at: row.time("created_at")?,
    })
}

/// Notes a change, in the transaction that makes it, and returns its number.
///
/// The workspace row stays locked until the transaction ends: call it late.
pub async fn append(tx: &mut Tx, workspace: WorkspaceId, kind: &str, ids: &Value) -> Result<u64> {
    let next = sql("UPDATE workspaces SET event_seq = event_seq + 1 WHERE id = $1 RETURNING event_seq");
    let seq = tx.one(next.id(workspace)).await?.count("event_seq")?;
    let now = tx.now();
    tx.ring(Bell::Events);
    tx.execute(
        sql("INSERT INTO events (workspace_id, seq, kind, ids, created_at) VALUES ($1, $2, $3, $4, $5)")
            .id(workspace)
            .bind(seq)
            .bind(kind)
            .bind(json(ids)?)
            .bind(now),
    )
    .await?;
    Ok(seq)
}

/// Events after a number, in order.
pub async fn since(tx: &mut Tx, workspace: WorkspaceId, after_seq: u64, limit: u32) -> Result<Vec<EventRow>> {
    tx.map(
        sql("SELECT seq, kind, ids, created_at FROM events WHERE workspace_id = $1 AND seq > $2 \
             ORDER BY seq LIMIT $3")
        .id(workspace)
        .bind(after_seq)
        .bind(limit),
        event,
    )
    .await
}

/// The oldest number that is still kept. Whoever last saw less than the one
/// before it has missed something and must start afresh.
pub async fn oldest(tx: &mut Tx, workspace: WorkspaceId) -> Result<Option<u64>> {
    let found = sql("SELECT min(seq) AS seq FROM events WHERE workspace_id = $1").id(workspace);
    let seq: Option<i64> = tx.one(found).await?.get("seq")?;
    seq.map(|seq| u64::try_from(seq).map_err(|error| StoreError::corrupt("seq", error))).transpose()
}

/// The number of the last event; 0 before the first.
pub async fn newest(tx: &mut Tx, workspace: WorkspaceId) -> Result<u64> {
    tx.one(sql("SELECT event_seq FROM workspaces WHERE id = $1").id(workspace)).await?.count("event_seq")
}

/// Deletes events older than [`LIFETIME`].
pub async fn purge(tx: &mut Tx) -> Result<u64> {
    let before = tx.now().saturating_sub(LIFETIME).unwrap_or(Timestamp::MIN);
    tx.execute(sql("DELETE FROM events WHERE created_at < $1").bind(before)).await
}
