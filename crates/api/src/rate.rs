//! How many requests a caller may send: a token bucket for each, in memory.
//!
//! Each node counts for itself. The limit protects the process from a runaway
//! client; what the platforms allow is counted in the ledger.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Callers that are remembered in each of two generations. When the younger is full, the
/// elder is forgotten: who has asked lately stays, however many come.
const REMEMBERED: usize = 10_000;

/// The answer to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Whether it may go on.
    pub(crate) allowed: bool,
    /// The limit a minute.
    pub(crate) limit: u32,
    /// Requests left now.
    pub(crate) remaining: u32,
    /// Seconds until there is one more, or until all are back.
    pub(crate) reset_s: u64,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Duration,
}

/// The buckets of one node.
pub(crate) struct Rate {
    per_minute: u32,
    start: std::time::Instant,
    buckets: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<String, Bucket>,
    old: HashMap<String, Bucket>,
}

impl Generations {
    fn get(&self, who: &str) -> Option<Bucket> {
        self.young.get(who).or_else(|| self.old.get(who)).copied()
    }

    fn put(&mut self, who: &str, bucket: Bucket) {
        if self.young.len() >= REMEMBERED && !self.young.contains_key(who) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(who.to_owned(), bucket);
    }
}

impl Rate {
    /// Buckets of `per_minute` requests; 0 means no limit.
    #[expect(
        clippy::disallowed_methods,
        reason = "a monotonic clock for refilling; the arithmetic takes it as an argument"
    )]
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { per_minute, start: std::time::Instant::now(), buckets: Mutex::default() }
    }

    /// Counts a request of a caller; `None` when there is no limit.
    pub(crate) fn take(&self, who: &str) -> Option<Verdict> {
        self.take_at(who, self.start.elapsed())
    }

    fn take_at(&self, who: &str, now: Duration) -> Option<Verdict> {
        if self.per_minute == 0 {
            return None;
        }
        let full = f64::from(self.per_minute);
        let each_s = 60.0 / full;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.get(who).unwrap_or(Bucket { tokens: full, at: now });
        let tokens = refilled(bucket, now, full, each_s);
        let allowed = tokens >= 1.0;
        let left = if allowed { tokens - 1.0 } else { tokens };
        buckets.put(who, Bucket { tokens: left, at: now });
        let missing = if allowed { full - left } else { 1.0 - left };
        Some(Verdict {
            allowed,
            limit: self.per_minute,
            remaining: left as u32,
            reset_s: (missing * each_s).ceil().max(1.0) as u64,
        })
    }
}

fn refilled(bucket: Bucket, now: Duration, full: f64, each_s: f64) -> f64 {
    let since = now.saturating_sub(bucket.at).as_secs_f64();
    (bucket.tokens + since / each_s).min(full)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(rate: &Rate, who: &str, seconds: f64) -> Verdict {
        rate.take_at(who, Duration::from_secs_f64(seconds)).expect("there is a limit")
    }

    #[test]
    fn the_request_after_the_last_is_refused_until_one_is_back() {
        let rate = Rate::new(60);
        for left in (0..60).rev() {
            let verdict = at(&rate, "a", 0.0);
            assert_eq!((verdict.allowed, verdict.remaining), (true, left));
        }
        let refused = at(&rate, "a", 0.0);
        assert_eq!((refused.allowed, refused.remaining, refused.reset_s), (false, 0, 1));
        assert!(at(&rate, "b", 0.0).allowed, "another caller has another bucket");
        assert!(at(&rate, "a", 1.0).allowed, "one a second comes back");
        assert!(!at(&rate, "a", 1.5).allowed);
    }

    #[test]
    fn a_bucket_never_holds_more_than_a_minutes_worth() {
        let rate = Rate::new(2);
        assert_eq!(at(&rate, "a", 0.0).remaining, 1);
        assert_eq!(at(&rate, "a", 10_000.0).remaining, 1);
    }

    #[test]
    fn no_limit_counts_nobody() {
        assert_eq!(Rate::new(0).take("a"), None);
    }

    #[test]
    fn however_many_come_no_more_than_two_generations_are_kept() {
        let rate = Rate::new(60);
        for n in 0..5 * REMEMBERED {
            assert!(at(&rate, &n.to_string(), 0.0).allowed);
        }
        let buckets = rate.buckets.lock().expect("not poisoned");
        assert!(buckets.young.len() + buckets.old.len() <= 2 * REMEMBERED);
    }

    #[test]
    fn a_crowd_does_not_make_a_busy_caller_forgotten() {
        let rate = Rate::new(2);
        assert!(at(&rate, "busy", 0.0).allowed && at(&rate, "busy", 0.0).allowed);
        for n in 0..3 * REMEMBERED {
            at(&rate, &n.to_string(), 0.0);
            if n % 100 == 0 {
                assert!(!at(&rate, "busy", 0.0).allowed, "after {n}");
            }
        }
    }
}
