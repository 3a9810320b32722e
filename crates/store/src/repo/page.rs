//! Paging by position: a list goes on after the last row that was shown, so
//! rows that come or go meanwhile neither repeat nor hide others.

use jiff::Timestamp;
use postrider_domain::id::TypedId;
use uuid::Uuid;

/// The place of a row in a list that is ordered by an instant and then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The instant the list is ordered by.
    pub at: Timestamp,
    /// The row.
    pub id: Uuid,
}

impl Cursor {
    /// The place of a row.
    pub fn new(at: Timestamp, id: impl TypedId) -> Self {
        Self { at, id: id.uuid() }
    }

    /// Before everything in a list that shows the newest first.
    pub const NEWEST: Cursor = Cursor { at: Timestamp::MAX, id: Uuid::max() };

    /// Before everything in a list that shows the oldest first.
    pub const OLDEST: Cursor = Cursor { at: Timestamp::MIN, id: Uuid::nil() };
}

/// `$from, $from + 1, …`: placeholders for `count` values of an `IN` list.
pub(crate) fn placeholders(from: usize, count: usize) -> String {
    let numbers: Vec<String> = (from..from + count).map(|n| format!("${n}")).collect();
    numbers.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_ascend_from_the_first() {
        assert_eq!(placeholders(2, 3), "$2, $3, $4");
        assert_eq!(placeholders(1, 0), "");
    }

    #[test]
    fn every_row_lies_between_the_two_ends() {
        let row = Cursor { at: Timestamp::UNIX_EPOCH, id: Uuid::from_u128(7) };
        assert!(Cursor::OLDEST < row && row < Cursor::NEWEST);
    }
}
