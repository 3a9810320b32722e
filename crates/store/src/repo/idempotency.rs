//! Idempotency keys: a request that is sent again gets the first answer.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;

use crate::seal::KeyBytes;
use crate::sql::sql;
use crate::{Result, Tx};

/// How long a key is remembered.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// How long a request may take before its key is free again: its process has died.
pub const IN_FLIGHT: SignedDuration = SignedDuration::from_mins(5);

/// What a request with a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// The first with this key: do it, then [`finish`] in the same transaction.
    New,
    /// A repetition: answer this.
    Replay {
        /// Status of the first answer.
        status: u16,
        /// Body of the first answer.
        answer: String,
    },
    /// The key was used for another request.
    Mismatch,
    /// The first request with this key is still being handled.
    InFlight,
}

/// Takes a key for a request, in the transaction of the use case.
///
/// `caller` tells people and keys apart: two callers may choose the same key. What is stored
/// of `request_hash` is a code made with the instance key: the request may hold a password,
/// and whoever reads the table must not be able to try candidates for it.
pub async fn begin(tx: &mut Tx, caller: &str, key: &str, request_hash: &[u8; 32]) -> Result<Begun> {
    if !take_lock(tx, caller, key).await? {
        return Ok(Begun::InFlight);
    }
    let now = tx.now();
    tx.execute(
        sql("DELETE FROM idempotency_keys WHERE caller = $1 AND idempotency_key = $2 \
             AND (created_at <= $3 OR (status IS NULL AND created_at <= $4))")
        .bind(caller)
        .bind(key)
        .bind(horizon(now))
        .bind(now.saturating_sub(IN_FLIGHT).unwrap_or(Timestamp::MIN)),
    )
    .await?;
    let made = tx
        .execute(
            sql("INSERT INTO idempotency_keys (caller, idempotency_key, request_hash, created_at) \
                 VALUES ($1, $2, $3, $4) ON CONFLICT (caller, idempotency_key) DO NOTHING")
            .bind(caller)
            .bind(key)
            .bind(mark(tx, request_hash)?)
            .bind(now),
        )
        .await?;
    if made == 1 { Ok(Begun::New) } else { known(tx, caller, key, request_hash).await }
}

async fn known(tx: &mut Tx, caller: &str, key: &str, request_hash: &[u8; 32]) -> Result<Begun> {
    let found = sql("SELECT request_hash, status, answer FROM idempotency_keys \
                     WHERE caller = $1 AND idempotency_key = $2");
    let row = tx.one(found.bind(caller).bind(key)).await?;
    if !is_same(tx, &row.get::<Vec<u8>>("request_hash")?, request_hash) {
        return Ok(Begun::Mismatch);
    }
    let (status, answer) = (row.get::<Option<i64>>("status")?, row.get::<Option<String>>("answer")?);
    Ok(match status.and_then(|status| u16::try_from(status).ok()) {
        Some(status) => Begun::Replay { status, answer: answer.unwrap_or_default() },
        None => Begun::InFlight,
    })
}

/// Bytes of a mark that name the version of the instance key.
const VERSION: usize = 4;

/// What is stored of a request: which instance key, and a code that only it can make.
fn mark(tx: &Tx, request_hash: &[u8; 32]) -> Result<Vec<u8>> {
    let (version, key) = tx.shared().keys.current();
    Ok([version.to_be_bytes().as_slice(), &code(&key, request_hash)].concat())
}

/// Whether a mark is that of a request. The key of a mark may be gone after a rotation: then
/// it is believed, since a repetition must get its answer.
fn is_same(tx: &Tx, mark: &[u8], request_hash: &[u8; 32]) -> bool {
    let Some((version, made)) = mark.split_first_chunk::<VERSION>() else { return false };
    match tx.shared().keys.get(u32::from_be_bytes(*version)) {
        Ok(key) => code(&key, request_hash) == made,
        Err(_) => true,
    }
}

fn code(key: &KeyBytes, request_hash: &[u8; 32]) -> [u8; 32] {
    let hmac = |key: &[u8], text: &[u8]| -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        mac.update(text);
        mac.finalize().into_bytes().into()
    };
    hmac(&hmac(key.expose(), b"postrider idempotency 1"), request_hash)
}

/// On PostgreSQL a second request would wait for the first one's transaction;
/// a lock that is tried tells at once. SQLite's writers take turns anyway.
async fn take_lock(tx: &mut Tx, caller: &str, key: &str) -> Result<bool> {
    if !tx.locks_rows() {
        return Ok(true);
    }
    let lock = sql("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS taken");
    tx.one(lock.bind(format!("idempotency\u{1}{caller}\u{1}{key}"))).await?.get("taken")
}

/// Keeps the answer for repetitions.
pub async fn finish(tx: &mut Tx, caller: &str, key: &str, status: u16, answer: &str) -> Result<()> {
    tx.execute_one(
        sql("UPDATE idempotency_keys SET status = $1, answer = $2 WHERE caller = $3 AND idempotency_key = $4")
            .bind(u32::from(status))
            .bind(answer)
            .bind(caller)
            .bind(key),
    )
    .await
}

/// Gives a key back, so that the request may be tried again.
pub async fn drop(tx: &mut Tx, caller: &str, key: &str) -> Result<()> {
    let gone = sql("DELETE FROM idempotency_keys WHERE caller = $1 AND idempotency_key = $2");
    tx.execute(gone.bind(caller).bind(key)).await?;
    Ok(())
}

/// Deletes keys older than [`LIFETIME`].
pub async fn purge(tx: &mut Tx) -> Result<u64> {
    let before = horizon(tx.now());
    tx.execute(sql("DELETE FROM idempotency_keys WHERE created_at <= $1").bind(before)).await
}

fn horizon(now: Timestamp) -> Timestamp {
    now.saturating_sub(LIFETIME).unwrap_or(Timestamp::MIN)
}
