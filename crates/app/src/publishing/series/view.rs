//! A series as people and programs see it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use postrider_domain::content::Content;
use postrider_domain::entitlement::Meter;
use postrider_domain::id::{LabelId, PostId, SeriesId, UserId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::schedule::LocalSlot;
use postrider_domain::{Code, Issues};
use postrider_store::Tx;
use postrider_store::repo::entitlements;
use postrider_store::repo::page::Cursor;
use postrider_store::repo::posts::{self, Made, Standing};
use postrider_store::repo::series::{self, Series};

use super::today;
use crate::publishing::posts::check;
use crate::{App, Caller, Result};

/// How many times to come are shown of one series, and of each in a list.
const SHOWN: usize = 10;
const SHOWN_IN_LIST: usize = 3;

/// How a series is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It makes posts.
    Running,
    /// It waits for room or for a person.
    Blocked,
    /// It makes no more posts.
    Ended,
}

impl State {
    /// Every state.
    pub const ALL: [State; 3] = [Self::Running, Self::Blocked, Self::Ended];

    /// The name shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Blocked => "blocked",
            State::Ended => "ended",
        }
    }

    fn of(series: &Series) -> Self {
        match (series.ended_at, series.blocked) {
            (Some(_), _) => State::Ended,
            (None, Some(_)) => State::Blocked,
            (None, None) => State::Running,
        }
    }
}

/// Why a series makes no posts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// The reason.
    pub code: Code,
    /// Figures for its message.
    pub args: BTreeMap<String, String>,
}

/// A time to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upcoming {
    /// What it is called: a local time.
    pub occurrence: String,
    /// When it is, or when its post goes out if that was given another time.
    pub at: Timestamp,
    /// Its post, when that is made.
    pub post: Option<PostId>,
    /// Whether somebody changed that post by itself.
    pub detached: bool,
    /// Whether it is left out.
    pub skipped: bool,
}

/// A series.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesView {
    /// Its id.
    pub id: SeriesId,
    /// Raised with every change; edits name the one they start from.
    pub version: i64,
    /// How it is doing.
    pub state: State,
    /// Who answers for its posts; `None` for a former member.
    pub author: Option<UserId>,
    /// What its posts say; `None` once it was purged.
    pub content: Option<Content>,
    /// Their labels.
    pub labels: Vec<LabelId>,
    /// Where the rule starts: a local time.
    pub start_local: String,
    /// Whose local time.
    pub zone: String,
    /// When its posts go out.
    pub rule: String,
    /// How late they may go out without asking, in seconds; `None` takes the workspace's.
    pub missed_window_s: Option<u64>,
    /// Why it makes no posts at the moment.
    pub blocked: Option<Blocked>,
    /// The local time up to which posts are made.
    pub made_until: Option<String>,
    /// Since when it makes no more.
    pub ended_at: Option<Timestamp>,
    /// The next times, those that are left out too.
    pub next: Vec<Upcoming>,
    /// What a check of its content says now; only where one series is asked for.
    pub issues: Issues,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// One series with its next times, and what is wrong with it now.
pub async fn get(app: &App, caller: &Caller, workspace: WorkspaceId, id: SeriesId) -> Result<SeriesView> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    let series = series::get(&mut tx, workspace, id).await?;
    let content = series.content.clone().filter(|_| series.ended_at.is_none());
    let mut view = seen(&mut tx, series, SHOWN).await?;
    if let Some(content) = content {
        view.issues = check(app, &mut tx, workspace, &content, true).await?.1;
    }
    Ok(view)
}

/// Series by the time they were made, newest first, after a place in the list.
pub async fn list(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    after: Cursor,
    limit: u32,
) -> Result<Vec<SeriesView>> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    let mut views = Vec::new();
    for series in series::list(&mut tx, workspace, after, limit).await? {
        views.push(seen(&mut tx, series, SHOWN_IN_LIST).await?);
    }
    Ok(views)
}

async fn seen(tx: &mut Tx, series: Series, shown: usize) -> Result<SeriesView> {
    let next = if series.ended_at.is_none() { upcoming(tx, &series, shown).await? } else { Vec::new() };
    Ok(SeriesView {
        id: series.id,
        version: series.version,
        state: State::of(&series),
        author: series.author_id,
        blocked: blocked(tx, &series).await?,
        content: series.content,
        labels: series.labels,
        start_local: series.start_local,
        zone: series.zone,
        rule: series.rule,
        missed_window_s: series.missed_window.map(|window| window.as_secs()),
        made_until: series.materialised_until,
        ended_at: series.ended_at,
        next,
        issues: Issues::default(),
        created_at: series.created_at,
        updated_at: series.updated_at,
    })
}

async fn blocked(tx: &mut Tx, series: &Series) -> Result<Option<Blocked>> {
    let Some(code) = series.blocked else { return Ok(None) };
    let mut args = BTreeMap::new();
    if code == Code::EntitlementExceeded {
        let meter = Meter::PostsPerMonth;
        args.insert("meter".to_owned(), meter.as_str().to_owned());
        args.insert("used".to_owned(), entitlements::used(tx, series.workspace_id, meter).await?.to_string());
        let limit = entitlements::limit(tx, series.workspace_id, meter).await?;
        args.extend(limit.map(|limit| ("limit".to_owned(), limit.to_string())));
    }
    Ok(Some(Blocked { code, args }))
}

async fn upcoming(tx: &mut Tx, series: &Series, shown: usize) -> Result<Vec<Upcoming>> {
    let from = today(tx, series)?;
    let made = posts::of_series(tx, series.workspace_id, series.id, &from).await?;
    let made: BTreeMap<String, Made> = made.into_iter().map(|made| (made.occurrence.clone(), made)).collect();
    let skips: BTreeSet<String> = series::skips(tx, series.id, &from).await?;
    let (rule, now) = (postrider_engine::series::recurrence(series)?, tx.now());
    let begins = LocalSlot::at(now, rule.start().zone).date_time;
    let next = rule.from(begins).filter(|found| found.at > now).take(shown);
    let view = |found: postrider_domain::schedule::Occurrence| {
        let key = found.key();
        let post = made.get(&key);
        let withdrawn = post.is_some_and(|made| made.standing == Standing::Withdrawn && made.at.is_some());
        Upcoming {
            at: post.and_then(|made| made.at).unwrap_or(found.at),
            post: post.map(|made| made.post),
            detached: post.is_some_and(|made| made.detached),
            skipped: withdrawn || skips.contains(&key),
            occurrence: key,
        }
    };
    Ok(next.map(view).collect())
}
