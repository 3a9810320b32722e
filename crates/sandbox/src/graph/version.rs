//! Versions of the Graph API: which live, and which one answers.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A version, its numbers, and the day on which it ends (page "graph-api/changelog", read 2026-11-23).
const VERSIONS: [(&str, (u32, u32), Option<&str>); 6] = [
    ("v21.0", (21, 0), Some("2027-01-21")),
    ("v22.0", (22, 0), Some("2027-05-20")),
    ("v23.0", (23, 0), Some("2027-10-08")),
    ("v24.0", (24, 0), Some("2028-02-18")),
    ("v25.0", (25, 0), Some("2028-07-29")),
    ("v26.0", (26, 0), None),
];

/// The version that answers a path, and what stands below it. An ended one is answered by the
/// oldest that lives; one that never was, by none.
pub(crate) fn split(path: &str, now: Timestamp) -> Option<(&'static str, &str)> {
    let step = path.strip_prefix('/')?.split('/').next()?;
    let below = path.get(step.len() + 1..).filter(|rest| rest.starts_with('/'))?;
    let (major, minor) = step.strip_prefix('v')?.split_once('.')?;
    let asked = (major.parse().ok()?, minor.parse().ok()?);
    let living = || VERSIONS.iter().filter(|(_, _, end)| lives(*end, now));
    let same = living().find(|(_, numbers, _)| *numbers == asked);
    let oldest = living().next().filter(|(_, numbers, _)| asked < *numbers);
    same.or(oldest).map(|(name, ..)| (*name, below))
}

fn lives(end: Option<&str>, now: Timestamp) -> bool {
    let day = end.and_then(|end| end.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok());
    day.is_none_or(|day| now < day.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ended_version_is_answered_by_the_oldest_that_lives() {
        let at = |day: &str| format!("{day}T00:00:00Z").parse::<Timestamp>().expect("a time");
        let of = |path, day| split(path, at(day)).map(|(name, _)| name);
        assert_eq!(split("/v26.0/me/feed", at("2026-11-23")), Some(("v26.0", "/me/feed")));
        assert_eq!(of("/v22.0/me", "2026-11-23"), Some("v22.0"));
        assert_eq!(of("/v20.0/me", "2026-11-23"), Some("v21.0"));
        assert_eq!(of("/v2.12/me", "2027-05-20"), Some("v23.0"));
        for path in ["/v27.0/me", "/v24.7/me", "/me", "/v26.0", "/v26/me", "/26.0/me", "/"] {
            assert_eq!(of(path, "2026-11-23"), None, "{path}");
        }
    }
}
