//! The settings of a variant: read once, for the check and for publishing.

use std::collections::BTreeSet;

use postrider_connector::Subject;
use postrider_domain::content::MediaRef;
use postrider_domain::media::{MediaKind, WHOLE};
use postrider_domain::text::{Unit, measure};
use postrider_domain::{Code, Issue};
use serde_json::{Map, Value};

use super::descriptor::DESCRIPTOR;
use super::limits::{LINKS, LONGEST, OPTION, OPTIONS, TOPIC, WIDTH, different_links};
use super::wire::Linked;
use crate::meta::is_api_id;

/// Who may reply (Postman collection of 2026-01-02; `parent_post_author_only` is for replies to others).
const REPLIERS: &[&str] = &["everyone", "accounts_you_follow", "followers_only", "mentioned_only"];

/// What a variant's settings say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// Who may reply; `None` leaves it to the account's own preference.
    pub(super) reply_control: Option<String>,
    /// The topic of the root.
    pub(super) topic: Option<String>,
    /// The card of the root.
    pub(super) link: Option<String>,
    /// The options of the root's poll; empty for none.
    pub(super) poll: Vec<String>,
    /// Whether files are blurred.
    pub(super) spoiler: bool,
    /// The post that the root quotes.
    pub(super) quote: Option<Quoted>,
}

/// A post that is quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Quoted {
    /// By the API's own id, anybody's.
    Id(String),
    /// By its link, from which the account's own posts alone can be found.
    Link(Linked),
}

impl Quoted {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if is_api_id(text) { Some(Self::Id(text.to_owned())) } else { Linked::parse(text).map(Self::Link) }
    }
}

fn invalid(name: &str) -> Issue {
    let issue = Issue::error(Code::SettingInvalid, format!("/settings/{name}"));
    issue.with("name", name).with("platform", DESCRIPTOR.name)
}

impl Settings {
    /// Reads them, with all that is wrong. What is wrong is left out.
    pub(super) fn read(map: &Map<String, Value>) -> (Self, Vec<Issue>) {
        let mut issues = Vec::new();
        let mut text = |name: &str, right: fn(&str) -> bool| match map.get(name) {
            None => None,
            Some(Value::String(text)) if right(text) => Some(text.clone()),
            Some(_) => {
                issues.push(invalid(name));
                None
            }
        };
        let mut settings = Self {
            reply_control: text("reply_control", |text| REPLIERS.contains(&text)),
            topic: text("topic", is_topic),
            link: text("link", is_link),
            ..Self::default()
        };
        match map.get("spoiler") {
            None => {}
            Some(Value::Bool(value)) => settings.spoiler = *value,
            Some(_) => issues.push(invalid("spoiler")),
        }
        match map.get("quote") {
            None => {}
            Some(Value::String(text)) => match Quoted::parse(text) {
                None => issues.push(Issue::error(Code::LinkInvalid, "/settings/quote").with("name", text)),
                quoted => settings.quote = quoted,
            },
            Some(_) => issues.push(invalid("quote")),
        }
        match map.get("poll").map(options) {
            None => {}
            Some(Some(options)) => settings.poll = options,
            Some(None) => issues.push(invalid("poll")),
        }
        (settings, issues)
    }
}

/// 1 to 50 characters without `.` and `&` (developers.facebook.com, "Threads API: posts", 2026-04-14).
fn is_topic(text: &str) -> bool {
    (1..=TOPIC).contains(&text.chars().count()) && !text.contains(['.', '&'])
}

fn is_link(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !text.contains(' '))
}

/// The options of a poll, each different.
fn options(value: &Value) -> Option<Vec<String>> {
    let texts = value.as_array()?.iter().map(|option| option.as_str().filter(|text| !text.is_empty()));
    let texts: Vec<&str> = texts.collect::<Option<_>>()?;
    let distinct = texts.iter().collect::<BTreeSet<_>>().len() == texts.len();
    (distinct && OPTIONS.contains(&texts.len())).then(|| texts.into_iter().map(str::to_owned).collect())
}

