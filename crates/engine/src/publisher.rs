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
            let sleep = match self.claim_and_start(&stop).await {
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
    async fn claim_and_start(&mut self, stop: &CancellationToken) -> Result<Duration> {
        let free = self.slots.available_permits();
        if free == 0 {
            return Ok(self.ctx.config.poll);
        }
        let claimed_at = LeaseGuard::clock();
        let mut tx = self.ctx.store.write().await?;
        let wanted = (free * OVERFETCH).min(MOST);
        let candidates = deliveries::candidates(&mut tx, u32::try_from(wanted).unwrap_or(u32::MAX)).await?;
        let candidates_seen = candidates.len();
        let mut leases = Vec::new();
        for candidate in self.fairness.choose(candidates, free) {
            if let Some((_, lease)) =
                deliveries::claim(&mut tx, &candidate, self.ctx.boot, self.ctx.config.lease).await?
            {
                leases.push(lease);
            }
        }
        let sleep = match sees_too_little(candidates_seen, wanted, leases.len(), free) {
            true => Duration::ZERO,
            false => self.sleep(&mut tx).await?,
        };
        tx.commit().await?;
        for lease in leases {
            let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { continue };
            self.start(lease, claimed_at, slot, stop.clone());
        }
        Ok(sleep)
    }

    async fn sleep(&self, tx: &mut postrider_store::Tx) -> Result<Duration> {
        let Some(due) = deliveries::next_due(tx).await? else { return Ok(self.ctx.config.poll) };
        let until = tx.now().duration_until(due);
        Ok(Duration::try_from(until).unwrap_or(BLOCKED).clamp(Duration::from_millis(1), self.ctx.config.poll))
    }

    fn start(&self, lease: deliveries::Lease, claimed: Instant, slot: OwnedSemaphorePermit, stop: CancellationToken) {
        let (ctx, finished) = (Arc::clone(&self.ctx), Arc::clone(&self.finished));
        self.tracker.spawn(async move {
            run::drive(ctx, lease, claimed, stop).await;
            drop(slot);
            finished.notify_one();
        });
    }
}

/// Whether a look was full of few accounts: then it says nothing about others, which may be
/// free and due, and the next look, in which those few are busy, is worth having at once.
fn sees_too_little(seen: usize, wanted: usize, taken: usize, free: usize) -> bool {
    seen >= wanted && taken > 0 && taken < free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_look_at_few_accounts_is_followed_by_another_at_once() {
        assert!(sees_too_little(8, 8, 1, 2), "one account has all that was seen");
        assert!(!sees_too_little(8, 8, 2, 2), "nothing is free any more");
        assert!(!sees_too_little(7, 8, 1, 2), "that was all there is");
        assert!(!sees_too_little(8, 8, 0, 2), "others were faster: no use in asking at once");
    }
}
