//! An intent without a result: it may have happened.
//!
//! What the platform refuses twice is simply repeated. Anything else is looked
//! up, and sent again only when it is absent *and* the earlier sender can no
//! longer send; otherwise a person decides.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use postrider_connector::descriptor::LookupKind;
use postrider_connector::{
    ConnectorError, Cx, Effect, Failure, Lookup, MachineState, Outcome, PartInput, PlanCx, Question,
};
use postrider_domain::Code;
use postrider_domain::delivery::{Event, HoldReason, State};
use postrider_store::repo::deliveries::{self, Ending};
use postrider_store::repo::parts;
use postrider_store::repo::parts::Part;
use postrider_store::repo::steps::{self, Step};
use postrider_store::{Result, Tx};
use serde_json::{Value, json};

use super::send::{Tried, keep_state, part_is_out, record, tried};
use super::tally;
use super::work::Work;
use super::{Round, Run, conclude, failure};
use crate::metrics::Settled;
use crate::notice;
use crate::refresh::Refresh;

/// From when on a lookup can be believed: whatever left is over in any case, and what it did has
/// become visible. A sender that was stopped sends long after its intent, so this counts from
/// the moment since when it sends no more, where that is known. It counts from no moment at which
/// the ledger's clock may still have been set: what is behind that may be younger than it looks.
pub(crate) fn earliest_look(step: &Step, over_since: Option<Timestamp>, work: &Work) -> Timestamp {
    let delay = step.timeout + work.connector.descriptor().visibility_delay;
    let from = over_since.unwrap_or(step.intent_at).max(step.intent_at).max(work.even_since);
    from.saturating_add(delay).unwrap_or(from)
}

/// Settles the open step of a delivery.
pub(crate) async fn open_step(run: &Run, work: &Work) -> Result<Round> {
    let Some(step) = &work.open else { return Ok(Round::Again) };
    let Some(part) = work.parts.iter().find(|part| part.id == step.part_id) else {
        return doubt(run, work, step, None, json!({ "reason": "the part is gone" })).await;
    };
    let now = work.now;
    let input = work.input(position(part))?;
    let same = repeats(work, step, &input, &state(part)).is_some();
    let wanted = !work.misses_window(now) && !work.is_restored() && !work.delivery.stop_requested;
    if same && wanted && may_repeat(step, now) {
        run.ctx.metrics.settled(&work.channel.platform, Settled::Repeated);
        let state = renewed(run, work, step, &input, state(part));
        return super::send::go_on(run, work, &input, state).await;
    }
    if work.connector.descriptor().lookup == LookupKind::None {
        return doubt(run, work, step, None, json!({ "lookup": "none", "same_bytes": same })).await;
    }
    // Of what comes from a backup nothing is sent whatever the answer, so the intent's time will do.
    let over_since = work.over_since.filter(|_| !work.is_restored());
    let look = earliest_look(step, over_since, work);
    if now < look {
        return super::send::wait(run, work, look, &Ending::of(Code::OutcomeUnknown)).await;
    }
    look_up(run, work, step, part).await
}

/// Whether the platform certainly still refuses a second effect when a call that begins now ends.
fn may_repeat(step: &Step, now: Timestamp) -> bool {
    step.effect == "idempotent" && !step.ask_only && repeatable_until(step).is_none_or(|until| now < until)
}

/// When a repeat must have begun, so that it ends while the key is honoured; `None` for a key
/// that is honoured for ever.
pub(super) fn repeatable_until(step: &Step) -> Option<Timestamp> {
    let end = step.first_intent_at.saturating_add(step.honoured_for?).unwrap_or(Timestamp::MAX);
    Some(end.saturating_sub(step.timeout).unwrap_or(Timestamp::MIN))
}

/// What a state would do now, if that sends what the intent says; else only asking is left.
fn repeats(work: &Work, step: &Step, input: &PartInput, state: &MachineState) -> Option<Effect> {
    let effect = work.connector.effect(&work.account, input, state).ok()?;
    effect.sends().is_some_and(|sends| sends.digest.0.as_slice() == step.sends).then_some(effect)
}

/// The state to repeat a step from. What goes with the bytes without being in them (the life of a permission, say) may
/// be renewed; a state that would send anything else, or under another key, may not, unless it only brings a file,
/// which nobody sees: that is brought from another address where the old one is over.
fn renewed(run: &Run, work: &Work, step: &Step, input: &PartInput, state: MachineState) -> MachineState {
    let links = run.ctx.links();
    let mut plan = PlanCx::new(work.now, run.ctx.store.entropy().as_ref()).with_links(&links);
    let same_key =
        |effect: &Effect| matches!(effect, Effect::Idempotent { key, .. } if step.honour_key.as_ref() == Some(key));
    match work.connector.renew(&mut plan, input, state.clone()) {
        Ok(renewed) if repeats(work, step, input, &renewed).as_ref().is_some_and(same_key) => renewed,
        Ok(renewed) if work.connector.brings_file(&state) && work.connector.brings_file(&renewed) => renewed,
        _ => state,
    }
}