/// What is wrong beyond the descriptor's rules.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Issue> {
    let (settings, mut issues) = Settings::read(&subject.variant.settings);
    let on = |issue: Issue| issue.with("platform", DESCRIPTOR.name);
    let files = subject.variant.parts.first().is_some_and(|root| !root.media.is_empty());
    if !settings.poll.is_empty() && files {
        issues.push(on(Issue::error(Code::PollWithMedia, "/parts/0/media")));
    }
    if settings.link.is_some() && (files || !settings.poll.is_empty()) {
        issues.push(on(Issue::error(Code::CardAlone, "/settings/link")));
    }
    if let Some(Quoted::Link(linked)) = &settings.quote {
        let wrong = match linked {
            linked if !linked.is_read_at(&subject.account.host) => Some(Code::LinkInvalid),
            linked if !linked.is_of(&subject.account.handle) => Some(Code::QuoteNotOwn),
            _ => None,
        };
        let link = subject.variant.settings["quote"].as_str().unwrap_or_default();
        issues.extend(wrong.map(|code| {
            on(Issue::error(code, "/settings/quote")).with("name", link).with("handle", &subject.account.handle)
        }));
    }
    for (index, option) in settings.poll.iter().enumerate() {
        let used = measure(option, Unit::CodePoints);
        if used > OPTION {
            let field = format!("/settings/poll/{index}");
            issues.push(on(Issue::error(Code::PollLimit, field)).with("limit", OPTION).with("used", used));
        }
    }
    issues.extend(narrow(subject));
    for (index, part) in subject.variant.parts.iter().enumerate() {
        let used = different_links(&part.text, settings.link.as_deref().filter(|_| index == 0));
        if used > LINKS {
            let issue = on(Issue::error(Code::LinksTooMany, format!("/parts/{index}/text")));
            issues.push(issue.with("limit", LINKS).with("used", used));
        }
    }
    issues
}

