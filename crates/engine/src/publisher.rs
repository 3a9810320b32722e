//! The publishing loop of a node: claim what is due, run it, sleep until more is.

use std::sync::Arc;
use std::time::Duration;

use postrider_store::Result;
use postrider_store::repo::deliveries;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ctx::Ctx;
use crate::fairness::Fairness;
use crate::gate::LeaseGuard;
use crate::run;

/// How many more candidates are looked at than there are slots, for fairness.
const OVERFETCH: usize = 4;

/// Candidates looked at in one go at most.
const MOST: usize = 512;

/// How long to wait while something is due on a lane that is not free.
const BLOCKED: Duration = Duration::from_millis(500);

pub(crate) struct Publisher {
    ctx: Arc<Ctx>,
    slots: Arc<Semaphore>,
    finished: Arc<Notify>,
    tracker: TaskTracker,
    fairness: Fairness,
}

impl Publisher {
    pub(crate) fn new(ctx: Arc<Ctx>, tracker: TaskTracker) -> Self {
        let slots = Arc::new(Semaphore::new(ctx.config.slots));
        Self { ctx, slots, finished: Arc::default(), tracker, fairness: Fairness::default() }
    }

    /// Runs until told to stop. A database that does not answer is asked again.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut bell = self.ctx.store.wake().listen();
        while !stop.is_cancelled() {
            // Listen before looking, so that nothing that comes in between is missed.
            bell.borrow_and_update();
            let sleep = match self.claim_and_start().await {
                Ok(sleep) => sleep,
                Err(error) => {
                    tracing::warn!(%error, "could not look for due deliveries");
                    self.ctx.config.poll
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(sleep) => {}
                () = self.finished.notified() => {}
                _ = bell.changed() => {}
            }
        }
    }

    /// Claims as much as fits and starts it. Returns how long to sleep.
    async fn claim_and_start(&mut self) -> Result<Duration> {
        let free = self.slots.available_permits();
        if free == 0 {
            return Ok(self.ctx.config.poll);
        }
        let claimed_at = LeaseGuard::clock();
        let mut tx = self.ctx.store.write().await?;
        let wanted = u32::try_from((free * OVERFETCH).min(MOST)).unwrap_or(u32::MAX);
        let candidates = deliveries::candidates(&mut tx, wanted).await?;
        let mut leases = Vec::new();
        for candidate in self.fairness.choose(candidates, free) {
            if let Some((_, lease)) =
                deliveries::claim(&mut tx, &candidate, self.ctx.boot, self.ctx.config.lease).await?
            {
                leases.push(lease);
            }
        }
        let sleep = self.sleep(&mut tx).await?;
        tx.commit().await?;
        for lease in leases {
            let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { continue };
            self.start(lease, claimed_at, slot);
        }
        Ok(sleep)
    }

    async fn sleep(&self, tx: &mut postrider_store::Tx) -> Result<Duration> {
        let Some(due) = deliveries::next_due(tx).await? else { return Ok(self.ctx.config.poll) };
        let until = tx.now().duration_until(due);
        Ok(Duration::try_from(until).unwrap_or(BLOCKED).clamp(Duration::from_millis(1), self.ctx.config.poll))
    }

    fn start(&self, lease: deliveries::Lease, claimed: Instant, slot: OwnedSemaphorePermit) {
        let (ctx, finished) = (Arc::clone(&self.ctx), Arc::clone(&self.finished));
        self.tracker.spawn(async move {
            run::drive(ctx, lease, claimed).await;
            drop(slot);
            finished.notify_one();
        });
    }
}
