//! The rules on files.

use postrider_domain::content::{MediaRef, PartContent};
use postrider_domain::media::{Area, MediaFacts, MediaKind, WHOLE};
use postrider_domain::text::measure;
use postrider_domain::{Code, Fix, Issue};

use super::Shelf;
use crate::descriptor::{Descriptor, MediaRules, PictureRules, TextLimit, VideoRules};

/// Everything about the files of a part that breaks the rules.
pub(super) fn of_part(
    descriptor: &Descriptor,
    rules: Option<&MediaRules>,
    part: &PartContent,
    index: usize,
    shelf: &Shelf,
) -> Vec<Issue> {
    let field = format!("/parts/{index}/media");
    let Some(rules) = rules else {
        let unsupported = || Issue::error(Code::MediaUnsupported, field).with("platform", descriptor.name);
        return (!part.media.is_empty()).then(unsupported).into_iter().collect();
    };
    let mut issues = together(descriptor, rules, part, &field, shelf);
    for (number, used) in part.media.iter().enumerate() {
        let at = Place { field: format!("{field}/{number}"), platform: descriptor.name };
        issues.extend(one(rules, used, &at, shelf));
    }
    issues
}

/// How many there are, and which of them may stand together.
fn together(descriptor: &Descriptor, rules: &MediaRules, part: &PartContent, field: &str, shelf: &Shelf) -> Vec<Issue> {
    let issue = |code| Issue::error(code, field).with("platform", descriptor.name);
    let kinds: Vec<MediaKind> = part.media.iter().filter_map(|used| Some(facts(shelf, used)?.kind)).collect();
    let videos = kinds.iter().filter(|kind| **kind == MediaKind::Video).count();
    let mut issues = Vec::new();
    if part.media.len() > rules.max_items {
        issues.push(issue(Code::MediaTooMany).with("limit", rules.max_items).with("used", part.media.len()));
    }
    if rules.video.is_some() && videos > rules.max_videos {
        issues.push(issue(Code::VideosTooMany).with("limit", rules.max_videos).with("used", videos));
    }
    if !rules.mixed && videos > 0 && videos < kinds.len() {
        issues.push(issue(Code::MediaMixed));
    }
    issues
}

fn facts<'a>(shelf: &'a Shelf, used: &MediaRef) -> Option<&'a MediaFacts> {
    shelf.files.get(&used.id)?.facts.as_ref()
}

/// Where a file stands in the variant, and whose rules it must keep.
struct Place {
    field: String,
    platform: &'static str,
}

impl Place {
    fn error(&self, code: Code) -> Issue {
        Issue::error(code, &self.field).with("platform", self.platform)
    }

    fn warning(&self, code: Code) -> Issue {
        Issue::warning(code, &self.field).with("platform", self.platform)
    }

    fn below(&self, name: &str) -> Place {
        Place { field: format!("{}/{name}", self.field), platform: self.platform }
    }
}

fn one(rules: &MediaRules, used: &MediaRef, at: &Place, shelf: &Shelf) -> Vec<Issue> {
    let Some(file) = shelf.files.get(&used.id) else { return vec![at.error(Code::MediaUnknown)] };
    let mut issues = Vec::new();
    match &file.facts {
        None => issues.push(at.error(Code::MediaNotReady)),
        Some(facts) => issues.extend(of_kind(rules, used, facts, at, shelf)),
    }
    issues.extend(places(used, at));
    issues.extend(alt(rules.alt.as_ref(), used.alt.as_deref().unwrap_or(&file.alt), &at.below("alt")));
    issues
}

fn of_kind(rules: &MediaRules, used: &MediaRef, facts: &MediaFacts, at: &Place, shelf: &Shelf) -> Vec<Issue> {
    match (facts.kind, &rules.image, &rules.animation, &rules.video) {
        (MediaKind::Image, Some(picture), ..) | (MediaKind::Animation, _, Some(picture), _) => {
            of_picture(picture, used, facts, at)
        }
        (MediaKind::Animation, Some(_), None, _) => {
            let stands = at.warning(Code::AnimationStands).fixed_by(Fix::Reencode);
            (!used.fit).then_some(stands).into_iter().collect()
        }
        (MediaKind::Video, .., Some(video)) => of_video(video, used, facts, at, shelf.transcodes),
        _ => vec![at.error(Code::MediaUnsupported)],
    }
}

