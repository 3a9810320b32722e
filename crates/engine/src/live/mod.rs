//! Changes of what is live: a delivery goes away on its network, or says something else there.
//!
//! A change is a job on the ledger, asked for in the transaction that decides on it. Its row is
//! the intent of every call: each step of a change is a read, or may be repeated for ever, so one
//! that was broken off is begun again, and what was done of it already is passed over. The
//! delivery stays published whatever becomes of it.

mod failure;
mod gate;
mod part;
mod work;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postrider_domain::Code;
use postrider_domain::id::{DeliveryId, PartId, WorkspaceId};
use postrider_domain::live::ChangeKind;
use postrider_store::repo::audit;
use postrider_store::repo::changes::{self, Change};
use postrider_store::repo::deliveries::{self, Delivery, Ending};
use postrider_store::repo::jobs::{self, Job, NewJob};
use postrider_store::repo::lanes;
use postrider_store::repo::notifications::NoteBody;
use postrider_store::{Result, StoreError, Tx};
use serde_json::json;

use crate::ctx::Ctx;
use crate::housekeeping::{Ended, JOB_LEASE};
use crate::{failpoint, notice};
use work::{Found, Subject, Work};

/// The kind of the job. Its payload names the delivery: a change that was asked for later is
/// found by it too.
pub const KIND: &str = "live_change";

/// How soon a change is looked at again whose account another change is at work on.
const NEXT_IN_LANE: SignedDuration = SignedDuration::from_secs(2);

/// How soon it is looked at again while publishing is paused.
const PAUSED: SignedDuration = SignedDuration::from_secs(30);

/// Puts the change of a delivery that was just asked for on the ledger.
///
/// # Errors
/// When the ledger fails.
pub async fn enqueue(tx: &mut Tx, workspace: WorkspaceId, delivery: DeliveryId) -> Result<()> {
    let (key, due_at) = (format!("{KIND}:{delivery}"), tx.now());
    let payload = json!({ "delivery": delivery });
    let job = NewJob { kind: KIND, workspace: Some(workspace), payload, once_key: Some(&key), due_at };
    jobs::enqueue_or_hasten(tx, &job).await
}

/// What a look at a change came to.
enum Round {
    /// There is more to do now.
    Again,
    /// It ended, or waits for a later time; the job was written with it.
    Left,
}

/// What stays true across the rounds of one turn of the job.
struct Turn<'a> {
    ctx: &'a Ctx,
    job: &'a Job,
    workspace: WorkspaceId,
    delivery: DeliveryId,
    /// Tokens may be renewed by force once per turn, before a refusal counts.
    refreshed: AtomicBool,
    /// Somebody else has the job: nothing more may be sent or written.
    lost: AtomicBool,
}

/// Does what is left of a change.
pub(crate) async fn run(ctx: &Ctx, job: &Job) -> Result<Ended> {
    let workspace = job.workspace_id.ok_or_else(|| StoreError::corrupt("workspace_id", "missing"))?;
    let delivery = serde_json::from_value(job.payload["delivery"].clone());
    let delivery = delivery.map_err(|error| StoreError::corrupt("payload", error))?;
    let (refreshed, lost) = (AtomicBool::default(), AtomicBool::default());
    let turn = Turn { ctx, job, workspace, delivery, refreshed, lost };
    match turn.rounds().await {
        // The ledger cannot be read, and no later turn reads it better.
        Err(error) if !error.is_temporary() && !matches!(error, StoreError::Stale) => {
            tracing::error!(%delivery, %error, "a change of what is live is given up");
            turn.give_up().await
        }
        ended => ended,
    }
}

