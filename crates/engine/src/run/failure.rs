//! What a failed step leads to. One arm per class, none left over.

use jiff::Timestamp;
use postrider_connector::error::Scope;
use postrider_connector::{ConnectorError, Failure};
use postrider_domain::Code;
use postrider_domain::delivery::{HoldReason, PartState, State};
use postrider_store::repo::channels::{self, ChannelState};
use postrider_store::repo::deliveries::{self, Ending};
use postrider_store::repo::steps::{self, Step};
use postrider_store::repo::{apps, budgets, lanes, parts};
use postrider_store::{Result, Tx};

use super::send::{Tried, part_is_out, record, tried};
use super::work::Work;
use super::{Round, Run, conclude, settle};
use crate::refresh::{self, Refresh};
use crate::{backoff, failpoint, notice};

/// The code whose message explains a failure.
pub(crate) fn code(error: &ConnectorError) -> Code {
    match &error.failure {
        Failure::RateLimited { .. } => Code::RateLimited,
        Failure::Transient => Code::PlatformDown,
        Failure::Reauth => Code::NeedsReconnect,
        Failure::UserAction { code } | Failure::Operator { code } | Failure::Rejected { code, .. } => *code,
        Failure::Ambiguous => Code::OutcomeUnknown,
        Failure::Bug => Code::InternalFault,
    }
}

pub(crate) fn ending(error: &ConnectorError) -> Ending {
    let mut ending = Ending { words: error.words.clone(), ..Ending::of(code(error)) };
    if let Failure::Rejected { field, .. } = &error.failure {
        ending.args.insert("field".to_owned(), field.clone());
    }
    if let Some(platform_code) = &error.platform_code {
        ending.args.insert("platform_code".to_owned(), platform_code.clone());
    }
    ending
}

/// Decides what happens after a failed step. `step` is the sending step, if it was one.
pub(crate) async fn handle(run: &mut Run, work: &Work, step: Option<Step>, tried: Tried) -> Result<Round> {
    let Err(error) = tried.result.clone() else { return Ok(Round::Again) };
    if run.guard.is_lost() {
        return Err(postrider_store::StoreError::Stale);
    }
    tracing::info!(delivery = %run.lease().delivery, class = error.failure.class(), %error, "a step failed");
    let step = step.as_ref();
    match &error.failure {
        Failure::RateLimited { until, scope } => limited(run, work, step, &tried, *until, *scope).await,
        Failure::Transient => transient(run, work, step, &tried, &error).await,
        Failure::Reauth => reauth(run, work, step, &tried, &error).await,
        Failure::UserAction { .. } => hold(run, work, step, &tried, &error, HoldReason::Reconnect).await,
        Failure::Operator { .. } => hold(run, work, step, &tried, &error, HoldReason::Operator).await,
        Failure::Rejected { .. } => refuse_tried(run, work, step, &tried, &error).await,
        Failure::Ambiguous => unknown(run, work, step, &tried, &error).await,
        // Our own fault, but if something may have left us, it is unknown first.
        Failure::Bug if tried.may_have_reached => unknown(run, work, step, &tried, &error).await,
        Failure::Bug => refuse_tried(run, work, step, &tried, &error).await,
    }
}

/// The step, if it was sent before: then what became of this try says nothing about that send.
fn repeated(step: Option<&Step>) -> Option<&Step> {
    step.filter(|step| step.earlier.is_some())
}

/// Nothing is concluded from a refused repeat: the platform is asked about the send before it.
async fn ask_first(mut tx: Tx, step: &Step) -> Result<Round> {
    steps::only_ask(&mut tx, step.id).await?;
    tx.commit().await?;
    Ok(Round::Again)
}

/// Writes down the try. `no_effect` says that what was sent this time certainly did nothing.
async fn note(tx: &mut Tx, run: &Run, step: Option<&Step>, tried: &Tried, no_effect: bool) -> Result<()> {
    let action = if step.is_some() { "send" } else { "read" };
    record(tx, run, action, step, tried).await?;
    let Some(step) = step else { return Ok(()) };
    if no_effect { steps::without_effect(tx, step).await } else { steps::call_ended(tx, step.id).await }
}

/// Wait; it costs no attempt and holds everything on the same budget.
async fn limited(
    run: &Run,
    work: &Work,
    step: Option<&Step>,
    tried: &Tried,
    until: postrider_connector::error::Until,
    scope: Scope,
) -> Result<Round> {
    let mut tx = begin(run).await?;
    let until = backoff::after_limit(tx.now(), until, run.ctx.store.entropy().as_ref());
    note(&mut tx, run, step, tried, true).await?;
    match (scope, work.grant.platform_app_id) {
        (Scope::App, Some(app)) => budgets::block(&mut tx, budgets::Scope::App(app.uuid()), "calls", until).await?,
        _ => lanes::block(&mut tx, work.delivery.lane_id, until).await?,
    }
    if let Some(step) = repeated(step).filter(|_| work.misses_window(until)) {
        return ask_first(tx, step).await;
    }
    leave_waiting(tx, run, work, until, &Ending::of(Code::RateLimited)).await
}

