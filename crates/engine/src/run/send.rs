//! One part: plan, intend, send, write down what came of it.

use postrider_connector::{
    ConnectorError, Cx, Effect, Exchange, Failure, MachineState, Outcome, PartInput, PlanCx, Receipt, Response,
};
use postrider_domain::Code;
use postrider_domain::id::PartId;
use postrider_store::repo::attempts::{self, NewAttempt};
use postrider_store::repo::channels;
use postrider_store::repo::deliveries::Ending;
use postrider_store::repo::parts::{self, Published};
use postrider_store::repo::steps::{self, Step};
use postrider_store::{Result, Tx};

use super::intent::Intended;
use super::tally::Event;
use super::work::Work;
use super::{Round, Run, checks, conclude, failure, intent, media, room, settle};
use crate::failpoint;

/// What a step came to, with the evidence.
pub(crate) struct Tried {
    pub(crate) result: Result<Outcome, ConnectorError>,
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) answers: Vec<Response>,
    pub(crate) may_have_reached: bool,
    /// What was sent is a file, which nobody sees.
    pub(crate) brought_file: bool,
    /// The part is live already, although steps remain: its position and receipt.
    pub(crate) live: Option<(usize, Receipt)>,
}

/// Works on one part until it is out, waits, or fails.
pub(crate) async fn part(run: &Run, work: &Work, position: usize) -> Result<Round> {
    // A reply waits for its delay, and for the least time between two posts of the account.
    let due = work.not_before(position).max(work.ready_at);
    if let Some(due) = due.filter(|due| work.now < *due) {
        let limited = work.ready_at == Some(due);
        let ending = if limited { Ending::of(Code::RateLimited) } else { Ending::default() };
        return fenced!(run, |tx| { failure::wait_for_room(tx, run, work, due, &ending).await });
    }
    let input = match media::input(run, work, position).await? {
        Ok(input) => input,
        Err(round) => return Ok(round),
    };
    if position > 0 && input.parent.is_none() {
        return failure::refuse(run, work, &orphan()).await;
    }
    match first_state(run, work, position, &input) {
        Ok(state) => go_on(run, work, &input, state).await,
        Err(error) => failure::handle(run, work, None, &tried(Err(error))).await,
    }
}

/// Steps from a state until the part is out, waits, or fails.
pub(crate) async fn go_on(run: &Run, work: &Work, input: &PartInput, mut state: MachineState) -> Result<Round> {
    loop {
        let effect = match work.connector.effect(&work.account, input, &state) {
            Ok(effect) => effect,
            Err(error) => {
                let live = live(work, input.index, &state);
                return failure::handle(run, work, None, &Tried { live, ..tried(Err(error)) }).await;
            }
        };
        let (tried, sent) = if effect == Effect::Read {
            (look(run, work, input, &state).await, None)
        } else {
            let step = match intent::commit(run, work, input, &state, &effect).await? {
                Intended::Ready(step) => *step,
                Intended::Stopped => return Ok(Round::Again),
                Intended::Limited(spent) => {
                    return room::wait(run, work, spent, live(work, input.index, &state)).await;
                }
                Intended::NoRoom(none) => {
                    return checks::no_room(run, work, none, live(work, input.index, &state)).await;
                }
            };
            (send(run, work, input, &state, &effect, &step).await, Some(step))
        };
        match tried.result.clone() {
            Ok(Outcome::Next(next)) => {
                moved(run, work, input, sent.as_ref(), &next, &tried).await?;
                state = next;
            }
            Ok(Outcome::Wait { state, after }) => {
                return processing(run, work, input, sent.as_ref(), &state, after, &tried).await;
            }
            Ok(Outcome::Done(receipt)) => return done(run, work, input.index, sent.as_ref(), &receipt, &tried).await,
            Err(_) => {
                let live = live(work, input.index, &state);
                let brought_file = work.connector.brings_file(&state);
                return failure::handle(run, work, sent.as_ref(), &Tried { live, brought_file, ..tried }).await;
            }
        }
    }
}

