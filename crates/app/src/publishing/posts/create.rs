//! Making a post: a draft, or on the schedule at once.

use postrider_domain::id::{PostId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::{Code, Issue};
use postrider_store::repo::posts;
use postrider_store::{StoreError, Tx};

use super::schedule::put_on_schedule;
use super::{NewPost, check, conclude, input, refused, stored, told};
use crate::publishing::workspace_zone;
use crate::{App, AppError, Caller, Result};

/// Makes a post. Without a time it stays a draft, of which only the structure is
/// checked; with one, anything that a platform would refuse stops it.
pub async fn create(app: &App, tx: &mut Tx, caller: &Caller, workspace: WorkspaceId, new: &NewPost) -> Result<PostId> {
    let right = if new.timing.is_some() { Right::Publish } else { Right::Draft };
    let member = caller.member(tx, workspace, right).await?;
    let (targets, mut issues) = check(app, tx, workspace, &new.content, new.timing.is_some()).await?;
    issues.extend(new.check(tx, workspace).await?.0);
    let zone = workspace_zone(tx, workspace).await?;
    let time = new.timing.as_ref().map(|timing| timing.resolve("/when", zone, tx.now())).transpose();
    let when = conclude(issues, time).map_err(refused(new.timing.is_some()))?;
    let stored = when.as_ref().map(stored);
    let row = posts::NewPost {
        author: member.user,
        content: &new.content,
        draft: when.is_none(),
        when: stored.as_ref(),
        missed_window: input::window(new.missed_window_s),
        labels: &new.labels,
        source: new.source.as_deref(),
        external_id: new.external_id.as_deref(),
    };
    let post = posts::create(tx, workspace, row).await.map_err(imported_before)?;
    if let Some(when) = stored {
        put_on_schedule(tx, &member, &post, &targets, &when).await?;
        targets.prepare(app, tx, workspace, &new.content).await?;
    }
    told(tx, &member, "post.changed", post.id).await?;
    Ok(post.id)
}

fn imported_before(error: StoreError) -> AppError {
    match error {
        StoreError::Duplicate(_) => Issue::error(Code::Conflict, "/external_id").into(),
        other => other.into(),
    }
}
