//! What pictures and videos must be like. Limits: facts of 2026-11-23.

use super::errors::sub;
use super::model::{Failure, Kind, Media, Phase};
use super::{Order, Scene};
use crate::graph::error::{GraphError, Kind as ErrorKind};
use crate::graph::film::{Codec, Film};
use crate::graph::pull::Pulled;
use crate::intake::{Received, sniff};

/// The largest picture, in bytes: error 1366046 says 4 MB, while the guide for stories says 10 (read 2026-11-23).
pub(super) const PICTURE_BYTES: u64 = 4 << 20;

/// The largest video, in bytes. Not in the facts; a file over it is not fetched to its end.
pub(super) const VIDEO_BYTES: u64 = 10 << 30;

/// Reels (guide of 2026-07-30). 23.976 frames a second pass for 24, as they do everywhere.
const REEL_SECONDS: std::ops::RangeInclusive<f64> = 3.0..=90.0;
const REEL_FRAMES: std::ops::RangeInclusive<f64> = 23.9..=60.1;
const REEL_PIXELS: (u32, u32) = (540, 960);
/// How far the shape may be from 9:16; not documented.
const REEL_SHAPE: f64 = 0.02;

/// The longest video of a story (guide read 2026-11-23).
const STORY_SECONDS: f64 = 60.0;

/// The longest upright video that lands as a draft when it comes through `/videos`.
pub(super) const UPRIGHT_SECONDS: f64 = 90.0;

const PICTURES: [&str; 5] = ["image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff"];

/// A picture at an address, to be fetched.
pub(super) fn picture_order(address: &str) -> Order {
    Order { address: address.to_owned(), limit: PICTURE_BYTES }
}

/// Checks a picture and keeps it.
pub(super) fn picture(scene: &mut Scene<'_>, file: &Received) -> Result<Media, GraphError> {
    let mime = sniff::mime(&file.head).filter(|mime| PICTURES.contains(mime));
    let Some(mime) = mime.filter(|_| file.bytes <= PICTURE_BYTES) else {
        let told = "Photos should be smaller than 4 MB and saved as JPG, PNG, GIF, TIFF or BMP files.";
        return Err(sub(1_366_046, told).telling("Can't Read Files", told));
    };
    // Bitmaps and TIFFs are taken by their first bytes alone.
    let sized = ["image/bmp", "image/tiff"].contains(&mime);
    let pixels = sniff::pixels(&file.head).or(sized.then_some((0, 0)));
    let (width, height) =
        pixels.ok_or_else(|| sub(2_069_019, "Your photos couldn't be uploaded: the file is damaged"))?;
    Ok(Media { width, height, ..kept(scene, file, mime) })
}

/// The picture at an address that was fetched. The code is not confirmed.
pub(super) fn fetched(scene: &mut Scene<'_>, name: &str) -> Result<Media, GraphError> {
    let missing =
        || GraphError::param(name, "names a picture that could not be fetched: Missing or invalid image file");
    let pulled = scene.pulled.take().and_then(Result::ok).ok_or_else(missing)?;
    picture(scene, &pulled.received)
}

/// Keeps the bytes of a file, as far as the sandbox is to.
pub(super) fn kept(scene: &mut Scene<'_>, file: &Received, mime: &str) -> Media {
    let keep = file.bytes <= scene.core.keep_bytes && file.whole.is_some();
    if keep {
        scene.state.files.put(file);
    }
    let (sha256, bytes, mime) = (file.sha256(), file.bytes, mime.to_owned());
    Media { sha256, bytes, mime, kept: keep, width: 0, height: 0 }
}

/// The index of a file that came in a form: of all of it where it was held whole, else of its beginning.
pub(super) fn index(file: &Received) -> Option<Film> {
    let mut scanner = crate::graph::film::Scanner::default();
    scanner.take(file.whole.as_deref().unwrap_or(&file.head));
    scanner.film()
}

/// A video that was fetched, as if it had come in a form.
pub(super) fn of_pulled(pulled: Pulled) -> (Received, Option<Film>) {
    (pulled.received, pulled.film)
}

/// Why a video will not do where it is to be shown.
pub(super) fn failure(kind: Kind, file: &Received, film: Option<&Film>) -> Option<Failure> {
    let failed = |message: &str| Some(Failure { phase: Phase::Processing, code: 6_000, message: message.to_owned() });
    let video = sniff::mime(&file.head).is_some_and(|mime| mime.starts_with("video/"));
    let Some(film) = film.filter(|_| video) else {
        return failed("The video file you tried to upload cannot be read.");
    };
    let why = match kind {
        Kind::Feed => None,
        Kind::Story => (film.seconds > STORY_SECONDS).then_some("Videos of stories can have at most 60 seconds."),
        Kind::Reel => reel(film),
    };
    why.and_then(failed)
}

fn reel(film: &Film) -> Option<&'static str> {
    let shape = f64::from(film.width) / f64::from(film.height.max(1));
    let checks = [
        (REEL_SECONDS.contains(&film.seconds), "Reels must have 3 to 90 seconds."),
        (film.width >= REEL_PIXELS.0 && film.height >= REEL_PIXELS.1, "Reels must have at least 540 by 960 pixels."),
        ((shape - 9.0 / 16.0).abs() <= REEL_SHAPE, "Reels must have an aspect ratio of 9:16."),
        (REEL_FRAMES.contains(&film.frames_per_second), "Reels must have 24 to 60 frames per second."),
        (film.sound.is_none_or(|sound| sound.codec == Codec::Aac), "The sound of reels must be AAC."),
    ];
    checks.into_iter().find(|(fits, _)| !fits).map(|(_, why)| why)
}

/// A photo or video that a published post shows already.
pub(super) fn already_posted() -> GraphError {
    let words = "(#100) These photos were already posted.";
    GraphError::new(ErrorKind::OAuth, 100, words).with_subcode(1_366_051).telling("Already Posted", words)
}
