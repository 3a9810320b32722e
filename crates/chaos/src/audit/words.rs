//! The word that names a part of a revision of a post, and where it stands.

use serde_json::Value;

/// `p000123.1r2`: part 1 (0 is the root) of revision 2 of post `p000123`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) post: &'a str,
    pub(super) part: u32,
    pub(super) revision: u32,
}

/// Every word in a text, in order.
pub(super) fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let begins = text.match_indices('p').map(|(at, _)| at);
    begins.filter(|at| !text[..*at].ends_with(|c: char| c.is_ascii_alphanumeric())).filter_map(|at| word(&text[at..]))
}

/// The words in all strings of a JSON value.
pub(super) fn within(value: &Value) -> Vec<Word<'_>> {
    match value {
        Value::String(text) => words(text).collect(),
        Value::Array(items) => items.iter().flat_map(within).collect(),
        Value::Object(members) => members.values().flat_map(within).collect(),
        _ => Vec::new(),
    }
}

/// The word at the beginning of `text`.
fn word(text: &str) -> Option<Word<'_>> {
    let (number, rest) = digits(text.strip_prefix('p')?)?;
    let (part, rest) = digits(rest.strip_prefix('.')?)?;
    let (revision, _) = digits(rest.strip_prefix('r')?)?;
    Some(Word { post: &text[..=number.len()], part: part.parse().ok()?, revision: revision.parse().ok()? })
}

fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_are_found_whole_and_nowhere_else() {
        let found: Vec<_> = words("Hop p1 xp000001.0r1 (p000123.1r2)p.0r1 p7.3rx p000124.10r11!").collect();
        let want = [Word { post: "p000123", part: 1, revision: 2 }, Word { post: "p000124", part: 10, revision: 11 }];
        assert_eq!(found, want);
    }

    #[test]
    fn words_are_found_at_any_depth() {
        let body = json!({"record": {"text": "α p000001.0r1", "tags": [1, "p000002.0r1"]}, "n": 5});
        let posts: Vec<_> = within(&body).iter().map(|word| word.post).collect();
        assert_eq!(posts.len(), 2);
        assert!(posts.contains(&"p000001") && posts.contains(&"p000002"));
    }
}
