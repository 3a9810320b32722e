use std::collections::BTreeSet;

use jiff::civil::{DateTime, date};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

use super::*;
use crate::code::Code;

fn zone(name: &str) -> ZoneName {
    ZoneName::new(name).unwrap()
}

fn berlin() -> ZoneName {
    zone("Europe/Berlin")
}

fn ts(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn dt(text: &str) -> DateTime {
    text.parse().unwrap()
}

/// In Berlin clocks go from 02:00 to 03:00 on this day of 2026 …
const GAP: &str = "2026-03-29T02:30:00";
/// … and from 03:00 back to 02:00 on this one.
const OVERLAP: &str = "2026-10-25T02:30:00";

#[test]
fn zone_names_are_checked_and_spelt_by_the_database() {
    assert_eq!(zone("europe/berlin").as_str(), "Europe/Berlin");
    assert_eq!(zone("US/Pacific").to_string(), "US/Pacific");
    assert_eq!("UTC".parse(), Ok(ZoneName::UTC));
    for bad in ["", "Mars/Olympus", "Factory", "Local", "Etc/Unknown", "+01:00", "CET-1CEST", "../../etc/passwd"] {
        assert_eq!(ZoneName::new(bad), Err(UnknownZone { name: bad.to_owned() }), "{bad}");
    }
    assert!(zone_names().count() > 590);
    assert!(zone_names().all(|name| ZoneName::new(name.as_str()) == Ok(name) && name.as_str() != "Factory"));
}

#[test]
fn zone_names_are_text_in_json() {
    assert_eq!(serde_json::to_string(&berlin()).unwrap(), "\"Europe/Berlin\"");
    assert_eq!(serde_json::from_str::<ZoneName>("\"europe/berlin\"").unwrap(), berlin());
    let error = serde_json::from_str::<ZoneName>("\"Nowhere\"").unwrap_err();
    assert!(error.to_string().contains("unknown time zone `Nowhere`"), "{error}");
    let slot = LocalSlot { date_time: dt(GAP), zone: berlin() };
    let json = serde_json::to_string(&slot).unwrap();
    assert_eq!(json, r#"{"date_time":"2026-03-29T02:30:00","zone":"Europe/Berlin"}"#);
    assert_eq!(serde_json::from_str::<LocalSlot>(&json).unwrap(), slot);
    for how in [How::Exact, How::OverlapSecond, How::GapShifted { by: SignedDuration::from_hours(1) }] {
        let resolved = Resolved { at: ts("2026-01-01T00:00:00Z"), how };
        let json = serde_json::to_string(&resolved).unwrap();
        assert_eq!(serde_json::from_str::<Resolved>(&json).unwrap(), resolved);
    }
}

#[test]
fn the_database_says_its_release() {
    let version = tzdb_version();
    let (year, letter) = version.split_at(4);
    assert!(year.parse::<u32>().is_ok_and(|year| year >= 2026), "{version}");
    assert!(letter.len() == 1 && letter.chars().all(|c| c.is_ascii_lowercase()), "{version}");
}

#[test]
fn an_entered_time_in_a_gap_is_refused_with_the_times_beside_it() {
    let error = resolve(dt(GAP), berlin(), Policy::ENTERED).unwrap_err();
    assert_eq!(error, WhenError::InGap { before: dt("2026-03-29T01:59:00"), after: dt("2026-03-29T03:00:00") });
    let issue = error.issue("/when/local");
    assert_eq!((issue.code, issue.field.as_str()), (Code::TimeInGap, "/when/local"));
    assert_eq!(
        (issue.args["before"].as_str(), issue.args["after"].as_str()),
        ("2026-03-29T01:59:00", "2026-03-29T03:00:00")
    );
    // Half an hour, and not on the hour.
    let error = resolve(dt("2026-10-04T02:10:00"), zone("Australia/Lord_Howe"), Policy::ENTERED).unwrap_err();
    assert_eq!(error, WhenError::InGap { before: dt("2026-10-04T01:59:00"), after: dt("2026-10-04T02:30:00") });
    // By the rule that continues the table.
    let error = resolve(dt("2400-03-26T02:30:00"), berlin(), Policy::ENTERED).unwrap_err();
    assert_eq!(error, WhenError::InGap { before: dt("2400-03-26T01:59:00"), after: dt("2400-03-26T03:00:00") });
    // A whole day.
    let error = resolve(dt("2011-12-30T12:00:00"), zone("Pacific/Apia"), Policy::ENTERED).unwrap_err();
    assert_eq!(error, WhenError::InGap { before: dt("2011-12-29T23:59:00"), after: dt("2011-12-31T00:00:00") });
}

#[test]
fn a_recurrence_moves_forward_by_the_gap() {
    let resolved = resolve(dt(GAP), berlin(), Policy::RECURRING).unwrap();
    assert_eq!(resolved.how, How::GapShifted { by: SignedDuration::from_hours(1) });
    assert_eq!(LocalSlot::at(resolved.at, berlin()).date_time, dt("2026-03-29T03:30:00"));
    let resolved = resolve(dt("2026-10-04T02:10:00"), zone("Australia/Lord_Howe"), Policy::RECURRING).unwrap();
    assert_eq!(resolved.how, How::GapShifted { by: SignedDuration::from_mins(30) });
}

#[test]
fn a_time_that_happens_twice_means_the_first_unless_an_offset_says_otherwise() {
    let first = resolve(dt(OVERLAP), berlin(), Policy::ENTERED).unwrap();
    assert_eq!(first, Resolved { at: ts("2026-10-25T00:30:00Z"), how: How::OverlapFirst });
    for (input, at, how) in [
        (OVERLAP.to_owned(), "2026-10-25T00:30:00Z", How::OverlapFirst),
        (format!("{OVERLAP}+02:00"), "2026-10-25T00:30:00Z", How::OverlapFirst),
        (format!("{OVERLAP}+01:00"), "2026-10-25T01:30:00Z", How::OverlapSecond),
        (format!("{OVERLAP}+01:00[Europe/Berlin]"), "2026-10-25T01:30:00Z", How::OverlapSecond),
    ] {
        let when = parse_local(&input, berlin()).unwrap();
        assert_eq!(when.resolved(), Resolved { at: ts(at), how }, "{input}");
        assert_eq!(when.slot.date_time, dt(OVERLAP));
        let again = when.slot.resolve(Policy::again(how)).unwrap();
        assert_eq!(re_resolve(&when.resolved(), &again), Change::Same, "{input}");
        assert_eq!(When::at(ts(at), berlin()).unwrap(), when, "{input}");
    }
}

#[test]
fn instants_are_read_in_the_forms_of_rfc_3339_and_9557() {
    let workspace = zone("America/New_York");
    for (input, at, shown, shown_in) in [
        ("2026-03-01T09:00:00+01:00", "2026-03-01T08:00:00Z", "2026-03-01T03:00:00", workspace),
        ("2026-03-01T09:00:00Z", "2026-03-01T09:00:00Z", "2026-03-01T04:00:00", workspace),
        ("2026-03-01T09:00:00-00:00", "2026-03-01T09:00:00Z", "2026-03-01T04:00:00", workspace),
        ("2026-03-01t09:00:00z", "2026-03-01T09:00:00Z", "2026-03-01T04:00:00", workspace),
        ("2026-03-01T09:00:00+01:00[Europe/Berlin]", "2026-03-01T08:00:00Z", "2026-03-01T09:00:00", berlin()),
        ("2026-03-01T09:00:00[Europe/Berlin]", "2026-03-01T08:00:00Z", "2026-03-01T09:00:00", berlin()),
        ("2026-03-01T09:00:00Z[Europe/Berlin]", "2026-03-01T09:00:00Z", "2026-03-01T10:00:00", berlin()),
        ("2026-03-29T02:30:00+01:00", "2026-03-29T01:30:00Z", "2026-03-28T21:30:00", workspace),
        ("2026-03-01T09:00:00.1234567Z", "2026-03-01T09:00:00.123456Z", "2026-03-01T04:00:00.123456", workspace),
    ] {
        let when = parse_when(input, workspace).unwrap_or_else(|error| panic!("{input}: {error}"));
        assert_eq!((when.at, when.slot), (ts(at), LocalSlot { date_time: dt(shown), zone: shown_in }), "{input}");
    }
}

#[test]
fn times_that_say_no_instant_are_refused_by_code() {
    let parse = |input: &str| parse_when(input, berlin()).unwrap_err();
    assert_eq!(parse("2026-03-01T09:00:00"), WhenError::OffsetMissing);
    assert_eq!(parse("2026-03-01T09:00:00").code(), Code::TimeMissingOffset);
    for junk in [
        "",
        "tomorrow",
        "2026-03-01",
        "09:00:00Z",
        "2026-02-30T09:00:00Z",
        "2026-03-01T25:00:00Z",
        "1772359200",
        "2026-03-01T09:00:00Z ",
    ] {
        assert_eq!(parse(junk), WhenError::NotATime, "{junk:?}");
    }
    assert_eq!(parse("2026-03-29T02:30:00+01:00[Europe/Berlin]").code(), Code::TimeInGap);
    assert_eq!(parse("2026-03-29T02:30:00[Europe/Berlin]").code(), Code::TimeInGap);
    let disagrees = parse("2026-03-01T09:00:00+02:00[Europe/Berlin]");
    let (given, expected) = (Offset::constant(2), Offset::constant(1));
    assert_eq!(disagrees, WhenError::OffsetDisagrees { given, expected });
    assert_eq!(disagrees.issue("/when").args["expected"], "+01");
    for past in ["1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "-000001-01-01T00:00:00Z"] {
        assert_eq!(parse(past), WhenError::OutOfRange, "{past}");
    }
    assert_eq!(parse("9999-12-31T23:59:59-12:00"), WhenError::OutOfRange);
    let unknown = parse("2026-03-01T09:00:00[Mars/Olympus]");
    assert_eq!((unknown.code(), unknown.issue("/when").args["zone"].as_str()), (Code::ZoneUnknown, "Mars/Olympus"));
    assert_eq!(parse("2026-03-01T09:00:00+01:00[+01:00]").code(), Code::ZoneUnknown);
}

#[test]
fn local_times_need_no_offset_but_must_agree_with_one() {
    let parse = |input: &str| parse_local(input, berlin());
    for fine in ["2026-03-01T09:00:00", "2026-03-01T09:00", "2026-03-01 09:00", "2026-03-01T09:00:00+01:00"] {
        assert_eq!(parse(fine).unwrap().at, ts("2026-03-01T08:00:00Z"), "{fine}");
    }
    let tokyo = parse("2026-03-01T09:00[Asia/Tokyo]").unwrap();
    assert_eq!((tokyo.slot.zone, tokyo.at), (zone("Asia/Tokyo"), ts("2026-03-01T00:00:00Z")));
    assert_eq!(parse("2026-03-01T09:00Z").unwrap_err().code(), Code::TimeOffsetDisagrees);
    assert_eq!(parse("2026-10-25T02:30:00+03:00").unwrap_err().code(), Code::TimeOffsetDisagrees);
    assert_eq!(parse(GAP).unwrap_err().code(), Code::TimeInGap);
    assert_eq!(parse("9:00").unwrap_err(), WhenError::NotATime);
    assert_eq!(parse("1969-12-31T23:59").unwrap_err(), WhenError::OutOfRange);
}

#[test]
fn a_wall_clock_time_is_read_without_asking_for_its_instant() {
    assert_eq!(parse_wall(GAP, berlin()), Ok(LocalSlot { date_time: dt(GAP), zone: berlin() }));
    let tokyo = parse_wall("2026-03-01T09:00[Asia/Tokyo]", berlin()).unwrap();
    assert_eq!((tokyo.zone, tokyo.date_time), (zone("Asia/Tokyo"), dt("2026-03-01T09:00")));
    for wrong in ["2026-03-01T09:00Z", "2026-03-01T09:00+01:00", "2026-03-01", "9:00"] {
        assert_eq!(parse_wall(wrong, berlin()), Err(WhenError::NotATime), "{wrong}");
    }
    assert_eq!(parse_wall("2026-03-01T09:00[Mars/Olympus]", berlin()).unwrap_err().code(), Code::ZoneUnknown);
}

#[test]
fn an_occurrence_is_named_by_its_local_time_alone() {
    assert_eq!(occurrence_key(date(2026, 3, 1).at(9, 0, 0, 0)), "2026-03-01T09:00:00");
    assert_eq!(occurrence_key(date(2026, 3, 1).at(9, 0, 5, 120_000_000)), "2026-03-01T09:00:05.120000");
    assert_eq!(occurrence_key(date(2026, 3, 1).at(9, 0, 0, 999)), "2026-03-01T09:00:00");
    assert_eq!(occurrence_key(date(987, 3, 1).at(0, 0, 0, 0)), "0987-03-01T00:00:00");
    assert_eq!(LocalSlot { date_time: dt(GAP), zone: berlin() }.occurrence_key(), GAP);
}

#[test]
fn a_changed_database_is_told_by_the_instant() {
    let stored = Resolved { at: ts("2026-10-25T00:30:00Z"), how: How::OverlapFirst };
    let fresh = Resolved { at: ts("2026-10-25T01:30:00Z"), how: How::Exact };
    let by = SignedDuration::from_hours(1);
    assert_eq!(re_resolve(&stored, &fresh), Change::Moved { from: stored.at, to: fresh.at, by });
    assert_eq!(re_resolve(&fresh, &stored), Change::Moved { from: fresh.at, to: stored.at, by: -by });
    assert_eq!(re_resolve(&stored, &Resolved { how: How::Exact, ..stored }), Change::Same);
    assert_eq!(Policy::again(How::Exact), Policy::RECURRING);
    assert_eq!(Policy::again(How::OverlapSecond).overlap, OverlapRule::Second);
}

/// Every change of every zone from 2026 to 2030: the moments around and inside it.
#[test]
fn every_change_of_clocks_in_every_zone_is_decided() {
    let (mut gaps, mut overlaps) = (0, 0);
    for name in zone_names() {
        let rules = name.time_zone();
        let end = ts("2031-01-01T00:00:00Z");
        let changes = rules.following(ts("2025-12-31T23:59:59Z"));
        for change in changes.map(|change| change.timestamp()).take_while(|at| *at < end) {
            let before = rules.to_offset(change - 1.nanosecond());
            let after = rules.to_offset(change);
            let length = i64::from(after.seconds() - before.seconds());
            let (edge, other) = (before.to_datetime(change), after.to_datetime(change));
            for second in [0, 1, length.abs() / 2, length.abs() - 1].into_iter().filter(|_| length != 0) {
                if length > 0 {
                    gaps += 1;
                    check_gap(name, edge + second.seconds(), edge, other, length);
                } else {
                    overlaps += 1;
                    check_overlap(name, other + second.seconds(), before, after);
                }
            }
            check_shown(name, edge.min(other) - 1.second());
            check_shown(name, edge.max(other));
        }
    }
    assert!(gaps > 3_000 && overlaps > 3_000, "{gaps} gaps, {overlaps} overlaps");
}

fn check_gap(name: ZoneName, local: DateTime, start: DateTime, end: DateTime, length: i64) {
    let error = resolve(local, name, Policy::ENTERED).unwrap_err();
    assert_eq!(error, WhenError::InGap { before: start - 1.minute(), after: end }, "{name} {local}");
    check_shown(name, start - 1.minute());
    check_shown(name, end);
    let shifted = resolve(local, name, Policy::RECURRING).unwrap();
    assert_eq!(shifted.how, How::GapShifted { by: SignedDuration::from_secs(length) }, "{name} {local}");
    assert_eq!(LocalSlot::at(shifted.at, name).date_time, local + length.seconds(), "{name} {local}");
}

fn check_overlap(name: ZoneName, local: DateTime, before: Offset, after: Offset) {
    let first = resolve(local, name, Policy::ENTERED).unwrap();
    let second = resolve(local, name, Policy::again(How::OverlapSecond)).unwrap();
    assert_eq!((first.how, second.how), (How::OverlapFirst, How::OverlapSecond), "{name} {local}");
    assert!(first.at < second.at, "{name} {local}");
    assert_eq!((before.to_datetime(first.at), after.to_datetime(second.at)), (local, local), "{name} {local}");
}

/// A time that exists is shown as it was entered.
fn check_shown(name: ZoneName, local: DateTime) {
    let resolved = resolve(local, name, Policy::ENTERED).unwrap_or_else(|error| panic!("{name} {local}: {error}"));
    assert_eq!(LocalSlot::at(resolved.at, name).date_time, local, "{name}");
}

fn any_zone() -> impl Strategy<Value = ZoneName> {
    prop::sample::select(zone_names().collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]

    #[test]
    fn what_is_shown_is_what_was_entered_except_in_gaps(name in any_zone(), second in 0_i64..5 * 365 * 86_400) {
        let local = date(2026, 1, 1).at(0, 0, 0, 0) + second.seconds();
        let in_gap = matches!(name.time_zone().to_ambiguous_timestamp(local).offset(), AmbiguousOffset::Gap { .. });
        match parse_local(&local.to_string(), name) {
            Ok(when) => {
                prop_assert!(!in_gap);
                prop_assert_eq!(LocalSlot::at(when.at, name), when.slot);
                let offset = name.time_zone().to_offset(when.at);
                let same = parse_when(&format!("{local}{}", rfc3339(offset)), name);
                prop_assert_eq!(same.map(|same| (same.at, same.slot)), Ok((when.at, when.slot)));
                prop_assert_eq!(parse_when(&format!("{local}[{name}]"), ZoneName::UTC), Ok(when));
            }
            Err(error) => prop_assert!(in_gap && error.code() == Code::TimeInGap, "{name} {local} {error}"),
        }
    }

    #[test]
    fn every_instant_is_found_again_through_its_local_time(name in any_zone(), second in 1_767_225_600_i64..1_924_992_000) {
        let when = When::at(Timestamp::from_second(second).unwrap(), name).unwrap();
        prop_assert_eq!(when.slot.resolve(Policy::again(when.how)), Ok(when.resolved()));
    }

    #[test]
    fn no_input_makes_the_parsers_panic(input in "\\PC{0,40}|[0-9TZ:+\\-\\[\\]./A-Za-z]{0,40}", name in any_zone()) {
        let _ = (parse_when(&input, name), parse_local(&input, name));
    }
}

fn rfc3339(offset: Offset) -> String {
    let minutes = offset.seconds() / 60;
    format!("{}{:02}:{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60)
}

/// What the probe below prints between its markers.
const PROBE: &str = "schedule::tests::probe_of_the_machines_zone";

fn resolutions() -> String {
    let seen = ["Europe/Berlin", "America/Sao_Paulo", "Asia/Tokyo"].into_iter().map(|name| {
        let resolved = resolve(dt(OVERLAP), zone(name), Policy::ENTERED);
        let parsed = parse_when("2026-07-01T12:00:00Z", zone(name));
        format!("{resolved:?} {parsed:?} {}", tzdb_version())
    });
    seen.collect::<Vec<_>>().join(" / ")
}

#[test]
fn probe_of_the_machines_zone() {
    let seen = resolutions();
    assert!(seen.contains("2026-10-25T00:30:00Z"), "{seen}");
    println!("<<{seen}>>");
}

/// Runs the probe in processes of its own, since `TZ` is read once.
#[test]
fn the_machines_zone_has_no_effect() {
    let mut seen = BTreeSet::from([resolutions()]);
    for tz in ["Pacific/Kiritimati", "America/New_York", ":/nowhere", ""] {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", PROBE, "--nocapture"])
            .env("TZ", tz)
            .env("TZDIR", "/nowhere")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (_, rest) = text.split_once("<<").unwrap_or_else(|| panic!("the probe did not run: {text}"));
        seen.insert(rest.split(">>").next().unwrap().to_owned());
    }
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert_ne!(TimeZone::UTC, berlin().time_zone());
}
