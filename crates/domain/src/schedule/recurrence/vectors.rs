//! The recurrence vectors of libical (its `icalrecur_test.txt` and `recur.txt`, read
//! 2026-11-23).
//!
//! They are not part of this repository: `POSTRIDER_SPECS` says where they are, by
//! default beside it; without them the test says that it skipped.
//!
//! Out of scope, and why:
//! - `FREQ` of `HOURLY` and less, and more than 24 times a day by `BYHOUR` ×
//!   `BYMINUTE` × `BYSECOND`: more often than anybody should post. The test
//!   expects the refusal.
//! - `BYWEEKNO` every few years: refused, see the module. The test expects that.
//! - Parts of the day with a `DTSTART` that is a mere date: our starts have a time.
//! - `EXDATE` and `EXRULE`: what is left out of a series is a list beside its rule.
//! - What libical itself says that it cannot do.
//! - `icalrecur_test_rscale.txt`, other calendars: `RSCALE` is refused by name in a
//!   test of our own. `recur-errors.ics` says nothing about what should be found.

use std::path::PathBuf;

use super::*;
use crate::schedule::ZoneName;

struct Vector {
    rule: String,
    start: DateTime,
    /// Where else the walk may begin.
    from: Option<DateTime>,
    expected: Vec<DateTime>,
}

#[expect(clippy::disallowed_methods, reason = "where the specs lie is a question to the machine that runs the tests")]
fn file(name: &str) -> Option<String> {
    let default = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs");
    let root = std::env::var_os("POSTRIDER_SPECS").map_or(default, PathBuf::from);
    let path = root.join("recurrence").join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("skipped: no specs at {}", path.display());
    }
    text
}

/// `19970902T090000`, with or without `Z`, or a date, which stands for its midnight.
fn time(text: &str) -> DateTime {
    let text = text.trim().trim_end_matches('Z');
    match text.len() {
        8 => Date::strptime("%Y%m%d", text).unwrap().to_datetime(Time::midnight()),
        _ => DateTime::strptime("%Y%m%dT%H%M%S", text).unwrap_or_else(|error| panic!("{text}: {error}")),
    }
}

fn vectors(text: &str) -> Vec<Vector> {
    let field = |block: &str, name: &str| block.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
    let vector = |block: &str| {
        let (instances, start) = (field(block, "INSTANCES:")?, field(block, "DTSTART:")?);
        let rule = field(block, "RRULE:")?;
        let dateless =
            start.trim().len() == 8 && ["BYHOUR", "BYMINUTE", "BYSECOND"].iter().any(|part| rule.contains(part));
        let scoped = !instances.contains("***") && !dateless;
        scoped.then(|| Vector {
            rule,
            start: time(&start),
            from: field(block, "START-AT:").map(|text| time(&text)),
            expected: instances.split(',').map(time).collect(),
        })
    };
    text.split("\n\n").filter_map(vector).collect()
}

/// What became of a vector.
#[derive(Debug, PartialEq)]
enum Outcome {
    Same,
    /// Refused for its frequency.
    TooOften,
    /// Refused for its weeks.
    Weeks,
    Different(String),
}

fn run(vector: &Vector) -> Outcome {
    let start = LocalSlot { date_time: vector.start, zone: ZoneName::UTC };
    let rule = match Recurrence::parse(&vector.rule, start) {
        Ok(rule) => rule,
        Err(RuleError::TooOften) => return Outcome::TooOften,
        Err(RuleError::Invalid(why)) if why.contains("BYWEEKNO takes no INTERVAL") => return Outcome::Weeks,
        Err(error) => return Outcome::Different(format!("{}: {error}", vector.rule)),
    };
    for from in std::iter::once(vector.start).chain(vector.from) {
        let expected: Vec<DateTime> = vector.expected.iter().copied().filter(|local| *local >= from).collect();
        // One more than expected shows that it ends where it should.
        let found: Vec<DateTime> = rule.locals(from).take(expected.len() + 1).collect();
        if found != expected {
            let (rule, start) = (&vector.rule, vector.start);
            return Outcome::Different(format!("{rule} of {start} from {from}\n  not {expected:?}\n  but {found:?}"));
        }
    }
    Outcome::Same
}

#[test]
fn the_published_vectors_come_out() {
    let Some(text) = file("icalrecur_test.txt") else { return };
    let all: Vec<Outcome> = vectors(&text).iter().map(run).collect();
    let different: Vec<&Outcome> = all.iter().filter(|outcome| matches!(outcome, Outcome::Different(_))).collect();
    assert!(different.is_empty(), "{} differ: {different:#?}", different.len());
    let count = |wanted: Outcome| all.iter().filter(|outcome| **outcome == wanted).count();
    assert_eq!((all.len(), count(Outcome::TooOften), count(Outcome::Weeks)), (144, 24, 6));
}

/// A property of an event: its parameters and value, in a file whose lines are folded.
fn property(event: &str, name: &str) -> Option<(String, String)> {
    let unfolded = event.replace("\n ", "");
    let line =
        unfolded.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([';', ':'])))?;
    let (head, value) = line.split_once(':')?;
    Some((head[name.len()..].to_owned(), value.trim().to_owned()))
}

#[test]
fn published_events_occur_as_often_as_they_should() {
    let Some(text) = file("recur.txt") else { return };
    let (mut counted, mut too_often, mut different) = (0, 0, Vec::new());
    for event in text.split("END:VEVENT") {
        let excepts = ["EXDATE", "EXRULE"].iter().any(|name| property(event, name).is_some());
        let Some((_, rule)) = property(event, "RRULE").filter(|_| !excepts) else { continue };
        let (parameters, start) = property(event, "DTSTART").unwrap();
        let expected: usize = property(event, "X-EXPECT-NUMEVENTS").unwrap().1.parse().unwrap();
        let zone = parameters.split_once("TZID=").map_or("UTC", |(_, zone)| zone);
        let slot = LocalSlot { date_time: time(&start), zone: ZoneName::new(zone).unwrap() };
        match Recurrence::parse(&rule, slot) {
            Err(RuleError::TooOften) => too_often += 1,
            Err(error) => different.push(format!("{rule}: {error}")),
            Ok(found) => match found.from(slot.date_time).take(expected + 1).count() {
                count if count == expected => counted += 1,
                count => different.push(format!("{rule} of {start} in {zone}: {count}, not {expected}")),
            },
        }
    }
    assert!(different.is_empty(), "{different:#?}");
    assert_eq!((counted, too_often), (51, 4));
}
