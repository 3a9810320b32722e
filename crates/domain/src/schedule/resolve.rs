//! From wall-clock time and zone to an instant.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::parse::WhenError;
use super::zone::ZoneName;

/// A wall-clock time and the zone whose clock is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LocalSlot {
    /// What the clock shows.
    pub date_time: DateTime,
    /// Whose clock.
    pub zone: ZoneName,
}

/// What to do with a time that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GapRule {
    /// Say so, and offer the times beside it.
    Refuse,
    /// Move forward by the length of the gap.
    Shift,
}

/// Which instant a time that happens twice means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OverlapRule {
    /// The earlier.
    First,
    /// The later.
    Second,
}

/// How to treat times that are not exactly one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Policy {
    /// For times that do not exist.
    pub gap: GapRule,
    /// For times that happen twice.
    pub overlap: OverlapRule,
}

impl Policy {
    /// For a time that a person or a program gave.
    pub const ENTERED: Policy = Policy { gap: GapRule::Refuse, overlap: OverlapRule::First };
    /// For an occurrence that a recurrence produced.
    pub const RECURRING: Policy = Policy { gap: GapRule::Shift, overlap: OverlapRule::First };

    /// For resolving again what was resolved before: nothing is refused any
    /// more, and who had picked the second of two instants keeps it.
    pub const fn again(how: How) -> Policy {
        match how {
            How::OverlapSecond => Policy { gap: GapRule::Shift, overlap: OverlapRule::Second },
            How::Exact | How::GapShifted { .. } | How::OverlapFirst => Policy::RECURRING,
        }
    }
}

/// How a wall-clock time became an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum How {
    /// It is one instant.
    Exact,
    /// It does not exist; the instant shows a time later by this much.
    GapShifted {
        /// The length of the gap.
        by: SignedDuration,
    },
    /// It happens twice; the first was taken.
    OverlapFirst,
    /// It happens twice; the second was asked for.
    OverlapSecond,
}

/// An instant, and how it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Resolved {
    /// The instant.
    pub at: Timestamp,
    /// How it was found.
    pub how: How,
}

impl LocalSlot {
    /// What the clock of a zone shows at an instant.
    pub fn at(at: Timestamp, zone: ZoneName) -> Self {
        Self { date_time: zone.time_zone().to_datetime(at), zone }
    }

    /// The instant it means.
    ///
    /// # Errors
    /// See [`resolve`].
    pub fn resolve(&self, policy: Policy) -> Result<Resolved, WhenError> {
        resolve(self.date_time, self.zone, policy)
    }

    /// The stable text of [`occurrence_key`].
    pub fn occurrence_key(&self) -> String {
        occurrence_key(self.date_time)
    }
}

/// The instant that a wall-clock time means in a zone.
///
/// # Errors
/// [`WhenError::InGap`] if there is no such time and the policy refuses those;
/// [`WhenError::OutOfRange`] before 1970 and after 9999.
pub fn resolve(local: DateTime, zone: ZoneName, policy: Policy) -> Result<Resolved, WhenError> {
    let zone = zone.time_zone();
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => resolved(local, offset, How::Exact),
        AmbiguousOffset::Fold { before, after } => match policy.overlap {
            OverlapRule::First => resolved(local, before, How::OverlapFirst),
            OverlapRule::Second => resolved(local, after, How::OverlapSecond),
        },
        AmbiguousOffset::Gap { before, after } => match policy.gap {
            GapRule::Refuse => Err(in_gap(&zone, local, before, after)),
            GapRule::Shift => {
                let by = SignedDuration::from_secs(i64::from(after.seconds() - before.seconds()));
                // Counting with the offset from before the gap lands after it, later by its length.
                resolved(local, before, How::GapShifted { by })
            }
        },
    }
}

fn resolved(local: DateTime, offset: Offset, how: How) -> Result<Resolved, WhenError> {
    Ok(Resolved { at: instant(local, offset)?, how })
}

/// The instant at which a clock with this offset shows this time.
pub(super) fn instant(local: DateTime, offset: Offset) -> Result<Timestamp, WhenError> {
    let at = offset.to_timestamp(local).map_err(|_| WhenError::OutOfRange)?;
    if at < Timestamp::UNIX_EPOCH { Err(WhenError::OutOfRange) } else { Ok(at) }
}

/// Names the gap that a time fell into.
fn in_gap(zone: &TimeZone, local: DateTime, before: Offset, after: Offset) -> WhenError {
    let Ok(inside) = instant(local, before) else { return WhenError::OutOfRange };
    let just_after = inside.checked_add(1.nanosecond()).unwrap_or(inside);
    let Some(transition) = zone.preceding(just_after).next() else { return WhenError::OutOfRange };
    let start = before.to_datetime(transition.timestamp());
    WhenError::InGap {
        before: start.checked_sub(1.minute()).unwrap_or(start),
        after: after.to_datetime(transition.timestamp()),
    }
}

/// The name of an occurrence: its original local date-time, `2026-03-29T09:00:00`,
/// with six more digits if it has a fraction.
///
/// Stays the same whatever the zone database later says, so that one occurrence
/// can never become two deliveries.
pub fn occurrence_key(local: DateTime) -> String {
    let whole = local.strftime("%Y-%m-%dT%H:%M:%S");
    match local.subsec_nanosecond() / 1_000 {
        0 => whole.to_string(),
        micros => format!("{whole}.{micros:06}"),
    }
}

/// What a changed zone database did to one schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Change {
    /// The instant is as before.
    Same,
    /// The same wall-clock time is now another instant.
    Moved {
        /// The instant as it was stored.
        from: Timestamp,
        /// The instant by the new rules.
        to: Timestamp,
        /// How much later it is; negative when earlier.
        by: SignedDuration,
    },
}

/// Compares what a schedule resolved to with what it resolves to now.
///
/// `fresh` comes from [`resolve`] with [`Policy::again`] of the stored way.
pub fn re_resolve(stored: &Resolved, fresh: &Resolved) -> Change {
    if stored.at == fresh.at {
        return Change::Same;
    }
    Change::Moved { from: stored.at, to: fresh.at, by: fresh.at.duration_since(stored.at) }
}
