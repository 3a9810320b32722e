//! What a failed step leads to. One arm per class, none left over.

use jiff::Timestamp;
use postrider_connector::descriptor::LookupKind;
use postrider_connector::error::{Scope, Until};
use postrider_connector::{ConnectorError, Failure, Receipt};
use postrider_domain::Code;
use postrider_domain::delivery::{HoldReason, PartState, State};
use postrider_domain::source::Entropy;
use postrider_store::repo::attempts::{self, NewAttempt};
use postrider_store::repo::deliveries::{self, Ending};
use postrider_store::repo::parts::Part;
use postrider_store::repo::steps::{self, Step};
use postrider_store::repo::{channels, lanes, parts};
use postrider_store::{Result, Tx};

use super::send::{Tried, part_is_out, record, tried};
use super::tally::Event;
use super::work::Work;
use super::{Round, Run, conclude, room, settle};
use crate::access::Access;
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
pub(crate) async fn handle(run: &Run, work: &Work, step: Option<&Step>, tried: &Tried) -> Result<Round> {
    let Err(error) = &tried.result else { return Ok(Round::Again) };
    if let (true, Some(step)) = (run.guard.was_refused(), step) {
        return not_sent(run, work, step).await;
    }
    if run.guard.is_lost() {
        return Err(postrider_store::StoreError::Stale);
    }
    tracing::info!(delivery = %run.lease().delivery, class = error.failure.class(), %error, "a step failed");
    let failed = Failed { run, work, step, tried, error };
    match &error.failure {
        Failure::RateLimited { until, scope } => failed.limited(*until, *scope).await,
        Failure::Transient => failed.transient().await,
        Failure::Reauth => failed.reauth().await,
        Failure::UserAction { .. } => failed.hold(HoldReason::Reconnect).await,
        Failure::Operator { .. } => failed.hold(HoldReason::Operator).await,
        Failure::Rejected { .. } => failed.refuse().await,
        Failure::Ambiguous => failed.unknown().await,
        // Our own fault, but if something may have left us, it is unknown first.
        Failure::Bug if tried.may_have_reached => failed.unknown().await,
        Failure::Bug => failed.refuse().await,
    }
}

/// Renews the tokens, or waits for whoever is doing it, and writes down the try.
pub(crate) async fn renew(run: &Run, work: &Work) -> Result<Refresh> {
    let refresh = refresh::refresh(&run.ctx, &work.grant).await?;
    let (outcome, code) = refresh.noted();
    let new = NewAttempt { action: "refresh", outcome: outcome.to_owned(), code, ..NewAttempt::default() };
    fenced!(run, |tx| { attempts::record(tx, run.lease(), &new).await })?;
    Ok(refresh)
}

/// How often a send that is refused here is tried again at once.
const REFUSALS: u32 = 3;

/// The lease could not be proven long enough for the call, so nothing left. It is tried again
/// at once, and later where that does not help; it is nobody's failure and costs no attempt.
async fn not_sent(run: &Run, work: &Work, step: &Step) -> Result<Round> {
    let again = run.refused() < REFUSALS;
    fenced!(run, |tx| {
        steps::without_effect(tx, step).await?;
        if again {
            return Ok(Round::Again);
        }
        let next = backoff::after_failure(tx.now(), 0, run.ctx.store.entropy().as_ref());
        leave_waiting(tx, run, work, next, &Ending::of(Code::LeaseLost)).await
    })
}

/// A refusal of our own, without any call.
pub(crate) async fn refuse(run: &Run, work: &Work, error: &ConnectorError) -> Result<Round> {
    let tried = tried(Err(error.clone()));
    Failed { run, work, step: None, tried: &tried, error }.refuse().await
}

/// What a failed try leaves of its intent.
#[derive(Clone, Copy)]
enum Trace {
    /// It certainly did nothing.
    Nothing,
    /// The platform says that it did not do it, and may have: the same bytes go out again under the same key.
    Counted,
    /// It may have done something, and the platform is asked.
    Open,
}

