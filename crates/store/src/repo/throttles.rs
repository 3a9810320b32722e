//! Slowing down whoever guesses passwords, per account and per address. The
//! counts are in the database, so every node knows them.

use jiff::{SignedDuration, Timestamp};

use crate::sql::{Row, sql};
use crate::{Result, Tx};

/// Failures that are free within [`WINDOW`].
const FREE: u64 = 4;
/// Failures further apart than this do not add up.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// The first block; each further failure doubles it.
const FIRST_BLOCK: SignedDuration = SignedDuration::from_mins(15);
/// No block is longer.
const LONGEST_BLOCK: SignedDuration = SignedDuration::from_hours(24);

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
/// The fifth failure within 15 minutes blocks for 15 minutes; every failure
/// after a block doubles the next one, up to a day. A subject that has not been
/// blocked starts afresh after 15 minutes, a blocked one a day after its block.
pub fn after_failure(before: Option<Throttle>, now: Timestamp) -> Throttle {
    let known = before.filter(|state| !is_forgotten(state, now));
    let first_at = known.map_or(now, |state| state.first_at);
    let failures = known.map_or(0, |state| state.failures) + 1;
    let blocked_until = failures.checked_sub(FREE + 1).map(|over| later(now, block(over)));
    Throttle { failures, first_at, blocked_until }
}

/// The end of the block, when there is one now.
pub fn blocked_at(state: &Throttle, now: Timestamp) -> Option<Timestamp> {
    state.blocked_until.filter(|&until| until > now)
}

fn is_forgotten(state: &Throttle, now: Timestamp) -> bool {
    match state.blocked_until {
        Some(until) => later(until, LONGEST_BLOCK) <= now,
        None => later(state.first_at, WINDOW) <= now,
    }
}

fn block(doublings: u64) -> SignedDuration {
    let factor = 1i32.checked_shl(u32::try_from(doublings.min(20)).unwrap_or(20)).unwrap_or(i32::MAX);
    FIRST_BLOCK.saturating_mul(factor).min(LONGEST_BLOCK)
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// The subject that stands for an account, whether it exists or not.
pub fn account(email: &str) -> String {
    format!("account:{}", super::users::email_key(email))
}

/// The subject that stands for a network address.
pub fn address(address: &str) -> String {
    format!("address:{address}")
}

fn throttle(row: &Row) -> Result<Throttle> {
    Ok(Throttle {
        failures: row.count("failures")?,
        first_at: row.time("first_at")?,
        blocked_until: row.opt_time("blocked_until")?,
    })
}

/// Until when a subject is blocked, if it is. Ask before looking at a password.
pub async fn blocked(tx: &mut Tx, subject: &str) -> Result<Option<Timestamp>> {
    let now = tx.now();
    let found = sql("SELECT failures, first_at, blocked_until FROM login_throttles WHERE subject = $1");
    let row = tx.opt(found.bind(subject)).await?;
    Ok(row.as_ref().map(throttle).transpose()?.and_then(|state| blocked_at(&state, now)))
}

/// Counts a failure; the answer is the end of the block that it caused, if any.
pub async fn failed(tx: &mut Tx, subject: &str) -> Result<Option<Timestamp>> {
    let before = lock(tx, subject).await?;
    let state = after_failure(Some(before), tx.now());
    write(tx, subject, &state).await?;
    Ok(blocked_at(&state, tx.now()))
}

/// Counts an attempt as a failure before it is looked at, unless the subject is
/// blocked: then nothing is counted and the end of the block is the answer. Of
/// many attempts at once no more get through than one after the other would.
pub async fn charge(tx: &mut Tx, subject: &str) -> Result<Option<Timestamp>> {
    let before = lock(tx, subject).await?;
    if let Some(until) = blocked_at(&before, tx.now()) {
        return Ok(Some(until));
    }
    let state = after_failure(Some(before), tx.now());
    write(tx, subject, &state).await?;
    Ok(None)
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

/// Deletes what no longer counts.
pub async fn purge(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    let (window, block) = (now.saturating_sub(WINDOW), now.saturating_sub(LONGEST_BLOCK));
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

    fn fail(times: u32, from: Option<Throttle>, now: Timestamp) -> Throttle {
        (0..times).fold(from, |state, _| Some(after_failure(state, now))).expect("at least one")
    }

    #[test]
    fn the_fifth_failure_blocks_for_a_quarter_of_an_hour() {
        assert_eq!(blocked_at(&fail(4, None, at(0)), at(0)), None);
        let state = fail(5, None, at(0));
        assert_eq!(blocked_at(&state, at(14)), Some(at(15)));
        assert_eq!(blocked_at(&state, at(15)), None, "the block has an end");
    }

    #[test]
    fn each_failure_after_a_block_doubles_the_next_up_to_a_day() {
        let state = fail(1, Some(fail(5, None, at(0))), at(20));
        assert_eq!(state.blocked_until, Some(at(50)));
        let state = fail(1, Some(state), at(60));
        assert_eq!(state.blocked_until, Some(at(120)));
        let state = fail(40, Some(state), at(200));
        assert_eq!(state.blocked_until, Some(at(200 + 24 * 60)));
    }

    #[test]
    fn slow_mistakes_never_add_up() {
        let state = fail(4, None, at(0));
        let state = fail(1, Some(state), at(15));
        assert_eq!((state.failures, state.blocked_until), (1, None));
        let blocked = fail(5, None, at(0));
        assert_eq!(fail(1, Some(blocked), at(15 + 24 * 60)).failures, 1, "a day after the block");
    }
}