/// Pictures that are not wide enough.
fn narrow(subject: &Subject<'_>) -> Vec<Issue> {
    let files = subject.variant.parts.iter().enumerate();
    let files =
        files.flat_map(|(part, content)| content.media.iter().enumerate().map(move |(n, used)| (part, n, used)));
    let issue = |(part, number, used): (usize, usize, &MediaRef)| {
        let facts = subject.shelf.files.get(&used.id)?.facts.as_ref()?;
        let share = |whole: u32, share: u16| u64::from(whole) * u64::from(share) / u64::from(WHOLE);
        let (width, height) = used.crop.map_or((facts.width.into(), facts.height.into()), |crop| {
            (share(facts.width, crop.width), share(facts.height, crop.height))
        });
        // A tall one is made smaller until its longer side is taken, and is narrower then.
        let shown = width.min(width * u64::from(LONGEST) / height.max(1));
        let issue = Issue::error(Code::MediaTooNarrow, format!("/parts/{part}/media/{number}"));
        let issue = issue.with("limit", WIDTH).with("used", shown).with("platform", DESCRIPTOR.name);
        (facts.kind != MediaKind::Video && shown < u64::from(WIDTH)).then_some(issue)
    };
    files.filter_map(issue).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> (Settings, Vec<(Code, String)>) {
        let (settings, issues) = Settings::read(value.as_object().expect("an object"));
        (settings, issues.into_iter().map(|issue| (issue.code, issue.field)).collect())
    }

    #[test]
    fn everything_right_is_read() {
        let (settings, issues) = read(&json!({
            "reply_control": "followers_only",
            "topic": "Zürich #1",
            "link": "https://example.com/a?b=1",
            "poll": ["tea", "coffee"],
            "spoiler": true,
            "quote": "https://www.threads.com/@ada/post/DCkkKl_OGb1",
        }));
        assert_eq!(issues, []);
        assert_eq!(settings.reply_control.as_deref(), Some("followers_only"));
        assert_eq!((settings.topic.as_deref(), settings.spoiler), (Some("Zürich #1"), true));
        assert_eq!(settings.poll, ["tea", "coffee"]);
        assert!(matches!(&settings.quote, Some(Quoted::Link(linked)) if linked.code == "DCkkKl_OGb1"));
        let (by_id, issues) = read(&json!({"quote": " 17900000000000001 "}));
        assert_eq!((by_id.quote, issues), (Some(Quoted::Id("17900000000000001".into())), vec![]));
    }

    #[test]
    fn each_wrong_value_is_named() {
        for (name, value) in [
            ("reply_control", json!("friends")),
            ("reply_control", json!("parent_post_author_only")),
            ("topic", json!("")),
            ("topic", json!("a.b")),
            ("topic", json!("a&b")),
            ("topic", json!("x".repeat(51))),
            ("link", json!("example.com")),
            ("link", json!("https://")),
            ("link", json!("javascript:alert(1)")),
            ("poll", json!(["a"])),
            ("poll", json!(["a", "a"])),
            ("poll", json!(["a", "b", "c", "d", "e"])),
            ("poll", json!(["a", ""])),
            ("poll", json!({"options": ["a", "b"]})),
            ("spoiler", json!("yes")),
            ("quote", json!(17)),
        ] {
            let (settings, issues) = read(&json!({ name: value }));
            let expected = vec![(Code::SettingInvalid, format!("/settings/{name}"))];
            assert_eq!((settings, issues), (Settings::default(), expected), "{name}: {value}");
        }
    }

    #[test]
    fn a_quoted_post_is_one_of_the_account_or_named_by_its_id() {
        for none in ["", "DCkkKl_OGb1", "https://example.com/", "https://www.threads.com/@ada"] {
            let (settings, issues) = read(&json!({ "quote": none }));
            assert_eq!((settings.quote, issues), (None, vec![(Code::LinkInvalid, "/settings/quote".into())]), "{none}");
        }
        let files = postrider_connector::testkit::Files::default();
        let account = postrider_connector::Account {
            host: String::new(),
            remote_id: String::new(),
            handle: "@ada".into(),
            facts: json!({}),
        };
        let found = |quote: &str| {
            let settings = json!({ "quote": quote }).as_object().expect("an object").clone();
            let variant = postrider_domain::content::Variant { settings, ..Default::default() };
            let shelf = files.shelf();
            let issues = check(&Subject { variant: &variant, account: &account, shelf: &shelf });
            issues.into_iter().map(|issue| (issue.code, issue.field)).collect::<Vec<_>>()
        };
        assert_eq!(found("https://www.threads.net/@Ada/post/DCkkKl_OGb1"), []);
        assert_eq!(found("17900000000000001"), []);
        let elsewhere = found("https://example.com/@ada/post/DCkkKl_OGb1");
        assert_eq!(elsewhere, [(Code::LinkInvalid, "/settings/quote".to_owned())]);
        let others = found("https://www.threads.net/@grace/post/DCkkKl_OGb1");
        assert_eq!(others, [(Code::QuoteNotOwn, "/settings/quote".to_owned())]);
    }

    #[test]
    fn a_picture_is_as_wide_as_what_is_used_of_it() {
        use postrider_connector::testkit::Files;
        use postrider_domain::content::{PartContent, Variant};
        use postrider_domain::media::{Area, MediaFacts, Mime};
        let facts = MediaFacts {
            kind: MediaKind::Image,
            mime: Mime::Png,
            bytes: 0,
            width: 640,
            height: 640,
            duration_ms: None,
            fps: None,
            codec: None,
            audio: false,
        };
        let mut files = Files::default();
        let wide = files.add(*b"wide", facts.clone(), "");
        let (small, film) = (
            files.add(*b"small", MediaFacts { width: 319, ..facts.clone() }, ""),
            files.add(
                *b"film",
                MediaFacts { kind: MediaKind::Video, mime: Mime::Mp4, width: 100, ..facts.clone() },
                "",
            ),
        );
        let crop = |width| Some(Area { x: 0, y: 0, width, height: 10_000 });
        let cut = MediaRef { crop: crop(4_999), ..wide.clone() };
        let half = MediaRef { crop: crop(5_000), ..wide.clone() };
        let tall = files.add(*b"tall", MediaFacts { width: 600, height: 4_000, ..facts }, "");
        let media = vec![wide, small, cut, half, film, tall];
        let variant = Variant { parts: vec![PartContent { media, ..PartContent::default() }], settings: Map::new() };
        let account = postrider_connector::Account {
            host: String::new(),
            remote_id: String::new(),
            handle: String::new(),
            facts: json!({}),
        };
        let shelf = files.shelf();
        let found = narrow(&Subject { variant: &variant, account: &account, shelf: &shelf });
        let fields: Vec<&str> = found.iter().map(|issue| issue.field.as_str()).collect();
        assert_eq!(fields, ["/parts/0/media/1", "/parts/0/media/2", "/parts/0/media/5"]);
    }

    #[test]
    fn the_same_link_twice_is_one() {
        let text = "https://a.example/1 https://a.example/2 https://a.example/1";
        assert_eq!(different_links(text, None), 2);
        assert_eq!(different_links(text, Some("https://a.example/2")), 2);
        assert_eq!(different_links(text, Some("https://a.example/3")), 3);
    }
}