/// Try again later, until the window closes.
async fn transient(
    run: &Run,
    work: &Work,
    step: Option<&Step>,
    tried: &Tried,
    error: &ConnectorError,
) -> Result<Round> {
    let mut tx = begin(run).await?;
    note(&mut tx, run, step, tried, !tried.may_have_reached).await?;
    let next = backoff::after_failure(tx.now(), work.delivery.failures, run.ctx.store.entropy().as_ref());
    if !work.misses_window(next) {
        return leave_waiting(tx, run, work, next, &Ending { charge: true, ..ending(error) }).await;
    }
    // The window is over, but it may be out: ask before saying that it failed.
    if let Some(step) = step.filter(|step| tried.may_have_reached || step.earlier.is_some()) {
        return ask_first(tx, step).await;
    }
    if let Some(round) = already_live(&mut tx, run, work, tried).await? {
        tx.commit().await?;
        return Ok(round);
    }
    let ending = Ending { words: error.words.clone(), charge: true, ..Ending::of(Code::RetriesExhausted) };
    conclude(&mut tx, run.lease(), work, &ending).await?;
    commit(tx).await
}

/// What fails after a part went live (a reply gate, say) never makes the part
/// fail: it is out with the receipt it has.
async fn already_live(tx: &mut Tx, run: &Run, work: &Work, tried: &Tried) -> Result<Option<Round>> {
    let Some((position, receipt)) = &tried.live else { return Ok(None) };
    let begun = parts::of_delivery(tx, run.lease().workspace, run.lease().delivery).await?;
    let Some(part) = begun.iter().find(|part| part.position == *position as u64) else { return Ok(None) };
    part_is_out(tx, run, work, *position, part.id, receipt).await.map(Some)
}

/// One forced refresh before it counts; then the owner is asked to reconnect.
async fn reauth(
    run: &mut Run,
    work: &Work,
    step: Option<&Step>,
    tried: &Tried,
    error: &ConnectorError,
) -> Result<Round> {
    let mut tx = begin(run).await?;
    note(&mut tx, run, step, tried, true).await?;
    tx.commit().await?;
    if !std::mem::replace(&mut run.refreshed, true) {
        match refresh::refresh(&run.ctx, &work.grant).await? {
            Refresh::Fresh => return Ok(Round::Again),
            Refresh::NotNow => return later(run, work, error).await,
            Refresh::Revoked => {}
        }
    }
    refresh::revoked(&run.ctx, work.delivery.workspace_id, work.grant.id).await?;
    let mut tx = begin(run).await?;
    deliveries::hold(&mut tx, run.lease(), refresh::REVOKED, &ending(error)).await?;
    notice::delivery_changed(&mut tx, &work.delivery, State::Held).await?;
    commit(tx).await
}

/// The tokens could not be renewed for now: that is not a revocation.
async fn later(run: &Run, work: &Work, error: &ConnectorError) -> Result<Round> {
    let tx = begin(run).await?;
    let next = backoff::after_failure(tx.now(), work.delivery.failures, run.ctx.store.entropy().as_ref());
    leave_waiting(tx, run, work, next, &Ending { charge: true, ..ending(error) }).await
}

/// Somebody must act: the account's owner, or the operator for all channels of the app.
async fn hold(
    run: &Run,
    work: &Work,
    step: Option<&Step>,
    tried: &Tried,
    error: &ConnectorError,
    reason: HoldReason,
) -> Result<Round> {
    let mut tx = begin(run).await?;
    note(&mut tx, run, step, tried, true).await?;
    if let Some(step) = repeated(step) {
        return ask_first(tx, step).await;
    }
    let (workspace, channel) = (work.delivery.workspace_id, work.channel.id);
    channels::record_failure(&mut tx, workspace, channel, code(error)).await?;
    let ending = ending(error);
    deliveries::hold(&mut tx, run.lease(), reason, &ending).await?;
    let mut newly = true;
    match (reason, work.grant.platform_app_id) {
        (HoldReason::Operator, Some(app)) => newly = apps::mark_broken(&mut tx, app, code(error)).await?,
        (HoldReason::Reconnect, _) => {
            channels::set_state(&mut tx, workspace, channel, ChannelState::NeedsReconnect).await?;
        }
        _ => {}
    }
    if newly {
        let note = if reason == HoldReason::Operator { Code::NoteOperator } else { Code::NoteHeld };
        notice::about_delivery(&mut tx, &work.delivery, note, work.note_args(&ending)).await?;
    }
    notice::delivery_changed(&mut tx, &work.delivery, State::Held).await?;
    commit(tx).await
}

