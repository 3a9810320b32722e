//! The part of preflight that follows from the descriptor alone.

use postrider_domain::content::{PartContent, Variant};
use postrider_domain::text::{Unit, measure};
use postrider_domain::{Code, Issue};

use crate::descriptor::{Descriptor, TextLimit};
use crate::machine::Account;

/// Everything in `variant` that breaks the descriptor's rules.
pub fn by_descriptor(descriptor: &Descriptor, variant: &Variant, _account: &Account) -> Vec<Issue> {
    let mut issues = thread(descriptor, &variant.parts);
    for (index, part) in variant.parts.iter().enumerate() {
        issues.extend(text(descriptor, part, index));
        issues.extend(media(descriptor, part, index));
    }
    issues.extend(settings(descriptor, variant));
    issues
}

fn thread(descriptor: &Descriptor, parts: &[PartContent]) -> Vec<Issue> {
    let mut issues = Vec::new();
    let max = descriptor.thread.map_or(1, |rules| rules.max_parts);
    if parts.is_empty() {
        issues.push(Issue::error(Code::TextEmpty, "/parts"));
    }
    if parts.len() > max {
        let code = if max == 1 { Code::PartsUnsupported } else { Code::PartsTooMany };
        issues.push(
            Issue::error(code, "/parts").with("limit", max).with("used", parts.len()).with("platform", descriptor.name),
        );
    }
    let max_delay = descriptor.thread.map_or(0, |rules| rules.max_delay_s);
    for (index, part) in parts.iter().enumerate().filter(|(_, part)| part.delay_s > max_delay) {
        issues.push(
            Issue::error(Code::PartDelayTooLong, format!("/parts/{index}/delay_s"))
                .with("limit", max_delay)
                .with("used", part.delay_s),
        );
    }
    issues
}

fn text(descriptor: &Descriptor, part: &PartContent, index: usize) -> Vec<Issue> {
    let field = format!("/parts/{index}/text");
    if part.text.trim().is_empty() && part.media.is_empty() && descriptor.text_required {
        return vec![Issue::error(Code::TextEmpty, field)];
    }
    descriptor.text.iter().filter_map(|limit| over(limit, &part.text, &field, descriptor.name)).collect()
}

fn over(limit: &TextLimit, text: &str, field: &str, platform: &str) -> Option<Issue> {
    let used = measure(text, limit.unit);
    let code = if limit.unit == Unit::Bytes { Code::TextTooManyBytes } else { Code::TextTooLong };
    (used > limit.max)
        .then(|| Issue::error(code, field).with("limit", limit.max).with("used", used).with("platform", platform))
}

fn media(descriptor: &Descriptor, part: &PartContent, index: usize) -> Option<Issue> {
    let field = format!("/parts/{index}/media");
    match descriptor.media {
        None if !part.media.is_empty() => {
            Some(Issue::error(Code::MediaUnsupported, field).with("platform", descriptor.name))
        }
        Some(rules) if part.media.len() > rules.max_items => {
            Some(Issue::error(Code::MediaTooMany, field).with("limit", rules.max_items).with("used", part.media.len()))
        }
        _ => None,
    }
}

