//! Since when the ledger's clock runs evenly, as this process sees it.
//!
//! A clock that was set makes old instants look older, or younger, than they are. Whoever acts
//! because some time is over must know that it really is, so each reading of the ledger's clock is
//! compared with the monotonic one.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use jiff::Timestamp;

/// By how many microseconds the clocks may drift apart before that counts as a step: what
/// synchronisation slews at most in an hour (500 ppm), and nothing beside the seconds that are waited for.
const TOLERANCE_US: i64 = 2_000_000;

/// How far the ledger's clock is ahead of the monotonic one, in microseconds, at least and at most:
/// it was read some time between two readings of the other.
#[derive(Debug, Clone, Copy)]
struct Ahead {
    least: i64,
    most: i64,
}

impl Ahead {
    const fn apart(self, other: Self) -> bool {
        self.least > other.most.saturating_add(TOLERANCE_US) || other.least > self.most.saturating_add(TOLERANCE_US)
    }

    const fn width(self) -> i64 {
        self.most.saturating_sub(self.least)
    }
}

#[derive(Debug)]
struct Even {
    since: Timestamp,
    ahead: Ahead,
}

/// Compares each reading of the ledger's clock with the monotonic clock.
#[derive(Debug)]
pub(crate) struct Steady {
    origin: Instant,
    even: Mutex<Option<Even>>,
}

/// Monotonic present.
#[expect(clippy::disallowed_methods, reason = "what the ledger's clock is compared with must be what nobody can set")]
pub(crate) fn monotonic() -> Instant {
    Instant::now()
}

impl Steady {
    pub(crate) fn new() -> Self {
        Self { origin: monotonic(), even: Mutex::default() }
    }

    /// Notes that the clock said `now` between two monotonic instants. Returns since when it is
    /// known to run evenly: `now` itself after a step, and where the reading took so long that it
    /// could hide one.
    pub(crate) fn observe(&self, before: Instant, now: Timestamp, after: Instant) -> Timestamp {
        let us = |at: Instant| i64::try_from(at.duration_since(self.origin).as_micros()).unwrap_or(i64::MAX);
        let ahead = Ahead { least: now.as_microsecond() - us(after), most: now.as_microsecond() - us(before) };
        let mut even = self.even.lock().unwrap_or_else(PoisonError::into_inner);
        match even.as_mut() {
            Some(even) if !ahead.apart(even.ahead) => {
                if ahead.width() < even.ahead.width() {
                    even.ahead = ahead;
                }
                if ahead.width() > TOLERANCE_US { now } else { even.since }
            }
            _ => {
                *even = Some(Even { since: now, ahead });
                now
            }
        }
    }

    /// What lies behind is made up, as in a demonstration: nothing of it is younger than it looks.
    pub(crate) fn made_up(&self) {
        if let Some(even) = self.even.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            even.since = Timestamp::MIN;
        }
    }

    /// A test moved the ledger's clock and means time that went by.
    #[cfg(any(test, feature = "testkit"))]
    pub(crate) fn expect(&self, by: jiff::SignedDuration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        if let Some(even) = self.even.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            even.ahead.least = even.ahead.least.saturating_add(micros);
            even.ahead.most = even.ahead.most.saturating_add(micros);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// What is observed when the clock says `says` at second `from`, and the reading ends at `to`.
    fn at(steady: &Steady, says: i64, from: u64, to: u64) -> i64 {
        let instant = |s| steady.origin + Duration::from_secs(s);
        steady.observe(instant(from), Timestamp::from_second(says).unwrap(), instant(to)).as_second()
    }

    #[test]
    fn an_even_clock_is_even_since_the_first_look() {
        let steady = Steady::new();
        assert_eq!(at(&steady, 1_000, 0, 0), 1_000);
        assert_eq!(at(&steady, 1_010, 10, 10), 1_000);
        assert_eq!(at(&steady, 1_099, 100, 100), 1_000, "a second of drift is none");
    }

    #[test]
    fn a_step_either_way_begins_anew() {
        let steady = Steady::new();
        at(&steady, 1_000, 0, 0);
        assert_eq!(at(&steady, 1_160, 10, 10), 1_160);
        assert_eq!(at(&steady, 1_170, 20, 20), 1_160);
        assert_eq!(at(&steady, 1_030, 30, 30), 1_030, "and back");
        assert_eq!(at(&steady, 1_040, 40, 40), 1_030);
    }

    #[test]
    fn a_past_that_is_made_up_is_believed_until_the_next_step() {
        let steady = Steady::new();
        at(&steady, 1_000, 0, 0);
        steady.made_up();
        assert_eq!(at(&steady, 1_010, 10, 10), Timestamp::MIN.as_second());
        assert_eq!(at(&steady, 1_200, 20, 20), 1_200);
    }

    #[test]
    fn a_slow_reading_is_no_step_and_proves_nothing_either() {
        let steady = Steady::new();
        at(&steady, 1_000, 0, 0);
        assert_eq!(at(&steady, 1_010, 10, 40), 1_010, "it may hide a step");
        assert_eq!(at(&steady, 1_050, 50, 50), 1_000, "there was none");
    }

    #[test]
    fn a_slow_first_reading_is_sharpened_by_the_next() {
        let steady = Steady::new();
        at(&steady, 1_000, 0, 60);
        at(&steady, 1_070, 70, 70);
        assert_eq!(at(&steady, 1_050, 80, 80), 1_050, "within what the first left open, and a step all the same");
    }

    #[test]
    fn slow_drift_ends_in_a_step() {
        let steady = Steady::new();
        at(&steady, 1_000, 0, 0);
        at(&steady, 1_002, 1, 1);
        assert_eq!(at(&steady, 1_005, 2, 2), 1_005, "what was drifted is not forgotten");
    }
}