/// The receipt of a part that can be seen already, although steps remain.
fn live(work: &Work, position: usize, state: &MachineState) -> Option<(usize, Receipt)> {
    work.connector.published(state).map(|receipt| (position, receipt))
}

fn orphan() -> ConnectorError {
    ConnectorError::new(
        Failure::Rejected { code: Code::ParentMissing, field: String::new() },
        "the part before it is not out",
    )
}

pub(crate) fn tried(result: Result<Outcome, ConnectorError>) -> Tried {
    let (exchanges, answers) = (Vec::new(), Vec::new());
    Tried { result, exchanges, answers, may_have_reached: false, brought_file: false, live: None }
}

/// The machine's state to go on from: stored, or planned now.
fn first_state(run: &Run, work: &Work, position: usize, input: &PartInput) -> Result<MachineState, ConnectorError> {
    let links = run.ctx.links();
    let mut plan = PlanCx::new(work.now, run.ctx.store.entropy().as_ref()).with_links(&links);
    match work.machine(position) {
        // Nothing of this state is under way (an open step is settled first), so
        // this is a new try and may carry a new time.
        Some(state) => work.connector.renew(&mut plan, input, state),
        None => work.connector.begin(&mut plan, &work.account, input),
    }
}

async fn look(run: &Run, work: &Work, input: &PartInput, state: &MachineState) -> Tried {
    let cx = Cx::reading(run.ctx.transport.as_ref(), &work.credentials);
    let result = work.connector.step(&cx, &work.account, input, state).await;
    Tried { exchanges: cx.exchanges(), answers: cx.answers(), ..tried(result) }
}

async fn send(run: &Run, work: &Work, input: &PartInput, state: &MachineState, effect: &Effect, step: &Step) -> Tried {
    let Some(sends) = effect.sends() else { return tried(Err(ConnectorError::bug("a read was sent"))) };
    let repeatable = matches!(effect, Effect::Idempotent { honoured_for: None, .. });
    let gate = run.guard.gate(repeatable, step.earlier.and(settle::repeatable_until(step)));
    let cx = Cx::sending(run.ctx.transport.as_ref(), &work.credentials, &gate, sends);
    run.sends(step);
    let result = work.connector.step(&cx, &work.account, input, state).await;
    failpoint!("after_answer");
    Tried { exchanges: cx.exchanges(), answers: cx.answers(), may_have_reached: cx.may_have_reached(), ..tried(result) }
}

/// The machine moved on. Reads leave no trace: the state is written with the next intent,
/// unless it says that the part can be seen by now.
async fn moved(
    run: &Run,
    work: &Work,
    input: &PartInput,
    sent: Option<&Step>,
    next: &MachineState,
    tried: &Tried,
) -> Result<()> {
    let position = input.index;
    if sent.is_none() && (work.is_live(position) || live(work, position, next).is_none()) {
        return Ok(());
    }
    fenced!(run, |tx| {
        if let Some(step) = sent {
            record(tx, run, work, "send", Some(step), tried).await?;
            steps::close(tx, step.id, "next", true).await?;
        }
        keep_state(tx, run, work, (position, media::pins(input)?.as_ref()), next).await?;
        room::heed(tx, run, work, tried.answers.last()).await
    })
}

/// Keeps a state. A part that can be seen in it counts as out from this commit on.
pub(crate) async fn keep_state(
    tx: &mut Tx,
    run: &Run,
    work: &Work,
    (position, pins): (usize, Option<&serde_json::Value>),
    state: &MachineState,
) -> Result<()> {
    let part = parts::begin_with(tx, run.lease(), position, &state.0, pins).await?;
    match work.connector.published(state) {
        Some(receipt) => parts::go_live(tx, run.lease(), part, &published(&receipt)).await,
        None => Ok(()),
    }
}

