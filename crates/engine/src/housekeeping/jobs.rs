//! Jobs: a few at a time, each on its own, with a lease that is extended while it works.

use std::sync::Arc;
use std::time::Duration;

use postrider_store::repo::channels::{self, ChannelState};
use postrider_store::repo::jobs::{self, Job, Sort};
use postrider_store::{Result, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

use crate::ctx::Ctx;
use crate::mail::Undelivered;
use crate::metrics::JobEnd;
use crate::{backoff, consent, live, mail, series, zones};

/// Jobs of one sort that a node does at once. Mail has slots of its own: a mail server that hangs holds up mail only.
const SLOTS: usize = 4;

/// How long a job may be silent before another node takes it.
pub(crate) const LEASE: Duration = Duration::from_secs(60);

/// After this many failures a job is given up and kept as evidence.
const FAILURES: u64 = 12;

/// Jobs that are never given up: nobody would begin them again. A change of what is live ends by itself.
const STANDING: [&str; 3] = [series::DAILY, zones::KIND, live::KIND];

/// What a handler leaves of its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The row is still to be removed.
    Open,
    /// The handler removed it, or put it back, together with its last work.
    Settled,
}

/// Takes jobs that are due and starts each on the tracker.
#[derive(Clone)]
pub(super) struct Worker {
    ctx: Arc<Ctx>,
    tracker: TaskTracker,
    slots: Arc<Semaphore>,
    sort: Sort,
}

impl Worker {
    pub(super) fn new(ctx: Arc<Ctx>, tracker: TaskTracker, sort: Sort) -> Self {
        Self { ctx, tracker, slots: Arc::new(Semaphore::new(SLOTS)), sort }
    }

    pub(super) async fn turn(self) -> Result<()> {
        let free = u32::try_from(self.slots.available_permits()).unwrap_or(0);
        if free == 0 {
            return Ok(());
        }
        let mut tx = self.ctx.store.write().await?;
        let claimed = jobs::claim_sort(&mut tx, self.sort, self.ctx.boot, free, LEASE).await?;
        tx.commit().await?;
        for job in claimed {
            let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { continue };
            self.tracker.spawn(run(Arc::clone(&self.ctx), job, slot));
        }
        Ok(())
    }
}

async fn run(ctx: Arc<Ctx>, job: Job, slot: OwnedSemaphorePermit) {
    let ended = if job.deaths >= jobs::DEATHS {
        bury(&ctx, &job).await
    } else {
        let done = tokio::select! {
            done = attempt(&ctx, &job) => done,
            // Never ends before the job does.
            () = keep(&ctx, &job) => return,
        };
        match done {
            Ok(done) => end(&ctx, &job, done).await,
            Err(why) => mail::undelivered(&ctx, &job, why).await,
        }
    };
    match ended {
        Ok(end) => ctx.metrics.job(&job.kind, end),
        // Its lease ran out, or it was asked for again meanwhile: whoever has it now ends it.
        Err(StoreError::Stale) => tracing::info!(job = %job.id, kind = job.kind, "a job is somebody else's by now"),
        Err(error) => tracing::warn!(job = %job.id, kind = job.kind, %error, "a job's end could not be written"),
    }
    drop(slot);
}

/// Does a job. What did not leave by mail ends in its own way.
async fn attempt(ctx: &Ctx, job: &Job) -> Result<Result<Ended>, Undelivered> {
    match job.kind.starts_with("mail.") {
        true => mail::run(ctx, job).await.map(|()| Ok(Ended::Open)),
        false => Ok(handle(ctx, job).await),
    }
}

/// Extends the lease for as long as the job works.
async fn keep(ctx: &Ctx, job: &Job) {
    loop {
        tokio::time::sleep(LEASE / 3).await;
        if let Err(error) = extend(ctx, job).await {
            tracing::warn!(job = %job.id, kind = job.kind, %error, "a job's lease could not be extended");
        }
    }
}

async fn extend(ctx: &Ctx, job: &Job) -> Result<()> {
    let mut tx = ctx.store.write().await?;
    jobs::extend(&mut tx, job, LEASE).await?;
    tx.commit().await
}

/// What the process died of each time is given up, or left alone for a while where nobody would begin it again.
async fn bury(ctx: &Ctx, job: &Job) -> Result<JobEnd> {
    tracing::error!(job = %job.id, kind = job.kind, deaths = job.deaths, "the process died each time it did this job");
    let mut tx = ctx.store.write().await?;
    let next = backoff::after_failure(tx.now(), u64::MAX, ctx.store.entropy().as_ref());
    let again = STANDING.contains(&job.kind.as_str()).then_some(next);
    jobs::fail(&mut tx, job, "the process died each time", again).await?;
    tx.commit().await?;
    Ok(JobEnd::failed(again.is_some()))
}

/// Writes down what came of a job.
async fn end(ctx: &Ctx, job: &Job, done: Result<Ended>) -> Result<JobEnd> {
    let mut tx = ctx.store.write().await?;
    let mut end = JobEnd::Done;
    match done {
        Ok(Ended::Settled) => return Ok(end),
        Ok(Ended::Open) => jobs::finish(&mut tx, job).await?,
        Err(StoreError::Stale) => return Err(StoreError::Stale),
        Err(error) => {
            tracing::warn!(job = %job.id, kind = job.kind, %error, "a job failed");
            let next = backoff::after_failure(tx.now(), job.failures, ctx.store.entropy().as_ref());
            let tried = job.failures + 1 < FAILURES || STANDING.contains(&job.kind.as_str());
            let again = tried.then_some(next);
            jobs::fail(&mut tx, job, &error.to_string(), again).await?;
            end = JobEnd::failed(tried);
        }
    }
    tx.commit().await?;
    Ok(end)
}

/// Jobs by kind. An unknown kind fails and is tried again: a newer node may know it.
async fn handle(ctx: &Ctx, job: &Job) -> Result<Ended> {
    match job.kind.as_str() {
        "erase" => ctx.store.erase_deleted().await.map(|()| Ended::Open),
        "purge_identity" => purge_identity(ctx, job).await.map(|()| Ended::Open),
        consent::ABANDON => consent::abandon(ctx, job).await.map(|()| Ended::Open),
        series::KIND => series::run(&ctx.store, job).await,
        series::DAILY => series::run_daily(&ctx.store, job).await,
        live::KIND => live::run(ctx, job).await,
        zones::KIND => zones::run(&ctx.store, job).await,
        other => Err(StoreError::corrupt("kind", format!("no handler for `{other}`"))),
    }
}

async fn purge_identity(ctx: &Ctx, job: &Job) -> Result<()> {
    let workspace = job.workspace_id.ok_or_else(|| StoreError::corrupt("workspace_id", "missing"))?;
    let channel = serde_json::from_value(job.payload["channel"].clone())
        .map_err(|error| StoreError::corrupt("payload", error))?;
    let mut tx = ctx.store.write().await?;
    let present = channels::get(&mut tx, workspace, channel).await?;
    if present.state != ChannelState::Disconnected {
        return Ok(());
    }
    channels::purge_identity(&mut tx, workspace, channel).await?;
    tx.commit().await
}
