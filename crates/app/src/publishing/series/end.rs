//! Ending and deleting a series. What is out stays out.

use postrider_domain::id::{SeriesId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_store::Tx;
use postrider_store::repo::deliveries;
use postrider_store::repo::posts::{self, Standing};
use postrider_store::repo::series::{self, Series};
use serde_json::json;

use super::{going_on, today, told};
use crate::publishing::changed;
use crate::publishing::posts::remove;
use crate::{Caller, Result};

/// Ends a series: it makes no more posts, and those to come of which nothing has
/// begun are withdrawn, also those that somebody changed by themselves.
pub async fn end(tx: &mut Tx, caller: &Caller, workspace: WorkspaceId, id: SeriesId) -> Result<()> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let series = going_on(tx, workspace, id).await?;
    withdraw_to_come(tx, &series).await?;
    series::end(tx, workspace, id).await?;
    told(tx, &member, id).await
}

/// Ends a series and forgets it. Its posts that are out, drafts and under way stay.
pub async fn delete(tx: &mut Tx, caller: &Caller, workspace: WorkspaceId, id: SeriesId) -> Result<()> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let series = series::get_locked(tx, workspace, id).await?;
    withdraw_to_come(tx, &series).await?;
    series::delete(tx, workspace, id).await?;
    changed(tx, &member, "series.deleted", json!({ "series": id })).await
}

/// A post that somebody changed by itself stays, withdrawn; any other is deleted.
async fn withdraw_to_come(tx: &mut Tx, series: &Series) -> Result<()> {
    let workspace = series.workspace_id;
    deliveries::lock_series(tx, workspace, series.id).await?;
    let (from, now) = (today(tx, series)?, tx.now());
    for made in posts::of_series(tx, workspace, series.id, &from).await? {
        if made.standing != Standing::Waits || made.at.is_none_or(|at| at <= now) {
            continue;
        }
        if made.detached {
            deliveries::withdraw_unsent(tx, workspace, made.post).await?;
        } else {
            remove(tx, workspace, made.post).await?;
        }
    }
    Ok(())
}
