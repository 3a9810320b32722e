//! What platforms told us of people who withdrew their consent or want their data deleted.
//! Each message works once. Of the person nothing is kept here, and of codes their hashes.

use jiff::Timestamp;
use postrider_domain::id::{ChannelId, WithdrawalId};

use crate::sql::{Row, sql};
use crate::{Result, Tx};

/// What a person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wish {
    /// Nothing is to be done in their name any more.
    Withdraw,
    /// What is stored about them is to be deleted as well.
    Delete,
}

impl Wish {
    /// The name stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Wish::Withdraw => "withdraw",
            Wish::Delete => "delete",
        }
    }
}

/// A request for deletion and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// The platform that passed it on.
    pub platform: String,
    /// How many consents were destroyed at once.
    pub grants: u64,
    /// How many channels were disconnected, or had been before.
    pub channels: u64,
    /// How many of them still have a name here.
    pub left: u64,
    /// Until when the last of those names goes; `None` when there was none.
    pub gone_at: Option<Timestamp>,
    /// When it came.
    pub received_at: Timestamp,
}

/// A message that came.
#[derive(Debug, Clone, Copy)]
pub struct NewWithdrawal<'a> {
    /// The platform that sent it.
    pub platform: &'a str,
    /// What it asks for.
    pub wish: Wish,
    /// What makes it the same message when it comes again.
    pub request_hash: [u8; 32],
    /// SHA-256 of the code under which its page is found.
    pub code_hash: Option<[u8; 32]>,
}

/// Notes a message; `None` for one that came before. Of two at once, the second waits for what becomes of the first.
pub async fn note(tx: &mut Tx, new: NewWithdrawal<'_>) -> Result<Option<WithdrawalId>> {
    let (id, now) = (tx.new_id::<WithdrawalId>(), tx.now());
    let insert = sql("INSERT INTO withdrawals (id, platform, wish, request_hash, code_hash, grants, channels, \
                      received_at) VALUES ($1, $2, $3, $4, $5, 0, 0, $6) ON CONFLICT (request_hash) DO NOTHING");
    let insert = insert.id(id).bind(new.platform).bind(new.wish.as_str()).bind(new.request_hash);
    let inserted = tx.execute(insert.bind(new.code_hash).bind(now)).await?;
    Ok((inserted == 1).then_some(id))
}

/// Whether a message came before.
pub async fn is_known(tx: &mut Tx, request_hash: [u8; 32]) -> Result<bool> {
    let known = sql("SELECT 1 AS yes FROM withdrawals WHERE request_hash = $1");
    Ok(tx.opt(known.bind(request_hash)).await?.is_some())
}

/// Notes what was done: how many consents were destroyed, and which channels go by when.
pub async fn settle(
    tx: &mut Tx,
    id: WithdrawalId,
    grants: usize,
    channels: &[ChannelId],
    gone_at: Option<Timestamp>,
) -> Result<()> {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let settled = sql("UPDATE withdrawals SET grants = $1, channels = $2, gone_at = $3 WHERE id = $4");
    tx.execute_one(settled.bind(count(grants)).bind(count(channels.len())).bind(gone_at).id(id)).await?;
    for channel in channels {
        let listed = sql("INSERT INTO withdrawal_channels (withdrawal_id, channel_id) VALUES ($1, $2)");
        tx.execute_one(listed.id(id).id(*channel)).await?;
    }
    Ok(())
}

/// The request for deletion with this code. A channel that was connected again is none of it any more.
pub async fn by_code(tx: &mut Tx, code_hash: [u8; 32]) -> Result<Option<Withdrawal>> {
    let found =
        sql("SELECT platform, grants, channels, gone_at, received_at, (SELECT count(*) FROM withdrawal_channels l \
                     JOIN channels c ON c.id = l.channel_id WHERE l.withdrawal_id = w.id AND c.state = 'disconnected' \
                     AND c.purged_at IS NULL) AS remaining FROM withdrawals w WHERE code_hash = $1");
    tx.opt(found.bind(code_hash)).await?.as_ref().map(withdrawal).transpose()
}

fn withdrawal(row: &Row) -> Result<Withdrawal> {
    Ok(Withdrawal {
        platform: row.get("platform")?,
        grants: row.count("grants")?,
        channels: row.count("channels")?,
        left: row.count("remaining")?,
        gone_at: row.opt_time("gone_at")?,
        received_at: row.time("received_at")?,
    })
}

/// Forgets messages that came before an instant, once what they asked for is done.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    let now = tx.now();
    let purged = sql("DELETE FROM withdrawals WHERE received_at <= $1 AND (gone_at IS NULL OR gone_at <= $2)");
    tx.execute(purged.bind(before).bind(now)).await
}
