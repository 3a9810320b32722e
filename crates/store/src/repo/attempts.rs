//! Attempts: every try, with its redacted exchange, for people who ask what happened.

use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::id::{AttemptId, BootId, DeliveryId, PartId, StepId, WorkspaceId};
use serde_json::Value;

use super::deliveries::Lease;
use crate::sql::{Row, json, sql};
use crate::{Result, Tx};

/// One try.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// The part it was for.
    pub part_id: Option<PartId>,
    /// Which process made it.
    pub boot_id: BootId,
    /// What was tried: `send`, `read`, `look`, `refresh`, `rescue`, and `delete` or `edit` of what is live.
    pub action: String,
    /// How it ended: `ok` or a failure class.
    pub outcome: String,
    /// Our code for it.
    pub code: Option<Code>,
    /// The platform's own code.
    pub platform_code: Option<String>,
    /// HTTP status.
    pub status: Option<i64>,
    /// The platform's own words.
    pub words: Option<String>,
    /// Redacted requests and answers; purged with the content.
    pub exchanges: Option<Value>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
}

/// What is recorded about a try.
#[derive(Debug, Clone, Default)]
pub struct NewAttempt {
    /// The part.
    pub part: Option<PartId>,
    /// The sending step, when it was one.
    pub step: Option<StepId>,
    /// `send`, `read`, `look`, `refresh`, `delete`, `edit`.
    pub action: &'static str,
    /// `ok` or a failure class.
    pub outcome: String,
    /// Our code.
    pub code: Option<Code>,
    /// The platform's own code.
    pub platform_code: Option<String>,
    /// HTTP status.
    pub status: Option<u16>,
    /// The platform's own words.
    pub words: Option<String>,
    /// Redacted requests and answers.
    pub exchanges: Option<Value>,
    /// When it began; the transaction's time when unknown.
    pub started_at: Option<Timestamp>,
}

/// Records a try.
pub async fn record(tx: &mut Tx, lease: &Lease, new: &NewAttempt) -> Result<AttemptId> {
    record_of(tx, lease.workspace, lease.delivery, lease.boot, new).await
}

/// The same for a try of somebody who holds no lease on the delivery.
pub async fn record_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    delivery: DeliveryId,
    boot: BootId,
    new: &NewAttempt,
) -> Result<AttemptId> {
    let (id, now) = (tx.new_id::<AttemptId>(), tx.now());
    tx.execute(
        sql("INSERT INTO attempts (id, workspace_id, delivery_id, part_id, step_id, boot_id, action, outcome, code, \
             platform_code, status, words, exchanges, started_at, ended_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)")
        .id(id)
        .id(workspace)
        .id(delivery)
        .opt_id(new.part)
        .opt_id(new.step)
        .id(boot)
        .bind(new.action)
        .bind(new.outcome.as_str())
        .bind(new.code)
        .bind(new.platform_code.clone())
        .bind(new.status.map(i64::from))
        .bind(new.words.clone())
        .bind(new.exchanges.as_ref().map(json).transpose()?)
        .bind(new.started_at.unwrap_or(now))
        .bind(now),
    )
    .await?;
    Ok(id)
}

fn attempt(row: &Row) -> Result<Attempt> {
    let code: Option<String> = row.get("code")?;
    Ok(Attempt {
        id: row.id("id")?,
        part_id: row.opt_id("part_id")?,
        boot_id: row.id("boot_id")?,
        action: row.get("action")?,
        outcome: row.get("outcome")?,
        code: code.as_deref().and_then(Code::parse),
        platform_code: row.get("platform_code")?,
        status: row.get("status")?,
        words: row.get("words")?,
        exchanges: row.opt_json("exchanges")?,
        started_at: row.time("started_at")?,
        ended_at: row.time("ended_at")?,
    })
}

/// The tries of a delivery, oldest first.
pub async fn of_delivery(tx: &mut Tx, workspace: WorkspaceId, delivery: DeliveryId) -> Result<Vec<Attempt>> {
    tx.map(
        sql(
            "SELECT id, part_id, boot_id, action, outcome, code, platform_code, status, words, exchanges, started_at, \
             ended_at FROM attempts WHERE delivery_id = $1 AND workspace_id = $2 ORDER BY started_at, id",
        )
        .id(delivery)
        .id(workspace),
        attempt,
    )
    .await
}

/// How many attempts are purged in one transaction: on SQLite everybody else waits for it.
pub const PURGED_AT_ONCE: u64 = 500;

/// Attempts whose delivery was settled before `$1` and that keep what was said; found by their
/// own end, which is never later, so that neither old nor recent ones are looked at in vain.
pub(crate) const KEPT: &str = "SELECT a.id FROM attempts a JOIN deliveries d ON d.id = a.delivery_id \
     WHERE a.exchanges IS NOT NULL AND a.ended_at < $1 AND d.settled_at < $1 ORDER BY a.ended_at LIMIT $2";

/// Removes the exchanges and the platform's words of deliveries that were settled before
/// `before`, of [`PURGED_AT_ONCE`] attempts at most; returns of how many.
pub async fn purge_exchanges(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    let changes = sql("UPDATE live_changes SET words = NULL WHERE words IS NOT NULL AND ended_at < $1");
    tx.execute(changes.bind(before)).await?;
    let text = format!("UPDATE attempts SET exchanges = NULL, words = NULL WHERE id IN ({KEPT})");
    tx.execute(sql(text).bind(before).bind(PURGED_AT_ONCE)).await
}
