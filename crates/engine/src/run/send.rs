//! One part: plan, intend, send, write down what came of it.

use postrider_connector::{
    ConnectorError, Cx, Effect, Exchange, Failure, MachineState, Outcome, PartInput, PlanCx, Receipt, Response,
};
use postrider_domain::id::PartId;
use postrider_store::repo::attempts::{self, NewAttempt};
use postrider_store::repo::deliveries::{self, Ending};
use postrider_store::repo::parts::{self, Published};
use postrider_store::repo::steps::{self, Intent, Step};
use postrider_store::repo::{channels, lanes};
use postrider_store::{Result, StoreError, Tx};

use super::work::Work;
use super::{Round, Run, conclude, failure, media};
use crate::{backoff, failpoint, notice};

/// What a step came to, with the evidence.
pub(crate) struct Tried {
    pub(crate) result: Result<Outcome, ConnectorError>,
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) answers: Vec<Response>,
    pub(crate) may_have_reached: bool,
    /// The part is live already, although steps remain: its position and receipt.
    pub(crate) live: Option<(usize, Receipt)>,
}

/// Works on one part until it is out, waits, or fails.
pub(crate) async fn part(run: &mut Run, work: &Work, position: usize) -> Result<Round> {
    if let Some(until) = not_before(run, work, position).await? {
        return wait(run, work, until, &Ending::default()).await;
    }
    let input = match media::input(run, work, position).await? {
        Ok(input) => input,
        Err(round) => return Ok(round),
    };
    if position > 0 && input.parent.is_none() {
        return failure::refuse(run, work, None, &orphan()).await;
    }
    let state = match first_state(run, work, position, &input).await? {
        Ok(state) => state,
        Err(error) => return failure::handle(run, work, None, tried(Err(error))).await,
    };
    go_on(run, work, position, &input, state).await
}

/// The same bytes of an open intent once more, and on from there.
pub(crate) async fn resend(
    run: &mut Run,
    work: &Work,
    position: usize,
    input: &PartInput,
    state: &MachineState,
) -> Result<Round> {
    go_on(run, work, position, input, state.clone()).await
}

/// Steps from a state until the part is out, waits, or fails.
async fn go_on(
    run: &mut Run,
    work: &Work,
    position: usize,
    input: &PartInput,
    mut state: MachineState,
) -> Result<Round> {
    loop {
        let effect = match work.connector.effect(&work.account, input, &state) {
            Ok(effect) => effect,
            Err(error) => return failure::handle(run, work, None, tried(Err(error))).await,
        };
        let (tried, sent) = if effect == Effect::Read {
            (look(run, work, input, &state).await, None)
        } else {
            let (part, step) = intend(run, position, input, &state, &effect).await?;
            (send(run, work, input, &state, &effect).await, Some((part, step)))
        };
        match (tried.result.clone(), sent) {
            // Reads leave no trace: the state is written with the next intent.
            (Ok(Outcome::Next(next)), None) => state = next,
            (Ok(Outcome::Next(next)), Some((part, step))) => {
                moved(run, work, part, &step, &next, &tried).await?;
                state = next;
            }
            (Ok(Outcome::Wait { state, after }), sent) => {
                return processing(run, work, input, sent, &state, after, &tried).await;
            }
            (Ok(Outcome::Done(receipt)), sent) => return done(run, work, position, sent, &receipt, &tried).await,
            (Err(_), sent) => {
                let live = work.connector.published(&state).map(|receipt| (position, receipt));
                return failure::handle(run, work, sent.map(|(_, step)| step), Tried { live, ..tried }).await;
            }
        }
    }
}

fn orphan() -> ConnectorError {
    ConnectorError::new(
        Failure::Rejected { code: postrider_domain::Code::ParentMissing, field: String::new() },
        "the part before it is not out",
    )
}

pub(crate) fn tried(result: Result<Outcome, ConnectorError>) -> Tried {
    Tried { result, exchanges: Vec::new(), answers: Vec::new(), may_have_reached: false, live: None }
}

