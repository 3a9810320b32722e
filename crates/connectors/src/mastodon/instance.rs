//! What a server can do: read from its own answers, kept with the account.

use postrider_connector::descriptor::{Limits, MediaRules, PictureRules, TextLimit, VideoRules};
use postrider_connector::{Account, Request, Response};
use postrider_domain::media::{Mime, MimeSet};
use postrider_domain::text::Unit;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::descriptor::{DESCRIPTOR, SAID};
use super::dialect::{self, Dialect};

/// The first Mastodon whose quotes can be made through the API (documentation 2903485: 4.5).
const QUOTES_SINCE: (u64, u64) = (4, 5);

/// What is known of a server. Missing figures are the documented defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Facts {
    /// The program by its NodeInfo name, in lower case; empty where it could not be read.
    pub(super) software: String,
    /// Its version, as it says.
    pub(super) version: String,
    /// Whether it gives the same status for the same key.
    pub(super) keys_honoured: bool,
    /// Whether a status can quote another.
    pub(super) quotes: bool,
    /// Whether only `read` and `write` can be asked for, and none of their parts.
    pub(super) whole_scopes: bool,
    /// Whether a status that answers nothing must have a file.
    pub(super) media_required: bool,
    /// Most characters of text and content warning together.
    pub(super) max_characters: usize,
    /// Most files of a status.
    pub(super) max_media: usize,
    /// Types of file it takes; empty where it does not say.
    pub(super) mimes: Vec<String>,
    /// Most characters of alternative text.
    pub(super) description_limit: usize,
    /// Most bytes of a picture.
    pub(super) image_bytes: u64,
    /// Most pixels of a picture.
    pub(super) image_pixels: Option<u64>,
    /// Most bytes of a video.
    pub(super) video_bytes: u64,
    /// Most pixels of a frame.
    pub(super) video_pixels: Option<u64>,
    /// Most frames a second.
    pub(super) video_fps: Option<u32>,
    /// Most options of a poll.
    pub(super) poll_options: usize,
    /// Most characters of an option.
    pub(super) poll_option_characters: usize,
    /// Shortest life of a poll, in seconds.
    pub(super) poll_min_s: u64,
    /// Longest life of a poll, in seconds.
    pub(super) poll_max_s: u64,
}

/// The documented defaults (documentation 2903485, 2026-07-02, `Instance`).
impl Default for Facts {
    fn default() -> Self {
        Self {
            software: String::new(),
            version: String::new(),
            keys_honoured: false,
            quotes: false,
            whole_scopes: false,
            media_required: false,
            max_characters: 500,
            max_media: 4,
            mimes: Vec::new(),
            description_limit: 1_500,
            image_bytes: 16_777_216,
            image_pixels: None,
            video_bytes: 103_809_024,
            video_pixels: None,
            video_fps: None,
            poll_options: 4,
            poll_option_characters: 50,
            poll_min_s: 300,
            poll_max_s: 2_629_746,
        }
    }
}

impl Facts {
    /// What was recorded when the account was connected, or read again since.
    pub(super) fn of(account: &Account) -> Self {
        serde_json::from_value(account.facts.clone()).unwrap_or_default()
    }

    /// From the answer of `/api/v2/instance`, or of v1 where there is no other, and the program's name.
    /// `None` when it is no such answer.
    pub(super) fn read(answer: &Value, software: Option<&str>) -> Option<Self> {
        let version = answer["version"].as_str()?;
        let named = answer["domain"].as_str().or(answer["uri"].as_str())?;
        if named.is_empty() {
            return None;
        }
        let software = software.map_or_else(|| by_version(version), str::to_ascii_lowercase);
        let (ways, said) = (dialect::of(&software), &answer["configuration"]);
        let number = |group: &str, name: &str| said[group][name].as_u64();
        let size = |group: &str, name: &str| number(group, name).and_then(|n| usize::try_from(n).ok());
        let (files, default) = ("media_attachments", Self::default());
        let mimes = said[files]["supported_mime_types"].as_array();
        Some(Self {
            keys_honoured: ways.keys_honoured,
            whole_scopes: ways.whole_scopes,
            media_required: ways.media_required,
            quotes: software == "mastodon" && number_pair(version) >= QUOTES_SINCE,
            // Pleroma and Pixelfed say it at the top.
            max_characters: size("statuses", "max_characters")
                .or(answer["max_toot_chars"].as_u64().and_then(|n| usize::try_from(n).ok()))
                .unwrap_or(default.max_characters),
            max_media: size("statuses", "max_media_attachments").unwrap_or(default.max_media),
            mimes: mimes.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
            description_limit: size(files, "description_limit").unwrap_or(default.description_limit),
            image_bytes: number(files, "image_size_limit").unwrap_or(default.image_bytes),
            image_pixels: number(files, "image_matrix_limit"),
            video_bytes: number(files, "video_size_limit").unwrap_or(default.video_bytes),
            video_pixels: number(files, "video_matrix_limit"),
            video_fps: number(files, "video_frame_rate_limit").and_then(|n| u32::try_from(n).ok()),
            poll_options: size("polls", "max_options").unwrap_or(default.poll_options),
            poll_option_characters: size("polls", "max_characters_per_option")
                .unwrap_or(default.poll_option_characters),
            poll_min_s: number("polls", "min_expiration").unwrap_or(default.poll_min_s),
            poll_max_s: number("polls", "max_expiration").unwrap_or(default.poll_max_s),
            version: version.to_owned(),
            software,
        })
    }

