//! Taking what is due, and taking back what was left behind.

use std::time::Duration;

use jiff::Timestamp;
use postrider_domain::delivery::{Event, State, next};
use postrider_domain::id::{AttemptId, BootId, DeliveryId, LaneId, WorkspaceId};

use super::{COLUMNS, Delivery, Lease, delivery};
use crate::repo::page::placeholders;
use crate::repo::{lanes, nodes};
use crate::sql::{Statement, sql};
use crate::{Bell, Result, StoreError, Tx};

/// Something that may be claimed now: due, on an idle lane, both rows locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The delivery.
    pub id: DeliveryId,
    /// Its workspace, for fairness.
    pub workspace: WorkspaceId,
    /// Its lane: at most one candidate of a lane may be claimed.
    pub lane: LaneId,
    /// Since when it is due.
    pub due_at: Timestamp,
}

/// What is due on idle lanes, longest due first. On PostgreSQL the delivery and
/// its lane are locked, and what another node has locked is skipped.
pub async fn candidates(tx: &mut Tx, limit: u32) -> Result<Vec<Candidate>> {
    candidates_besides(tx, limit, &[]).await
}

/// The same, but for what belongs to these workspaces: all of theirs that is due is read past.
pub async fn candidates_besides(tx: &mut Tx, limit: u32, besides: &[WorkspaceId]) -> Result<Vec<Candidate>> {
    let look = look(tx, limit, besides, "");
    tx.map(look, |row| {
        Ok(Candidate {
            id: row.id("id")?,
            workspace: row.id("workspace_id")?,
            lane: row.id("lane_id")?,
            due_at: row.time("due_at")?,
        })
    })
    .await
}

/// How the database goes about [`candidates`], a line a step, for people who measure.
pub async fn explain_candidates(tx: &mut Tx, limit: u32) -> Result<Vec<String>> {
    let (how, column) = match tx.locks_rows() {
        true => ("EXPLAIN (ANALYZE, BUFFERS) ", "QUERY PLAN"),
        false => ("EXPLAIN QUERY PLAN ", "detail"),
    };
    let look = look(tx, limit, &[], how);
    tx.map(look, |row| row.get(column)).await
}

fn look(tx: &Tx, limit: u32, besides: &[WorkspaceId], how: &str) -> Statement {
    let lock = tx.lock_clause(" FOR UPDATE OF d, l SKIP LOCKED");
    let now = tx.now();
    let others = match besides.len() {
        0 => String::new(),
        count => format!("AND d.workspace_id NOT IN ({}) ", placeholders(3, count)),
    };
    let last = 3 + besides.len();
    let text = format!(
        "{how}SELECT d.id, d.workspace_id, d.lane_id, d.due_at FROM deliveries d JOIN lanes l ON l.id = d.lane_id \
         WHERE d.state IN ('scheduled', 'waiting') AND d.due_at <= $1 \
         AND l.busy_delivery IS NULL AND l.ready_at <= $2 {others}\
         AND NOT EXISTS (SELECT 1 FROM instance WHERE paused_at IS NOT NULL) \
         AND NOT EXISTS (SELECT 1 FROM workspaces w WHERE w.id = d.workspace_id AND w.paused_at IS NOT NULL) \
         ORDER BY d.due_at, d.id LIMIT ${last}{lock}"
    );
    besides.iter().fold(sql(text).bind(now).bind(now), |text, workspace| text.id(*workspace)).bind(limit)
}

