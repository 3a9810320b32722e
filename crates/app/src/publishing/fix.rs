//! Putting right what preflight found, as far as it says how.
//!
//! What one channel needs and others do not, such as a shorter text, becomes that channel's own; the shared content
//! changes only where the post goes to a single channel, or where the change harms nobody.

use std::collections::BTreeMap;

use postrider_domain::content::{Content, MediaRef, PartContent};
use postrider_domain::id::{ChannelId, MediaId, WorkspaceId};
use postrider_domain::media::{Area, MediaFacts, Point, WHOLE};
use postrider_domain::role::Right;
use postrider_domain::text::{Unit, split_thread, without_tracking};
use postrider_domain::{Code, Fix, Issue, Issues};
use postrider_store::repo::media;

use super::preflight::Targets;
use crate::{App, Caller, Result};

/// More rounds than any content needs: each fix may bring up one other issue, such as a picture in a new part.
const ROUNDS: usize = 8;

/// One issue that somebody wants put right, as preflight named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What is wrong.
    pub code: Code,
    /// Where, as a pointer into the content that is handed over.
    pub field: String,
    /// On which channel, where it was said.
    pub channel: Option<ChannelId>,
}

/// Content after the fixes, with what is still wrong.
#[derive(Debug, Clone)]
pub struct Fixed {
    /// The content.
    pub content: Content,
    /// What the fixes put right, in order.
    pub applied: Vec<Issue>,
    /// Pointers into the content to what is other than it was.
    pub changed: Vec<String>,
    /// What is still wrong, or worth knowing.
    pub issues: Issues,
}

/// Applies every fix that preflight knows to content, or those of certain issues only, without
/// storing anything.
///
/// # Errors
/// For those who are no members.
pub async fn apply(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    content: &Content,
    only: Option<&[Wanted]>,
) -> Result<Fixed> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    let targets = Targets::load(app, &mut tx, workspace, content).await?;
    let ids: Vec<MediaId> = targets.shelf().files.keys().copied().collect();
    let known = media::get_many(&mut tx, workspace, &ids).await?;
    drop(tx);
    let pictures =
        known.into_iter().filter_map(|file| Some((file.id, Picture { focus: file.focus, facts: file.facts? })));
    let pictures: Pictures = pictures.collect();
    let check = |content: &Content| {
        let mut issues = targets.structure(content);
        issues.extend(targets.rules(&app.registry, content).0);
        issues
    };
    Ok(match only {
        None => every(content, &pictures, check),
        Some(wanted) => chosen(content, &pictures, wanted, check),
    })
}

impl Fixed {
    fn of(before: &Content, content: Content, applied: Vec<Issue>, issues: Issues) -> Self {
        Self { changed: changed(before, &content), content, applied, issues }
    }
}

/// Whatever can be put right, until nothing is left.
fn every(before: &Content, pictures: &Pictures, check: impl Fn(&Content) -> Issues) -> Fixed {
    let (mut content, mut applied, mut issues) = (before.clone(), Vec::new(), check(before));
    for _ in 0..ROUNDS {
        // One at a time: a fix moves what the other pointers point at.
        let found = issues.0.iter().find(|issue| carry_out(&mut content, issue, pictures)).cloned();
        let Some(issue) = found else { break };
        applied.push(issue);
        issues = check(&content);
    }
    Fixed::of(before, content, applied, issues)
}

/// Each wanted issue once, the last part first: a fix moves only what comes after it.
fn chosen(before: &Content, pictures: &Pictures, wanted: &[Wanted], check: impl Fn(&Content) -> Issues) -> Fixed {
    let mut order: Vec<(Option<Place>, &Wanted)> = wanted.iter().map(|w| (Place::parse(&w.field), w)).collect();
    order.sort_by_key(|(place, _)| std::cmp::Reverse(place.map(|place| (place.part, place.media))));
    let (mut content, mut applied, mut issues) = (before.clone(), Vec::new(), check(before));
    for (place, wanted) in order {
        let is_it = |issue: &&Issue| wanted.names(place, issue);
        let found = issues.0.iter().filter(is_it).find(|issue| carry_out(&mut content, issue, pictures)).cloned();
        applied.extend(found);
        issues = check(&content);
    }
    Fixed::of(before, content, applied, issues)
}

