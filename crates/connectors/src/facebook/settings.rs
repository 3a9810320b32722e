//! The settings of a variant: read once, for the check and for publishing.

use postrider_connector::check::by_part;
use postrider_connector::descriptor::{MediaRules, VideoRules};
use postrider_connector::{Limits, Subject};
use postrider_domain::content::{PartContent, Variant};
use postrider_domain::media::MediaKind;
use postrider_domain::{Code, Issue};
use serde_json::{Map, Value};

use super::descriptor::DESCRIPTOR;
use super::limits::{REEL_MS, STORY_MS};
use crate::meta::is_api_id;

/// As what a part is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Format {
    /// In the feed; an upright short video is a reel.
    #[default]
    Post,
    /// As a reel.
    Reel,
    /// For a day.
    Story,
}

/// What a variant's settings say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// As what it is shown.
    pub(super) format: Format,
    /// The link that is shown as a card.
    pub(super) link: Option<String>,
    /// The Page of the place it is at.
    pub(super) place: Option<String>,
}

fn invalid(name: &str) -> Issue {
    let issue = Issue::error(Code::SettingInvalid, format!("/settings/{name}"));
    issue.with("name", name).with("platform", DESCRIPTOR.name)
}

impl Settings {
    /// Reads them, with all that is wrong. What is wrong is left out.
    pub(super) fn read(map: &Map<String, Value>) -> (Self, Vec<Issue>) {
        let (mut settings, mut issues) = (Self::default(), Vec::new());
        for (name, value) in map {
            let text = value.as_str();
            match (name.as_str(), text) {
                ("format", Some("post")) => {}
                ("format", Some("reel")) => settings.format = Format::Reel,
                ("format", Some("story")) => settings.format = Format::Story,
                ("link", Some(link)) if is_link(link) => settings.link = Some(link.to_owned()),
                ("place", Some(place)) if is_api_id(place) => settings.place = Some(place.to_owned()),
                ("format" | "link" | "place", _) => issues.push(invalid(name)),
                _ => {}
            }
        }
        (settings, issues)
    }
}

/// An address, and none of Facebook itself: those are refused (1609008).
fn is_link(text: &str) -> bool {
    let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    let host = url.as_ref().and_then(url::Url::host_str).unwrap_or_default();
    !host.is_empty() && !text.contains(' ') && host != "facebook.com" && !host.ends_with(".facebook.com")
}

fn format(variant: &Variant) -> Format {
    Settings::read(&variant.settings).0.format
}

/// The rules for the files of a part: a reel and a story take other lengths, and one file.
pub(super) fn rules(variant: &Variant, part: usize) -> Option<MediaRules> {
    let post = DESCRIPTOR.media.filter(|_| part == 0)?;
    let lasting = |duration_ms| post.video.map(|video| VideoRules { duration_ms: Some(duration_ms), ..video });
    Some(match format(variant) {
        Format::Post => post,
        Format::Reel => MediaRules { max_items: 1, image: None, video: lasting(REEL_MS), ..post },
        Format::Story => MediaRules { max_items: 1, video: lasting(STORY_MS), ..post },
    })
}

/// All that is wrong with a variant.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Issue> {
    let limits = Limits::of(&DESCRIPTOR);
    let mut issues = by_part(&DESCRIPTOR, &limits, subject, |part| rules(subject.variant, part));
    let (settings, wrong) = Settings::read(&subject.variant.settings);
    issues.extend(wrong);
    let Some((root, rest)) = subject.variant.parts.split_first() else { return issues };
    let on = |code: Code, field: &str| Issue::error(code, field).with("platform", DESCRIPTOR.name);
    match settings.format {
        Format::Post if settings.link.is_some() && !root.media.is_empty() => {
            issues.push(on(Code::CardAlone, "/settings/link"));
        }
        Format::Post => {}
        Format::Reel if !has_video(subject, root) => issues.push(on(Code::VideoRequired, "/parts/0/media")),
        Format::Reel => {}
        Format::Story => issues.extend(of_story(root, rest, on)),
    }
    let shown_as_video = settings.format != Format::Post || has_video(subject, root);
    for (name, set) in [("link", settings.link.is_some()), ("place", settings.place.is_some())] {
        if set && shown_as_video {
            issues.push(on(Code::SettingUnused, &format!("/settings/{name}")).with("name", name));
        }
    }
    issues
}

/// A story has one file, no text, and nothing below it ("Page stories API", read 2026-11-23).
fn of_story(root: &PartContent, rest: &[PartContent], on: impl Fn(Code, &str) -> Issue) -> Vec<Issue> {
    let mut issues = Vec::new();
    if root.media.is_empty() {
        issues.push(on(Code::MediaRequired, "/parts/0/media"));
    }
    if !root.text.trim().is_empty() {
        issues.push(on(Code::TextUnsupported, "/parts/0/text"));
    }
    if !rest.is_empty() {
        issues.push(on(Code::PartsUnsupported, "/parts").with("limit", 1).with("used", rest.len() + 1));
    }
    issues
}

/// Whether its file is a video; one that nobody knows yet is said to be missing elsewhere.
fn has_video(subject: &Subject<'_>, root: &PartContent) -> bool {
    let kind = |id| subject.shelf.files.get(id)?.facts.as_ref().map(|facts| facts.kind);
    root.media.first().is_some_and(|used| kind(&used.id).is_none_or(|kind| kind == MediaKind::Video))
}

#[cfg(test)]
mod tests;