/// A failed step with everything around it.
struct Failed<'a> {
    run: &'a Run,
    work: &'a Work,
    step: Option<&'a Step>,
    tried: &'a Tried,
    error: &'a ConnectorError,
}

impl Failed<'_> {
    /// The step, if it was sent before: then what became of this try says nothing about that send.
    fn repeated(&self) -> Option<&Step> {
        self.step.filter(|step| step.earlier.is_some())
    }

    /// Writes down the try and what it leaves.
    async fn note(&self, tx: &mut Tx, trace: Trace) -> Result<()> {
        let action = if self.step.is_some() { "send" } else { "read" };
        record(tx, self.run, self.work, action, self.step, self.tried).await?;
        let Some(step) = self.step else { return Ok(()) };
        match trace {
            Trace::Nothing => steps::without_effect(tx, step).await,
            Trace::Counted => steps::counted(tx, step).await,
            Trace::Open => steps::call_ended(tx, step.id).await,
        }
    }

    /// What counts calls may stand behind what they did. Where a repeat could do it again the platform is asked; one
    /// that cannot be asked is believed.
    fn counted(&self) -> Trace {
        let asked = self.work.connector.descriptor().lookup != LookupKind::None;
        let again = |step: &Step| step.effect == "once" || step.honoured_for.is_some();
        match self.step {
            Some(step) if self.tried.may_have_reached && again(step) && asked => Trace::Open,
            Some(step) if self.tried.may_have_reached && !again(step) && !self.tried.brought_file => Trace::Counted,
            _ => Trace::Nothing,
        }
    }

    /// Wait; it costs no attempt and holds everything on the same budget.
    async fn limited(&self, until: Until, scope: Scope) -> Result<Round> {
        fenced!(self.run, |tx| {
            self.note(tx, self.counted()).await?;
            let until = room::block(tx, self.run, self.work, until, scope).await?;
            if self.work.misses_window(until) {
                if let Some(step) = self.repeated() {
                    return ask_first(tx, step).await;
                }
                if let Some(round) = already_live(tx, self.run, self.work, self.tried.live.as_ref()).await? {
                    return Ok(round);
                }
            }
            wait_for_room(tx, self.run, self.work, until, &Ending::of(Code::RateLimited)).await
        })
    }

    /// Try again later, until the window closes.
    async fn transient(&self) -> Result<Round> {
        fenced!(self.run, |tx| {
            self.note(tx, if self.tried.may_have_reached { Trace::Open } else { Trace::Nothing }).await?;
            let open = self.step.filter(|step| self.tried.may_have_reached || step.earlier.is_some());
            self.again_later(tx, open).await
        })
    }

    /// Another try after a pause, or the end where the window is over by then. `open` is
    /// the step if it may have happened.
    async fn again_later(&self, tx: &mut Tx, open: Option<&Step>) -> Result<Round> {
        let next = backoff::after_failure(tx.now(), self.work.delivery.failures, self.entropy());
        if !self.work.misses_window(next) {
            return leave_waiting(tx, self.run, self.work, next, &charged(ending(self.error))).await;
        }
        // Ask before saying that it failed.
        if let Some(step) = open {
            return ask_first(tx, step).await;
        }
        if let Some(round) = already_live(tx, self.run, self.work, self.tried.live.as_ref()).await? {
            return Ok(round);
        }
        let ending = Ending { words: self.error.words.clone(), ..Ending::of(Code::RetriesExhausted) };
        conclude(tx, self.run, self.work, &charged(ending)).await?;
        Ok(Round::Left)
    }

    /// One forced refresh before it counts; then the owner is asked to reconnect. While
    /// somebody renews, what is refused may be what that just ended.
    async fn reauth(&self) -> Result<Round> {
        fenced!(self.run, |tx| { self.note(tx, Trace::Nothing).await })?;
        let grant = &self.work.grant;
        if self.run.may_refresh(grant.version) || refresh::is_under_way(&self.run.ctx, grant).await? {
            match renew(self.run, self.work).await? {
                Refresh::Fresh => return Ok(Round::Again),
                // The tokens could not be renewed for now: that is not a revocation.
                Refresh::NotNow => return fenced!(self.run, |tx| { self.again_later(tx, self.repeated()).await }),
                Refresh::Revoked => {}
            }
        }
        if refresh::revoked(&self.run.ctx, grant).await? == Refresh::Fresh {
            return Ok(Round::Again);
        }
        fenced!(self.run, |tx| {
            if let Some(round) = already_live(tx, self.run, self.work, self.tried.live.as_ref()).await? {
                return Ok(round);
            }
            deliveries::hold(tx, self.run.lease(), refresh::REVOKED, &ending(self.error)).await?;
            self.run.tally.add(self.work, Event::Left(State::Held));
            notice::delivery_changed(tx, &self.work.delivery, State::Held).await?;
            Ok(Round::Left)
        })
    }

    /// Somebody must act: the account's owner, or the operator for all channels of the app.
    async fn hold(&self, reason: HoldReason) -> Result<Round> {
        fenced!(self.run, |tx| {
            self.note(tx, Trace::Nothing).await?;
            if let Some(step) = self.repeated() {
                return ask_first(tx, step).await;
            }
            self.mark(tx, reason).await?;
            if let Some(round) = already_live(tx, self.run, self.work, self.tried.live.as_ref()).await? {
                return Ok(round);
            }
            put_on_hold(tx, self.run, self.work, reason, &ending(self.error)).await
        })
    }

    /// Notes who must act, and tells the operator once.
    async fn mark(&self, tx: &mut Tx, reason: HoldReason) -> Result<()> {
        let Work { channel, grant, delivery, connector, .. } = self.work;
        let access = Access { channel, grant, lane: delivery.lane_id, connector: connector.as_ref() };
        access.mark(tx, reason, code(self.error)).await
    }

    /// Refused for good before any effect: the part failed, and nothing after it goes out.
    async fn refuse(&self) -> Result<Round> {
        fenced!(self.run, |tx| {
            self.note(tx, Trace::Nothing).await?;
            if let Some(step) = self.repeated() {
                return ask_first(tx, step).await;
            }
            if let Some(round) = already_live(tx, self.run, self.work, self.tried.live.as_ref()).await? {
                return Ok(round);
            }
            let pending = || self.work.parts.iter().find(|part| part.state == PartState::Pending);
            if let Some(part) = self.step.map(|step| step.part_id).or(pending().map(|part| part.id)) {
                parts::refuse(tx, part).await?;
            }
            let (workspace, channel) = (self.work.delivery.workspace_id, self.work.channel.id);
            lanes::lock(tx, self.work.delivery.lane_id).await?;
            channels::record_failure(tx, workspace, channel, code(self.error)).await?;
            conclude(tx, self.run, self.work, &charged(ending(self.error))).await?;
            Ok(Round::Left)
        })
    }

    /// It may have happened: the intent stays open, and it is looked at when a lookup can tell.
    async fn unknown(&self) -> Result<Round> {
        let Some(step) = self.step else { return self.transient().await };
        fenced!(self.run, |tx| {
            self.note(tx, Trace::Open).await?;
            let look = settle::earliest_look(step, Some(tx.now()), self.work);
            leave_waiting(tx, self.run, self.work, look, &charged(ending(self.error))).await
        })
    }

    fn entropy(&self) -> &dyn Entropy {
        self.run.ctx.store.entropy().as_ref()
    }
}

