//! Rate limits: fixed windows that open with the first request in them.
//!
//! Figures and headers: Bluesky documentation "Rate Limits" and the reference
//! server, August 2026.

use std::collections::HashMap;

use jiff::Timestamp;

/// What one limit allows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    /// Tells the windows of one account apart.
    pub(crate) name: &'static str,
    /// Points in a window.
    pub(crate) points: u64,
    /// The window's length in seconds.
    pub(crate) seconds: i64,
    /// Whether windows begin at full multiples of their length, not with a first request.
    pub(crate) aligned: bool,
}

/// Where a limit stands after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) limit: u64,
    pub(crate) remaining: u64,
    /// When the window closes, in seconds since the epoch.
    pub(crate) reset: i64,
    /// How long that is, in seconds.
    pub(crate) wait: i64,
    seconds: i64,
    /// Whether this request went over.
    pub(crate) exceeded: bool,
}

impl Standing {
    /// A standing with nothing left for `seconds`, for simulated refusals.
    pub(crate) fn spent(now: Timestamp, seconds: i64) -> Self {
        Self {
            limit: 3_000,
            remaining: 0,
            reset: now.as_second().saturating_add(seconds),
            wait: seconds,
            seconds: 300,
            exceeded: true,
        }
    }

    /// The four headers the server sends.
    pub(crate) fn headers(&self) -> [(&'static str, String); 4] {
        [
            ("ratelimit-limit", self.limit.to_string()),
            ("ratelimit-remaining", self.remaining.to_string()),
            ("ratelimit-reset", self.reset.to_string()),
            ("ratelimit-policy", format!("{};w={}", self.limit, self.seconds)),
        ]
    }
}

#[derive(Debug)]
struct Window {
    opened: i64,
    used: u64,
}

/// All open windows.
#[derive(Debug, Default)]
pub(crate) struct Windows(HashMap<(&'static str, String), Window>);

impl Windows {
    /// Charges `points` to every limit and returns the tightest standing: one
    /// that was exceeded, else the one with the fewest points left. A refused
    /// request is charged too, as on the real server.
    pub(crate) fn charge(&mut self, limits: &[Limit], key: &str, points: u64, now: Timestamp) -> Option<Standing> {
        let standings = limits.iter().map(|limit| self.one(limit, key, points, now));
        standings.min_by_key(|s| (!s.exceeded, s.remaining))
    }

    fn one(&mut self, limit: &Limit, key: &str, points: u64, now: Timestamp) -> Standing {
        let now = now.as_second();
        let opened = if limit.aligned { now - now.rem_euclid(limit.seconds) } else { now };
        let window = self.0.entry((limit.name, key.to_owned())).or_insert(Window { opened, used: 0 });
        if now >= window.opened + limit.seconds {
            *window = Window { opened, used: 0 };
        }
        window.used += points;
        Standing {
            limit: limit.points,
            remaining: limit.points.saturating_sub(window.used),
            reset: window.opened + limit.seconds,
            wait: window.opened + limit.seconds - now,
            seconds: limit.seconds,
            exceeded: window.used > limit.points,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Limit = Limit { name: "hour", points: 10, seconds: 3_600, aligned: false };
    const DAY: Limit = Limit { name: "day", points: 15, seconds: 86_400, aligned: false };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn the_last_point_is_allowed_and_the_next_is_not() {
        let mut windows = Windows::default();
        let mut charge = |points| windows.charge(&[HOUR], "ada", points, at(0)).expect("one");
        assert!(!charge(9).exceeded);
        let full = charge(1);
        assert_eq!((full.exceeded, full.remaining), (false, 0));
        assert!(charge(1).exceeded);
    }

    #[test]
    fn a_window_closes_and_accounts_do_not_share() {
        let mut windows = Windows::default();
        assert!(windows.charge(&[HOUR], "ada", 11, at(5)).expect("one").exceeded);
        assert!(!windows.charge(&[HOUR], "bo", 10, at(5)).expect("one").exceeded);
        assert!(windows.charge(&[HOUR], "ada", 1, at(3_604)).expect("one").exceeded);
        assert!(!windows.charge(&[HOUR], "ada", 1, at(3_605)).expect("one").exceeded);
    }

    #[test]
    fn an_aligned_window_ends_at_a_full_multiple() {
        let mut windows = Windows::default();
        let limit = Limit { aligned: true, ..HOUR };
        let late = windows.charge(&[limit], "ada", 11, at(3_590)).expect("one");
        assert_eq!((late.reset, late.wait, late.exceeded), (3_600, 10, true));
        assert!(!windows.charge(&[limit], "ada", 10, at(3_600)).expect("one").exceeded);
    }

    #[test]
    fn the_tightest_limit_is_shown() {
        let mut windows = Windows::default();
        let both = [HOUR, DAY];
        let first = windows.charge(&both, "ada", 8, at(0)).expect("two");
        assert_eq!(first.headers()[3].1, "10;w=3600");
        let later = windows.charge(&both, "ada", 8, at(4_000)).expect("two");
        assert!(later.exceeded);
        assert_eq!(later.headers()[3].1, "15;w=86400");
        assert_eq!(later.headers()[2].1, "86400");
        assert_eq!(windows.charge(&[], "ada", 1, at(0)), None);
    }
}
