//! How publishing stands in one workspace: what is late and why, and what wants a person.

use std::collections::BTreeMap;

use jiff::Timestamp;
use postrider_domain::delivery::{HoldReason, State};
use postrider_domain::id::WorkspaceId;

use super::{COLUMNS, Delivery, delivery};
use crate::sql::sql;
use crate::{Result, StoreError, Tx};

/// Counts of a workspace's deliveries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Due before the given instant and not taken.
    pub overdue: u64,
    /// Since when the oldest of them is due.
    pub oldest_due: Option<Timestamp>,
    /// Those of them that nothing visible keeps: publishing is stuck.
    pub unhindered: u64,
    /// In the engine's hands now.
    pub running: u64,
    /// Waiting for a person to say whether they are out.
    pub unconfirmed: u64,
    /// Held, by reason.
    pub held: BTreeMap<HoldReason, u64>,
    /// Failed and not tried again since.
    pub failed: u64,
    /// When the next one goes out.
    pub next_due: Option<Timestamp>,
}

/// Why something that is due is not taken: all that the claim's condition asks beyond the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hindrance {
    /// Its workspace or the whole instance is paused.
    Paused,
    /// Somebody who has not gone silent works on something else of its account.
    Busy,
    /// Its account rests: a limit of the platform, or the least time between two posts.
    Resting,
    /// Nothing that anybody can see: no slot is free, no publisher runs, or its lane is stuck.
    Nothing,
}

impl Hindrance {
    /// Every hindrance, in the order in which the first that holds is named.
    pub const ALL: [Hindrance; 4] = [Hindrance::Paused, Hindrance::Busy, Hindrance::Resting, Hindrance::Nothing];

    /// The name shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Hindrance::Paused => "paused",
            Hindrance::Busy => "busy",
            Hindrance::Resting => "resting",
            Hindrance::Nothing => "none",
        }
    }

    /// Reads a name back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hindrance| hindrance.as_str() == text)
    }
}

/// A delivery that is late.
#[derive(Debug, Clone, PartialEq)]
pub struct Overdue {
    /// The delivery.
    pub delivery: Delivery,
    /// When its account may publish next.
    pub ready_at: Timestamp,
    /// Why it is not taken.
    pub why: Hindrance,
}

/// The name of the [`Hindrance`] of a due row `d` on its lane `l`, at the instant `$1`. Whatever the
/// claim's own condition refuses and this does not explain comes out as `none`, which raises an alarm.
pub(crate) const WHY: &str = "CASE WHEN EXISTS (SELECT 1 FROM instance WHERE paused_at IS NOT NULL) \
     OR EXISTS (SELECT 1 FROM workspaces w WHERE w.id = d.workspace_id AND w.paused_at IS NOT NULL) THEN 'paused' \
     WHEN EXISTS (SELECT 1 FROM deliveries b WHERE b.id = l.busy_delivery AND b.state = 'running' \
     AND b.lease_until > $1) THEN 'busy' WHEN l.ready_at > $1 THEN 'resting' ELSE 'none' END";

/// Deliveries that are due and not taken, with their lanes.
const LATE: &str = "FROM deliveries d JOIN lanes l ON l.id = d.lane_id \
     WHERE d.workspace_id = $2 AND d.state IN ('scheduled', 'waiting') AND d.due_at < $3";

/// Counts what is late at `late`, and what failed among that which people wanted since `since`.
pub async fn standing(tx: &mut Tx, workspace: WorkspaceId, late: Timestamp, since: Timestamp) -> Result<Standing> {
    let now = tx.now();
    let text = format!(
        "SELECT count(*) AS overdue, min(d.due_at) AS oldest, \
         COALESCE(sum(CASE WHEN ({WHY}) = 'none' THEN 1 ELSE 0 END), 0) AS unhindered {LATE}"
    );
    let row = tx.one(sql(text).bind(now).id(workspace).bind(late)).await?;
    let mut standing = Standing {
        overdue: row.count("overdue")?,
        oldest_due: row.opt_time("oldest")?,
        unhindered: row.count("unhindered")?,
        ..Standing::default()
    };
    let running = sql("SELECT count(*) AS n FROM deliveries WHERE state = 'running' AND workspace_id = $1");
    standing.running = tx.one(running.id(workspace)).await?.count("n")?;
    let failed = sql("SELECT count(*) AS n FROM deliveries WHERE workspace_id = $1 AND scheduled_at >= $2 \
                      AND state = 'failed'");
    standing.failed = tx.one(failed.id(workspace).bind(since)).await?.count("n")?;
    let next = sql("SELECT scheduled_at FROM deliveries WHERE workspace_id = $1 AND scheduled_at >= $2 \
                    AND state IN ('scheduled', 'waiting') ORDER BY scheduled_at LIMIT 1");
    let next = tx.opt(next.id(workspace).bind(now)).await?;
    standing.next_due = next.map(|row| row.time("scheduled_at")).transpose()?;
    asking(tx, workspace, &mut standing).await?;
    Ok(standing)
}

/// What waits for a person.
async fn asking(tx: &mut Tx, workspace: WorkspaceId, standing: &mut Standing) -> Result<()> {
    let counts = sql("SELECT state, hold_reason, count(*) AS n FROM deliveries WHERE workspace_id = $1 \
                      AND state IN ('held', 'unconfirmed') GROUP BY state, hold_reason");
    for row in tx.rows(counts.id(workspace)).await? {
        let n = row.count("n")?;
        if row.word("state", State::parse)? == State::Unconfirmed {
            standing.unconfirmed += n;
            continue;
        }
        let reason: Option<String> = row.get("hold_reason")?;
        let known = reason.as_deref().and_then(HoldReason::parse);
        let reason = known.ok_or_else(|| StoreError::corrupt("hold_reason", format!("{reason:?}")))?;
        *standing.held.entry(reason).or_default() += n;
    }
    Ok(())
}

/// What is late at `late`, the longest due first.
pub async fn overdue(tx: &mut Tx, workspace: WorkspaceId, late: Timestamp, limit: u32) -> Result<Vec<Overdue>> {
    let now = tx.now();
    let text = format!(
        "SELECT {COLUMNS}, {WHY} AS why, l.ready_at AS ready_at {LATE} \
         ORDER BY d.due_at, d.id LIMIT $4"
    );
    tx.map(sql(text).bind(now).id(workspace).bind(late).bind(limit), |row| {
        Ok(Overdue {
            delivery: delivery(row)?,
            ready_at: row.time("ready_at")?,
            why: row.word("why", Hindrance::parse)?,
        })
    })
    .await
}
