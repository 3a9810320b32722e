//! The product's clock, where a run turns it: what the product calls noon may be another time by this machine's.

use jiff::{SignedDuration, Timestamp};

use crate::record::{Fault, FaultKind};

/// How long a turned clock takes to be seen by a process.
const UNSEEN: SignedDuration = SignedDuration::from_secs(5);

/// How long somebody may have asked before the answer came: a dead process is asked again until it serves.
const ASKING: SignedDuration = SignedDuration::from_secs(120);

/// How far the ledger's clock is ahead, from when on; oldest first.
#[derive(Debug, Default)]
pub(super) struct Clock(Vec<(Timestamp, SignedDuration)>);

impl Clock {
    /// The clock of a run. Where the nodes have a database server, their own clocks are not the ledger's.
    pub(super) fn of(faults: &[&Fault], server: bool) -> Self {
        let mut turns = Vec::new();
        for fault in faults {
            let Some(by) = seconds(&fault.detail) else { continue };
            match fault.kind {
                // Keys are forgotten because time passes, for the ledger too.
                FaultKind::ClockStep | FaultKind::KeysForgotten => turns.push((fault.until, by)),
                FaultKind::ClockSkew if !server => turns.extend([(fault.from, by), (fault.until, -by)]),
                _ => {}
            }
        }
        turns.sort_unstable();
        let mut ahead = SignedDuration::ZERO;
        for turn in &mut turns {
            ahead += turn.1;
            turn.1 = ahead;
        }
        Self(turns)
    }

    /// How far it was ahead at a time of this machine.
    fn ahead(&self, at: Timestamp) -> SignedDuration {
        self.0[..self.0.partition_point(|(from, _)| *from <= at)].last().map_or(SignedDuration::ZERO, |turn| turn.1)
    }

    /// From when until when of this machine it was ahead by how much.
    fn stretches(&self) -> impl Iterator<Item = (Timestamp, Timestamp, SignedDuration)> {
        let ends = self.0.iter().map(|(from, _)| *from).chain([Timestamp::MAX]);
        let begins = [(Timestamp::MIN, SignedDuration::ZERO)].into_iter().chain(self.0.iter().copied());
        begins.zip(ends).map(|((from, ahead), until)| (from, until, ahead))
    }

    /// When the ledger's clock showed a time; the first time it did after `since`, as one that was put back shows times
    /// again. One that it left out was passed when it was turned.
    pub(super) fn by_machine(&self, shown: Timestamp, since: Timestamp) -> Timestamp {
        self.shows(shown).find(|at| *at >= since).unwrap_or_else(|| self.reaches(shown, since))
    }

    /// When something was made that the ledger wrote as `shown` and that was answered for at `answered`.
    pub(super) fn made(&self, shown: Timestamp, answered: Timestamp) -> Timestamp {
        self.shows(shown).take_while(|at| *at <= answered + UNSEEN).last().unwrap_or(shown.min(answered))
    }

    /// Whenever the ledger's clock showed a time, oldest first; also to whoever had not seen yet that it was turned.
    fn shows(&self, shown: Timestamp) -> impl Iterator<Item = Timestamp> {
        self.stretches().filter_map(move |(from, until, ahead)| {
            let at = shown.saturating_sub(ahead).unwrap_or(shown);
            (at >= from && at < until.saturating_add(UNSEEN).unwrap_or(until)).then_some(at)
        })
    }

    /// When the ledger's clock first shows a time or a later one, not before `since`.
    fn reaches(&self, shown: Timestamp, since: Timestamp) -> Timestamp {
        let reached = |(from, until, ahead): (Timestamp, Timestamp, SignedDuration)| {
            let at = shown.saturating_sub(ahead).unwrap_or(shown).max(from).max(since);
            (at < until).then_some(at)
        };
        self.stretches().find_map(reached).unwrap_or(shown)
    }

    /// When something goes out that was put on the schedule at `asked` for `due` of this machine.
    pub(super) fn goes_out(&self, asked: Timestamp, due: Timestamp) -> Timestamp {
        self.reaches(due + self.ahead(asked), Timestamp::MIN)
    }

