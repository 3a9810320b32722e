//! The settings of a variant: read once, for the check and for publishing.

use std::collections::BTreeSet;

use postrider_domain::{Code, Issue};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::limits::{CAROUSEL, COLLABORATORS, NAME, TAGS};

/// What the person wants to publish.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Pictures and videos; a single video becomes a reel.
    #[default]
    Post,
    /// A video, and perhaps its cover.
    Reel,
    /// Stories, one for each part.
    Story,
}

/// How a trial reel becomes an ordinary one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Trial {
    Manual,
    Automatic,
}

impl Trial {
    /// Its `graduation_strategy` ("IG User: media", read 2026-11-23).
    pub(super) const fn strategy(self) -> &'static str {
        match self {
            Self::Manual => "MANUAL",
            Self::Automatic => "SS_PERFORMANCE",
        }
    }
}

/// Somebody who is tagged.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tag {
    pub(super) name: String,
    #[serde(default)]
    pub(super) x: Option<f64>,
    #[serde(default)]
    pub(super) y: Option<f64>,
    /// In which file, counted from 1.
    #[serde(default = "first")]
    pub(super) file: usize,
}

const fn first() -> usize {
    1
}

/// What a variant's settings say.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Settings {
    pub(super) kind: Kind,
    pub(super) collaborators: Vec<String>,
    pub(super) user_tags: Vec<Tag>,
    /// Only the log-in that knows places has this one.
    pub(super) location_id: Option<String>,
    pub(super) cover_ms: Option<u64>,
    pub(super) share_to_feed: Option<bool>,
    pub(super) audio_name: Option<String>,
    pub(super) trial: Option<Trial>,
}

impl Settings {
    /// Reads them, with all that is wrong. What is wrong is left out.
    pub(super) fn read(map: &Map<String, Value>) -> (Self, Vec<Issue>) {
        let mut reader = Reader { map, issues: Vec::new() };
        let settings = Self {
            kind: reader.take("kind", |_: &Kind| true).unwrap_or_default(),
            collaborators: reader
                .take("collaborators", |names: &Vec<String>| are_collaborators(names))
                .unwrap_or_default(),
            user_tags: reader.take("user_tags", |tags: &Vec<Tag>| are_tags(tags)).unwrap_or_default(),
            location_id: reader.take("location_id", |id: &String| is_id(id)),
            cover_ms: reader.take("cover_ms", |_: &u64| true),
            share_to_feed: reader.take("share_to_feed", |_: &bool| true),
            audio_name: reader.take("audio_name", |name: &String| !name.is_empty()),
            trial: reader.take("trial", |_: &Trial| true),
        };
        (settings, reader.issues)
    }
}

/// The settings, and what is wrong with them so far.
struct Reader<'a> {
    map: &'a Map<String, Value>,
    issues: Vec<Issue>,
}

impl Reader<'_> {
    fn take<T: for<'de> Deserialize<'de>>(&mut self, name: &str, right: impl Fn(&T) -> bool) -> Option<T> {
        let value = self.map.get(name)?;
        let read = T::deserialize(value).ok().filter(right);
        if read.is_none() {
            self.issues.push(invalid(name));
        }
        read
    }
}

/// A setting that cannot be what it is.
pub(super) fn invalid(name: &str) -> Issue {
    Issue::error(Code::SettingInvalid, format!("/settings/{name}")).with("name", name)
}

fn are_collaborators(names: &[String]) -> bool {
    let distinct = names.iter().collect::<BTreeSet<_>>().len() == names.len();
    names.len() <= COLLABORATORS && distinct && names.iter().all(|name| is_name(name))
}

fn are_tags(tags: &[Tag]) -> bool {
    let placed = |at: Option<f64>| at.is_none_or(|at| (0.0..=1.0).contains(&at));
    let right = |tag: &Tag| is_name(&tag.name) && placed(tag.x) && placed(tag.y) && (1..=CAROUSEL).contains(&tag.file);
    tags.len() <= TAGS && tags.iter().all(right)
}

fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._".contains(&byte);
    (1..=NAME).contains(&text.len()) && text.bytes().all(plain)
}

fn is_id(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
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
            "kind": "reel",
            "collaborators": ["ada.b", "grace_h"],
            "user_tags": [{"name": "ada.b", "x": 0, "y": 1, "file": 2}, {"name": "grace_h"}],
            "location_id": "7640348500",
            "cover_ms": 1500,
            "share_to_feed": false,
            "audio_name": "Rain",
            "trial": "automatic",
        }));
        assert_eq!(issues, []);
        assert_eq!((settings.kind, settings.cover_ms, settings.share_to_feed), (Kind::Reel, Some(1_500), Some(false)));
        assert_eq!((settings.collaborators.len(), settings.location_id.as_deref()), (2, Some("7640348500")));
        let [ada, grace] = settings.user_tags.as_slice() else { panic!("{settings:?}") };
        assert_eq!((ada.x, ada.y, ada.file), (Some(0.0), Some(1.0), 2));
        assert_eq!((grace.x, grace.file), (None, 1));
        assert_eq!(settings.trial.map(Trial::strategy), Some("SS_PERFORMANCE"));
    }

    #[test]
    fn each_wrong_value_is_named() {
        for (name, value) in [
            ("kind", json!("carousel")),
            ("kind", json!(null)),
            ("collaborators", json!("ada")),
            ("collaborators", json!(["a", "b", "c", "d"])),
            ("collaborators", json!(["a", "a"])),
            ("collaborators", json!(["@ada"])),
            ("collaborators", json!([""])),
            ("collaborators", json!(["x".repeat(31)])),
            ("user_tags", json!(["ada"])),
            ("user_tags", json!([{"x": 0.5}])),
            ("user_tags", json!([{"name": "a", "x": 1.01}])),
            ("user_tags", json!([{"name": "a", "y": -0.01}])),
            ("user_tags", json!([{"name": "a", "file": 0}])),
            ("user_tags", json!([{"name": "a", "file": 11}])),
            ("user_tags", json!([{"name": "a", "z": 1}])),
            ("user_tags", json!(vec![json!({"name": "a"}); 21])),
            ("location_id", json!(7)),
            ("location_id", json!("here")),
            ("cover_ms", json!(-1)),
            ("cover_ms", json!("1s")),
            ("share_to_feed", json!("yes")),
            ("audio_name", json!("")),
            ("trial", json!(true)),
        ] {
            let (settings, issues) = read(&json!({ name: value }));
            let expected = vec![(Code::SettingInvalid, format!("/settings/{name}"))];
            assert_eq!((settings, issues), (Settings::default(), expected), "{name}: {value}");
        }
    }

    #[test]
    fn the_log_in_by_facebook_takes_places_besides_and_nothing_else() {
        let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        let plain = read(include_str!("settings.schema.json"));
        let mut with_places = read(include_str!("settings.facebook.schema.json"));
        let place = with_places["properties"].as_object_mut().expect("properties").remove("location_id");
        assert_eq!(place.expect("a place")["type"], "string");
        assert_eq!(with_places, plain);
    }
}
