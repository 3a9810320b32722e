//! Series: rules that make a post for each of their times.
//!
//! Occurrences, and how far posts are made, are kept as local times
//! (`2026-03-01T09:00:00`): they name the same occurrence whatever a zone database
//! says. Texts of one form compare like the times they say.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::content::Content;
use postrider_domain::id::{LabelId, SeriesId, UserId, WorkspaceId};

use super::media;
use super::page::Cursor;
use super::tombstones;
use crate::error::StoreError;
use crate::sql::{Row, json, sql};
use crate::{Result, Tx};

/// A series.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its id.
    pub id: SeriesId,
    /// Where it belongs.
    pub workspace_id: WorkspaceId,
    /// Who answers for its posts; `None` for a former member.
    pub author_id: Option<UserId>,
    /// What its posts say; `None` once it was purged.
    pub content: Option<Content>,
    /// When they go out: RFC 5545, without a name before it.
    pub rule: String,
    /// Where the rule starts: a local time.
    pub start_local: String,
    /// Whose local time.
    pub zone: String,
    /// How late they may go out without asking; `None` takes the workspace's.
    pub missed_window: Option<Duration>,
    /// Their labels.
    pub labels: Vec<LabelId>,
    /// Raised with every change; edits name the one they start from.
    pub version: i64,
    /// The local time up to which posts are made; `None` before the first look.
    pub materialised_until: Option<String>,
    /// Since when it makes no more posts.
    pub ended_at: Option<Timestamp>,
    /// Why it makes none at the moment.
    pub blocked: Option<Code>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a person decides about a series.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// What its posts say.
    pub content: &'a Content,
    /// When they go out.
    pub rule: &'a str,
    /// Where the rule starts.
    pub start_local: &'a str,
    /// Whose local time.
    pub zone: &'a str,
    /// How late they may go out without asking, in whole seconds.
    pub missed_window: Option<Duration>,
    /// Their labels.
    pub labels: &'a [LabelId],
}

const COLUMNS: &str = "id, workspace_id, author_id, content, rule, start_local, zone, missed_window_s, labels, \
                       version, materialised_until, ended_at, blocked_code, created_at, updated_at";

