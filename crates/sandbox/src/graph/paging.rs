//! Lists by cursor: `limit`, `before`, `after`, `since`, `until`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::error::GraphError;
use super::params::Params;

/// The parameters of a list.
pub(crate) const FIELDS: [&str; 5] = ["limit", "before", "after", "since", "until"];

/// How many rows there are unless the caller says, and at most. Neither is in the documents.
const USUAL: u64 = 25;
const MOST: u64 = 100;

/// In which order the ids of a list stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    NewestFirst,
    OldestFirst,
}

/// Which part of a list is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    limit: usize,
    before: Option<u64>,
    after: Option<u64>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Page {
    /// Reads the parameters. `before` and `after` exclude each other (collection of 2026-01-02).
    pub(crate) fn read(params: &Params) -> Result<Self, GraphError> {
        let limit = params.number("limit")?.unwrap_or(USUAL);
        if limit == 0 {
            return Err(GraphError::param("limit", "must be greater than 0"));
        }
        let page = Self {
            limit: usize::try_from(limit.min(MOST)).unwrap_or(usize::MAX),
            before: cursor(params, "before")?,
            after: cursor(params, "after")?,
            since: moment(params, "since")?,
            until: moment(params, "until")?,
        };
        if page.before.is_some() && page.after.is_some() {
            return Err(GraphError::param("before", "cannot be sent in the same request as after"));
        }
        if page.since.zip(page.until).is_some_and(|(since, until)| since >= until) {
            return Err(GraphError::param("since", "must be less than until"));
        }
        Ok(page)
    }

    /// Whether something of that time is asked for.
    pub(crate) fn covers(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at <= until)
    }

    /// The wanted rows of a whole list, whose rows are already in `order`.
    pub(crate) fn cut<T>(&self, rows: Vec<T>, order: Order, id: impl Fn(&T) -> u64) -> Vec<T> {
        let follows = |row: &T, cursor: u64| match order {
            Order::NewestFirst => id(row) < cursor,
            Order::OldestFirst => id(row) > cursor,
        };
        if let Some(before) = self.before {
            let mut rows: Vec<T> = rows.into_iter().filter(|row| !follows(row, before) && id(row) != before).collect();
            let surplus = rows.len().saturating_sub(self.limit);
            return rows.split_off(surplus);
        }
        let rows = rows.into_iter().filter(|row| self.after.is_none_or(|after| follows(row, after)));
        rows.take(self.limit).collect()
    }
}

/// A list as it is answered, with its cursors where it is not empty.
pub(crate) fn listed(rows: Vec<Value>, ends: Option<(u64, u64)>) -> Value {
    let mut body = json!({"data": rows});
    if let Some((first, last)) = ends {
        body["paging"] = json!({"cursors": {"before": encode(first), "after": encode(last)}});
    }
    body
}

fn encode(id: u64) -> String {
    URL_SAFE_NO_PAD.encode(format!("cursor:{id}"))
}

fn cursor(params: &Params, name: &'static str) -> Result<Option<u64>, GraphError> {
    let Some(text) = params.text(name) else {
        return Ok(None);
    };
    let plain = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let id = plain.as_deref().and_then(|plain| plain.strip_prefix("cursor:")?.parse().ok());
    id.map(Some).ok_or_else(|| GraphError::param(name, "is not a valid cursor"))
}

/// Seconds since 1970, a time with its offset, or a day. PHP's `strtotime()` reads much more; those
/// other forms depend on where the server stands, so a client that sends one is wrong.
fn moment(params: &Params, name: &'static str) -> Result<Option<Timestamp>, GraphError> {
    let Some(text) = params.text(name) else {
        return Ok(None);
    };
    let seconds = || text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let day = || Some(text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    let found = seconds().or_else(|| text.parse::<Timestamp>().ok()).or_else(day);
    found.map(Some).ok_or_else(|| GraphError::param(name, "must be a unix timestamp or a date"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Params {
        Params::from_pairs(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))).expect("params")
    }

    fn cut(pairs: &[(&str, &str)], rows: &[u64], order: Order) -> Vec<u64> {
        Page::read(&params(pairs)).expect("a page").cut(rows.to_vec(), order, |row| *row)
    }

    #[test]
    fn cursors_lead_both_ways_in_both_orders() {
        let (newest, oldest) = ([5, 4, 3, 2, 1], [1, 2, 3, 4, 5]);
        let three = encode(3);
        let after = |rows, order| cut(&[("after", &three), ("limit", "1")], rows, order);
        let before = |rows, order| cut(&[("before", &three), ("limit", "1")], rows, order);
        assert_eq!(after(&newest, Order::NewestFirst), [2]);
        assert_eq!(before(&newest, Order::NewestFirst), [4]);
        assert_eq!(after(&oldest, Order::OldestFirst), [4]);
        assert_eq!(before(&oldest, Order::OldestFirst), [2]);
        assert_eq!(cut(&[("limit", "2")], &newest, Order::NewestFirst), [5, 4]);
        assert_eq!(cut(&[("after", &encode(1))], &newest, Order::NewestFirst), Vec::<u64>::new());
    }

    #[test]
    fn times_are_seconds_or_written_out() {
        let at = |second: i64| Timestamp::from_second(second).expect("in range");
        for since in ["1795420800", "2026-11-23T08:00:00Z", "2026-11-23T09:00:00+0100"] {
            let page = Page::read(&params(&[("since", since)])).expect(since);
            assert!(page.covers(at(1_795_420_800)) && !page.covers(at(1_795_420_799)), "{since}");
        }
        let page = Page::read(&params(&[("until", "2026-11-23")])).expect("a day");
        assert!(page.covers(at(1_795_392_000)) && !page.covers(at(1_795_392_001)));
    }

    #[test]
    fn nonsense_is_refused() {
        let (one, two) = (encode(1), encode(2));
        for pairs in [
            vec![("limit", "0")],
            vec![("limit", "many")],
            vec![("after", "one")],
            vec![("before", one.as_str()), ("after", two.as_str())],
            vec![("since", "yesterday")],
            vec![("since", "20"), ("until", "20")],
        ] {
            assert_eq!(Page::read(&params(&pairs)).expect_err("refused").code, 100, "{pairs:?}");
        }
        assert_eq!(Page::read(&params(&[("limit", "5000")])).expect("a page").limit, 100);
    }
}