impl Wanted {
    /// Whether this is the issue. What was shared may have become its channel's own meanwhile.
    fn names(&self, place: Option<Place>, issue: &Issue) -> bool {
        let same_place = |(wanted, found): (Place, Place)| {
            let moved = issue.channel.is_some() && self.channel == issue.channel;
            (wanted.part, wanted.media) == (found.part, found.media) && (moved || wanted.channel == found.channel)
        };
        self.code == issue.code
            && (self.channel.is_none() || self.channel == issue.channel)
            && place.zip(Place::parse(&issue.field)).is_some_and(same_place)
    }
}

/// Pointers to the parts that are other than they were, and to parts that are a channel's own now.
fn changed(before: &Content, after: &Content) -> Vec<String> {
    let differing = |before: &[PartContent], after: &[PartContent], base: &str| -> Vec<String> {
        let is_new = |(index, part): &(usize, &PartContent)| before.get(*index) != Some(part);
        after.iter().enumerate().filter(is_new).map(|(index, _)| format!("{base}/parts/{index}")).collect()
    };
    let mut pointers = differing(&before.parts, &after.parts, "");
    for (index, (was, is)) in before.channels.iter().zip(&after.channels).enumerate() {
        let base = format!("/channels/{index}");
        match (&was.parts, &is.parts) {
            (None, Some(_)) => pointers.push(format!("{base}/parts")),
            (Some(was), Some(is)) => pointers.extend(differing(was, is, &base)),
            (_, None) => {}
        }
    }
    pointers
}

/// What is known of the files.
type Pictures = BTreeMap<MediaId, Picture>;

struct Picture {
    focus: Option<Point>,
    facts: MediaFacts,
}

/// Whether the content is another now.
fn carry_out(content: &mut Content, issue: &Issue, pictures: &Pictures) -> bool {
    let (Some(fix), Some(place)) = (issue.fix, Place::parse(&issue.field)) else { return false };
    let before = content.clone();
    let Some(parts) = place.parts(content, issue, fix) else { return false };
    let done = match (fix, place.media) {
        (Fix::SplitThread { unit, max }, None) => split(parts, place.part, unit, max),
        (Fix::ShortenLinks, None) => shorten(parts, place.part),
        (Fix::Resize | Fix::Reencode, Some(media)) => with_media(parts, place.part, media, |used| used.fit = true),
        (Fix::Crop { width, height }, Some(media)) => {
            with_media(parts, place.part, media, |used| used.crop = cut(used, pictures, width, height))
        }
        _ => None,
    };
    done.is_some() && *content != before
}

/// What a pointer leads to: `/parts/0/text`, `/channels/1/parts/0/media/2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    channel: Option<usize>,
    part: usize,
    media: Option<usize>,
}

impl Place {
    fn parse(pointer: &str) -> Option<Self> {
        let mut segments = pointer.strip_prefix('/')?.split('/');
        let mut first = segments.next()?;
        let mut channel = None;
        if first == "channels" {
            channel = Some(segments.next()?.parse().ok()?);
            first = segments.next()?;
        }
        let part = if first == "parts" { segments.next()?.parse().ok()? } else { return None };
        let media = match (segments.next(), segments.next()) {
            (Some("media"), Some(number)) => Some(number.parse().ok()?),
            _ => None,
        };
        Some(Self { channel, part, media })
    }

    /// The parts to change. Shared ones become the channel's own when they serve others too.
    fn parts<'c>(self, content: &'c mut Content, issue: &Issue, fix: Fix) -> Option<&'c mut Vec<PartContent>> {
        if let Some(index) = self.channel {
            return content.channels.get_mut(index)?.parts.as_mut();
        }
        let harmless = matches!(fix, Fix::Resize | Fix::Reencode | Fix::ShortenLinks);
        let sharing = content.channels.iter().filter(|own| own.parts.is_none()).count();
        if harmless || sharing <= 1 {
            return Some(&mut content.parts);
        }
        let shared = content.parts.clone();
        let own = content.channels.iter_mut().find(|own| Some(own.channel) == issue.channel)?;
        Some(own.parts.get_or_insert(shared))
    }
}

/// The first piece keeps the files and the delay; the others follow it.
fn split(parts: &mut Vec<PartContent>, at: usize, unit: Unit, max: usize) -> Option<()> {
    let whole = parts.get(at)?;
    let mut pieces = split_thread(&whole.text, unit, max).into_iter();
    let first = PartContent { text: pieces.next()?, ..whole.clone() };
    let rest = pieces.map(|text| PartContent { text, ..PartContent::default() });
    let all: Vec<PartContent> = std::iter::once(first).chain(rest).collect();
    parts.splice(at..=at, all);
    Some(())
}

fn shorten(parts: &mut [PartContent], at: usize) -> Option<()> {
    let part = parts.get_mut(at)?;
    part.text = without_tracking(&part.text);
    Some(())
}

