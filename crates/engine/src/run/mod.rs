//! Running one claimed delivery: load, check, settle what is open, then part by part.

mod checks;
mod failure;
mod media;
mod send;
mod settle;
mod work;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use postrider_domain::Code;
use postrider_domain::delivery::{Event, State};
use postrider_store::repo::deliveries::{self, Ending, Lease};
use postrider_store::{StoreError, Tx};
use tokio::time::Instant;

pub use media::prepare;

use crate::ctx::Ctx;
use crate::gate::LeaseGuard;
use crate::{failpoint, notice};
use work::Work;

/// What a round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Round {
    /// There is more to do now.
    Again,
    /// The delivery has left `running`, or belongs to somebody else.
    Left,
}

/// What stays true across the rounds of one claim.
pub(crate) struct Run {
    pub(crate) ctx: Arc<Ctx>,
    pub(crate) guard: Arc<LeaseGuard>,
    /// One forced refresh is allowed before a refusal counts.
    pub(crate) refreshed: bool,
    /// Checks before sending are done once per claim.
    pub(crate) checked: bool,
}

impl Run {
    pub(crate) fn lease(&self) -> &Lease {
        self.guard.lease()
    }
}

/// Runs a claimed delivery until it leaves `running` or the lease is lost.
///
/// A database that goes away is not an error of the delivery: the lease runs
/// out, and whoever rescues it looks before sending.
pub(crate) async fn drive(ctx: Arc<Ctx>, lease: Lease, claimed: Instant) {
    let guard = LeaseGuard::new(Arc::clone(&ctx), lease, claimed);
    let _alive = guard.keep_alive();
    let mut run = Run { ctx, guard, refreshed: false, checked: false };
    failpoint!("claimed");
    match AssertUnwindSafe(rounds(&mut run)).catch_unwind().await {
        Ok(Ok(())) => {}
        Ok(Err(StoreError::Stale)) => tracing::info!(delivery = %lease.delivery, "taken over by somebody else"),
        Ok(Err(error)) => tracing::warn!(delivery = %lease.delivery, %error, "left to be rescued"),
        Err(_) => panicked(&run).await,
    }
}

async fn rounds(run: &mut Run) -> Result<(), StoreError> {
    while round(run).await? == Round::Again {
        if run.guard.is_lost() {
            return Err(StoreError::Stale);
        }
    }
    Ok(())
}

async fn round(run: &mut Run) -> Result<Round, StoreError> {
    let work = match work::load(run).await? {
        work::Loaded::Ready(work) => *work,
        work::Loaded::Left => return Ok(Round::Left),
    };
    if work.open.is_some() {
        return settle::open_step(run, &work).await;
    }
    if work.is_restored() {
        return settle::keep_held(run, &work, None).await;
    }
    if work.delivery.stop_requested {
        return finish(run, &work).await;
    }
    if !run.checked {
        if checks::before_sending(run, &work).await? == Round::Left {
            return Ok(Round::Left);
        }
        run.checked = true;
    }
    match work.next_part() {
        Some(position) => send::part(run, &work, position).await,
        None => finish(run, &work).await,
    }
}

/// Nothing is left to send.
async fn finish(run: &Run, work: &Work) -> Result<Round, StoreError> {
    let mut tx = run.ctx.store.write().await?;
    deliveries::fence(&mut tx, run.lease()).await?;
    conclude(&mut tx, run.lease(), work, &Ending::default()).await?;
    failpoint!("before_result");
    tx.commit().await?;
    failpoint!("after_result");
    Ok(Round::Left)
}

/// Ends a delivery within a transaction that holds its fence: published when
/// anything is out (incomplete when not everything is), else failed.
pub(crate) async fn conclude(tx: &mut Tx, lease: &Lease, work: &Work, ending: &Ending) -> Result<(), StoreError> {
    use postrider_store::repo::parts;
    let parts = parts::of_delivery(tx, lease.workspace, lease.delivery).await?;
    let out = parts.iter().filter(|part| part.published_at.is_some()).count();
    if out == 0 {
        deliveries::fail(tx, lease, Event::Fail, ending).await?;
        notice::about_delivery(tx, &work.delivery, Code::NoteFailed, work.note_args(ending)).await?;
        return notice::delivery_changed(tx, &work.delivery, State::Failed).await;
    }
    let incomplete = out < work.variant.parts.len();
    if incomplete {
        parts::skip_pending(tx, lease.delivery).await?;
    }
    deliveries::publish(tx, lease, incomplete, ending).await?;
    let note = if incomplete { Code::NoteIncomplete } else { Code::NotePublished };
    notice::about_delivery(tx, &work.delivery, note, work.note_args(ending)).await?;
    notice::delivery_changed(tx, &work.delivery, State::Published).await
}

/// A panic is our fault, and it may have come after something was sent.
async fn panicked(run: &Run) {
    tracing::error!(delivery = %run.lease().delivery, "a connector panicked");
    if let Err(error) = failure::after_panic(run).await {
        tracing::warn!(delivery = %run.lease().delivery, %error, "left to be rescued");
    }
}
