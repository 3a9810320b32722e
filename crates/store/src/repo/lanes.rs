//! Lanes: one row per remote account, across workspaces.
//!
//! The account is known by the server that vouches for it as well as by its id: any
//! server may claim any id, and must not get into the lane of an account elsewhere.

use std::time::Duration;

use jiff::Timestamp;
use postrider_domain::id::{ChangeId, DeliveryId, LaneId};

use crate::sql::sql;
use crate::{Result, Tx};

/// A lane as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Its id.
    pub id: LaneId,
    /// The platform.
    pub platform: String,
    /// The server that vouches for the account.
    pub host: String,
    /// The remote account.
    pub remote_account_id: String,
    /// The delivery that occupies it.
    pub busy_delivery: Option<DeliveryId>,
    /// Nothing goes out before this instant.
    pub ready_at: Timestamp,
    /// When something last went out.
    pub published_at: Option<Timestamp>,
    /// The change of what is live that is at work on it.
    pub changing: Option<ChangeId>,
}

/// The lane of a remote account, made if there is none yet. A longer minimum gap wins.
pub async fn ensure(
    tx: &mut Tx,
    platform: &str,
    host: &str,
    remote_account_id: &str,
    min_gap: Duration,
) -> Result<LaneId> {
    let gap = i64::try_from(min_gap.as_micros()).unwrap_or(i64::MAX);
    let (id, now) = (tx.new_id::<LaneId>(), tx.now());
    tx.one(
        sql("INSERT INTO lanes (id, platform, host, remote_account_id, ready_at, min_gap_us, created_at) \
             VALUES ($1, $2, $3, $4, 0, $5, $6) \
             ON CONFLICT (platform, host, remote_account_id) DO UPDATE SET min_gap_us = \
             CASE WHEN excluded.min_gap_us > lanes.min_gap_us THEN excluded.min_gap_us ELSE lanes.min_gap_us END \
             RETURNING id")
        .id(id)
        .bind(platform)
        .bind(host)
        .bind(remote_account_id)
        .bind(gap)
        .bind(now),
    )
    .await?
    .id("id")
}

/// One lane.
pub async fn get(tx: &mut Tx, id: LaneId) -> Result<Lane> {
    let row = tx
        .one(
            sql("SELECT id, platform, host, remote_account_id, busy_delivery, ready_at, published_at, changing \
                 FROM lanes WHERE id = $1")
            .id(id),
        )
        .await?;
    Ok(Lane {
        id: row.id("id")?,
        platform: row.get("platform")?,
        host: row.get("host")?,
        remote_account_id: row.get("remote_account_id")?,
        busy_delivery: row.opt_id("busy_delivery")?,
        ready_at: row.time("ready_at")?,
        published_at: row.opt_time("published_at")?,
        changing: row.opt_id("changing")?,
    })
}

/// Locks a lane until the transaction ends. Lanes come before channels, also where a channel
/// is changed first.
pub async fn lock(tx: &mut Tx, id: LaneId) -> Result<()> {
    if tx.locks_rows() {
        tx.one(sql("SELECT id FROM lanes WHERE id = $1 FOR UPDATE").id(id)).await?;
    }
    Ok(())
}

/// Nothing goes out on the lane before `until`; an earlier instant changes nothing.
pub async fn block(tx: &mut Tx, id: LaneId, until: Timestamp) -> Result<()> {
    tx.execute(sql("UPDATE lanes SET ready_at = $1 WHERE id = $2 AND ready_at < $3").bind(until).id(id).bind(until))
        .await?;
    Ok(())
}

/// The delivery leaves the lane.
pub(crate) async fn free(tx: &mut Tx, id: LaneId, delivery: DeliveryId) -> Result<()> {
    tx.execute(sql("UPDATE lanes SET busy_delivery = NULL WHERE id = $1 AND busy_delivery = $2").id(id).id(delivery))
        .await?;
    Ok(())
}

/// The change is at work on the lane until an instant, or a while longer. `false` when another
/// one is: changes of one account do not run side by side.
pub async fn take_for_change(tx: &mut Tx, id: LaneId, change: ChangeId, until: Timestamp) -> Result<bool> {
    let now = tx.now();
    let taken = sql("UPDATE lanes SET changing = $1, changing_until = $2 WHERE id = $3 \
                     AND (changing IS NULL OR changing = $1 OR changing_until < $4)");
    Ok(tx.execute(taken.id(change).bind(until).id(id).bind(now)).await? == 1)
}

/// The change leaves the lane.
pub async fn free_of_change(tx: &mut Tx, id: LaneId, change: ChangeId) -> Result<()> {
    let freed = sql("UPDATE lanes SET changing = NULL, changing_until = NULL WHERE id = $1 AND changing = $2");
    tx.execute(freed.id(id).id(change)).await?;
    Ok(())
}

/// Something went out: the minimum gap starts now. Without a gap the lane stays
/// ready, so that a clock that is set back does not close it for as long.
pub(crate) async fn went_out(tx: &mut Tx, id: LaneId) -> Result<()> {
    let now = tx.now();
    tx.execute(
        sql("UPDATE lanes SET published_at = $1, \
             ready_at = CASE WHEN min_gap_us > 0 AND ready_at < $2 + min_gap_us THEN $2 + min_gap_us ELSE ready_at END WHERE id = $3")
        .bind(now)
        .bind(now)
        .id(id),
    )
    .await?;
    Ok(())
}
