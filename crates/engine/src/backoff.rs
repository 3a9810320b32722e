//! How long to wait before another try.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postrider_connector::error::Until;
use postrider_domain::source::{Entropy, bytes};

/// The waits after the first, second, … failure; the last one repeats.
const STEPS_S: [u64; 7] = [5, 15, 45, 120, 300, 600, 900];

/// The waits after the first, second, … failure of a mail. Servers that make unknown senders wait want some
/// minutes; after the last, about a day has gone by and the mail is given up.
const MAIL_STEPS_S: [u64; 9] = [60, 300, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 28_800];

/// A platform may not make us wait longer than this in one go.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// How long we wait when a platform limits us without saying until when.
const UNSAID: SignedDuration = SignedDuration::from_secs(60);

/// When to try again after `failures` failures (0 for the first), with up to a quarter of jitter.
pub(crate) fn after_failure(now: Timestamp, failures: u64, entropy: &dyn Entropy) -> Timestamp {
    let index = usize::try_from(failures).unwrap_or(usize::MAX).min(STEPS_S.len() - 1);
    jittered(now, SignedDuration::from_secs(STEPS_S[index].cast_signed()), entropy)
}

/// When to try a mail again after `failures` failures; `None` when it was tried for long enough.
pub(crate) fn after_mail(now: Timestamp, failures: u64, entropy: &dyn Entropy) -> Option<Timestamp> {
    let step = MAIL_STEPS_S.get(usize::try_from(failures).ok()?)?;
    Some(jittered(now, SignedDuration::from_secs(step.cast_signed()), entropy))
}

/// When a rate limit is over by the platform's word: bounded, and with jitter so
/// that not everybody comes back at once.
pub(crate) fn after_limit(now: Timestamp, until: Until, entropy: &dyn Entropy) -> Timestamp {
    let wait = match until {
        Until::After(duration) => SignedDuration::try_from(duration).unwrap_or(LONGEST),
        Until::At(instant) => now.duration_until(instant),
        Until::Unsaid => UNSAID,
    };
    jittered(now, wait.clamp(SignedDuration::from_secs(1), LONGEST), entropy)
}

fn jittered(now: Timestamp, wait: SignedDuration, entropy: &dyn Entropy) -> Timestamp {
    let fraction = i32::from(u16::from_le_bytes(bytes(entropy)) % 256);
    let extra = wait.checked_mul(fraction).map_or(SignedDuration::ZERO, |extra| extra / (4 * 256));
    now.saturating_add(wait + extra).unwrap_or(Timestamp::MAX)
}

/// Whether the next try would come after the window in which a post may still go out.
pub(crate) fn misses_window(next: Timestamp, scheduled_at: Timestamp, window: Duration) -> bool {
    scheduled_at.saturating_add(window).is_ok_and(|end| next > end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fill(u8);

    impl Entropy for Fill {
        fn fill(&self, out: &mut [u8]) {
            out.fill(self.0);
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn waits_grow_and_stay_at_the_last() {
        let none = Fill(0);
        let wait = |failures| at(0).duration_until(after_failure(at(0), failures, &none)).as_secs();
        assert_eq!([0, 1, 2, 6, 7, 1_000].map(wait), [5, 15, 45, 900, 900, 900]);
    }

    #[test]
    fn a_mail_is_tried_for_about_a_day_and_then_given_up() {
        let mut tried = SignedDuration::ZERO;
        let mut failures = 0;
        while let Some(next) = after_mail(at(0), failures, &Fill(0)) {
            tried += at(0).duration_until(next);
            failures += 1;
        }
        assert_eq!(failures, 9);
        assert!((20..=25).contains(&tried.as_hours()), "{tried:?}");
        let latest = after_mail(at(0), 0, &Fill(0xff)).expect("is tried again");
        assert!(latest > at(60) && latest < at(75), "{latest}");
    }

    #[test]
    fn jitter_adds_less_than_a_quarter_and_never_subtracts() {
        let most = at(0).duration_until(after_failure(at(0), 3, &Fill(0xff)));
        assert!(most > SignedDuration::from_secs(120) && most < SignedDuration::from_secs(150), "{most:?}");
    }

    #[test]
    fn a_limit_is_believed_within_bounds() {
        let none = Fill(0);
        let until = |until| at(0).duration_until(after_limit(at(0), until, &none));
        assert_eq!(until(Until::After(Duration::from_secs(90))), SignedDuration::from_secs(90));
        assert_eq!(until(Until::At(at(-5))), SignedDuration::from_secs(1));
        assert_eq!(until(Until::After(Duration::from_secs(10_000_000))), LONGEST);
        assert_eq!(until(Until::Unsaid), UNSAID);
    }

    #[test]
    fn the_last_second_of_the_window_still_counts() {
        let hour = Duration::from_secs(3600);
        assert!(!misses_window(at(3600), at(0), hour));
        assert!(misses_window(at(3601), at(0), hour));
    }
}
