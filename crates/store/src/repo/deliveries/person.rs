//! What people decide about a delivery. Each locks the row, checks that the
//! machine allows the event, and raises the epoch, so that an engine that is at
//! work on it finds out before it sends.

use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::delivery::{Event, HoldReason, State, next};
use postrider_domain::id::{ChannelId, DeliveryId, PartId, PostId, UserId, WorkspaceId};

use super::{Delivery, get, get_locked};
use crate::repo::{changes, lanes, parts, steps};
use crate::sql::sql;
use crate::{Bell, Result, StoreError, Tx};

async fn allowed(tx: &mut Tx, workspace: WorkspaceId, id: DeliveryId, event: Event) -> Result<(Delivery, State)> {
    let delivery = get_locked(tx, workspace, id).await?;
    match next(delivery.state, event) {
        Some(to) => Ok((delivery, to)),
        None if delivery.state == State::Published => Err(StoreError::Refused(Code::AlreadyPublished)),
        None => Err(StoreError::Refused(Code::NotPossibleNow)),
    }
}

/// Refuses when something of it may be out: a part is, a step did what cannot be
/// undone, or a sending intent is open. From the first such intent on, changes
/// would race with the network.
async fn nothing_sent(tx: &mut Tx, delivery: &Delivery) -> Result<()> {
    let id = delivery.id;
    // Of what comes from a backup a step may just have been found, whose sign is this mark alone.
    let found = delivery.hold_reason == Some(HoldReason::Restored) && delivery.state != State::Held;
    if found || parts::any_published(tx, id).await? || steps::any_open(tx, id).await? || steps::any_seen(tx, id).await?
    {
        return Err(StoreError::Refused(Code::AlreadyPublishing));
    }
    Ok(())
}

/// Moves a delivery; `reset` forgets what the last try left behind.
async fn moved(tx: &mut Tx, delivery: &Delivery, to: State, due_at: Option<Timestamp>, reset: bool) -> Result<()> {
    let now = tx.now();
    let settled = to.is_settled().then_some(now);
    tx.execute_one(
        sql("UPDATE deliveries SET state = $1, hold_reason = NULL, due_at = COALESCE($2, due_at), \
             settled_at = $3, lease_epoch = lease_epoch + 1, lease_boot = NULL, lease_until = NULL, \
             failures = CASE WHEN $4 THEN 0 ELSE failures END, code = CASE WHEN $4 THEN NULL ELSE code END, \
             code_args = CASE WHEN $4 THEN NULL ELSE code_args END, words = CASE WHEN $4 THEN NULL ELSE words END, \
             evidence = NULL, updated_at = $5 WHERE id = $6 AND lease_epoch = $7")
        .bind(to.as_str())
        .bind(due_at)
        .bind(settled)
        .bind(reset)
        .bind(now)
        .id(delivery.id)
        .bind(delivery.lease_epoch),
    )
    .await?;
    lanes::free(tx, delivery.lane_id, delivery.id).await?;
    tx.ring(Bell::Due);
    Ok(())
}

/// Whether a person may leave what is uncertain as it is: nobody is at work on it, and
/// nothing else would ever settle it.
async fn is_at_rest(tx: &mut Tx, delivery: &Delivery) -> Result<bool> {
    Ok(match delivery.state {
        State::Unconfirmed => true,
        State::Held => steps::any_open(tx, delivery.id).await?,
        _ => false,
    })
}

/// Withdraws it. Refused once something of it may be out, except that what is uncertain
/// may be left as it is where nobody is at work on it. What is out is not withdrawn.
pub async fn cancel(tx: &mut Tx, workspace: WorkspaceId, id: DeliveryId) -> Result<Delivery> {
    let (delivery, to) = allowed(tx, workspace, id, Event::Cancel).await?;
    if is_at_rest(tx, &delivery).await? && !parts::any_published(tx, id).await? {
        steps::close_open(tx, id, "abandoned", true).await?;
    } else {
        nothing_sent(tx, &delivery).await?;
    }
    moved(tx, &delivery, to, None, false).await?;
    get(tx, workspace, id).await
}

/// Gives it another time. It goes out with the latest revision, unless a network may know it by the key of its words.
pub async fn reschedule(tx: &mut Tx, workspace: WorkspaceId, id: DeliveryId, at: Timestamp) -> Result<Delivery> {
    let (delivery, to) = allowed(tx, workspace, id, Event::Reschedule).await?;
    nothing_sent(tx, &delivery).await?;
    tx.execute(sql("UPDATE deliveries SET scheduled_at = $1 WHERE id = $2").bind(at).id(id)).await?;
    unpin(tx, id).await?;
    moved(tx, &delivery, to, Some(at), true).await?;
    get(tx, workspace, id).await
}

