//! Slowing down whoever guesses passwords, per account and per address. The
//! counts are in the database, so every node knows them.

use jiff::{SignedDuration, Timestamp};
use postrider_domain::address::sender;
use postrider_domain::id::WorkspaceId;

use crate::sql::{Row, sql};
use crate::{Result, Tx};

/// How much a kind of subject may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Failures that are free within [`WINDOW`].
    free: u64,
    /// No block is longer.
    longest: SignedDuration,
}

/// An account: few failures, and never a long block, since anybody can cause it and shut
/// its owner out.
pub const ACCOUNT: Allowance = Allowance { free: 4, longest: FIRST_BLOCK };

/// An address: more, because a whole office may share one, and then for longer.
pub const ADDRESS: Allowance = Allowance { free: 19, longest: SignedDuration::from_hours(24) };

/// Mails to one address that nobody there may have asked for: few, since anybody can cause them and their
/// reader cannot stop them. A block costs the reader nothing but further mails like those that came.
pub const UNASKED_MAILS: Allowance = Allowance { free: 3, longest: SignedDuration::from_hours(4) };

/// Invitations that one workspace mails: enough for a large team at once, too few for advertising.
pub const WORKSPACE_INVITATIONS: Allowance = Allowance { free: 49, longest: SignedDuration::from_hours(24) };

/// Failures further apart than this do not add up.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// The first block; each further failure doubles it, as far as the allowance goes.
const FIRST_BLOCK: SignedDuration = SignedDuration::from_mins(15);
/// How long after its last block a subject is remembered.
const MEMORY: SignedDuration = SignedDuration::from_hours(24);

/// What is known about a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// Failures that count.
    pub failures: u64,
    /// The first of them.
    pub first_at: Timestamp,
    /// No attempt is looked at before this instant.
    pub blocked_until: Option<Timestamp>,
}

/// The state after one more failure.
///
/// The first failure that is not free blocks for 15 minutes; every failure after a block
/// doubles the next one, as far as the allowance goes. A subject that has not been blocked
/// starts afresh after 15 minutes, a blocked one a day after its block.
pub fn after_failure(allowance: Allowance, before: Option<Throttle>, now: Timestamp) -> Throttle {
    let known = before.filter(|state| !is_forgotten(state, now));
    let first_at = known.map_or(now, |state| state.first_at);
    let failures = known.map_or(0, |state| state.failures) + 1;
    let over = failures.checked_sub(allowance.free + 1);
    let blocked_until = over.map(|over| later(now, block(allowance, over)));
    Throttle { failures, first_at, blocked_until }
}

/// The state without the last failure: it turned out to be none.
fn without_last(allowance: Allowance, before: Throttle, now: Timestamp) -> Throttle {
    let failures = before.failures.saturating_sub(1);
    // A block of before is over, or this one would not have been counted; it is remembered.
    let blocked_until = (failures > allowance.free).then_some(now);
    Throttle { failures, blocked_until, ..before }
}

/// The end of the block, when there is one now.
pub fn blocked_at(state: &Throttle, now: Timestamp) -> Option<Timestamp> {
    state.blocked_until.filter(|&until| until > now)
}

fn is_forgotten(state: &Throttle, now: Timestamp) -> bool {
    match state.blocked_until {
        Some(until) => later(until, MEMORY) <= now,
        None => later(state.first_at, WINDOW) <= now,
    }
}