fn with_media(parts: &mut [PartContent], part: usize, media: usize, change: impl FnOnce(&mut MediaRef)) -> Option<()> {
    change(parts.get_mut(part)?.media.get_mut(media)?);
    Some(())
}

/// The largest piece of a picture with this ratio, as near to the focal point as it can be.
fn cut(used: &MediaRef, pictures: &Pictures, width: u32, height: u32) -> Option<Area> {
    let file = pictures.get(&used.id)?;
    let MediaFacts { width: has_width, height: has_height, .. } = file.facts;
    let (has, wants) = (u64::from(has_width) * u64::from(height), u64::from(has_height) * u64::from(width));
    let share = |part: u64, whole: u64| u16::try_from(part * u64::from(WHOLE) / whole.max(1)).unwrap_or(WHOLE).max(1);
    let middle = Point { x: WHOLE / 2, y: WHOLE / 2 };
    let focus = used.focus.or(file.focus).filter(|point| point.is_inside()).unwrap_or(middle);
    let beside = |centre: u16, length: u16| centre.saturating_sub(length / 2).min(WHOLE - length);
    Some(if has > wants {
        let length = share(wants, has);
        Area { x: beside(focus.x, length), y: 0, width: length, height: WHOLE }
    } else {
        let length = share(has, wants);
        Area { x: 0, y: beside(focus.y, length), width: WHOLE, height: length }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_domain::content::ChannelContent;
    use postrider_domain::media::{MediaKind, Mime};
    use uuid::Uuid;

    fn channel(number: u128) -> ChannelContent {
        let channel = ChannelId::from_uuid(Uuid::from_u128(number));
        ChannelContent { channel, parts: None, settings: Default::default() }
    }

    fn content(text: &str, channels: u128) -> Content {
        let part = PartContent { text: text.to_owned(), ..PartContent::default() };
        Content { parts: vec![part], channels: (1..=channels).map(channel).collect() }
    }

    fn split_to(max: usize) -> Issue {
        let fix = Fix::SplitThread { unit: Unit::CodePoints, max };
        Issue::error(Code::TextTooLong, "/parts/0/text").fixed_by(fix).on(channel(1).channel)
    }

    fn texts(parts: &[PartContent]) -> Vec<&str> {
        parts.iter().map(|part| part.text.as_str()).collect()
    }

    #[test]
    fn pointers_are_read_back() {
        let of = |channel, part, media| Some(Place { channel, part, media });
        assert_eq!(Place::parse("/parts/3/text"), of(None, 3, None));
        assert_eq!(Place::parse("/channels/1/parts/0/media/2/alt"), of(Some(1), 0, Some(2)));
        for other in ["", "/when", "/channels/0/settings/x", "/parts", "/parts/x/text"] {
            assert_eq!(Place::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_single_channel_shares_with_nobody_and_several_keep_theirs() {
        let mut one = content("one two. three four.", 1);
        assert!(carry_out(&mut one, &split_to(10), &Pictures::new()));
        assert_eq!(texts(&one.parts), ["one two.", "three", "four."]);
        assert_eq!(one.channels[0].parts, None);
        let mut two = content("one two. three four.", 2);
        assert!(carry_out(&mut two, &split_to(10), &Pictures::new()));
        assert_eq!(texts(&two.parts), ["one two. three four."]);
        assert_eq!(two.channels[0].parts.as_ref().expect("its own").len(), 3);
        assert_eq!(two.channels[1].parts, None);
    }

    /// Every text longer than 10 is wrong on the first channel, and what is shared is pointed at as such.
    fn too_long(content: &Content) -> Issues {
        let own = content.channels[0].parts.as_ref();
        let base = if own.is_some() { "/channels/0" } else { "" };
        let long = |(index, part): (usize, &PartContent)| {
            let issue = Issue { field: format!("{base}/parts/{index}/text"), ..split_to(10) };
            (part.text.len() > 10).then_some(issue)
        };
        Issues(own.unwrap_or(&content.parts).iter().enumerate().filter_map(long).collect())
    }

    fn wanted(field: &str) -> Wanted {
        Wanted { code: Code::TextTooLong, field: field.to_owned(), channel: Some(channel(1).channel) }
    }

    #[test]
    fn only_the_wanted_issues_are_put_right_each_where_it_went_meanwhile() {
        let mut post = content("one two. three four.", 2);
        post.parts.push(PartContent { text: "five six. seven.".to_owned(), ..PartContent::default() });
        let none = chosen(&post, &Pictures::new(), &[], too_long);
        assert_eq!((&none.content, none.issues.0.len(), none.changed.len()), (&post, 2, 0));
        let other = Wanted { channel: Some(channel(2).channel), ..wanted("/parts/0/text") };
        assert_eq!(chosen(&post, &Pictures::new(), &[other], too_long).applied, []);
        let one = chosen(&post, &Pictures::new(), &[wanted("/parts/1/text")], too_long);
        let own = one.content.channels[0].parts.as_ref().expect("its own");
        assert_eq!(texts(own), ["one two. three four.", "five six.", "seven."]);
        assert_eq!((one.changed, one.issues.0.len()), (vec!["/channels/0/parts".to_owned()], 1));
        let both = [wanted("/parts/0/text"), wanted("/parts/1/text")];
        let both = chosen(&post, &Pictures::new(), &both, too_long);
        let own = both.content.channels[0].parts.as_ref().expect("its own");
        assert_eq!(texts(own), ["one two.", "three", "four.", "five six.", "seven."]);
        assert_eq!((both.applied.len(), both.issues.0.len()), (2, 0));
    }

    #[test]
    fn what_changed_is_pointed_at() {
        let before = content("one two. three four.", 1);
        let after = every(&before, &Pictures::new(), too_long);
        assert_eq!(after.changed, ["/parts/0", "/parts/1", "/parts/2"]);
        let mut own = before.clone();
        own.channels[0].parts = Some(own.parts.clone());
        assert_eq!(
            every(&own, &Pictures::new(), too_long).changed,
            ["0", "1", "2"].map(|n| format!("/channels/0/parts/{n}"))
        );
    }

    #[test]
    fn a_text_that_cannot_be_split_stays_and_is_not_tried_for_ever() {
        let mut stuck = content("short", 1);
        assert!(!carry_out(&mut stuck, &split_to(10), &Pictures::new()));
        let no_fix = Issue::error(Code::TextEmpty, "/parts/0/text");
        assert!(!carry_out(&mut stuck, &no_fix, &Pictures::new()));
    }

    fn picture(width: u32, height: u32, focus: Option<Point>) -> (Pictures, MediaRef) {
        let facts = MediaFacts {
            kind: MediaKind::Image,
            mime: Mime::Jpeg,
            bytes: 1,
            width,
            height,
            duration_ms: None,
            fps: None,
            codec: None,
            audio: false,
        };
        let id = MediaId::from_uuid(Uuid::from_u128(9));
        (Pictures::from([(id, Picture { focus, facts })]), MediaRef::of(id))
    }

    #[test]
    fn fitting_is_agreed_to_for_everybody() {
        let (pictures, used) = picture(10, 10, None);
        let mut post = content("look", 2);
        post.parts[0].media.push(used);
        let fits = Issue::warning(Code::MediaWillBeFitted, "/parts/0/media/0").fixed_by(Fix::Resize);
        assert!(carry_out(&mut post, &fits, &pictures));
        assert!(post.parts[0].media[0].fit && post.channels.iter().all(|own| own.parts.is_none()));
        assert!(!carry_out(&mut post, &fits, &pictures), "once is enough");
        let square = Issue::error(Code::MediaRatio, "/parts/0/media/0").fixed_by(Fix::Crop { width: 2, height: 1 });
        assert!(carry_out(&mut post, &square.on(channel(2).channel), &pictures));
        let own = post.channels[1].parts.as_ref().expect("its own");
        assert_eq!((post.parts[0].media[0].crop, own[0].media[0].crop.map(|area| area.height)), (None, Some(5_000)));
    }

    #[test]
    fn a_picture_is_cut_around_its_focal_point_and_never_over_the_edge() {
        let (wide, used) = picture(4_000, 1_000, Some(Point { x: 9_900, y: 0 }));
        let area = cut(&used, &wide, 1_000, 1_000).expect("is known");
        assert_eq!(area, Area { x: 7_500, y: 0, width: 2_500, height: WHOLE });
        let near = MediaRef { focus: Some(Point { x: 2_500, y: 0 }), ..used };
        assert_eq!(cut(&near, &wide, 1_000, 1_000).expect("is known").x, 1_250, "its own use counts more");
        let (tall, used) = picture(1_000, 4_000, None);
        let area = cut(&used, &tall, 1_000, 1_000).expect("is known");
        assert_eq!(area, Area { x: 0, y: 3_750, width: WHOLE, height: 2_500 });
        assert!(area.is_inside());
        assert_eq!(cut(&used, &Pictures::new(), 1, 1), None);
    }
}
