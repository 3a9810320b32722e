//! The published conformance files of twitter-text and Unicode.
//!
//! They are not part of this repository. `POSTRIDER_SPECS` says where they are,
//! by default beside it; without them each test says that it skipped. `tests.rs`
//! holds cases of our own for the same rules.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

use super::extract::{self, Found, MentionStyle, Rules};
use super::weighted::{V3, Weights, weigh};
use super::{Unit, measure};

const V1: Weights = Weights { max: 140, scale: 1, default: 1, link: 23, ranges: &[], emoji: false };
const V2: Weights = Weights { emoji: false, ..V3 };

#[derive(Deserialize)]
struct Case {
    description: String,
    text: String,
    expected: Value,
}

type Sections = BTreeMap<String, Vec<Case>>;

#[derive(Deserialize)]
struct File {
    tests: Sections,
}

/// A file of the specs, or `None` after saying that there is none.
#[expect(clippy::disallowed_methods, reason = "where the specs lie is a question to the machine that runs the tests")]
fn spec(path: &str) -> Option<String> {
    let default = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs");
    let root = std::env::var_os("POSTRIDER_SPECS").map_or(default, PathBuf::from);
    let text = std::fs::read_to_string(root.join(path)).ok();
    if text.is_none() {
        println!("skipped: no specs at {}", root.join(path).display());
    }
    text
}

fn cases(file: &str) -> Option<Sections> {
    let text = spec(&format!("twitter_text/conformance/{file}"))?;
    let file: File = serde_saphyr::from_str(&text).expect("the file is YAML of the known shape");
    Some(file.tests)
}

