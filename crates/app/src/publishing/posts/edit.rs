//! Changing what a post says and where it goes.

use std::collections::BTreeSet;

use postrider_domain::content::Content;
use postrider_domain::id::{ChannelId, PostId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::{Code, Issue};
use postrider_store::Tx;
use postrider_store::repo::deliveries::{self, Delivery, NewDelivery};
use postrider_store::repo::posts::{self, Post};

use super::schedule::{add, missed_window_s};
use super::{Edit, check, input, refused, told, with_content};
use crate::publishing::preflight::Targets;
use crate::publishing::when::GRACE;
use crate::{App, AppError, Caller, Member, Result};

/// Changes a post that nobody has changed since `version`. Refused once
/// something of it may be out, and when it was withdrawn: duplicate it then.
pub async fn edit(
    app: &App,
    tx: &mut Tx,
    caller: &Caller,
    workspace: WorkspaceId,
    id: PostId,
    version: i64,
    edit: &Edit,
) -> Result<()> {
    let mut member = caller.member(tx, workspace, Right::Draft).await?;
    let (post, before) = with_content(tx, workspace, id).await?;
    if !post.draft {
        member = caller.member(tx, workspace, Right::Publish).await?;
    }
    if post.version != version {
        return Err(AppError::of(Code::StaleVersion));
    }
    let left = deliveries::edit_fence(tx, workspace, id).await?;
    if !post.draft && left.is_empty() {
        return Err(AppError::of(Code::NotPossibleNow));
    }
    let content = edit.content(&before);
    let (targets, mut issues) =
        check(app, tx, workspace, content.as_ref().unwrap_or(&before), !post.draft && content.is_some()).await?;
    issues.extend(edit.check(tx, workspace).await?.0);
    let plan = Plan::of(&before, content.as_ref().unwrap_or(&before), &left);
    if !post.draft {
        issues.extend(plan.too_late(tx, &post));
    }
    issues.into_result().map_err(refused(!post.draft))?;
    // The same content again still raises the version: two editors must notice each other.
    let post = posts::revise(tx, workspace, id, version, content.as_ref().unwrap_or(&before), member.user).await?;
    if !post.draft {
        plan.carry_out(tx, &member, &post, &targets).await?;
        targets.prepare(app, tx, workspace, content.as_ref().unwrap_or(&before)).await?;
    }
    keep_the_rest(tx, &post, edit).await?;
    posts::detach(tx, workspace, id).await?;
    told(tx, &member, "post.changed", id).await
}

/// Which deliveries a changed list of channels adds and takes away.
pub(in crate::publishing) struct Plan<'a> {
    added: Vec<(usize, ChannelId)>,
    removed: Vec<&'a Delivery>,
    occurrence: Option<&'a str>,
}

impl<'a> Plan<'a> {
    /// What was there before and has no delivery left was canceled by somebody: an edit of the
    /// text does not bring it back.
    pub(in crate::publishing) fn of(before: &Content, content: &Content, left: &'a [Delivery]) -> Self {
        let named = |content: &Content| content.channels.iter().map(|own| own.channel).collect::<BTreeSet<_>>();
        let (known, wanted) = (named(before), named(content));
        let channels = content.channels.iter().map(|own| own.channel).enumerate();
        Self {
            added: channels.filter(|(_, channel)| !known.contains(channel)).collect(),
            removed: left.iter().filter(|delivery| !wanted.contains(&delivery.channel_id)).collect(),
            occurrence: left.first().map(|delivery| delivery.occurrence.as_str()),
        }
    }

    /// A channel that is added after the time would be posted to at once, which
    /// nobody asked for: the post needs another time first.
    fn too_late(&self, tx: &Tx, post: &Post) -> Vec<Issue> {
        let Some(when) = &post.when else { return Vec::new() };
        let now = tx.now();
        if when.at.saturating_add(GRACE).is_ok_and(|latest| latest >= now) {
            return Vec::new();
        }
        let issue = |(index, channel): &(usize, ChannelId)| {
            let field = format!("/channels/{index}/channel");
            Issue::error(Code::TimePast, field).with("at", when.at).with("now", now).on(*channel)
        };
        self.added.iter().map(issue).collect()
    }

    /// Withdraws and adds deliveries.
    pub(in crate::publishing) async fn carry_out(
        &self,
        tx: &mut Tx,
        member: &Member,
        post: &Post,
        targets: &Targets,
    ) -> Result<()> {
        for delivery in &self.removed {
            deliveries::withdraw(tx, member.workspace, delivery.id).await?;
        }
        let (Some(when), Some(occurrence)) = (&post.when, self.occurrence) else { return Ok(()) };
        let window = missed_window_s(tx, post).await?;
        for (_, channel) in &self.added {
            let channel = targets.get(*channel).ok_or_else(AppError::not_found)?;
            let new = NewDelivery {
                post: post.id,
                channel: channel.id,
                lane: channel.lane_id,
                occurrence,
                authorised_by: member.user,
                at: when.at,
                missed_window_s: window,
            };
            add(tx, member.workspace, &new).await?;
        }
        Ok(())
    }
}

/// Labels and window.
async fn keep_the_rest(tx: &mut Tx, post: &Post, edit: &Edit) -> Result<()> {
    if let Some(labels) = &edit.labels {
        posts::set_labels(tx, post.workspace_id, post.id, labels).await?;
    }
    if let Some(seconds) = edit.missed_window_s {
        posts::set_missed_window(tx, post.workspace_id, post.id, input::window(seconds)).await?;
        let post = posts::get(tx, post.workspace_id, post.id).await?;
        let window = missed_window_s(tx, &post).await?;
        deliveries::set_missed_window(tx, post.workspace_id, post.id, window).await?;
    }
    Ok(())
}
