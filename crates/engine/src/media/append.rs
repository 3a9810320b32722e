//! Appending a body to an upload: bytes to the object store, how far it is to the ledger.

use std::pin::pin;
use std::time::Duration;

use jiff::Timestamp;
use postrider_blobs::{BlobKey, Incoming, Session};
use postrider_domain::Code;
use postrider_store::repo::media::{self, Lease};
use postrider_store::{Store, StoreError};
use serde_json::Value;

use super::Kit;
use super::failure::Trouble;

/// How long the right to append outlives its last sign of life. Short, because a client whose node died is waiting.
const LEASE: Duration = Duration::from_secs(6);

/// How often a sign of life is given.
const BEAT: Duration = Duration::from_secs(2);

/// How far the bytes may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The length is known and reserved.
    End(u64),
    /// It is not: what arrives is reserved as it does, at most so much.
    Open(u64),
}

/// Appends to one upload, as long as its lease is ours.
pub struct Appender<'a> {
    store: &'a Store,
    kit: &'a Kit,
    lease: Lease,
    until: Until,
}

impl<'a> Appender<'a> {
    /// For the holder of a lease.
    pub fn new(store: &'a Store, kit: &'a Kit, lease: Lease, until: Until) -> Self {
        Self { store, kit, lease, until }
    }

    /// When a lease that is taken now ends.
    pub fn lease_end(now: Timestamp) -> Timestamp {
        now.saturating_add(LEASE).unwrap_or(now)
    }

    /// The session to go on with; begun and kept when there is none.
    pub async fn session(&self, kept: Option<Value>) -> Result<Session, Trouble> {
        if let Some(kept) = kept {
            return read(kept);
        }
        let size = match self.until {
            Until::End(bytes) => Some(bytes),
            Until::Open(_) => None,
        };
        let session = self.beating(self.kit.blobs.begin(&key(&self.lease)?, size)).await??;
        self.keep(&session).await?;
        Ok(session)
    }

    /// Appends everything that the body brings. What is durable is kept, whatever comes of the rest.
    pub async fn append(&self, session: &mut Session, body: &mut Incoming) -> Result<(), Trouble> {
        loop {
            let from = session.offset();
            let step = self.beating(self.kit.blobs.append(session, from, body)).await?;
            if session.offset() > from {
                self.reserve(session.offset()).await?;
                self.keep(session).await?;
            }
            if !step?.more {
                return Ok(());
            }
        }
    }

    /// Appends a body of at most one checkpoint and keeps it only when `is_right` says so; else nothing happened.
    pub async fn append_if(
        &self,
        session: &mut Session,
        body: &mut Incoming,
        is_right: impl FnOnce() -> bool,
    ) -> Result<bool, Trouble> {
        let mut tried = session.clone();
        let from = tried.offset();
        self.beating(self.kit.blobs.append(&mut tried, from, body)).await??;
        if !is_right() {
            return Ok(false);
        }
        *session = tried;
        self.keep(session).await?;
        Ok(true)
    }

    /// All bytes are there: what follows is a job's work.
    pub async fn take_in(&self, bytes: u64) -> Result<(), Trouble> {
        let mut tx = self.store.write().await?;
        media::take_in(&mut tx, &self.lease, bytes).await?;
        Ok(tx.commit().await?)
    }

    /// Gives the lease back.
    pub async fn release(&self) -> Result<(), Trouble> {
        let mut tx = self.store.write().await?;
        media::release(&mut tx, &self.lease).await?;
        Ok(tx.commit().await?)
    }

    async fn reserve(&self, total: u64) -> Result<(), Trouble> {
        let Until::Open(limit) = self.until else { return Ok(()) };
        if total > limit {
            return Err(Trouble::of(Code::UploadTooLarge).with("limit", limit));
        }
        let mut tx = self.store.write().await?;
        media::reserve_more(&mut tx, self.lease.workspace, self.lease.media, total).await?;
        Ok(tx.commit().await?)
    }

    async fn keep(&self, session: &Session) -> Result<(), Trouble> {
        let plain = serde_json::to_value(session).map_err(Trouble::later)?;
        let mut tx = self.store.write().await?;
        let now = tx.now();
        let life = now.saturating_add(self.kit.rules.upload_life).unwrap_or(Timestamp::MAX);
        media::keep(&mut tx, &self.lease, &plain, session.offset(), Self::lease_end(now), life).await?;
        if let Until::Open(_) = self.until {
            // Whoever uploads a file sees by itself how far it is; whoever has one fetched does not.
            media::told_progress(&mut tx, self.lease.workspace, self.lease.media, session.offset()).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Gives signs of life while something takes its time; gives up when the lease is lost.
    pub(super) async fn beating<T>(&self, work: impl Future<Output = T>) -> Result<T, Trouble> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Ok(done),
                () = tokio::time::sleep(BEAT) => match self.beat().await {
                    Err(StoreError::Stale) => return Err(StoreError::Stale.into()),
                    // The next one may get through, and `keep` finds out in any case.
                    Err(error) => tracing::warn!(%error, "a sign of life of an upload was not heard"),
                    Ok(()) => {}
                },
            }
        }
    }

    async fn beat(&self) -> Result<(), StoreError> {
        let mut tx = self.store.write().await?;
        let until = Self::lease_end(tx.now());
        media::beat(&mut tx, &self.lease, until).await?;
        tx.commit().await
    }
}

/// A kept session.
pub(super) fn read(kept: Value) -> Result<Session, Trouble> {
    serde_json::from_value(kept).map_err(|error| {
        // Of a version whose sessions this one does not know: only beginning again helps.
        tracing::warn!(%error, "a kept upload is not readable");
        Trouble::of(Code::UploadLost)
    })
}

fn key(lease: &Lease) -> Result<BlobKey, Trouble> {
    BlobKey::parse(&media::object_key(lease.media)).map_err(Trouble::later)
}
