//! Mail on the engine's claim code. What a mail says and how it leaves is the business of the
//! layers above; here it is claimed, tried again, and given up.

use async_trait::async_trait;
use postrider_store::repo::audit;
use postrider_store::repo::jobs::{self, Job};
use postrider_store::{Result, StoreError, Tx};

use crate::backoff;
use crate::ctx::Ctx;
use crate::metrics::JobEnd;

/// What became of a mail that did not leave.
#[derive(Debug, thiserror::Error)]
pub enum Undelivered {
    /// It may work later: the server is away, busy, or asks to wait.
    #[error("not now: {0}")]
    Later(String),
    /// It never will: the server refuses it for good.
    #[error("refused: {0}")]
    Never(String),
    /// The ledger failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes and sends the mails that jobs ask for.
#[async_trait]
pub trait MailRoom: Send + Sync {
    /// Sends what a job asks for; `Ok` too when it is no longer wanted.
    ///
    /// # Errors
    /// When it did not leave.
    async fn send(&self, job: &Job) -> Result<(), Undelivered>;
}

/// Does a job that asks for a mail. Without a mail room its jobs are not claimed here.
pub(crate) async fn run(ctx: &Ctx, job: &Job) -> Result<(), Undelivered> {
    match &ctx.mail {
        Some(room) => room.send(job).await,
        None => Err(Undelivered::Later("this node sends no mail".to_owned())),
    }
}

/// Writes down that a mail did not leave, and when it is tried again.
pub(crate) async fn undelivered(ctx: &Ctx, job: &Job, why: Undelivered) -> Result<JobEnd> {
    let mut tx = ctx.store.write().await?;
    let (detail, again) = match why {
        Undelivered::Store(StoreError::Stale) => return Err(StoreError::Stale),
        Undelivered::Never(detail) => (detail, None),
        other => (other.to_string(), backoff::after_mail(tx.now(), job.failures, ctx.store.entropy().as_ref())),
    };
    tracing::warn!(job = %job.id, kind = job.kind, why = detail, given_up = again.is_none(), "a mail did not leave");
    if again.is_none() {
        give_up(&mut tx, job).await?;
    }
    jobs::fail(&mut tx, job, &detail, again).await?;
    tx.commit().await?;
    Ok(JobEnd::failed(again.is_some()))
}

/// That somebody was not told is itself worth knowing.
async fn give_up(tx: &mut Tx, job: &Job) -> Result<()> {
    let (workspace, subject) = (job.workspace_id, job.id.to_string());
    audit::add(tx, audit::NewEntry { workspace, user: None, action: "mail.given_up", subject: &subject, address: "" })
        .await
}
