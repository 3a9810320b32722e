//! Series: rules that make a post for each of their times.
//!
//! The engine makes the posts; here people plan, change, skip and end. Whoever
//! changes what a series has made takes its lock first, so that the engine neither
//! makes a post of an old rule nor brings one back that was just taken away.

mod create;
mod edit;
mod end;
mod input;
mod occurrences;
mod resume;
#[cfg(test)]
mod tests;
mod view;

use postrider_domain::Code;
use postrider_domain::id::{SeriesId, WorkspaceId};
use postrider_domain::schedule::{LocalSlot, occurrence_key};
use postrider_store::repo::posts::Post;
use postrider_store::repo::series::{self, Series};
use postrider_store::{StoreError, Tx};
use serde_json::json;

use super::changed;
use crate::{AppError, Member, Result};

pub use create::create;
pub use edit::edit;
pub use end::{delete, end};
pub use input::{Edit, NewSeries, Start};
pub use occurrences::{skip, unskip};
pub use resume::resume;
pub use view::{Blocked, SeriesView, State, Upcoming, get, list};

/// Notes a change for open screens; its posts may have changed with it.
async fn told(tx: &mut Tx, member: &Member, id: SeriesId) -> Result<()> {
    changed(tx, member, "series.changed", json!({ "series": id })).await
}

/// A series that still makes posts, locked.
async fn going_on(tx: &mut Tx, workspace: WorkspaceId, id: SeriesId) -> Result<Series> {
    let series = series::get_locked(tx, workspace, id).await?;
    if series.ended_at.is_some() {
        return Err(AppError::of(Code::SeriesEnded));
    }
    Ok(series)
}

/// Remembers that the post of an occurrence was taken away, so that it does not
/// come back. Takes the lock of its series; a post of none passes.
pub(super) async fn left_out(tx: &mut Tx, post: &Post) -> Result<()> {
    let Some(place) = &post.series else { return Ok(()) };
    match series::get_locked(tx, post.workspace_id, place.series).await {
        Ok(_) => Ok(series::skip(tx, place.series, &place.occurrence).await?),
        Err(StoreError::NotFound) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The name of the first moment of today on the clock of a series.
fn today(tx: &Tx, series: &Series) -> Result<String> {
    let zone = postrider_engine::series::recurrence(series)?.start().zone;
    let shown = LocalSlot::at(tx.now(), zone).date_time;
    Ok(occurrence_key(shown.date().to_datetime(jiff::civil::Time::midnight())))
}