/// What fails after a part went live (a reply gate, say) never makes the part fail: it is out
/// with the receipt it has.
pub(super) async fn already_live(
    tx: &mut Tx,
    run: &Run,
    work: &Work,
    live: Option<&(usize, Receipt)>,
) -> Result<Option<Round>> {
    let Some((position, receipt)) = live else { return Ok(None) };
    let begun = parts::of_delivery(tx, run.lease().workspace, run.lease().delivery).await?;
    let Some(part) = begun.iter().find(|part| part.position == *position as u64) else { return Ok(None) };
    part_is_out(tx, run, work, *position, part.id, receipt).await.map(Some)
}

fn charged(ending: Ending) -> Ending {
    Ending { charge: true, ..ending }
}

/// When a question without an answer is asked again, and whether that is charged.
pub(crate) async fn ask_again_at(
    tx: &mut Tx,
    run: &Run,
    work: &Work,
    error: &ConnectorError,
) -> Result<(Timestamp, bool)> {
    if let Failure::RateLimited { until, scope } = error.failure {
        return Ok((room::block(tx, run, work, until, scope).await?, false));
    }
    Ok((backoff::after_failure(tx.now(), work.delivery.failures, run.ctx.store.entropy().as_ref()), true))
}

/// Nothing is concluded from what may have happened: the platform is asked, and the same
/// bytes are not sent again by themselves.
async fn ask_first(tx: &mut Tx, step: &Step) -> Result<Round> {
    steps::only_ask(tx, step.id).await?;
    Ok(Round::Again)
}

