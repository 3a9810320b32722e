//! Jobs: housekeeping on the same ledger, enqueued in the transaction that caused it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postrider_domain::id::{BootId, JobId, WorkspaceId};
use serde_json::{Value, json};

use super::nodes;
use crate::sql::{self, Row, sql};
use crate::{Bell, Result, StoreError, Tx};

/// A claimed job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Which handler runs it.
    pub kind: String,
    /// The workspace it works for.
    pub workspace_id: Option<WorkspaceId>,
    /// What the handler needs.
    pub payload: Value,
    /// The fence.
    pub lease_epoch: i64,
    /// Tries that failed so far.
    pub failures: u64,
    /// How often in a row the process ended while it worked on it.
    pub deaths: u64,
}

/// What the process died of so often is not tried again: it is most likely to blame.
pub const DEATHS: u64 = 3;

/// How long a job waits of which the process died twice. A process that dies of something else, and at once whenever it
/// is started, takes whatever runs at its start with it, and that is to blame for nothing.
pub const SUSPECT_WAITS: SignedDuration = SignedDuration::from_mins(1);

/// A job to be put on the ledger.
#[derive(Debug, Clone)]
pub struct NewJob<'a> {
    /// Which handler runs it.
    pub kind: &'a str,
    /// The workspace it works for.
    pub workspace: Option<WorkspaceId>,
    /// What the handler needs.
    pub payload: Value,
    /// At most one job that is not done has this key.
    pub once_key: Option<&'a str>,
    /// When it is due.
    pub due_at: Timestamp,
}

fn job(row: &Row) -> Result<Job> {
    Ok(Job {
        id: row.id("id")?,
        kind: row.get("kind")?,
        workspace_id: row.opt_id("workspace_id")?,
        payload: row.json("payload")?,
        lease_epoch: row.get("lease_epoch")?,
        failures: row.count("failures")?,
        deaths: row.count("deaths")?,
    })
}

/// Puts a job on the ledger. Where one with its key is there already, that one comes
/// no later than this one would; where it is running, it runs once more, because it
/// may have looked already at what this one is for. Its worker then finds its lease
/// [`StoreError::Stale`]. One of which a process died keeps its time.
pub async fn enqueue(tx: &mut Tx, new: &NewJob<'_>) -> Result<()> {
    let (id, now) = (tx.new_id::<JobId>(), tx.now());
    tx.execute(
        sql("INSERT INTO jobs (id, kind, workspace_id, payload, once_key, state, due_at, lease_epoch, failures, \
             created_at, updated_at) VALUES ($1, $2, $3, $4, $5, 'ready', $6, 0, 0, $7, $8) \
             ON CONFLICT (once_key) DO UPDATE SET state = 'ready', lease_boot = NULL, lease_until = NULL, \
             lease_epoch = CASE WHEN jobs.state = 'running' THEN jobs.lease_epoch + 1 ELSE jobs.lease_epoch END, \
             due_at = CASE WHEN jobs.state = 'ready' AND (jobs.due_at < excluded.due_at OR jobs.deaths > 0) \
             THEN jobs.due_at ELSE excluded.due_at END, updated_at = excluded.updated_at")
        .id(id)
        .bind(new.kind)
        .opt_id(new.workspace)
        .bind(sql::json(&new.payload)?)
        .bind(new.once_key)
        .bind(new.due_at)
        .bind(now)
        .bind(now),
    )
    .await?;
    tx.ring(Bell::Jobs);
    Ok(())
}

/// Puts a job on the ledger. One that is there already with its key and waits runs
/// at the earlier of both times.
pub async fn enqueue_or_hasten(tx: &mut Tx, new: &NewJob<'_>) -> Result<()> {
    enqueue(tx, new).await?;
    let now = tx.now();
    tx.execute(
        sql("UPDATE jobs SET due_at = $1, updated_at = $2 WHERE once_key = $3 AND state = 'ready' AND due_at > $1 \
             AND deaths = 0")
        .bind(new.due_at)
        .bind(now)
        .bind(new.once_key),
    )
    .await?;
    Ok(())
}

/// Asks that what was deleted also leaves the file, within a period from now.
///
/// All that is deleted in one such period shares a job at its end, since erasing reads the
/// whole database. The job of the period before may be running already, and be past what is
/// deleted now; that is why the key is not the same for all.
pub async fn erase_within(tx: &mut Tx, period: SignedDuration) -> Result<()> {
    let length = period.as_micros().max(1);
    let number = i128::from(tx.now().as_microsecond()).div_euclid(length);
    let end = i64::try_from((number + 1) * length).unwrap_or(i64::MAX);
    let due_at = Timestamp::from_microsecond(end).unwrap_or(Timestamp::MAX);
    let key = format!("erase:{length}:{number}");
    let erase = NewJob { kind: "erase", workspace: None, payload: json!({}), once_key: Some(&key), due_at };
    enqueue(tx, &erase).await
}

