//! Times that repeat: the rule of RFC 5545 (`RRULE`), on a wall clock.
//!
//! A rule is expanded in floating local time and each occurrence is then resolved
//! in its zone, so that "every day at nine" is at nine in summer and in winter.
//! An occurrence keeps its local time as its name ([`occurrence_key`]), also when
//! clocks skip it and it goes out later.
//!
//! Decisions, kept by tests:
//!
//! - `DTSTART` is where the rule starts, not an occurrence by itself: a rule for
//!   Thursdays that starts on a Monday has its first occurrence on the Thursday.
//! - `UNTIL` is a local time and is included. With a `Z` it is an instant; a mere
//!   date includes the whole day.
//! - What a rule leaves open comes from its start: `BYWEEKNO` alone means the
//!   weekday of the start, `YEARLY` with `BYMONTHDAY` alone its month.
//! - Nothing repeats more than [`MOST_A_DAY`] times a day, so `HOURLY` and
//!   smaller steps are refused. `RSCALE` is not supported, nor `BYWEEKNO` every
//!   few years: whose years are meant, the calendar's or the weeks', is not agreed on.
//! - A time that clocks skip moves forward by the gap. Where another occurrence
//!   of the same rule lies there already, only that one counts.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate, Timelike as _, Weekday as ChronoWeekday};
use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, ToSpan};
use rrule::{Frequency, NWeekday, RRule, RRuleSet, RRuleSetIter, Tz, Unvalidated};

use super::resolve::{How, LocalSlot, Policy, Resolved, occurrence_key};
use crate::code::Code;
use crate::issue::Issue;

/// The most occurrences of one day.
pub const MOST_A_DAY: usize = 24;

/// The most occurrences that `COUNT` may ask for.
pub const MOST_COUNTED: u32 = 10_000;

/// The longest rule, in bytes.
const LONGEST: usize = 500;

/// The parts of a rule in RFC 5545.
const PARTS: [&str; 14] = [
    "FREQ",
    "UNTIL",
    "COUNT",
    "INTERVAL",
    "BYSECOND",
    "BYMINUTE",
    "BYHOUR",
    "BYDAY",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYMONTH",
    "BYSETPOS",
    "WKST",
];

/// Why a rule was refused. Names no field: [`RuleError::issue`] is told it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Not a rule of RFC 5545, or one that contradicts itself.
    #[error("not a rule: {0}")]
    Invalid(String),
    /// More than [`MOST_A_DAY`] occurrences a day.
    #[error("more than {MOST_A_DAY} times a day")]
    TooOften,
    /// It has no occurrence at all.
    #[error("the rule never occurs")]
    Never,
}

impl RuleError {
    /// The stable code.
    pub const fn code(&self) -> Code {
        match self {
            Self::Invalid(_) => Code::RuleInvalid,
            Self::TooOften => Code::RuleTooOften,
            Self::Never => Code::RuleNever,
        }
    }

    /// The issue at a field, with `reason` or `limit` for its message.
    pub fn issue(&self, field: impl Into<String>) -> Issue {
        let issue = Issue::error(self.code(), field);
        match self {
            Self::Invalid(reason) => issue.with("reason", reason),
            Self::TooOften => issue.with("limit", MOST_A_DAY),
            Self::Never => issue,
        }
    }
}

/// Where a rule ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Never,
    Count(u32),
    /// Included.
    Until(DateTime),
}

/// A rule with its start.
#[derive(Debug, Clone)]
pub struct Recurrence {
    text: String,
    /// With everything that `DTSTART` says by itself written out, and without end.
    rule: RRule,
    start: LocalSlot,
    end: End,
}

/// One time of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// What the clock shows, and what it is called by.
    pub local: DateTime,
    /// When that is.
    pub at: Timestamp,
    /// How the two belong together.
    pub how: How,
}

impl Occurrence {
    /// The stable text of [`occurrence_key`].
    pub fn key(&self) -> String {
        occurrence_key(self.local)
    }
}

