//! When a post is to go out, as a request says it.

use jiff::{SignedDuration, Timestamp};
use postrider_domain::schedule::{When, ZoneName, parse_local, parse_when};
use postrider_domain::{Code, Issue};

/// A time as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Timing {
    /// As soon as possible.
    Now,
    /// An instant: RFC 3339 with its offset.
    At(String),
    /// What the clock of a zone shows.
    Local {
        /// Such as `2026-03-01T09:00`.
        time: String,
        /// An IANA name; the workspace's zone when left out.
        zone: Option<String>,
    },
}

/// How far in the past a time may be: a request takes a moment to arrive.
pub const GRACE: SignedDuration = SignedDuration::from_secs(60);

impl Timing {
    /// The instant and the wall-clock time that are meant. `field` is the JSON
    /// pointer of the time in the request.
    ///
    /// # Errors
    /// An issue that names the field: no offset, in a gap, past, unknown zone, ….
    pub fn resolve(&self, field: &str, zone: ZoneName, now: Timestamp) -> Result<When, Issue> {
        let (found, field) = match self {
            Timing::Now => return When::at(now, zone).map_err(|error| error.issue(format!("{field}/now"))),
            Timing::At(text) => (parse_when(text, zone), format!("{field}/at")),
            Timing::Local { time, zone: named } => {
                let zone = named.as_deref().map_or(Ok(zone), |name| known(name, &format!("{field}/zone")))?;
                (parse_local(time, zone), format!("{field}/local"))
            }
        };
        let when = found.map_err(|error| error.issue(&field))?;
        if when.at < now.saturating_sub(GRACE).unwrap_or(Timestamp::MIN) {
            return Err(Issue::error(Code::TimePast, field).with("at", when.at).with("now", now));
        }
        Ok(when)
    }
}

fn known(name: &str, field: &str) -> Result<ZoneName, Issue> {
    ZoneName::new(name).map_err(|unknown| Issue::error(Code::ZoneUnknown, field).with("zone", unknown.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn berlin() -> ZoneName {
        ZoneName::new("Europe/Berlin").expect("a zone")
    }

    fn local(time: &str, zone: Option<&str>) -> Timing {
        Timing::Local { time: time.to_owned(), zone: zone.map(str::to_owned) }
    }

    fn refused(timing: &Timing) -> (Code, String) {
        let issue = timing.resolve("/when", berlin(), at("2026-03-01T00:00:00Z")).expect_err("is refused");
        (issue.code, issue.field)
    }

    #[test]
    fn the_workspaces_zone_is_meant_unless_another_is_named() {
        let now = at("2026-03-01T00:00:00Z");
        let own = local("2026-03-02T09:00", None).resolve("/when", berlin(), now).expect("a time");
        assert_eq!(own.at, at("2026-03-02T08:00:00Z"));
        let named = local("2026-03-02T09:00", Some("Asia/Tokyo")).resolve("/when", berlin(), now).expect("a time");
        assert_eq!(named.at, at("2026-03-02T00:00:00Z"));
        let instant = Timing::At("2026-03-02T09:00:00+02:00".to_owned()).resolve("/when", berlin(), now);
        let instant = instant.expect("a time");
        assert_eq!((instant.at, instant.slot.zone), (at("2026-03-02T07:00:00Z"), berlin()));
        let at_once = Timing::Now.resolve("/when", berlin(), now).expect("now");
        assert_eq!(at_once.at, now);
    }

    #[test]
    fn what_is_refused_names_the_field() {
        let at = |text: &str| Timing::At(text.to_owned());
        assert_eq!(refused(&at("2026-03-02T09:00:00")), (Code::TimeMissingOffset, "/when/at".into()));
        assert_eq!(refused(&at("tomorrow")), (Code::TimeInvalid, "/when/at".into()));
        assert_eq!(refused(&at("2026-02-28T23:58:59Z")), (Code::TimePast, "/when/at".into()));
        assert_eq!(refused(&local("2026-03-29T02:30", None)), (Code::TimeInGap, "/when/local".into()));
        assert_eq!(refused(&local("2026-02-01T02:30", None)), (Code::TimePast, "/when/local".into()));
        assert_eq!(refused(&local("2026-03-29T02:30", Some("Mars/Base"))), (Code::ZoneUnknown, "/when/zone".into()));
    }

    #[test]
    fn a_minute_late_is_still_on_time() {
        let now = at("2026-03-01T00:00:00Z");
        let just = Timing::At("2026-02-28T23:59:00Z".to_owned());
        assert!(just.resolve("/when", berlin(), now).is_ok());
    }
}
