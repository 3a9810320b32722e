//! The settings of a variant: read once, for the check and for publishing.

use postrider_domain::{Code, Issue};
use serde_json::{Map, Value};

use super::lang::is_language;
use super::links::PostRef;

/// Most languages of a post (lexicon `app.bsky.feed.post`, 2026-08-20).
const MOST_LANGS: usize = 3;
/// Labels an author may put on a post (lexicon `com.atproto.label.defs#labelValue`; the
/// others there are for moderators or for whole accounts).
const LABELS: &[&str] = &["sexual", "nudity", "porn", "graphic-media"];
/// Our names of the gate's rules, and the lexicon's.
const RULES: &[(&str, &str)] = &[
    ("mentioned", "app.bsky.feed.threadgate#mentionRule"),
    ("following", "app.bsky.feed.threadgate#followingRule"),
    ("followers", "app.bsky.feed.threadgate#followerRule"),
];

/// What a variant's settings say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// Language tags.
    pub(super) langs: Vec<String>,
    /// Content labels.
    pub(super) labels: Vec<String>,
    /// Types of the gate's rules; `None` writes no gate, an empty list lets nobody reply.
    pub(super) gate: Option<Vec<&'static str>>,
    /// The post that the root quotes.
    pub(super) quote: Option<PostRef>,
    /// The link card of the root.
    pub(super) card: Option<Card>,
}

/// A link card. Cards are made by the client: the network fetches nothing itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Card {
    /// Where it leads.
    pub(super) url: String,
    /// Its headline.
    pub(super) title: String,
    /// What stands below.
    pub(super) description: String,
}

impl Settings {
    /// Reads them, with all that is wrong. What is wrong is left out. Links may be those of `web`
    /// (see [`super::links::web`]).
    pub(super) fn read(map: &Map<String, Value>, web: &str) -> (Self, Vec<Issue>) {
        let mut issues = Vec::new();
        let settings = Self {
            langs: langs(map.get("langs"), &mut issues),
            labels: labels(map.get("labels"), &mut issues),
            gate: gate(map.get("reply_gate"), &mut issues),
            quote: quote(map.get("quote"), web, &mut issues),
            card: card(map.get("card"), &mut issues),
        };
        (settings, issues)
    }
}

fn invalid(field: impl Into<String>, name: &str) -> Issue {
    Issue::error(Code::SettingInvalid, field).with("name", name).with("platform", "Bluesky")
}

/// The texts of a list with their places; anything else, and a repeated text, is an issue.
fn texts<'a>(value: Option<&'a Value>, name: &str, issues: &mut Vec<Issue>) -> Vec<(String, &'a str)> {
    let Some(value) = value else { return Vec::new() };
    let Some(list) = value.as_array() else {
        issues.push(invalid(format!("/settings/{name}"), name));
        return Vec::new();
    };
    let mut found: Vec<(String, &str)> = Vec::new();
    for (index, item) in list.iter().enumerate() {
        let field = format!("/settings/{name}/{index}");
        match item.as_str() {
            Some(text) if found.iter().all(|(_, other)| *other != text) => found.push((field, text)),
            _ => issues.push(invalid(field, name)),
        }
    }
    found
}

fn langs(value: Option<&Value>, issues: &mut Vec<Issue>) -> Vec<String> {
    let used = value.and_then(Value::as_array).map_or(0, Vec::len);
    if used > MOST_LANGS {
        let issue = Issue::error(Code::LanguagesTooMany, "/settings/langs");
        issues.push(issue.with("limit", MOST_LANGS).with("used", used).with("platform", "Bluesky"));
    }
    let mut langs = Vec::new();
    for (field, text) in texts(value, "langs", issues) {
        match is_language(text) {
            true => langs.push(text.to_owned()),
            false => issues.push(Issue::error(Code::LanguageInvalid, field).with("name", text)),
        }
    }
    langs
}

fn labels(value: Option<&Value>, issues: &mut Vec<Issue>) -> Vec<String> {
    let (known, unknown): (Vec<_>, Vec<_>) =
        texts(value, "labels", issues).into_iter().partition(|(_, text)| LABELS.contains(text));
    issues.extend(unknown.into_iter().map(|(field, _)| invalid(field, "labels")));
    known.into_iter().map(|(_, text)| text.to_owned()).collect()
}

fn gate(value: Option<&Value>, issues: &mut Vec<Issue>) -> Option<Vec<&'static str>> {
    const NAME: &str = "reply_gate";
    match value {
        None => None,
        Some(Value::String(text)) if text == "everyone" => None,
        Some(Value::String(text)) if text == "nobody" => Some(Vec::new()),
        Some(Value::Array(list)) if !list.is_empty() => {
            let mut rules = Vec::new();
            for (field, text) in texts(value, NAME, issues) {
                match RULES.iter().find(|(name, _)| *name == text) {
                    Some((_, rule)) => rules.push(*rule),
                    None => issues.push(invalid(field, NAME)),
                }
            }
            Some(rules)
        }
        Some(_) => {
            issues.push(invalid(format!("/settings/{NAME}"), NAME));
            None
        }
    }
}

