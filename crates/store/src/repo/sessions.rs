//! Browser sessions. The token itself is never stored, only its hash.

use jiff::Timestamp;
use postrider_domain::id::{SessionId, UserId};

use crate::error::StoreError;
use crate::sql::{Row, sql};
use crate::{Result, Tx};

/// A session of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// The browser, as it calls itself.
    pub agent: String,
    /// The address it was started from.
    pub address: String,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it was last used.
    pub seen_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A session to be.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// Whose.
    pub user: UserId,
    /// SHA-256 of the token in the cookie.
    pub token_hash: [u8; 32],
    /// The browser, as it calls itself.
    pub agent: &'a str,
    /// The address it is started from.
    pub address: &'a str,
    /// When it ends.
    pub expires_at: Timestamp,
}

const COLUMNS: &str = "id, user_id, agent, address, created_at, seen_at, expires_at";

fn session(row: &Row) -> Result<Session> {
    Ok(Session {
        id: row.id("id")?,
        user_id: row.id("user_id")?,
        agent: row.get("agent")?,
        address: row.get("address")?,
        created_at: row.time("created_at")?,
        seen_at: row.time("seen_at")?,
        expires_at: row.time("expires_at")?,
    })
}

/// Starts a session.
pub async fn create(tx: &mut Tx, new: NewSession<'_>) -> Result<Session> {
    let (id, now) = (tx.new_id::<SessionId>(), tx.now());
    let text = format!(
        "INSERT INTO sessions (id, user_id, token_hash, agent, address, created_at, seen_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {COLUMNS}"
    );
    let insert = sql(text).id(id).id(new.user).bind(new.token_hash).bind(new.agent).bind(new.address);
    session(&tx.one(insert.bind(now).bind(now).bind(new.expires_at)).await?)
}

/// The session of a token, also when it has expired: [`Session::expires_at`] tells.
pub async fn by_token(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<Option<Session>> {
    let text = format!("SELECT {COLUMNS} FROM sessions WHERE token_hash = $1");
    tx.opt(sql(text).bind(*token_hash)).await?.as_ref().map(session).transpose()
}

/// Notes a use and moves the end.
pub async fn touch(tx: &mut Tx, id: SessionId, expires_at: Timestamp) -> Result<()> {
    let now = tx.now();
    tx.execute(
        sql("UPDATE sessions SET seen_at = $1, expires_at = $2 WHERE id = $3").bind(now).bind(expires_at).id(id),
    )
    .await?;
    Ok(())
}

/// A person's sessions that have not expired, last used first.
pub async fn list(tx: &mut Tx, user: UserId) -> Result<Vec<Session>> {
    let now = tx.now();
    let text =
        format!("SELECT {COLUMNS} FROM sessions WHERE user_id = $1 AND expires_at > $2 ORDER BY seen_at DESC, id DESC");
    tx.map(sql(text).id(user).bind(now), session).await
}

/// Ends one of a person's sessions.
pub async fn delete(tx: &mut Tx, user: UserId, id: SessionId) -> Result<()> {
    match tx.execute(sql("DELETE FROM sessions WHERE user_id = $1 AND id = $2").id(user).id(id)).await? {
        0 => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}

/// Ends all of a person's sessions but one, as after a new password. Returns how many.
pub async fn delete_others(tx: &mut Tx, user: UserId, keep: Option<SessionId>) -> Result<u64> {
    let keep = keep.map_or(uuid::Uuid::nil(), SessionId::uuid);
    tx.execute(sql("DELETE FROM sessions WHERE user_id = $1 AND id <> $2").id(user).bind(keep)).await
}

/// Ends every session of everybody, as after a restore.
pub(crate) async fn delete_all(tx: &mut Tx) -> Result<u64> {
    tx.execute(sql("DELETE FROM sessions")).await
}

/// Deletes sessions that have expired.
pub async fn purge(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    tx.execute(sql("DELETE FROM sessions WHERE expires_at <= $1").bind(now)).await
}
