//! One part: begin the change of it, step until it is done, write down what came of it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::FutureExt as _;
use jiff::Timestamp;
use postrider_connector::http::Sends;
use postrider_connector::{
    ConnectorError, Cx, Effect, Exchange, Failure, MachineState, Outcome, PartInput, PlanCx, Receipt, Response,
};
use postrider_domain::Code;
use postrider_store::repo::attempts::{self, NewAttempt};
use postrider_store::repo::deliveries::Ending;
use postrider_store::repo::parts::{self, Part, Published};
use postrider_store::repo::{changes, channels};
use postrider_store::{Result, Tx};

use super::work::Work;
use super::{Round, Turn, Wait, action, failure, hold_lane, kept};
use crate::failpoint;
use crate::room::Spent;

/// What a step came to, with the evidence.
pub(super) struct Tried {
    pub(super) result: std::result::Result<Outcome, ConnectorError>,
    exchanges: Vec<Exchange>,
    answers: Vec<Response>,
    started_at: Option<Timestamp>,
    /// Whether it was meant to change something there.
    sent: bool,
}

impl From<ConnectorError> for Tried {
    fn from(error: ConnectorError) -> Self {
        let (exchanges, answers) = (Vec::new(), Vec::new());
        Self { result: Err(error), exchanges, answers, started_at: None, sent: false }
    }
}

/// Works on one part until it is changed, waits, or cannot be.
pub(super) async fn change(turn: &Turn<'_>, work: &Work, index: usize) -> Result<Round> {
    let part = &work.parts[index];
    let input = work.input(index)?;
    let mut state = match first_state(turn, work, index, &input).await? {
        Ok(state) => state,
        Err(error) => return failure::handle(turn, work, part, &error.into()).await,
    };
    let mut paid = kept(&work.subject.change, part.id).is_some();
    loop {
        let tried = match effect(work, &input, &state) {
            Err(error) => error.into(),
            Ok(None) => read(turn, work, &input, &state).await,
            Ok(Some(sends)) => {
                if let Some(spent) = intend(turn, work, sends, &mut paid).await? {
                    return no_room(turn, work, spent).await;
                }
                send(turn, work, &input, &state, sends).await?
            }
        };
        match &tried.result {
            Ok(Outcome::Next(next)) => {
                let next = next.clone();
                moved(turn, work, part, &tried).await?;
                state = next;
            }
            Ok(Outcome::Wait { state, after }) => {
                let after = jiff::SignedDuration::try_from(*after).unwrap_or(jiff::SignedDuration::MAX);
                return processing(turn, work, part, state, Wait::For(after), &tried).await;
            }
            Ok(Outcome::Done(receipt)) => return done(turn, work, part, receipt, &tried).await,
            Err(_) => return failure::handle(turn, work, part, &tried).await,
        }
    }
}

/// The machine's state to go on from: where the network was still working, or the first.
async fn first_state(
    turn: &Turn<'_>,
    work: &Work,
    index: usize,
    input: &PartInput,
) -> Result<std::result::Result<MachineState, ConnectorError>> {
    let now = turn.ctx.store.now().await?;
    let links = turn.ctx.links();
    let mut plan = PlanCx::new(now, turn.ctx.store.entropy().as_ref()).with_links(&links);
    let machine = kept(&work.subject.change, work.parts[index].id).map(MachineState);
    let Some(receipt) = work.receipt(index) else {
        return Ok(Err(ConnectorError::bug("a part that is out has no id there")));
    };
    Ok(unharmed(|| match machine {
        Some(state) => work.connector.renew(&mut plan, input, state),
        None => {
            let asked = work.asked(input);
            let begun = work.connector.begin_change(&mut plan, &work.account, &receipt, &asked);
            begun.unwrap_or_else(|| Err(unsupported()))
        }
    }))
}

/// Asked again, because another build may be at work by now.
fn unsupported() -> ConnectorError {
    let failure = Failure::Rejected { code: Code::ChangeUnsupported, field: String::new() };
    ConnectorError::new(failure, "the connector does not offer this change")
}

/// What is sent next; `None` for a read. What could not be repeated for ever is refused: nobody
/// would know after a crash whether it happened.
fn effect(work: &Work, input: &PartInput, state: &MachineState) -> std::result::Result<Option<Sends>, ConnectorError> {
    match unharmed(|| work.connector.effect(&work.account, input, state))? {
        Effect::Read => Ok(None),
        Effect::Idempotent { honoured_for: None, sends, .. } => Ok(Some(sends)),
        _ => Err(ConnectorError::bug("a step of a change cannot be repeated for ever")),
    }
}

/// A connector's panic is its fault and no end of ours.
fn unharmed<T>(
    call: impl FnOnce() -> std::result::Result<T, ConnectorError>,
) -> std::result::Result<T, ConnectorError> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| Err(panicked()))
}

fn panicked() -> ConnectorError {
    tracing::error!("a connector panicked in a change of what is live");
    ConnectorError::bug("the connector panicked")
}

