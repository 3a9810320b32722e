//! What a request says about a series.

use jiff::Timestamp;
use postrider_domain::content::{ChannelContent, Content, PartContent};
use postrider_domain::id::LabelId;
use postrider_domain::schedule::{LocalSlot, Recurrence, RuleError, ZoneName, parse_wall};
use postrider_domain::{Code, Issue, Issues};

/// Where in a request the rule stands.
const RULE: &str = "/repeat/rule";

/// Where a rule starts, as it was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    /// Such as `2026-03-01T09:00`. It may lie in the past, and in a gap of the clocks.
    pub local: String,
    /// An IANA name; the workspace's zone when left out.
    pub zone: Option<String>,
}

/// A series to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewSeries {
    /// What its posts say, and where.
    pub content: Content,
    /// Their labels.
    pub labels: Vec<LabelId>,
    /// Where the rule starts.
    pub start: Start,
    /// When they go out: RFC 5545.
    pub rule: String,
    /// How late they may go out without asking, in seconds; `None` takes the workspace's.
    pub missed_window_s: Option<u64>,
}

/// A change: what is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edit {
    /// Shared parts.
    pub parts: Option<Vec<PartContent>>,
    /// Channels with their own parts and settings.
    pub channels: Option<Vec<ChannelContent>>,
    /// Labels.
    pub labels: Option<Vec<LabelId>>,
    /// Where the rule starts.
    pub start: Option<Start>,
    /// When its posts go out.
    pub rule: Option<String>,
    /// How late they may go out without asking, in seconds; `Some(None)` takes the workspace's.
    pub missed_window_s: Option<Option<u64>>,
}

impl Start {
    fn slot(&self, zone: ZoneName) -> Result<LocalSlot, Issue> {
        let named = self.zone.as_deref().map_or(Ok(zone), ZoneName::new);
        let zone = named.map_err(|unknown| Issue::error(Code::ZoneUnknown, "/when/zone").with("zone", unknown.name))?;
        parse_wall(&self.local, zone).map_err(|error| error.issue("/when/local"))
    }
}

/// A rule that has a time to come. `zone` is meant where the start names none.
pub(super) fn rule(text: &str, start: &Start, zone: ZoneName, now: Timestamp) -> Result<Recurrence, Issues> {
    let mut issues = Issues::default();
    let slot = start.slot(zone).unwrap_or_else(|issue| {
        issues.push(issue);
        LocalSlot::at(now, zone)
    });
    match upcoming(text, slot, now) {
        Ok(rule) => issues.into_result().map(|()| rule),
        Err(error) => {
            issues.push(error.issue(RULE));
            Err(issues)
        }
    }
}

fn upcoming(text: &str, start: LocalSlot, now: Timestamp) -> Result<Recurrence, RuleError> {
    let rule = Recurrence::parse(text, start)?;
    let shown = LocalSlot::at(now, start.zone).date_time;
    let next = rule.from(shown).find(|found| found.at > now);
    next.map(|_| rule.clone()).ok_or(RuleError::Never)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, local: &str, zone: Option<&str>) -> Result<Recurrence, Vec<(Code, String)>> {
        let start = Start { local: local.to_owned(), zone: zone.map(str::to_owned) };
        let berlin = ZoneName::new("Europe/Berlin").expect("a zone");
        let now = "2026-03-01T12:00:00Z".parse().expect("an instant");
        let pairs = |issues: Issues| issues.0.into_iter().map(|issue| (issue.code, issue.field)).collect();
        rule(text, &start, berlin, now).map_err(pairs)
    }

    #[test]
    fn the_workspaces_zone_is_meant_unless_another_is_named() {
        assert_eq!(
            read("FREQ=DAILY", "2026-03-02T09:00", None).expect("a rule").start().zone.as_str(),
            "Europe/Berlin"
        );
        let tokyo = read("FREQ=DAILY", "2026-03-02T09:00", Some("Asia/Tokyo")).expect("a rule");
        assert_eq!(tokyo.start().zone.as_str(), "Asia/Tokyo");
    }

    #[test]
    fn what_is_wrong_with_start_and_rule_is_named_together() {
        let both = read("FREQ=HOURLY", "tomorrow", None).expect_err("is refused");
        assert_eq!(both, [(Code::TimeInvalid, "/when/local".into()), (Code::RuleTooOften, RULE.into())]);
        let zone = read("FREQ=DAILY", "2026-03-02T09:00", Some("Mars/Base")).expect_err("is refused");
        assert_eq!(zone, [(Code::ZoneUnknown, "/when/zone".into())]);
        let over = read("FREQ=DAILY;UNTIL=20260228", "2026-02-01T09:00", None).expect_err("is refused");
        assert_eq!(over, [(Code::RuleNever, RULE.into())]);
        let offset = read("FREQ=DAILY", "2026-03-02T09:00+01:00", None).expect_err("is refused");
        assert_eq!(offset, [(Code::TimeInvalid, "/when/local".into())]);
    }

    #[test]
    fn a_start_in_the_past_or_in_a_gap_is_fine() {
        assert!(read("FREQ=DAILY", "2020-01-01T09:00", None).is_ok());
        assert!(read("FREQ=DAILY", "2026-03-29T02:30", None).is_ok());
    }
}
