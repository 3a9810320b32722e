//! The settings of a variant: read once, for the check and for publishing.

use std::collections::BTreeSet;

use postrider_connector::Subject;
use postrider_domain::text::{Unit, measure};
use postrider_domain::{Code, Issue};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::descriptor::DESCRIPTOR;
use super::instance::Facts;
use super::wire::status_id;

/// Who sees a status, as the platform names it.
const VISIBILITIES: &[&str] = &["public", "unlisted", "private", "direct"];

/// What a variant's settings say.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Settings {
    /// Who sees it; `None` leaves it to the account's own preference.
    pub(super) visibility: Option<String>,
    /// What hides the text.
    pub(super) warning: Option<String>,
    /// Whether files are hidden.
    pub(super) sensitive: bool,
    /// ISO 639 code.
    pub(super) language: Option<String>,
    /// The poll of the root.
    pub(super) poll: Option<Poll>,
    /// Link of the status that the root quotes.
    pub(super) quote: Option<String>,
}

/// A poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Poll {
    /// What can be chosen.
    pub(super) options: Vec<String>,
    /// Seconds until it closes.
    pub(super) expires_in: u64,
    /// Whether more than one can be chosen.
    #[serde(default)]
    pub(super) multiple: bool,
    /// Whether counts are hidden until it closes.
    #[serde(default)]
    pub(super) hide_totals: bool,
}

fn invalid(name: &str) -> Issue {
    let issue = Issue::error(Code::SettingInvalid, format!("/settings/{name}"));
    issue.with("name", name).with("platform", DESCRIPTOR.name)
}

impl Settings {
    /// Reads them, with all that is wrong. What is wrong is left out.
    pub(super) fn read(map: &Map<String, Value>) -> (Self, Vec<Issue>) {
        let mut issues = Vec::new();
        let mut text = |name: &str, right: fn(&str) -> bool, code: Code| match map.get(name) {
            None => None,
            Some(Value::String(text)) if right(text) => Some(text.clone()),
            Some(Value::String(text)) if code != Code::SettingInvalid => {
                issues.push(Issue::error(code, format!("/settings/{name}")).with("name", text));
                None
            }
            Some(_) => {
                issues.push(invalid(name));
                None
            }
        };
        let some = |text: &str| !text.is_empty();
        let language = |text: &str| (2..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase());
        let mut settings = Self {
            visibility: text("visibility", |text| VISIBILITIES.contains(&text), Code::SettingInvalid),
            warning: text("content_warning", some, Code::SettingInvalid),
            language: text("language", language, Code::LanguageInvalid),
            quote: text("quote", some, Code::SettingInvalid),
            ..Self::default()
        };
        match map.get("sensitive") {
            None => {}
            Some(Value::Bool(value)) => settings.sensitive = *value,
            Some(_) => issues.push(invalid("sensitive")),
        }
        if let Some(value) = map.get("poll") {
            settings.poll = Poll::read(value, &mut issues);
        }
        (settings, issues)
    }
}

impl Poll {
    fn read(value: &Value, issues: &mut Vec<Issue>) -> Option<Self> {
        let poll = serde_json::from_value::<Self>(value.clone()).ok();
        let distinct = |poll: &Self| poll.options.iter().collect::<BTreeSet<_>>().len() == poll.options.len();
        let sound = poll.filter(|poll| {
            poll.options.len() >= 2
                && poll.expires_in > 0
                && poll.options.iter().all(|o| !o.is_empty())
                && distinct(poll)
        });
        if sound.is_none() {
            issues.push(invalid("poll"));
        }
        sound
    }

    fn check(&self, facts: &Facts) -> Vec<Issue> {
        let over = |field: String, limit: u64, used: u64| {
            Issue::error(Code::PollLimit, field)
                .with("limit", limit)
                .with("used", used)
                .with("platform", DESCRIPTOR.name)
        };
        let mut issues = Vec::new();
        if self.options.len() > facts.poll_options {
            let (limit, used) = (facts.poll_options as u64, self.options.len() as u64);
            issues.push(over("/settings/poll/options".to_owned(), limit, used));
        }
        for (index, option) in self.options.iter().enumerate() {
            let used = measure(option, Unit::Graphemes);
            if used > facts.poll_option_characters {
                let field = format!("/settings/poll/options/{index}");
                issues.push(over(field, facts.poll_option_characters as u64, used as u64));
            }
        }
        if !(facts.poll_min_s..=facts.poll_max_s).contains(&self.expires_in) {
            let limit = if self.expires_in < facts.poll_min_s { facts.poll_min_s } else { facts.poll_max_s };
            issues.push(over("/settings/poll/expires_in".to_owned(), limit, self.expires_in));
        }
        issues
    }
}