fn position(part: &Part) -> usize {
    usize::try_from(part.position).unwrap_or(usize::MAX)
}

fn state(part: &Part) -> MachineState {
    MachineState(part.machine.clone().unwrap_or_default())
}

/// What is bound to other parts is read this much further back than the intent: what
/// platforms call *created* may be long before we learnt of it, or by another clock.
const BOUND: SignedDuration = SignedDuration::from_hours(24);

/// What the connector must know to tell ours from others in a listing.
async fn question(run: &Run, work: &Work, step: &Step) -> Result<Question> {
    let intent_at = step.first_intent_at;
    // A session may say that it is out and not as what, which is then looked for in a list.
    if !matches!(work.connector.descriptor().lookup, LookupKind::Listing | LookupKind::Session) {
        return Ok(Question { intent_at, bound: BTreeSet::new() });
    }
    let since = intent_at.saturating_sub(BOUND).unwrap_or(Timestamp::MIN);
    let mut tx = run.ctx.store.read().await?;
    let bound = parts::bound_since(&mut tx, work.delivery.lane_id, step.part_id, since).await?;
    Ok(Question { intent_at, bound: bound.into_iter().collect() })
}

async fn look_up(run: &Run, work: &Work, step: &Step, part: &Part) -> Result<Round> {
    let question = question(run, work, step).await?;
    let cx = Cx::asking(run.ctx.transport.as_ref(), &work.credentials, question);
    let answer = work.connector.reconcile(&cx, &work.account, &work.input(position(part))?, &state(part)).await;
    let result = match &answer {
        Ok(Lookup::Found(_) | Lookup::Absent) => Ok(Outcome::Next(state(part))),
        Ok(Lookup::Unknown { .. }) => Err(ConnectorError::new(Failure::Ambiguous, "the platform cannot tell")),
        Err(error) => Err(error.clone()),
    };
    let tried = Tried { exchanges: cx.exchanges(), answers: cx.answers(), ..tried(result) };
    match answer {
        Ok(Lookup::Found(Outcome::Next(state))) if is_sent_anew(work, part, &state) => {
            absent(run, work, step, Some((part, &state)), &tried).await
        }
        Ok(Lookup::Found(outcome)) => found(run, work, step, part, outcome, &tried).await,
        Ok(Lookup::Absent) => absent(run, work, step, None, &tried).await,
        Ok(Lookup::Unknown { evidence }) => doubt(run, work, step, Some(&tried), evidence).await,
        Err(error) => no_answer(run, work, step, &tried, &error).await,
    }
}

/// Whether going on from a state sends what cannot be taken back: then the step before had no effect.
fn is_sent_anew(work: &Work, part: &Part, state: &MachineState) -> bool {
    let effect = work.input(position(part)).map(|input| work.connector.effect(&work.account, &input, state));
    matches!(effect, Ok(Ok(Effect::Once { .. })))
}

/// It is there: the result is written as if the call had returned it.
async fn found(run: &Run, work: &Work, step: &Step, part: &Part, outcome: Outcome, tried: &Tried) -> Result<Round> {
    let receipt = match &outcome {
        Outcome::Done(receipt) => Some(receipt.clone()),
        Outcome::Next(state) | Outcome::Wait { state, .. } => work.connector.published(state),
    };
    let remote_id = receipt.map(|receipt| receipt.remote_id);
    let ours = fenced!(run, |tx| {
        if let Some(remote_id) = &remote_id
            && parts::is_bound(tx, work.delivery.lane_id, part.id, remote_id).await?
        {
            return Ok(None);
        }
        record(tx, run, work, "look", Some(step), tried).await?;
        steps::close(tx, step.id, "found", true).await?;
        run.tally.add(work, tally::Event::Settled(Settled::Found));
        let round = match &outcome {
            Outcome::Done(receipt) => part_is_out(tx, run, work, position(part), part.id, receipt).await?,
            Outcome::Next(state) | Outcome::Wait { state, .. } => {
                keep_state(tx, run, work, (position(part), None), state).await?;
                Round::Again
            }
        };
        Ok(Some(round))
    })?;
    match ours {
        Some(round) => Ok(round),
        None => doubt(run, work, step, Some(tried), json!({ "bound_elsewhere": remote_id })).await,
    }
}

