//! Budgets: room that the platform gives (rates) and money that people give.
//!
//! A rate budget is blocked until an instant. A money budget reserves before a
//! call, keeps the reserve while the outcome is unknown, and settles on the result.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postrider_domain::id::{BudgetId, StepId};
use uuid::Uuid;

use crate::sql::{Row, sql};
use crate::{Result, StoreError, Tx};

/// What a budget belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// A lane.
    Lane(Uuid),
    /// A platform app.
    App(Uuid),
    /// A workspace's own spending.
    Workspace(Uuid),
}

impl Scope {
    const fn parts(self) -> (&'static str, Uuid) {
        match self {
            Scope::Lane(id) => ("lane", id),
            Scope::App(id) => ("app", id),
            Scope::Workspace(id) => ("workspace", id),
        }
    }
}

/// A budget as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Its id.
    pub id: BudgetId,
    /// The most in a window; `None` when only the platform knows.
    pub limit: Option<u64>,
    /// Spent in this window.
    pub used: u64,
    /// Reserved by calls whose outcome is not known yet.
    pub reserved: u64,
    /// When the window began.
    pub window_start: Timestamp,
    /// Nothing may be spent before this instant.
    pub blocked_until: Option<Timestamp>,
}

impl Budget {
    /// An unknown outcome counts as spent.
    fn has_room_for(&self, units: u64) -> bool {
        let total = self.used.saturating_add(self.reserved).saturating_add(units);
        self.limit.is_none_or(|limit| total <= limit)
    }
}

fn budget(row: &Row) -> Result<Budget> {
    Ok(Budget {
        id: row.id("id")?,
        limit: row.get::<Option<i64>>("limit_units")?.map(|limit| u64::try_from(limit).unwrap_or(0)),
        used: row.count("used_units")?,
        reserved: row.count("reserved_units")?,
        window_start: row.time("window_start")?,
        blocked_until: row.opt_time("blocked_until")?,
    })
}

const RETURNING: &str = " RETURNING id, limit_units, used_units, reserved_units, window_start, blocked_until";

/// Sets a budget's limit and window, making it when there is none.
pub async fn set(
    tx: &mut Tx,
    scope: Scope,
    name: &str,
    limit: Option<u64>,
    window: Option<Duration>,
) -> Result<Budget> {
    let (kind, owner) = scope.parts();
    let (id, now) = (tx.new_id::<BudgetId>(), tx.now());
    let window = window.map(|window| i64::try_from(window.as_micros()).unwrap_or(i64::MAX));
    let text = format!(
        "INSERT INTO budgets (id, scope_kind, scope_id, name, limit_units, used_units, reserved_units, window_us, \
         window_start, updated_at) VALUES ($1, $2, $3, $4, $5, 0, 0, $6, $7, $8) \
         ON CONFLICT (scope_kind, scope_id, name) DO UPDATE SET limit_units = excluded.limit_units, \
         window_us = excluded.window_us, updated_at = excluded.updated_at{RETURNING}"
    );
    let statement = sql(text).id(id).bind(kind).bind(owner).bind(name).bind(limit).bind(window).bind(now).bind(now);
    budget(&tx.one(statement).await?)
}

/// Nothing on the scope may be spent before `until`; an earlier instant changes nothing.
pub async fn block(tx: &mut Tx, scope: Scope, name: &str, until: Timestamp) -> Result<()> {
    let (kind, owner) = scope.parts();
    let (id, now) = (tx.new_id::<BudgetId>(), tx.now());
    tx.execute(
        sql("INSERT INTO budgets (id, scope_kind, scope_id, name, used_units, reserved_units, window_start, \
             blocked_until, updated_at) VALUES ($1, $2, $3, $4, 0, 0, $5, $6, $7) \
             ON CONFLICT (scope_kind, scope_id, name) DO UPDATE SET blocked_until = \
             CASE WHEN budgets.blocked_until > excluded.blocked_until THEN budgets.blocked_until \
             ELSE excluded.blocked_until END, updated_at = excluded.updated_at")
        .id(id)
        .bind(kind)
        .bind(owner)
        .bind(name)
        .bind(now)
        .bind(until)
        .bind(now),
    )
    .await?;
    Ok(())
}

/// Until when the scope is blocked, if it is.
pub async fn blocked_until(tx: &mut Tx, scope: Scope) -> Result<Option<Timestamp>> {
    let (kind, owner) = scope.parts();
    let now = tx.now();
    tx.one(
        sql("SELECT max(blocked_until) AS until FROM budgets \
             WHERE scope_kind = $1 AND scope_id = $2 AND blocked_until > $3")
        .bind(kind)
        .bind(owner)
        .bind(now),
    )
    .await?
    .opt_time("until")
}

/// What asking for room came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// There is room, and it is ours until settled.
    Yes,
    /// There is none.
    Spent {
        /// When to ask again: the block ends or the window starts again. `None` when
        /// that alone never makes room.
        until: Option<Timestamp>,
    },
}