async fn processing(
    run: &Run,
    work: &Work,
    input: &PartInput,
    sent: Option<&Step>,
    state: &MachineState,
    after: std::time::Duration,
    tried: &Tried,
) -> Result<Round> {
    fenced!(run, |tx| {
        if let Some(step) = sent {
            record(tx, run, work, "send", Some(step), tried).await?;
            steps::close(tx, step.id, "wait", true).await?;
        }
        keep_state(tx, run, work, (input.index, media::pins(input)?.as_ref()), state).await?;
        room::heed(tx, run, work, tried.answers.last()).await?;
        let until = tx.now().saturating_add(after).unwrap_or(jiff::Timestamp::MAX);
        if !work.misses_window(until) {
            return failure::leave_waiting(tx, run, work, until, &Ending::default()).await;
        }
        let live = live(work, input.index, state);
        match failure::already_live(tx, run, work, live.as_ref()).await? {
            Some(round) => Ok(round),
            None => failure::wait_for_room(tx, run, work, until, &Ending::of(Code::RetriesExhausted)).await,
        }
    })
}

/// The part is out. When it was the last, the delivery is published in the same commit.
async fn done(
    run: &Run,
    work: &Work,
    position: usize,
    sent: Option<&Step>,
    receipt: &Receipt,
    tried: &Tried,
) -> Result<Round> {
    fenced!(run, |tx| {
        // Before the part ends: the workspace's row, which that takes, is everybody's last.
        room::heed(tx, run, work, tried.answers.last()).await?;
        let part = match sent {
            Some(step) => {
                record(tx, run, work, "send", Some(step), tried).await?;
                steps::close(tx, step.id, "done", true).await?;
                step.part_id
            }
            None => parts::begin(tx, run.lease(), position, &serde_json::Value::Null).await?,
        };
        part_is_out(tx, run, work, position, part, receipt).await
    })
}

fn published(receipt: &Receipt) -> Published<'_> {
    Published { remote_id: &receipt.remote_id, url: receipt.url.as_deref(), extra: &receipt.extra }
}

/// Writes a receipt, and ends the delivery when nothing is left.
pub(crate) async fn part_is_out(
    tx: &mut Tx,
    run: &Run,
    work: &Work,
    position: usize,
    part: PartId,
    receipt: &Receipt,
) -> Result<Round> {
    parts::publish(tx, run.lease(), part, &published(receipt)).await?;
    channels::record_ok(tx, work.delivery.workspace_id, work.channel.id).await?;
    if position + 1 < work.variant.parts.len() {
        return Ok(Round::Again);
    }
    conclude(tx, run, work, &Ending::default()).await?;
    Ok(Round::Left)
}

/// Leaves `running` until a later time.
pub(crate) async fn wait(run: &Run, work: &Work, until: jiff::Timestamp, ending: &Ending) -> Result<Round> {
    fenced!(run, |tx| { failure::leave_waiting(tx, run, work, until, ending).await })
}

/// Keeps what was sent and answered, redacted.
pub(crate) async fn record(
    tx: &mut Tx,
    run: &Run,
    work: &Work,
    action: &'static str,
    step: Option<&Step>,
    tried: &Tried,
) -> Result<()> {
    let error = tried.result.as_ref().err();
    let new = NewAttempt {
        part: step.map(|step| step.part_id),
        step: step.map(|step| step.id),
        action,
        outcome: error.map_or("ok", |error| error.failure.class()).to_owned(),
        code: error.map(failure::code),
        platform_code: error.and_then(|error| error.platform_code.clone()),
        status: error.and_then(|error| error.status).or(tried.answers.last().map(|answer| answer.status)),
        words: error.and_then(|error| error.words.clone()),
        exchanges: serde_json::to_value(&tried.exchanges).ok(),
        started_at: step.map(|step| step.intent_at),
    };
    run.tally.add(work, Event::Attempt { action, outcome: error.map_or("ok", |error| error.failure.class()) });
    attempts::record(tx, run.lease(), &new).await?;
    Ok(())
}