/// After a panic, which may have come after a send: whatever is open is looked at next.
pub(crate) async fn after_panic(run: &Run, work: &Work) -> Result<Round> {
    let sent = run.sent().map(|step| step.id);
    let ending = charged(Ending::of(Code::InternalFault));
    fenced!(run, |tx| {
        let Some(open) = steps::open(tx, run.lease().delivery).await? else {
            conclude(tx, run, work, &ending).await?;
            return Ok(Round::Left);
        };
        // Only of a call that this run made is the end known.
        if sent == Some(open.id) {
            steps::call_ended(tx, open.id).await?;
        }
        let next = backoff::after_failure(tx.now(), work.delivery.failures, run.ctx.store.entropy().as_ref());
        leave_waiting(tx, run, work, next, &ending).await
    })
}

/// Leaves `running` until there is room again, which costs no attempt. Where that is after
/// the window, what is out stands alone, and what is not asks before it goes out.
pub(crate) async fn wait_for_room(
    tx: &mut Tx,
    run: &Run,
    work: &Work,
    until: Timestamp,
    ending: &Ending,
) -> Result<Round> {
    if !work.misses_window(until) {
        return leave_waiting(tx, run, work, until, ending).await;
    }
    if work.parts.iter().any(Part::is_out) {
        conclude(tx, run, work, ending).await?;
        return Ok(Round::Left);
    }
    put_on_hold(tx, run, work, HoldReason::Late, &Ending::of(Code::HeldLate)).await
}

/// Leaves `running` until somebody acts, and says so.
pub(crate) async fn put_on_hold(
    tx: &mut Tx,
    run: &Run,
    work: &Work,
    reason: HoldReason,
    ending: &Ending,
) -> Result<Round> {
    deliveries::hold(tx, run.lease(), reason, ending).await?;
    run.tally.add(work, Event::Left(State::Held));
    notice::about_delivery(tx, &work.delivery, Code::NoteHeld, work.note_args(ending)).await?;
    notice::delivery_changed(tx, &work.delivery, State::Held).await?;
    Ok(Round::Left)
}

/// Leaves `running` until a later time, within a transaction that holds the fence.
pub(crate) async fn leave_waiting(
    tx: &mut Tx,
    run: &Run,
    work: &Work,
    until: Timestamp,
    ending: &Ending,
) -> Result<Round> {
    deliveries::wait(tx, run.lease(), until, ending).await?;
    run.tally.add(work, Event::Left(State::Waiting));
    notice::delivery_changed(tx, &work.delivery, State::Waiting).await?;
    failpoint!("before_wait");
    Ok(Round::Waits)
}
