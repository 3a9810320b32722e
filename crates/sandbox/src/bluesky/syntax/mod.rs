//! The string formats of the AT Protocol, by hand from its specification and
//! checked against its interoperability files where those are present.

use jiff::civil::Date;

use super::{cid, tid as tids};

/// A record key that is a TID.
pub(crate) fn tid(text: &str) -> bool {
    tids::is_tid(text)
}

/// A content identifier as records use it.
pub(crate) fn cid(text: &str) -> bool {
    cid::parse(text).is_some()
}

/// Any record key: 1 to 512 characters, not a path step.
pub(crate) fn record_key(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_~.:-".contains(&b);
    (1..=512).contains(&text.len()) && text.bytes().all(allowed) && text != "." && text != ".."
}

/// A handle: a domain name of at least two labels whose last begins with a letter.
pub(crate) fn handle(text: &str) -> bool {
    let labels: Vec<_> = text.split('.').collect();
    let top = labels.last().copied().unwrap_or_default();
    text.len() <= 253
        && labels.len() >= 2
        && labels.iter().all(|label| domain_label(label))
        && top.starts_with(|c: char| c.is_ascii_alphabetic())
}

fn domain_label(label: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    (1..=63).contains(&label.len()) && label.bytes().all(allowed) && !label.starts_with('-') && !label.ends_with('-')
}

/// A DID of any method.
pub(crate) fn did(text: &str) -> bool {
    let Some((method, id)) = text.strip_prefix("did:").and_then(|rest| rest.split_once(':')) else {
        return false;
    };
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._:%-".contains(&b);
    text.len() <= 2048
        && !method.is_empty()
        && method.bytes().all(|b| b.is_ascii_lowercase())
        && !id.is_empty()
        && id.bytes().all(allowed)
        && !id.ends_with([':', '%'])
}

/// A DID or a handle.
pub(crate) fn at_identifier(text: &str) -> bool {
    did(text) || handle(text)
}

/// A namespaced id such as `app.bsky.feed.post`.
pub(crate) fn nsid(text: &str) -> bool {
    let segments: Vec<_> = text.split('.').collect();
    let [domain @ .., name] = segments.as_slice() else {
        return false;
    };
    let letter = |s: &str| s.starts_with(|c: char| c.is_ascii_alphabetic());
    text.len() <= 317
        && domain.len() >= 2
        && domain.iter().all(|segment| domain_label(segment))
        && letter(domain[0])
        && letter(name)
        && name.len() <= 63
        && name.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The parts of an `at://` URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AtUri<'a> {
    /// A DID or a handle.
    pub(crate) authority: &'a str,
    /// The collection, if named.
    pub(crate) collection: Option<&'a str>,
    /// The record key, if named.
    pub(crate) rkey: Option<&'a str>,
}

/// Takes an `at://` URI apart; `None` if it is not one in the restricted form
/// that lexicons use (no query, no fragment, no trailing slash).
pub(crate) fn at_uri(text: &str) -> Option<AtUri<'_>> {
    let mut parts = text.strip_prefix("at://")?.split('/');
    let uri = AtUri {
        authority: parts.next().filter(|part| at_identifier(part))?,
        collection: parts.next(),
        rkey: parts.next(),
    };
    let whole = text.len() <= 8192 && parts.next().is_none();
    (whole && uri.collection.is_none_or(nsid) && uri.rkey.is_none_or(record_key)).then_some(uri)
}

/// A URI of any scheme, without spaces.
pub(crate) fn uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"+.-".contains(&b);
    text.len() <= 8192
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(allowed)
        && !rest.is_empty()
        && !rest.starts_with('/')
        && !text.contains(char::is_whitespace)
}

/// A date-time: the intersection of RFC 3339 and ISO 8601 that atproto allows,
/// and a real moment (no month 0, no 25 o'clock, no negative year in UTC).
pub(crate) fn datetime(text: &str) -> bool {
    parse_datetime(text).is_some()
}

