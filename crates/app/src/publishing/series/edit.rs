//! Changing a series, and with it the posts of it that nobody changed by itself
//! and of which nothing has begun.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::DateTime;
use postrider_domain::content::Content;
use postrider_domain::id::{LabelId, SeriesId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::schedule::{Occurrence, Recurrence, ZoneName, occurrence_key};
use postrider_domain::{Code, Issues};
use postrider_store::Tx;
use postrider_store::repo::deliveries;
use postrider_store::repo::posts::{self, Made, Standing, When};
use postrider_store::repo::series::{self, Series, Terms};

use super::{Edit, Start, going_on, input, today, told};
use crate::publishing::posts::{Plan, check, check_labels, check_window, merged, missed_window_s, remove, window};
use crate::publishing::preflight::Targets;
use crate::{App, AppError, Caller, Member, Result};

/// Changes a series that nobody has changed since `version`.
///
/// When the times change, posts whose occurrence stays are moved, the others are
/// withdrawn and new ones are made. What was skipped, changed by itself or is out
/// keeps its place: the new occurrence nearest to it on that day is left out.
pub async fn edit(
    app: &App,
    tx: &mut Tx,
    caller: &Caller,
    workspace: WorkspaceId,
    id: SeriesId,
    version: i64,
    edit: &Edit,
) -> Result<()> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let series = going_on(tx, workspace, id).await?;
    if series.version != version {
        return Err(AppError::of(Code::StaleVersion));
    }
    let before = series.content.clone().ok_or_else(|| AppError::of(Code::NotPossibleNow))?;
    let content = merged(&before, edit.parts.as_deref(), edit.channels.as_deref());
    let after = content.as_ref().unwrap_or(&before);
    let (targets, mut issues) = check(app, tx, workspace, after, content.is_some()).await?;
    issues.extend(check_labels(tx, workspace, edit.labels.as_deref().unwrap_or_default()).await?.0);
    issues.extend(check_window(edit.missed_window_s.flatten()));
    let rule = new_rule(tx, &series, edit, &mut issues)?;
    issues.into_result().map_err(AppError::Preflight)?;
    let change = Change { series: &series, member, edit, content: content.as_ref(), targets: &targets };
    change.keep(tx, after, rule.as_ref()).await?;
    change.apply(tx, rule.as_ref()).await?;
    postrider_engine::series::ask(tx, workspace, id).await?;
    told(tx, &member, id).await
}

/// The rule after the change; `None` when the times stay.
fn new_rule(tx: &Tx, series: &Series, edit: &Edit, issues: &mut Issues) -> Result<Option<Recurrence>> {
    if edit.rule.is_none() && edit.start.is_none() {
        return Ok(None);
    }
    let before = postrider_engine::series::recurrence(series)?;
    let start = edit.start.clone();
    let start = start.unwrap_or_else(|| Start { local: series.start_local.clone(), zone: Some(series.zone.clone()) });
    let zone: ZoneName = before.start().zone;
    match input::rule(edit.rule.as_deref().unwrap_or(&series.rule), &start, zone, tx.now()) {
        Ok(rule) if rule.text() == before.text() && rule.start() == before.start() => Ok(None),
        Ok(rule) => Ok(Some(rule)),
        Err(wrong) => {
            issues.extend(wrong.0);
            Ok(None)
        }
    }
}

/// A change that nothing stands in the way of.
struct Change<'a> {
    series: &'a Series,
    member: Member,
    edit: &'a Edit,
    /// What the posts say from now on; `None` when that stays.
    content: Option<&'a Content>,
    targets: &'a Targets,
}

