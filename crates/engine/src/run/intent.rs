//! Writing down what is about to be sent.

use postrider_connector::{Effect, MachineState};
use postrider_store::repo::deliveries;
use postrider_store::repo::parts;
use postrider_store::repo::steps::{self, Intent, Step};
use postrider_store::{Result, StoreError};

use super::Run;
use super::room::{self, Spent};
use super::work::Work;
use crate::failpoint;

/// What committing an intent came to.
pub(super) enum Intended {
    /// It is durable: this may be sent.
    Ready(Box<Step>),
    /// A person wants the rest stopped: nothing was written, and nothing may be sent.
    Stopped,
    /// The platform gives no room for it now: nothing was written, and nothing may be sent.
    Limited(Spent),
}

/// The state and the intent become durable together, before anything is sent.
pub(super) async fn commit(
    run: &Run,
    work: &Work,
    position: usize,
    state: &MachineState,
    effect: &Effect,
) -> Result<Intended> {
    let intent = intent(effect)?;
    failpoint!("before_intent");
    let mut tx = run.ctx.store.write().await?;
    let stop = deliveries::fence_or_stop(&mut tx, run.lease()).await?;
    // What can be seen already is finished: a root without its reply rule is worse than a stop in vain.
    if stop && work.connector.published(state).is_none() {
        return Ok(Intended::Stopped);
    }
    let part = parts::begin(&mut tx, run.lease(), position, &state.0).await?;
    let step = steps::intend(&mut tx, run.lease(), part, &intent).await?;
    if let Some(spent) = room::charge(&mut tx, work, &step).await? {
        tx.rollback().await?;
        return Ok(Intended::Limited(spent));
    }
    tx.commit().await?;
    failpoint!("after_intent");
    Ok(Intended::Ready(Box::new(step)))
}

fn intent(effect: &Effect) -> Result<Intent<'_>> {
    let (sends, honour_key, honoured_for) = match effect {
        Effect::Idempotent { key, honoured_for, sends } => (sends, Some(key.as_str()), *honoured_for),
        Effect::Once { sends } => (sends, None, None),
        Effect::Read => return Err(StoreError::corrupt("sends", "a read has no intent")),
    };
    Ok(Intent { effect: effect.as_str(), honour_key, honoured_for, sends: &sends.digest.0, timeout: sends.timeout })
}
