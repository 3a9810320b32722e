//! Links by the rules of twitter-text 3.1, in one pass.
//!
//! The original is a regular expression that tries every start. Here the text is
//! cut into dotted labels once, and each start asks a table that was filled from
//! the right, so that a hostile text costs no more than its length.

use std::ops::Range;

use super::super::chars::{Indexed, is_domain, is_host, is_invalid, is_path, is_path_end, is_plain_label};
use super::super::chars::{is_query, is_query_end};
use super::super::tld;
use super::Found;

/// Longest address, in UTF-16 code units, with a scheme counted.
const LONGEST_URL: usize = 4096;
/// Longest label of a host name in its ASCII form.
const LONGEST_LABEL: usize = 63;
/// The short-link host whose addresses end with their slug.
const SHORT_HOST: &str = "t.co";
/// A longer slug makes the address no link.
const LONGEST_SLUG: usize = 40;

pub(super) fn weighted(text: &str) -> Vec<Found> {
    let indexed = Indexed::new(text);
    let found = weighted_link_ranges(&indexed).into_iter().map(|range| {
        let span = indexed.span(range.start, range.end);
        Found { span, value: span.of(text).to_owned() }
    });
    found.collect()
}

/// The links of a text as ranges of characters, in order.
pub(in super::super) fn weighted_link_ranges(text: &Indexed) -> Vec<Range<usize>> {
    let hosts = Hosts::new(text);
    let mut links = Vec::new();
    // A match consumes the character before it, so none starts directly after another.
    let mut floor = 0;
    let mut at = 0;
    while at < text.len() && !hosts.labels.is_empty() {
        let free = at == 0 || (at > floor && text.is(at - 1, may_precede));
        match free.then(|| Candidate::at(&hosts, at)).flatten() {
            Some(candidate) => {
                floor = candidate.end;
                at = candidate.end;
                links.extend(candidate.links(&hosts));
            }
            None => at += 1,
        }
    }
    links
}

fn may_precede(c: char) -> bool {
    !(c.is_ascii_alphanumeric() || matches!(c, '@' | '＠' | '$' | '#' | '＃') || is_invalid(c))
}

/// A label of a host name with a dot after it.
struct Label {
    start: usize,
    dot: usize,
    starts_well: bool,
    ends_well: bool,
    last_underscore: Option<usize>,
    /// Where a top-level domain after the dot ends.
    tld_end: Option<usize>,
    /// Where the longest domain ends that holds this whole label.
    domain_end: Option<usize>,
}

impl Label {
    fn new(text: &Indexed, start: usize, dot: usize) -> Self {
        Self {
            start,
            dot,
            starts_well: start < dot && text.is(start, is_domain),
            ends_well: start < dot && text.is(dot - 1, is_domain),
            last_underscore: (start..dot).rev().find(|at| text.is(*at, |c| c == '_')),
            tld_end: tld::ends_at(text, dot + 1),
            domain_end: None,
        }
    }

    /// Where the longest domain ends that begins inside this label at `from`.
    /// The label before a top-level domain holds no underscore.
    fn domain_from(&self, from: usize, next: Option<&Label>) -> Option<usize> {
        let later = next.filter(|next| next.start == self.dot + 1).and_then(|next| next.domain_end);
        let here = self.tld_end.filter(|_| self.last_underscore.is_none_or(|at| at < from));
        later.or(here).filter(|_| self.ends_well)
    }
}

/// All dotted labels of a text, in order.
struct Hosts<'t> {
    text: &'t Indexed,
    labels: Vec<Label>,
}

impl<'t> Hosts<'t> {
    fn new(text: &'t Indexed) -> Self {
        let mut labels = Vec::new();
        let mut start = 0;
        for at in 0..text.len() {
            if text.is(at, |c| c == '.') {
                labels.push(Label::new(text, start, at));
                start = at + 1;
            } else if !text.is(at, is_host) {
                start = at + 1;
            }
        }
        for index in (0..labels.len()).rev() {
            let label: &Label = &labels[index];
            let end = label.domain_from(label.start, labels.get(index + 1)).filter(|_| label.starts_well);
            labels[index].domain_end = end;
        }
        Self { text, labels }
    }

    /// Where the longest domain that starts here ends.
    fn domain_from(&self, start: usize) -> Option<usize> {
        let index = self.labels.partition_point(|label| label.dot < start);
        let label = self.labels.get(index).filter(|label| label.start <= start && start < label.dot)?;
        label.domain_from(start, self.labels.get(index + 1)).filter(|_| self.text.is(start, is_domain))
    }

    fn tld_end_after(&self, dot: usize) -> Option<usize> {
        let index = self.labels.binary_search_by_key(&dot, |label| label.dot).ok()?;
        self.labels[index].tld_end
    }

    /// The parts of a host that are domains of unaccented or accented Latin
    /// letters: what is a link without a scheme amid other scripts.
    fn plain_domains(&self, host: &Range<usize>) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut at = host.start;
        while at < host.end {
            let (end, dots) = self.plain_chain(at, host.end);
            let domain_end = dots.iter().rev().find_map(|dot| self.tld_end_after(*dot));
            if let Some(end) = domain_end {
                found.push(at..end);
            }
            at = domain_end.unwrap_or(end).max(at + 1);
        }
        found
    }

    /// Plain labels with dots between them: where they end, and the dots.
    fn plain_chain(&self, from: usize, limit: usize) -> (usize, Vec<usize>) {
        let mut dots = Vec::new();
        let mut start = from;
        loop {
            let end = self.text.run(start, is_plain_label);
            if end == start || end >= limit || !self.text.is(end, |c| c == '.') {
                return (end, dots);
            }
            dots.push(end);
            start = end + 1;
        }
    }
}