/// Lets a held one go at `at` (its own time when that is later). With `by`, that
/// person takes responsibility for it, which a removed member's posts need.
pub async fn release(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: DeliveryId,
    at: Timestamp,
    by: Option<UserId>,
) -> Result<Delivery> {
    let (delivery, to) = allowed(tx, workspace, id, Event::Release).await?;
    let due = at.max(delivery.scheduled_at);
    // Released late on purpose: the window counts from now, else it would be held again.
    tx.execute(
        sql("UPDATE deliveries SET scheduled_at = CASE WHEN scheduled_at < $1 THEN $1 ELSE scheduled_at END, \
             authorised_by = COALESCE($2, authorised_by) WHERE id = $3")
        .bind(at)
        .opt_id(by)
        .id(id),
    )
    .await?;
    moved(tx, &delivery, to, Some(due), true).await?;
    get(tx, workspace, id).await
}

/// Another try of what is not out: parts that failed or were skipped start again.
/// Refused when one was stopped while uncertain: a second copy could follow. What was deleted
/// on its network, or is being changed there, does not go on.
pub async fn retry(tx: &mut Tx, workspace: WorkspaceId, id: DeliveryId) -> Result<Delivery> {
    let (delivery, to) = allowed(tx, workspace, id, Event::Retry).await?;
    if delivery.state == State::Published && !delivery.incomplete {
        return Err(StoreError::Refused(Code::AlreadyPublished));
    }
    if changes::is_under_way(tx, id).await? {
        return Err(StoreError::Refused(Code::ChangeUnderWay));
    }
    if delivery.deleted_at.is_some() || steps::any_abandoned(tx, id).await? {
        return Err(StoreError::Refused(Code::NotPossibleNow));
    }
    parts::forget_unsent(tx, id).await?;
    let now = tx.now();
    tx.execute(
        sql("UPDATE deliveries SET incomplete = FALSE, stop_requested = FALSE, scheduled_at = $1 WHERE id = $2")
            .bind(now)
            .id(id),
    )
    .await?;
    moved(tx, &delivery, to, Some(now), true).await?;
    get(tx, workspace, id).await
}

/// Stops the remaining parts of a thread whose root is out. A running one stops
/// before its next part; anything else ends here.
pub async fn stop(tx: &mut Tx, workspace: WorkspaceId, id: DeliveryId) -> Result<Delivery> {
    let (delivery, to) = allowed(tx, workspace, id, Event::Stop).await?;
    if !parts::any_published(tx, id).await? {
        return Err(StoreError::Refused(Code::NotPossibleNow));
    }
    let at_rest = is_at_rest(tx, &delivery).await?;
    if delivery.state == State::Running || !at_rest && steps::any_open(tx, id).await? {
        // The engine must first learn what became of the part that is under way.
        let now = tx.now();
        tx.execute(sql("UPDATE deliveries SET stop_requested = TRUE, updated_at = $1 WHERE id = $2").bind(now).id(id))
            .await?;
        tx.ring(Bell::Due);
        return get(tx, workspace, id).await;
    }
    steps::close_open(tx, id, "abandoned", true).await?;
    parts::skip_pending(tx, id).await?;
    let now = tx.now();
    tx.execute(
        sql("UPDATE deliveries SET incomplete = TRUE, stop_requested = TRUE, \
             published_at = COALESCE(published_at, $1) WHERE id = $2")
        .bind(now)
        .id(id),
    )
    .await?;
    moved(tx, &delivery, to, None, false).await?;
    get(tx, workspace, id).await
}

/// The person says that the uncertain part, of `count`, is there, and where. What comes
/// from a backup stays held while parts are left: the next one may be out as well.
pub async fn confirm(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: DeliveryId,
    part: PartId,
    receipt: &parts::Published<'_>,
    count: usize,
) -> Result<Delivery> {
    let (delivery, to) = allowed(tx, workspace, id, Event::Confirm).await?;
    steps::close_open(tx, id, "confirmed", true).await?;
    parts::confirm(tx, id, part, receipt).await?;
    let now = tx.now();
    if delivery.hold_reason == Some(HoldReason::Restored) && parts::count_out(tx, id).await? < count as u64 {
        let kept = sql("UPDATE deliveries SET evidence = NULL, updated_at = $1 WHERE id = $2");
        tx.execute(kept.bind(now).id(id)).await?;
        return get(tx, workspace, id).await;
    }
    moved(tx, &delivery, to, Some(now), true).await?;
    restart_window(tx, id).await?;
    get(tx, workspace, id).await
}

