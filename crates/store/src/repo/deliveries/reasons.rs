//! Holding for a reason that is no single delivery's, and letting go once it is gone.
//!
//! Whatever is let go keeps its own time: one that has missed its window by then asks, so
//! that nothing bursts out. Rows are locked in the order of their ids, as everybody does.

use postrider_domain::Code;
use postrider_domain::delivery::{Event, HoldReason, State, next};
use postrider_domain::id::{DeliveryId, PlatformAppId, WorkspaceId};

use crate::repo::page::placeholders;
use crate::sql::{Statement, sql};
use crate::{Bell, Result, Tx};

/// How many rows are changed by one statement.
const CHUNK: usize = 500;

/// Something that was held because publishing is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paused {
    /// The delivery.
    pub id: DeliveryId,
    /// Its workspace.
    pub workspace: WorkspaceId,
}

/// Holds what falls due while its workspace or the whole instance is paused, so that people
/// see why it does not go out. What is in somebody's hands goes on; what comes from a backup
/// keeps its own reason.
pub async fn hold_paused(tx: &mut Tx, limit: u32) -> Result<Vec<Paused>> {
    let any = sql("SELECT 1 AS yes WHERE EXISTS (SELECT 1 FROM instance WHERE paused_at IS NOT NULL) \
                   OR EXISTS (SELECT 1 FROM workspaces WHERE paused_at IS NOT NULL)");
    if tx.opt(any).await?.is_none() {
        return Ok(Vec::new());
    }
    let now = tx.now();
    let text = format!(
        "SELECT d.id, d.workspace_id FROM deliveries d WHERE d.state IN ('scheduled', 'waiting') AND d.due_at <= $1 \
         AND d.hold_reason IS NULL AND (EXISTS (SELECT 1 FROM instance WHERE paused_at IS NOT NULL) OR EXISTS \
         (SELECT 1 FROM workspaces w WHERE w.id = d.workspace_id AND w.paused_at IS NOT NULL)) \
         ORDER BY d.due_at, d.id LIMIT $2{}",
        tx.lock_clause(" FOR UPDATE OF d SKIP LOCKED")
    );
    let due = tx.map(sql(text).bind(now).bind(limit), |row| {
        Ok(Paused { id: row.id("id")?, workspace: row.id("workspace_id")? })
    });
    let due = due.await?;
    debug_assert_eq!(next(State::Waiting, Event::Hold), Some(State::Held));
    let ids: Vec<DeliveryId> = due.iter().map(|one| one.id).collect();
    let head = sql("UPDATE deliveries SET state = 'held', hold_reason = $1, code = $2, code_args = NULL, \
                    lease_epoch = lease_epoch + 1, updated_at = $3 WHERE id IN")
    .bind(HoldReason::Paused.as_str())
    .bind(HoldReason::Paused.code())
    .bind(now);
    for_each_chunk(tx, &head, &ids).await?;
    Ok(due)
}

/// Lets go what waited for the end of a pause, of one workspace or of all. What is paused
/// otherwise as well stays.
pub async fn resume_paused(tx: &mut Tx, workspace: Option<WorkspaceId>) -> Result<u64> {
    let only = if workspace.is_some() { "AND d.workspace_id = $2" } else { "" };
    let condition = format!(
        "d.hold_reason = $1 {only} AND NOT EXISTS (SELECT 1 FROM instance WHERE paused_at IS NOT NULL) \
         AND NOT EXISTS (SELECT 1 FROM workspaces w WHERE w.id = d.workspace_id AND w.paused_at IS NOT NULL)"
    );
    let bound = sql("").bind(HoldReason::Paused.as_str());
    resume(tx, &condition, workspace.into_iter().fold(bound, |bound, id| bound.id(id))).await
}

/// Lets go what waited for a platform app to be mended.
pub async fn resume_app(tx: &mut Tx, app: PlatformAppId) -> Result<u64> {
    let condition = "d.hold_reason = $1 AND d.channel_id IN (SELECT c.id FROM channels c \
                     JOIN grants g ON g.id = c.grant_id WHERE g.platform_app_id = $2)";
    resume(tx, condition, sql("").bind(HoldReason::Operator.as_str()).id(app)).await
}

/// Lets go what was beyond what the workspace is entitled to; it is looked at again before it goes out.
pub async fn resume_entitled(tx: &mut Tx, workspace: WorkspaceId) -> Result<u64> {
    let condition = "d.hold_reason = $1 AND d.code = $2 AND d.workspace_id = $3";
    let bound = sql("").bind(HoldReason::Budget.as_str()).bind(Code::EntitlementExceeded).id(workspace);
    resume(tx, condition, bound).await
}

/// Lets held deliveries of some condition go back to their own time. `bound` has its arguments.
async fn resume(tx: &mut Tx, condition: &str, bound: Statement) -> Result<u64> {
    debug_assert_eq!(next(State::Held, Event::Release), Some(State::Scheduled));
    let text = format!(
        "SELECT d.id FROM deliveries d WHERE d.state IN ('held', 'unconfirmed') AND d.state = 'held' AND {condition} \
         ORDER BY d.id{}",
        tx.lock_clause(" FOR UPDATE OF d")
    );
    let ids = tx.map(Statement { text, ..bound }, |row| row.id::<DeliveryId>("id")).await?;
    let now = tx.now();
    let head =
        sql("UPDATE deliveries SET state = 'scheduled', hold_reason = NULL, due_at = scheduled_at, code = NULL, \
                    code_args = NULL, words = NULL, failures = 0, lease_epoch = lease_epoch + 1, updated_at = $1 \
                    WHERE id IN")
        .bind(now);
    for_each_chunk(tx, &head, &ids).await?;
    if !ids.is_empty() {
        tx.ring(Bell::Due);
    }
    Ok(ids.len() as u64)
}

/// Runs a statement that ends with `id IN` for all ids, some at a time.
async fn for_each_chunk(tx: &mut Tx, head: &Statement, ids: &[DeliveryId]) -> Result<()> {
    for chunk in ids.chunks(CHUNK) {
        let text = format!("{} ({})", head.text, placeholders(head.args.len() + 1, chunk.len()));
        let statement = chunk.iter().fold(Statement { text, ..head.clone() }, |statement, id| statement.id(*id));
        tx.execute(statement).await?;
    }
    Ok(())
}
