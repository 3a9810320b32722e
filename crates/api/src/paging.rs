//! Lists in pages: `limit` and an opaque `cursor`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use postrider_app::Cursor;
use postrider_domain::{Code, Issue};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::problem::Problem;

/// Items on a page unless the client says otherwise.
const DEFAULT: u32 = 50;

/// The most items on a page.
const MOST: u32 = 200;

/// Which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// How many items, at most 200; 50 unless given.
    limit: Option<u32>,
    /// `next` of the page before; leave it out for the first page.
    cursor: Option<String>,
}

impl PageQuery {
    /// How many items.
    pub(crate) fn limit(&self) -> Result<u32, Problem> {
        match self.limit.unwrap_or(DEFAULT) {
            limit @ 1..=MOST => Ok(limit),
            _ => {
                let reason = format!("it goes from 1 to {MOST}");
                Err(Problem::field(Issue::error(Code::BadField, "limit").with("reason", reason)))
            }
        }
    }

    /// Where to go on, or `start`.
    pub(crate) fn cursor(&self, start: Cursor) -> Result<Cursor, Problem> {
        self.cursor.as_deref().map_or(Ok(start), decode)
    }
}

/// The text of a place in a list.
pub(crate) fn encode(cursor: Cursor) -> String {
    let mut bytes = Vec::with_capacity(24);
    bytes.extend_from_slice(&cursor.at.as_microsecond().to_be_bytes());
    bytes.extend_from_slice(cursor.id.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The place that a text stands for.
pub(crate) fn decode(text: &str) -> Result<Cursor, Problem> {
    let bad = || Problem { issues: vec![Issue::error(Code::BadCursor, "cursor")], ..Problem::of(Code::BadCursor) };
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?;
    let (at, id) = bytes.split_at_checked(8).ok_or_else(bad)?;
    let micros = i64::from_be_bytes(at.try_into().map_err(|_| bad())?);
    let at = Timestamp::from_microsecond(micros).map_err(|_| bad())?;
    Ok(Cursor { at, id: Uuid::from_slice(id).map_err(|_| bad())? })
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The items, in the list's order.
    pub(crate) items: Vec<T>,
    /// The cursor of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

impl<T> Page<T> {
    /// A list that is never longer than one page.
    pub(crate) fn all(items: Vec<T>) -> Self {
        Self { items, next: None }
    }

    /// A page from rows of which one more than `limit` was asked for.
    pub(crate) fn of<R: Into<T>>(mut rows: Vec<R>, limit: u32, place: impl Fn(&R) -> Cursor) -> Self {
        let limit = limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| encode(place(row)));
        Self { items: rows.into_iter().map(Into::into).collect(), next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_round_trips_and_nonsense_is_refused() {
        let cursor = Cursor { at: Timestamp::UNIX_EPOCH, id: Uuid::from_u128(42) };
        assert_eq!(decode(&encode(cursor)).expect("reads back"), cursor);
        for text in ["", "x", "AAAA", "!!", &encode(cursor)[1..]] {
            assert_eq!(decode(text).expect_err("refused").code, Code::BadCursor, "{text}");
        }
    }

    #[test]
    fn a_page_says_where_the_next_begins_only_when_there_is_one() {
        let place = |n: &u32| Cursor { at: Timestamp::UNIX_EPOCH, id: Uuid::from_u128(u128::from(*n)) };
        let page = Page::<u32>::of(vec![1, 2, 3], 2, place);
        assert_eq!((page.items, page.next), (vec![1, 2], Some(encode(place(&2)))));
        let page = Page::<u32>::of(vec![1, 2], 2, place);
        assert_eq!(page.next, None);
    }

    #[test]
    fn the_limit_has_bounds() {
        let limit = |limit| PageQuery { limit, cursor: None }.limit().map_err(|problem| problem.issues[0].code);
        assert_eq!(limit(None), Ok(50));
        assert_eq!(limit(Some(200)), Ok(200));
        assert_eq!(limit(Some(0)), Err(Code::BadField));
        assert_eq!(limit(Some(201)), Err(Code::BadField));
    }
}