/// The person says that the uncertain part is not there and wants it sent.
pub async fn publish_again(tx: &mut Tx, workspace: WorkspaceId, id: DeliveryId) -> Result<Delivery> {
    let (delivery, to) = allowed(tx, workspace, id, Event::PublishAgain).await?;
    steps::close_open(tx, id, "sent_again", false).await?;
    let now = tx.now();
    moved(tx, &delivery, to, Some(now), true).await?;
    restart_window(tx, id).await?;
    get(tx, workspace, id).await
}

/// A person just decided: it is not late, whatever the clock says.
async fn restart_window(tx: &mut Tx, id: DeliveryId) -> Result<()> {
    let now = tx.now();
    tx.execute(sql("UPDATE deliveries SET scheduled_at = $1 WHERE id = $2 AND scheduled_at < $1").bind(now).id(id))
        .await?;
    Ok(())
}

/// Before a post's content is changed: refuses when one of its deliveries may be out, or goes out under the key of its
/// words, and makes those that wait start again with the next revision.
pub async fn edit_fence(tx: &mut Tx, workspace: WorkspaceId, post: PostId) -> Result<Vec<Delivery>> {
    let mut left = Vec::new();
    for id in ids_of_post(tx, workspace, post).await? {
        let delivery = get_locked(tx, workspace, id).await?;
        match delivery.state {
            State::Canceled => continue,
            State::Published | State::Unconfirmed => return Err(StoreError::Refused(Code::AlreadyPublished)),
            _ if parts::any_counted(tx, id).await? => return Err(StoreError::Refused(Code::AlreadyPublishing)),
            _ => nothing_sent(tx, &delivery).await?,
        }
        unpin(tx, id).await?;
        if matches!(delivery.state, State::Running | State::Waiting) {
            moved(tx, &delivery, State::Scheduled, None, true).await?;
        }
        left.push(get(tx, workspace, id).await?);
    }
    left.sort_by_key(|delivery| (delivery.scheduled_at, delivery.id));
    Ok(left)
}

/// The deliveries of a post in the order in which everybody locks them.
async fn ids_of_post(tx: &mut Tx, workspace: WorkspaceId, post: PostId) -> Result<Vec<DeliveryId>> {
    let ids = sql("SELECT id FROM deliveries WHERE post_id = $1 AND workspace_id = $2 ORDER BY id");
    tx.map(ids.id(post).id(workspace), |row| row.id("id")).await
}

/// Withdraws everything of a post that is not out, as deleting it does.
/// Refused while something is under way.
pub async fn withdraw_unsent(tx: &mut Tx, workspace: WorkspaceId, post: PostId) -> Result<()> {
    for id in ids_of_post(tx, workspace, post).await? {
        let delivery = get_locked(tx, workspace, id).await?;
        if changes::is_under_way(tx, id).await? {
            return Err(StoreError::Refused(Code::ChangeUnderWay));
        }
        if delivery.state.is_settled() {
            continue;
        }
        nothing_sent(tx, &delivery).await?;
        moved(tx, &delivery, State::Canceled, None, false).await?;
    }
    Ok(())
}

/// Forgets what it was begun with, the revision too, unless a part keeps its words.
async fn unpin(tx: &mut Tx, id: DeliveryId) -> Result<()> {
    parts::forget_unsent(tx, id).await?;
    let text = "UPDATE deliveries SET revision_id = NULL WHERE id = $1 \
                AND NOT EXISTS (SELECT 1 FROM parts WHERE delivery_id = $1)";
    tx.execute(sql(text).id(id)).await?;
    Ok(())
}

