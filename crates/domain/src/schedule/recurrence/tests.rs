use jiff::SignedDuration;
use jiff::civil::date;

use super::*;
use crate::schedule::ZoneName;

fn dt(text: &str) -> DateTime {
    text.parse().unwrap()
}

fn slot(start: &str, zone: &str) -> LocalSlot {
    LocalSlot { date_time: dt(start), zone: ZoneName::new(zone).unwrap() }
}

fn rule(text: &str, start: &str) -> Recurrence {
    Recurrence::parse(text, slot(start, "Europe/Berlin")).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> RuleError {
    Recurrence::parse(text, slot("2026-01-01T09:00", "Europe/Berlin")).expect_err(text)
}

/// The first `count` occurrences after a local time, as they are called.
fn keys(rule: &Recurrence, from: &str, count: usize) -> Vec<String> {
    rule.from(dt(from)).take(count).map(|found| found.key()).collect()
}

#[test]
fn a_rule_is_kept_in_capitals_and_without_its_name() {
    let kept = rule("rrule:byday=mo,th;freq=weekly;", "2026-01-01T09:00");
    assert_eq!(kept.text(), "BYDAY=MO,TH;FREQ=WEEKLY");
    assert_eq!(Recurrence::parse(kept.text(), kept.start()).unwrap().text(), kept.text());
    // Thursday is the day it starts on.
    assert_eq!(keys(&kept, "2026-01-01T00:00", 2), ["2026-01-01T09:00:00", "2026-01-05T09:00:00"]);
}

#[test]
fn what_is_no_rule_is_refused_with_its_reason_and_field() {
    for (text, part) in [
        ("", "FREQ is missing"),
        ("tomorrow", "NAME=VALUE"),
        ("FREQ=FORTNIGHTLY", "FORTNIGHTLY"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ is empty or comes twice"),
        ("FREQ=DAILY;INTERVAL=", "INTERVAL is empty"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL is at least 1"),
        ("FREQ=DAILY;COUNT=0", "COUNT goes from 1 to 10000"),
        ("FREQ=DAILY;COUNT=10001", "COUNT goes from 1 to 10000"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", "not both"),
        ("FREQ=DAILY;UNTIL=20270230", "UNTIL=20270230 is not"),
        ("RSCALE=GREGORIAN;FREQ=DAILY", "RSCALE is not known"),
        ("FREQ=DAILY;BYEASTER=0", "BYEASTER is not known"),
        ("FREQ=WEEKLY;BYDAY=5MO", "BYDAY takes numbers"),
        ("FREQ=YEARLY;BYWEEKNO=3;BYDAY=1MO", "BYDAY takes numbers"),
        ("FREQ=YEARLY;BYWEEKNO=3;INTERVAL=2", "BYWEEKNO takes no INTERVAL"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"),
        ("FREQ=DAILY;BYHOUR=24", "BYHOUR"),
    ] {
        let error = refused(text);
        assert_eq!(error.code(), Code::RuleInvalid, "{text}");
        assert!(error.to_string().contains(part), "{text}: {error}");
        let issue = error.issue("/repeat/rule");
        assert_eq!((issue.field.as_str(), issue.args.contains_key("reason")), ("/repeat/rule", true), "{text}");
    }
    assert!(refused(&format!("FREQ=DAILY;BYMONTHDAY={}1", "1,".repeat(300))).to_string().contains("500 bytes"));
}

#[test]
fn twenty_four_times_a_day_are_allowed_and_one_more_is_not() {
    for often in ["SECONDLY", "MINUTELY", "HOURLY"] {
        let error = refused(&format!("FREQ={often}"));
        assert_eq!((error.code(), error.issue("/repeat/rule").args["limit"].as_str()), (Code::RuleTooOften, "24"));
    }
    let hours = (0..24).map(|hour| hour.to_string()).collect::<Vec<_>>().join(",");
    let all = rule(&format!("FREQ=DAILY;BYHOUR={hours}"), "2026-01-01T00:00");
    assert_eq!(all.from(dt("2026-01-05T00:00")).take_while(|found| found.local < dt("2026-01-06T00:00")).count(), 24);
    assert_eq!(refused(&format!("FREQ=DAILY;BYHOUR={hours};BYMINUTE=0,1")), RuleError::TooOften);
    assert_eq!(refused("FREQ=YEARLY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5"), RuleError::TooOften);
}

#[test]
fn what_a_rule_leaves_open_comes_from_its_start() {
    let week = rule("FREQ=YEARLY;BYWEEKNO=20", "2026-01-07T09:00");
    assert_eq!(keys(&week, "2026-01-01T00:00", 2), ["2026-05-13T09:00:00", "2027-05-19T09:00:00"]);
    let day = rule("FREQ=YEARLY;BYMONTHDAY=29", "2026-03-01T09:00");
    assert_eq!(keys(&day, "2026-01-01T00:00", 2), ["2026-03-29T09:00:00", "2027-03-29T09:00:00"]);
}

#[test]
fn a_rule_that_never_occurs_ends() {
    for never in [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;INTERVAL=100;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=DAILY;UNTIL=20251231",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3",
    ] {
        assert_eq!(refused(never).code(), Code::RuleNever, "{never}");
    }
}

#[test]
fn the_last_day_of_a_month_is_left_out_where_there_is_none() {
    let monthly = rule("FREQ=MONTHLY", "2026-01-31T09:00");
    let expected = ["2026-01-31T09:00:00", "2026-03-31T09:00:00", "2026-05-31T09:00:00", "2026-07-31T09:00:00"];
    assert_eq!(keys(&monthly, "2026-01-01T00:00", 4), expected);
    // The same when the walk begins in the middle.
    assert_eq!(keys(&monthly, "2026-03-01T00:00", 3), expected[1..]);
    let last = rule("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31T09:00");
    assert_eq!(keys(&last, "2026-02-01T00:00", 2), ["2026-02-28T09:00:00", "2026-03-31T09:00:00"]);
}

#[test]
fn a_leap_day_comes_when_there_is_one() {
    let yearly = rule("FREQ=YEARLY", "2024-02-29T09:00");
    assert_eq!(keys(&yearly, "2024-03-01T00:00", 2), ["2028-02-29T09:00:00", "2032-02-29T09:00:00"]);
    // 2100 is no leap year.
    assert_eq!(keys(&yearly, "2096-03-01T00:00", 1), ["2104-02-29T09:00:00"]);
}

#[test]
fn until_is_included_as_a_local_time_an_instant_and_a_whole_day() {
    let last = |until: &str| {
        let text = format!("FREQ=DAILY;UNTIL={until}");
        rule(&text, "2026-07-01T09:00").from(dt("2026-07-01T00:00")).last().unwrap().key()
    };
    assert_eq!(last("20260703T090000"), "2026-07-03T09:00:00");
    assert_eq!(last("20260703T085959"), "2026-07-02T09:00:00");
    // Nine o'clock in Berlin is seven in UTC then.
    assert_eq!(last("20260703T070000Z"), "2026-07-03T09:00:00");
    assert_eq!(last("20260703T065959Z"), "2026-07-02T09:00:00");
    assert_eq!(last("20260703"), "2026-07-03T09:00:00");
}

#[test]
fn count_counts_from_the_start_wherever_the_walk_begins() {
    let ten = rule("FREQ=DAILY;COUNT=10", "2026-01-01T09:00");
    assert_eq!(ten.from(dt("2026-01-01T00:00")).count(), 10);
    assert_eq!(ten.from(dt("2026-01-08T09:00")).count(), 3);
    assert_eq!(ten.from(dt("2026-01-10T09:01")).count(), 0);
    // The start is no occurrence by itself, and is not counted.
    let thursdays = rule("FREQ=WEEKLY;BYDAY=TH;COUNT=2", "2026-01-05T09:00");
    assert_eq!(keys(&thursdays, "2026-01-01T00:00", 9), ["2026-01-08T09:00:00", "2026-01-15T09:00:00"]);
    let most = rule(&format!("FREQ=DAILY;COUNT={MOST_COUNTED}"), "2026-01-01T09:00");
    assert_eq!(most.from(dt("2053-05-18T09:00")).count(), 1);
}

#[test]
fn nine_in_the_morning_stays_nine_when_clocks_change() {
    let daily = rule("FREQ=DAILY", "2026-03-01T09:00");
    let days: Vec<Occurrence> = daily.from(dt("2026-03-28T00:00")).take(3).collect();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    assert_eq!(
        days.iter().map(|day| day.at).collect::<Vec<_>>(),
        [at("2026-03-28T08:00:00Z"), at("2026-03-29T07:00:00Z"), at("2026-03-30T07:00:00Z")]
    );
    assert!(days.iter().all(|day| day.local.time() == jiff::civil::time(9, 0, 0, 0)));
}

#[test]
fn a_skipped_time_moves_forward_and_keeps_its_name() {
    let daily = rule("FREQ=DAILY", "2026-03-01T02:30");
    let found = daily.at(dt("2026-03-29T02:30")).unwrap();
    assert_eq!(found.key(), "2026-03-29T02:30:00");
    assert_eq!(found.how, How::GapShifted { by: SignedDuration::from_hours(1) });
    assert_eq!(found.at.to_string(), "2026-03-29T01:30:00Z");
    // The day after it is back where it belongs.
    assert_eq!(daily.after(found.local).next().unwrap().at.to_string(), "2026-03-30T00:30:00Z");
}

#[test]
fn a_skipped_time_is_left_out_where_another_occurrence_lies() {
    let twice = rule("FREQ=DAILY;BYHOUR=2,3;BYMINUTE=30", "2026-03-01T02:30");
    let keys = keys(&twice, "2026-03-28T03:30", 4);
    assert_eq!(keys, ["2026-03-28T03:30:00", "2026-03-29T03:30:00", "2026-03-30T02:30:00", "2026-03-30T03:30:00"]);
    assert_eq!(twice.at(dt("2026-03-29T02:30")), None);
}

#[test]
fn a_time_that_happens_twice_means_the_first() {
    let daily = rule("FREQ=DAILY", "2026-10-01T02:30");
    let found = daily.at(dt("2026-10-25T02:30")).unwrap();
    assert_eq!((found.how, found.at.to_string().as_str()), (How::OverlapFirst, "2026-10-25T00:30:00Z"));
}

/// Wherever a walk begins, it finds what a walk from the start finds.
#[test]
fn a_walk_that_begins_in_the_middle_is_the_same_walk() {
    for text in [
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=DAILY;BYMONTH=1,6;BYDAY=MO,SU",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO",
        "FREQ=WEEKLY;BYDAY=MO,TU,SA;BYSETPOS=-1",
        "FREQ=MONTHLY;INTERVAL=5",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "FREQ=MONTHLY;INTERVAL=18;BYMONTHDAY=10,-1",
        "FREQ=YEARLY;INTERVAL=3;BYYEARDAY=1,100,-1",
        "FREQ=YEARLY;BYWEEKNO=1,53;BYDAY=MO,SU",
        "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
    ] {
        let rule = rule(text, "2026-01-31T09:00");
        let all: Vec<DateTime> = rule.from(DateTime::MIN).map(|found| found.local).take(400).collect();
        for (index, five) in all.windows(5).enumerate().step_by(7) {
            let again: Vec<DateTime> = rule.from(five[0]).map(|found| found.local).take(5).collect();
            assert_eq!(again, five, "{text}, number {index}");
        }
    }
}

#[test]
fn a_walk_a_century_after_the_start_begins_near_its_day() {
    let rule = Recurrence::parse("FREQ=DAILY", slot("1970-01-01T09:00", "UTC")).unwrap();
    let anchor = rule.anchor(date(2099, 5, 5)).unwrap();
    assert_eq!((anchor.year(), anchor.month(), anchor.day()), (2099, 5, 4));
    assert_eq!(keys(&rule, "2099-05-05T00:00", 1), ["2099-05-05T09:00:00"]);
    // And ends with the calendar.
    assert!(rule.from(dt("9999-12-20T00:00")).count() <= 12);
}
