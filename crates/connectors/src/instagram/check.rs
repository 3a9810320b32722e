//! What is wrong with a variant beyond the rules of the descriptor.

use postrider_connector::Subject;
use postrider_domain::content::{MediaRef, PartContent};
use postrider_domain::media::{MediaFacts, MediaKind};
use postrider_domain::text::extract::{MentionStyle, Rules, hashtags, mentions};
use postrider_domain::{Code, Issue};

use super::form::Form;
use super::limits::{FRAMES, HASHTAGS, HASHTAGS_OF_APP, MENTIONS};
use super::settings::{Kind, Settings, invalid};

/// All of it; each issue names the platform.
pub(super) fn check(subject: &Subject<'_>, platform: &'static str) -> Vec<Issue> {
    let (settings, mut issues) = Settings::read(&subject.variant.settings);
    let parts: Vec<Part<'_>> = subject
        .variant
        .parts
        .iter()
        .enumerate()
        .map(|(index, part)| Part::of(subject, &settings, index, part))
        .collect();
    for part in &parts {
        issues.extend(part.files());
        issues.extend(part.frames());
        issues.extend(part.texts());
    }
    if let Some(root) = parts.first() {
        issues.extend(root.settings(&settings));
    }
    issues.into_iter().map(|issue| issue.with("platform", platform)).collect()
}

/// Whether an issue asks for the alternative text of a video, which has none there.
pub(super) fn is_about_alt_of_video(subject: &Subject<'_>, issue: &Issue) -> bool {
    let about = matches!(issue.code, Code::AltMissing | Code::AltTooLong);
    let at: Vec<usize> = issue.field.split('/').filter_map(|step| step.parse().ok()).collect();
    let [part, file] = at.as_slice() else { return false };
    let used = subject.variant.parts.get(*part).and_then(|part| part.media.get(*file));
    about && used.and_then(|used| facts(subject, used)).is_some_and(|facts| facts.kind == MediaKind::Video)
}

fn facts<'a>(subject: &Subject<'a>, used: &MediaRef) -> Option<&'a MediaFacts> {
    subject.shelf.files.get(&used.id)?.facts.as_ref()
}

/// A part with what is known of its files.
struct Part<'a> {
    index: usize,
    content: &'a PartContent,
    form: Form,
    /// Of each file; `None` for one that is not all there yet, which the common rules name.
    files: Vec<Option<&'a MediaFacts>>,
}

impl<'a> Part<'a> {
    fn of(subject: &Subject<'a>, settings: &Settings, index: usize, content: &'a PartContent) -> Self {
        let files: Vec<_> = content.media.iter().map(|used| facts(subject, used)).collect();
        let kinds: Vec<MediaKind> =
            files.iter().map(|facts| facts.map_or(MediaKind::Image, |facts| facts.kind)).collect();
        Self { index, content, form: Form::of(settings.kind, index, &kinds), files }
    }

    fn at(&self, name: &str) -> String {
        format!("/parts/{}/{name}", self.index)
    }

    fn video(&self) -> Option<&'a MediaFacts> {
        self.files.iter().flatten().find(|facts| facts.kind == MediaKind::Video).copied()
    }

    /// Which files there must be.
    fn files(&self) -> Option<Issue> {
        match self.form {
            Form::Comment => None,
            _ if self.files.is_empty() => {
                Some(Issue::error(Code::MediaRequired, self.at("media")).with("host", "Instagram"))
            }
            Form::Reel if self.files.iter().all(Option::is_some) && self.video().is_none() => {
                Some(Issue::error(Code::VideoRequired, self.at("media")))
            }
            _ => None,
        }
    }

    /// Videos that stutter.
    fn frames(&self) -> Vec<Issue> {
        let slow = |(number, facts): (usize, &Option<&MediaFacts>)| {
            let fps = facts.filter(|facts| facts.kind == MediaKind::Video)?.fps?;
            let issue = Issue::error(Code::VideoFramesFew, self.at(&format!("media/{number}")));
            (fps < FRAMES).then(|| issue.with("limit", FRAMES).with("used", fps))
        };
        self.files.iter().enumerate().filter_map(slow).collect()
    }

    fn texts(&self) -> Vec<Issue> {
        let field = self.at("text");
        match self.form {
            Form::Story if !self.content.text.trim().is_empty() => {
                vec![Issue::error(Code::TextUnsupported, field)]
            }
            Form::Story | Form::Comment => Vec::new(),
            Form::Picture | Form::Carousel | Form::Reel => caption(&self.content.text, &field),
        }
    }

    /// What the settings of the variant say about its first part.
    fn settings(&self, settings: &Settings) -> Vec<Issue> {
        let (reel, story) = (self.form == Form::Reel, self.form == Form::Story);
        let cover = reel && self.files.iter().flatten().any(|facts| facts.kind != MediaKind::Video);
        let idle = [
            ("collaborators", !settings.collaborators.is_empty() && story),
            ("location_id", settings.location_id.is_some() && story),
            ("cover_ms", settings.cover_ms.is_some() && (!reel || cover)),
            ("share_to_feed", settings.share_to_feed.is_some() && !reel),
            ("audio_name", settings.audio_name.is_some() && !reel),
            ("trial", settings.trial.is_some() && !reel),
        ];
        let mut issues: Vec<Issue> = idle.into_iter().filter(|(_, idle)| *idle).map(|(name, _)| unused(name)).collect();
        let length = self.video().and_then(|facts| facts.duration_ms);
        if reel && settings.cover_ms.zip(length).is_some_and(|(cover, length)| cover > length) {
            issues.push(invalid("cover_ms"));
        }
        // Without files it is said that one is needed.
        let most = self.files.len().max(1);
        if settings.kind != Kind::Story && settings.user_tags.iter().any(|tag| tag.file > most) {
            issues.push(invalid("user_tags"));
        }
        issues
    }
}

/// A setting that is right and without effect.
fn unused(name: &str) -> Issue {
    Issue::warning(Code::SettingUnused, format!("/settings/{name}")).with("name", name)
}

fn caption(text: &str, field: &str) -> Vec<Issue> {
    let (tags, people) = (hashtags(text, Rules::Weighted).len(), mentions(text, MentionStyle::ScreenName).len());
    let told = |issue: Issue, limit: usize, used: usize| issue.with("limit", limit).with("used", used);
    let mut issues = Vec::new();
    if tags > HASHTAGS {
        issues.push(told(Issue::error(Code::HashtagsTooMany, field), HASHTAGS, tags));
    } else if tags > HASHTAGS_OF_APP {
        issues.push(told(Issue::warning(Code::HashtagsMany, field), HASHTAGS_OF_APP, tags));
    }
    if people > MENTIONS {
        issues.push(told(Issue::error(Code::MentionsTooMany, field), MENTIONS, people));
    }
    issues
}
