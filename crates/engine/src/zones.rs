//! When the zone database changes: every wall-clock time that is still to come is
//! resolved again, and whoever planned one that moved is told.
//!
//! The walk goes workspace by workspace in batches. Each batch keeps its place in
//! the transaction that moves, so a crash neither repeats nor leaves out anything;
//! a post that has the right instant already is not touched. Posts of series are
//! posts like others, and how far a series is made is kept as a local time, which
//! no database moves.
//!
//! A database older than the one that was used last changes nothing: a node of the
//! version before may start beside newer ones.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use postrider_domain::Code;
use postrider_domain::id::{PostId, UserId, WorkspaceId};
use postrider_domain::schedule::{How, Policy, ZoneName, resolve, tzdb_version};
use postrider_store::repo::jobs::{self, Job, NewJob};
use postrider_store::repo::notifications::NoteBody;
use postrider_store::repo::page::Cursor;
use postrider_store::repo::posts::{self, WallClock};
use postrider_store::repo::{deliveries, events, instance, workspaces};
use postrider_store::{Result, Store, StoreError, Tx};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::housekeeping::{Ended, JOB_LEASE};
use crate::notice;

/// The job that walks.
pub(crate) const KIND: &str = "zones";

/// Posts of one transaction.
const BATCH: u32 = 200;

/// Moved posts that one message lists; the rest is counted.
const LISTED: usize = 20;

/// When a node with another database looks again whether one with the right one was faster.
const NOT_OURS: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);

/// Asks for the walk when the bundled database is newer than the one used last.
pub(crate) async fn ask_if_newer(tx: &mut Tx) -> Result<()> {
    let stored = match instance::get(tx).await {
        Ok(instance) => instance.tzdb_version,
        Err(StoreError::NotFound) => return Ok(()),
        Err(error) => return Err(error),
    };
    let bundled = tzdb_version();
    if !is_newer(bundled, &stored) {
        if bundled != stored {
            tracing::warn!(
                bundled,
                stored,
                "schedules were resolved with a newer zone database; they stay as they are"
            );
        }
        return Ok(());
    }
    tracing::info!(bundled, stored, "resolving schedules again with the newer zone database");
    let (key, due_at) = (format!("{KIND}:{bundled}"), tx.now());
    let walk = Walk { version: bundled.to_owned(), ..Walk::default() };
    let payload = serde_json::to_value(&walk).map_err(|error| StoreError::corrupt("payload", error))?;
    jobs::enqueue(tx, &NewJob { kind: KIND, workspace: None, payload, once_key: Some(&key), due_at }).await
}

/// Releases are named by year and letters (`2026a`), which sort by age. One that
/// does not say its release is never newer, and everything is newer than it.
fn is_newer(bundled: &str, stored: &str) -> bool {
    let named = |version: &str| version.starts_with(|first: char| first.is_ascii_digit());
    named(bundled) && (!named(stored) || bundled > stored)
}

/// How far the walk has come.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Walk {
    /// The database it resolves with.
    version: String,
    /// The workspace it is in.
    workspace: Option<WorkspaceId>,
    /// The last post it looked at there.
    after: Option<(Timestamp, PostId)>,
    /// What moved in this workspace, by author.
    moved: BTreeMap<String, Told>,
}

/// What one person will be told.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Told {
    count: u64,
    first: Vec<Moved>,
}

/// A post that moved.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Moved {
    post: PostId,
    local: String,
    zone: String,
    from: Timestamp,
    to: Timestamp,
}

/// Walks on until the end.
pub(crate) async fn run(store: &Store, job: &Job) -> Result<Ended> {
    let walk = serde_json::from_value(job.payload.clone());
    let mut walk: Walk = walk.map_err(|error| StoreError::corrupt("payload", error))?;
    if walk.version != tzdb_version() {
        let mut tx = store.write().await?;
        let later = tx.now().saturating_add(NOT_OURS).unwrap_or(tx.now());
        jobs::again(&mut tx, job, later).await?;
        tx.commit().await?;
        return Ok(Ended::Settled);
    }
    loop {
        let mut tx = store.write().await?;
        let (changed, ended) = step(&mut tx, &mut walk).await?;
        if ended {
            instance::set_tzdb_version(&mut tx, &walk.version).await?;
            jobs::finish(&mut tx, job).await?;
        } else {
            let payload = serde_json::to_value(&walk).map_err(|error| StoreError::corrupt("payload", error))?;
            jobs::progress(&mut tx, job, &payload, JOB_LEASE).await?;
        }
        if let Some((workspace, posts)) = changed {
            events::append(&mut tx, workspace, "posts.changed", &json!({ "posts": posts })).await?;
        }
        tx.commit().await?;
        if ended {
            return Ok(Ended::Settled);
        }
    }
}

/// Which posts of which workspace moved.
type Changed = Option<(WorkspaceId, Vec<PostId>)>;