/// It is not there. Another send needs proof that the earlier one cannot still arrive, and that
/// could not when the platform was asked: what proves it only by now is asked about again. That
/// the platform still honours a key is none: what comes next may carry another one. With a state the part goes on from
/// there; past its window a person decides, as the state may be one that has to ask once more.
async fn absent(
    run: &Run,
    work: &Work,
    step: &Step,
    from: Option<(&Part, &MachineState)>,
    tried: &Tried,
) -> Result<Round> {
    if work.is_restored() {
        return doubt(run, work, step, Some(tried), json!({ "lookup": "absent" })).await;
    }
    let settled = fenced!(run, |tx| {
        if work.over_since.is_none() {
            return Ok(steps::over_since(tx, step).await?.map(|_| Round::Again));
        }
        if from.is_some() && work.misses_window(tx.now()) {
            return Ok(None);
        }
        record(tx, run, work, "look", Some(step), tried).await?;
        steps::close(tx, step.id, "absent", false).await?;
        run.tally.add(work, tally::Event::Settled(Settled::Absent));
        if let Some((part, state)) = from {
            keep_state(tx, run, work, (position(part), None), state).await?;
        }
        if work.misses_window(tx.now()) {
            conclude(tx, run, work, &Ending::of(Code::RetriesExhausted)).await?;
            return Ok(Some(Round::Left));
        }
        Ok(Some(Round::Again))
    })?;
    let Some(round) = settled else {
        let why = json!({ "lookup": "absent", "sender": "may still be running", "boot": step.sender_boot });
        return doubt(run, work, step, Some(tried), why).await;
    };
    Ok(round)
}

/// How long after the intent a question is repeated, also when the window is over by then.
const ASKING: SignedDuration = SignedDuration::from_mins(15);

/// The question itself got no answer: ask again later, renew tokens first if that is it.
async fn no_answer(run: &Run, work: &Work, step: &Step, tried: &Tried, error: &ConnectorError) -> Result<Round> {
    let renewable = error.failure == Failure::Reauth && run.may_refresh(work.grant.version);
    if renewable && failure::renew(run, work).await? == Refresh::Fresh {
        return Ok(Round::Again);
    }
    let why = json!({ "lookup": "failed", "why": error.to_string() });
    if matches!(error.failure, Failure::Rejected { .. } | Failure::Bug | Failure::Operator { .. }) {
        return doubt(run, work, step, Some(tried), why).await;
    }
    let waits = fenced!(run, |tx| {
        let (next, charge) = failure::ask_again_at(tx, run, work, error).await?;
        let enough = step.intent_at.saturating_add(ASKING).unwrap_or(Timestamp::MAX);
        if work.misses_window(next) && next > enough {
            return Ok(None);
        }
        record(tx, run, work, "look", Some(step), tried).await?;
        let ending = Ending { charge, ..Ending::of(Code::OutcomeUnknown) };
        failure::leave_waiting(tx, run, work, next, &ending).await.map(Some)
    })?;
    match waits {
        Some(round) => Ok(round),
        None => doubt(run, work, step, Some(tried), why).await,
    }
}

/// Nobody but a person can tell. `looked` is the question that was asked, if one was.
async fn doubt(run: &Run, work: &Work, step: &Step, looked: Option<&Tried>, evidence: Value) -> Result<Round> {
    let restored = work.is_restored();
    let evidence = match restored {
        true => evidence,
        false => json!({ "part": step.part_id, "sent_at": step.intent_at, "platform": evidence }),
    };
    let ending = Ending { evidence: Some(evidence), ..Ending::of(Code::OutcomeUnknown) };
    fenced!(run, |tx| {
        if let Some(tried) = looked {
            record(tx, run, work, "look", Some(step), tried).await?;
        }
        run.tally.add(work, tally::Event::Settled(Settled::Unconfirmed));
        if restored {
            return stay_held(tx, run, work, ending.evidence.clone()).await;
        }
        deliveries::fail(tx, run.lease(), Event::Doubt, &ending).await?;
        run.tally.add(work, tally::Event::Left(State::Unconfirmed));
        notice::about_delivery(tx, &work.delivery, Code::NoteUnconfirmed, work.note_args(&ending)).await?;
        notice::delivery_changed(tx, &work.delivery, State::Unconfirmed).await?;
        Ok(Round::Left)
    })
}

/// What comes from a backup stays held, whatever was found out about it.
pub(super) async fn keep_held(run: &Run, work: &Work) -> Result<Round> {
    fenced!(run, |tx| { stay_held(tx, run, work, None).await })
}

async fn stay_held(tx: &mut Tx, run: &Run, work: &Work, evidence: Option<Value>) -> Result<Round> {
    let ending = Ending { evidence, ..Ending::of(Code::HeldRestored) };
    deliveries::hold(tx, run.lease(), HoldReason::Restored, &ending).await?;
    run.tally.add(work, tally::Event::Left(State::Held));
    notice::delivery_changed(tx, &work.delivery, State::Held).await?;
    Ok(Round::Left)
}