    /// The ways of its program.
    pub(super) fn dialect(&self) -> Dialect {
        dialect::of(&self.software)
    }

    /// What preflight and renditions go by.
    pub(super) fn limits(&self) -> Limits {
        let own = Limits::of(&DESCRIPTOR);
        let limit = |&unit: &Unit| TextLimit { unit, max: self.max_characters, source: SAID };
        let text = self.dialect().counts.iter().map(limit).collect();
        Limits { text, media: own.media.map(|rules| self.media(rules)) }
    }

    fn media(&self, rules: MediaRules) -> MediaRules {
        let picture = |rules: PictureRules| PictureRules {
            mimes: self.of_those(rules.mimes),
            max_bytes: self.image_bytes,
            max_pixels: self.image_pixels,
            ..rules
        };
        let video = |rules: VideoRules| VideoRules {
            mimes: self.of_those(rules.mimes),
            max_bytes: self.video_bytes,
            max_pixels: self.video_pixels,
            max_fps: self.video_fps,
            ..rules
        };
        MediaRules {
            max_items: self.max_media,
            image: rules.image.map(picture).filter(|rules| !rules.mimes.is_empty()),
            animation: rules.animation.map(picture).filter(|rules| !rules.mimes.is_empty()),
            video: rules.video.map(video).filter(|rules| !rules.mimes.is_empty()),
            alt: rules.alt.map(|alt| TextLimit { max: self.description_limit, ..alt }),
            ..rules
        }
    }

    /// The types that both we and the server know; ours where it does not say.
    fn of_those(&self, ours: MimeSet) -> MimeSet {
        if self.mimes.is_empty() {
            return ours;
        }
        ours.and(self.mimes.iter().filter_map(|name| Mime::parse(name)).collect())
    }
}

/// The program behind a version such as `2.7.2 (compatible; Pleroma 2.6.1)`. A bare number is no name: others than
/// Mastodon say one too.
fn by_version(version: &str) -> String {
    let inside = version.split("compatible;").nth(1).map(str::trim);
    inside.and_then(|rest| rest.split([' ', '/', ')']).next()).unwrap_or_default().to_ascii_lowercase()
}

/// Major and minor number.
fn number_pair(version: &str) -> (u64, u64) {
    let mut numbers = version.split('.').map(|part| part.chars().take_while(char::is_ascii_digit).collect::<String>());
    let mut next = || numbers.next().and_then(|digits| digits.parse().ok()).unwrap_or(0);
    (next(), next())
}

/// `/api/v2/instance`.
pub(super) fn v2(host: &str) -> Request {
    Request::get(format!("{host}/api/v2/instance"))
}

/// `/api/v1/instance`, for programs that have no other.
pub(super) fn v1(host: &str) -> Request {
    Request::get(format!("{host}/api/v1/instance"))
}

/// The list of NodeInfo documents (NodeInfo protocol, `/.well-known/nodeinfo`).
pub(super) fn node_list(host: &str) -> Request {
    Request::get(format!("{host}/.well-known/nodeinfo"))
}