/// Width and height of what is used of a picture, in pixels.
fn used_size(used: &MediaRef, facts: &MediaFacts) -> (u32, u32) {
    let Some(Area { width, height, .. }) = used.crop else { return (facts.width, facts.height) };
    let part =
        |whole: u32, share: u16| u32::try_from(u64::from(whole) * u64::from(share) / u64::from(WHOLE)).unwrap_or(whole);
    (part(facts.width, width), part(facts.height, height))
}

fn of_picture(rules: &PictureRules, used: &MediaRef, facts: &MediaFacts, at: &Place) -> Vec<Issue> {
    let (width, height) = used_size(used, facts);
    let mut issues: Vec<Issue> = ratio(rules, (width, height), at).into_iter().collect();
    let too_large = facts.bytes > rules.max_bytes
        || rules.max_pixels.is_some_and(|most| u64::from(width) * u64::from(height) > most)
        || rules.max_side.is_some_and(|most| width.max(height) > most);
    let fix = match (rules.mimes.contains(facts.mime), too_large) {
        (true, false) => return issues,
        (true, true) => Fix::Resize,
        (false, _) => Fix::Reencode,
    };
    if !used.fit {
        issues.push(at.warning(Code::MediaWillBeFitted).with("type", facts.mime).fixed_by(fix));
    }
    issues
}

fn ratio(rules: &PictureRules, (width, height): (u32, u32), at: &Place) -> Option<Issue> {
    let (least, most) = rules.ratio?;
    let ratio = u64::from(width) * 1_000 / u64::from(height.max(1));
    let wanted = match ratio {
        ratio if ratio < u64::from(least) => least,
        ratio if ratio > u64::from(most) => most,
        _ => return None,
    };
    let issue = at.error(Code::MediaRatio).with("width", width).with("height", height);
    Some(issue.fixed_by(Fix::Crop { width: wanted, height: 1_000 }))
}

fn of_video(rules: &VideoRules, used: &MediaRef, facts: &MediaFacts, at: &Place, transcodes: bool) -> Vec<Issue> {
    let mut issues: Vec<Issue> = length(rules, facts, at).into_iter().collect();
    if !fits(rules, facts) {
        match (transcodes, used.fit) {
            (false, _) => issues.push(at.error(Code::VideoNoEncoder)),
            (true, false) => issues.push(at.error(Code::VideoNeedsEncoding).fixed_by(Fix::Reencode)),
            (true, true) => {}
        }
    }
    issues
}

fn length(rules: &VideoRules, facts: &MediaFacts, at: &Place) -> Option<Issue> {
    let ((least, most), used) = (rules.duration_ms?, facts.duration_ms?);
    let (code, limit) = match used {
        used if used < least => (Code::VideoTooShort, least),
        used if used > most => (Code::VideoTooLong, most),
        _ => return None,
    };
    Some(at.error(code).with("limit", limit.div_ceil(1_000)).with("used", used.div_ceil(1_000)))
}

/// Whether a video can be sent as it is.
pub(crate) fn fits(rules: &VideoRules, facts: &MediaFacts) -> bool {
    let codec = facts.codec.as_deref().unwrap_or_default();
    rules.mimes.contains(facts.mime)
        && (rules.codecs.is_empty() || rules.codecs.iter().any(|known| codec.starts_with(known)))
        && facts.bytes <= rules.max_bytes
        && rules.max_pixels.is_none_or(|most| u64::from(facts.width) * u64::from(facts.height) <= most)
        && rules.max_side.is_none_or(|most| facts.width.max(facts.height) <= most)
        && rules.max_fps.zip(facts.fps).is_none_or(|(most, fps)| fps <= f64::from(most))
}

/// Only edges can be cut off: what is left reaches over the whole width or the whole height.
fn can_be_cut(area: Area) -> bool {
    area.is_inside() && (area.width == WHOLE || area.height == WHOLE)
}

fn places(used: &MediaRef, at: &Place) -> Vec<Issue> {
    let crop = used.crop.filter(|area| !can_be_cut(*area)).map(|_| at.below("crop").error(Code::MediaCropInvalid));
    let focus = used.focus.filter(|point| !point.is_inside()).map(|_| at.below("focus").error(Code::MediaFocusInvalid));
    crop.into_iter().chain(focus).collect()
}

fn alt(limit: Option<&TextLimit>, alt: &str, at: &Place) -> Option<Issue> {
    let limit = limit?;
    if alt.trim().is_empty() {
        return Some(at.warning(Code::AltMissing));
    }
    let used = measure(alt, limit.unit);
    (used > limit.max).then(|| at.error(Code::AltTooLong).with("limit", limit.max).with("used", used))
}
