//! What series will do beyond the posts that are made: computed when it is asked for.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::DateTime;
use postrider_domain::Code;
use postrider_domain::id::{ChannelId, SeriesId, WorkspaceId};
use postrider_domain::schedule::{LocalSlot, ZoneName, occurrence_key};
use postrider_store::Tx;
use postrider_store::repo::posts;
use postrider_store::repo::series::{self, Series};

use super::excerpt;
use crate::Result;

/// A time of a series for which there is no post yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The series.
    pub series: SeriesId,
    /// Which of its times: a local time in its own zone.
    pub occurrence: String,
    /// When it is.
    pub at: Timestamp,
    /// The same on the clock of the workspace's zone.
    pub local: DateTime,
    /// Where it will go.
    pub channels: Vec<ChannelId>,
    /// The beginning of its text.
    pub excerpt: String,
    /// Why it will not be, as things are.
    pub blocked: Option<Code>,
}

/// The times of all series in `from..until` that are still to come, earliest
/// first, at most `limit` and one more.
pub(super) async fn planned(
    tx: &mut Tx,
    workspace: WorkspaceId,
    zone: ZoneName,
    (from, until): (Timestamp, Timestamp),
    limit: usize,
) -> Result<Vec<Planned>> {
    let mut all = Vec::new();
    for series in series::going_on(tx, workspace).await? {
        all.extend(of_series(tx, &series, zone, (from, until), limit + 1).await?);
    }
    all.sort_by_key(|one| (one.at, one.series));
    all.truncate(limit + 1);
    Ok(all)
}

async fn of_series(
    tx: &mut Tx,
    series: &Series,
    zone: ZoneName,
    (from, until): (Timestamp, Timestamp),
    limit: usize,
) -> Result<Vec<Planned>> {
    let rule = postrider_engine::series::recurrence(series)?;
    let own = rule.start().zone;
    let (from, now) = (from.max(tx.now()), tx.now());
    // A day early: where clocks change, local times and instants come in another order.
    let begins = LocalSlot::at(from, own).date_time.saturating_sub(jiff::SignedDuration::from_hours(24));
    let key = occurrence_key(begins);
    let mut known: BTreeSet<String> = series::skips(tx, series.id, &key).await?;
    let made = posts::of_series(tx, series.workspace_id, series.id, &key).await?;
    known.extend(made.into_iter().map(|made| made.occurrence));
    let made_until = series.materialised_until.as_deref().unwrap_or("");
    let ends = LocalSlot::at(until, own).date_time.saturating_add(jiff::SignedDuration::from_hours(24));
    let times = rule.from(begins).take_while(|found| found.local <= ends);
    let times = times
        .filter(|found| found.at >= from && found.at < until && found.at > now && found.key().as_str() > made_until);
    let times: Vec<_> = times.filter(|found| !known.contains(&found.key())).take(limit).collect();
    let content = series.content.clone().unwrap_or_default();
    let channels: Vec<ChannelId> = content.channels.iter().map(|own| own.channel).collect();
    let text = content.parts.first().map(|part| excerpt(&part.text)).unwrap_or_default();
    let view = |found: postrider_domain::schedule::Occurrence| Planned {
        series: series.id,
        occurrence: found.key(),
        at: found.at,
        local: zone.time_zone().to_datetime(found.at),
        channels: channels.clone(),
        excerpt: text.clone(),
        blocked: series.blocked,
    };
    Ok(times.into_iter().map(view).collect())
}
