//! Links, handles and tags between white space, as rich text with byte offsets
//! wants them.
//!
//! Written after the behaviour of the reference client of AT Protocol (2026-08):
//! something begins at the start of the text, after white space or, except for
//! tags, after an opening parenthesis. Where that client is careless we are not:
//! a run of closing punctuation is trimmed whole, and an address that is no URL
//! is left alone.

use unicode_segmentation::UnicodeSegmentation;
use url::Url;

use super::super::chars::{Indexed, is_any_punctuation, is_hash};
use super::super::tld;
use super::Found;

/// Longest domain name and longest label of one (RFC 1035).
const LONGEST_HANDLE: usize = 253;
const LONGEST_LABEL: usize = 63;
/// Longest tag, in grapheme clusters and in bytes (`app.bsky.richtext.facet`, 2026-08-20).
const LONGEST_TAG: (usize, usize) = (64, 640);
/// The ending of handles on test servers; never a top-level domain (RFC 6761).
const TEST_ENDING: &str = "test";

pub(super) fn links(text: &str) -> Vec<Found> {
    let indexed = Indexed::new(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < indexed.len() {
        let end = opens(&indexed, at).then(|| link_end(&indexed, at)).flatten();
        found.extend(end.and_then(|end| link(text, &indexed, at, end)));
        // What was no URL after all is not looked through again.
        at = end.unwrap_or(at + 1);
    }
    found
}

/// Whether something may begin here.
fn opens(text: &Indexed, at: usize) -> bool {
    text.before(at).is_none_or(|c| c.is_whitespace() || c == '(')
}

/// Where a link that begins here would end.
fn link_end(text: &Indexed, at: usize) -> Option<usize> {
    if has_scheme(text, at) {
        return Some(trimmed_end(text, at, text.run(at, |c| !c.is_whitespace())));
    }
    bare_link_end(text, at)
}

fn has_scheme(text: &Indexed, at: usize) -> bool {
    text.starts_with(at, "https://") || text.starts_with(at, "http://")
}

fn link(text: &str, indexed: &Indexed, at: usize, end: usize) -> Option<Found> {
    let span = indexed.span(at, end);
    let written = span.of(text);
    let value = if has_scheme(indexed, at) { written.to_owned() } else { format!("https://{written}") };
    Url::parse(&value).ok().filter(|url| url.host_str().is_some())?;
    Some(Found { span, value })
}

/// Where a link without scheme ends: a domain name with a known ending, then
/// perhaps port, path, query or fragment.
fn bare_link_end(text: &Indexed, at: usize) -> Option<usize> {
    let run = text.run(at, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    let host_end = (at..run).rev().find(|pos| text.is(*pos, |c| c.is_ascii_alphanumeric()))? + 1;
    let host: String = text.slice(at, host_end).iter().collect();
    if !text.is(at, |c| c.is_ascii_alphabetic()) || !is_domain_name(&host) {
        return None;
    }
    // Part of an e-mail address or of a longer word.
    if host_end == run && text.is(run, |c| matches!(c, '@' | '_')) {
        return None;
    }
    let port_end = text.run(host_end + 1, |c| c.is_ascii_digit());
    let has_port = text.is(host_end, |c| c == ':') && port_end > host_end + 1;
    let tail = if has_port { port_end } else { host_end };
    let goes_on = text.is(tail, |c| matches!(c, '/' | '?' | '#'));
    Some(if goes_on { trimmed_end(text, at, text.run(tail, |c| !c.is_whitespace())) } else { tail })
}

/// Labels of letters, digits and inner hyphens, the last a known ending.
fn is_domain_name(host: &str) -> bool {
    let label_ok =
        |label: &str| (1..=LONGEST_LABEL).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-');
    let Some((_, ending)) = host.rsplit_once('.') else { return false };
    host.len() <= LONGEST_HANDLE && host.split('.').all(label_ok) && tld::is_known(ending)
}

/// Drops closing punctuation, and closing parentheses that were not opened inside.
fn trimmed_end(text: &Indexed, start: usize, end: usize) -> usize {
    let count = |wanted: char| text.slice(start, end).iter().filter(|c| **c == wanted).count();
    let mut surplus = count(')').saturating_sub(count('('));
    let mut end = end;
    while let Some(last) = text.before(end).filter(|_| end > start) {
        let unopened = last == ')' && surplus > 0;
        if !unopened && !closes_a_sentence(last) {
            break;
        }
        surplus -= usize::from(unopened);
        end -= 1;
    }
    end
}

/// Punctuation that belongs to the sentence around a link and not to the link.
fn closes_a_sentence(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '"' | '\'' | '’' | '”' | '»' | '…' | '>')
        || matches!(c, '。' | '、' | '，' | '！' | '？' | '」' | '』' | '）' | '】' | '》')
}

pub(super) fn handles(text: &str) -> Vec<Found> {
    let indexed = Indexed::new(text);
    let starts = (0..indexed.len()).filter(|at| opens(&indexed, *at) && indexed.is(*at, |c| c == '@'));
    starts.filter_map(|at| handle_at(text, &indexed, at)).collect()
}

fn handle_at(text: &str, indexed: &Indexed, at: usize) -> Option<Found> {
    let run = indexed.run(at + 1, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    let end = (at + 1..run).rev().find(|pos| indexed.is(*pos, |c| c.is_ascii_alphanumeric()))? + 1;
    let span = indexed.span(at, end);
    let value = span.of(text)[1..].to_ascii_lowercase();
    let for_tests = value.strip_suffix(TEST_ENDING).is_some_and(|rest| is_domain_name(&format!("{rest}org")));
    let cut_short = end == run && indexed.is(run, |c| c == '_');
    ((is_domain_name(&value) || for_tests) && !cut_short).then_some(Found { span, value })
}

pub(super) fn tags(text: &str) -> Vec<Found> {
    let indexed = Indexed::new(text);
    let starts =
        (0..indexed.len()).filter(|at| indexed.before(*at).is_none_or(char::is_whitespace) && indexed.is(*at, is_hash));
    starts.filter_map(|at| tag_at(text, &indexed, at)).collect()
}

fn tag_at(text: &str, indexed: &Indexed, at: usize) -> Option<Found> {
    let run = indexed.run(at + 1, |c| !c.is_whitespace() && !is_unseen(c));
    let end = (at + 1..run).rev().find(|pos| !indexed.is(*pos, is_any_punctuation))? + 1;
    let says_something = |c: &char| !c.is_ascii_digit() && !is_any_punctuation(*c);
    let keycap = indexed.is(at + 1, |c| c == '\u{FE0F}');
    if keycap || !indexed.slice(at + 1, end).iter().any(says_something) {
        return None;
    }
    let span = indexed.span(at, end);
    let value: String = span.of(text).chars().skip(1).collect();
    let (clusters, bytes) = LONGEST_TAG;
    (value.len() <= bytes && value.graphemes(true).count() <= clusters).then_some(Found { span, value })
}

/// Characters that cannot be seen and end a tag.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{2060}' | '\u{200A}'..='\u{200D}' | '\u{20E2}')
}
