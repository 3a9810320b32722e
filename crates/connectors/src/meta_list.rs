//! Lists of Graph APIs, page by page ("Paginated results", read 2026-11-23).

use postrider_connector::Request;
use postrider_connector::error::ConnectorError;
use postrider_connector::http::Method;
use postrider_connector::matching::Reach;
use serde::Deserialize;

use crate::meta::{Api, encoded};

/// How far a list is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Depth {
    /// How many rows are asked for at once.
    pub(crate) rows: usize,
    /// How many pages are read.
    pub(crate) pages: usize,
}

/// What was published lately: a busy account has hundreds of comments within an hour.
pub(crate) const LATELY: Depth = Depth { rows: 50, pages: 10 };

/// A page of a list.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Rows<T> {
    pub(crate) data: Vec<T>,
    paging: Option<Paging>,
}

/// What an answer says of the pages after its own.
#[derive(Debug, Clone, Deserialize)]
struct Paging {
    cursors: Option<Cursors>,
    next: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Cursors {
    after: Option<String>,
}

/// A list while it is read: [`Pages::request`] asks for the page that follows, [`Pages::add`] takes its answer.
#[derive(Debug)]
pub(crate) struct Pages<'a, T> {
    api: &'a Api,
    path: &'a str,
    depth: Depth,
    all: Vec<T>,
    read: usize,
    more: More,
}

/// What follows what was read.
#[derive(Debug)]
enum More {
    /// Nothing that is wanted.
    End,
    /// The first page, or the one after this.
    After(Option<String>),
    /// Something, and it is not said how to get there.
    Lost,
}

impl<'a, T> Pages<'a, T> {
    /// The list at `path`, which has parameters already.
    pub(crate) fn of(api: &'a Api, path: &'a str, depth: Depth) -> Self {
        Self { api, path, depth, all: Vec::new(), read: 0, more: More::After(None) }
    }

    /// The request for the next page; `None` when there is none, or enough was read.
    pub(crate) fn request(&self) -> Option<Request> {
        let More::After(after) = &self.more else { return None };
        let from = after.as_ref().map_or_else(String::new, |after| format!("&after={}", encoded(after)));
        let path = format!("{}&limit={}{from}", self.path, self.depth.rows);
        (self.read < self.depth.pages).then(|| self.api.call(Method::Get, &path))
    }

    /// Takes a page; nothing after one that is `enough` is wanted.
    pub(crate) fn add(&mut self, page: Rows<T>, enough: impl FnOnce(&[T]) -> bool) {
        self.more = if enough(&page.data) { More::End } else { page.more(self.depth.rows) };
        self.read += 1;
        self.all.extend(page.data);
    }

    /// What was read, and whether that is all that is wanted.
    pub(crate) fn end(self) -> (Vec<T>, Reach) {
        let reach = if matches!(self.more, More::End) { Reach::Complete } else { Reach::Cut };
        (self.all, reach)
    }
}

impl<T> Rows<T> {
    /// What follows, where `asked` rows were asked for. A page that is not full may be followed by others; one that is
    /// full is taken not to be the last, whatever it says.
    fn more(&self, asked: usize) -> More {
        let paging = self.paging.as_ref();
        let follows = paging.is_some_and(|paging| paging.next.is_some()) || self.data.len() >= asked;
        let after = || paging?.cursors.as_ref()?.after.clone().filter(|after| !after.is_empty());
        match follows {
            false => More::End,
            true => after().map_or(More::Lost, |after| More::After(Some(after))),
        }
    }
}

/// A list that a permission is missing for, which asking again does not change.
pub(crate) fn is_forbidden(error: &ConnectorError) -> bool {
    let code = error.platform_code.as_deref().and_then(|name| name.split('/').next()?.parse::<i64>().ok());
    matches!(code, Some(10 | 200..=299))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rows(numbers: &[u64], after: Option<&str>) -> Value {
        let next = after.map(|_| "https://graph.example.com/next");
        json!({"data": numbers, "paging": {"cursors": {"after": after}, "next": next}})
    }

    /// The list that these pages make, and the addresses that were asked.
    fn read(pages: &[Value], enough: impl Fn(&[u64]) -> bool) -> (Vec<u64>, Reach, Vec<String>) {
        let (api, mut asked) = (Api::shipped("https://graph.example.com", "v1"), Vec::new());
        let mut list = Pages::of(&api, "/me/posts?fields=id", LATELY);
        while let Some(request) = list.request() {
            list.add(serde_json::from_value(pages[asked.len()].clone()).expect("rows"), &enough);
            asked.push(request.url);
        }
        let (all, reach) = list.end();
        (all, reach, asked)
    }

    #[test]
    fn a_list_is_read_to_its_end_or_to_what_is_enough() {
        let pages = [rows(&[5, 4], Some("a b")), rows(&[3], Some("c")), rows(&[2, 1], None)];
        let (all, reach, asked) = read(&pages, |_| false);
        assert_eq!((all, reach), (vec![5, 4, 3, 2, 1], Reach::Complete));
        let at = |rest: &str| format!("https://graph.example.com/v1/me/posts?fields=id&limit=50{rest}");
        assert_eq!(asked, [at(""), at("&after=a+b"), at("&after=c")]);
        let (all, reach, asked) = read(&pages, |page| page.contains(&3));
        assert_eq!((all, reach, asked.len()), (vec![5, 4, 3], Reach::Complete, 2), "nothing after it is asked for");
    }

    #[test]
    fn a_list_that_does_not_end_or_hides_its_next_page_is_cut() {
        let full: Vec<u64> = (0..50).collect();
        let lost = json!({"data": [1], "paging": {"next": "https://graph.example.com/next"}});
        for pages in [vec![lost], vec![json!({ "data": full })], vec![rows(&full, Some(""))]] {
            assert_eq!(read(&pages, |_| false).1, Reach::Cut, "{pages:?}");
        }
        let endless: Vec<Value> = (0..10).map(|n| rows(&[n], Some("on"))).collect();
        let (all, reach, _) = read(&endless, |_| false);
        assert_eq!((all.len(), reach), (10, Reach::Cut));
    }
}
