//! Mentions, hashtags and cashtags by the rules of twitter-text 3.1.

use super::super::chars::{self, Indexed, is_at, is_directional, is_hash, is_name, is_space, is_tag, is_tag_letter};
use super::{Found, links, outside};

/// Longest screen name.
const LONGEST_NAME: usize = 20;
/// Longest list name after its first letter.
const LONGEST_LIST: usize = 24;
/// Longest ticker symbol, and longest suffix after its dot or underscore.
const LONGEST_SYMBOL: (usize, usize) = (6, 2);

/// Mentions of people (`name`) and of lists (`name/list`).
pub(super) fn mentions(text: &str) -> Vec<Found> {
    let indexed = Indexed::new(text);
    let links = links::weighted(text);
    let mut found = Vec::new();
    // A match consumes the character before it.
    let mut floor = 0;
    for at in 0..indexed.len() {
        if at < floor || !indexed.is(at, is_at) || !mention_may_follow(&indexed, at, floor) {
            continue;
        }
        let name_end = indexed.run(at + 1, is_name).min(at + 1 + LONGEST_NAME);
        if name_end == at + 1 {
            continue;
        }
        floor = list_end(&indexed, name_end);
        let span = indexed.span(at, floor);
        if !spoils_mention(&indexed, floor) && outside(&links, span) {
            let value = span.of(text).chars().skip(1).collect();
            found.push(Found { span, value });
        }
    }
    found
}

/// Whether the character before an `@` lets it begin a mention; `RT` does too.
fn mention_may_follow(text: &Indexed, at: usize, floor: usize) -> bool {
    let Some(before) = text.before(at) else { return true };
    if at == floor {
        return false;
    }
    let blocks = |c: char| is_name(c) || is_at(c) || matches!(c, '!' | '#' | '$' | '%' | '&' | '*');
    !blocks(before) || follows_retweet(text, at, floor)
}

fn follows_retweet(text: &Indexed, at: usize, floor: usize) -> bool {
    let Some(start) = at.checked_sub(2).filter(|start| *start >= floor && text.starts_with(*start, "rt")) else {
        return false;
    };
    let blocks = |c: char| is_name(c) || matches!(c, '+' | '~' | '.' | '-');
    start == 0 || (start > floor && !text.before(start).is_some_and(blocks))
}

fn list_end(text: &Indexed, name_end: usize) -> usize {
    let first = name_end + 1;
    if !text.is(name_end, |c| c == '/') || !text.is(first, |c| c.is_ascii_alphabetic()) {
        return name_end;
    }
    text.run(first + 1, |c| is_name(c) || c == '-').min(first + 1 + LONGEST_LIST)
}

/// Whether what follows shows that this was an e-mail address, a word or a URL.
fn spoils_mention(text: &Indexed, end: usize) -> bool {
    text.is(end, |c| is_at(c) || chars::is_latin_accent(c)) || text.starts_with(end, "://")
}

/// The screen name at the very beginning of a text.
pub(super) fn reply_to(text: &str) -> Option<Found> {
    let indexed = Indexed::new(text);
    let at = indexed.run(0, |c| is_space(c) || is_directional(c));
    let end = indexed.run(at + 1, is_name).min(at + 1 + LONGEST_NAME);
    if !indexed.is(at, is_at) || end == at + 1 || spoils_mention(&indexed, end) {
        return None;
    }
    let span = indexed.span(at, end);
    Some(Found { span, value: span.of(text).chars().skip(1).collect() })
}

pub(super) fn hashtags(text: &str) -> Vec<Found> {
    let indexed = Indexed::new(text);
    let links = links::weighted(text);
    let mut found = Vec::new();
    let mut floor = 0;
    for at in 0..indexed.len() {
        if at < floor || !indexed.is(at, is_hash) || !tag_may_follow(&indexed, at, floor) {
            continue;
        }
        let end = indexed.run(at + 1, is_tag);
        let keycap = indexed.is(at + 1, |c| matches!(c, '\u{FE0F}' | '\u{20E3}'));
        if keycap || !indexed.slice(at + 1, end).iter().any(|c| is_tag_letter(*c)) {
            continue;
        }
        floor = end;
        let spoiled = indexed.is(end, is_hash) || indexed.starts_with(end, "://");
        let span = indexed.span(at, end);
        if !spoiled && outside(&links, span) {
            found.push(Found { span, value: span.of(text).chars().skip(1).collect() });
        }
    }
    found
}

fn tag_may_follow(text: &Indexed, at: usize, floor: usize) -> bool {
    let Some(before) = text.before(at) else { return true };
    at > floor && (matches!(before, '\u{FE0E}' | '\u{FE0F}') || !(is_tag(before) || before == '&'))
}

pub(super) fn cashtags(text: &str) -> Vec<Found> {
    let indexed = Indexed::new(text);
    let starts = (0..indexed.len()).filter(|at| {
        let free = indexed.before(*at).is_none_or(|c| is_space(c) || is_directional(c));
        free && indexed.is(*at, |c| c == '$')
    });
    let found = starts.filter_map(|at| {
        let span = indexed.span(at, symbol_end(&indexed, at + 1)?);
        Some(Found { span, value: span.of(text).chars().skip(1).collect() })
    });
    found.collect()
}

/// Where a ticker symbol that begins here ends, its suffix included if it has one.
fn symbol_end(text: &Indexed, start: usize) -> Option<usize> {
    let (longest, longest_suffix) = LONGEST_SYMBOL;
    let letter = |c: char| c.is_ascii_alphabetic();
    let closed = |at: usize| text.get(at).is_none_or(|c| is_space(c) || c.is_whitespace() || chars::is_punct(c));
    let base = text.run(start, letter);
    let suffix = text.run(base + 1, letter);
    if base == start || base - start > longest || !closed(base) {
        return None;
    }
    let dotted = text.is(base, |c| matches!(c, '.' | '_'));
    let suffixed = dotted && (1..=longest_suffix).contains(&(suffix - base - 1)) && closed(suffix);
    Some(if suffixed { suffix } else { base })
}
