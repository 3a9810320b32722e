//! How long is waited before something is asked again.

use std::time::Duration;

/// Between two questions after a container at first: pictures are done within seconds.
pub(super) const SOON: Duration = Duration::from_secs(5);

/// Then, as the manual advises ("IG Container", read 2026-11-23: once a minute for five minutes).
pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// At last: long reels have taken half an hour and more (swat.io, read 2026-11-23).
const LONG: Duration = Duration::from_secs(300);

/// How often it is asked soon, and then each minute.
const SOON_POLLS: u32 = 6;
const MINUTE_POLLS: u32 = 5;

/// How often it is asked at all: for a day, which is as long as a container lives (the same page).
const MOST_POLLS: u32 = SOON_POLLS + MINUTE_POLLS + 24 * 60 / 5;

/// The wait before a container is asked after again; `None` when it must be over by now.
pub(super) fn pause(polls: u32) -> Option<Duration> {
    match polls {
        0..SOON_POLLS => Some(SOON),
        polls if polls < SOON_POLLS + MINUTE_POLLS => Some(MINUTE),
        polls if polls < MOST_POLLS => Some(LONG),
        _ => None,
    }
}

/// Before publishing is begun anew for the third time and oftener. A figure of our own.
pub(super) const REST: Duration = Duration::from_secs(900);

/// Waits before a container that was not ready is published again ("not available", seen of pictures as well).
const NOT_READY: [Duration; 8] = [SOON, SOON, SOON, MINUTE, MINUTE, MINUTE, LONG, LONG];

/// The same for one that was not there ("Error codes", 2026-06-02: once or twice, after half a minute to two minutes).
const MISSING: [Duration; 2] = [Duration::from_secs(30), Duration::from_secs(90)];

/// The wait before a container is published again; `None` when another takes its place.
pub(super) fn before_again(missing: bool, tries: u32) -> Option<Duration> {
    let waits: &[Duration] = if missing { &MISSING } else { &NOT_READY };
    waits.get(tries as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_asked_after_until_it_is_over_and_ever_less_often() {
        let waits: Vec<Duration> = (0..).map_while(pause).collect();
        assert!(waits.iter().sum::<Duration>() > Duration::from_secs(86_400));
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]));
        assert_eq!((waits[0], waits[6], waits[11]), (SOON, MINUTE, LONG));
    }

    #[test]
    fn one_that_is_missing_is_tried_again_twice_and_one_that_is_not_ready_longer() {
        let times = |missing| (0..).map_while(|tries| before_again(missing, tries)).count();
        assert_eq!((times(true), times(false)), (2, 8));
    }
}
