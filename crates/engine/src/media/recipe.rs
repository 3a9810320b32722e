//! From a network's limits to what a rendition must look like.

use postrider_connector::descriptor::{MediaRules, PictureRules, VideoRules};
use postrider_domain::content::MediaRef;
use postrider_domain::media::{Area, MediaFacts, MediaKind, Mime, MimeSet, Point, WHOLE};
use postrider_media::{Crop, ImageRecipe, VideoRecipe};
use serde::{Deserialize, Serialize};

/// How a file is made ready for one network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Recipe {
    /// A picture; without metadata in any case.
    Image(ImageRecipe),
    /// A video, by ffmpeg; without metadata in any case.
    Video(VideoRecipe),
    /// A video whose pictures and sound stay as they are, where there is no ffmpeg. Its metadata are blanked.
    Scrub,
}

impl Recipe {
    /// The name of the result: it changes with every figure and with the renderer.
    pub fn key(&self) -> String {
        match self {
            Recipe::Image(recipe) => recipe.key(),
            Recipe::Video(recipe) => recipe.key(),
            Recipe::Scrub => "scrub-1".to_owned(),
        }
    }

    /// Whether it takes long.
    pub const fn is_heavy(&self) -> bool {
        matches!(self, Recipe::Video(_))
    }
}

/// The recipe for one use of a file, or `None` when the network takes no such file, which preflight says first.
pub fn recipe(
    rules: &MediaRules,
    used: &MediaRef,
    own_focus: Option<Point>,
    facts: &MediaFacts,
    transcodes: bool,
) -> Option<Recipe> {
    let focus = used.focus.or(own_focus);
    match (facts.kind, &rules.image, &rules.animation, &rules.video) {
        (MediaKind::Animation, _, Some(picture), _) => Some(Recipe::Image(image(picture, used, focus, facts, true))),
        (MediaKind::Image | MediaKind::Animation, Some(picture), ..) => {
            Some(Recipe::Image(image(picture, used, focus, facts, false)))
        }
        (MediaKind::Video, .., Some(video)) if transcodes => Some(Recipe::Video(of_video(video, facts))),
        (MediaKind::Video, .., Some(_)) => Some(Recipe::Scrub),
        _ => None,
    }
}

fn image(rules: &PictureRules, used: &MediaRef, focus: Option<Point>, facts: &MediaFacts, moving: bool) -> ImageRecipe {
    let mimes = formats(rules.mimes, facts.mime);
    ImageRecipe {
        max_width: rules.max_side,
        max_height: rules.max_side,
        max_pixels: rules.max_pixels,
        animation: moving,
        crop: crop(rules.ratio, used.crop, focus, facts),
        ..ImageRecipe::new(rules.max_bytes, &mimes)
    }
}

/// The formats that can be made and are taken, the file's own first: then its pixels can stay.
fn formats(taken: MimeSet, own: Mime) -> Vec<postrider_media::Mime> {
    let usual = [Mime::Jpeg, Mime::Png, Mime::Webp, Mime::Gif];
    let preferred = std::iter::once(own).filter(|own| usual.contains(own));
    let mut list: Vec<Mime> = Vec::new();
    for mime in preferred.chain(usual) {
        if taken.contains(mime) && !list.contains(&mime) {
            list.push(mime);
        }
    }
    list.into_iter().filter_map(|mime| postrider_media::Mime::parse(mime.as_str())).collect()
}

/// Cutting: exactly what the writer chose, else to the network's ratios around the focal point.
fn crop(ratio: Option<(u32, u32)>, area: Option<Area>, focus: Option<Point>, facts: &MediaFacts) -> Option<Crop> {
    let thousandths = |value: u16| value / (WHOLE / 1_000);
    if let Some(area) = area.filter(|area| area.is_inside()) {
        let part = |whole: u32, share: u16| (u64::from(whole) * u64::from(share) / u64::from(WHOLE)).max(1);
        let (width, height) = (part(facts.width, area.width), part(facts.height, area.height));
        let exact = (u32::try_from(width).unwrap_or(u32::MAX), u32::try_from(height).unwrap_or(u32::MAX));
        let centre = (thousandths(area.x + area.width / 2), thousandths(area.y + area.height / 2));
        return Some(Crop { focus: centre, narrowest: exact, widest: exact });
    }
    let (least, most) = ratio?;
    let focus = focus.filter(|point| point.is_inside()).unwrap_or(Point { x: WHOLE / 2, y: WHOLE / 2 });
    let focus = (thousandths(focus.x), thousandths(focus.y));
    Some(Crop { focus, narrowest: (least, 1_000), widest: (most, 1_000) })
}

fn of_video(rules: &VideoRules, facts: &MediaFacts) -> VideoRecipe {
    let by_pixels = rules.max_pixels.map(|most| longest_side(most, facts));
    VideoRecipe {
        max_bytes: rules.max_bytes,
        // One that is too long is refused before: nobody wants half a video.
        max_ms: None,
        max_side: [rules.max_side, by_pixels].into_iter().flatten().min(),
        max_short_side: None,
        max_fps: rules.max_fps,
        max_bitrate: None,
    }
}