impl Recurrence {
    /// Reads a rule such as `FREQ=WEEKLY;BYDAY=MO,TH;COUNT=10`, in any case and
    /// with or without `RRULE:` before it, that starts at a local time.
    ///
    /// # Errors
    /// Any [`RuleError`].
    pub fn parse(text: &str, start: LocalSlot) -> Result<Self, RuleError> {
        let parts = parts(text)?;
        let whole = start.date_time.with().subsec_nanosecond(0).build().unwrap_or(start.date_time);
        let start = LocalSlot { date_time: whole, ..start };
        let end = end(&parts, start)?;
        let rule = repeating(&parts, start.date_time)?;
        let text = parts.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(";");
        let recurrence = Self { text, rule, start, end };
        match recurrence.locals(start.date_time).next() {
            Some(_) => Ok(recurrence),
            None => Err(RuleError::Never),
        }
    }

    /// The rule as it is kept: in capitals, without a name before it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where it starts.
    pub fn start(&self) -> LocalSlot {
        self.start
    }

    /// Occurrences from a local time on, that one included. It ends with the rule,
    /// at the latest with the year 9999; before the start there are none.
    ///
    /// Starts near `from` unless the rule counts, and then walks at most
    /// [`MOST_COUNTED`].
    pub fn from(&self, from: DateTime) -> impl Iterator<Item = Occurrence> + '_ {
        self.locals(from).map_while(|local| self.resolved(local).ok()).filter(|found| !self.is_doubled(found))
    }

    /// Occurrences after a local time.
    pub fn after(&self, after: DateTime) -> impl Iterator<Item = Occurrence> + '_ {
        self.from(after).filter(move |found| found.local > after)
    }

    /// The occurrence at exactly this local time.
    pub fn at(&self, local: DateTime) -> Option<Occurrence> {
        self.from(local).next().filter(|found| found.local == local)
    }

    fn resolved(&self, local: DateTime) -> Result<Occurrence, super::WhenError> {
        let slot = LocalSlot { date_time: local, zone: self.start.zone };
        let Resolved { at, how } = slot.resolve(Policy::RECURRING)?;
        Ok(Occurrence { local, at, how })
    }

    /// Whether clocks skip it and another occurrence lies where it would move to.
    fn is_doubled(&self, found: &Occurrence) -> bool {
        let How::GapShifted { .. } = found.how else { return false };
        let shown = LocalSlot::at(found.at, self.start.zone).date_time;
        self.locals(shown).next() == Some(shown)
    }

    fn locals(&self, from: DateTime) -> Locals {
        let from = from.max(self.start.date_time);
        // Whoever counts must begin at the beginning.
        let (anchor, left) = match self.end {
            End::Count(count) => (self.anchor(self.start.date_time.date()), Some(count)),
            End::Never | End::Until(_) => (self.anchor(from.date()), None),
        };
        let until = if let End::Until(until) = self.end { until } else { DateTime::MAX };
        let set = anchor.map(|anchor| RRuleSet::new(anchor).rrule(self.rule.clone()).limit());
        Locals { inner: set.map(|set| (&set).into_iter()), start: self.start.date_time, from, until, left }
    }

    /// The beginning of a period of the rule (a year, month, week or day) shortly
    /// before a day, in step with the start. Periods are expanded whole, so that
    /// `BYSETPOS` means the same wherever the walk begins.
    fn anchor(&self, from: Date) -> Option<chrono::DateTime<Tz>> {
        let start = self.start.date_time.date();
        let interval = i64::from(self.rule.get_interval());
        // One period early: dates near the edge of a year belong to weeks of the other.
        let steps = |distance: i64| (distance / interval - 1).max(0) * interval;
        let months = i64::from(from.year() - start.year()) * 12 + i64::from(from.month() - start.month());
        let days = start.until(from).map_or(0, |span| i64::from(span.get_days()));
        let anchor = match self.rule.get_freq() {
            Frequency::Yearly => start.first_of_year().checked_add(steps(months / 12).years()),
            Frequency::Monthly => start.first_of_month().checked_add(steps(months).months()),
            Frequency::Weekly => week_start(start, self.rule.get_week_start()).checked_add(steps(days / 7).weeks()),
            _ => start.checked_add(steps(days).days()),
        };
        floating(anchor.ok()?.to_datetime(Time::midnight()))
    }
}

