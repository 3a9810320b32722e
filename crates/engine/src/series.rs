//! Making the posts of series: each occurrence of the next 60 days is a post of its
//! own, with deliveries like any other.
//!
//! A post is made once for each occurrence, whatever runs twice (a unique index),
//! and only for one that is still to come: nothing bursts after an outage or when a
//! series starts in the past. What is not made although it should be is told.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use jiff::civil::DateTime;
use postrider_domain::Code;
use postrider_domain::content::Content;
use postrider_domain::entitlement::Meter;
use postrider_domain::id::{LabelId, SeriesId, UserId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::schedule::{LocalSlot, Occurrence, Recurrence, ZoneName, occurrence_key};
use postrider_store::repo::deliveries::{self, NewDelivery};
use postrider_store::repo::jobs::{self, Job, NewJob};
use postrider_store::repo::notifications::NoteBody;
use postrider_store::repo::posts::{self, NewPost, When};
use postrider_store::repo::series::{self, Series};
use postrider_store::repo::{channels, entitlements, events, labels, members, workspaces};
use postrider_store::{Result, Store, StoreError, Tx};
use serde_json::json;

use crate::housekeeping::{Ended, JOB_LEASE};
use crate::notice;

/// How far ahead posts are made.
pub const AHEAD: SignedDuration = SignedDuration::from_hours(60 * 24);

/// The job of one series.
pub(crate) const KIND: &str = "series";

/// The job that asks for all of them, once a day.
pub(crate) const DAILY: &str = "series_daily";

const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// How soon a series that waits for room is looked at again.
const BLOCKED_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// Posts that are made in one transaction, and transactions in one turn of a job.
const BATCH: usize = 50;
const BATCHES: u32 = 10;

/// Series that one transaction asks for.
const PAGE: u32 = 500;

/// Occurrences that went by are counted up to here.
const MOST_MISSED: usize = 1_000;

/// Asks for the posts of a series, in the transaction that makes them necessary.
///
/// # Errors
/// When the ledger fails.
pub async fn ask(tx: &mut Tx, workspace: WorkspaceId, id: SeriesId) -> Result<()> {
    let (key, due_at) = (format!("{KIND}:{id}"), tx.now());
    let payload = json!({ "series": id });
    let job = NewJob { kind: KIND, workspace: Some(workspace), payload, once_key: Some(&key), due_at };
    jobs::enqueue_or_hasten(tx, &job).await
}

/// Asks that all series are looked at, now and every day.
pub(crate) async fn ask_daily(tx: &mut Tx) -> Result<()> {
    let due_at = tx.now();
    let job = NewJob { kind: DAILY, workspace: None, payload: json!({}), once_key: Some(DAILY), due_at };
    jobs::enqueue_or_hasten(tx, &job).await
}

/// Asks for every series that has not ended, and again tomorrow.
pub(crate) async fn run_daily(store: &Store, job: &Job) -> Result<Ended> {
    let mut after = SeriesId::from_uuid(Default::default());
    loop {
        let mut tx = store.write().await?;
        let page = series::all_going_on(&mut tx, after, PAGE).await?;
        for &(workspace, id) in &page {
            ask(&mut tx, workspace, id).await?;
        }
        let Some(&(_, last)) = page.last() else {
            let tomorrow = tx.now().saturating_add(A_DAY).unwrap_or(tx.now());
            jobs::again(&mut tx, job, tomorrow).await?;
            tx.commit().await?;
            return Ok(Ended::Settled);
        };
        after = last;
        jobs::progress(&mut tx, job, &job.payload, JOB_LEASE).await?;
        tx.commit().await?;
    }
}

/// Makes what one series lacks.
pub(crate) async fn run(store: &Store, job: &Job) -> Result<Ended> {
    let workspace = job.workspace_id.ok_or_else(|| StoreError::corrupt("workspace_id", "missing"))?;
    let id = serde_json::from_value(job.payload["series"].clone());
    let id = id.map_err(|error| StoreError::corrupt("payload", error))?;
    for left in (0..BATCHES).rev() {
        let turn = Turn { job: Some(job), last: left == 0 };
        if batch(store, workspace, id, turn).await? != Outcome::More {
            break;
        }
    }
    Ok(Ended::Settled)
}

/// Makes what one series lacks, without a job that asks for it.
///
/// # Errors
/// When the ledger fails.
pub async fn materialise(store: &Store, workspace: WorkspaceId, id: SeriesId) -> Result<()> {
    while batch(store, workspace, id, Turn { job: None, last: false }).await? == Outcome::More {}
    Ok(())
}

/// What a transaction came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// There is more to make.
    More,
    /// Everything up to the horizon is there.
    Done,
    /// It must wait.
    Blocked,
}

