//! What pictures and videos must be like. Limits: facts of 2026-11-23.

use super::super::model::{Content, Product};
use super::super::settings::Settings;
use crate::graph::error::{GraphError, Kind};
use crate::graph::film::{Codec, Film, Sound};
use crate::graph::pull::Pulled;
use crate::intake::sniff;

/// The largest picture, in bytes.
pub(super) const IMAGE_BYTES: u64 = 8 << 20;

/// The largest video of a story, in bytes.
pub(super) const STORY_BYTES: u64 = 100 << 20;

/// The width of a picture of the feed against its height. What is wider or narrower in pixels than 320 to 1440 is
/// scaled, so it is taken.
const RATIO: std::ops::RangeInclusive<f64> = 0.8..=1.91;

/// How long a reel and the video of a story last, in seconds. Videos of carousels have no line of their own.
const REEL_SECONDS: std::ops::RangeInclusive<f64> = 3.0..=900.0;
const STORY_SECONDS: std::ops::RangeInclusive<f64> = 3.0..=60.0;

/// The width against the height.
const REEL_RATIO: std::ops::RangeInclusive<f64> = 0.01..=10.0;
const STORY_RATIO: std::ops::RangeInclusive<f64> = 0.1..=10.0;

const COLUMNS: u32 = 1_920;
const FRAMES: std::ops::RangeInclusive<f64> = 23.0..=60.0;
const BITS_PER_SECOND: f64 = 25_000_000.0;
const SOUND_RATE: u32 = 48_000;
const CHANNELS: std::ops::RangeInclusive<u16> = 1..=2;

/// A format that is not supported: 352/2207026 (error codes, 2026-06-02). The words of all that is wrong with a video
/// are in the manual, and no other code for them.
const FORMAT: u32 = 2_207_026;

/// A sound that is to be mixed with one that is not there (tracker of 2026-09-07).
const SILENT: u32 = 2_207_082;

/// 9004/2207052 (tracker of 2026-08-17): nothing was made.
pub(super) fn not_fetched() -> GraphError {
    let told = "The media could not be fetched from this URI. Please check the limitations on the media.";
    let error = GraphError::new(Kind::OAuth, 9_004, "Only photo or video can be accepted as media type.");
    error.with_subcode(2_207_052).telling("Media download has failed", told)
}

/// The subcode of a moment behind the end of a video (error codes, 2026-06-02).
pub(super) const BEYOND: u32 = 2_207_057;

/// Whether the moment that is to be in front lies behind the end.
pub(super) fn behind(content: &Content, seconds: f64) -> bool {
    content.thumb_offset.is_some_and(|moment| moment as f64 > seconds * 1_000.0)
}

/// 1/2207057 (error codes, 2026-06-02).
pub(super) fn beyond_the_end() -> GraphError {
    let error = GraphError::new(Kind::OAuth, 1, "The thumbnail offset must be within the video.");
    error.with_subcode(BEYOND).telling("Thumbnail offset", "Choose a moment of the video.")
}

/// Refuses a picture that will not do (error codes, 2026-06-02).
pub(super) fn image(picture: &Pulled, product: Product) -> Result<(), GraphError> {
    if picture.received.bytes > IMAGE_BYTES {
        let error = GraphError::new(Kind::OAuth, 36_000, "The image size is too large.").with_subcode(2_207_004);
        return Err(error.telling("Image size too large", "The picture may have at most 8 MiB."));
    }
    let head = &picture.received.head;
    let plain = picture.mime() == Some("image/jpeg") && !several(head);
    let Some((width, height)) = sniff::pixels(head).filter(|_| plain) else {
        let error = GraphError::new(Kind::OAuth, 36_001, "The image format is not supported.");
        return Err(error.with_subcode(2_207_005).telling("Image format", "The picture must be a JPEG."));
    };
    match product != Product::Feed || RATIO.contains(&(f64::from(width) / f64::from(height))) {
        true => Ok(()),
        false => {
            let error = GraphError::new(Kind::OAuth, 36_003, "The aspect ratio is not supported.");
            Err(error.with_subcode(2_207_009).telling("Aspect ratio", "The ratio must be from 4:5 to 1.91:1."))
        }
    }
}

/// Whether a JPEG holds several pictures (MPO, JPS), which are not taken.
fn several(head: &[u8]) -> bool {
    head.windows(4).any(|window| window == b"MPF\0" || window == b"_JPS")
}

/// The subcode with which a video fails.
pub(super) fn video(
    content: &Content,
    bytes: u64,
    mime: Option<&str>,
    film: Option<Film>,
    limit: u64,
    settings: &Settings,
) -> Result<(), u32> {
    let film = film.filter(|_| matches!(mime, Some("video/mp4" | "video/quicktime"))).ok_or(FORMAT)?;
    let story = content.product == Product::Story;
    let fits = bytes <= limit
        && (film.index_first || !settings.index_first)
        && !(film.edited && settings.refuse_edit_lists)
        && picture(&film, bytes, story)
        && film.sound.is_none_or(sound);
    if !fits {
        return Err(FORMAT);
    }
    let loud = |audio: &serde_json::Value| audio["video_volume"].as_f64().is_none_or(|volume| volume > 0.0);
    match film.sound.is_none() && content.audio.as_ref().is_some_and(loud) {
        true => Err(SILENT),
        false => Ok(()),
    }
}

fn picture(film: &Film, bytes: u64, story: bool) -> bool {
    let (lasting, shape) = if story { (STORY_SECONDS, STORY_RATIO) } else { (REEL_SECONDS, REEL_RATIO) };
    // Of the whole file, as far as that can be known without decoding it.
    let rate = bytes as f64 * 8.0 / film.seconds;
    matches!(film.codec, Codec::H264 | Codec::Hevc)
        && lasting.contains(&film.seconds)
        && shape.contains(&(f64::from(film.width) / f64::from(film.height)))
        && film.width <= COLUMNS
        && FRAMES.contains(&film.frames_per_second)
        && rate <= BITS_PER_SECOND
}

fn sound(sound: Sound) -> bool {
    sound.codec == Codec::Aac && sound.rate <= SOUND_RATE && CHANNELS.contains(&sound.channels)
}
