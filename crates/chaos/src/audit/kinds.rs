//! The rows of the table of faults.

use crate::record::FaultKind;

/// Every kind, in the order of the table.
pub const ALL: [FaultKind; 22] = [
    FaultKind::KillAtPoint,
    FaultKind::KillAtRandom,
    FaultKind::Stop,
    FaultKind::DropBefore,
    FaultKind::DropDuring,
    FaultKind::DropAfter,
    FaultKind::ErrorBefore,
    FaultKind::ErrorAfter,
    FaultKind::LimitBefore,
    FaultKind::LimitAfter,
    FaultKind::Slow,
    FaultKind::Truncated,
    FaultKind::Lag,
    FaultKind::KeysForgotten,
    FaultKind::Revoked,
    FaultKind::Rotated,
    FaultKind::Database,
    FaultKind::DiskFull,
    FaultKind::ClockStep,
    FaultKind::ClockSkew,
    FaultKind::Restart,
    FaultKind::Restore,
];

/// How the table calls a kind.
pub const fn name(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::KillAtPoint => "kill -9 at a commit point",
        FaultKind::KillAtRandom => "kill -9 at random",
        FaultKind::Stop => "stopped past its lease",
        FaultKind::DropBefore => "dropped before the request",
        FaultKind::DropDuring => "dropped during the request",
        FaultKind::DropAfter => "dropped before the answer",
        FaultKind::ErrorBefore => "5xx, not accepted",
        FaultKind::ErrorAfter => "5xx, accepted",
        FaultKind::LimitBefore => "429, not accepted",
        FaultKind::LimitAfter => "429, accepted",
        FaultKind::Slow => "slow answer",
        FaultKind::Truncated => "truncated answer",
        FaultKind::Lag => "listing lags",
        FaultKind::KeysForgotten => "keys forgotten",
        FaultKind::Revoked => "token revoked",
        FaultKind::Rotated => "token rotated",
        FaultKind::Database => "database restarted",
        FaultKind::DiskFull => "disk full",
        FaultKind::ClockStep => "clock stepped",
        FaultKind::ClockSkew => "clocks skewed",
        FaultKind::Restart => "rolling restart",
        FaultKind::Restore => "old backup restored",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_one_row_and_a_name_of_its_own() {
        assert_eq!(ALL.iter().collect::<BTreeSet<_>>().len(), ALL.len());
        assert_eq!(ALL.map(name).iter().collect::<BTreeSet<_>>().len(), ALL.len());
        assert_eq!(*ALL.last().expect("a table has rows") as usize + 1, ALL.len());
    }
}