/// What a job was for is no longer wanted: the one with this key goes, if there is one.
pub async fn forget(tx: &mut Tx, once_key: &str) -> Result<()> {
    tx.execute(sql("DELETE FROM jobs WHERE once_key = $1").bind(once_key)).await?;
    Ok(())
}

/// Which jobs a runner takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Those that are done in a moment, one after the other.
    Short,
    /// Those on files, which may take minutes: their kinds begin with `media.`.
    Media,
    /// Fetching a file, for which another server takes as long as it likes: one at a time for each workspace.
    Import,
    /// Encoding a video, which may take an hour and every core.
    Encode,
    /// E-mail, for which another server takes as long as it likes: their kinds begin with `mail.`.
    Mail,
}

impl Sort {
    const fn condition(self) -> &'static str {
        match self {
            Sort::Short => "kind NOT LIKE 'media.%' AND kind NOT LIKE 'mail.%'",
            Sort::Media => "kind LIKE 'media.%' AND kind NOT IN ('media.encode', 'media.import')",
            Sort::Import => {
                "kind = 'media.import' AND NOT EXISTS (SELECT 1 FROM jobs o WHERE o.kind = 'media.import' \
                 AND o.workspace_id = jobs.workspace_id AND (o.state = 'running' \
                 OR (o.state = 'ready' AND (o.due_at, o.id) < (jobs.due_at, jobs.id))))"
            }
            Sort::Encode => "kind = 'media.encode'",
            Sort::Mail => "kind LIKE 'mail.%'",
        }
    }
}

/// Takes jobs that are due and done in a moment.
pub async fn claim(tx: &mut Tx, boot: BootId, limit: u32, lease: Duration) -> Result<Vec<Job>> {
    claim_sort(tx, Sort::Short, boot, limit, lease).await
}

/// Takes jobs of a sort that are due.
pub async fn claim_sort(tx: &mut Tx, sort: Sort, boot: BootId, limit: u32, lease: Duration) -> Result<Vec<Job>> {
    let lock = tx.lock_clause(" FOR UPDATE SKIP LOCKED");
    let now = tx.now();
    let until = now.saturating_add(lease).map_err(|error| StoreError::corrupt("lease_until", error))?;
    if sort == Sort::Import && tx.locks_rows() {
        // Two nodes must not each take one of the same workspace. SQLite's writers take turns anyway.
        tx.one(sql("SELECT pg_advisory_xact_lock(hashtextextended('jobs media.import', 0)) IS NULL AS taken")).await?;
    }
    let text = format!(
        "WITH due AS (SELECT id FROM jobs WHERE state = 'ready' AND due_at <= $1 AND {} ORDER BY due_at, id \
         LIMIT $2{lock}) \
         UPDATE jobs SET state = 'running', lease_epoch = lease_epoch + 1, lease_boot = $3, lease_until = $4, \
         updated_at = $5 FROM due WHERE jobs.id = due.id \
         RETURNING jobs.id, kind, workspace_id, payload, lease_epoch, failures, deaths",
        sort.condition()
    );
    tx.map(sql(text).bind(now).bind(limit).id(boot).bind(until).bind(now), job).await
}

/// A sign of life: the job is ours for so long from now. [`StoreError::Stale`] when it is somebody else's.
pub async fn extend(tx: &mut Tx, job: &Job, lease: Duration) -> Result<()> {
    let until = tx.now().saturating_add(lease).map_err(|error| StoreError::corrupt("lease_until", error))?;
    let extended = sql("UPDATE jobs SET lease_until = $1 WHERE id = $2 AND lease_epoch = $3 AND state = 'running'");
    tx.execute_one(extended.bind(until).id(job.id).bind(job.lease_epoch)).await
}

/// A job is done: its row goes, and its key is free again.
pub async fn finish(tx: &mut Tx, job: &Job) -> Result<()> {
    tx.execute_one(
        sql("DELETE FROM jobs WHERE id = $1 AND lease_epoch = $2 AND state = 'running'")
            .id(job.id)
            .bind(job.lease_epoch),
    )
    .await
}

/// A job goes on: keeps how far it came, in the transaction of the work itself,
/// and that it is alive for `lease` from now.
pub async fn progress(tx: &mut Tx, job: &Job, payload: &Value, lease: Duration) -> Result<()> {
    let now = tx.now();
    let until = now.saturating_add(lease).map_err(|error| StoreError::corrupt("lease_until", error))?;
    tx.execute_one(
        sql("UPDATE jobs SET payload = $1, lease_until = $2, updated_at = $3 \
             WHERE id = $4 AND lease_epoch = $5 AND state = 'running'")
        .bind(crate::sql::json(payload)?)
        .bind(until)
        .bind(now)
        .id(job.id)
        .bind(job.lease_epoch),
    )
    .await
}

