//! What has outlived its purpose is removed, each kind by itself, with a report.
//!
//! The periods are settings; the shipped ones are what the privacy policy prints. Where the
//! classification of columns says "until used or expired", there is no period to set.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postrider_store::repo::{
    attempts, audit, connect_links, events, idempotency, invitations, jobs, links, nodes, notifications, oauth, posts,
    series, sessions, throttles, withdrawals,
};
use postrider_store::{Result, Store, StoreError, Tx};

const DAY: u64 = 24 * 3600;

/// Posts whose content is removed in one transaction.
const POSTS: u32 = 64;

/// How long things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Content of a post, after everything of it was published or ended, and of a series that ended.
    pub content: Duration,
    /// What was sent to platforms and what they answered, after a delivery ended.
    pub exchanges: Duration,
    /// The audit log, requests for deletion that platforms passed on, and which processes have served.
    pub logs: Duration,
    /// Messages to people, and jobs that were given up.
    pub messages: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        let quarter = Duration::from_secs(90 * DAY);
        Self { content: quarter, exchanges: quarter, logs: quarter, messages: quarter }
    }
}

/// What a sweep removed, and what it could not and tries again at the next.
#[derive(Debug, Default)]
pub struct Report {
    /// How much of each kind.
    pub removed: Vec<(&'static str, u64)>,
    /// Which kinds failed, and why.
    pub failed: Vec<(&'static str, StoreError)>,
}

impl Report {
    fn add(&mut self, kind: &'static str, outcome: Result<u64>) {
        match outcome {
            Ok(0) => {}
            Ok(count) => self.removed.push((kind, count)),
            Err(error) => self.failed.push((kind, error)),
        }
    }

    /// One line for the log; silence when there was nothing to do.
    pub(crate) fn log(&self) {
        if self.removed.is_empty() && self.failed.is_empty() {
            return;
        }
        if self.failed.is_empty() {
            tracing::info!(report = %self, "removed what has outlived its purpose");
        } else {
            tracing::warn!(report = %self, "could not remove all that has outlived its purpose; it is tried again");
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let removed = self.removed.iter().map(|(kind, count)| format!("{kind} {count}"));
        let failed = self.failed.iter().map(|(kind, error)| format!("{kind} failed: {error}"));
        f.write_str(&removed.chain(failed).collect::<Vec<_>>().join(", "))
    }
}

/// Removes everything that is due. A kind that fails does not keep the others.
pub async fn sweep(store: &Store, keep: &Retention) -> Report {
    let mut report = Report::default();
    // What was removed that must leave the database's file as well.
    let mut lasting = 0;
    macro_rules! remove {
        ($kind:literal, |$tx:ident, $now:ident| $purge:expr) => {{
            let outcome = async {
                let mut tx = store.write().await?;
                let $now = tx.now();
                // Not every kind has a period.
                let _ = $now;
                let $tx = &mut tx;
                let count = $purge.await?;
                tx.commit().await?;
                Ok(count)
            };
            let outcome: Result<u64> = outcome.await;
            let removed = *outcome.as_ref().unwrap_or(&0);
            report.add($kind, outcome);
            removed
        }};
    }
    lasting += remove!("sessions", |tx, now| sessions::purge(tx));
    lasting += remove!("invitations", |tx, now| invitations::purge(tx, now));
    lasting += remove!("links", |tx, now| links::purge(tx, now));
    lasting += remove!("authorisations", |tx, now| oauth::purge(tx, now));
    lasting += remove!("connect links", |tx, now| connect_links::purge(tx, now));
    lasting += remove!("series", |tx, now| series::purge_content(tx, before(now, keep.content)));
    lasting += remove!("audit log", |tx, now| audit::purge(tx, before(now, keep.logs)));
    lasting += remove!("withdrawals", |tx, now| withdrawals::purge(tx, before(now, keep.logs)));
    lasting += remove!("messages", |tx, now| notifications::purge(tx, before(now, keep.messages)));
    lasting += remove!("failed jobs", |tx, now| jobs::purge(tx, before(now, keep.messages)));
    let exchanges = repeated(store, keep.exchanges, attempts::PURGED_AT_ONCE, async |tx, cutoff| {
        attempts::purge_exchanges(tx, cutoff).await
    });
    let content = repeated(store, keep.content, u64::from(POSTS), async |tx, cutoff| {
        posts::purge_content(tx, cutoff, POSTS).await
    });
    for (kind, removed) in [("exchanges", exchanges.await), ("content", content.await)] {
        lasting += *removed.as_ref().unwrap_or(&0);
        report.add(kind, removed);
    }
    let erase = if lasting > 0 { erase_later(store).await } else { Ok(0) };
    report.add("erasing", erase);
    remove!("events", |tx, now| events::purge(tx));
    remove!("answers", |tx, now| idempotency::purge(tx));
    remove!("guesses", |tx, now| throttles::purge(tx));
    remove!("nodes", |tx, now| nodes::forget_before(tx, before(now, keep.logs)));
    report
}

/// In several transactions of so many, so that nobody waits long for this.
async fn repeated(
    store: &Store,
    age: Duration,
    at_once: u64,
    purge: impl AsyncFn(&mut Tx, Timestamp) -> Result<u64>,
) -> Result<u64> {
    let mut removed = 0;
    loop {
        let mut tx = store.write().await?;
        let cutoff = before(tx.now(), age);
        let some = purge(&mut tx, cutoff).await?;
        tx.commit().await?;
        removed += some;
        if some < at_once {
            return Ok(removed);
        }
    }
}

async fn erase_later(store: &Store) -> Result<u64> {
    let mut tx = store.write().await?;
    jobs::erase_within(&mut tx, SignedDuration::from_hours(24)).await?;
    tx.commit().await?;
    Ok(0)
}

/// The instant that long ago.
pub(crate) fn before(now: Timestamp, age: Duration) -> Timestamp {
    let age = SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX);
    now.saturating_sub(age).unwrap_or(Timestamp::MIN)
}
