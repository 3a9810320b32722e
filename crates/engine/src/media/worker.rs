//! Takes jobs on files and runs them, and tidies up what was left behind.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postrider_domain::Code;
use postrider_domain::id::{BootId, WorkspaceId};
use postrider_store::repo::jobs::{self, Job, Sort};
use postrider_store::repo::media::{self, ENCODE_JOB, ERASE_JOB, IMPORT_JOB, INSPECT_JOB, RENDER_JOB};
use postrider_store::repo::posts;
use postrider_store::{Bell, Result, StoreError};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::failure::Trouble;
use super::{Studio, erase, import, inspect, render};
use crate::backoff;
use crate::ctx::Ctx;
use crate::metrics::JobEnd;

/// How long a job may be without a sign of life before another node takes it.
const LEASE: Duration = Duration::from_secs(60);

/// How often a sign of life is given.
const BEAT: Duration = Duration::from_secs(15);

/// After so many failures a job is given up, or the operator told where it is not.
const FAILURES: u64 = 8;

/// The failure after which waits grow no longer: they stay at ten minutes, since what passes may pass at any time.
const LONGEST_WAIT: u64 = 5;

/// How often it is looked for what was left behind.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// How old bytes must be that nobody finished storing, to be those of a process that died.
const LEFT_BEHIND: SignedDuration = SignedDuration::from_hours(6);

/// How much is swept in one go.
const BATCH: u32 = 64;

/// Runs until told to stop: quick jobs side by side, encodings one after the other. What waits for another server has
/// slots of its own.
pub(crate) async fn run(studio: Studio, ctx: Arc<Ctx>, tracker: TaskTracker, stop: CancellationToken) {
    for (sort, slots) in [(Sort::Media, 4), (Sort::Import, 2), (Sort::Encode, 1)] {
        let (studio, ctx) = (studio.clone(), Arc::clone(&ctx));
        let pool = Pool { studio, ctx, sort, slots: Arc::new(Semaphore::new(slots)) };
        tracker.spawn(pool.run(tracker.clone(), stop.clone()));
    }
    loop {
        if let Err(error) = studio.sweep().await {
            tracing::warn!(%error, "files that outlived their purpose could not be swept");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP_EVERY) => {}
        }
    }
}

/// Jobs of one sort.
struct Pool {
    studio: Studio,
    ctx: Arc<Ctx>,
    sort: Sort,
    slots: Arc<Semaphore>,
}

impl Pool {
    async fn run(self, tracker: TaskTracker, stop: CancellationToken) {
        let poll = self.ctx.config.poll;
        let mut bell = self.studio.store.wake().listen(Bell::Jobs);
        loop {
            // Listen before looking, so that nothing that comes in between is missed.
            bell.borrow_and_update();
            let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await else { return };
            let claimed = self.studio.claim(self.sort, self.ctx.boot).await;
            let sleep = match claimed {
                Ok(Some(job)) => {
                    let (studio, ctx, stop) = (self.studio.clone(), Arc::clone(&self.ctx), stop.clone());
                    tracker.spawn(async move {
                        tokio::select! {
                            // Left to the next start, which sees that this one is over.
                            () = stop.cancelled() => {}
                            end = studio.work(&job) => {
                                end.into_iter().for_each(|end| ctx.metrics.job(&job.kind, end));
                            }
                        }
                        drop(slot);
                    });
                    continue;
                }
                Ok(None) => self.sleep(poll).await,
                Err(error) => {
                    tracing::warn!(%error, "could not look for jobs on files");
                    poll
                }
            };
            drop(slot);
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(sleep) => {}
                _ = bell.changed() => {}
            }
        }
    }

    async fn sleep(&self, poll: Duration) -> Duration {
        let Ok(mut tx) = self.studio.store.read().await else { return poll };
        let Ok(Some(due)) = jobs::next_due_of(&mut tx, self.sort).await else { return poll };
        Duration::try_from(tx.now().duration_until(due)).unwrap_or_default().clamp(Duration::from_millis(1), poll)
    }
}

