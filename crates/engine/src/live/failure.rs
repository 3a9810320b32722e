//! What a failed step of a change leads to. One arm per class, none left over.

use std::sync::atomic::Ordering;

use jiff::SignedDuration;
use postrider_connector::{ConnectorError, Failure};
use postrider_domain::Code;
use postrider_domain::delivery::HoldReason;
use postrider_store::repo::attempts::{self, NewAttempt};
use postrider_store::repo::deliveries::Ending;
use postrider_store::repo::parts::Part;
use postrider_store::repo::{jobs, lanes};
use postrider_store::{Result, StoreError};

use super::part::{Tried, record};
use super::work::Work;
use super::{Round, Turn, Wait, says_why};
use crate::refresh::{self, Refresh};
use crate::{backoff, run};

/// For how long after it was asked for a change is tried.
const TRIED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Decides what happens after a failed step of a part.
pub(super) async fn handle(turn: &Turn<'_>, work: &Work, part: &Part, tried: &Tried) -> Result<Round> {
    let Err(error) = &tried.result else { return Ok(Round::Again) };
    if turn.lost.load(Ordering::Relaxed) {
        return Err(StoreError::Stale);
    }
    tracing::info!(delivery = %turn.delivery, class = error.failure.class(), %error, "a change of what is live failed");
    let failed = Failed { turn, work, part, tried, error };
    match &error.failure {
        Failure::RateLimited { until, scope } => {
            let mut tx = turn.begin().await?;
            record(&mut tx, turn, work, part, tried).await?;
            let until = work.room().block(&mut tx, *until, *scope, turn.ctx.store.entropy().as_ref()).await?;
            turn.wait(&mut tx, &work.subject, Wait::Until(until), &Ending::of(Code::RateLimited)).await?;
            tx.commit().await?;
            Ok(Round::Left)
        }
        // Whether it arrived does not matter: it may be repeated for ever.
        Failure::Transient | Failure::Ambiguous => failed.again_later(true).await,
        Failure::Reauth => failed.reauth().await,
        Failure::UserAction { .. } => failed.end(Some(HoldReason::Reconnect)).await,
        Failure::Operator { .. } => failed.end(Some(HoldReason::Operator)).await,
        Failure::Rejected { .. } | Failure::Bug => failed.end(None).await,
    }
}

/// A failed step with everything around it.
struct Failed<'a> {
    turn: &'a Turn<'a>,
    work: &'a Work,
    part: &'a Part,
    tried: &'a Tried,
    error: &'a ConnectorError,
}

impl Failed<'_> {
    /// Try again after a pause, for a day.
    async fn again_later(&self, note: bool) -> Result<Round> {
        let Self { turn, work, error, .. } = *self;
        let subject = &work.subject;
        let mut tx = turn.begin().await?;
        if note {
            record(&mut tx, turn, work, self.part, self.tried).await?;
        }
        let next = backoff::after_failure(tx.now(), turn.job.failures, turn.ctx.store.entropy().as_ref());
        if subject.change.created_at.saturating_add(TRIED_FOR).is_ok_and(|end| next > end) {
            let ending = Ending { words: error.words.clone(), ..Ending::of(Code::ChangeExhausted) };
            turn.fail_in(&mut tx, subject, &ending).await?;
        } else {
            lanes::free_of_change(&mut tx, subject.delivery.lane_id, subject.change.id).await?;
            jobs::fail(&mut tx, turn.job, &error.to_string(), Some(next)).await?;
            let ending = match error.failure {
                // That nobody knows is no reason to look there: it is done again.
                Failure::Ambiguous => Ending { words: error.words.clone(), ..Ending::of(Code::PlatformDown) },
                _ => run::ending(error),
            };
            says_why(&mut tx, subject, &ending).await?;
        }
        tx.commit().await?;
        Ok(Round::Left)
    }

    /// One forced refresh before it counts; then the owner is asked to reconnect.
    async fn reauth(&self) -> Result<Round> {
        let Self { turn, work, .. } = *self;
        let mut tx = turn.begin().await?;
        record(&mut tx, turn, work, self.part, self.tried).await?;
        tx.commit().await?;
        if turn.may_refresh() {
            match self.renew().await? {
                Refresh::Fresh => return Ok(Round::Again),
                // The tokens could not be renewed for now: that is not a revocation.
                Refresh::NotNow => return self.again_later(false).await,
                Refresh::Revoked => {}
            }
        }
        if refresh::revoked(turn.ctx, &work.grant).await? == Refresh::Fresh {
            return Ok(Round::Again);
        }
        turn.fail(&work.subject, &run::ending(self.error)).await
    }

    /// Renews the tokens, or waits for whoever is doing it, and writes down the try.
    async fn renew(&self) -> Result<Refresh> {
        let Self { turn, work, .. } = *self;
        let refresh = refresh::refresh(turn.ctx, &work.grant).await?;
        let (outcome, code) = refresh.noted();
        let new = NewAttempt { action: "refresh", outcome: outcome.to_owned(), code, ..NewAttempt::default() };
        let mut tx = turn.begin().await?;
        attempts::record_of(&mut tx, turn.workspace, turn.delivery, turn.ctx.boot, &new).await?;
        tx.commit().await?;
        Ok(refresh)
    }

    /// It ends here. `reason` says who must act before it can be asked for again.
    async fn end(&self, reason: Option<HoldReason>) -> Result<Round> {
        let Self { turn, work, error, .. } = *self;
        let mut tx = turn.begin().await?;
        record(&mut tx, turn, work, self.part, self.tried).await?;
        if let Some(reason) = reason {
            work.access().mark(&mut tx, reason, run::code(error)).await?;
        }
        turn.fail_in(&mut tx, &work.subject, &run::ending(error)).await?;
        tx.commit().await?;
        Ok(Round::Left)
    }
}
