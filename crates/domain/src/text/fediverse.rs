//! The length of a text as servers of the fediverse count it.
//!
//! The rule is Mastodon's `StatusLengthValidator` (mastodon/mastodon, as stored 2026-11): a link
//! with its scheme counts 23, a mention its local part, everything else its grapheme clusters.

use unicode_segmentation::UnicodeSegmentation as _;

use super::extract::{Rules, links};

/// What a link counts, however long it is.
const LINK: usize = 23;

/// The length of a text.
pub(super) fn measure(text: &str) -> usize {
    let mut plain = String::with_capacity(text.len());
    let (mut at, mut counted) = (0, 0);
    for link in links(text, Rules::Weighted).into_iter().filter(|link| has_scheme(&link.value)) {
        plain.push_str(&text[at..link.span.start]);
        // A letter in its place keeps what stands around it apart.
        plain.push('x');
        at = link.span.end;
        counted += LINK - 1;
    }
    plain.push_str(&text[at..]);
    counted + local_mentions(&plain).graphemes(true).count()
}

fn has_scheme(link: &str) -> bool {
    let start = link.get(..8).unwrap_or(link).to_ascii_lowercase();
    start.starts_with("http://") || start.starts_with("https://")
}

/// The text with `@name@host` as `@name`.
fn local_mentions(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, mention) = rest.split_at(at);
        out.push_str(before);
        let own = !out.chars().next_back().is_some_and(|c| c == '=' || c == '/' || is_word(c));
        let name = run(&mention[1..], |c| c.is_ascii_alphanumeric() || c == '_');
        let after = &mention[1 + name..];
        let host = after.strip_prefix('@').map_or(0, |host| run(host, is_word));
        let kept = if own && name > 0 { 1 + name } else { 1 };
        out.push_str(&mention[..kept]);
        rest = &mention[kept..];
        if kept > 1 && host > 0 {
            rest = &rest[1 + host..];
        }
    }
    out.push_str(rest);
    out
}

/// How many bytes at the beginning are words of such letters, joined by dots and hyphens.
fn run(text: &str, letter: impl Fn(char) -> bool) -> usize {
    let mut end = 0;
    for (index, c) in text.char_indices() {
        if letter(c) {
            end = index + c.len_utf8();
        } else if c != '.' && c != '-' || end == 0 {
            break;
        }
    }
    end
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::measure;

    #[test]
    fn links_count_23_and_mentions_their_local_part() {
        for (text, expected) in [
            ("", 0),
            ("Grüße 👩\u{200d}🚀", 7),
            ("https://example.com/a/very/long/path?with=a&query=string", 23),
            ("https://a.io", 23),
            ("see https://a.io and http://b.org/x.", 4 + 23 + 5 + 23 + 1),
            ("example.com", 11),
            ("@bob@other.example hi", 7),
            ("@bob.the-builder@other.example", 16),
            ("@bob@other.example.", 5),
            ("mail ada@example.com", 20),
            ("@@bob@a.example", 5),
            ("@ alone", 7),
        ] {
            assert_eq!(measure(text), expected, "{text}");
        }
    }
}