impl Turn<'_> {
    async fn rounds(&self) -> Result<Ended> {
        loop {
            let round = match work::look(self).await? {
                // The change ended, or its post is gone.
                Found::Nothing => return Ok(Ended::Open),
                Found::Later(subject, wait, code) => self.later(&subject, wait, &Ending::of(code)).await?,
                Found::Never(subject, ending) => self.fail(&subject, &ending).await?,
                Found::Ready(work) => self.round(&work).await?,
            };
            if matches!(round, Round::Left) {
                return Ok(Ended::Settled);
            }
        }
    }

    async fn round(&self, work: &Work) -> Result<Round> {
        if !self.take_lane(work, Duration::ZERO).await? {
            let mut tx = self.begin().await?;
            let at = tx.now().saturating_add(NEXT_IN_LANE).unwrap_or(Timestamp::MAX);
            jobs::again(&mut tx, self.job, at).await?;
            tx.commit().await?;
            return Ok(Round::Left);
        }
        match work.next_part() {
            Some(part) => part::change(self, work, part).await,
            None => self.done(&work.subject).await,
        }
    }

    /// A transaction in which the delivery is locked and the job certainly ours.
    async fn begin(&self) -> Result<Tx> {
        if self.lost.load(Ordering::Relaxed) {
            return Err(StoreError::Stale);
        }
        let mut tx = self.ctx.store.write().await?;
        deliveries::get_locked(&mut tx, self.workspace, self.delivery).await?;
        jobs::extend(&mut tx, self.job, JOB_LEASE).await?;
        Ok(tx)
    }

    /// Whether tokens may be renewed by force now.
    fn may_refresh(&self) -> bool {
        !self.refreshed.swap(true, Ordering::Relaxed)
    }

    /// One account is changed at one place at a time: two edits of a thread would otherwise be
    /// done in whatever order their calls arrive.
    async fn take_lane(&self, work: &Work, call: Duration) -> Result<bool> {
        let mut tx = self.begin().await?;
        let taken = hold_lane(&mut tx, &work.subject, call).await?;
        tx.commit().await?;
        Ok(taken)
    }

    /// Leaves the change until a time, and says why where that is news.
    async fn later(&self, subject: &Subject, wait: Wait, ending: &Ending) -> Result<Round> {
        let mut tx = self.begin().await?;
        self.wait(&mut tx, subject, wait, ending).await?;
        tx.commit().await?;
        Ok(Round::Left)
    }

    async fn wait(&self, tx: &mut Tx, subject: &Subject, wait: Wait, ending: &Ending) -> Result<()> {
        lanes::free_of_change(tx, subject.delivery.lane_id, subject.change.id).await?;
        let at = match wait {
            Wait::For(time) => tx.now().saturating_add(time).unwrap_or(Timestamp::MAX),
            Wait::Until(at) => at,
        };
        jobs::again(tx, self.job, at).await?;
        says_why(tx, subject, ending).await
    }

    /// The network says what was asked for.
    async fn done(&self, subject: &Subject) -> Result<Round> {
        let mut tx = self.begin().await?;
        changes::done(&mut tx, &subject.change).await?;
        self.ends(&mut tx, subject, ended_well(subject.change.kind)).await?;
        notice::delivery_changed(&mut tx, &subject.delivery, subject.delivery.state).await?;
        tx.commit().await?;
        failpoint!("change_done");
        Ok(Round::Left)
    }

    /// It ends without that: whoever asked is told why, and the delivery stays as it is.
    async fn fail(&self, subject: &Subject, ending: &Ending) -> Result<Round> {
        let mut tx = self.begin().await?;
        self.fail_in(&mut tx, subject, ending).await?;
        tx.commit().await?;
        Ok(Round::Left)
    }

    async fn fail_in(&self, tx: &mut Tx, subject: &Subject, ending: &Ending) -> Result<()> {
        let Subject { change, delivery, channel } = subject;
        changes::fail(tx, change, ending).await?;
        self.ends(tx, subject, "delivery.live_change_failed").await?;
        let mut args = ending.args.clone();
        args.insert("channel".to_owned(), channel.handle.clone());
        args.insert("kind".to_owned(), change.kind.as_str().to_owned());
        args.extend(ending.code.map(|code| ("reason".to_owned(), code.to_string())));
        let body = NoteBody {
            code: Code::NoteChangeFailed,
            args,
            post: Some(delivery.post_id),
            delivery: Some(delivery.id),
            channel: Some(channel.id),
        };
        notice::tell(tx, delivery.workspace_id, change.requested_by, &body).await?;
        notice::delivery_changed(tx, delivery, delivery.state).await
    }

    /// Its job and its lane are free, and the log has it.
    async fn ends(&self, tx: &mut Tx, subject: &Subject, action: &str) -> Result<()> {
        lanes::free_of_change(tx, subject.delivery.lane_id, subject.change.id).await?;
        jobs::finish(tx, self.job).await?;
        let (workspace, about) = (Some(self.workspace), self.delivery.to_string());
        audit::add(tx, audit::NewEntry { workspace, user: None, action, subject: &about, address: "" }).await
    }

    /// Ends a change of which not even the rest can be read.
    async fn give_up(&self) -> Result<Ended> {
        let subject = work::subject(&mut self.ctx.store.read().await?, self.workspace, self.delivery).await?;
        let Some(subject) = subject else { return Ok(Ended::Open) };
        self.fail(&subject, &Ending::of(Code::InternalFault)).await?;
        Ok(Ended::Settled)
    }
}

/// When a change is looked at again.
#[derive(Debug, Clone, Copy)]
enum Wait {
    /// After this long.
    For(SignedDuration),
    /// At this instant.
    Until(Timestamp),
}

/// What the audit log says of a change that came to its end.
const fn ended_well(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Delete => "delivery.live_deleted",
        ChangeKind::Edit => "delivery.live_edited",
    }
}

/// Takes the lane, or keeps it, for a call that may take so long and for what comes after it.
async fn hold_lane(tx: &mut Tx, subject: &Subject, call: Duration) -> Result<bool> {
    let until = tx.now().saturating_add(JOB_LEASE + call).unwrap_or(Timestamp::MAX);
    lanes::take_for_change(tx, subject.delivery.lane_id, subject.change.id, until).await
}

/// Notes why a change waits, and tells open screens where that is news.
async fn says_why(tx: &mut Tx, subject: &Subject, ending: &Ending) -> Result<()> {
    let Subject { change, delivery, .. } = subject;
    if (change.code, &change.words) == (ending.code, &ending.words) {
        return Ok(());
    }
    changes::wait(tx, change.id, ending).await?;
    notice::delivery_changed(tx, delivery, delivery.state).await
}

/// What an attempt of a change is called.
const fn action(change: &Change) -> &'static str {
    change.kind.as_str()
}

/// Which part the network still works on, with its machine.
fn kept(change: &Change, part: PartId) -> Option<serde_json::Value> {
    change.machine.clone().filter(|_| change.part_id == Some(part))
}

/// A delivery of which nothing can be changed any more.
fn is_live(delivery: &Delivery) -> bool {
    delivery.state == postrider_domain::delivery::State::Published && delivery.deleted_at.is_none()
}
