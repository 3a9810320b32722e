//! What a workspace may use and what it uses, counted in the transaction that
//! uses it.

use postrider_domain::entitlement::{Allowance, Meter, allow};
use postrider_domain::id::WorkspaceId;

use super::deliveries;
use crate::error::StoreError;
use crate::sql::sql;
use crate::{Result, Tx};

/// The limit in force: the most generous of all sources; `None` is unlimited,
/// which is also the answer when no source says anything.
pub async fn limit(tx: &mut Tx, workspace: WorkspaceId, meter: Meter) -> Result<Option<u64>> {
    let found = sql("SELECT limit_value FROM entitlements WHERE workspace_id = $1 AND meter = $2");
    let limits = tx.map(found.id(workspace).bind(meter.as_str()), |row| row.get::<Option<i64>>("limit_value")).await?;
    let unlimited = limits.iter().any(Option::is_none);
    let highest = limits.into_iter().flatten().max().map(|value| value.max(0).unsigned_abs());
    Ok(if unlimited { None } else { highest })
}

/// Says what one source, such as a subscription, entitles to; `None` is unlimited. What was
/// held as beyond the old limit is looked at again.
pub async fn set(tx: &mut Tx, workspace: WorkspaceId, meter: Meter, source: &str, limit: Option<u64>) -> Result<()> {
    let now = tx.now();
    tx.execute(
        sql("INSERT INTO entitlements (workspace_id, meter, source, limit_value, updated_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (workspace_id, meter, source) \
             DO UPDATE SET limit_value = excluded.limit_value, updated_at = excluded.updated_at")
        .id(workspace)
        .bind(meter.as_str())
        .bind(source)
        .bind(limit)
        .bind(now),
    )
    .await?;
    deliveries::resume_entitled(tx, workspace).await.map(|_| ())
}

/// Takes away everything one source entitles to.
pub async fn clear(tx: &mut Tx, workspace: WorkspaceId, source: &str) -> Result<()> {
    let gone = sql("DELETE FROM entitlements WHERE workspace_id = $1 AND source = $2");
    tx.execute(gone.id(workspace).bind(source)).await?;
    deliveries::resume_entitled(tx, workspace).await.map(|_| ())
}

/// What is in use, in the present period for monthly meters.
pub async fn used(tx: &mut Tx, workspace: WorkspaceId, meter: Meter) -> Result<u64> {
    let period = meter.period(tx.now());
    let found = sql("SELECT used FROM counters WHERE workspace_id = $1 AND meter = $2 AND period = $3");
    let row = tx.opt(found.id(workspace).bind(meter.as_str()).bind(period)).await?;
    row.map_or(Ok(0), |row| row.count("used"))
}

/// Uses `amount` more, or fails with [`StoreError::Exceeded`] and uses nothing.
///
/// The counter's row stays locked until the transaction ends, so two writers
/// cannot both take the last one. [`Meter::UploadBytes`] bounds one upload and
/// is compared, not counted.
pub async fn consume(tx: &mut Tx, workspace: WorkspaceId, meter: Meter, amount: u64) -> Result<()> {
    let limit = limit(tx, workspace, meter).await?;
    let counted = meter != Meter::UploadBytes;
    let period = meter.period(tx.now());
    let used = if counted { lock_counter(tx, workspace, meter, &period).await? } else { 0 };
    if let Allowance::Exceeded { limit, used } = allow(limit, used, amount) {
        return Err(StoreError::Exceeded { meter, limit, used });
    }
    if counted {
        write(tx, workspace, meter, &period, used.saturating_add(amount)).await?;
    }
    Ok(())
}

/// Gives `amount` back; never below zero.
pub async fn release(tx: &mut Tx, workspace: WorkspaceId, meter: Meter, amount: u64) -> Result<()> {
    if meter == Meter::UploadBytes {
        return Ok(());
    }
    if meter == Meter::Channels {
        // Another channel may be within the limit then. Deliveries are locked before counters.
        deliveries::resume_entitled(tx, workspace).await?;
    }
    let period = meter.period(tx.now());
    let used = lock_counter(tx, workspace, meter, &period).await?;
    write(tx, workspace, meter, &period, used.saturating_sub(amount)).await
}

async fn lock_counter(tx: &mut Tx, workspace: WorkspaceId, meter: Meter, period: &str) -> Result<u64> {
    tx.execute(
        sql("INSERT INTO counters (workspace_id, meter, period, used) VALUES ($1, $2, $3, 0) \
             ON CONFLICT (workspace_id, meter, period) DO NOTHING")
        .id(workspace)
        .bind(meter.as_str())
        .bind(period),
    )
    .await?;
    let text = format!(
        "SELECT used FROM counters WHERE workspace_id = $1 AND meter = $2 AND period = $3{}",
        tx.lock_clause(" FOR UPDATE")
    );
    tx.one(sql(text).id(workspace).bind(meter.as_str()).bind(period)).await?.count("used")
}

async fn write(tx: &mut Tx, workspace: WorkspaceId, meter: Meter, period: &str, used: u64) -> Result<()> {
    tx.execute_one(
        sql("UPDATE counters SET used = $1 WHERE workspace_id = $2 AND meter = $3 AND period = $4")
            .bind(used)
            .id(workspace)
            .bind(meter.as_str())
            .bind(period),
    )
    .await
}