/// What is wrong beyond the descriptor's rules.
pub(super) fn check(facts: &Facts, subject: &Subject<'_>) -> Vec<Issue> {
    let (settings, mut issues) = Settings::read(&subject.variant.settings);
    if facts.media_required && subject.variant.parts.first().is_some_and(|root| root.media.is_empty()) {
        issues.push(Issue::error(Code::MediaRequired, "/parts/0/media").with("host", &subject.account.host));
    }
    issues.extend(with_warning(facts, subject, settings.warning.as_deref()));
    let (ways, host) = (facts.dialect(), &subject.account.host);
    if settings.visibility.as_deref() == Some("direct") && !ways.direct {
        issues.push(Issue::error(Code::VisibilityUnsupported, "/settings/visibility").with("host", host));
    }
    if settings.poll.is_some() && !ways.polls {
        issues.push(Issue::error(Code::PollsUnsupported, "/settings/poll").with("host", host));
    } else if let Some(poll) = &settings.poll {
        issues.extend(poll.check(facts));
        if subject.variant.parts.first().is_some_and(|root| !root.media.is_empty()) {
            issues.push(Issue::error(Code::PollWithMedia, "/parts/0/media").with("platform", DESCRIPTOR.name));
        }
    }
    if let Some(quote) = &settings.quote {
        let known = status_id(subject.account, quote).is_some();
        if !facts.quotes {
            issues.push(Issue::error(Code::QuotesUnsupported, "/settings/quote").with("host", &subject.account.host));
        } else if !known {
            issues.push(Issue::error(Code::LinkInvalid, "/settings/quote").with("name", quote));
        }
    }
    issues
}

/// A content warning counts with each text. A text that is too long by itself is named already.
fn with_warning(facts: &Facts, subject: &Subject<'_>, warning: Option<&str>) -> Vec<Issue> {
    let length = |text: &str| facts.dialect().counts.iter().map(|&unit| measure(text, unit)).max().unwrap_or_default();
    let Some(warning) = warning.map(length) else { return Vec::new() };
    let over = |(index, text): (usize, &str)| {
        let used = length(text);
        let together = used + warning > facts.max_characters && used <= facts.max_characters;
        let issue = || Issue::error(Code::TextTooLong, format!("/parts/{index}/text"));
        together.then(|| {
            issue().with("limit", facts.max_characters).with("used", used + warning).with("platform", DESCRIPTOR.name)
        })
    };
    subject.variant.parts.iter().map(|part| part.text.as_str()).enumerate().filter_map(over).collect()
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
        let poll = json!({"options": ["a", "b"], "expires_in": 600, "multiple": true});
        let (settings, issues) = read(json!({
            "visibility": "unlisted",
            "content_warning": "spiders",
            "sensitive": true,
            "language": "de",
            "poll": poll,
            "quote": "https://a.example/@b/1",
        }));
        assert_eq!(issues, []);
        assert_eq!((settings.visibility.as_deref(), settings.sensitive), (Some("unlisted"), true));
        assert!(settings.poll.is_some_and(|poll| poll.multiple && !poll.hide_totals));
    }

    #[test]
    fn each_wrong_value_is_named() {
        for (name, value, code) in [
            ("visibility", json!("friends"), Code::SettingInvalid),
            ("content_warning", json!(""), Code::SettingInvalid),
            ("sensitive", json!("yes"), Code::SettingInvalid),
            ("language", json!("German"), Code::LanguageInvalid),
            ("language", json!(7), Code::SettingInvalid),
            ("quote", json!(null), Code::SettingInvalid),
            ("poll", json!({"options": ["a"], "expires_in": 600}), Code::SettingInvalid),
            ("poll", json!({"options": ["a", "a"], "expires_in": 600}), Code::SettingInvalid),
            ("poll", json!({"options": ["a", "b"]}), Code::SettingInvalid),
            ("poll", json!({"options": ["a", "b"], "expires_in": 600, "odd": 1}), Code::SettingInvalid),
        ] {
            let (settings, issues) = read(json!({ name: value }));
            assert_eq!((settings, issues), (Settings::default(), vec![(code, format!("/settings/{name}"))]));
        }
    }

    #[test]
    fn a_poll_keeps_the_servers_limits() {
        let facts = Facts::default();
        let poll = |options: Vec<String>, expires_in| Poll { options, expires_in, multiple: false, hide_totals: false };
        let options = |n: usize| (0..n).map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(poll(options(4), 300).check(&facts), []);
        let fields = |poll: Poll| poll.check(&facts).into_iter().map(|issue| issue.field).collect::<Vec<_>>();
        assert_eq!(fields(poll(options(5), 300)), ["/settings/poll/options"]);
        assert_eq!(fields(poll(options(2), 299)), ["/settings/poll/expires_in"]);
        assert_eq!(fields(poll(options(2), 2_629_747)), ["/settings/poll/expires_in"]);
        assert_eq!(fields(poll(vec!["x".repeat(50), "y".repeat(51)], 300)), ["/settings/poll/options/1"]);
    }
}
