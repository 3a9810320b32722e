//! Deleting a post and its records here. What is out stays out: only `delete-live` of its deliveries
//! deletes it on the networks, and is asked for before, because nothing here knows of it after.

use jiff::SignedDuration;
use postrider_domain::id::{PostId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_store::Tx;
use postrider_store::repo::{deliveries, jobs, posts};

use super::schedule::give_back;
use super::told;
use crate::publishing::series;
use crate::{Caller, Result};

/// How soon what was written also leaves the database's file.
const ERASED_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// Deletes a post. Refused while something of it is under way, uncertain, or being changed on its network.
pub async fn delete(tx: &mut Tx, caller: &Caller, workspace: WorkspaceId, id: PostId) -> Result<()> {
    let mut member = caller.member(tx, workspace, Right::Draft).await?;
    let post = posts::get(tx, workspace, id).await?;
    if !post.draft {
        member = caller.member(tx, workspace, Right::Publish).await?;
    }
    series::left_out(tx, &post).await?;
    remove(tx, workspace, id).await?;
    told(tx, &member, "post.deleted", id).await
}

/// Withdraws what is not out, and forgets the post. What never began does not count.
pub(in crate::publishing) async fn remove(tx: &mut Tx, workspace: WorkspaceId, id: PostId) -> Result<()> {
    let all = deliveries::of_post(tx, workspace, id).await?;
    deliveries::withdraw_unsent(tx, workspace, id).await?;
    if all.iter().all(|delivery| !delivery.state.is_settled()) {
        give_back(tx, workspace, &all).await?;
    }
    posts::delete(tx, workspace, id).await?;
    Ok(jobs::erase_within(tx, ERASED_WITHIN).await?)
}