fn quote(value: Option<&Value>, web: &str, issues: &mut Vec<Issue>) -> Option<PostRef> {
    match value? {
        Value::String(text) => {
            let post = PostRef::parse(text, web);
            if post.is_none() {
                issues.push(Issue::error(Code::LinkInvalid, "/settings/quote").with("name", text));
            }
            post
        }
        _ => {
            issues.push(invalid("/settings/quote", "quote"));
            None
        }
    }
}

fn card(value: Option<&Value>, issues: &mut Vec<Issue>) -> Option<Card> {
    let value = value?;
    let Some(map) = value.as_object() else {
        issues.push(invalid("/settings/card", "card"));
        return None;
    };
    let before = issues.len();
    for name in map.keys().filter(|name| !["url", "title", "description"].contains(&name.as_str())) {
        issues.push(invalid(format!("/settings/card/{name}"), name));
    }
    let mut text = |name: &str| match map.get(name) {
        None => String::new(),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(_) => {
            issues.push(invalid(format!("/settings/card/{name}"), name));
            String::new()
        }
    };
    let card = Card { url: text("url"), title: text("title"), description: text("description") };
    if issues.len() == before && !is_web(&card.url) {
        issues.push(Issue::error(Code::LinkInvalid, "/settings/card/url").with("name", &card.url));
    }
    (issues.len() == before).then_some(card)
}

fn is_web(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> (Settings, Vec<(Code, String)>) {
        let (settings, issues) = Settings::read(value.as_object().expect("an object"), "http://127.0.0.1:2583");
        (settings, issues.into_iter().map(|issue| (issue.code, issue.field)).collect())
    }

    #[test]
    fn everything_right_is_read() {
        let (settings, issues) = read(json!({
            "langs": ["en", "pt-BR", "ja"],
            "labels": ["nudity"],
            "reply_gate": ["mentioned", "followers"],
            "quote": "https://bsky.app/profile/ada.example/post/3kabc",
        }));
        assert_eq!(issues, []);
        assert_eq!((settings.langs.len(), settings.labels.len()), (3, 1));
        let rules = ["app.bsky.feed.threadgate#mentionRule", "app.bsky.feed.threadgate#followerRule"];
        assert_eq!(settings.gate.as_deref(), Some(rules.as_slice()));
        assert_eq!(settings.quote.map(|post| post.rkey).as_deref(), Some("3kabc"));
        assert_eq!(read(json!({})).0, Settings::default());
    }

    #[test]
    fn the_gate_is_a_word_or_a_list() {
        let gate = |value: Value| read(json!({"reply_gate": value}));
        assert_eq!(gate(json!("everyone")), (Settings::default(), Vec::new()));
        assert_eq!(gate(json!("nobody")).0.gate, Some(Vec::new()));
        for wrong in [json!("friends"), json!([]), json!(true), json!({"allow": []})] {
            assert_eq!(gate(wrong.clone()).1, [(Code::SettingInvalid, "/settings/reply_gate".into())], "{wrong}");
        }
        let second = gate(json!(["following", "strangers", "following"])).1;
        let at = |n: usize| (Code::SettingInvalid, format!("/settings/reply_gate/{n}"));
        assert_eq!(second, [at(2), at(1)]);
    }

    #[test]
    fn each_wrong_entry_is_named_with_its_place() {
        let (_, issues) = read(json!({
            "langs": ["en", "EN", "de", 7, "en"],
            "labels": ["gore", "porn"],
            "quote": "https://example.com/",
        }));
        let expected = [
            (Code::LanguagesTooMany, "/settings/langs"),
            (Code::SettingInvalid, "/settings/langs/3"),
            (Code::SettingInvalid, "/settings/langs/4"),
            (Code::LanguageInvalid, "/settings/langs/1"),
            (Code::SettingInvalid, "/settings/labels/0"),
            (Code::LinkInvalid, "/settings/quote"),
        ];
        assert_eq!(issues, expected.map(|(code, field)| (code, field.to_owned())));
    }

    #[test]
    fn a_card_leads_somewhere_and_has_nothing_unknown() {
        let (settings, issues) = read(json!({"card": {"url": "https://a.example/x", "title": " Title "}}));
        assert_eq!(issues, []);
        let card = settings.card.expect("a card");
        assert_eq!(
            (card.url.as_str(), card.title.as_str(), card.description.as_str()),
            ("https://a.example/x", "Title", "")
        );
        for (card, code, field) in [
            (json!({}), Code::LinkInvalid, "/settings/card/url"),
            (json!({"url": "mailto:a@b.example"}), Code::LinkInvalid, "/settings/card/url"),
            (json!({"url": "https://a.example", "title": 7}), Code::SettingInvalid, "/settings/card/title"),
            (json!({"url": "https://a.example", "image": "x"}), Code::SettingInvalid, "/settings/card/image"),
        ] {
            let (settings, issues) = read(json!({ "card": card }));
            assert_eq!((settings.card, issues), (None, vec![(code, field.to_owned())]));
        }
    }

    #[test]
    fn values_of_another_type_are_refused() {
        for name in ["langs", "labels", "reply_gate", "quote", "card"] {
            let other = if name == "card" { json!([]) } else { json!({}) };
            for value in [json!(null), json!(7), other] {
                let issues = read(json!({ name: value })).1;
                assert_eq!(issues, [(Code::SettingInvalid, format!("/settings/{name}"))], "{name}: {value}");
            }
        }
    }
}