/// For whom a transaction works.
#[derive(Clone, Copy)]
struct Turn<'a> {
    job: Option<&'a Job>,
    last: bool,
}

/// One transaction. The job's row is settled in it, under the series' lock: whoever
/// changes the series and asks again is either seen here or finds no job.
async fn batch(store: &Store, workspace: WorkspaceId, id: SeriesId, turn: Turn<'_>) -> Result<Outcome> {
    let mut tx = store.write().await?;
    let series = match series::get_locked(&mut tx, workspace, id).await {
        Ok(series) => Some(series),
        Err(StoreError::NotFound) => None,
        Err(error) => return Err(error),
    };
    let (mut outcome, mut changed) = (Outcome::Done, false);
    if let Some(series) = &series {
        (outcome, changed) = look(&mut tx, series).await?;
    }
    if let Some(job) = turn.job {
        settle(&mut tx, job, outcome, turn.last).await?;
    }
    if changed {
        events::append(&mut tx, workspace, "series.changed", &json!({ "series": id })).await?;
    }
    tx.commit().await?;
    Ok(outcome)
}

async fn settle(tx: &mut Tx, job: &Job, outcome: Outcome, last: bool) -> Result<()> {
    let now = tx.now();
    match outcome {
        Outcome::Done => jobs::finish(tx, job).await,
        Outcome::Blocked => jobs::again(tx, job, now.saturating_add(BLOCKED_AGAIN).unwrap_or(now)).await,
        Outcome::More if last => jobs::again(tx, job, now).await,
        Outcome::More => jobs::progress(tx, job, &job.payload, JOB_LEASE).await,
    }
}

/// Looks at a series, and says whether anything changed.
async fn look(tx: &mut Tx, series: &Series) -> Result<(Outcome, bool)> {
    let restored = series.blocked == Some(Code::HeldRestored);
    let Some(content) = series.content.as_ref().filter(|_| series.ended_at.is_none() && !restored) else {
        return Ok((Outcome::Done, false));
    };
    let rule = recurrence(series)?;
    let span = Span::of(tx, series, &rule)?;
    let Some(author) = answering(tx, series).await? else {
        let next = rule.after(span.from).find(|next| next.at > tx.now());
        let told = block(tx, series, Code::AuthorLeft, next.as_ref(), BTreeMap::new()).await?;
        return Ok((Outcome::Blocked, told));
    };
    let known = labels::list(tx, series.workspace_id).await?;
    let labels = series.labels.iter().copied().filter(|id| known.iter().any(|label| label.id == *id)).collect();
    let mut work = Work { series, rule: &rule, content, author, labels, made: 0 };
    let (outcome, until) = work.make(tx, &span).await?;
    let waits = outcome == Outcome::Blocked && work.made == 0;
    let changed =
        if waits { waits_since(tx, series, &span).await? } else { go_on(tx, series, &rule, &span, until).await? };
    let over = outcome == Outcome::Done && rule.after(span.now).next().is_none();
    if over {
        series::end(tx, series.workspace_id, series.id).await?;
    }
    let waited = series.blocked.is_some() && outcome != Outcome::Blocked;
    if waited {
        series::set_blocked(tx, series.workspace_id, series.id, None).await?;
    }
    let begins_to_wait = outcome == Outcome::Blocked && series.blocked != Some(Code::EntitlementExceeded);
    Ok((outcome, changed || over || waited || begins_to_wait || work.made > 0))
}