/// Reserves `units` for a step, once however often it is asked. A scope without
/// such a budget has room for everything. What was given stays given, whatever
/// becomes of the limit; what does not fit an empty budget is never given.
pub async fn reserve(tx: &mut Tx, scope: Scope, name: &str, step: StepId, units: u64) -> Result<Reserved> {
    let (kind, owner) = scope.parts();
    roll_window(tx, scope, name).await?;
    let lock = tx.lock_clause(" FOR UPDATE");
    let text = format!(
        "SELECT id, limit_units, used_units, reserved_units, window_start, blocked_until, window_us FROM budgets \
         WHERE scope_kind = $1 AND scope_id = $2 AND name = $3{lock}"
    );
    let Some(row) = tx.opt(sql(text).bind(kind).bind(owner).bind(name)).await? else {
        return Ok(Reserved::Yes);
    };
    let found = budget(&row)?;
    let held = sql("SELECT 1 AS yes FROM reservations WHERE step_id = $1 AND budget_id = $2 AND settled_at IS NULL")
        .id(step)
        .id(found.id);
    if tx.opt(held).await?.is_some() {
        return Ok(Reserved::Yes);
    }
    if let Some(until) = found.blocked_until.filter(|&until| until > tx.now()) {
        return Ok(Reserved::Spent { until: Some(until) });
    }
    if found.has_room_for(units) {
        take(tx, found.id, step, units).await?;
        return Ok(Reserved::Yes);
    }
    let ends = row.get::<Option<i64>>("window_us")?.filter(|_| found.limit.is_some_and(|limit| units <= limit));
    let until = ends.and_then(|us| found.window_start.saturating_add(SignedDuration::from_micros(us)).ok());
    Ok(Reserved::Spent { until })
}

/// A rate that a platform documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate<'a> {
    /// What it counts.
    pub name: &'a str,
    /// The most in a window.
    pub limit: u64,
    /// The window.
    pub window: Duration,
}

/// Spends `units` of a rate at once, in one statement, or nothing where that is more than is
/// left. The budget is made at its first use and begins again when its window is over.
pub async fn charge(tx: &mut Tx, scope: Scope, rate: &Rate<'_>, units: u64) -> Result<Reserved> {
    let (kind, owner) = scope.parts();
    let (id, now) = (tx.new_id::<BudgetId>(), tx.now());
    let window = i64::try_from(rate.window.as_micros()).unwrap_or(i64::MAX);
    let charged = sql("INSERT INTO budgets (id, scope_kind, scope_id, name, limit_units, used_units, reserved_units, \
                       window_us, window_start, updated_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $8) \
                       ON CONFLICT (scope_kind, scope_id, name) DO UPDATE SET \
                       limit_units = excluded.limit_units, window_us = excluded.window_us, used_units = CASE \
                       WHEN budgets.window_start + excluded.window_us <= excluded.window_start \
                       THEN excluded.used_units ELSE budgets.used_units + excluded.used_units END, \
                       window_start = CASE \
                       WHEN budgets.window_start + excluded.window_us <= excluded.window_start \
                       THEN excluded.window_start ELSE budgets.window_start END, updated_at = excluded.updated_at \
                       WHERE (budgets.window_start + excluded.window_us <= excluded.window_start \
                       OR budgets.used_units + excluded.used_units <= excluded.limit_units) \
                       AND (budgets.blocked_until IS NULL OR budgets.blocked_until <= excluded.window_start) \
                       RETURNING id");
    let charged = charged.id(id).bind(kind).bind(owner).bind(rate.name).bind(rate.limit).bind(units);
    if tx.opt(charged.bind(window).bind(now)).await?.is_some() {
        return Ok(Reserved::Yes);
    }
    let spent = get(tx, scope, rate.name).await?;
    let ends = spent.window_start.saturating_add(rate.window).ok();
    Ok(Reserved::Spent { until: ends.max(spent.blocked_until) })
}

async fn take(tx: &mut Tx, budget: BudgetId, step: StepId, units: u64) -> Result<()> {
    let now = tx.now();
    tx.execute(
        sql("INSERT INTO reservations (step_id, budget_id, units, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (step_id, budget_id) DO UPDATE SET units = excluded.units, settled_at = NULL")
        .id(step)
        .id(budget)
        .bind(units)
        .bind(now),
    )
    .await?;
    tx.execute_one(
        sql("UPDATE budgets SET reserved_units = reserved_units + $1, updated_at = $2 WHERE id = $3")
            .bind(units)
            .bind(now)
            .id(budget),
    )
    .await
}

/// The outcome of a step is known: its reserves become spent, or are given back.
/// Closing a step does this.
pub(crate) async fn settle(tx: &mut Tx, step: StepId, spent: bool) -> Result<()> {
    let now = tx.now();
    let open = sql("UPDATE reservations SET settled_at = $1 WHERE step_id = $2 AND settled_at IS NULL \
                    RETURNING budget_id, units");
    for row in tx.rows(open.bind(now).id(step)).await? {
        let units = row.count("units")?;
        tx.execute(
            sql("UPDATE budgets SET reserved_units = reserved_units - $1, used_units = used_units + $2, \
                 updated_at = $3 WHERE id = $4")
            .bind(units)
            .bind(if spent { units } else { 0 })
            .bind(now)
            .id(row.id::<BudgetId>("budget_id")?),
        )
        .await?;
    }
    Ok(())
}

/// Starts the next window when this one is over; reserves stay.
async fn roll_window(tx: &mut Tx, scope: Scope, name: &str) -> Result<()> {
    let (kind, owner) = scope.parts();
    let now = tx.now();
    tx.execute(
        sql("UPDATE budgets SET used_units = 0, window_start = $1 \
             WHERE scope_kind = $2 AND scope_id = $3 AND name = $4 AND window_us IS NOT NULL \
             AND window_start + window_us <= $5")
        .bind(now)
        .bind(kind)
        .bind(owner)
        .bind(name)
        .bind(now),
    )
    .await?;
    Ok(())
}

/// The budget of a scope by name.
pub async fn get(tx: &mut Tx, scope: Scope, name: &str) -> Result<Budget> {
    let (kind, owner) = scope.parts();
    let row = tx
        .opt(
            sql("SELECT id, limit_units, used_units, reserved_units, window_start, blocked_until FROM budgets \
                 WHERE scope_kind = $1 AND scope_id = $2 AND name = $3")
            .bind(kind)
            .bind(owner)
            .bind(name),
        )
        .await?
        .ok_or(StoreError::NotFound)?;
    budget(&row)
}
