//! Reading times that people and programs write.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::temporal::{Pieces, PiecesOffset, TimeZoneAnnotationKind};
use jiff::tz::{AmbiguousOffset, Offset};
use serde::{Deserialize, Serialize};

use super::resolve::{How, LocalSlot, OverlapRule, Policy, Resolved, instant, resolve};
use super::zone::{UnknownZone, ZoneName};
use crate::code::Code;
use crate::issue::Issue;

/// A time that was given: the instant, and what the clock shows then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// The instant.
    pub at: Timestamp,
    /// What the clock of the zone shows.
    pub slot: LocalSlot,
    /// How the two belong together.
    pub how: How,
}

/// Why a time was refused. Names no field: [`WhenError::issue`] is told it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhenError {
    /// Not a date and time in the form of RFC 3339 or RFC 9557.
    #[error("not a date and time")]
    NotATime,
    /// Neither offset nor zone: it could be any of forty instants.
    #[error("the time has no offset; add one, or send the zone")]
    OffsetMissing,
    /// The zone's clocks skip this time.
    #[error("there is no such time; the clocks go from {before} to {after}")]
    InGap {
        /// The last whole minute before the gap.
        before: DateTime,
        /// The first moment after it.
        after: DateTime,
    },
    /// The zone does not have this offset at this time.
    #[error("the offset {given} is not the zone's, which is {expected}")]
    OffsetDisagrees {
        /// The offset that was written.
        given: Offset,
        /// The zone's own; the first of two when clocks go back.
        expected: Offset,
    },
    /// Before 1970 or after 9999.
    #[error("the time is out of range")]
    OutOfRange,
    /// The zone written behind the time is unknown.
    #[error(transparent)]
    UnknownZone(#[from] UnknownZone),
}

impl WhenError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::NotATime => Code::TimeInvalid,
            Self::OffsetMissing => Code::TimeMissingOffset,
            Self::InGap { .. } => Code::TimeInGap,
            Self::OffsetDisagrees { .. } => Code::TimeOffsetDisagrees,
            Self::OutOfRange => Code::TimeOutOfRange,
            Self::UnknownZone(_) => Code::ZoneUnknown,
        }
    }

    /// The issue at a field, with `before` and `after`, `given` and `expected`,
    /// or `zone` for its message.
    pub fn issue(&self, field: impl Into<String>) -> Issue {
        let issue = Issue::error(self.code(), field);
        match self {
            Self::InGap { before, after } => issue.with("before", before).with("after", after),
            Self::OffsetDisagrees { given, expected } => issue.with("given", given).with("expected", expected),
            Self::UnknownZone(unknown) => issue.with("zone", &unknown.name),
            Self::NotATime | Self::OffsetMissing | Self::OutOfRange => issue,
        }
    }
}

impl When {
    /// An instant, seen on the clock of a zone.
    ///
    /// # Errors
    /// [`WhenError::OutOfRange`] before 1970.
    pub fn at(at: Timestamp, zone: ZoneName) -> Result<Self, WhenError> {
        if at < Timestamp::UNIX_EPOCH {
            return Err(WhenError::OutOfRange);
        }
        let slot = LocalSlot::at(at, zone);
        let rules = zone.time_zone();
        let how = match rules.to_ambiguous_timestamp(slot.date_time).offset() {
            AmbiguousOffset::Fold { before, .. } if rules.to_offset(at) == before => How::OverlapFirst,
            AmbiguousOffset::Fold { .. } => How::OverlapSecond,
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Gap { .. } => How::Exact,
        };
        Ok(Self { at, slot, how })
    }

    /// The instant and how it was found, without the wall-clock time.
    pub fn resolved(&self) -> Resolved {
        Resolved { at: self.at, how: self.how }
    }

    /// A wall-clock time, with an offset if one was written.
    fn local(date_time: DateTime, zone: ZoneName, offset: Option<Offset>) -> Result<Self, WhenError> {
        let slot = LocalSlot { date_time, zone };
        let overlap = match offset {
            Some(given) => overlap_by_offset(&slot, given)?,
            None => OverlapRule::First,
        };
        let Resolved { at, how } = resolve(date_time, zone, Policy { overlap, ..Policy::ENTERED })?;
        Ok(Self { at, slot, how })
    }
}

/// Which of two instants an offset picks, if it is one the zone has.
fn overlap_by_offset(slot: &LocalSlot, given: Offset) -> Result<OverlapRule, WhenError> {
    match slot.zone.time_zone().to_ambiguous_timestamp(slot.date_time).offset() {
        AmbiguousOffset::Fold { after, .. } if given == after => Ok(OverlapRule::Second),
        AmbiguousOffset::Fold { before: expected, .. } | AmbiguousOffset::Unambiguous { offset: expected }
            if given != expected =>
        {
            Err(WhenError::OffsetDisagrees { given, expected })
        }
        // A time in a gap has no right offset; it is refused for the gap.
        _ => Ok(OverlapRule::First),
    }
}

