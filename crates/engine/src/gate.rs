//! Holding a lease: signs of life while a delivery runs, and the last check before a send.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use postrider_connector::cx::Gate;
use postrider_connector::{ConnectorError, Request};
use postrider_store::repo::deliveries::{self, Lease};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use crate::ctx::Ctx;
use crate::failpoint;

/// A lease that is kept alive as long as this value lives.
pub(crate) struct LeaseGuard {
    ctx: Arc<Ctx>,
    lease: Lease,
    deadline: watch::Sender<Instant>,
    lost: Arc<AtomicBool>,
    refused: AtomicBool,
}

/// What the lease must outlive a request by, so that its result can still be written.
const MARGIN: Duration = Duration::from_secs(5);

/// Monotonic present: deadlines inside a process do not follow the wall clock.
#[expect(clippy::disallowed_methods, reason = "waits and deadlines inside a process are monotonic")]
fn monotonic() -> Instant {
    Instant::now()
}

impl LeaseGuard {
    /// Takes charge of a lease that was claimed at most since `claimed`.
    pub(crate) fn new(ctx: Arc<Ctx>, lease: Lease, claimed: Instant) -> Arc<Self> {
        let deadline = watch::Sender::new(claimed + ctx.config.lease);
        Arc::new(Self { ctx, lease, deadline, lost: Arc::default(), refused: AtomicBool::default() })
    }

    /// The moment from which a claim that is about to be made counts.
    pub(crate) fn clock() -> Instant {
        monotonic()
    }

    pub(crate) fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Whether somebody else has taken the delivery.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Whether it is certain that nobody else has it: the lease has not run out.
    pub(crate) fn holds(&self) -> bool {
        !self.is_lost() && *self.deadline.borrow() > monotonic()
    }

    /// Whether the last send was refused here, so that nothing left; asked once.
    pub(crate) fn was_refused(&self) -> bool {
        self.refused.swap(false, Ordering::Relaxed)
    }

    /// Gives signs of life until the returned handle is dropped.
    pub(crate) fn keep_alive(self: &Arc<Self>) -> AbortOnDropHandle<()> {
        let guard = Arc::clone(self);
        #[expect(clippy::disallowed_methods, reason = "ends with the handle")]
        let task = tokio::spawn(async move {
            while !guard.is_lost() {
                tokio::time::sleep(guard.ctx.config.heartbeat).await;
                guard.beat(guard.ctx.config.lease).await;
            }
        });
        AbortOnDropHandle::new(task)
    }

    /// Extends the lease to `length` from now. A database that does not answer
    /// is not a lost lease: the deadline simply does not move.
    async fn beat(&self, length: Duration) {
        let started = monotonic();
        match self.extend(length).await {
            Ok(()) => self.deadline.send_modify(|deadline| *deadline = (*deadline).max(started + length)),
            Err(postrider_store::StoreError::Stale) => self.lost.store(true, Ordering::Relaxed),
            Err(error) => tracing::warn!(delivery = %self.lease.delivery, %error, "no sign of life could be given"),
        }
    }

    async fn extend(&self, length: Duration) -> postrider_store::Result<()> {
        let mut tx = self.ctx.store.write().await?;
        deliveries::heartbeat(&mut tx, &self.lease, length).await?;
        tx.commit().await
    }

    /// The last word on one send. Where the platform refuses a second copy for ever,
    /// `repeatable`, the lease need not outlive the call: else a long upload would hold the
    /// lane for as long after its process was killed. Whoever takes over meanwhile repeats it
    /// without harm, and what comes of this call is dropped. A repeat whose key is forgotten some
    /// time must begin before `until`, by the ledger's clock: that may have passed since its intent.
    pub(crate) fn gate(self: &Arc<Self>, repeatable: bool, until: Option<Timestamp>) -> SendGate {
        SendGate { guard: Arc::clone(self), repeatable, until }
    }

    async fn check(&self, needed: Option<Duration>, until: Option<Timestamp>) -> Result<(), String> {
        let too_short = |needed| *self.deadline.borrow() < monotonic() + needed;
        if let Some(needed) = needed.filter(|needed| too_short(*needed)) {
            self.beat(needed + self.ctx.config.heartbeat.max(MARGIN)).await;
        }
        let ours = match self.ctx.store.glance().await {
            Ok(tx) if until.is_some_and(|until| tx.now() >= until) => {
                return Err("the key may be forgotten before the request ends".to_owned());
            }
            Ok(mut tx) => deliveries::is_ours(&mut tx, &self.lease).await,
            Err(error) => Err(error),
        };
        match ours {
            Ok(true) if !self.is_lost() => {}
            Ok(_) => {
                self.lost.store(true, Ordering::Relaxed);
                return Err("somebody else has taken the delivery".to_owned());
            }
            Err(error) => return Err(format!("the lease cannot be checked: {error}")),
        }
        // The last act before sending: no database, no await in between.
        match needed.filter(|needed| too_short(*needed)) {
            Some(_) => Err("the lease ends before the request could".to_owned()),
            None => Ok(()),
        }
    }
}

/// The gate of one send.
pub(crate) struct SendGate {
    guard: Arc<LeaseGuard>,
    repeatable: bool,
    until: Option<Timestamp>,
}

#[async_trait]
impl Gate for SendGate {
    async fn may_send(&self, request: &Request) -> Result<(), ConnectorError> {
        failpoint!("before_send");
        let needed = (!self.repeatable).then(|| request.timeout + MARGIN);
        self.guard.check(needed, self.until).await.map_err(|why| {
            self.guard.refused.store(true, Ordering::Relaxed);
            ConnectorError::new(postrider_connector::Failure::Transient, format!("not sent: {why}"))
        })?;
        failpoint!("after_gate");
        Ok(())
    }
}