impl Change<'_> {
    fn workspace(&self) -> WorkspaceId {
        self.series.workspace_id
    }

    fn labels(&self) -> &[LabelId] {
        self.edit.labels.as_deref().unwrap_or(&self.series.labels)
    }

    /// Writes the series itself.
    async fn keep(&self, tx: &mut Tx, content: &Content, rule: Option<&Recurrence>) -> Result<()> {
        let series = self.series;
        let start_local = rule.map(|rule| occurrence_key(rule.start().date_time));
        let terms = Terms {
            content,
            rule: rule.map_or(series.rule.as_str(), Recurrence::text),
            start_local: start_local.as_deref().unwrap_or(&series.start_local),
            zone: rule.map_or(series.zone.as_str(), |rule| rule.start().zone.as_str()),
            missed_window: match self.edit.missed_window_s {
                Some(seconds) => window(seconds),
                None => series.missed_window,
            },
            labels: self.labels(),
        };
        Ok(series::set(tx, series.workspace_id, series.id, series.version, &terms).await?)
    }

    /// Carries it to the posts that wait.
    async fn apply(&self, tx: &mut Tx, rule: Option<&Recurrence>) -> Result<()> {
        let (workspace, id) = (self.workspace(), self.series.id);
        deliveries::lock_series(tx, workspace, id).await?;
        let from = today(tx, self.series)?;
        let all = posts::of_series(tx, workspace, id, &from).await?;
        let now = tx.now();
        let follows =
            |made: &Made| !made.detached && made.standing == Standing::Waits && made.at.is_some_and(|at| at > now);
        let (mut following, others): (Vec<Made>, Vec<Made>) = all.into_iter().partition(follows);
        if let Some(rule) = rule {
            following = self.retime(tx, rule, following).await?;
            self.keep_places(tx, rule, &from, &following, &others).await?;
            series::set_progress(tx, workspace, id, None).await?;
        }
        for made in &following {
            self.rewrite(tx, made).await?;
        }
        Ok(())
    }

    /// Moves or removes what waits; returns what stays.
    async fn retime(&self, tx: &mut Tx, rule: &Recurrence, following: Vec<Made>) -> Result<Vec<Made>> {
        let (Some(first), Some(last)) = (following.first(), following.last()) else { return Ok(following) };
        let (first, last) = (local(&first.occurrence)?, local(&last.occurrence)?);
        let times = rule.from(first).take_while(|found| found.local <= last);
        let times: BTreeMap<String, Occurrence> = times.map(|found| (found.key(), found)).collect();
        let now = tx.now();
        let mut stays = Vec::with_capacity(following.len());
        for made in following {
            match times.get(&made.occurrence).filter(|found| found.at > now) {
                Some(found) => {
                    self.move_to(tx, rule, &made, found).await?;
                    stays.push(made);
                }
                None => remove(tx, self.workspace(), made.post).await?,
            }
        }
        Ok(stays)
    }

    /// The same occurrence in another zone is another instant.
    async fn move_to(&self, tx: &mut Tx, rule: &Recurrence, made: &Made, found: &Occurrence) -> Result<()> {
        let zone = rule.start().zone.to_string();
        let Some(from) = made.at.filter(|at| *at != found.at || zone != self.series.zone) else { return Ok(()) };
        deliveries::shift(tx, self.workspace(), made.post, from, found.at).await?;
        let when = When { at: found.at, local: found.key(), zone };
        posts::set_when(tx, self.workspace(), made.post, made.version, Some(&when), false).await?;
        Ok(())
    }

    /// What does not follow the rule keeps its place in the new one.
    async fn keep_places(
        &self,
        tx: &mut Tx,
        rule: &Recurrence,
        from: &str,
        following: &[Made],
        others: &[Made],
    ) -> Result<()> {
        let mut apart: BTreeSet<String> = series::skips(tx, self.series.id, from).await?;
        apart.extend(others.iter().map(|made| made.occurrence.clone()).filter(|key| key.as_str() >= from));
        let mut taken: BTreeSet<String> = following.iter().map(|made| made.occurrence.clone()).collect();
        taken.extend(apart.iter().cloned());
        for key in &apart {
            let place = local(key)?;
            if rule.at(place).is_some() {
                continue;
            }
            let free = same_day(rule, place).into_iter().filter(|found| !taken.contains(&found.key()));
            if let Some(nearest) = free.min_by_key(|found| found.local.duration_since(place).abs()) {
                series::skip(tx, self.series.id, &nearest.key()).await?;
                taken.insert(nearest.key());
            }
        }
        Ok(())
    }

    /// Gives a post that waits the content, labels and window of the series.
    async fn rewrite(&self, tx: &mut Tx, made: &Made) -> Result<()> {
        let workspace = self.workspace();
        if let Some(content) = self.content {
            let left = deliveries::edit_fence(tx, workspace, made.post).await?;
            let posts::Post { version, content: before, .. } = posts::get(tx, workspace, made.post).await?;
            let post = posts::revise(tx, workspace, made.post, version, content, self.member.user).await?;
            let author = Member { user: self.series.author_id.unwrap_or(self.member.user), ..self.member };
            Plan::of(&before.unwrap_or_default(), content, &left).carry_out(tx, &author, &post, self.targets).await?;
        }
        if self.edit.labels.is_some() {
            posts::set_labels(tx, workspace, made.post, self.labels()).await?;
        }
        if let Some(seconds) = self.edit.missed_window_s {
            posts::set_missed_window(tx, workspace, made.post, window(seconds)).await?;
            let post = posts::get(tx, workspace, made.post).await?;
            let seconds = missed_window_s(tx, &post).await?;
            deliveries::set_missed_window(tx, workspace, made.post, seconds).await?;
        }
        Ok(())
    }
}

fn local(key: &str) -> Result<DateTime> {
    key.parse().map_err(|error| AppError::Internal(format!("an occurrence `{key}`: {error}")))
}

/// The occurrences of the day of a local time.
fn same_day(rule: &Recurrence, place: DateTime) -> Vec<Occurrence> {
    let day = place.date();
    let begins = day.to_datetime(jiff::civil::Time::midnight());
    rule.from(begins).take_while(|found| found.local.date() == day).collect()
}
