//! Withdrawing a post, and making another of it.

use postrider_domain::Code;
use postrider_domain::delivery::State;
use postrider_domain::id::{PostId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_store::Tx;
use postrider_store::repo::deliveries;
use postrider_store::repo::posts;

use super::{told, with_content};
use crate::publishing::series;
use crate::{AppError, Caller, Result};

/// Withdraws everything of a post that is not out. Refused while something is under way.
pub async fn cancel(tx: &mut Tx, caller: &Caller, workspace: WorkspaceId, id: PostId) -> Result<()> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let post = posts::get(tx, workspace, id).await?;
    series::left_out(tx, &post).await?;
    let before = deliveries::of_post(tx, workspace, id).await?;
    if before.iter().all(|delivery| delivery.state.is_settled()) {
        let published = before.iter().any(|delivery| delivery.state == State::Published);
        return Err(AppError::of(if published { Code::AlreadyPublished } else { Code::NotPossibleNow }));
    }
    deliveries::withdraw_unsent(tx, workspace, id).await?;
    told(tx, &member, "post.changed", id).await
}

/// Makes a new draft with the content and labels of a post, whatever became of it.
pub async fn duplicate(tx: &mut Tx, caller: &Caller, workspace: WorkspaceId, id: PostId) -> Result<PostId> {
    let member = caller.member(tx, workspace, Right::Draft).await?;
    let (post, content) = with_content(tx, workspace, id).await?;
    let labels = posts::labels_of(tx, workspace, &[id]).await?;
    let labels: Vec<_> = labels.into_iter().map(|(_, label)| label).collect();
    let new = posts::NewPost {
        author: member.user,
        content: &content,
        draft: true,
        when: None,
        missed_window: post.missed_window,
        labels: &labels,
        source: None,
        external_id: None,
    };
    let copy = posts::create(tx, workspace, new).await?;
    told(tx, &member, "post.changed", copy.id).await?;
    Ok(copy.id)
}
