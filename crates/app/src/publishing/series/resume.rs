//! Letting a series go on that waits for a person.

use postrider_domain::Code;
use postrider_domain::id::{SeriesId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_store::Tx;
use postrider_store::repo::{deliveries, members, series};

use super::{going_on, told};
use crate::{AppError, Caller, Result};

/// Lets a series go on. Whoever lets one go on whose author may no longer publish
/// answers for its posts from then on, so that takes an admin.
pub async fn resume(tx: &mut Tx, caller: &Caller, workspace: WorkspaceId, id: SeriesId) -> Result<()> {
    let mut member = caller.member(tx, workspace, Right::Publish).await?;
    let series = going_on(tx, workspace, id).await?;
    let Some(blocked) = series.blocked else { return Err(AppError::of(Code::NotPossibleNow)) };
    let answers = match series.author_id {
        Some(author) => members::role(tx, workspace, author).await?.is_some_and(|role| role.may(Right::Publish)),
        None => false,
    };
    if !answers {
        member = caller.member(tx, workspace, Right::Manage).await?;
        series::set_author(tx, workspace, id, member.user).await?;
        deliveries::authorise_series(tx, workspace, id, member.user).await?;
    }
    // Whether there is room is the engine's to see; it told of it once already.
    if blocked != Code::EntitlementExceeded {
        series::set_blocked(tx, workspace, id, None).await?;
    }
    postrider_engine::series::ask(tx, workspace, id).await?;
    told(tx, &member, id).await
}
