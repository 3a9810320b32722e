//! An intent without a result: it may have happened.
//!
//! What the platform refuses twice is simply repeated. Anything else is looked
//! up, and sent again only when it is absent *and* the earlier sender can no
//! longer send; otherwise a person decides.

use jiff::Timestamp;
use postrider_connector::descriptor::LookupKind;
use postrider_connector::{ConnectorError, Cx, Failure, Lookup, MachineState, Outcome};
use postrider_domain::Code;
use postrider_domain::delivery::{Event, HoldReason, State};
use postrider_store::Result;
use postrider_store::repo::deliveries::{self, Ending};
use postrider_store::repo::parts::Part;
use postrider_store::repo::steps::{self, Step};
use postrider_store::repo::{budgets, nodes, parts};
use serde_json::{Value, json};

use super::send::{Tried, part_is_out, record, tried};
use super::work::Work;
use super::{Round, Run, checks, conclude, failure};
use crate::refresh::{self, Refresh};
use crate::{backoff, failpoint, notice};

/// From when on a lookup can be believed: the call is over in any case, and
/// whatever it did has become visible.
pub(crate) fn earliest_look(step: &Step, work: &Work) -> Timestamp {
    let delay = step.timeout + work.connector.descriptor().visibility_delay;
    step.intent_at.saturating_add(delay).unwrap_or(step.intent_at)
}

/// Settles the open step of a delivery.
pub(crate) async fn open_step(run: &mut Run, work: &Work) -> Result<Round> {
    let Some(step) = &work.open else { return Ok(Round::Again) };
    let Some(part) = work.parts.iter().find(|part| part.id == step.part_id) else {
        return doubt(run, work, step, json!({ "reason": "the part is gone" })).await;
    };
    let now = run.ctx.store.now().await?;
    if may_repeat(step, now) && !window_is_over(work, now) && !work.is_restored() {
        return repeat(run, work, step, part).await;
    }
    let kind = work.connector.descriptor().lookup;
    if kind == LookupKind::None && !is_idempotent(step) {
        return doubt(run, work, step, json!({ "lookup": "none" })).await;
    }
    let look = earliest_look(step, work);
    if now < look {
        return super::send::wait(run, work, look, &Ending::of(Code::OutcomeUnknown)).await;
    }
    look_up(run, work, step, part).await
}

fn is_idempotent(step: &Step) -> bool {
    step.effect == "idempotent"
}

/// Whether the platform certainly still refuses a second effect.
fn may_repeat(step: &Step, now: Timestamp) -> bool {
    is_idempotent(step)
        && step.honoured_for.is_none_or(|life| step.first_intent_at.saturating_add(life).is_ok_and(|end| now < end))
}

fn window_is_over(work: &Work, now: Timestamp) -> bool {
    let window = std::time::Duration::from_secs(work.delivery.missed_window_s);
    backoff::misses_window(now, work.delivery.scheduled_at, window)
}

/// The same bytes again: the platform keeps one copy.
async fn repeat(run: &mut Run, work: &Work, step: &Step, part: &Part) -> Result<Round> {
    let (position, state) = (position(part), state(part));
    let input = work.input(position)?;
    match work.connector.effect(&work.account, &input, &state) {
        Ok(effect) if effect.sends().is_some_and(|sends| sends.digest.0.as_slice() == step.sends) => {
            super::send::resend(run, work, position, &input, &state).await
        }
        Ok(_) => doubt(run, work, step, json!({ "reason": "what would be sent has changed" })).await,
        Err(error) => failure::refuse(run, work, Some(step), &error).await,
    }
}

fn position(part: &Part) -> usize {
    usize::try_from(part.position).unwrap_or(usize::MAX)
}

fn state(part: &Part) -> MachineState {
    MachineState(part.machine.clone().unwrap_or_default())
}

async fn look_up(run: &mut Run, work: &Work, step: &Step, part: &Part) -> Result<Round> {
    let cx = Cx::reading(run.ctx.transport.as_ref(), &work.credentials);
    let answer = work.connector.reconcile(&cx, &work.account, &work.input(position(part))?, &state(part)).await;
    let result = answer.as_ref().map(|_| Outcome::Next(state(part))).map_err(Clone::clone);
    let tried = Tried { exchanges: cx.exchanges(), answers: cx.answers(), ..tried(result) };
    match answer {
        Ok(Lookup::Found(outcome)) => found(run, work, step, part, outcome, &tried).await,
        Ok(Lookup::Absent) => absent(run, work, step, &tried).await,
        Ok(Lookup::Unknown { evidence }) => doubt(run, work, step, evidence).await,
        Err(error) => no_answer(run, work, step, &tried, &error).await,
    }
}

