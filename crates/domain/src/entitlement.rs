//! What a workspace may use, and how much of it is used.

use serde::{Deserialize, Serialize};

/// A thing that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meter {
    /// Connected channels.
    Channels,
    /// Members of the workspace.
    Members,
    /// Posts scheduled in one calendar month, UTC.
    PostsPerMonth,
    /// Bytes of stored media.
    StorageBytes,
    /// Bytes of one upload.
    UploadBytes,
    /// Calls of an AI model in one calendar month, UTC.
    AiCallsPerMonth,
}

impl Meter {
    /// Every meter.
    pub const ALL: [Meter; 6] = [
        Meter::Channels,
        Meter::Members,
        Meter::PostsPerMonth,
        Meter::StorageBytes,
        Meter::UploadBytes,
        Meter::AiCallsPerMonth,
    ];

    /// The name stored and shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Meter::Channels => "channels",
            Meter::Members => "members",
            Meter::PostsPerMonth => "posts_per_month",
            Meter::StorageBytes => "storage_bytes",
            Meter::UploadBytes => "upload_bytes",
            Meter::AiCallsPerMonth => "ai_calls_per_month",
        }
    }

    /// The period a count belongs to: the UTC month for monthly meters, else `all`.
    pub fn period(self, now: jiff::Timestamp) -> String {
        match self {
            Meter::PostsPerMonth | Meter::AiCallsPerMonth => {
                now.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m").to_string()
            }
            _ => "all".to_owned(),
        }
    }
}

/// The answer to "may this workspace use `wanted` more?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// Yes.
    Granted,
    /// No; these are the figures to show.
    Exceeded {
        /// The most that is allowed.
        limit: u64,
        /// What is in use without the new one.
        used: u64,
    },
}

/// Decides whether `wanted` more fit; no limit means unlimited.
pub fn allow(limit: Option<u64>, used: u64, wanted: u64) -> Allowance {
    match limit {
        Some(limit) if used.saturating_add(wanted) > limit => Allowance::Exceeded { limit, used },
        _ => Allowance::Granted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_still_fits_and_one_more_does_not() {
        assert_eq!(allow(Some(3), 2, 1), Allowance::Granted);
        assert_eq!(allow(Some(3), 3, 1), Allowance::Exceeded { limit: 3, used: 3 });
        assert_eq!(allow(None, u64::MAX, 1), Allowance::Granted);
        assert_eq!(allow(Some(u64::MAX), u64::MAX, 1), Allowance::Granted);
    }

    #[test]
    fn monthly_meters_start_again_with_the_month() {
        let at = |text: &str| text.parse::<jiff::Timestamp>().expect("an instant");
        assert_eq!(Meter::PostsPerMonth.period(at("2026-02-28T23:59:59Z")), "2026-02");
        assert_eq!(Meter::PostsPerMonth.period(at("2026-03-01T00:00:00Z")), "2026-03");
        assert_eq!(Meter::Channels.period(at("2026-03-01T00:00:00Z")), "all");
    }
}
