//! When something is to happen: an instant, and the wall-clock time and zone a
//! person meant by it.
//!
//! Decisions, kept by tests over every zone from 2026 to 2030:
//!
//! - A wall-clock time that **does not exist** (clocks go forward over it) is
//!   refused when a person or a program gives it. The error offers the last
//!   minute before the gap and the first moment after it. A recurrence is not
//!   refused, it moves forward by the length of the gap: 02:30 becomes 03:30.
//! - A wall-clock time that **happens twice** (clocks go back over it) means the
//!   first, unless an offset picks the second. The answer says which it was.
//! - A time without offset is never guessed at: [`parse_when`] refuses it,
//!   [`parse_local`] wants a zone beside it.
//! - Zones come from the bundled database only. The machine's own zone, its
//!   database and `TZ` have no effect.
//! - Times are kept to the microsecond, as the store does; finer digits are cut.

mod parse;
pub mod recurrence;
mod resolve;
mod zone;

#[cfg(test)]
mod tests;

pub use parse::{When, WhenError, parse_local, parse_wall, parse_when};
pub use recurrence::{Occurrence, Recurrence, RuleError};
pub use resolve::{
    Change, GapRule, How, LocalSlot, OverlapRule, Policy, Resolved, occurrence_key, re_resolve, resolve,
};
pub use zone::{UnknownZone, ZoneName, tzdb_version, zone_names};
