//! Running one claimed delivery: load, check, settle what is open, then part by part.

/// Does a block in one transaction under the fence, and comes to what the block does. It is
/// done again while the database is away for a moment and the lease is certainly ours: what a
/// platform answered is not to be lost.
///
/// A macro, because a closure that borrows across an `await` is not known to be `Send`.
macro_rules! fenced {
    ($run:expr, |$tx:ident| $body:block) => {{
        let run: &$crate::run::Run = $run;
        loop {
            let written = $crate::run::written(async {
                let mut begun = run.begin().await?;
                let $tx = &mut begun;
                let done = $crate::run::written(async { $body }).await?;
                run.commit(begun).await?;
                Ok(done)
            });
            match written.await {
                Err(error) if run.tries_again(&error).await => {}
                written => break written,
            }
        }
    }};
}

mod checks;
mod failure;
mod intent;
mod media;
mod room;
mod send;
mod settle;
mod tally;
mod work;

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use postrider_domain::Code;
use postrider_domain::delivery::{Event, State};
use postrider_store::repo::deliveries::{self, Ending, Lease};
use postrider_store::repo::steps::{self, Step};
use postrider_store::{StoreError, Tx};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) use failure::{code, ending};
pub(crate) use media::pinned;
pub use media::prepare;
pub use work::account;

use crate::ctx::Ctx;
use crate::gate::LeaseGuard;
use crate::{failpoint, notice};
use tally::{Event as Counted, Tally};
use work::Work;

/// What a round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Round {
    /// There is more to do now.
    Again,
    /// The delivery waits for a later time.
    Waits,
    /// The delivery has left `running`, or belongs to somebody else.
    Left,
}

/// What stays true across the rounds of one claim.
pub(crate) struct Run {
    pub(crate) ctx: Arc<Ctx>,
    pub(crate) guard: Arc<LeaseGuard>,
    /// The version of the grant that was last renewed by force.
    refreshed: AtomicI64,
    /// Checks before sending are done once per claim.
    checked: AtomicBool,
    sent: Mutex<Option<Step>>,
    refusals: AtomicU32,
    /// What is counted once the transaction under way is durable.
    tally: Tally,
    /// The engine is stopping: nothing new is begun.
    stop: CancellationToken,
}

/// How long the database is left alone before a result is written again.
const PAUSE: Duration = Duration::from_millis(200);

impl Run {
    fn new(ctx: Arc<Ctx>, guard: Arc<LeaseGuard>, stop: CancellationToken) -> Self {
        let (refreshed, checked) = (AtomicI64::new(i64::MIN), AtomicBool::default());
        let (sent, refusals, tally) = (Mutex::default(), AtomicU32::default(), Tally::default());
        Self { ctx, guard, refreshed, checked, sent, refusals, tally, stop }
    }

    pub(crate) fn lease(&self) -> &Lease {
        self.guard.lease()
    }

    /// Whether tokens may be renewed by force: once, before a refusal counts, and again when
    /// what is refused now came long after that, as in an upload of hours.
    pub(crate) fn may_refresh(&self, refused: i64) -> bool {
        let renewed = self.refreshed.swap(refused, Ordering::Relaxed);
        refused > renewed.saturating_add(1)
    }

    /// A call for this step begins.
    pub(crate) fn sends(&self, step: &Step) {
        *self.sent.lock().unwrap_or_else(PoisonError::into_inner) = Some(step.clone());
    }

    /// The step that this run sent last. Where the run goes on, that call is over.
    pub(crate) fn sent(&self) -> Option<Step> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often a send was refused here, this time included.
    pub(crate) fn refused(&self) -> u32 {
        self.refusals.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether what failed is worth another try, after a pause.
    pub(crate) async fn tries_again(&self, error: &StoreError) -> bool {
        if !error.is_temporary() || !self.guard.holds() {
            return false;
        }
        tracing::warn!(delivery = %self.lease().delivery, %error, "a result could not be written yet");
        tokio::time::sleep(PAUSE).await;
        true
    }

    /// A transaction that holds the fence.
    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        let mut tx = self.ctx.store.write().await?;
        deliveries::fence(&mut tx, self.lease()).await?;
        self.tally.forget();
        Ok(tx)
    }

    pub(crate) async fn commit(&self, tx: Tx) -> Result<(), StoreError> {
        failpoint!("before_result");
        tx.commit().await?;
        failpoint!("after_result");
        self.tally.count(&self.ctx.metrics);
        Ok(())
    }
}

/// Says what a block of `fenced!` comes to.
pub(crate) async fn written<T>(block: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    block.await
}