fn parse_datetime(text: &str) -> Option<()> {
    let (date, rest) = text.split_at_checked(10)?;
    let (time, rest) = rest.strip_prefix('T')?.split_at_checked(8)?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let year = i16::try_from(year).ok()?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let offset = zone_minutes(after_fraction(rest)?)?;
    let in_utc = i64::from(hour) * 60 + i64::from(minute) - offset;
    let first_minutes = (year, month, day) == (0, 1, 1) && in_utc < 0;
    (hour < 24 && minute < 60 && second < 60 && !first_minutes).then_some(())
}

/// Three numbers of exact widths between separators.
fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[u16; 3]> {
    let mut out = [0; 3];
    let mut parts = text.split(separator);
    for (slot, width) in out.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width)?;
        *slot = digits(part)?;
    }
    parts.next().is_none().then_some(out)
}

fn digits(text: &str) -> Option<u16> {
    let all = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

/// What follows the optional fraction of a second (1 to 20 digits).
fn after_fraction(text: &str) -> Option<&str> {
    let Some(rest) = text.strip_prefix('.') else {
        return Some(text);
    };
    let zone = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    (1..=20).contains(&(rest.len() - zone.len())).then_some(zone)
}

/// The zone's distance from UTC in minutes; `-00:00` is not allowed.
fn zone_minutes(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, clock) = text.split_at_checked(1)?;
    let (hours, minutes) = clock.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 || text == "-00:00" {
        return None;
    }
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    let total = i64::from(hours) * 60 + i64::from(minutes);
    let sign = match sign {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * total)
}

/// Tags registered before RFC 5646's grammar that the grammar does not produce.
const IRREGULAR: [&str; 4] = ["en-gb-oed", "sgn-be-fr", "sgn-be-nl", "sgn-ch-de"];

/// A BCP 47 language tag, well-formed and without repeated variants or
/// singletons; the primary language is two or three lower-case letters.
pub(crate) fn language(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let tags: Vec<_> = lower.split('-').collect();
    if !tags.iter().all(|tag| word(tag, 1..=8)) {
        return false;
    }
    if IRREGULAR.contains(&lower.as_str()) {
        return true;
    }
    match tags.split_first() {
        Some((&"x" | &"i", rest)) => !rest.is_empty(),
        Some((first, rest)) => alpha(first, 2..=3) && text.starts_with(first) && subtags(rest),
        None => false,
    }
}

/// Everything after the primary language, in the grammar's order.
fn subtags(mut tags: &[&str]) -> bool {
    let mut extlangs = 0;
    while extlangs < 3 && take(&mut tags, |tag| alpha(tag, 3..=3)) {
        extlangs += 1;
    }
    take(&mut tags, |tag| alpha(tag, 4..=4));
    take(&mut tags, |tag| alpha(tag, 2..=2) || (tag.len() == 3 && tag.bytes().all(|b| b.is_ascii_digit())));
    let mut seen: Vec<&str> = Vec::new();
    while let Some(tag) = tags.first().filter(|tag| variant(tag)) {
        if seen.contains(tag) {
            return false;
        }
        seen.push(tag);
        tags = &tags[1..];
    }
    extensions(tags, seen)
}

/// Extensions and private use: a singleton and at least one longer subtag.
fn extensions<'a>(mut tags: &[&'a str], mut seen: Vec<&'a str>) -> bool {
    while let Some((single, rest)) = tags.split_first() {
        if *single == "x" {
            return !rest.is_empty();
        }
        if single.len() != 1 || seen.contains(single) {
            return false;
        }
        seen.push(single);
        let longer = rest.iter().take_while(|tag| tag.len() >= 2).count();
        if longer == 0 {
            return false;
        }
        tags = &rest[longer..];
    }
    true
}

fn variant(tag: &str) -> bool {
    word(tag, 5..=8) || (tag.len() == 4 && tag.starts_with(|c: char| c.is_ascii_digit()))
}

fn take(tags: &mut &[&str], fits: impl Fn(&str) -> bool) -> bool {
    let found = tags.first().is_some_and(|tag| fits(tag));
    if found {
        *tags = &tags[1..];
    }
    found
}

fn word(tag: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn alpha(tag: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests;