/// After a restore: everything that could have moved since the backup is held,
/// what was held for another reason included: somebody may have let it go.
///
/// One with an open intent goes on to be asked about; it keeps the reason as the
/// sign that nothing of it may be sent. Its bytes are not repeated by themselves
/// either, also after a person lets it go: newer ones may have followed them.
pub async fn restore_hold(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    tx.execute(sql("UPDATE lanes SET busy_delivery = NULL WHERE busy_delivery IS NOT NULL")).await?;
    let held = tx
        .execute(
            sql("UPDATE deliveries SET state = 'held', hold_reason = $1, lease_epoch = lease_epoch + 1, \
                 lease_boot = NULL, lease_until = NULL, code = $2, code_args = NULL, updated_at = $3 \
                 WHERE state IN ('scheduled', 'waiting', 'running', 'unconfirmed', 'held')")
            .bind(HoldReason::Restored.as_str())
            .bind(HoldReason::Restored.code())
            .bind(now),
        )
        .await?;
    tx.execute(sql("UPDATE steps SET ask_only = TRUE WHERE result IS NULL")).await?;
    tx.execute(
        sql("UPDATE deliveries SET state = 'waiting', due_at = $1 WHERE state = 'held' AND hold_reason = $2 \
             AND EXISTS (SELECT 1 FROM steps s WHERE s.delivery_id = deliveries.id AND s.result IS NULL \
             AND s.intent_at IS NOT NULL)")
        .bind(now)
        .bind(HoldReason::Restored.as_str()),
    )
    .await?;
    Ok(held)
}

/// Takes one that is running or waiting back to its schedule, so that it can be
/// changed. Refused once something of it may be out.
pub async fn pull_back(tx: &mut Tx, workspace: WorkspaceId, id: DeliveryId) -> Result<Delivery> {
    let delivery = get_locked(tx, workspace, id).await?;
    if matches!(delivery.state, State::Running | State::Waiting) {
        nothing_sent(tx, &delivery).await?;
        unpin(tx, id).await?;
        moved(tx, &delivery, State::Scheduled, None, true).await?;
    }
    get(tx, workspace, id).await
}

/// Takes it off the schedule: without a trace where nothing was ever tried, else
/// it stays as canceled.
pub async fn withdraw(tx: &mut Tx, workspace: WorkspaceId, id: DeliveryId) -> Result<()> {
    cancel(tx, workspace, id).await?;
    tx.execute(
        sql("DELETE FROM deliveries WHERE id = $1 AND state = 'canceled' \
             AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.delivery_id = $1) \
             AND NOT EXISTS (SELECT 1 FROM parts p WHERE p.delivery_id = $1)")
        .id(id),
    )
    .await?;
    Ok(())
}

/// Makes room for a delivery where an earlier one was withdrawn and is certainly
/// not out. One that was abandoned while uncertain, or withdrawn after it was counted
/// instead of taken, stays: a second copy could follow.
pub async fn replace_canceled(
    tx: &mut Tx,
    workspace: WorkspaceId,
    post: PostId,
    channel: ChannelId,
    occurrence: &str,
) -> Result<()> {
    tx.execute(
        sql("DELETE FROM deliveries WHERE workspace_id = $1 AND post_id = $2 AND channel_id = $3 \
             AND occurrence = $4 AND state = 'canceled' \
             AND NOT EXISTS (SELECT 1 FROM parts p WHERE p.delivery_id = deliveries.id AND p.published_at IS NOT NULL) \
             AND NOT EXISTS (SELECT 1 FROM steps s WHERE s.delivery_id = deliveries.id \
             AND s.result IN ('abandoned', 'counted'))")
        .id(workspace)
        .id(post)
        .id(channel)
        .bind(occurrence),
    )
    .await?;
    Ok(())
}

/// Holds what waits on a channel, because the channel is gone. One with a call
/// under way is left to the engine, which must first learn what became of it.
pub async fn hold_channel(
    tx: &mut Tx,
    workspace: WorkspaceId,
    channel: ChannelId,
    reason: HoldReason,
) -> Result<Vec<Delivery>> {
    let found = sql("SELECT id FROM deliveries WHERE channel_id = $1 AND workspace_id = $2 \
                     AND state IN ('scheduled', 'waiting', 'running') ORDER BY id")
    .id(channel)
    .id(workspace);
    let ids = tx.map(found, |row| row.id::<DeliveryId>("id")).await?;
    let mut held = Vec::with_capacity(ids.len());
    for id in ids {
        let delivery = get_locked(tx, workspace, id).await?;
        let busy = delivery.state == State::Running && steps::any_open(tx, id).await?;
        let Some(to) = next(delivery.state, Event::Hold).filter(|_| !busy) else { continue };
        // A restored one is not to go out by itself when the channel is back.
        let reason = delivery.hold_reason.filter(|&found| found == HoldReason::Restored).unwrap_or(reason);
        moved(tx, &delivery, to, None, false).await?;
        tx.execute(
            sql("UPDATE deliveries SET hold_reason = $1, code = $2, code_args = NULL WHERE id = $3")
                .bind(reason.as_str())
                .bind(reason.code())
                .id(id),
        )
        .await?;
        held.push(get(tx, workspace, id).await?);
    }
    Ok(held)
}