fn series(row: &Row) -> Result<Series> {
    let window: Option<i64> = row.get("missed_window_s")?;
    let window = window.map(u64::try_from).transpose();
    Ok(Series {
        id: row.id("id")?,
        workspace_id: row.id("workspace_id")?,
        author_id: row.opt_id("author_id")?,
        content: row.opt_json("content")?,
        rule: row.get("rule")?,
        start_local: row.get("start_local")?,
        zone: row.get("zone")?,
        missed_window: window.map_err(|error| StoreError::corrupt("missed_window_s", error))?.map(Duration::from_secs),
        labels: row.json("labels")?,
        version: row.get("version")?,
        materialised_until: row.get("materialised_until")?,
        ended_at: row.opt_time("ended_at")?,
        blocked: row.opt_code("blocked_code")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// Saves a series. It has no posts yet.
pub async fn create(tx: &mut Tx, workspace: WorkspaceId, author: UserId, terms: &Terms<'_>) -> Result<Series> {
    let (id, now) = (tx.new_id::<SeriesId>(), tx.now());
    tx.execute(
        sql("INSERT INTO series (id, workspace_id, author_id, content, rule, start_local, zone, missed_window_s, \
             labels, version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11)")
        .id(id)
        .id(workspace)
        .id(author)
        .bind(json(terms.content)?)
        .bind(terms.rule)
        .bind(terms.start_local)
        .bind(terms.zone)
        .bind(terms.missed_window.map(|window| window.as_secs()))
        .bind(json(terms.labels)?)
        .bind(now)
        .bind(now),
    )
    .await?;
    media::set_usage(tx, workspace, media::User::Series(id), terms.content).await?;
    get(tx, workspace, id).await
}

/// One series.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: SeriesId) -> Result<Series> {
    let text = format!("SELECT {COLUMNS} FROM series WHERE workspace_id = $1 AND id = $2");
    series(&tx.one(sql(text).id(workspace).id(id)).await?)
}

/// One series, locked until the transaction ends. Whoever makes, takes away or
/// skips posts of a series takes this lock first.
pub async fn get_locked(tx: &mut Tx, workspace: WorkspaceId, id: SeriesId) -> Result<Series> {
    // Not `FOR UPDATE`: posts that refer to the series may be inserted meanwhile.
    let lock = tx.lock_clause(" FOR NO KEY UPDATE");
    let text = format!("SELECT {COLUMNS} FROM series WHERE workspace_id = $1 AND id = $2{lock}");
    series(&tx.one(sql(text).id(workspace).id(id)).await?)
}

/// Series by the time they were made, newest first, after a place in the list.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId, after: Cursor, limit: u32) -> Result<Vec<Series>> {
    let text = format!(
        "SELECT {COLUMNS} FROM series WHERE workspace_id = $1 AND (created_at, id) < ($2, $3) \
         ORDER BY created_at DESC, id DESC LIMIT $4"
    );
    tx.map(sql(text).id(workspace).bind(after.at).bind(after.id).bind(limit), series).await
}

/// The series of a workspace that have not ended.
pub async fn going_on(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Series>> {
    let text = format!("SELECT {COLUMNS} FROM series WHERE workspace_id = $1 AND ended_at IS NULL ORDER BY id");
    tx.map(sql(text).id(workspace), series).await
}

/// The series of all workspaces that have not ended, after one, for housekeeping.
pub async fn all_going_on(tx: &mut Tx, after: SeriesId, limit: u32) -> Result<Vec<(WorkspaceId, SeriesId)>> {
    let found = sql("SELECT workspace_id, id FROM series WHERE ended_at IS NULL AND id > $1 ORDER BY id LIMIT $2");
    tx.map(found.id(after).bind(limit), |row| Ok((row.id("workspace_id")?, row.id("id")?))).await
}

/// Changes what a person decides. [`StoreError::Stale`] when somebody changed it
/// since `expected_version`.
pub async fn set(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: SeriesId,
    expected_version: i64,
    terms: &Terms<'_>,
) -> Result<()> {
    let now = tx.now();
    tx.execute_one(
        sql("UPDATE series SET content = $1, rule = $2, start_local = $3, zone = $4, missed_window_s = $5, \
             labels = $6, version = version + 1, updated_at = $7 WHERE workspace_id = $8 AND id = $9 AND version = $10")
        .bind(json(terms.content)?)
        .bind(terms.rule)
        .bind(terms.start_local)
        .bind(terms.zone)
        .bind(terms.missed_window.map(|window| window.as_secs()))
        .bind(json(terms.labels)?)
        .bind(now)
        .id(workspace)
        .id(id)
        .bind(expected_version),
    )
    .await?;
    media::set_usage(tx, workspace, media::User::Series(id), terms.content).await
}

/// Notes up to which local time posts are made; `None` looks from now on again.
pub async fn set_progress(tx: &mut Tx, workspace: WorkspaceId, id: SeriesId, until: Option<&str>) -> Result<()> {
    let set = sql("UPDATE series SET materialised_until = $1 WHERE workspace_id = $2 AND id = $3");
    tx.execute(set.bind(until).id(workspace).id(id)).await.map(|_| ())
}

/// Notes why no posts are made, or that they are.
pub async fn set_blocked(tx: &mut Tx, workspace: WorkspaceId, id: SeriesId, code: Option<Code>) -> Result<()> {
    let now = tx.now();
    let set = sql("UPDATE series SET blocked_code = $1, updated_at = $2 WHERE workspace_id = $3 AND id = $4");
    tx.execute(set.bind(code).bind(now).id(workspace).id(id)).await.map(|_| ())
}

/// Gives a series to another person, who answers for its posts from now on.
pub async fn set_author(tx: &mut Tx, workspace: WorkspaceId, id: SeriesId, author: UserId) -> Result<()> {
    let now = tx.now();
    let set = sql("UPDATE series SET author_id = $1, version = version + 1, updated_at = $2 \
                   WHERE workspace_id = $3 AND id = $4");
    tx.execute(set.id(author).bind(now).id(workspace).id(id)).await.map(|_| ())
}

/// Ends a series: no more posts. Those that are there are the caller's.
pub async fn end(tx: &mut Tx, workspace: WorkspaceId, id: SeriesId) -> Result<()> {
    let now = tx.now();
    let end = sql("UPDATE series SET ended_at = COALESCE(ended_at, $1), blocked_code = NULL, version = version + 1, \
                   updated_at = $1 WHERE workspace_id = $2 AND id = $3");
    tx.execute(end.bind(now).id(workspace).id(id)).await.map(|_| ())
}

/// Deletes a series. Posts that it made stay, and belong to no series any more.
pub async fn delete(tx: &mut Tx, workspace: WorkspaceId, id: SeriesId) -> Result<()> {
    match tx.execute(sql("DELETE FROM series WHERE workspace_id = $1 AND id = $2").id(workspace).id(id)).await? {
        0 => Err(StoreError::NotFound),
        _ => tombstones::add(tx, id.uuid(), tombstones::Kind::Series).await,
    }
}

/// After a restore: no series goes on before a person says so. Since the backup
/// one may have been ended, changed or skipped. Returns how many.
pub async fn restore_hold(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    let hold = sql("UPDATE series SET blocked_code = $1, updated_at = $2 WHERE ended_at IS NULL");
    tx.execute(hold.bind(Code::HeldRestored).bind(now)).await
}

/// Leaves one occurrence out. Doing it twice changes nothing.
pub async fn skip(tx: &mut Tx, id: SeriesId, occurrence: &str) -> Result<()> {
    let skip = sql("INSERT INTO series_skips (series_id, occurrence) VALUES ($1, $2) \
                    ON CONFLICT (series_id, occurrence) DO NOTHING");
    tx.execute(skip.id(id).bind(occurrence)).await.map(|_| ())
}

/// Takes one occurrence in again; says whether it was left out.
pub async fn unskip(tx: &mut Tx, id: SeriesId, occurrence: &str) -> Result<bool> {
    let gone = sql("DELETE FROM series_skips WHERE series_id = $1 AND occurrence = $2");
    Ok(tx.execute(gone.id(id).bind(occurrence)).await? > 0)
}

/// The occurrences that are left out, from one on.
pub async fn skips(tx: &mut Tx, id: SeriesId, from: &str) -> Result<BTreeSet<String>> {
    let found = sql("SELECT occurrence FROM series_skips WHERE series_id = $1 AND occurrence >= $2");
    Ok(tx.map(found.id(id).bind(from), |row| row.get("occurrence")).await?.into_iter().collect())
}

/// Purges the content of series that ended before an instant, and files that nothing else uses; returns
/// of how many series.
pub async fn purge_content(tx: &mut Tx, ended_before: Timestamp) -> Result<u64> {
    let purge = sql("UPDATE series SET content = NULL WHERE ended_at <= $1 AND content IS NOT NULL RETURNING id");
    let purged: Vec<SeriesId> = tx.map(purge.bind(ended_before), |row| row.id("id")).await?;
    for &series in &purged {
        media::purge_unused(tx, media::User::Series(series)).await?;
    }
    Ok(purged.len() as u64)
}