/// The lane stays ours for the call, and room is paid for, once for a part.
async fn intend(turn: &Turn<'_>, work: &Work, sends: Sends, paid: &mut bool) -> Result<Option<Spent>> {
    let mut tx = turn.begin().await?;
    if !hold_lane(&mut tx, &work.subject, sends.timeout).await? {
        return Err(postrider_store::StoreError::Stale);
    }
    if !*paid && let Some(spent) = work.room().charge(&mut tx, 0).await? {
        tx.rollback().await?;
        return Ok(Some(spent));
    }
    *paid = true;
    tx.commit().await?;
    failpoint!("change_intended");
    Ok(None)
}

async fn no_room(turn: &Turn<'_>, work: &Work, spent: Spent) -> Result<Round> {
    let mut tx = turn.begin().await?;
    work.room().close_until(&mut tx, spent.until, spent.scope).await?;
    turn.wait(&mut tx, &work.subject, Wait::Until(spent.until), &Ending::of(Code::RateLimited)).await?;
    tx.commit().await?;
    Ok(Round::Left)
}

async fn read(turn: &Turn<'_>, work: &Work, input: &PartInput, state: &MachineState) -> Tried {
    let cx = Cx::reading(turn.ctx.transport.as_ref(), &work.credentials);
    let result = step(work, &cx, input, state).await;
    Tried { result, exchanges: cx.exchanges(), answers: cx.answers(), started_at: None, sent: false }
}

async fn send(turn: &Turn<'_>, work: &Work, input: &PartInput, state: &MachineState, sends: Sends) -> Result<Tried> {
    let started_at = Some(turn.ctx.store.now().await?);
    let cx = Cx::sending(turn.ctx.transport.as_ref(), &work.credentials, turn, sends);
    let result = step(work, &cx, input, state).await;
    failpoint!("change_answered");
    Ok(Tried { result, exchanges: cx.exchanges(), answers: cx.answers(), started_at, sent: true })
}

async fn step(
    work: &Work,
    cx: &Cx<'_>,
    input: &PartInput,
    state: &MachineState,
) -> std::result::Result<Outcome, ConnectorError> {
    let step = AssertUnwindSafe(work.connector.step(cx, &work.account, input, state));
    step.catch_unwind().await.unwrap_or_else(|_| Err(panicked()))
}

/// The machine moved on. Nothing of it is kept: after a crash the change is begun again.
async fn moved(turn: &Turn<'_>, work: &Work, part: &Part, tried: &Tried) -> Result<()> {
    if !tried.sent {
        return Ok(());
    }
    let mut tx = turn.begin().await?;
    record(&mut tx, turn, work, part, tried).await?;
    heed(&mut tx, turn, work, tried).await?;
    tx.commit().await
}

async fn processing(
    turn: &Turn<'_>,
    work: &Work,
    part: &Part,
    state: &MachineState,
    wait: Wait,
    tried: &Tried,
) -> Result<Round> {
    let mut tx = turn.begin().await?;
    if tried.sent {
        record(&mut tx, turn, work, part, tried).await?;
    }
    changes::keep_machine(&mut tx, work.subject.change.id, part.id, &state.0).await?;
    heed(&mut tx, turn, work, tried).await?;
    turn.wait(&mut tx, &work.subject, wait, &Ending::default()).await?;
    tx.commit().await?;
    Ok(Round::Left)
}

/// The part is as it was asked for.
async fn done(turn: &Turn<'_>, work: &Work, part: &Part, receipt: &Receipt, tried: &Tried) -> Result<Round> {
    let mut tx = turn.begin().await?;
    if tried.sent {
        record(&mut tx, turn, work, part, tried).await?;
    }
    match work.revision() {
        None => parts::deleted(&mut tx, part.id).await?,
        Some(revision) => {
            let Receipt { remote_id, url, extra } = receipt;
            let published = Published { remote_id, url: url.as_deref(), extra };
            parts::edited(&mut tx, part.id, revision, &published).await?;
        }
    }
    changes::drop_machine(&mut tx, work.subject.change.id).await?;
    heed(&mut tx, turn, work, tried).await?;
    channels::record_ok(&mut tx, turn.workspace, work.subject.channel.id).await?;
    tx.commit().await?;
    failpoint!("change_part_done");
    Ok(Round::Again)
}

/// What the last answer says about the room left.
pub(super) async fn heed(tx: &mut Tx, turn: &Turn<'_>, work: &Work, tried: &Tried) -> Result<()> {
    work.room().heed(tx, tried.answers.last(), turn.ctx.store.entropy().as_ref()).await
}

/// Keeps what was sent and answered, redacted.
pub(super) async fn record(tx: &mut Tx, turn: &Turn<'_>, work: &Work, part: &Part, tried: &Tried) -> Result<()> {
    let error = tried.result.as_ref().err();
    let new = NewAttempt {
        part: Some(part.id),
        step: None,
        action: action(&work.subject.change),
        outcome: error.map_or("ok", |error| error.failure.class()).to_owned(),
        code: error.map(crate::run::code),
        platform_code: error.and_then(|error| error.platform_code.clone()),
        status: error.and_then(|error| error.status).or(tried.answers.last().map(|answer| answer.status)),
        words: error.and_then(|error| error.words.clone()),
        exchanges: serde_json::to_value(&tried.exchanges).ok(),
        started_at: tried.started_at,
    };
    attempts::record_of(tx, turn.workspace, turn.delivery, turn.ctx.boot, &new).await.map(|_| ())
}