/// A job has begun with what this payload says and keeps to it; its key is free, so that what
/// comes from now on gets a job of its own.
pub async fn keep_to(tx: &mut Tx, job: &Job, payload: &Value) -> Result<()> {
    let now = tx.now();
    tx.execute_one(
        sql("UPDATE jobs SET payload = $1, once_key = NULL, updated_at = $2 \
             WHERE id = $3 AND lease_epoch = $4 AND state = 'running'")
        .bind(sql::json(payload)?)
        .bind(now)
        .id(job.id)
        .bind(job.lease_epoch),
    )
    .await
}

/// A job is done for now and runs again at `at`.
pub async fn again(tx: &mut Tx, job: &Job, at: Timestamp) -> Result<()> {
    let now = tx.now();
    tx.execute_one(
        sql(
            "UPDATE jobs SET state = 'ready', due_at = $1, failures = 0, deaths = 0, detail = NULL, lease_boot = NULL, \
             lease_until = NULL, updated_at = $2 WHERE id = $3 AND lease_epoch = $4 AND state = 'running'",
        )
        .bind(at)
        .bind(now)
        .id(job.id)
        .bind(job.lease_epoch),
    )
    .await
}

/// A job failed: it is tried again at `again`, or given up for good and kept as evidence.
pub async fn fail(tx: &mut Tx, job: &Job, detail: &str, again: Option<Timestamp>) -> Result<()> {
    let now = tx.now();
    let state = if again.is_some() { "ready" } else { "failed" };
    tx.execute_one(
        sql("UPDATE jobs SET state = $1, due_at = COALESCE($2, due_at), failures = failures + 1, deaths = 0, detail = $3, \
             once_key = CASE WHEN $1 = 'failed' THEN NULL ELSE once_key END, \
             lease_boot = NULL, lease_until = NULL, updated_at = $4 \
             WHERE id = $5 AND lease_epoch = $6 AND state = 'running'")
        .bind(state)
        .bind(again)
        .bind(detail)
        .bind(now)
        .id(job.id)
        .bind(job.lease_epoch),
    )
    .await
}

/// An orderly shutdown leaves its jobs to others, as if it had not begun them.
pub async fn give_back(tx: &mut Tx, boot: BootId) -> Result<u64> {
    let now = tx.now();
    let text = "UPDATE jobs SET state = 'ready', lease_epoch = lease_epoch + 1, lease_boot = NULL, lease_until = NULL, \
                updated_at = $1 WHERE state = 'running' AND lease_boot = $2";
    tx.execute(sql(text).bind(now).id(boot)).await
}

/// Takes back jobs whose lease has run out or whose process is proven gone. Unless that process was heard of since, as
/// after a machine's sleep, it died.
pub async fn rescue(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    let later = now.saturating_add(SUSPECT_WAITS).unwrap_or(now);
    let died =
        "NOT EXISTS (SELECT 1 FROM nodes h WHERE h.boot_id = jobs.lease_boot AND h.heartbeat_at >= jobs.lease_until)";
    let text = format!(
        "UPDATE jobs SET state = 'ready', lease_epoch = lease_epoch + 1, lease_boot = NULL, lease_until = NULL, \
         failures = failures + 1, deaths = deaths + CASE WHEN {died} THEN 1 ELSE 0 END, \
         due_at = CASE WHEN {died} AND deaths > 0 AND deaths + 1 < {DEATHS} THEN $1 ELSE due_at END, \
         updated_at = $2 WHERE state = 'running' AND (lease_until < $3 OR {})",
        nodes::gone_condition("jobs.lease_boot")
    );
    tx.execute(sql(text).bind(later).bind(now).bind(now)).await
}

/// When the next job of a sort is due.
pub async fn next_due_of(tx: &mut Tx, sort: Sort) -> Result<Option<Timestamp>> {
    let text = format!("SELECT min(due_at) AS due FROM jobs WHERE state = 'ready' AND {}", sort.condition());
    tx.one(sql(text)).await?.opt_time("due")
}

/// When the next job is due.
pub async fn next_due(tx: &mut Tx) -> Result<Option<Timestamp>> {
    tx.one(sql("SELECT min(due_at) AS due FROM jobs WHERE state = 'ready'")).await?.opt_time("due")
}

/// Deletes jobs that were given up before an instant.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(sql("DELETE FROM jobs WHERE state = 'failed' AND updated_at < $1").bind(before)).await
}

/// How many jobs are in each state; every state is there, also with nothing in it.
pub async fn counts(tx: &mut Tx) -> Result<Vec<(String, u64)>> {
    let rows = tx.rows(sql("SELECT state, count(*) AS n FROM jobs GROUP BY state")).await?;
    let mut counts: Vec<(String, u64)> = ["ready", "running", "failed"].map(|state| (state.to_owned(), 0)).into();
    for row in rows {
        let state: String = row.get("state")?;
        if let Some(count) = counts.iter_mut().find(|(name, _)| *name == state) {
            count.1 = row.count("n")?;
        }
    }
    Ok(counts)
}
