//! Writing down what is about to be sent, and reserving what it costs.

use jiff::Timestamp;
use postrider_connector::{Effect, MachineState, PartInput, Price};
use postrider_store::repo::budgets::{self, Reserved, Scope};
use postrider_store::repo::deliveries;
use postrider_store::repo::parts;
use postrider_store::repo::steps::{self, Intent, Step};
use postrider_store::{Result, StoreError, Tx};

use super::work::Work;
use super::{Run, media, room};
use crate::failpoint;
use crate::room::Spent;

/// What committing an intent came to.
pub(super) enum Intended {
    /// It is durable, and what it costs is reserved.
    Ready(Box<Step>),
    /// A person wants the rest stopped: nothing was written, and nothing may be sent.
    Stopped,
    /// The platform gives no room for it now: nothing was written, and nothing may be sent.
    Limited(Spent),
    /// Its budget has no room: nothing was written, and nothing may be sent.
    NoRoom(NoRoom),
}

/// A send that cannot be paid for.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoRoom {
    /// What it would cost.
    pub(super) price: Price,
    /// When there may be room again; `None` when time alone never makes any.
    pub(super) until: Option<Timestamp>,
}

/// The state, the intent and the reserve become durable together, before anything is sent.
pub(super) async fn commit(
    run: &Run,
    work: &Work,
    input: &PartInput,
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
    let pins = media::pins(input)?;
    let part = parts::begin_with(&mut tx, run.lease(), input.index, &state.0, pins.as_ref()).await?;
    let step = steps::intend(&mut tx, run.lease(), part, &intent).await?;
    if let Some(spent) = room::charge(&mut tx, work, &step, input.media.len()).await? {
        tx.rollback().await?;
        return Ok(Intended::Limited(spent));
    }
    if let Some(price) = work.connector.price(&work.account, input, state)
        && let Reserved::Spent { until } = reserve(&mut tx, run, &step, price).await?
    {
        tx.rollback().await?;
        return Ok(Intended::NoRoom(NoRoom { price, until }));
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
    let (sends, timeout) = (&sends.digest.0, sends.timeout);
    Ok(Intent { effect: effect.as_str(), honour_key, honoured_for, sends, timeout })
}

/// What an open intent has reserved already is its own: the same step again pays once.
async fn reserve(tx: &mut Tx, run: &Run, step: &Step, price: Price) -> Result<Reserved> {
    let scope = Scope::Workspace(run.lease().workspace.uuid());
    budgets::reserve(tx, scope, price.budget, step.id, price.units).await
}
