//! The engine's writes. Each is fenced: it happens only while the lease is ours.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::delivery::{Event, HoldReason, State, next};
use postrider_domain::id::{BootId, DeliveryId, LaneId, WorkspaceId};

use super::args_text;
use crate::repo::lanes;
use crate::sql::{json, sql};
use crate::{Bell, Result, StoreError, Tx};

/// The right to write to a delivery, as long as nobody has raised the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The delivery.
    pub delivery: DeliveryId,
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Its lane.
    pub lane: LaneId,
    /// The fence.
    pub epoch: i64,
    /// The boot that holds it.
    pub boot: BootId,
}

/// Locks the delivery and proves that the lease is still ours; the first
/// statement of every transaction of the engine. [`StoreError::Stale`] otherwise.
pub async fn fence(tx: &mut Tx, lease: &Lease) -> Result<()> {
    let now = tx.now();
    tx.execute_one(
        sql("UPDATE deliveries SET updated_at = $1 WHERE id = $2 AND lease_epoch = $3 AND state = 'running'")
            .bind(now)
            .id(lease.delivery)
            .bind(lease.epoch),
    )
    .await
}

/// [`fence`], and whether a person wants the remaining parts stopped.
pub async fn fence_or_stop(tx: &mut Tx, lease: &Lease) -> Result<bool> {
    let now = tx.now();
    let fence = sql("UPDATE deliveries SET updated_at = $1 WHERE id = $2 AND lease_epoch = $3 AND state = 'running' \
                     RETURNING stop_requested");
    let row = tx.opt(fence.bind(now).id(lease.delivery).bind(lease.epoch)).await?;
    row.ok_or(StoreError::Stale)?.get("stop_requested")
}

/// Whether the lease is still ours, without locking anything.
pub async fn is_ours(tx: &mut Tx, lease: &Lease) -> Result<bool> {
    let row = tx
        .opt(
            sql("SELECT 1 AS yes FROM deliveries WHERE id = $1 AND lease_epoch = $2 AND state = 'running'")
                .id(lease.delivery)
                .bind(lease.epoch),
        )
        .await?;
    Ok(row.is_some())
}

/// Extends the lease to `length` from now; never shortens it.
pub async fn heartbeat(tx: &mut Tx, lease: &Lease, length: Duration) -> Result<()> {
    let until = tx.now().saturating_add(length).map_err(|error| StoreError::corrupt("lease_until", error))?;
    tx.execute_one(
        sql("UPDATE deliveries SET lease_until = CASE WHEN lease_until > $1 THEN lease_until ELSE $1 END \
             WHERE id = $2 AND lease_epoch = $3 AND state = 'running'")
        .bind(until)
        .id(lease.delivery)
        .bind(lease.epoch),
    )
    .await
}

/// What is said about a delivery when it leaves `running`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ending {
    /// Why; its message is what people read.
    pub code: Option<Code>,
    /// Figures and names for the message.
    pub args: BTreeMap<String, String>,
    /// The platform's own words.
    pub words: Option<String>,
    /// For an unconfirmed part.
    pub evidence: Option<serde_json::Value>,
    /// Whether an attempt is charged.
    pub charge: bool,
}

impl Ending {
    /// An ending for this reason.
    pub fn of(code: Code) -> Self {
        Self { code: Some(code), ..Self::default() }
    }
}

/// Nothing to do before `until`.
pub async fn wait(tx: &mut Tx, lease: &Lease, until: Timestamp, ending: &Ending) -> Result<()> {
    leave(tx, lease, Event::Wait, Change { due_at: Some(until), ..Change::of(ending) }).await
}

/// Something must happen first.
pub async fn hold(tx: &mut Tx, lease: &Lease, reason: HoldReason, ending: &Ending) -> Result<()> {
    leave(tx, lease, Event::Hold, Change { hold: Some(reason), ..Change::of(ending) }).await
}

/// Ends it as failed or unconfirmed.
pub async fn fail(tx: &mut Tx, lease: &Lease, event: Event, ending: &Ending) -> Result<()> {
    debug_assert!(matches!(event, Event::Fail | Event::Doubt));
    leave(tx, lease, event, Change::of(ending)).await
}

/// Ends it as published; `incomplete` when not all parts are out.
pub async fn publish(tx: &mut Tx, lease: &Lease, incomplete: bool, ending: &Ending) -> Result<()> {
    leave(tx, lease, Event::Publish, Change { incomplete, ..Change::of(ending) }).await
}

/// Deliveries of a workspace that wait for a file to be fitted look again now.
pub async fn wake_for_media(tx: &mut Tx, workspace: WorkspaceId) -> Result<u64> {
    let now = tx.now();
    let woken = tx
        .execute(
            sql("UPDATE deliveries SET due_at = $1 WHERE workspace_id = $2 AND state = 'waiting' \
                 AND code = 'media_rendering' AND due_at > $3")
            .bind(now)
            .id(workspace)
            .bind(now),
        )
        .await?;
    if woken > 0 {
        tx.ring(Bell::Due);
    }
    Ok(woken)
}

struct Change<'a> {
    ending: &'a Ending,
    due_at: Option<Timestamp>,
    hold: Option<HoldReason>,
    incomplete: bool,
}

impl<'a> Change<'a> {
    fn of(ending: &'a Ending) -> Self {
        Self { ending, due_at: None, hold: None, incomplete: false }
    }
}

/// Leaves `running`. A restored one stays marked as such until a person decides:
/// whatever else it waits for or is held for, nothing of it may be sent before that.
async fn leave(tx: &mut Tx, lease: &Lease, event: Event, change: Change<'_>) -> Result<()> {
    let to = next(State::Running, event).ok_or(StoreError::Stale)?;
    let now = tx.now();
    let ending = change.ending;
    let settled = to.is_settled().then_some(now);
    let evidence = ending.evidence.as_ref().map(json).transpose()?;
    tx.execute_one(
        sql("UPDATE deliveries SET state = $1, hold_reason = CASE WHEN hold_reason = 'restored' \
             AND $1 IN ('waiting', 'held') THEN hold_reason ELSE $2 END, due_at = COALESCE($3, due_at), code = $4, \
             code_args = $5, words = $6, evidence = $7, incomplete = $8, settled_at = $9, \
             published_at = CASE WHEN $1 = 'published' THEN COALESCE(published_at, $10) ELSE published_at END, \
             failures = failures + $11, lease_boot = NULL, lease_until = NULL, updated_at = $12 \
             WHERE id = $13 AND lease_epoch = $14 AND state = 'running'")
        .bind(to.as_str())
        .bind(change.hold.map(HoldReason::as_str))
        .bind(change.due_at)
        .bind(ending.code)
        .bind(args_text(&ending.args)?)
        .bind(ending.words.clone())
        .bind(evidence)
        .bind(change.incomplete)
        .bind(settled)
        .bind(now)
        .bind(i64::from(ending.charge))
        .bind(now)
        .id(lease.delivery)
        .bind(lease.epoch),
    )
    .await?;
    lanes::free(tx, lease.lane, lease.delivery).await?;
    tx.ring(Bell::Due);
    Ok(())
}