fn settings(descriptor: &Descriptor, variant: &Variant) -> Vec<Issue> {
    let schema: serde_json::Value = serde_json::from_str(descriptor.settings).unwrap_or_default();
    let known = schema["properties"].as_object();
    variant
        .settings
        .keys()
        .filter(|name| !known.is_some_and(|known| known.contains_key(*name)))
        .map(|name| {
            Issue::error(Code::SettingUnknown, format!("/settings/{name}"))
                .with("name", name)
                .with("platform", descriptor.name)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use postrider_domain::content::MediaRef;
    use postrider_domain::id::MediaId;
    use serde_json::json;

    use super::*;
    use crate::descriptor::{AuthKind, LiveSupport, LookupKind, MediaRules, ThreadRules};

    const PLAIN: Descriptor = Descriptor {
        id: "plain",
        name: "Plain",
        docs: "https://example.com",
        host: None,
        api_version: "1",
        sunset: None,
        auth: AuthKind::Fixed { fields: &[] },
        scopes: &[],
        kinds: &[],
        text: &[
            TextLimit { unit: Unit::Graphemes, max: 5, source: "test" },
            TextLimit { unit: Unit::Bytes, max: 30, source: "test" },
        ],
        text_required: true,
        media: None,
        thread: None,
        settings: r#"{"properties":{"known":{}}}"#,
        budgets: &[],
        lookup: LookupKind::None,
        visibility_delay: Duration::ZERO,
        live: LiveSupport { edit: false, delete: false },
        deauthorisation: "none",
        min_gap: Duration::ZERO,
    };

    fn part(text: &str, media: usize) -> PartContent {
        let media_ref = |n| MediaRef { id: MediaId::from_uuid(uuid::Uuid::from_u128(n as u128)), alt: None };
        PartContent { text: text.to_owned(), media: (0..media).map(media_ref).collect(), delay_s: 0 }
    }

    fn found(descriptor: &Descriptor, parts: Vec<PartContent>) -> Vec<(Code, String)> {
        let account =
            Account { host: String::new(), remote_id: String::new(), handle: String::new(), facts: json!(null) };
        let variant = Variant { parts, settings: serde_json::Map::new() };
        by_descriptor(descriptor, &variant, &account).into_iter().map(|issue| (issue.code, issue.field)).collect()
    }

    #[test]
    fn each_limit_holds_at_n_and_breaks_at_n_plus_one() {
        assert_eq!(found(&PLAIN, vec![part("12345", 0)]), []);
        assert_eq!(found(&PLAIN, vec![part("123456", 0)]), [(Code::TextTooLong, "/parts/0/text".into())]);
        // One family emoji is one grapheme of 25 bytes.
        let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
        assert_eq!(found(&PLAIN, vec![part(&format!("{family}1234"), 0)]), []);
        let two = found(&PLAIN, vec![part(&format!("{family}{family}"), 0)]);
        assert_eq!(two, [(Code::TextTooManyBytes, "/parts/0/text".into())]);
    }

    #[test]
    fn everything_wrong_is_named_not_only_the_first() {
        let mut second = part("too long by far, and by bytes as well", 1);
        second.delay_s = 9;
        let all = found(&PLAIN, vec![part(" \n", 0), second]);
        let codes: Vec<Code> = all.iter().map(|(code, _)| *code).collect();
        let expected = [
            Code::PartsUnsupported,
            Code::PartDelayTooLong,
            Code::TextEmpty,
            Code::TextTooLong,
            Code::TextTooManyBytes,
            Code::MediaUnsupported,
        ];
        assert_eq!(codes, expected);
        assert_eq!(found(&PLAIN, Vec::new()), [(Code::TextEmpty, "/parts".into())]);
    }

    #[test]
    fn threads_and_media_have_limits_of_their_own() {
        let rich = Descriptor {
            media: Some(MediaRules { max_items: 2 }),
            thread: Some(ThreadRules { max_parts: 2, max_delay_s: 60 }),
            ..PLAIN
        };
        let mut late = part("b", 0);
        late.delay_s = 60;
        assert_eq!(found(&rich, vec![part("", 2), late.clone()]), [], "media may stand without text");
        late.delay_s = 61;
        let broken = found(&rich, vec![part("a", 3), late, part("c", 0)]);
        let fields: Vec<&str> = broken.iter().map(|(_, field)| field.as_str()).collect();
        assert_eq!(fields, ["/parts", "/parts/1/delay_s", "/parts/0/media"]);
    }

    #[test]
    fn an_unknown_setting_is_named() {
        let account =
            Account { host: String::new(), remote_id: String::new(), handle: String::new(), facts: json!({}) };
        let settings = json!({"known": 1, "other": 2}).as_object().cloned().expect("an object");
        let issues = by_descriptor(&PLAIN, &Variant { parts: vec![part("a", 0)], settings }, &account);
        assert_eq!(issues.len(), 1);
        assert_eq!((issues[0].code, issues[0].field.as_str()), (Code::SettingUnknown, "/settings/other"));
        assert_eq!(issues[0].args["name"], "other");
    }
}
