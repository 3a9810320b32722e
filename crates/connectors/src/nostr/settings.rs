//! The settings of a variant: read once, for the check and for publishing.

use nostr::nips::nip19::Nip19Event;
use postrider_domain::{Code, Issue};
use serde_json::{Map, Value};

use super::event::event_in;

/// The longest content warning, in characters; our own figure.
const LONGEST_WARNING: usize = 200;

/// What a variant's settings say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// Why readers may not want to see it (NIP-36).
    pub(super) warning: Option<String>,
    /// ISO 639-1 code (NIP-32).
    pub(super) language: Option<String>,
    /// The event that the root quotes (NIP-18).
    pub(super) quote: Option<Nip19Event>,
}

impl Settings {
    /// Reads them, with all that is wrong. What is wrong is left out.
    pub(super) fn read(map: &Map<String, Value>) -> (Self, Vec<Issue>) {
        let mut issues = Vec::new();
        let mut text = |name: &str| match map.get(name) {
            None => None,
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(_) => {
                issues.push(invalid(name));
                None
            }
        };
        let (warning, language, quote) = (text("content_warning"), text("language"), text("quote"));
        let long = warning.as_ref().is_some_and(|text| text.chars().count() > LONGEST_WARNING);
        let code = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_lowercase());
        if long {
            issues.push(invalid("content_warning"));
        }
        if let Some(other) = language.as_ref().filter(|text| !code(text)) {
            issues.push(Issue::error(Code::LanguageInvalid, "/settings/language").with("name", other));
        }
        let found = quote.as_ref().map(|text| (text, event_in(text)));
        if let Some((text, None)) = &found {
            issues.push(Issue::error(Code::LinkInvalid, "/settings/quote").with("name", text));
        }
        let settings = Self {
            warning: warning.filter(|_| !long),
            language: language.filter(|text| code(text)),
            quote: found.and_then(|(_, event)| event),
        };
        (settings, issues)
    }
}

fn invalid(name: &str) -> Issue {
    let issue = Issue::error(Code::SettingInvalid, format!("/settings/{name}"));
    issue.with("name", name).with("platform", "Nostr")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> (Settings, Vec<(Code, String)>) {
        let (settings, issues) = Settings::read(value.as_object().expect("an object"));
        (settings, issues.into_iter().map(|issue| (issue.code, issue.field)).collect())
    }

    #[test]
    fn everything_right_is_read() {
        let note = "note1fntxtkcy9pjwucqwa9mddn7v03wwwsu9j330jj350nvhpky2tuaspk6nqc";
        let (settings, issues) = read(json!({"content_warning": "spiders", "language": "de", "quote": note}));
        assert_eq!(issues, []);
        assert_eq!((settings.warning.as_deref(), settings.language.as_deref()), (Some("spiders"), Some("de")));
        assert!(settings.quote.is_some());
    }

    #[test]
    fn each_wrong_value_is_named() {
        let long = "x".repeat(LONGEST_WARNING + 1);
        assert_eq!(read(json!({"content_warning": "x".repeat(LONGEST_WARNING)})).1, []);
        for (name, value, code) in [
            ("content_warning", json!(long), Code::SettingInvalid),
            ("content_warning", json!(""), Code::SettingInvalid),
            ("language", json!("german"), Code::LanguageInvalid),
            ("language", json!(7), Code::SettingInvalid),
            ("quote", json!("https://example.com/"), Code::LinkInvalid),
            ("quote", json!(null), Code::SettingInvalid),
        ] {
            let (settings, issues) = read(json!({ name: value }));
            assert_eq!((settings, issues), (Settings::default(), vec![(code, format!("/settings/{name}"))]));
        }
    }
}
