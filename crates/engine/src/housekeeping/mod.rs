//! Everything that keeps the ledger in order: signs of life of the node, rescue, renewing
//! tokens before they expire, warning of those that nothing renews, jobs, what servers allow, and what has outlived its
//! purpose.
//!
//! Each is a loop of its own, so that none waits for another's network or disk. A loop that
//! panics is started again.

mod ending;
mod jobs;
mod survey;
mod sweep;
mod tokens;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use postrider_store::Result;
use postrider_store::repo::jobs::Sort;
use postrider_store::repo::{deliveries, nodes};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ctx::Ctx;
use crate::notice;

pub(crate) use jobs::{Ended, LEASE as JOB_LEASE};

/// How many are rescued in one transaction.
const RESCUES: u32 = 64;

/// How often what has outlived its purpose is removed.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// Starts every loop on the tracker.
pub(crate) fn start(ctx: &Arc<Ctx>, stop: &CancellationToken, tracker: &TaskTracker) {
    let every = ctx.config.rescue_every;
    let alive = Arc::clone(ctx);
    tracker.spawn(supervised("rescue", every, stop.clone(), move || alive_and_rescue(Arc::clone(&alive))));
    let swept = Arc::clone(ctx);
    tracker.spawn(supervised("sweep", SWEEP_EVERY, stop.clone(), move || sweep::turn(Arc::clone(&swept))));
    let surveyed = Arc::clone(ctx);
    tracker.spawn(supervised("survey", survey::EVERY, stop.clone(), move || survey::turn(Arc::clone(&surveyed))));
    let warned = Arc::clone(ctx);
    tracker.spawn(supervised("ending", ending::EVERY, stop.clone(), move || ending::turn(Arc::clone(&warned))));
    let renewal = tokens::Renewal::new(Arc::clone(ctx), tracker.clone());
    tracker.spawn(supervised("tokens", every, stop.clone(), move || renewal.clone().turn()));
    let worker = jobs::Worker::new(Arc::clone(ctx), tracker.clone(), Sort::Short);
    tracker.spawn(supervised("jobs", every, stop.clone(), move || worker.clone().turn()));
    if ctx.mail.is_some() {
        let worker = jobs::Worker::new(Arc::clone(ctx), tracker.clone(), Sort::Mail);
        tracker.spawn(supervised("mail", every, stop.clone(), move || worker.clone().turn()));
    }
}

/// Takes a turn every so often until told to stop. An error or a panic costs that turn only.
async fn supervised<F>(name: &'static str, every: Duration, stop: CancellationToken, turn: impl Fn() -> F)
where
    F: Future<Output = Result<()>>,
{
    loop {
        match AssertUnwindSafe(async { turn().await }).catch_unwind().await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(name, %error, "housekeeping could not finish its turn"),
            Err(_) => tracing::error!(name, "housekeeping panicked; it goes on with the next turn"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
    }
}

async fn alive_and_rescue(ctx: Arc<Ctx>) -> Result<()> {
    let mut tx = ctx.store.write().await?;
    nodes::heartbeat(&mut tx, ctx.boot).await?;
    let rescued = deliveries::rescue(&mut tx, ctx.boot, RESCUES).await?;
    postrider_store::repo::jobs::rescue(&mut tx).await?;
    let paused = deliveries::hold_paused(&mut tx, RESCUES).await?;
    let rescues = rescued.iter().map(|one| (one.workspace, one.id));
    let mut changed: Vec<_> = rescues.chain(paused.iter().map(|one| (one.workspace, one.id))).collect();
    // Workspace rows are taken in one order by everybody, so that nobody waits in a circle.
    changed.sort();
    for (workspace, id) in changed {
        let delivery = deliveries::get(&mut tx, workspace, id).await?;
        notice::delivery_changed(&mut tx, &delivery, delivery.state).await?;
    }
    tx.commit().await?;
    for one in rescued {
        ctx.metrics.rescued(one.gone);
        tracing::warn!(delivery = %one.id, gone = one.gone, "rescued from another process");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use postrider_store::StoreError;

    use super::*;

    #[tokio::test]
    async fn a_turn_that_fails_or_panics_is_not_the_last() {
        let (turns, stop) = (Arc::new(AtomicU32::new(0)), CancellationToken::new());
        let (counted, stopped) = (Arc::clone(&turns), stop.clone());
        let turn = move || {
            let (n, stop) = (counted.fetch_add(1, Ordering::Relaxed), stopped.clone());
            async move {
                match n {
                    0 => Err(StoreError::NotFound),
                    1 => panic!("a planted panic"),
                    2 => Ok(()),
                    _ => {
                        stop.cancel();
                        Ok(())
                    }
                }
            }
        };
        supervised("test", Duration::from_millis(1), stop, turn).await;
        assert_eq!(turns.load(Ordering::Relaxed), 4);
    }
}