/// Nothing was made: what goes by from now on is told when it goes on, all at once.
async fn waits_since(tx: &mut Tx, series: &Series, span: &Span) -> Result<bool> {
    if span.made_until.is_none() {
        series::set_progress(tx, series.workspace_id, series.id, Some(&occurrence_key(span.now))).await?;
    }
    Ok(false)
}

/// Notes up to where posts are there, and tells of those that went by before.
async fn go_on(tx: &mut Tx, series: &Series, rule: &Recurrence, span: &Span, until: DateTime) -> Result<bool> {
    series::set_progress(tx, series.workspace_id, series.id, Some(&occurrence_key(until))).await?;
    tell_missed(tx, series, rule, span).await
}

/// The rule of a series as it is stored.
///
/// # Errors
/// When this version does not understand it.
pub fn recurrence(series: &Series) -> Result<Recurrence> {
    let zone = ZoneName::new(&series.zone).map_err(|error| StoreError::corrupt("zone", error))?;
    let date_time = local(&series.start_local)?;
    let rule = Recurrence::parse(&series.rule, LocalSlot { date_time, zone });
    rule.map_err(|error| StoreError::corrupt("rule", error))
}

fn local(text: &str) -> Result<DateTime> {
    text.parse().map_err(|error: jiff::Error| StoreError::corrupt("local time", error))
}

/// The stretch of local time that is looked at.
struct Span {
    /// Up to where posts were made before; `None` at the first look.
    made_until: Option<DateTime>,
    /// What the clock shows.
    now: DateTime,
    /// After this one.
    from: DateTime,
    /// Up to this one.
    horizon: DateTime,
}

impl Span {
    fn of(tx: &Tx, series: &Series, rule: &Recurrence) -> Result<Self> {
        let zone = rule.start().zone;
        let shown = |at| LocalSlot::at(at, zone).date_time;
        let now = shown(tx.now());
        let made_until = series.materialised_until.as_deref().map(local).transpose()?;
        // An hour that clocks repeat is looked at twice: what is over is left out by its instant.
        let today = now.saturating_sub(SignedDuration::from_hours(3));
        let horizon = shown(tx.now().saturating_add(AHEAD).unwrap_or(tx.now()));
        Ok(Self { made_until, now, from: made_until.map_or(today, |until| until.max(today)), horizon })
    }
}

/// Who answers for the posts, if that person still may.
async fn answering(tx: &mut Tx, series: &Series) -> Result<Option<UserId>> {
    let Some(author) = series.author_id else { return Ok(None) };
    let role = members::role(tx, series.workspace_id, author).await?;
    Ok(role.filter(|role| role.may(Right::Publish)).map(|_| author))
}

/// Notes why a series waits and tells its author, once for each reason; says
/// whether it did.
async fn block(
    tx: &mut Tx,
    series: &Series,
    code: Code,
    next: Option<&Occurrence>,
    mut args: BTreeMap<String, String>,
) -> Result<bool> {
    if series.blocked == Some(code) {
        return Ok(false);
    }
    series::set_blocked(tx, series.workspace_id, series.id, Some(code)).await?;
    args.insert("reason".to_owned(), code.to_string());
    args.insert("series".to_owned(), series.id.to_string());
    args.extend(next.map(|next| ("next".to_owned(), next.key())));
    let body = NoteBody { args, ..NoteBody::new(Code::NoteSeriesBlocked) };
    notice::tell(tx, series.workspace_id, series.author_id, &body).await?;
    Ok(true)
}