/// A delay between parts counts from when the part before went out.
async fn not_before(run: &Run, work: &Work, position: usize) -> Result<Option<jiff::Timestamp>> {
    let delay = work.variant.parts[position].delay_s;
    let before = position.checked_sub(1).and_then(|before| work.part(before)).and_then(|part| part.published_at);
    let (Some(before), true) = (before, delay > 0) else { return Ok(None) };
    let until = before.saturating_add(jiff::SignedDuration::from_secs(i64::from(delay))).unwrap_or(before);
    Ok((run.ctx.store.now().await? < until).then_some(until))
}

/// The machine's state to go on from: stored, or planned now.
async fn first_state(
    run: &Run,
    work: &Work,
    position: usize,
    input: &PartInput,
) -> Result<Result<MachineState, ConnectorError>> {
    let now = run.ctx.store.now().await?;
    let mut plan = PlanCx { now, entropy: run.ctx.store.entropy().as_ref() };
    Ok(match work.machine(position) {
        // Nothing of this state is under way (an open step is settled first), so
        // this is a new try and may carry a new time.
        Some(state) => work.connector.renew(&mut plan, state),
        None => work.connector.begin(&mut plan, &work.account, input),
    })
}

/// The state and the intent become durable together, before anything is sent.
async fn intend(
    run: &Run,
    position: usize,
    input: &PartInput,
    state: &MachineState,
    effect: &Effect,
) -> Result<(PartId, Step)> {
    let (honour_key, honoured_for) = match effect {
        Effect::Idempotent { key, honoured_for, .. } => (Some(key.as_str()), *honoured_for),
        Effect::Once { .. } | Effect::Read => (None, None),
    };
    let sends = effect.sends().ok_or_else(|| StoreError::corrupt("sends", "a read has no intent"))?;
    let intent =
        Intent { effect: effect.as_str(), honour_key, honoured_for, sends: &sends.digest.0, timeout: sends.timeout };
    failpoint!("before_intent");
    let mut tx = run.ctx.store.write().await?;
    deliveries::fence(&mut tx, run.lease()).await?;
    let pins = media::pins(input)?;
    let part = parts::begin_with(&mut tx, run.lease(), position, &state.0, pins.as_ref()).await?;
    let step = steps::intend(&mut tx, run.lease(), part, &intent).await?;
    tx.commit().await?;
    failpoint!("after_intent");
    Ok((part, step))
}

async fn look(run: &Run, work: &Work, input: &PartInput, state: &MachineState) -> Tried {
    let cx = Cx::reading(run.ctx.transport.as_ref(), &work.credentials);
    let result = work.connector.step(&cx, &work.account, input, state).await;
    Tried { exchanges: cx.exchanges(), answers: cx.answers(), ..tried(result) }
}

async fn send(run: &Run, work: &Work, input: &PartInput, state: &MachineState, effect: &Effect) -> Tried {
    let Some(sends) = effect.sends() else { return tried(Err(ConnectorError::bug("a read was sent"))) };
    let cx = Cx::sending(run.ctx.transport.as_ref(), &work.credentials, run.guard.as_ref(), sends);
    let result = work.connector.step(&cx, &work.account, input, state).await;
    failpoint!("after_answer");
    Tried { exchanges: cx.exchanges(), answers: cx.answers(), may_have_reached: cx.may_have_reached(), ..tried(result) }
}

async fn moved(run: &Run, work: &Work, part: PartId, step: &Step, next: &MachineState, tried: &Tried) -> Result<()> {
    failpoint!("before_result");
    let mut tx = run.ctx.store.write().await?;
    deliveries::fence(&mut tx, run.lease()).await?;
    record(&mut tx, run, "send", Some(step), tried).await?;
    steps::close(&mut tx, step.id, "next").await?;
    parts::advance(&mut tx, part, &next.0).await?;
    room(&mut tx, run, work, tried).await?;
    tx.commit().await?;
    failpoint!("after_result");
    Ok(())
}

