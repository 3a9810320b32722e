//! The publishing loop of a node: claim what is due, run it, sleep until more is.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use postrider_domain::id::WorkspaceId;
use postrider_store::repo::deliveries::{self, Candidate};
use postrider_store::{Bell, Result, Tx};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ctx::Ctx;
use crate::fairness::Fairness;
use crate::gate::LeaseGuard;
use crate::run;
use crate::seats::{Room, Seat, Seats};

/// How many more candidates are looked at than there are slots, for fairness.
const OVERFETCH: usize = 4;

/// Candidates looked at in one go at most.
const MOST: usize = 512;

/// How often a look is widened at most: each time past the workspaces that fill it.
const WIDENED: usize = 4;

/// How many times as long as a widened look took it is not done again: what is due for a crowd is read past, and
/// that may be much.
const WIDE_PAUSE: u32 = 20;

/// How long to wait while something is due on a lane that is not free.
const BLOCKED: Duration = Duration::from_millis(500);

pub(crate) struct Publisher {
    ctx: Arc<Ctx>,
    seats: Arc<Seats>,
    tracker: TaskTracker,
    fairness: Fairness,
    /// When a look may be widened again.
    widen_at: Instant,
}

impl Publisher {
    pub(crate) fn new(ctx: Arc<Ctx>, tracker: TaskTracker) -> Self {
        let seats = Seats::new(ctx.config.slots);
        Self { ctx, seats, tracker, fairness: Fairness::default(), widen_at: LeaseGuard::clock() }
    }

    /// Runs until told to stop. A database that does not answer is asked again.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut bell = self.ctx.store.wake().listen(Bell::Due);
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
                () = self.seats.left() => {}
                _ = bell.changed() => {}
            }
        }
    }

    /// Claims as much as fits and starts it. Returns how long to sleep.
    async fn claim_and_start(&mut self, stop: &CancellationToken) -> Result<Duration> {
        let room = self.seats.room();
        if room.free() == 0 {
            return Ok(self.ctx.config.poll);
        }
        // Most bells ring for what is due later, and a look that may take something keeps writers waiting.
        if let Some(sleep) = self.quiet(&mut self.ctx.store.glance().await?).await? {
            return Ok(sleep);
        }
        let claimed_at = LeaseGuard::clock();
        let mut tx = self.ctx.store.write().await?;
        let look = self.look(&mut tx, &room).await?;
        let mut leases = Vec::new();
        for candidate in self.fairness.choose(look.candidates, room.clone()) {
            if let Some((_, lease)) =
                deliveries::claim(&mut tx, &candidate, self.ctx.boot, self.ctx.config.lease).await?
            {
                leases.push(lease);
            }
        }
        let free = if room.open() > 0 { room.open() } else { room.free() };
        let sleep = match sees_too_little(look.full, leases.len(), free) {
            true => Duration::ZERO,
            false => self.quiet(&mut tx).await?.unwrap_or(BLOCKED).min(look.again.unwrap_or(Duration::MAX)),
        };
        tx.commit().await?;
        for lease in leases {
            let seat = self.seats.take(lease.workspace);
            self.start(lease, claimed_at, seat, stop.clone());
        }
        Ok(sleep)
    }

    /// What may be claimed. A look that one workspace fills says nothing about others, so it is done again without
    /// that one; and where all seats that are left are kept for newcomers, only those are looked for.
    async fn look(&mut self, tx: &mut Tx, room: &Room) -> Result<Look> {
        let wanted = (room.free() * OVERFETCH).min(MOST);
        let mut look = Look::default();
        let mut passed = room.seated();
        if room.open() > 0 {
            look.candidates = candidates(tx, wanted, &[]).await?;
            look.full = look.candidates.len() >= wanted;
            passed = workspaces(&look.candidates);
        }
        if room.open() > 0 && !look.full {
            return Ok(look);
        }
        let began = LeaseGuard::clock();
        if let Some(left) = self.widen_at.checked_duration_since(began).filter(|left| !left.is_zero()) {
            look.again = Some(left);
            return Ok(look);
        }
        for _ in 0..WIDENED {
            let others = candidates(tx, wanted, &passed).await?;
            passed.extend(workspaces(&others));
            let full = others.len() >= wanted;
            look.candidates.extend(others);
            if !full {
                break;
            }
        }
        let now = LeaseGuard::clock();
        self.widen_at = now + now.duration_since(began) * WIDE_PAUSE;
        Ok(look)
    }

    /// How long to sleep, where nothing is due now.
    async fn quiet(&self, tx: &mut Tx) -> Result<Option<Duration>> {
        let poll = self.ctx.config.poll;
        let Some(due) = deliveries::next_due(tx).await? else { return Ok(Some(poll)) };
        let until = Duration::try_from(tx.now().duration_until(due)).unwrap_or_default();
        Ok((!until.is_zero()).then(|| until.clamp(Duration::from_millis(1), poll)))
    }

    fn start(&self, lease: deliveries::Lease, claimed: Instant, seat: Seat, stop: CancellationToken) {
        let ctx = Arc::clone(&self.ctx);
        self.tracker.spawn(async move {
            run::drive(ctx, lease, claimed, stop).await;
            drop(seat);
        });
    }
}

/// What a look at the ledger saw.
#[derive(Default)]
struct Look {
    candidates: Vec<Candidate>,
    /// Whether there is more of the same.
    full: bool,
    /// How soon it can be widened, where it was too soon.
    again: Option<Duration>,
}

async fn candidates(tx: &mut Tx, wanted: usize, besides: &[WorkspaceId]) -> Result<Vec<Candidate>> {
    deliveries::candidates_besides(tx, u32::try_from(wanted).unwrap_or(u32::MAX), besides).await
}

fn workspaces(candidates: &[Candidate]) -> Vec<WorkspaceId> {
    let all: HashSet<WorkspaceId> = candidates.iter().map(|candidate| candidate.workspace).collect();
    all.into_iter().collect()
}

/// Whether a look was full of few accounts: then it says nothing about others, which may be
/// free and due, and the next look, in which those few are busy, is worth having at once.
fn sees_too_little(full: bool, taken: usize, free: usize) -> bool {
    full && taken > 0 && taken < free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_look_at_few_accounts_is_followed_by_another_at_once() {
        assert!(sees_too_little(true, 1, 2), "one account has all that was seen");
        assert!(!sees_too_little(true, 2, 2), "nothing is free any more");
        assert!(!sees_too_little(false, 1, 2), "that was all there is");
        assert!(!sees_too_little(true, 0, 2), "others were faster: no use in asking at once");
    }
}