/// The address of the newest document in the list, if it is on the same host.
pub(super) fn node_document(host: &str, list: &Response) -> Option<Request> {
    let list: Value = list.json().ok()?;
    let links = list["links"].as_array()?.iter();
    let schema =
        |link: &Value| link["rel"].as_str().is_some_and(|rel| rel.contains("nodeinfo.diaspora.software/ns/schema/"));
    let found =
        links.filter(|link| schema(link)).filter_map(|link| Some((link["rel"].as_str()?, link["href"].as_str()?)));
    let (_, href) = found.max()?;
    let same = url::Url::parse(href).is_ok_and(|url| url.origin().ascii_serialization() == host);
    same.then(|| Request::get(href))
}

/// The name of the program in a NodeInfo document.
pub(super) fn software(document: &Response) -> Option<String> {
    let document: Value = document.json().ok()?;
    document["software"]["name"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_server_says_what_it_takes_and_the_rest_is_as_documented() {
        let answer = json!({
            "domain": "social.example",
            "version": "4.5.0",
            "configuration": {
                "statuses": {"max_characters": 1_000, "max_media_attachments": 6},
                "media_attachments": {"supported_mime_types": ["image/jpeg", "image/webp", "audio/ogg"], "image_size_limit": 7, "image_matrix_limit": 8},
            },
        });
        let facts = Facts::read(&answer, Some("Mastodon")).expect("a server");
        assert!(facts.keys_honoured && facts.quotes);
        let limits = facts.limits();
        assert_eq!((limits.text[0].max, limits.text[0].unit), (1_000, Unit::Fediverse));
        let media = limits.media.expect("takes files");
        let image = media.image.expect("takes pictures");
        assert_eq!((media.max_items, image.max_bytes, image.max_pixels), (6, 7, Some(8)));
        assert_eq!(image.mimes, MimeSet::of(&[Mime::Jpeg, Mime::Webp]));
        assert!(media.video.is_none(), "a server that names no video takes none");
        assert_eq!(facts.poll_max_s, 2_629_746);
    }

    #[test]
    fn dialects_are_told_by_what_they_say() {
        for (version, software, expected, keys) in [
            ("4.2.1", None, "", false),
            ("0.11.0", None, "", false),
            ("4.2.1", Some("Mastodon"), "mastodon", true),
            ("2.7.2 (compatible; Pleroma 2.6.1)", None, "pleroma", false),
            ("3.5.3 (compatible; Pixelfed 0.11.13)", None, "pixelfed", false),
            ("4.3.0", Some("takahe"), "takahe", false),
            ("0.16.0", Some("GoToSocial"), "gotosocial", false),
        ] {
            let facts = Facts::read(&json!({"uri": "a.example", "version": version}), software).expect("a server");
            assert_eq!((facts.software.as_str(), facts.keys_honoured), (expected, keys), "{version}");
            assert!(!facts.quotes, "{version}");
        }
    }

    #[test]
    fn texts_are_counted_as_the_program_counts_and_either_way_where_it_is_not_known() {
        for (software, counts) in [
            (Some("Mastodon"), vec![Unit::Fediverse]),
            (Some("takahe"), vec![Unit::CodePoints]),
            (Some("Pleroma"), vec![Unit::CodePoints]),
            (Some("something-new"), vec![Unit::Fediverse, Unit::CodePoints]),
            (None, vec![Unit::Fediverse, Unit::CodePoints]),
        ] {
            let facts = Facts::read(&json!({"uri": "a.example", "version": "1.0"}), software).expect("a server");
            let units: Vec<_> = facts.limits().text.iter().map(|limit| limit.unit).collect();
            assert_eq!(units, counts, "{software:?}");
        }
    }

    #[test]
    fn other_answers_are_no_server() {
        for other in [
            json!({}),
            json!({"version": "1"}),
            json!({"domain": "a.example"}),
            json!({"domain": "", "version": "1"}),
            json!([]),
        ] {
            assert_eq!(Facts::read(&other, None), None, "{other}");
        }
    }

    #[test]
    fn only_the_servers_own_page_is_believed_about_its_program() {
        let list = |href: &str| {
            let rel = "http://nodeinfo.diaspora.software/ns/schema/2.0";
            postrider_connector::testkit::answer(200, json!({"links": [{"rel": rel, "href": href}]}).to_string())
        };
        let own = node_document("https://a.example", &list("https://a.example/nodeinfo/2.0"));
        assert_eq!(own.map(|request| request.url).as_deref(), Some("https://a.example/nodeinfo/2.0"));
        assert!(node_document("https://a.example", &list("https://b.example/nodeinfo/2.0")).is_none());
    }
}