/// Tells of occurrences that went by while no post was made for them.
async fn tell_missed(tx: &mut Tx, series: &Series, rule: &Recurrence, span: &Span) -> Result<bool> {
    let Some(until) = span.made_until.filter(|until| *until < span.now) else { return Ok(false) };
    let skips = series::skips(tx, series.id, &occurrence_key(until)).await?;
    let now = tx.now();
    let over = rule.after(until).take_while(|found| found.at <= now).map(|found| found.key());
    let missed: Vec<String> = over.filter(|key| !skips.contains(key)).take(MOST_MISSED).collect();
    let (Some(first), Some(last)) = (missed.first(), missed.last()) else { return Ok(false) };
    let args = [
        ("series", series.id.to_string()),
        ("count", missed.len().to_string()),
        ("from", first.clone()),
        ("to", last.clone()),
    ];
    let args = args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let body = NoteBody { args, ..NoteBody::new(Code::NoteSeriesMissed) };
    notice::tell(tx, series.workspace_id, series.author_id, &body).await?;
    Ok(true)
}

/// What posts are made from.
struct Work<'a> {
    series: &'a Series,
    rule: &'a Recurrence,
    content: &'a Content,
    author: UserId,
    labels: Vec<LabelId>,
    made: usize,
}

impl Work<'_> {
    /// Makes up to a batch of posts, and says up to which local time all are there.
    async fn make(&mut self, tx: &mut Tx, span: &Span) -> Result<(Outcome, DateTime)> {
        let from = occurrence_key(span.from);
        let there = posts::of_series(tx, self.series.workspace_id, self.series.id, &from).await?;
        let mut left_out: BTreeSet<String> = there.into_iter().map(|made| made.occurrence).collect();
        left_out.extend(series::skips(tx, self.series.id, &from).await?);
        let (now, rule, mut until) = (tx.now(), self.rule, span.from);
        for next in rule.after(span.from).take_while(|next| next.local <= span.horizon) {
            if self.made == BATCH {
                return Ok((Outcome::More, until));
            }
            if next.at > now && !left_out.contains(&next.key()) && !self.post(tx, &next).await? {
                return Ok((Outcome::Blocked, until));
            }
            until = next.local;
        }
        Ok((Outcome::Done, until.max(span.horizon)))
    }

    /// Makes the post of one occurrence; false when there is no room for it.
    async fn post(&mut self, tx: &mut Tx, next: &Occurrence) -> Result<bool> {
        let workspace = self.series.workspace_id;
        match entitlements::consume(tx, workspace, Meter::PostsPerMonth, 1).await {
            Ok(()) => {}
            Err(StoreError::Exceeded { limit, used, .. }) => {
                let args = [("limit", limit), ("used", used)].map(|(name, value)| (name.to_owned(), value.to_string()));
                block(tx, self.series, Code::EntitlementExceeded, Some(next), args.into()).await?;
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
        let when = When { at: next.at, local: next.key(), zone: self.series.zone.clone() };
        let new = NewPost {
            author: self.author,
            content: self.content,
            draft: false,
            when: Some(&when),
            missed_window: self.series.missed_window,
            labels: &self.labels,
            source: None,
            external_id: None,
        };
        match posts::create_for(tx, workspace, self.series.id, &when.local, new).await? {
            Some(post) => self.deliver(tx, post.id, &when).await?,
            // Somebody else was faster and counted it.
            None => entitlements::release(tx, workspace, Meter::PostsPerMonth, 1).await?,
        }
        self.made += 1;
        Ok(true)
    }

    async fn deliver(&self, tx: &mut Tx, post: postrider_domain::id::PostId, when: &When) -> Result<()> {
        let workspace = self.series.workspace_id;
        let window = match self.series.missed_window {
            Some(window) => window,
            None => workspaces::get(tx, workspace).await?.missed_window,
        };
        for own in &self.content.channels {
            let lane = channels::get(tx, workspace, own.channel).await?.lane_id;
            let new = NewDelivery {
                post,
                channel: own.channel,
                lane,
                occurrence: &when.local,
                authorised_by: self.author,
                at: when.at,
                missed_window_s: window.as_secs(),
            };
            deliveries::create(tx, workspace, &new).await?;
        }
        Ok(())
    }
}