/// The longer side of a video of the same shape with so many pixels.
fn longest_side(pixels: u64, facts: &MediaFacts) -> u32 {
    let (long, short) = (facts.width.max(facts.height).max(1), facts.width.min(facts.height).max(1));
    let side = (pixels.saturating_mul(u64::from(long)) / u64::from(short)).isqrt();
    u32::try_from(side).unwrap_or(u32::MAX).max(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_domain::id::MediaId;

    const PICTURE: PictureRules = PictureRules {
        mimes: MimeSet::of(&[Mime::Jpeg, Mime::Png]),
        max_bytes: 1_000_000,
        max_pixels: Some(4_000_000),
        max_side: Some(4_000),
        ratio: None,
        source: "",
    };

    const VIDEO: VideoRules = VideoRules {
        mimes: MimeSet::of(&[Mime::Mp4]),
        codecs: &["avc1"],
        max_bytes: 50_000_000,
        duration_ms: None,
        max_pixels: Some(921_600),
        max_side: Some(4_000),
        max_fps: Some(30),
        source: "",
    };

    const RULES: MediaRules = MediaRules {
        max_items: 4,
        max_videos: 1,
        mixed: false,
        fetched: false,
        image: Some(PICTURE),
        animation: None,
        video: Some(VIDEO),
        alt: None,
    };

    fn facts(kind: MediaKind, mime: Mime, width: u32, height: u32) -> MediaFacts {
        MediaFacts { kind, mime, bytes: 9, width, height, duration_ms: None, fps: None, codec: None, audio: false }
    }

    fn used() -> MediaRef {
        MediaRef::of(MediaId::from_uuid(uuid::Uuid::from_u128(1)))
    }

    fn picture(rules: &MediaRules, used: &MediaRef, facts: &MediaFacts) -> ImageRecipe {
        match recipe(rules, used, None, facts, true) {
            Some(Recipe::Image(recipe)) => recipe,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_picture_keeps_its_format_where_it_is_taken() {
        let of = |mime| picture(&RULES, &used(), &facts(MediaKind::Image, mime, 100, 100)).mimes;
        use postrider_media::Mime as M;
        assert_eq!(of(Mime::Png), [M::Png, M::Jpeg]);
        assert_eq!(of(Mime::Webp), [M::Jpeg, M::Png], "WebP is not taken");
        assert_eq!(of(Mime::Heic), [M::Jpeg, M::Png], "HEIC cannot be made");
    }

    #[test]
    fn an_animation_moves_only_where_that_is_taken() {
        let gif = facts(MediaKind::Animation, Mime::Gif, 100, 100);
        assert!(!picture(&RULES, &used(), &gif).animation);
        let moving = MediaRules { animation: Some(PICTURE), ..RULES };
        assert!(picture(&moving, &used(), &gif).animation);
        let none = MediaRules { image: None, video: None, ..RULES };
        assert_eq!(recipe(&none, &used(), None, &gif, true), None);
    }

    #[test]
    fn what_the_writer_cut_is_cut_and_else_the_focus_decides() {
        let ratios = MediaRules { image: Some(PictureRules { ratio: Some((800, 1_910)), ..PICTURE }), ..RULES };
        let wide = facts(MediaKind::Image, Mime::Jpeg, 4_000, 1_000);
        let own = Some(Point { x: 2_500, y: 5_000 });
        let Some(Recipe::Image(by_focus)) = recipe(&ratios, &used(), own, &wide, true) else { panic!("a picture") };
        assert_eq!(by_focus.crop, Some(Crop { focus: (250, 500), narrowest: (800, 1_000), widest: (1_910, 1_000) }));
        let area = Area { x: 0, y: 0, width: 5_000, height: WHOLE };
        let cut = MediaRef { crop: Some(area), ..used() };
        let exact = picture(&ratios, &cut, &wide).crop.expect("is cut");
        assert_eq!((exact.narrowest, exact.widest, exact.focus), ((2_000, 1_000), (2_000, 1_000), (250, 500)));
        assert_eq!(picture(&RULES, &used(), &wide).crop, None);
    }

    #[test]
    fn a_video_is_made_as_small_as_its_pixels_must_be() {
        let full_hd = facts(MediaKind::Video, Mime::Mp4, 1_080, 1_920);
        let Some(Recipe::Video(made)) = recipe(&RULES, &used(), None, &full_hd, true) else { panic!("a video") };
        assert_eq!((made.max_side, made.max_fps, made.max_ms), (Some(1_280), Some(30), None));
        assert_eq!(recipe(&RULES, &used(), None, &full_hd, false), Some(Recipe::Scrub));
        assert!(Recipe::Video(made).is_heavy() && !Recipe::Scrub.is_heavy());
    }
}