/// The name of a section, and what answers its cases.
type Section = (&'static str, fn(&str) -> Value);

/// Runs sections of a file and lists every case that differs, none left out.
fn check(file: &str, sections: &[Section], expected_count: usize) {
    let Some(all) = cases(file) else { return };
    let mut count = 0;
    let mut wrong = Vec::new();
    for (section, run) in sections {
        for case in &all[*section] {
            count += 1;
            let got = run(&case.text);
            if got != case.expected {
                wrong.push(format!(
                    "{section}: {}\n  text {:?}\n  got  {got}\n  want {}",
                    case.description, case.text, case.expected
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(count, expected_count, "the file has other cases than when this was written");
}

fn values(found: Vec<Found>) -> Value {
    found.into_iter().map(|found| found.value).collect()
}

/// `indices` in the file are code points.
fn with_indices(text: &str, found: Vec<Found>, name: &str) -> Value {
    let items = found.into_iter().map(|found| {
        let range = found.span.code_points(text);
        json!({ name: found.value, "indices": [range.start, range.end] })
    });
    items.collect()
}

fn urls(text: &str) -> Value {
    values(extract::links(text, Rules::Weighted))
}

fn urls_with_indices(text: &str) -> Value {
    with_indices(text, extract::links(text, Rules::Weighted), "url")
}

fn mentions(text: &str) -> Value {
    values(extract::mentions(text, MentionStyle::ScreenName))
}

fn mentions_with_indices(text: &str) -> Value {
    with_indices(text, extract::mentions(text, MentionStyle::ScreenName), "screen_name")
}

fn lists_with_indices(text: &str) -> Value {
    let items = extract::mentions(text, MentionStyle::ScreenNameOrList).into_iter().map(|found| {
        let range = found.span.code_points(text);
        let name = found.value.split('/').next().unwrap_or_default().to_owned();
        let slug = found.value[name.len()..].to_owned();
        json!({ "screen_name": name, "list_slug": slug, "indices": [range.start, range.end] })
    });
    items.collect()
}

fn replies(text: &str) -> Value {
    extract::reply_to(text).map(|found| found.value).into()
}

fn hashtags(text: &str) -> Value {
    values(extract::hashtags(text, Rules::Weighted))
}

fn hashtags_with_indices(text: &str) -> Value {
    with_indices(text, extract::hashtags(text, Rules::Weighted), "hashtag")
}

fn cashtags(text: &str) -> Value {
    values(extract::cashtags(text))
}

fn cashtags_with_indices(text: &str) -> Value {
    with_indices(text, extract::cashtags(text), "cashtag")
}

#[test]
fn twitter_text_extraction() {
    let sections: [Section; 13] = [
        ("mentions", mentions),
        ("mentions_with_indices", mentions_with_indices),
        ("mentions_or_lists_with_indices", lists_with_indices),
        ("replies", replies),
        ("urls", urls),
        ("urls_with_indices", urls_with_indices),
        ("urls_with_directional_markers", urls_with_indices),
        ("tco_urls_with_params", urls),
        ("hashtags", hashtags),
        ("hashtags_from_astral", hashtags),
        ("hashtags_with_indices", hashtags_with_indices),
        ("cashtags", cashtags),
        ("cashtags_with_indices", cashtags_with_indices),
    ];
    check("extract.yml", &sections, 238);
}

#[test]
fn twitter_text_top_level_domains() {
    check("tlds.yml", &[("country", urls), ("generic", urls)], 1574);
}

/// The whole result of a weighted count, in the words of the file.
fn weighing(text: &str, weights: &Weights) -> Value {
    let measure = weigh(text, weights);
    let last = |end: usize| end.saturating_sub(1);
    json!({
        "weightedLength": measure.weighted,
        "valid": measure.valid,
        "permillage": measure.permillage,
        "displayRangeStart": 0,
        "displayRangeEnd": last(measure_utf16(text)),
        "validRangeStart": 0,
        "validRangeEnd": last(measure.valid_range.utf16(text).end),
    })
}

fn measure_utf16(text: &str) -> usize {
    measure(text, Unit::Utf16)
}

/// Section `urls` (24 cases) is for a validator of RFC 3986 addresses with user
/// names and IP numbers, which extraction does not have and nothing here needs.
#[test]
fn twitter_text_weighted_length_and_validity() {
    let sections: [Section; 8] = [
        ("tweets", |text| weigh(text, &V1).valid.into()),
        ("usernames", |text| is_whole(text, &extract::mentions(text, MentionStyle::ScreenName)).into()),
        ("lists", |text| {
            let lists = extract::mentions(text, MentionStyle::ScreenNameOrList);
            (is_whole(text, &lists) && lists[0].value.contains('/')).into()
        }),
        ("hashtags", |text| is_whole(text, &extract::hashtags(text, Rules::Weighted)).into()),
        ("urls_without_protocol", |text| is_whole(text, &extract::links(text, Rules::Weighted)).into()),
        ("WeightedTweetsCounterTest", |text| weighing(text, &V2)),
        ("WeightedTweetsWithDiscountedEmojiCounterTest", |text| weighing(text, &V3)),
        ("UnicodeDirectionalMarkerCounterTest", |text| weighing(text, &V3)),
    ];
    check("validate.yml", &sections, 8 + 4 + 5 + 7 + 5 + 20 + 22 + 2);
}

fn is_whole(text: &str, found: &[Found]) -> bool {
    matches!(found, [only] if only.span.of(text) == text)
}

/// Code points written in hexadecimal, with white space between them.
fn characters(hex: &str) -> String {
    let parse = |code: &str| u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
    hex.split_whitespace().map(|code| parse(code).expect("a code point")).collect()
}

/// Unicode 17 took U+2701 from `Extended_Pictographic`, so the cases of older
/// releases that join two of them no longer hold.
const OUTDATED_JOIN: &str = "2701 × 200D × 2701";

#[test]
fn unicode_grapheme_breaks() {
    let Some(file) = spec("unicode/GraphemeBreakTest.txt") else { return };
    let mut count = 0;
    for line in file.lines().filter_map(|line| line.split('#').next()).filter(|line| line.contains('÷')) {
        let clusters: Vec<String> = line.split('÷').map(|part| characters(&part.replace('×', " "))).collect();
        let expected = clusters.iter().filter(|cluster| !cluster.is_empty()).count();
        if !line.contains(OUTDATED_JOIN) {
            assert_eq!(measure(&clusters.concat(), Unit::Graphemes), expected, "{line}");
            count += 1;
        }
    }
    assert!(count > 590, "only {count} cases");
}

#[test]
fn every_unicode_emoji_is_one_character() {
    let Some(file) = spec("unicode/emoji-test.txt") else { return };
    let mut count = 0;
    for line in file.lines().filter(|line| line.contains("; fully-qualified")) {
        let emoji = characters(line.split(';').next().unwrap_or_default());
        assert_eq!(measure(&emoji, Unit::XWeighted), 2, "{line}");
        assert_eq!(measure(&emoji, Unit::Graphemes), 1, "{line}");
        assert_eq!(measure(&emoji, Unit::Threads), emoji.len(), "{line}");
        count += 1;
    }
    assert!(count > 3_600, "only {count} emoji");
}