/// The occurrences of a rule in local time.
struct Locals {
    /// `None` where the calendar of the crate below ends.
    inner: Option<RRuleSetIter>,
    start: DateTime,
    from: DateTime,
    until: DateTime,
    left: Option<u32>,
}

impl Iterator for Locals {
    type Item = DateTime;

    fn next(&mut self) -> Option<DateTime> {
        loop {
            let local = local(&self.inner.as_mut()?.next()?)?;
            if local < self.start {
                continue;
            }
            if local > self.until || self.left == Some(0) {
                self.inner = None;
                return None;
            }
            self.left = self.left.map(|left| left - 1);
            if local >= self.from {
                return Some(local);
            }
        }
    }
}

/// Names and values in capitals, each once and known.
fn parts(text: &str) -> Result<BTreeMap<&'static str, String>, RuleError> {
    let invalid = |reason: String| Err(RuleError::Invalid(reason));
    if text.len() > LONGEST {
        return invalid(format!("it is longer than {LONGEST} bytes"));
    }
    let text = text.trim().to_ascii_uppercase();
    let text = text.strip_prefix("RRULE:").unwrap_or(&text);
    let mut parts = BTreeMap::new();
    for part in text.split(';').filter(|part| !part.is_empty()) {
        let Some((name, value)) = part.split_once('=') else { return invalid(format!("{part} is not NAME=VALUE")) };
        let Some(known) = PARTS.into_iter().find(|known| *known == name) else {
            return invalid(format!("{name} is not known here"));
        };
        if value.is_empty() || parts.insert(known, value.to_owned()).is_some() {
            return invalid(format!("{name} is empty or comes twice"));
        }
    }
    if !parts.contains_key("FREQ") {
        return invalid("FREQ is missing".to_owned());
    }
    Ok(parts)
}

fn end(parts: &BTreeMap<&'static str, String>, start: LocalSlot) -> Result<End, RuleError> {
    match (parts.get("COUNT"), parts.get("UNTIL")) {
        (None, None) => Ok(End::Never),
        (Some(count), None) => match count.parse() {
            Ok(count @ 1..=MOST_COUNTED) => Ok(End::Count(count)),
            _ => Err(RuleError::Invalid(format!("COUNT goes from 1 to {MOST_COUNTED}"))),
        },
        (None, Some(until)) => match read_until(until, start) {
            Some(until) => Ok(End::Until(until)),
            None => Err(RuleError::Invalid(format!("UNTIL={until} is not a date or time such as 20261231T090000"))),
        },
        (Some(_), Some(_)) => Err(RuleError::Invalid("it has COUNT or UNTIL, not both".to_owned())),
    }
}

fn read_until(text: &str, start: LocalSlot) -> Option<DateTime> {
    if let Ok(day) = Date::strptime("%Y%m%d", text) {
        return Some(day.to_datetime(Time::MAX));
    }
    let local = DateTime::strptime("%Y%m%dT%H%M%S", text.trim_end_matches('Z')).ok()?;
    if !text.ends_with('Z') {
        return Some(local);
    }
    let at = jiff::tz::Offset::UTC.to_timestamp(local).ok()?;
    Some(LocalSlot::at(at, start.zone).date_time)
}