/// One batch; says what moved, and whether that was the last.
async fn step(tx: &mut Tx, walk: &mut Walk) -> Result<(Changed, bool)> {
    let workspace = match walk.workspace {
        Some(workspace) => Some(workspace),
        None => workspaces::next_after(tx, WorkspaceId::from_uuid(Default::default())).await?,
    };
    let Some(workspace) = workspace else { return Ok((None, true)) };
    walk.workspace = Some(workspace);
    let after = walk.after.map_or(Cursor::OLDEST, |(at, post)| Cursor::new(at, post));
    let found = posts::waiting_for_wall_clock(tx, workspace, after, BATCH).await?;
    let mut changed = Vec::new();
    for post in &found {
        if let Some(moved) = look(tx, workspace, post).await? {
            changed.push(moved.post);
            let told = walk.moved.entry(post.author.map(|author| author.to_string()).unwrap_or_default()).or_default();
            told.count += 1;
            told.first.extend((told.first.len() < LISTED).then_some(moved));
        }
    }
    walk.after = found.last().map(|post| (post.at, post.post));
    let changed = (!changed.is_empty()).then_some((workspace, changed));
    if found.len() < BATCH as usize {
        tell(tx, workspace, std::mem::take(&mut walk.moved)).await?;
        walk.after = None;
        walk.workspace = workspaces::next_after(tx, workspace).await?;
    }
    Ok((changed, walk.workspace.is_none()))
}

/// Moves a post and what still has its time, if its wall-clock time means another
/// instant now. One whose deliveries began or ended at its time was out, or is not
/// going out, at that time, and keeps it. Only one of which something moves is worth
/// telling.
async fn look(tx: &mut Tx, workspace: WorkspaceId, post: &WallClock) -> Result<Option<Moved>> {
    let Some(to) = instant(post) else { return Ok(None) };
    // Deliveries first, as people's changes take them.
    let moved = deliveries::shift(tx, workspace, post.post, post.at, to).await?;
    if moved == 0 && deliveries::any_at(tx, workspace, post.post, post.at).await? {
        return Ok(None);
    }
    if !posts::shift(tx, workspace, post.post, post.at, to).await? || moved == 0 {
        return Ok(None);
    }
    let (local, zone) = (post.local.clone(), post.zone.clone());
    Ok(Some(Moved { post: post.post, local, zone, from: post.at, to }))
}

/// The instant that a post's wall-clock time means now; `None` when it has it, or
/// when this database does not know its zone any more.
fn instant(post: &WallClock) -> Option<Timestamp> {
    let (zone, local) = (ZoneName::new(&post.zone), post.local.parse::<DateTime>());
    let (Ok(zone), Ok(local)) = (zone, local) else {
        tracing::warn!(post = %post.post, zone = post.zone, "its time cannot be resolved again; it stays as it is");
        return None;
    };
    let by = |how| resolve(local, zone, Policy::again(how)).ok().map(|resolved| resolved.at);
    // Whoever had picked the second of two instants keeps it.
    let (first, second) = (by(How::OverlapFirst)?, by(How::OverlapSecond)?);
    (post.at != first && post.at != second).then_some(first)
}

/// One message for each person and workspace.
async fn tell(tx: &mut Tx, workspace: WorkspaceId, moved: BTreeMap<String, Told>) -> Result<()> {
    for (author, told) in moved {
        let line = |moved: &Moved| {
            let Moved { local, zone, from, to, .. } = moved;
            format!("{local} in {zone} was {from} and is {to}")
        };
        let mut list = told.first.iter().map(line).collect::<Vec<_>>().join("; ");
        if told.count > told.first.len() as u64 {
            list.push_str("; …");
        }
        let exact = serde_json::to_string(&told.first).map_err(|error| StoreError::corrupt("args", error))?;
        let args = [("count", told.count.to_string()), ("list", list), ("moved", exact)];
        let args = args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let post = told.first.first().filter(|_| told.count == 1).map(|moved| moved.post);
        let body = NoteBody { args, post, ..NoteBody::new(Code::NoteTimesMoved) };
        notice::tell(tx, workspace, author.parse::<UserId>().ok(), &body).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_newer_database_is_walked_with() {
        assert!(is_newer("2026b", "2026a") && is_newer("2027a", "2026z") && is_newer("2026a", "unknown"));
        assert!(!is_newer("2026a", "2026a") && !is_newer("2026a", "2026b") && !is_newer("unknown", "2026a"));
    }

    fn at(instant: &str) -> WallClock {
        let (local, zone) = ("2026-10-25T02:30:00".to_owned(), "Europe/Berlin".to_owned());
        let post = PostId::from_uuid(Default::default());
        WallClock { post, author: None, at: instant.parse().expect("an instant"), local, zone }
    }

    #[test]
    fn whoever_had_the_second_of_two_instants_keeps_it() {
        assert_eq!(instant(&at("2026-10-25T00:30:00Z")), None);
        assert_eq!(instant(&at("2026-10-25T01:30:00Z")), None);
        let moved = instant(&at("2026-10-25T03:30:00Z")).expect("moves");
        assert_eq!(moved.to_string(), "2026-10-25T00:30:00Z");
        let unknown = WallClock { zone: "Mars/Olympus".to_owned(), ..at("2026-10-25T03:30:00Z") };
        assert_eq!(instant(&unknown), None);
    }
}
