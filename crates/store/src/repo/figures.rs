//! What monitors count besides deliveries: accounts that may not be posted to, work on the ledger.
//! Tables that grow with accounts and pending work are read, none that grows with history.

use jiff::Timestamp;

use crate::sql::sql;
use crate::{Result, Tx};

/// The lanes of one platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lanes {
    /// The platform.
    pub platform: String,
    /// How many there are.
    pub all: u64,
    /// Something of the account is on its way.
    pub busy: u64,
    /// Closed for now: by a limit, or the least time between two posts.
    pub resting: u64,
}

/// Counts lanes by platform.
pub async fn lanes(tx: &mut Tx) -> Result<Vec<Lanes>> {
    let text = "SELECT platform, count(*) AS n, count(busy_delivery) AS busy, \
                count(CASE WHEN ready_at > $1 THEN 1 END) AS resting FROM lanes GROUP BY platform ORDER BY platform";
    let now = tx.now();
    tx.map(sql(text).bind(now), |row| {
        let (all, busy, resting) = (row.count("n")?, row.count("busy")?, row.count("resting")?);
        Ok(Lanes { platform: row.get("platform")?, all, busy, resting })
    })
    .await
}

/// Budgets that a platform has closed until later, by whose they are: `app`, `lane` or `workspace`.
pub async fn closed_budgets(tx: &mut Tx) -> Result<Vec<(String, u64)>> {
    let text = "SELECT scope_kind, count(*) AS n FROM budgets WHERE blocked_until > $1 \
                GROUP BY scope_kind ORDER BY scope_kind";
    let now = tx.now();
    tx.map(sql(text).bind(now), |row| Ok((row.get("scope_kind")?, row.count("n")?))).await
}

/// The jobs of one kind in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jobs {
    /// The kind.
    pub kind: String,
    /// `ready`, `running` or `failed`.
    pub state: String,
    /// How many.
    pub count: u64,
    /// Since when the oldest of them is due.
    pub oldest_due: Timestamp,
}

/// Counts jobs by kind and state.
pub async fn jobs(tx: &mut Tx) -> Result<Vec<Jobs>> {
    let text = "SELECT kind, state, count(*) AS n, min(due_at) AS oldest FROM jobs GROUP BY kind, state \
                ORDER BY kind, state";
    tx.map(sql(text), |row| {
        let (kind, state) = (row.get("kind")?, row.get("state")?);
        Ok(Jobs { kind, state, count: row.count("n")?, oldest_due: row.time("oldest")? })
    })
    .await
}