    /// Whether the ledger's schedule is what was asked for, when the answer came at `answered`: the asking may have
    /// begun before the clock was turned.
    pub(super) fn agrees(&self, answered: Timestamp, due: Timestamp, scheduled: Timestamp) -> bool {
        let (from, until) = (answered - ASKING, answered + UNSEEN);
        let turned = self.0.iter().filter(|(at, _)| *at >= from && *at <= until).map(|(_, ahead)| *ahead);
        turned.chain([self.ahead(from)]).any(|ahead| super::facts::near(due + ahead, scheduled))
    }
}

/// `+90 s`, as the runner writes it.
fn seconds(detail: &str) -> Option<SignedDuration> {
    detail.split_whitespace().next()?.parse().ok().map(SignedDuration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn fault(kind: FaultKind, by: &str, from: i64, until: i64) -> Fault {
        Fault { kind, detail: format!("{by} s"), from: at(from), until: at(until) }
    }

    #[test]
    fn steps_stay_and_add_up_and_a_skew_passes() {
        let (first, second) =
            (fault(FaultKind::ClockStep, "+60", 100, 100), fault(FaultKind::ClockStep, "-20", 300, 300));
        let skew = fault(FaultKind::ClockSkew, "+7", 500, 600);
        let keys = fault(FaultKind::KeysForgotten, "+4200", 700, 720);
        let clock = Clock::of(&[&first, &second, &skew, &keys], false);
        let ahead = [99, 100, 299, 300, 500, 600, 719, 720].map(|second| clock.ahead(at(second)).as_secs());
        assert_eq!(ahead, [0, 60, 60, 40, 47, 40, 40, 4_240]);
        assert_eq!(Clock::of(&[&skew], true).ahead(at(550)), SignedDuration::ZERO);
    }

    #[test]
    fn the_ledgers_times_are_told_by_this_machine() {
        let step = fault(FaultKind::ClockStep, "+60", 100, 100);
        let clock = Clock::of(&[&step], false);
        let told = |clock: &Clock, shown| clock.by_machine(at(shown), Timestamp::MIN);
        assert_eq!(told(&clock, 99), at(99));
        assert_eq!(told(&clock, 200), at(140));
        // What a passing skew left out was shown later; what was due then went out at once.
        let clock = Clock::of(&[&fault(FaultKind::ClockSkew, "+400", 1_000, 1_025)], false);
        assert_eq!([999, 1_300, 1_410].map(|second| told(&clock, second)), [at(999), at(1_300), at(1_010)]);
        assert_eq!(clock.goes_out(at(900), at(1_300)), at(1_000));
        let clock = Clock::of(&[&step], false);
        // Put on the schedule before the step, it goes out earlier; after it, at the time that was meant.
        assert_eq!(clock.goes_out(at(50), at(200)), at(140));
        assert_eq!(clock.goes_out(at(120), at(200)), at(200));
        assert!(clock.agrees(at(50), at(200), at(200)) && !clock.agrees(at(50), at(200), at(260)));
        // Asked before, answered after.
        assert!(clock.agrees(at(120), at(900), at(900)) && clock.agrees(at(120), at(900), at(960)));
        assert!(clock.agrees(at(300), at(900), at(960)) && !clock.agrees(at(300), at(900), at(900)));
    }

    #[test]
    fn what_the_ledger_shows_twice_is_told_by_when_it_was_made() {
        let clock = Clock::of(&[&fault(FaultKind::ClockSkew, "+150", 1_000, 1_025)], false);
        // Shown at 1010, and again at 1160.
        assert_eq!(clock.made(at(1_160), at(1_161)), at(1_160));
        assert_eq!(clock.made(at(1_160), at(1_011)), at(1_010));
        assert_eq!(clock.by_machine(at(1_162), at(1_160)), at(1_162));
        assert_eq!(clock.by_machine(at(1_162), at(1_010)), at(1_012));
        // Written by somebody who saw half a second late that it was turned back.
        assert_eq!(clock.by_machine(at(1_176), at(1_026)), at(1_026));
        // Not shown after that any more: it has passed.
        let ahead = Clock::of(&[&fault(FaultKind::ClockStep, "+150", 1_000, 1_000)], false);
        assert_eq!(ahead.by_machine(at(1_100), at(1_010)), at(1_010));
    }
}