/// What looks like a link, before the last checks.
struct Candidate {
    start: usize,
    host: Range<usize>,
    /// Whether a path follows the host.
    path: bool,
    end: usize,
}

impl Candidate {
    fn at(hosts: &Hosts<'_>, start: usize) -> Option<Self> {
        let scheme = ["https://", "http://"].into_iter().find(|scheme| hosts.text.starts_with(start, scheme));
        let host_start = start + scheme.map_or(0, str::len);
        let host = host_start..hosts.domain_from(host_start)?;
        let after_port = port_end(hosts.text, host.end);
        let after_path = path_end(hosts.text, after_port);
        let end = query_end(hosts.text, after_path);
        Some(Self { start, host, path: after_path > after_port, end })
    }

    fn has_scheme(&self) -> bool {
        self.host.start > self.start
    }

    /// The links it turns out to be: none, one, or without a scheme several.
    fn links(self, hosts: &Hosts<'_>) -> Vec<Range<usize>> {
        if !self.is_valid(hosts) {
            return Vec::new();
        }
        if self.has_scheme() {
            return self.trimmed_short_link(hosts.text).into_iter().collect();
        }
        if hosts.text.before(self.start).is_some_and(|c| matches!(c, '-' | '_' | '.' | '/')) {
            return Vec::new();
        }
        let mut found = hosts.plain_domains(&self.host);
        if let Some(last) = found.last_mut().filter(|last| self.path && last.end == self.host.end) {
            last.end = self.end;
        }
        found
    }

    fn is_valid(&self, hosts: &Hosts<'_>) -> bool {
        let host: String = hosts.text.slice(self.host.start, self.host.end).iter().collect();
        let units: usize = hosts.text.slice(self.start, self.end).iter().map(|c| c.len_utf16()).sum();
        let scheme = if self.has_scheme() { self.host.start - self.start } else { "https://".len() };
        let encoded = !host.starts_with("xn--") || !hosts.plain_domains(&self.host).is_empty();
        encoded && scheme + units <= LONGEST_URL && host.split('.').all(label_fits)
    }

    /// Addresses of the short-link host end with their slug and query, whatever
    /// follows; a slug that is too long makes them no link.
    fn trimmed_short_link(self, text: &Indexed) -> Option<Range<usize>> {
        let short = self.host.len() == SHORT_HOST.len() && text.starts_with(self.host.start, SHORT_HOST);
        let slug = self.host.end + 1;
        let slug_end = text.run(slug, |c| c.is_ascii_alphanumeric());
        if !short || !text.is(self.host.end, |c| c == '/') || slug_end == slug {
            return Some(self.start..self.end);
        }
        (slug_end - slug <= LONGEST_SLUG).then(|| self.start..query_end(text, slug_end))
    }
}

/// Whether the ASCII form of a label is short enough.
fn label_fits(label: &str) -> bool {
    // The ASCII form has at least one character for each of the label's.
    let ascii_len = match label.chars().count() {
        0 => None,
        count if count > LONGEST_LABEL => None,
        count if label.is_ascii() => Some(count),
        _ => idna::punycode::encode_str(label).map(|encoded| "xn--".len() + encoded.len()),
    };
    ascii_len.is_some_and(|len| len <= LONGEST_LABEL)
}

fn port_end(text: &Indexed, at: usize) -> usize {
    let end = text.run(at + 1, |c| c.is_ascii_digit());
    if text.is(at, |c| c == ':') && end > at + 1 { end } else { at }
}

/// Where a path that begins with a slash here ends; here if there is none.
fn path_end(text: &Indexed, at: usize) -> usize {
    if !text.is(at, |c| c == '/') {
        return at;
    }
    let mut end = at + 1;
    let mut pos = end;
    while let Some(c) = text.get(pos) {
        match parens_end(text, pos) {
            Some(after) => (pos, end) = (after, after),
            None if is_path_end(c) => (pos, end) = (pos + 1, pos + 1),
            None if is_path(c) => pos += 1,
            None => break,
        }
    }
    end
}

/// Where balanced parentheses that open here end; one pair may be nested in them.
fn parens_end(text: &Indexed, open: usize) -> Option<usize> {
    if !text.is(open, |c| c == '(') {
        return None;
    }
    let inner = text.run(open + 1, is_path);
    if text.is(inner, |c| c == ')') {
        return (inner > open + 1).then_some(inner + 1);
    }
    let nested = text.run(inner + 1, is_path);
    let closed = text.is(inner, |c| c == '(') && nested > inner + 1 && text.is(nested, |c| c == ')');
    let outer = text.run(nested + 1, is_path);
    (closed && text.is(outer, |c| c == ')')).then_some(outer + 1)
}

/// Where a query that begins with a question mark here ends; here if there is none.
fn query_end(text: &Indexed, at: usize) -> usize {
    if !text.is(at, |c| c == '?') {
        return at;
    }
    let run = text.run(at + 1, is_query);
    let last = (at + 1..run).rev().find(|pos| text.is(*pos, is_query_end));
    last.map_or(at, |last| last + 1)
}
