//! What pictures and videos must be like. Limits: facts of 2026-11-23.

use super::super::model::ContainerError;
use crate::graph::error::{GraphError, Kind};
use crate::graph::film::{Codec, Film, Sound};
use crate::graph::pull::Pulled;
use crate::intake::sniff;

/// The largest picture, in bytes.
pub(super) const IMAGE_BYTES: u64 = 8 << 20;

/// The largest video, in bytes.
pub(super) const VIDEO_BYTES: u64 = 1 << 30;

/// The narrowest and the widest picture. Other Meta networks are said to scale what is outside; of Threads the facts
/// say only the numbers, so here it is refused.
const IMAGE_WIDTH: std::ops::RangeInclusive<u32> = 320..=1440;

/// The longest side against the shortest, of a picture; the width against the height, of a video.
const RATIO: f64 = 10.0;
const LEAST_RATIO: f64 = 0.01;

const SECONDS: f64 = 300.0;
const COLUMNS: u32 = 1_920;
const FRAMES: std::ops::RangeInclusive<f64> = 23.0..=60.0;
const BITS_PER_SECOND: f64 = 25_000_000.0;
const SOUND_RATE: u32 = 48_000;
/// Not documented for Threads; Instagram takes one or two.
const CHANNELS: std::ops::RangeInclusive<u16> = 1..=2;

/// A picture that could not be fetched (confirmed, 2026-04-02 and 2026-08-21).
pub(super) fn not_fetched() -> GraphError {
    let words = "The media could not be fetched from this URI";
    GraphError::new(Kind::OAuth, 1, words).with_subcode(2_207_052).telling("Media download has failed", words)
}

/// Refuses a picture that will not do. Only the shape of the first refusal is documented, and for Instagram.
pub(super) fn image(picture: &Pulled) -> Result<(), GraphError> {
    let wrong = |why: &str| GraphError::param("image_url", why);
    if picture.received.bytes > IMAGE_BYTES {
        let error = GraphError::new(Kind::OAuth, 36_000, "The image size is too large.").with_subcode(2_207_004);
        return Err(error.telling("Image size too large", "The picture may have at most 8 MB."));
    }
    if !matches!(picture.mime(), Some("image/jpeg" | "image/png")) {
        return Err(wrong("must be a JPEG or a PNG"));
    }
    let (width, height) = sniff::pixels(&picture.received.head).ok_or_else(|| wrong("cannot be read"))?;
    if !IMAGE_WIDTH.contains(&width) {
        return Err(wrong("must be 320 to 1440 pixels wide"));
    }
    let (long, short) = (f64::from(width.max(height)), f64::from(width.min(height)));
    match long <= RATIO * short {
        true => Ok(()),
        false => Err(wrong("must have an aspect ratio of at most 10:1")),
    }
}

/// Why a video will not do. What has no word of its own is a failed processing.
pub(super) fn video(video: &Pulled) -> Result<(), ContainerError> {
    use ContainerError::{FailedDownloadingVideo, FailedProcessingVideo};
    let bytes = video.received.bytes;
    if bytes > VIDEO_BYTES {
        return Err(FailedDownloadingVideo);
    }
    if !matches!(video.mime(), Some("video/mp4" | "video/quicktime")) {
        return Err(FailedProcessingVideo);
    }
    let film = video.film.ok_or(FailedProcessingVideo)?;
    picture(&film, bytes)?;
    film.sound.map_or(Ok(()), sound)
}

fn picture(film: &Film, bytes: u64) -> Result<(), ContainerError> {
    use ContainerError::{
        FailedProcessingVideo, InvalidAspectRatio, InvalidBitRate, InvalidDuration, InvalidFrameRate,
    };
    let ratio = f64::from(film.width) / f64::from(film.height);
    // Of the whole file, as far as that can be known without decoding it.
    let rate = bytes as f64 * 8.0 / film.seconds;
    let checks = [
        (matches!(film.codec, Codec::H264 | Codec::Hevc), FailedProcessingVideo),
        (film.seconds > 0.0 && film.seconds <= SECONDS, InvalidDuration),
        ((LEAST_RATIO..=RATIO).contains(&ratio), InvalidAspectRatio),
        (film.width <= COLUMNS, FailedProcessingVideo),
        (FRAMES.contains(&film.frames_per_second), InvalidFrameRate),
        (rate <= BITS_PER_SECOND, InvalidBitRate),
    ];
    checks.into_iter().try_for_each(|(fits, error)| if fits { Ok(()) } else { Err(error) })
}

fn sound(sound: Sound) -> Result<(), ContainerError> {
    match sound {
        _ if sound.codec != Codec::Aac || sound.rate > SOUND_RATE => Err(ContainerError::FailedProcessingAudio),
        _ if !CHANNELS.contains(&sound.channels) => Err(ContainerError::InvalidAudioChannels),
        _ => Ok(()),
    }
}