fn block(allowance: Allowance, doublings: u64) -> SignedDuration {
    let factor = 1i32.checked_shl(u32::try_from(doublings.min(20)).unwrap_or(20)).unwrap_or(i32::MAX);
    FIRST_BLOCK.saturating_mul(factor).min(allowance.longest)
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// The subject that stands for an account, whether it exists or not.
pub fn account(email: &str) -> String {
    format!("account:{}", super::users::email_key(email))
}

/// The subject that stands for a network address, or for all of one IPv6 customer.
pub fn address(address: &str) -> String {
    format!("address:{}", sender(address))
}

/// The subject that stands for mails to an account that set a new password, whether it exists or not.
pub fn reset_account(email: &str) -> String {
    format!("reset_account:{}", super::users::email_key(email))
}

/// The subjects that stand for mails that invite: to one address, and from one workspace.
pub fn invitation_mails(workspace: WorkspaceId, email: &str) -> [(Allowance, String); 2] {
    let invited = format!("invited:{}", super::users::email_key(email));
    [(UNASKED_MAILS, invited), (WORKSPACE_INVITATIONS, format!("inviting:{workspace}"))]
}

/// The subject that stands for a network address that asks for such mails. Not the one that logs
/// in: whoever asks too often for mails shall still get in with a password.
pub fn reset_address(address: &str) -> String {
    format!("reset_address:{}", sender(address))
}

fn throttle(row: &Row) -> Result<Throttle> {
    Ok(Throttle {
        failures: row.count("failures")?,
        first_at: row.time("first_at")?,
        blocked_until: row.opt_time("blocked_until")?,
    })
}

/// Counts an attempt as a failure before it is looked at, unless the subject is
/// blocked: then nothing is counted and the end of the block is the answer. Of
/// many attempts at once no more get through than one after the other would.
pub async fn charge(tx: &mut Tx, allowance: Allowance, subject: &str) -> Result<Option<Timestamp>> {
    let before = lock(tx, subject).await?;
    if let Some(until) = blocked_at(&before, tx.now()) {
        return Ok(Some(until));
    }
    let state = after_failure(allowance, Some(before), tx.now());
    write(tx, subject, &state).await?;
    Ok(None)
}

/// Takes a charge back: the attempt was none, or it was right.
pub async fn refund(tx: &mut Tx, allowance: Allowance, subject: &str) -> Result<()> {
    let before = lock(tx, subject).await?;
    let state = without_last(allowance, before, tx.now());
    match state.failures {
        0 => succeeded(tx, subject).await,
        _ => write(tx, subject, &state).await,
    }
}

/// The row, made when there is none: two at once then wait for each other, and both count.
async fn lock(tx: &mut Tx, subject: &str) -> Result<Throttle> {
    let now = tx.now();
    tx.execute(
        sql("INSERT INTO login_throttles (subject, failures, first_at) VALUES ($1, 0, $2) \
             ON CONFLICT (subject) DO NOTHING")
        .bind(subject)
        .bind(now),
    )
    .await?;
    let text = format!(
        "SELECT failures, first_at, blocked_until FROM login_throttles WHERE subject = $1{}",
        tx.lock_clause(" FOR UPDATE")
    );
    throttle(&tx.one(sql(text).bind(subject)).await?)
}

async fn write(tx: &mut Tx, subject: &str, state: &Throttle) -> Result<()> {
    tx.execute(
        sql("UPDATE login_throttles SET failures = $1, first_at = $2, blocked_until = $3 WHERE subject = $4")
            .bind(state.failures)
            .bind(state.first_at)
            .bind(state.blocked_until)
            .bind(subject),
    )
    .await?;
    Ok(())
}

/// Forgets a subject's failures.
pub async fn succeeded(tx: &mut Tx, subject: &str) -> Result<()> {
    tx.execute(sql("DELETE FROM login_throttles WHERE subject = $1").bind(subject)).await?;
    Ok(())
}

/// How many subjects have failures that are kept.
pub async fn count(tx: &mut Tx) -> Result<u64> {
    tx.one(sql("SELECT count(*) AS n FROM login_throttles WHERE failures > 0")).await?.count("n")
}

/// Deletes what no longer counts.
pub async fn purge(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    let (window, block) = (now.saturating_sub(WINDOW), now.saturating_sub(MEMORY));
    let oldest = |at: std::result::Result<Timestamp, jiff::Error>| at.unwrap_or(Timestamp::MIN);
    tx.execute(
        sql("DELETE FROM login_throttles WHERE (blocked_until IS NULL AND first_at <= $1) OR blocked_until <= $2")
            .bind(oldest(window))
            .bind(oldest(block)),
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn fail(allowance: Allowance, times: u32, from: Option<Throttle>, now: Timestamp) -> Throttle {
        (0..times).fold(from, |state, _| Some(after_failure(allowance, state, now))).expect("at least one")
    }

    #[test]
    fn the_fifth_failure_blocks_an_account_for_a_quarter_of_an_hour() {
        assert_eq!(blocked_at(&fail(ACCOUNT, 4, None, at(0)), at(0)), None);
        let state = fail(ACCOUNT, 5, None, at(0));
        assert_eq!(blocked_at(&state, at(14)), Some(at(15)));
        assert_eq!(blocked_at(&state, at(15)), None, "the block has an end");
    }

    #[test]
    fn nobody_shuts_an_owner_out_for_longer() {
        let state = fail(ACCOUNT, 60, None, at(0));
        assert_eq!(state.blocked_until, Some(at(15)));
        let state = fail(ACCOUNT, 1, Some(state), at(20));
        assert_eq!(state.blocked_until, Some(at(35)), "though each further failure blocks again");
    }

    #[test]
    fn an_address_has_more_and_each_block_doubles_up_to_a_day() {
        assert_eq!(blocked_at(&fail(ADDRESS, 19, None, at(0)), at(0)), None);
        let state = fail(ADDRESS, 20, None, at(0));
        assert_eq!(state.blocked_until, Some(at(15)));
        let state = fail(ADDRESS, 1, Some(state), at(20));
        assert_eq!(state.blocked_until, Some(at(50)));
        let state = fail(ADDRESS, 1, Some(state), at(60));
        assert_eq!(state.blocked_until, Some(at(120)));
        let state = fail(ADDRESS, 40, Some(state), at(200));
        assert_eq!(state.blocked_until, Some(at(200 + 24 * 60)));
    }

    #[test]
    fn slow_mistakes_never_add_up() {
        let state = fail(ACCOUNT, 4, None, at(0));
        let state = fail(ACCOUNT, 1, Some(state), at(15));
        assert_eq!((state.failures, state.blocked_until), (1, None));
        let blocked = fail(ACCOUNT, 5, None, at(0));
        assert_eq!(fail(ACCOUNT, 1, Some(blocked), at(15 + 24 * 60)).failures, 1, "a day after the block");
    }

    #[test]
    fn a_charge_that_is_taken_back_leaves_what_was_before() {
        let four = fail(ACCOUNT, 4, None, at(0));
        let back = without_last(ACCOUNT, fail(ACCOUNT, 1, Some(four), at(1)), at(1));
        assert_eq!((back.failures, blocked_at(&back, at(1))), (4, None));
        let six = fail(ACCOUNT, 6, None, at(0));
        let back = without_last(ACCOUNT, fail(ACCOUNT, 1, Some(six), at(20)), at(20));
        assert_eq!((back.failures, blocked_at(&back, at(20))), (6, None), "not blocked, but remembered");
        assert_eq!(fail(ACCOUNT, 1, Some(back), at(21)).blocked_until, Some(at(36)));
    }
}
