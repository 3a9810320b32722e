//! Language tags (BCP 47, RFC 5646 section 2.1), as strictly as the strictest server reads them.

/// Irregular tags that the grammar does not cover (RFC 5646, `irregular`).
const IRREGULAR: &[&str] = &[
    "en-gb-oed",
    "i-ami",
    "i-bnn",
    "i-default",
    "i-enochian",
    "i-hak",
    "i-klingon",
    "i-lux",
    "i-mingo",
    "i-navajo",
    "i-pwn",
    "i-tao",
    "i-tay",
    "i-tsu",
    "sgn-be-fr",
    "sgn-be-nl",
    "sgn-ch-de",
];

/// Whether it is a well-formed tag; the primary language must be in lower case.
pub(super) fn is_language(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let tags: Vec<&str> = lower.split('-').collect();
    let word = |tag: &&str| (1..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric());
    if !tags.iter().all(word) {
        return false;
    }
    match (tags[0], &tags[1..]) {
        ("x", rest) => !rest.is_empty(),
        (primary, rest) => {
            IRREGULAR.contains(&lower.as_str())
                || (is_alpha(primary, 2..=3) && text.starts_with(primary) && subtags(rest))
        }
    }
}

fn is_alpha(tag: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphabetic())
}

/// What follows the primary language, in the grammar's order.
fn subtags(mut tags: &[&str]) -> bool {
    for _ in 0..3 {
        skip_if(&mut tags, |tag| is_alpha(tag, 3..=3));
    }
    skip_if(&mut tags, |tag| is_alpha(tag, 4..=4));
    skip_if(&mut tags, |tag| is_alpha(tag, 2..=2) || tag.len() == 3 && tag.bytes().all(|b| b.is_ascii_digit()));
    let mut seen = Vec::new();
    while let Some(tag) = tags.first().filter(|tag| is_variant(tag)) {
        if seen.contains(tag) {
            return false;
        }
        seen.push(*tag);
        tags = &tags[1..];
    }
    extensions(tags)
}

fn skip_if(tags: &mut &[&str], wanted: impl Fn(&str) -> bool) {
    if tags.first().is_some_and(|tag| wanted(tag)) {
        *tags = &tags[1..];
    }
}

fn is_variant(tag: &str) -> bool {
    (5..=8).contains(&tag.len()) || tag.len() == 4 && tag.starts_with(|c: char| c.is_ascii_digit())
}

/// Extensions, each singleton once, and private use at the end.
fn extensions(mut tags: &[&str]) -> bool {
    let mut seen = Vec::new();
    while let Some((singleton, rest)) = tags.split_first() {
        if *singleton == "x" {
            return !rest.is_empty();
        }
        let length = rest.iter().take_while(|tag| tag.len() >= 2).count();
        if singleton.len() != 1 || seen.contains(singleton) || length == 0 {
            return false;
        }
        seen.push(*singleton);
        tags = &rest[length..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_tags_pass() {
        for tag in [
            "ja",
            "ban",
            "pt-BR",
            "hy-Latn-IT-arevela",
            "zh-Hant",
            "es-419",
            "sgn-BE-NL",
            "i-navajo",
            "zh-hakka",
            "en-GB-boont-r-extended-sequence-x-private",
            "de-CH-1901",
            "qaa-Qaaa-QM-x-southern",
            "X-fr-CH",
            "de-X-foo",
            "en-u-co-phonebk-t-en-US",
            "zh-cmn-Hans-CN",
        ] {
            assert!(is_language(tag), "{tag}");
        }
    }

    #[test]
    fn malformed_repeated_and_shouted_tags_do_not() {
        for tag in [
            "",
            "-",
            "j",
            "jaja",
            "JA",
            "123",
            ".",
            "ja-",
            "a-DE",
            "en_US",
            "english",
            "de-DE-1901-1901",
            "en-rozaj-ROZAJ",
            "en-a-foo-a-bar",
            "en-a",
            "x",
            "en-x",
            "en-toolongsubtag",
            "dé",
        ] {
            assert!(!is_language(tag), "{tag}");
        }
    }
}