impl Studio {
    /// Does every job that is due now, one after the other, for whoever has no engine running: tests and commands.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn work_off(&self) -> Result<()> {
        let boot = self.store.read().await?.new_id();
        for sort in [Sort::Import, Sort::Media, Sort::Encode, Sort::Media] {
            while let Some(job) = self.claim(sort, boot).await? {
                self.work(&job).await;
            }
        }
        Ok(())
    }

    async fn claim(&self, sort: Sort, boot: BootId) -> Result<Option<Job>> {
        let mut tx = self.store.write().await?;
        let claimed = jobs::claim_sort(&mut tx, sort, boot, 1, LEASE).await?;
        tx.commit().await?;
        Ok(claimed.into_iter().next())
    }

    /// Runs one job and writes down what came of it; says so where that was ours to write.
    async fn work(&self, job: &Job) -> Option<JobEnd> {
        let ended = if job.deaths >= jobs::DEATHS {
            self.bury(job).await
        } else {
            tokio::select! {
                done = self.handle(job) => self.settle(job, done).await,
                lost = self.keep_alive(job) => Err(lost),
            }
        };
        match ended {
            Ok(end) => return Some(end),
            Err(StoreError::Stale) => tracing::info!(job = %job.id, "another node has the job by now"),
            Err(error) => tracing::warn!(job = %job.id, %error, "left to be rescued"),
        }
        None
    }

    /// Returns only when the job is lost.
    async fn keep_alive(&self, job: &Job) -> StoreError {
        loop {
            tokio::time::sleep(BEAT).await;
            if let Err(error @ StoreError::Stale) = self.beat(job).await {
                return error;
            }
        }
    }

    async fn beat(&self, job: &Job) -> Result<()> {
        let mut tx = self.store.write().await?;
        jobs::extend(&mut tx, job, LEASE).await?;
        tx.commit().await
    }

    async fn handle(&self, job: &Job) -> Result<(), Trouble> {
        match job.kind.as_str() {
            // Each in a box of its own: together they would be one very large value.
            INSPECT_JOB => Box::pin(inspect::run(self, workspace(job)?, &media::payload(&job.payload)?)).await,
            IMPORT_JOB => Box::pin(import::run(self, workspace(job)?, &media::payload(&job.payload)?)).await,
            RENDER_JOB | ENCODE_JOB => {
                Box::pin(render::run(self, workspace(job)?, &media::payload(&job.payload)?)).await
            }
            ERASE_JOB => erase::run(&self.kit, &media::payload(&job.payload)?).await,
            other => Err(StoreError::corrupt("kind", format!("no handler for `{other}`")).into()),
        }
    }

    async fn settle(&self, job: &Job, done: Result<(), Trouble>) -> Result<JobEnd> {
        let mut tx = self.store.write().await?;
        let mut end = JobEnd::Done;
        match done {
            // The file or its workspace is gone: so is the work.
            Ok(()) | Err(Trouble::Store(StoreError::NotFound)) => jobs::finish(&mut tx, job).await?,
            Err(Trouble::Store(StoreError::Stale)) => return Err(StoreError::Stale),
            Err(Trouble::Store(StoreError::Exceeded { meter, limit, used })) => {
                let args =
                    [("meter", meter.as_str().to_owned()), ("limit", limit.to_string()), ("used", used.to_string())];
                let args = args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                self.refuse(&mut tx, job, Code::EntitlementExceeded, &args).await?;
                jobs::finish(&mut tx, job).await?;
            }
            Err(Trouble::Final { code, args }) => {
                self.refuse(&mut tx, job, code, &args).await?;
                jobs::finish(&mut tx, job).await?;
            }
            Err(passing) => {
                tracing::warn!(job = %job.id, kind = job.kind, error = %passing, "a job on a file failed");
                let often = job.failures + 1 >= FAILURES;
                let given_up = often && may_be_given_up(job, &passing);
                if given_up {
                    let code = if let Trouble::Later { code, .. } = &passing { *code } else { Code::InternalFault };
                    self.refuse(&mut tx, job, code, &Default::default()).await?;
                } else if often {
                    let failures = job.failures + 1;
                    tracing::error!(job = %job.id, kind = job.kind, failures, error = %passing,
                        "work on a file does not get on; it is tried every ten minutes until what is wrong is mended");
                }
                let waits = job.failures.min(LONGEST_WAIT);
                let next = backoff::after_failure(tx.now(), waits, self.store.entropy().as_ref());
                jobs::fail(&mut tx, job, &passing.to_string(), (!given_up).then_some(next)).await?;
                end = JobEnd::failed(!given_up);
            }
        }
        tx.commit().await?;
        Ok(end)
    }

    /// What the process died of each time is not tried again; what is to be erased is, after a while.
    async fn bury(&self, job: &Job) -> Result<JobEnd> {
        tracing::error!(job = %job.id, kind = job.kind, deaths = job.deaths, "the process died each time it did this job");
        let mut tx = self.store.write().await?;
        let args = [("times".to_owned(), job.deaths.to_string())].into();
        self.refuse(&mut tx, job, Code::MediaCrashed, &args).await?;
        let next = backoff::after_failure(tx.now(), LONGEST_WAIT, self.store.entropy().as_ref());
        let again = (job.kind == ERASE_JOB).then_some(next);
        jobs::fail(&mut tx, job, "the process died each time", again).await?;
        tx.commit().await?;
        Ok(JobEnd::failed(again.is_some()))
    }

    /// What the job was about cannot be had; whoever waits for it learns why.
    async fn refuse(
        &self,
        tx: &mut postrider_store::Tx,
        job: &Job,
        code: Code,
        args: &std::collections::BTreeMap<String, String>,
    ) -> Result<()> {
        let Some(of) = job.workspace_id else { return Ok(()) };
        let refused = match job.kind.as_str() {
            RENDER_JOB | ENCODE_JOB => media::fail_rendition(tx, of, &media::payload(&job.payload)?, code, args).await,
            INSPECT_JOB | IMPORT_JOB => {
                let payload: media::MediaPayload = media::payload(&job.payload)?;
                media::mark_failed(tx, of, payload.media, code, args).await
            }
            _ => Ok(()),
        };
        match refused {
            // Somebody settled or deleted it meanwhile.
            Err(StoreError::Stale | StoreError::NotFound) => Ok(()),
            other => other,
        }
    }

    /// Gives up uploads that stand still, and purges content that is kept no longer.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn sweep(&self) -> Result<()> {
        let still = media::expired(&mut self.store.read().await?, BATCH).await?;
        for (workspace, id) in still {
            let mut tx = self.store.write().await?;
            media::abandon(&mut tx, workspace, id).await?;
            tx.commit().await?;
        }
        let now = self.store.now().await?;
        let long_ago = now.saturating_sub(LEFT_BEHIND).unwrap_or(Timestamp::MIN);
        if let Err(error) = self.kit.blobs.sweep(long_ago.into()).await {
            tracing::warn!(%error, "what dead processes left in the storage could not be removed");
        }
        let mut tx = self.store.write().await?;
        let age = SignedDuration::try_from(self.kit.rules.keep_content).unwrap_or(SignedDuration::MAX);
        let before = tx.now().saturating_sub(age).unwrap_or(Timestamp::MIN);
        posts::purge_content(&mut tx, before, BATCH).await?;
        tx.commit().await
    }
}

/// Whether it can be given up for something that may pass. Not what would lose bytes that arrived whole, nor fail
/// posts, for an outage or a full disk: a delivery waits within its own window. What is imported can be fetched again.
fn may_be_given_up(job: &Job, trouble: &Trouble) -> bool {
    match (job.kind.as_str(), trouble) {
        (ERASE_JOB, _) => false,
        (INSPECT_JOB | RENDER_JOB | ENCODE_JOB, Trouble::Store(error)) => matches!(error, StoreError::Corrupt { .. }),
        (INSPECT_JOB | RENDER_JOB | ENCODE_JOB, _) => false,
        _ => true,
    }
}

fn workspace(job: &Job) -> Result<WorkspaceId> {
    job.workspace_id.ok_or_else(|| StoreError::corrupt("workspace_id", "missing"))
}