/// The rule without its end, checked against the standard and our limits.
fn repeating(parts: &BTreeMap<&'static str, String>, start: DateTime) -> Result<RRule, RuleError> {
    if matches!(parts["FREQ"].as_str(), "SECONDLY" | "MINUTELY" | "HOURLY") {
        return Err(RuleError::TooOften);
    }
    let mut kept = parts.clone();
    kept.retain(|name, _| !matches!(*name, "COUNT" | "UNTIL"));
    complete(&mut kept, start);
    let text = kept.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(";");
    let invalid = |error: rrule::RRuleError| RuleError::Invalid(error.to_string());
    let start = floating(start).ok_or_else(|| RuleError::Invalid("its start is out of range".to_owned()))?;
    let rule = text.parse::<RRule<Unvalidated>>().map_err(invalid)?.validate(start).map_err(invalid)?;
    if rule.get_interval() == 0 {
        return Err(RuleError::Invalid("INTERVAL is at least 1".to_owned()));
    }
    if rule.get_interval() > 1 && !rule.get_by_week_no().is_empty() {
        return Err(RuleError::Invalid("BYWEEKNO takes no INTERVAL".to_owned()));
    }
    check_ordinals(&rule)?;
    if rule.get_by_hour().len() * rule.get_by_minute().len() * rule.get_by_second().len() > MOST_A_DAY {
        return Err(RuleError::TooOften);
    }
    Ok(rule)
}

/// Takes from the start what the crate below would not: it takes every day of a
/// week and every month of a year.
fn complete(parts: &mut BTreeMap<&'static str, String>, start: DateTime) {
    let has =
        |parts: &BTreeMap<&'static str, String>, names: &[&str]| names.iter().any(|name| parts.contains_key(name));
    if has(parts, &["BYWEEKNO"]) && !has(parts, &["BYDAY", "BYMONTHDAY", "BYYEARDAY"]) {
        let day = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
            [usize::from(start.weekday().to_monday_zero_offset().unsigned_abs())];
        parts.insert("BYDAY", day.to_owned());
    }
    let yearly = parts.get("FREQ").is_some_and(|often| often == "YEARLY");
    let narrowed = has(parts, &["BYMONTH", "BYWEEKNO", "BYDAY", "BYYEARDAY"]);
    if yearly && has(parts, &["BYMONTHDAY"]) && !narrowed {
        parts.insert("BYMONTH", start.month().to_string());
    }
}

/// The fifth Monday of a week does not exist (RFC 5545, 3.3.10, BYDAY).
fn check_ordinals(rule: &RRule) -> Result<(), RuleError> {
    let counted = rule.get_by_weekday().iter().any(|day| matches!(day, NWeekday::Nth(..)));
    let countable = match rule.get_freq() {
        Frequency::Monthly => true,
        Frequency::Yearly => rule.get_by_week_no().is_empty(),
        _ => false,
    };
    if counted && !countable {
        let reason = "BYDAY takes numbers only with FREQ=MONTHLY and, without BYWEEKNO, FREQ=YEARLY";
        return Err(RuleError::Invalid(reason.to_owned()));
    }
    Ok(())
}

fn week_start(day: Date, first: ChronoWeekday) -> Date {
    let into = i64::from(day.weekday().to_monday_zero_offset()) - i64::from(first.num_days_from_monday());
    day.checked_sub(into.rem_euclid(7).days()).unwrap_or(day)
}

/// A local time as the crate below takes it: the zone is ours to apply.
fn floating(local: DateTime) -> Option<chrono::DateTime<Tz>> {
    let (month, day) = (local.month().unsigned_abs(), local.day().unsigned_abs());
    let date = NaiveDate::from_ymd_opt(local.year().into(), month.into(), day.into())?;
    let (hour, minute) = (local.hour().unsigned_abs(), local.minute().unsigned_abs());
    let time = date.and_hms_opt(hour.into(), minute.into(), local.second().unsigned_abs().into())?;
    time.and_local_timezone(Tz::UTC).single()
}

/// The way back; `None` after the year 9999.
fn local(floating: &chrono::DateTime<Tz>) -> Option<DateTime> {
    let small = |value: u32| i8::try_from(value).ok();
    let date =
        Date::new(i16::try_from(floating.year()).ok()?, small(floating.month())?, small(floating.day())?).ok()?;
    let time = Time::new(small(floating.hour())?, small(floating.minute())?, small(floating.second())?, 0).ok()?;
    Some(date.to_datetime(time))
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