/// Takes a candidate: its lane is busy, its epoch raised, its revision pinned.
/// `None` when somebody was faster.
pub async fn claim(
    tx: &mut Tx,
    candidate: &Candidate,
    boot: BootId,
    lease: Duration,
) -> Result<Option<(Delivery, Lease)>> {
    debug_assert_eq!(next(State::Scheduled, Event::Claim), Some(State::Running));
    let taken = tx
        .execute(
            sql("UPDATE lanes SET busy_delivery = $1 WHERE id = $2 AND busy_delivery IS NULL")
                .id(candidate.id)
                .id(candidate.lane),
        )
        .await?;
    if taken == 0 {
        return Ok(None);
    }
    let now = tx.now();
    let until = now.saturating_add(lease).map_err(|error| StoreError::corrupt("lease_until", error))?;
    let text = format!(
        "UPDATE deliveries AS d SET state = 'running', lease_epoch = lease_epoch + 1, lease_boot = $1, \
         lease_until = $2, updated_at = $3, revision_id = COALESCE(revision_id, \
         (SELECT p.revision_id FROM posts p WHERE p.id = d.post_id)) \
         WHERE id = $4 AND state IN ('scheduled', 'waiting') RETURNING {}",
        COLUMNS.replace("d.", "")
    );
    let row = tx.opt(sql(text).id(boot).bind(until).bind(now).id(candidate.id)).await?;
    let Some(row) = row else {
        lanes::free(tx, candidate.lane, candidate.id).await?;
        return Ok(None);
    };
    let delivery = delivery(&row)?;
    let lease = Lease {
        delivery: delivery.id,
        workspace: delivery.workspace_id,
        lane: delivery.lane_id,
        epoch: delivery.lease_epoch,
        boot,
    };
    Ok(Some((delivery, lease)))
}

/// When the next delivery is due, which may be in the past when its lane is not free.
pub async fn next_due(tx: &mut Tx) -> Result<Option<Timestamp>> {
    tx.one(sql("SELECT min(due_at) AS due FROM deliveries WHERE state IN ('scheduled', 'waiting')"))
        .await?
        .opt_time("due")
}

/// Something that was taken back from a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rescued {
    /// The delivery.
    pub id: DeliveryId,
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Whether the process is proven gone, or its lease merely ran out.
    pub gone: bool,
}

/// Takes back what is running although its lease has run out or its process is
/// proven gone. An attempt is charged; an open intent stays open, so that the
/// next one to claim it looks before it sends.
pub async fn rescue(tx: &mut Tx, me: BootId, limit: u32) -> Result<Vec<Rescued>> {
    let lock = tx.lock_clause(" FOR UPDATE OF d SKIP LOCKED");
    let gone = nodes::gone_condition("d.lease_boot");
    let now = tx.now();
    let text = format!(
        "SELECT {COLUMNS}, ({gone}) AS gone FROM deliveries d \
         WHERE d.state = 'running' AND (d.lease_until < $1 OR {gone}) ORDER BY d.lease_until LIMIT $2{lock}"
    );
    let rows = tx.rows(sql(text).bind(now).bind(limit)).await?;
    let mut rescued = Vec::with_capacity(rows.len());
    for row in &rows {
        rescued.push(take_back(tx, &delivery(row)?, me, row.get("gone")?).await?);
    }
    if !rescued.is_empty() {
        tx.ring(Bell::Due);
    }
    Ok(rescued)
}

async fn take_back(tx: &mut Tx, delivery: &Delivery, me: BootId, gone: bool) -> Result<Rescued> {
    let now = tx.now();
    tx.execute_one(
        sql("UPDATE deliveries SET state = 'waiting', due_at = $1, lease_epoch = lease_epoch + 1, \
             lease_boot = NULL, lease_until = NULL, rescues = rescues + 1, failures = failures + 1, \
             updated_at = $2 WHERE id = $3 AND state = 'running'")
        .bind(now)
        .bind(now)
        .id(delivery.id),
    )
    .await?;
    lanes::free(tx, delivery.lane_id, delivery.id).await?;
    let outcome = if gone { "process_gone" } else { "lease_expired" };
    let id = tx.new_id::<AttemptId>();
    tx.execute(
        sql("INSERT INTO attempts (id, workspace_id, delivery_id, boot_id, action, outcome, started_at, ended_at) \
             VALUES ($1, $2, $3, $4, 'rescue', $5, $6, $7)")
        .id(id)
        .id(delivery.workspace_id)
        .id(delivery.id)
        .id(delivery.lease_boot.unwrap_or(me))
        .bind(outcome)
        .bind(now)
        .bind(now),
    )
    .await?;
    Ok(Rescued { id: delivery.id, workspace: delivery.workspace_id, gone })
}
