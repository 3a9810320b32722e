//! Deliveries of the posts of a series, and of posts that a zone database moves.

use jiff::Timestamp;
use postrider_domain::id::{DeliveryId, PostId, SeriesId, UserId, WorkspaceId};

use super::get_locked;
use crate::repo::{parts, steps};
use crate::sql::sql;
use crate::{Bell, Result, Tx};

/// Locks what a series has on the schedule, in one order for everybody, so that
/// nothing of it begins before the transaction ends.
pub async fn lock_series(tx: &mut Tx, workspace: WorkspaceId, series: SeriesId) -> Result<()> {
    let lock = tx.lock_clause(" FOR UPDATE OF d");
    let text = format!(
        "SELECT d.id FROM deliveries d JOIN posts p ON p.id = d.post_id \
         WHERE d.workspace_id = $1 AND p.series_id = $2 AND d.settled_at IS NULL ORDER BY d.id{lock}"
    );
    tx.rows(sql(text).id(workspace).id(series)).await.map(|_| ())
}

/// Says who answers for what a series has on the schedule.
pub async fn authorise_series(tx: &mut Tx, workspace: WorkspaceId, series: SeriesId, by: UserId) -> Result<()> {
    let now = tx.now();
    tx.execute(
        sql("UPDATE deliveries SET authorised_by = $1, updated_at = $2 WHERE workspace_id = $3 \
             AND state = 'scheduled' AND post_id IN (SELECT id FROM posts WHERE series_id = $4)")
        .id(by)
        .bind(now)
        .id(workspace)
        .id(series),
    )
    .await
    .map(|_| ())
}

/// Moves those deliveries of a post that still have its own time to another
/// instant, in the state in which they are, and returns how many. One with an open
/// intent or with a part that is out is left alone, and so is one in other hands.
pub async fn shift(tx: &mut Tx, workspace: WorkspaceId, post: PostId, from: Timestamp, to: Timestamp) -> Result<u64> {
    let own = sql("SELECT id FROM deliveries WHERE workspace_id = $1 AND post_id = $2 AND scheduled_at = $3 \
                   AND state IN ('scheduled', 'held') ORDER BY id");
    let ids = tx.map(own.id(workspace).id(post).bind(from), |row| row.id::<DeliveryId>("id")).await?;
    let mut moved = 0;
    for id in ids {
        let delivery = get_locked(tx, workspace, id).await?;
        if parts::any_published(tx, id).await? || steps::any_open(tx, id).await? {
            continue;
        }
        let now = tx.now();
        moved += tx
            .execute(
                sql(
                    "UPDATE deliveries SET scheduled_at = $1, due_at = CASE WHEN due_at = $2 THEN $1 ELSE due_at END, \
                     lease_epoch = lease_epoch + 1, updated_at = $3 WHERE id = $4 AND lease_epoch = $5 \
                     AND scheduled_at = $2 AND state IN ('scheduled', 'held')",
                )
                .bind(to)
                .bind(from)
                .bind(now)
                .id(id)
                .bind(delivery.lease_epoch),
            )
            .await?;
    }
    if moved > 0 {
        tx.ring(Bell::Due);
    }
    Ok(moved)
}

/// Whether a delivery of a post has this time, in whatever state.
pub async fn any_at(tx: &mut Tx, workspace: WorkspaceId, post: PostId, at: Timestamp) -> Result<bool> {
    let found = sql("SELECT 1 AS yes FROM deliveries WHERE workspace_id = $1 AND post_id = $2 AND scheduled_at = $3 \
                     LIMIT 1");
    Ok(tx.opt(found.id(workspace).id(post).bind(at)).await?.is_some())
}