/// Reads a time that says which instant it is: RFC 3339 with an offset or `Z`,
/// or RFC 9557 with a zone behind it. `zone` is whose clock shows it, unless a
/// zone was written.
///
/// `2026-03-01T09:00:00[Europe/Berlin]` is accepted, though RFC 9557 wants an
/// offset before the bracket: it is as clear.
///
/// # Errors
/// [`WhenError::OffsetMissing`] for a time without offset or zone; any other
/// [`WhenError`] for what it says.
pub fn parse_when(input: &str, zone: ZoneName) -> Result<When, WhenError> {
    let written = Written::parse(input)?;
    let shown_in = written.zone.unwrap_or(zone);
    match (written.offset, written.zone) {
        (WrittenOffset::Utc, _) => When::at(instant(written.date_time, Offset::UTC)?, shown_in),
        (WrittenOffset::Of(offset), None) => When::at(instant(written.date_time, offset)?, shown_in),
        (WrittenOffset::Of(offset), Some(zone)) => When::local(written.date_time, zone, Some(offset)),
        (WrittenOffset::None, Some(zone)) => When::local(written.date_time, zone, None),
        (WrittenOffset::None, None) => Err(WhenError::OffsetMissing),
    }
}

/// Reads what the clock of `zone` shows, `2026-03-01T09:00`. An offset may be
/// written and must then be the zone's; it picks one of two instants when clocks
/// go back. A zone written behind the time comes before `zone`.
///
/// # Errors
/// Any [`WhenError`] but [`WhenError::OffsetMissing`].
pub fn parse_local(input: &str, zone: ZoneName) -> Result<When, WhenError> {
    let written = Written::parse(input)?;
    let offset = match written.offset {
        WrittenOffset::None => None,
        WrittenOffset::Utc => Some(Offset::UTC),
        WrittenOffset::Of(offset) => Some(offset),
    };
    When::local(written.date_time, written.zone.unwrap_or(zone), offset)
}

/// Reads what the clock of `zone` shows without asking which instant that is, for
/// the start of a recurrence: it may lie in a gap of the clocks. A zone written
/// behind the time comes before `zone`.
///
/// # Errors
/// [`WhenError::NotATime`], also for a time with an offset, and
/// [`WhenError::UnknownZone`].
pub fn parse_wall(input: &str, zone: ZoneName) -> Result<LocalSlot, WhenError> {
    let written = Written::parse(input)?;
    match written.offset {
        WrittenOffset::None => Ok(LocalSlot { date_time: written.date_time, zone: written.zone.unwrap_or(zone) }),
        WrittenOffset::Utc | WrittenOffset::Of(_) => Err(WhenError::NotATime),
    }
}

enum WrittenOffset {
    None,
    /// `Z`, or `-00:00`: the instant is known, the local offset is not (RFC 9557, 2.2).
    Utc,
    Of(Offset),
}

struct Written {
    date_time: DateTime,
    offset: WrittenOffset,
    zone: Option<ZoneName>,
}

impl Written {
    fn parse(input: &str) -> Result<Self, WhenError> {
        let pieces = Pieces::parse(input).map_err(|_| WhenError::NotATime)?;
        let time = pieces.time().ok_or(WhenError::NotATime)?;
        let micros = time.subsec_nanosecond() / 1_000 * 1_000;
        let time = time.with().subsec_nanosecond(micros).build().map_err(|_| WhenError::NotATime)?;
        let offset = match pieces.offset() {
            None => WrittenOffset::None,
            Some(PiecesOffset::Zulu) => WrittenOffset::Utc,
            Some(PiecesOffset::Numeric(offset)) if offset.offset() == Offset::UTC && offset.is_negative() => {
                WrittenOffset::Utc
            }
            Some(PiecesOffset::Numeric(offset)) => WrittenOffset::Of(offset.offset()),
            Some(_) => return Err(WhenError::NotATime),
        };
        let zone = match pieces.time_zone_annotation().map(|annotation| annotation.kind()) {
            None => None,
            Some(TimeZoneAnnotationKind::Named(name)) => Some(ZoneName::new(name.as_str())?),
            Some(TimeZoneAnnotationKind::Offset(offset)) => return Err(UnknownZone { name: offset.to_string() }.into()),
            Some(_) => return Err(WhenError::NotATime),
        };
        Ok(Self { date_time: pieces.date().to_datetime(time), offset, zone })
    }
}