async fn processing(
    run: &Run,
    work: &Work,
    input: &PartInput,
    sent: Option<(PartId, Step)>,
    state: &MachineState,
    after: std::time::Duration,
    tried: &Tried,
) -> Result<Round> {
    failpoint!("before_wait");
    let mut tx = run.ctx.store.write().await?;
    deliveries::fence(&mut tx, run.lease()).await?;
    if let Some((_, step)) = &sent {
        record(&mut tx, run, "send", Some(step), tried).await?;
        steps::close(&mut tx, step.id, "wait").await?;
    }
    let pins = media::pins(input)?;
    parts::begin_with(&mut tx, run.lease(), input.index, &state.0, pins.as_ref()).await?;
    let until = tx.now().saturating_add(after).unwrap_or(jiff::Timestamp::MAX);
    deliveries::wait(&mut tx, run.lease(), until, &Ending::default()).await?;
    notice::lease_changed(&mut tx, run.lease(), postrider_domain::delivery::State::Waiting).await?;
    room(&mut tx, run, work, tried).await?;
    tx.commit().await?;
    failpoint!("after_wait");
    Ok(Round::Left)
}

/// The part is out. When it was the last, the delivery is published in the same commit.
pub(crate) async fn done(
    run: &Run,
    work: &Work,
    position: usize,
    sent: Option<(PartId, Step)>,
    receipt: &Receipt,
    tried: &Tried,
) -> Result<Round> {
    failpoint!("before_result");
    let mut tx = run.ctx.store.write().await?;
    deliveries::fence(&mut tx, run.lease()).await?;
    let part = match &sent {
        Some((part, step)) => {
            record(&mut tx, run, "send", Some(step), tried).await?;
            steps::close(&mut tx, step.id, "done").await?;
            postrider_store::repo::budgets::settle(&mut tx, step.id, true).await?;
            *part
        }
        None => parts::begin(&mut tx, run.lease(), position, &serde_json::Value::Null).await?,
    };
    let round = part_is_out(&mut tx, run, work, position, part, receipt).await?;
    room(&mut tx, run, work, tried).await?;
    tx.commit().await?;
    failpoint!("after_result");
    Ok(round)
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
    let published = Published { remote_id: &receipt.remote_id, url: receipt.url.as_deref(), extra: &receipt.extra };
    parts::publish(tx, run.lease(), part, &published).await?;
    channels::record_ok(tx, work.delivery.workspace_id, work.channel.id).await?;
    if position + 1 < work.variant.parts.len() {
        return Ok(Round::Again);
    }
    conclude(tx, run.lease(), work, &Ending::default()).await?;
    Ok(Round::Left)
}

/// Leaves `running` until a later time.
pub(crate) async fn wait(run: &Run, work: &Work, until: jiff::Timestamp, ending: &Ending) -> Result<Round> {
    failpoint!("before_wait");
    let mut tx = run.ctx.store.write().await?;
    deliveries::fence(&mut tx, run.lease()).await?;
    deliveries::wait(&mut tx, run.lease(), until, ending).await?;
    notice::delivery_changed(&mut tx, &work.delivery, postrider_domain::delivery::State::Waiting).await?;
    tx.commit().await?;
    failpoint!("after_wait");
    Ok(Round::Left)
}

/// Keeps what was sent and answered, redacted.
pub(crate) async fn record(
    tx: &mut Tx,
    run: &Run,
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
    attempts::record(tx, run.lease(), &new).await?;
    Ok(())
}

/// When the platform says that no room is left, everything on the account waits.
async fn room(tx: &mut Tx, run: &Run, work: &Work, tried: &Tried) -> Result<()> {
    let hint = tried.answers.last().and_then(|answer| work.connector.rate(answer));
    if let Some(hint) = hint.filter(|hint| hint.remaining == 0) {
        let until = backoff::after_limit(tx.now(), hint.until, run.ctx.store.entropy().as_ref());
        lanes::block(tx, work.delivery.lane_id, until).await?;
    }
    Ok(())
}