/// Refused for good before any effect: the part failed, and nothing after it goes out.
async fn refuse_tried(
    run: &Run,
    work: &Work,
    step: Option<&Step>,
    tried: &Tried,
    error: &ConnectorError,
) -> Result<Round> {
    let mut tx = begin(run).await?;
    note(&mut tx, run, step, tried, true).await?;
    if let Some(step) = repeated(step) {
        return ask_first(tx, step).await;
    }
    if let Some(round) = already_live(&mut tx, run, work, tried).await? {
        tx.commit().await?;
        return Ok(round);
    }
    if let Some(part) = work.parts.iter().find(|part| part.state == PartState::Pending).map(|part| part.id) {
        parts::refuse(&mut tx, part).await?;
    } else if let Some(step) = step {
        parts::refuse(&mut tx, step.part_id).await?;
    }
    channels::record_failure(&mut tx, work.delivery.workspace_id, work.channel.id, code(error)).await?;
    conclude(&mut tx, run.lease(), work, &Ending { charge: true, ..ending(error) }).await?;
    failpoint!("before_result");
    commit(tx).await
}

/// A refusal of our own, without any call.
pub(crate) async fn refuse(run: &Run, work: &Work, step: Option<&Step>, error: &ConnectorError) -> Result<Round> {
    refuse_tried(run, work, step, &tried(Err(error.clone())), error).await
}

/// It may have happened: the intent stays open, and it is looked at when a lookup can tell.
async fn unknown(run: &Run, work: &Work, step: Option<&Step>, tried: &Tried, error: &ConnectorError) -> Result<Round> {
    let Some(step) = step else { return transient(run, work, None, tried, error).await };
    let mut tx = begin(run).await?;
    note(&mut tx, run, Some(step), tried, false).await?;
    let look = settle::earliest_look(step, work);
    leave_waiting(tx, run, work, look, &Ending { charge: true, ..ending(error) }).await
}

/// After a panic, which may have come after a send: whatever is open is looked at next.
pub(crate) async fn after_panic(run: &Run) -> Result<()> {
    let mut tx = run.ctx.store.write().await?;
    deliveries::fence(&mut tx, run.lease()).await?;
    let open = steps::open(&mut tx, run.lease().delivery).await?;
    let delivery = deliveries::get(&mut tx, run.lease().workspace, run.lease().delivery).await?;
    let ending = Ending { charge: true, ..Ending::of(Code::InternalFault) };
    if let Some(step) = open {
        steps::call_ended(&mut tx, step.id).await?;
        let next = backoff::after_failure(tx.now(), delivery.failures, run.ctx.store.entropy().as_ref());
        deliveries::wait(&mut tx, run.lease(), next, &ending).await?;
        notice::delivery_changed(&mut tx, &delivery, State::Waiting).await?;
        return tx.commit().await;
    }
    let (event, state) = if parts::any_published(&mut tx, delivery.id).await? {
        deliveries::publish(&mut tx, run.lease(), true, &ending).await?;
        (Code::NoteIncomplete, State::Published)
    } else {
        deliveries::fail(&mut tx, run.lease(), postrider_domain::delivery::Event::Fail, &ending).await?;
        (Code::NoteFailed, State::Failed)
    };
    notice::about_delivery(&mut tx, &delivery, event, ending.args.clone()).await?;
    notice::delivery_changed(&mut tx, &delivery, state).await?;
    tx.commit().await
}

pub(crate) async fn begin(run: &Run) -> Result<Tx> {
    let mut tx = run.ctx.store.write().await?;
    deliveries::fence(&mut tx, run.lease()).await?;
    Ok(tx)
}

pub(crate) async fn commit(tx: Tx) -> Result<Round> {
    tx.commit().await?;
    failpoint!("after_result");
    Ok(Round::Left)
}

pub(crate) async fn leave_waiting(
    mut tx: Tx,
    run: &Run,
    work: &Work,
    until: Timestamp,
    ending: &Ending,
) -> Result<Round> {
    deliveries::wait(&mut tx, run.lease(), until, ending).await?;
    notice::delivery_changed(&mut tx, &work.delivery, State::Waiting).await?;
    failpoint!("before_wait");
    tx.commit().await?;
    failpoint!("after_wait");
    Ok(Round::Left)
}
