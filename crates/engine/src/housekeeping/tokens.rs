//! Renewing tokens before they expire: several grants at once, so that a slow server holds up
//! only its own, and one that cannot be opened is put off.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use postrider_domain::id::{GrantId, WorkspaceId};
use postrider_store::Result;
use postrider_store::repo::{grants, instance};
use tokio_util::task::TaskTracker;

use crate::ctx::Ctx;
use crate::refresh;

/// Grants that one node renews at once.
const FLIGHTS: usize = 8;

/// How long a grant is left alone that could not even be tried.
const PUT_OFF: SignedDuration = SignedDuration::from_mins(15);

/// Finds grants whose time has come and starts each on the tracker.
#[derive(Clone)]
pub(super) struct Renewal {
    ctx: Arc<Ctx>,
    tracker: TaskTracker,
    flying: Arc<Mutex<HashSet<GrantId>>>,
}

/// One grant being renewed; its slot is free when this is dropped.
struct Flight {
    of: Renewal,
    id: GrantId,
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.of.flying.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

impl Renewal {
    pub(super) fn new(ctx: Arc<Ctx>, tracker: TaskTracker) -> Self {
        Self { ctx, tracker, flying: Arc::default() }
    }

    pub(super) async fn turn(self) -> Result<()> {
        let limit = u32::try_from(2 * FLIGHTS).unwrap_or(u32::MAX);
        let mut tx = self.ctx.store.read().await?;
        // A copy of another instance starts paused: renewing would rotate the other's tokens.
        if instance::is_paused(&mut tx).await? {
            return Ok(());
        }
        let due = grants::due_for_refresh(&mut tx, limit).await?;
        drop(tx);
        for (workspace, id) in due {
            if let Some(flight) = self.take_off(id) {
                self.tracker.spawn(async move { flight.of.renew(workspace, id).await });
            }
        }
        Ok(())
    }

    /// A slot for a grant that is not being renewed already.
    fn take_off(&self, id: GrantId) -> Option<Flight> {
        let mut flying = self.flying.lock().unwrap_or_else(PoisonError::into_inner);
        (flying.len() < FLIGHTS && flying.insert(id)).then(|| Flight { of: self.clone(), id })
    }

    async fn renew(&self, workspace: WorkspaceId, id: GrantId) {
        let Err(error) = self.try_to(workspace, id).await else { return };
        tracing::warn!(grant = %id, %error, "a grant could not be renewed and is put off");
        if let Err(error) = self.put_off(workspace, id).await {
            tracing::warn!(grant = %id, %error, "a grant could not be put off");
        }
    }

    async fn try_to(&self, workspace: WorkspaceId, id: GrantId) -> Result<()> {
        let mut tx = self.ctx.store.read().await?;
        let (now, grant) = (tx.now(), grants::get(&mut tx, workspace, id).await?);
        drop(tx);
        // Another node was faster: renewing once more would end the tokens that others just loaded.
        if grant.refresh_at.is_none_or(|due| due > now) {
            return Ok(());
        }
        refresh::refresh(&self.ctx, &grant).await.map(|_| ())
    }

    async fn put_off(&self, workspace: WorkspaceId, id: GrantId) -> Result<()> {
        let mut tx = self.ctx.store.write().await?;
        let until = tx.now().saturating_add(PUT_OFF).unwrap_or(Timestamp::MAX);
        grants::postpone_refresh(&mut tx, workspace, id, until).await?;
        tx.commit().await
    }
}