/// It is there: the result is written as if the call had returned it.
async fn found(run: &Run, work: &Work, step: &Step, part: &Part, outcome: Outcome, tried: &Tried) -> Result<Round> {
    let mut tx = failure::begin(run).await?;
    if let Outcome::Done(receipt) = &outcome
        && checks::is_bound(&mut tx, work, &receipt.remote_id).await?
    {
        drop(tx);
        return doubt(run, work, step, json!({ "bound_elsewhere": receipt.remote_id })).await;
    }
    record(&mut tx, run, "look", Some(step), tried).await?;
    steps::close(&mut tx, step.id, "found").await?;
    budgets::settle(&mut tx, step.id, true).await?;
    let round = match outcome {
        Outcome::Done(receipt) => part_is_out(&mut tx, run, work, position(part), part.id, &receipt).await?,
        Outcome::Next(state) | Outcome::Wait { state, .. } => {
            parts::advance(&mut tx, part.id, &state.0).await?;
            Round::Again
        }
    };
    failpoint!("before_result");
    tx.commit().await?;
    failpoint!("after_result");
    Ok(round)
}

/// It is not there. Another send needs proof that the earlier one cannot still arrive.
async fn absent(run: &Run, work: &Work, step: &Step, tried: &Tried) -> Result<Round> {
    if work.is_restored() {
        return keep_held(run, work, Some(json!({ "lookup": "absent" }))).await;
    }
    let mut tx = failure::begin(run).await?;
    record(&mut tx, run, "look", Some(step), tried).await?;
    let over = step.call_ended_at.is_some() || nodes::is_gone(&mut tx, step.sender_boot).await? || is_idempotent(step);
    if !over {
        tx.commit().await?;
        let why = json!({ "lookup": "absent", "sender": "may still be running", "boot": step.sender_boot });
        return doubt(run, work, step, why).await;
    }
    steps::close(&mut tx, step.id, "absent").await?;
    budgets::settle(&mut tx, step.id, false).await?;
    if window_is_over(work, tx.now()) {
        conclude(&mut tx, run.lease(), work, &Ending::of(Code::RetriesExhausted)).await?;
        return failure::commit(tx).await;
    }
    failpoint!("before_result");
    tx.commit().await?;
    failpoint!("after_result");
    Ok(Round::Again)
}

/// The question itself got no answer: ask again later, renew tokens first if that is it.
async fn no_answer(run: &mut Run, work: &Work, step: &Step, tried: &Tried, error: &ConnectorError) -> Result<Round> {
    let renewable = error.failure == Failure::Reauth && !std::mem::replace(&mut run.refreshed, true);
    if renewable && refresh::refresh(&run.ctx, &work.grant).await? == Refresh::Fresh {
        return Ok(Round::Again);
    }
    if matches!(error.failure, Failure::Rejected { .. } | Failure::Bug | Failure::Operator { .. }) {
        return doubt(run, work, step, json!({ "lookup": "failed", "why": error.to_string() })).await;
    }
    let mut tx = failure::begin(run).await?;
    record(&mut tx, run, "look", Some(step), tried).await?;
    let next = backoff::after_failure(tx.now(), work.delivery.failures, run.ctx.store.entropy().as_ref());
    failure::leave_waiting(tx, run, work, next, &Ending { charge: true, ..Ending::of(Code::OutcomeUnknown) }).await
}

/// Nobody but a person can tell.
async fn doubt(run: &Run, work: &Work, step: &Step, evidence: Value) -> Result<Round> {
    if work.is_restored() {
        return keep_held(run, work, Some(evidence)).await;
    }
    let mut tx = failure::begin(run).await?;
    record(&mut tx, run, "look", Some(step), &tried(Ok(Outcome::Next(MachineState::default())))).await?;
    let ending = Ending {
        evidence: Some(json!({
            "part": step.part_id,
            "sent_at": step.intent_at,
            "platform": evidence,
        })),
        ..Ending::of(Code::OutcomeUnknown)
    };
    deliveries::fail(&mut tx, run.lease(), Event::Doubt, &ending).await?;
    notice::about_delivery(&mut tx, &work.delivery, Code::NoteUnconfirmed, work.note_args(&ending)).await?;
    notice::delivery_changed(&mut tx, &work.delivery, State::Unconfirmed).await?;
    failure::commit(tx).await
}

/// What comes from a backup stays held, whatever was found out about it.
pub(super) async fn keep_held(run: &Run, work: &Work, evidence: Option<Value>) -> Result<Round> {
    let mut tx = failure::begin(run).await?;
    let ending = Ending { evidence, ..Ending::of(Code::HeldRestored) };
    deliveries::hold(&mut tx, run.lease(), HoldReason::Restored, &ending).await?;
    notice::delivery_changed(&mut tx, &work.delivery, State::Held).await?;
    failure::commit(tx).await
}
