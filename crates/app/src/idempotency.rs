//! Idempotency keys: the row is written in the use case's own transaction.
//!
//! What is kept as the answer is what the use case needs to answer again, such
//! as the id of what it made: never content, personal data or a secret.

use std::time::Duration;

use postrider_domain::Code;
use postrider_domain::id::WorkspaceId;
use postrider_domain::role::Right;
use postrider_store::Tx;
use postrider_store::repo::idempotency::{self, Begun as Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::{App, AppError, Caller, Result};

/// The store keeps a number beside each answer; here it only says that there is one.
const ANSWERED: u16 = 1;

/// How often a request that is in flight is looked for again. A use case that
/// failed a moment ago gives its key back when PostgreSQL has undone it, which is
/// just after its answer went out.
const LOOKS: u32 = 5;

/// How long to wait before each further look.
const BETWEEN_LOOKS: Duration = Duration::from_millis(40);

/// A request that may be sent again and must happen once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// Who sends it: two callers may choose the same key.
    pub caller: String,
    /// The key they chose.
    pub key: String,
    /// SHA-256 of what was asked for.
    pub request_hash: [u8; 32],
}

impl Idempotency {
    /// A keyed request; `target` is its method and address.
    pub fn new(caller: &Caller, key: &str, target: &str, body: &[u8]) -> Self {
        let mut hash = Sha256::new();
        // The length in front keeps target and body apart.
        hash.update((target.len() as u64).to_be_bytes());
        hash.update(target.as_bytes());
        hash.update(body);
        Self { caller: caller.subject(), key: key.to_owned(), request_hash: hash.finalize().into() }
    }
}

/// How a writing use case starts.
pub enum Begun<T> {
    /// It was done before; this is what was kept of its answer.
    Replay(T),
    /// Do it in this transaction, then [`App::finish`].
    Run(Tx),
}

/// What a request to make something came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made<T, I> {
    /// It is there: made now, or by the same request before.
    There(T),
    /// The same request made it before, and it is gone since.
    Gone(I),
}

impl<T, I> Made<T, I> {
    /// From looking for what a request has made.
    pub fn found(id: I, found: Result<T>) -> Result<Self> {
        match found {
            Ok(there) => Ok(Self::There(there)),
            Err(error) if error.code() == Code::NotFound => Ok(Self::Gone(id)),
            Err(error) => Err(error),
        }
    }

    /// [`Made::found`] in a workspace: whoever left it since is told nothing about it.
    pub async fn found_in(app: &App, caller: &Caller, workspace: WorkspaceId, id: I, found: Result<T>) -> Result<Self> {
        let made = Self::found(id, found)?;
        if matches!(made, Self::Gone(_)) {
            caller.member(&mut app.store.read().await?, workspace, Right::View).await?;
        }
        Ok(made)
    }

    /// What is there: always something for a request without a key.
    pub fn there(self) -> Result<T> {
        match self {
            Self::There(there) => Ok(there),
            Self::Gone(_) => Err(AppError::not_found()),
        }
    }
}

impl App {
    /// Opens the writing transaction of a use case, unless the request was answered before.
    ///
    /// # Errors
    /// [`Code::IdempotencyMismatch`] for a key that was used for something else,
    /// [`Code::IdempotencyInFlight`] while the first request is being handled.
    pub async fn begin_write<T: DeserializeOwned>(&self, once: Option<&Idempotency>) -> Result<Begun<T>> {
        for _ in 0..LOOKS {
            if let Some(begun) = self.try_begin(once).await? {
                return Ok(begun);
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        Err(AppError::of(Code::IdempotencyInFlight))
    }

    /// `None` while the first request is being handled.
    async fn try_begin<T: DeserializeOwned>(&self, once: Option<&Idempotency>) -> Result<Option<Begun<T>>> {
        let mut tx = self.store.write().await?;
        let Some(once) = once else { return Ok(Some(Begun::Run(tx))) };
        match idempotency::begin(&mut tx, &once.caller, &once.key, &once.request_hash).await? {
            Row::New => Ok(Some(Begun::Run(tx))),
            Row::Replay { answer, .. } => {
                // SQLite commits in groups: the first answer may not be durable before this is.
                tx.commit().await?;
                Ok(Some(Begun::Replay(read_back(&answer)?)))
            }
            Row::Mismatch => Err(AppError::of(Code::IdempotencyMismatch)),
            Row::InFlight => Ok(None),
        }
    }

    /// Keeps what is needed to answer again, and commits.
    pub async fn finish<T: Serialize>(&self, mut tx: Tx, once: Option<&Idempotency>, answer: &T) -> Result<()> {
        if let Some(once) = once {
            let answer = serde_json::to_string(answer).map_err(|error| AppError::Internal(error.to_string()))?;
            idempotency::finish(&mut tx, &once.caller, &once.key, ANSWERED, &answer).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Claims the key of a use case that calls the network before it writes. `Some` is
    /// the earlier answer. After `None`, end with [`App::begin_reserved`] and
    /// [`App::finish`], or [`App::give_back`] when the call failed. A key that a dead
    /// process left claimed frees itself after five minutes.
    pub async fn reserve<T: DeserializeOwned>(&self, once: Option<&Idempotency>) -> Result<Option<T>> {
        if once.is_none() {
            return Ok(None);
        }
        match self.begin_write(once).await? {
            Begun::Replay(answer) => Ok(Some(answer)),
            Begun::Run(tx) => {
                tx.commit().await?;
                Ok(None)
            }
        }
    }

    /// The writing transaction of a use case whose key is reserved already.
    pub async fn begin_reserved(&self) -> Result<Tx> {
        Ok(self.store.write().await?)
    }

    /// Frees a reserved key, so that the request may be tried again.
    pub async fn give_back(&self, once: Option<&Idempotency>) -> Result<()> {
        let Some(once) = once else { return Ok(()) };
        let mut tx = self.store.write().await?;
        idempotency::drop(&mut tx, &once.caller, &once.key).await?;
        Ok(tx.commit().await?)
    }
}

fn read_back<T: DeserializeOwned>(answer: &str) -> Result<T> {
    serde_json::from_str(answer).map_err(|error| AppError::Internal(format!("a kept answer is unreadable: {error}")))
}

#[cfg(test)]
mod tests;
