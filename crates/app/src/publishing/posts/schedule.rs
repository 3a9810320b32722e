//! Putting posts on the schedule, moving them, and taking them off again.

use postrider_domain::delivery::{HoldReason, State};
use postrider_domain::entitlement::Meter;
use postrider_domain::id::{PostId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::{Code, Issues};
use postrider_store::Tx;
use postrider_store::repo::deliveries::{self, Delivery, NewDelivery};
use postrider_store::repo::posts::{self, Post, When};
use postrider_store::repo::{entitlements, workspaces};

use super::{check, conclude, refused, stored, told, with_content};
use crate::publishing::preflight::Targets;
use crate::publishing::when::Timing;
use crate::publishing::workspace_zone;
use crate::{App, AppError, Caller, Member, Result};

/// Puts a draft on the schedule.
pub async fn schedule(
    app: &App,
    tx: &mut Tx,
    caller: &Caller,
    workspace: WorkspaceId,
    id: PostId,
    timing: &Timing,
) -> Result<()> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let (post, content) = with_content(tx, workspace, id).await?;
    if !post.draft {
        return Err(AppError::of(Code::NotPossibleNow));
    }
    let (targets, issues) = check(app, tx, workspace, &content, true).await?;
    let zone = workspace_zone(tx, workspace).await?;
    let when = conclude(issues, timing.resolve("/when", zone, tx.now())).map_err(refused(true))?;
    let when = stored(&when);
    let post = posts::set_when(tx, workspace, id, post.version, Some(&when), false).await?;
    put_on_schedule(tx, &member, &post, &targets, &when).await?;
    targets.prepare(app, tx, workspace, &content).await?;
    told(tx, &member, "post.changed", id).await
}

/// Makes the deliveries of a post that was just given a time, and counts it.
pub(super) async fn put_on_schedule(
    tx: &mut Tx,
    member: &Member,
    post: &Post,
    targets: &Targets,
    when: &When,
) -> Result<()> {
    entitlements::consume(tx, member.workspace, Meter::PostsPerMonth, 1).await?;
    let window = missed_window_s(tx, post).await?;
    for own in post.content.iter().flat_map(|content| &content.channels) {
        let channel = targets.get(own.channel).ok_or_else(AppError::not_found)?;
        let new = NewDelivery {
            post: post.id,
            channel: channel.id,
            lane: channel.lane_id,
            occurrence: &when.local,
            authorised_by: member.user,
            at: when.at,
            missed_window_s: window,
        };
        add(tx, member.workspace, &new).await?;
    }
    Ok(())
}

/// Puts one delivery on the schedule, in the place of one that was withdrawn.
pub(super) async fn add(tx: &mut Tx, workspace: WorkspaceId, new: &NewDelivery<'_>) -> Result<()> {
    deliveries::replace_canceled(tx, workspace, new.post, new.channel, new.occurrence).await?;
    deliveries::create(tx, workspace, new).await?;
    Ok(())
}

/// How late the post may go out without asking: its own figure, else the workspace's.
pub(in crate::publishing) async fn missed_window_s(tx: &mut Tx, post: &Post) -> Result<u64> {
    Ok(match post.missed_window {
        Some(window) => window.as_secs(),
        None => workspaces::get(tx, post.workspace_id).await?.missed_window.as_secs(),
    })
}

/// Takes a post off the schedule: it is a draft again. Refused once something of it may be out.
pub async fn unschedule(tx: &mut Tx, caller: &Caller, workspace: WorkspaceId, id: PostId) -> Result<()> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let post = posts::get(tx, workspace, id).await?;
    if post.draft {
        return Err(AppError::of(Code::NotPossibleNow));
    }
    let left = deliveries::edit_fence(tx, workspace, id).await?;
    for delivery in &left {
        deliveries::withdraw(tx, workspace, delivery.id).await?;
    }
    give_back(tx, workspace, &left).await?;
    posts::detach(tx, workspace, id).await?;
    posts::set_when(tx, workspace, id, post.version, None, true).await?;
    told(tx, &member, "post.changed", id).await
}

/// A post that goes back in the month in which it was counted does not count.
pub(super) async fn give_back(tx: &mut Tx, workspace: WorkspaceId, left: &[Delivery]) -> Result<()> {
    let period = |at| Meter::PostsPerMonth.period(at);
    let this_month = left.iter().any(|delivery| period(delivery.created_at) == period(tx.now()));
    if this_month {
        entitlements::release(tx, workspace, Meter::PostsPerMonth, 1).await?;
    }
    Ok(())
}

/// Gives everything of a post that is not out another time.
pub async fn reschedule(
    app: &App,
    tx: &mut Tx,
    caller: &Caller,
    workspace: WorkspaceId,
    id: PostId,
    timing: &Timing,
) -> Result<()> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let (post, content) = with_content(tx, workspace, id).await?;
    let moving = movable(tx, workspace, &post).await?;
    let (_, issues) = check(app, tx, workspace, &content, true).await?;
    let concerns = |channel| moving.iter().any(|delivery: &Delivery| delivery.channel_id == channel);
    let issues = Issues(issues.0.into_iter().filter(|issue| issue.channel.is_none_or(concerns)).collect());
    let zone = workspace_zone(tx, workspace).await?;
    let when = conclude(issues, timing.resolve("/when", zone, tx.now())).map_err(refused(true))?;
    let when = stored(&when);
    for delivery in &moving {
        deliveries::pull_back(tx, workspace, delivery.id).await?;
        deliveries::reschedule(tx, workspace, delivery.id, when.at).await?;
    }
    posts::set_when(tx, workspace, id, post.version, Some(&when), false).await?;
    posts::detach(tx, workspace, id).await?;
    told(tx, &member, "post.changed", id).await
}

/// What of a post can be given another time.
async fn movable(tx: &mut Tx, workspace: WorkspaceId, post: &Post) -> Result<Vec<Delivery>> {
    let all = deliveries::of_post(tx, workspace, post.id).await?;
    let restored = |delivery: &Delivery| delivery.hold_reason == Some(HoldReason::Restored);
    let settled =
        |delivery: &Delivery| matches!(delivery.state, State::Published | State::Canceled | State::Unconfirmed);
    let published = all.iter().any(|delivery| matches!(delivery.state, State::Published | State::Unconfirmed));
    let mut moving: Vec<Delivery> = all.into_iter().filter(|delivery| !settled(delivery)).collect();
    // In one order for everybody, so that two requests cannot wait for each other's rows.
    moving.sort_by_key(|delivery| delivery.id);
    // One of these may be out already: a person says so first.
    if moving.iter().any(restored) {
        return Err(AppError::of(Code::NotPossibleNow));
    }
    if moving.is_empty() {
        return Err(AppError::of(if published { Code::AlreadyPublished } else { Code::NotPossibleNow }));
    }
    Ok(moving)
}
