//! Leaving one occurrence out, and taking it in again.

use postrider_domain::delivery::State;
use postrider_domain::id::{SeriesId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::schedule::{occurrence_key, parse_wall};
use postrider_domain::{Code, Issue};
use postrider_store::Tx;
use postrider_store::repo::deliveries;
use postrider_store::repo::posts::{self, Made, Standing};
use postrider_store::repo::series::{self, Series};

use super::{going_on, told};
use crate::publishing::posts::remove;
use crate::{AppError, Caller, Result};

/// Where in a request the occurrence stands.
const FIELD: &str = "/occurrence";

/// Leaves one occurrence out, whether its post is made yet or not. Refused once
/// something of it may be out. A post that somebody changed by itself stays,
/// withdrawn; any other is deleted.
pub async fn skip(tx: &mut Tx, caller: &Caller, workspace: WorkspaceId, id: SeriesId, occurrence: &str) -> Result<()> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let series = going_on(tx, workspace, id).await?;
    let key = named(&series, occurrence)?;
    match made(tx, &series, &key).await? {
        Some(made) => take_out(tx, &series, &made).await?,
        None => check_upcoming(tx, &series, &key)?,
    }
    series::skip(tx, id, &key).await?;
    told(tx, &member, id).await
}

/// Takes one occurrence in again. Its post is made anew when its time is still to come.
pub async fn unskip(
    tx: &mut Tx,
    caller: &Caller,
    workspace: WorkspaceId,
    id: SeriesId,
    occurrence: &str,
) -> Result<()> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let series = going_on(tx, workspace, id).await?;
    let key = named(&series, occurrence)?;
    if !series::unskip(tx, id, &key).await? {
        return Err(unknown(&key).into());
    }
    let withdrawn = |made: &Made| made.standing == Standing::Withdrawn && made.at.is_some();
    if let Some(made) = made(tx, &series, &key).await?.filter(withdrawn) {
        posts::delete(tx, workspace, made.post).await?;
    }
    series::set_progress(tx, workspace, id, None).await?;
    postrider_engine::series::ask(tx, workspace, id).await?;
    told(tx, &member, id).await
}

/// The occurrence that is meant, by the name it is kept under.
fn named(series: &Series, occurrence: &str) -> Result<String> {
    let zone = postrider_engine::series::recurrence(series)?.start().zone;
    let slot = parse_wall(occurrence, zone).map_err(|error| error.issue(FIELD))?;
    Ok(occurrence_key(slot.date_time))
}

fn unknown(key: &str) -> Issue {
    Issue::error(Code::OccurrenceUnknown, FIELD).with("occurrence", key)
}

async fn made(tx: &mut Tx, series: &Series, key: &str) -> Result<Option<Made>> {
    let from = posts::of_series(tx, series.workspace_id, series.id, key).await?;
    Ok(from.into_iter().find(|made| made.occurrence == key))
}

/// An occurrence without a post must be one of the rule's, and still to come.
fn check_upcoming(tx: &Tx, series: &Series, key: &str) -> Result<()> {
    let rule = postrider_engine::series::recurrence(series)?;
    let found = key.parse().ok().and_then(|local| rule.at(local)).ok_or_else(|| unknown(key))?;
    if found.at <= tx.now() {
        let past = Issue::error(Code::TimePast, FIELD).with("at", found.at).with("now", tx.now());
        return Err(past.into());
    }
    Ok(())
}

async fn take_out(tx: &mut Tx, series: &Series, made: &Made) -> Result<()> {
    let workspace = series.workspace_id;
    deliveries::lock_series(tx, workspace, series.id).await?;
    let all = deliveries::of_post(tx, workspace, made.post).await?;
    if all.iter().any(|delivery| matches!(delivery.state, State::Published | State::Unconfirmed)) {
        return Err(AppError::of(Code::AlreadyPublished));
    }
    if made.detached {
        Ok(deliveries::withdraw_unsent(tx, workspace, made.post).await?)
    } else {
        remove(tx, workspace, made.post).await
    }
}
