//! One-use links, such as the one that sets a new password. Only hashes are stored.

use jiff::Timestamp;
use postrider_domain::id::UserId;

use crate::sql::sql;
use crate::{Result, Tx};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkKind {
    /// Setting a new password without the old one.
    PasswordReset,
}

impl LinkKind {
    const fn as_str(self) -> &'static str {
        match self {
            LinkKind::PasswordReset => "password_reset",
        }
    }
}

/// What became of a link that somebody followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It was good, and is used up now.
    By(UserId),
    /// Somebody used it before.
    Used,
    /// It came too late.
    Expired,
    /// There is no such link.
    Unknown,
}

/// Makes a link; earlier ones of the kind for the same person stop working.
pub async fn create(
    tx: &mut Tx,
    user: UserId,
    kind: LinkKind,
    token_hash: [u8; 32],
    expires_at: Timestamp,
) -> Result<()> {
    tx.execute(sql("DELETE FROM one_time_links WHERE user_id = $1 AND kind = $2").id(user).bind(kind.as_str())).await?;
    add(tx, user, kind, token_hash, expires_at).await
}

/// Makes a link beside those there are: whoever only asks for one must not end another's.
pub async fn add(tx: &mut Tx, user: UserId, kind: LinkKind, token_hash: [u8; 32], expires_at: Timestamp) -> Result<()> {
    let (id, now) = (postrider_domain::id::uuid_v7(tx.now(), tx.entropy()), tx.now());
    tx.execute(
        sql("INSERT INTO one_time_links (id, kind, user_id, token_hash, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(kind.as_str())
        .id(user)
        .bind(token_hash)
        .bind(now)
        .bind(expires_at),
    )
    .await?;
    Ok(())
}

/// Whether a link still works, without using it up.
pub async fn is_open(tx: &mut Tx, kind: LinkKind, token_hash: &[u8; 32]) -> Result<bool> {
    let now = tx.now();
    let open = sql("SELECT 1 AS yes FROM one_time_links WHERE token_hash = $1 AND kind = $2 AND used_at IS NULL \
                    AND expires_at > $3");
    Ok(tx.opt(open.bind(*token_hash).bind(kind.as_str()).bind(now)).await?.is_some())
}

/// Deletes a person's links, as when their password is another one.
pub async fn delete_of(tx: &mut Tx, user: UserId) -> Result<u64> {
    tx.execute(sql("DELETE FROM one_time_links WHERE user_id = $1").id(user)).await
}

/// Uses a link up. Of two who follow it at once, one gets [`Taken::By`].
pub async fn take(tx: &mut Tx, kind: LinkKind, token_hash: &[u8; 32]) -> Result<Taken> {
    let now = tx.now();
    let used = sql("UPDATE one_time_links SET used_at = $1 WHERE token_hash = $2 AND kind = $3 \
                    AND used_at IS NULL AND expires_at > $4 RETURNING user_id")
    .bind(now)
    .bind(*token_hash)
    .bind(kind.as_str())
    .bind(now);
    if let Some(row) = tx.opt(used).await? {
        return row.id("user_id").map(Taken::By);
    }
    let found = sql("SELECT used_at FROM one_time_links WHERE token_hash = $1 AND kind = $2");
    Ok(match tx.opt(found.bind(*token_hash).bind(kind.as_str())).await? {
        None => Taken::Unknown,
        Some(row) if row.opt_time("used_at")?.is_some() => Taken::Used,
        Some(_) => Taken::Expired,
    })
}

/// Deletes every link, as after a restore.
pub(crate) async fn delete_all(tx: &mut Tx) -> Result<u64> {
    tx.execute(sql("DELETE FROM one_time_links")).await
}

/// Deletes links that were used or expired before an instant.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(sql("DELETE FROM one_time_links WHERE expires_at <= $1 OR used_at <= $1").bind(before)).await
}