/// Runs a claimed delivery until it leaves `running` or the lease is lost.
///
/// A database that goes away is not an error of the delivery: the lease runs
/// out, and whoever rescues it looks before sending.
pub(crate) async fn drive(ctx: Arc<Ctx>, lease: Lease, claimed: Instant, stop: CancellationToken) {
    let guard = LeaseGuard::new(Arc::clone(&ctx), lease, claimed);
    let _alive = guard.keep_alive();
    let run = Run::new(ctx, guard, stop);
    failpoint!("claimed");
    let Err(error) = rounds(&run).await else { return };
    match error {
        StoreError::Stale => tracing::info!(delivery = %lease.delivery, "taken over by somebody else"),
        error => tracing::warn!(delivery = %lease.delivery, %error, "left to be rescued"),
    }
    if let Err(error) = say_that_it_is_over(&run).await {
        tracing::warn!(delivery = %lease.delivery, %error, "the end of a call could not be written");
    }
}

/// Whoever has the delivery now can take the platform's *absent* for an answer: no call of
/// this run can arrive any more.
async fn say_that_it_is_over(run: &Run) -> Result<(), StoreError> {
    let Some(step) = run.sent() else { return Ok(()) };
    let mut tx = run.ctx.store.write().await?;
    steps::call_is_over(&mut tx, &step).await?;
    tx.commit().await
}

async fn rounds(run: &Run) -> Result<(), StoreError> {
    loop {
        let work = match work::load(run).await? {
            work::Loaded::Ready(work) => work,
            work::Loaded::Left => return Ok(()),
        };
        let round = match AssertUnwindSafe(round(run, &work)).catch_unwind().await {
            Ok(round) => round?,
            Err(_) => {
                tracing::error!(delivery = %run.lease().delivery, "a connector panicked");
                failure::after_panic(run, &work).await?
            }
        };
        match round {
            Round::Again if run.guard.is_lost() => return Err(StoreError::Stale),
            // Between two parts an orderly stop leaves the rest to whoever comes next.
            Round::Again if run.stop.is_cancelled() => {
                return fenced!(run, |tx| {
                    let now = tx.now();
                    failure::leave_waiting(tx, run, &work, now, &Ending::default()).await.map(|_| ())
                });
            }
            Round::Again => {}
            Round::Waits => {
                failpoint!("after_wait");
                return Ok(());
            }
            Round::Left => return Ok(()),
        }
    }
}

async fn round(run: &Run, work: &Work) -> Result<Round, StoreError> {
    if work.open.is_some() {
        return settle::open_step(run, work).await;
    }
    if work.is_restored() {
        return settle::keep_held(run, work).await;
    }
    // What can be seen already is finished first.
    if work.delivery.stop_requested && !work.next_part().is_some_and(|position| work.is_live(position)) {
        return finish(run, work).await;
    }
    let Some(position) = work.next_part() else { return finish(run, work).await };
    if !run.checked.load(Ordering::Relaxed) {
        run.tally.claimed(&run.ctx.metrics, work);
        let checked = checks::before_sending(run, work).await?;
        if checked != Round::Again {
            return Ok(checked);
        }
        run.checked.store(true, Ordering::Relaxed);
    }
    send::part(run, work, position).await
}

/// Nothing is left to send.
async fn finish(run: &Run, work: &Work) -> Result<Round, StoreError> {
    fenced!(run, |tx| {
        conclude(tx, run, work, &Ending::default()).await?;
        Ok(Round::Left)
    })
}

/// Ends a delivery within a transaction that holds its fence: published when
/// anything is out (incomplete when not everything is), else failed.
pub(crate) async fn conclude(tx: &mut Tx, run: &Run, work: &Work, ending: &Ending) -> Result<(), StoreError> {
    use postrider_store::repo::parts;
    let lease = run.lease();
    parts::settle_live(tx, lease.delivery).await?;
    let parts = parts::of_delivery(tx, lease.workspace, lease.delivery).await?;
    let out = parts.iter().filter(|part| part.is_out()).count();
    if out == 0 {
        deliveries::fail(tx, lease, Event::Fail, ending).await?;
        run.tally.add(work, Counted::Left(State::Failed));
        notice::about_delivery(tx, &work.delivery, Code::NoteFailed, work.note_args(ending)).await?;
        return notice::delivery_changed(tx, &work.delivery, State::Failed).await;
    }
    let incomplete = out < work.variant.parts.len();
    if incomplete {
        parts::skip_pending(tx, lease.delivery).await?;
    }
    deliveries::publish(tx, lease, incomplete, ending).await?;
    run.tally.add(work, Counted::Published { at: tx.now() });
    let note = if incomplete { Code::NoteIncomplete } else { Code::NotePublished };
    notice::about_delivery(tx, &work.delivery, note, work.note_args(ending)).await?;
    notice::delivery_changed(tx, &work.delivery, State::Published).await
}
