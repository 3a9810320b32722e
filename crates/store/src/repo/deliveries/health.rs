//! How publishing stands on the whole instance, for monitors, which ask every few seconds: nothing
//! here reads rows of what is settled, and what lies far ahead is counted from an index alone.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use postrider_domain::delivery::{HoldReason, State};

use super::standing::{Hindrance, WHY};
use crate::sql::{Row, Statement, sql};
use crate::{Result, StoreError, Tx};

/// Deliveries that are late for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Late {
    /// How many.
    pub count: u64,
    /// Since when the oldest of them is due.
    pub oldest: Timestamp,
}

/// How many deliveries are where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Due and not taken, late or not.
    pub due: u64,
    /// Late by more than a grace, by what is in the way. A reason without any is not there.
    pub late: BTreeMap<Hindrance, Late>,
    /// In somebody's hands now.
    pub running: u64,
    /// Waiting for a person to say whether they are out.
    pub unconfirmed: u64,
    /// The instant since when the oldest of them does.
    pub oldest_unconfirmed: Option<Timestamp>,
    /// Held, by reason. A reason without any is not there.
    pub held: BTreeMap<HoldReason, u64>,
}

impl Health {
    /// Late although nothing visible is in the way.
    pub fn overdue(&self) -> u64 {
        self.late.get(&Hindrance::Nothing).map_or(0, |late| late.count)
    }

    /// Since when the oldest of those is due.
    pub fn oldest_due(&self) -> Option<Timestamp> {
        self.late.get(&Hindrance::Nothing).map(|late| late.oldest)
    }
}

/// What is due.
pub(crate) const DUE: &str =
    "SELECT count(*) AS n FROM deliveries WHERE state IN ('scheduled', 'waiting') AND due_at <= $1";

/// What is under way. The second condition, which all of it fulfils, is that of the index.
pub(crate) const RUNNING: &str = "SELECT count(*) AS n FROM deliveries WHERE state = 'running' AND lease_until > 0";

/// Everything that has not begun. SQLite reads the index of that for it, and no row.
pub(crate) const AHEAD: &str = "SELECT count(*) AS n FROM deliveries WHERE state IN ('scheduled', 'waiting')";

/// What waits, is held or asks, and why; its index has all that is asked.
pub(crate) const REASONS: &str = "SELECT state, hold_reason, code, count(*) AS n FROM deliveries \
     WHERE state IN ('waiting', 'held', 'unconfirmed') GROUP BY state, hold_reason, code";

/// Since when the oldest question waits for a person.
pub(crate) const ASKED: &str = "SELECT min(updated_at) AS oldest FROM deliveries \
     WHERE state IN ('waiting', 'held', 'unconfirmed') AND state = 'unconfirmed'";

/// What is late at `$2`, by what is in the way at `$1`.
pub(crate) fn late() -> String {
    format!(
        "SELECT {WHY} AS why, count(*) AS n, min(d.due_at) AS oldest FROM deliveries d JOIN lanes l ON l.id = d.lane_id \
         WHERE d.state IN ('scheduled', 'waiting') AND d.due_at < $2 GROUP BY 1"
    )
}

/// How publishing stands; late is what is due for longer than `grace`.
pub async fn health(tx: &mut Tx, grace: SignedDuration) -> Result<Health> {
    let now = tx.now();
    let before = now.saturating_sub(grace).map_err(|error| StoreError::corrupt("due_at", error))?;
    let late = tx.map(sql(late()).bind(now).bind(before), |row| {
        let late = Late { count: row.count("n")?, oldest: row.time("oldest")? };
        Ok((row.word("why", Hindrance::parse)?, late))
    });
    let late = late.await?.into_iter().collect();
    let (due, running) = (count(tx, sql(DUE).bind(now)).await?, count(tx, sql(RUNNING)).await?);
    let mut health = Health { due, late, running, ..Health::default() };
    for row in reasons(tx).await? {
        match (row.state, row.held) {
            (State::Held, Some(reason)) => *health.held.entry(reason).or_default() += row.count,
            (State::Unconfirmed, _) => health.unconfirmed += row.count,
            _ => {}
        }
    }
    health.oldest_unconfirmed = tx.one(sql(ASKED)).await?.opt_time("oldest")?;
    Ok(health)
}

/// How many have not begun or wait in between; and the latter by the code that says why, if there is one.
pub async fn queue(tx: &mut Tx) -> Result<(u64, BTreeMap<Option<String>, u64>)> {
    let ahead = count(tx, sql(AHEAD)).await?;
    let mut waiting = BTreeMap::new();
    for row in reasons(tx).await?.into_iter().filter(|row| row.state == State::Waiting) {
        *waiting.entry(row.code).or_default() += row.count;
    }
    let between: u64 = waiting.values().sum();
    Ok((ahead.saturating_sub(between), waiting))
}

/// So many are in a state for a reason.
struct Reason {
    state: State,
    held: Option<HoldReason>,
    code: Option<String>,
    count: u64,
}

async fn reasons(tx: &mut Tx) -> Result<Vec<Reason>> {
    tx.map(sql(REASONS), |row| {
        Ok(Reason {
            state: row.word("state", State::parse)?,
            held: held(row)?,
            code: row.get("code")?,
            count: row.count("n")?,
        })
    })
    .await
}

fn held(row: &Row) -> Result<Option<HoldReason>> {
    let reason: Option<String> = row.get("hold_reason")?;
    let known = |text: String| {
        HoldReason::parse(&text).ok_or_else(|| StoreError::corrupt("hold_reason", format!("`{text}` is not a reason")))
    };
    reason.map(known).transpose()
}

async fn count(tx: &mut Tx, statement: Statement) -> Result<u64> {
    tx.one(statement).await?.count("n")
}
