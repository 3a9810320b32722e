//! Animations: every frame decoded, made smaller and encoded again.

use std::io::Cursor;

use image::codecs::gif::{GifDecoder, GifEncoder, Repeat};
use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder, Delay, DynamicImage, Frame, ImageDecoder, RgbaImage};

use super::Limits;
use super::encode::{Encoded, next_scale};
use super::pixels::{damaged, decoder_limits, prepare};
use super::plan::{Plan, scaled};
use super::structure::{Structure, stretch_last_frame};
use crate::error::MediaError;
use crate::kind::Mime;
use crate::recipe::ImageRecipe;

/// Sizes that are tried before giving up.
const TRIES: usize = 5;
/// An animation is not made smaller than this to fit.
const SMALLEST: u32 = 64;

/// A frame that is ready, with its milliseconds.
struct Ready {
    image: RgbaImage,
    millis: u32,
}

/// The animation within the recipe, or `None` where it cannot be kept as one.
pub(super) fn fitting(
    file: &[u8],
    structure: &Structure,
    mut plan: Plan,
    mime: Mime,
    recipe: &ImageRecipe,
    limits: &Limits,
) -> Result<Option<Encoded>, MediaError> {
    // All frames of the result are in memory at once.
    let room = limits.max_pixels / u64::from(structure.frames.max(1));
    let area = u64::from(plan.size.0) * u64::from(plan.size.1);
    let mut scale = if area > room { (room as f64 / area as f64).sqrt() } else { 1.0 };
    let whole = plan.size;
    for _ in 0..TRIES {
        plan.size = scaled(whole, scale, recipe);
        if plan.size.0.max(plan.size.1) < SMALLEST.min(whole.0.max(whole.1)) {
            break;
        }
        let frames = decode(file, structure, &plan, limits)?;
        let made = match mime {
            Mime::Webp => webp(&frames, plan.size, recipe),
            _ => gif(&frames).map(|bytes| (bytes, None)),
        };
        // The encoder does not take an animation in which nothing moves; its first frame will do.
        let Ok((bytes, quality)) = made else { return Ok(None) };
        if bytes.len() as u64 <= recipe.max_bytes {
            return Ok(Some(Encoded { bytes, size: plan.size, quality }));
        }
        scale = next_scale(scale, bytes.len() as u64, recipe.max_bytes);
    }
    Ok(None)
}

fn decode(file: &[u8], structure: &Structure, plan: &Plan, limits: &Limits) -> Result<Vec<Ready>, MediaError> {
    let file = Cursor::new(file);
    let frames = if structure.mime == Mime::Gif {
        let mut decoder = GifDecoder::new(file).map_err(damaged)?;
        decoder.set_limits(decoder_limits(limits)).map_err(damaged)?;
        decoder.into_frames()
    } else {
        let mut decoder = WebPDecoder::new(file).map_err(damaged)?;
        decoder.set_limits(decoder_limits(limits)).map_err(damaged)?;
        decoder.into_frames()
    };
    let ready = frames.map(|frame| {
        let frame = frame.map_err(damaged)?;
        let (numerator, denominator) = frame.delay().numer_denom_ms();
        let image = prepare(DynamicImage::ImageRgba8(frame.into_buffer()), plan, structure)?;
        // Browsers play frames that want to be faster than this at a tenth of a second.
        let millis = match numerator / denominator.max(1) {
            0..=10 => 100,
            millis => millis,
        };
        Ok(Ready { image: image.into_dynamic().into_rgba8(), millis })
    });
    ready.collect()
}

/// As GIF, which has no quality to search for.
fn gif(frames: &[Ready]) -> Result<Vec<u8>, MediaError> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut bytes, 10);
    encoder.set_repeat(Repeat::Infinite).map_err(damaged)?;
    for ready in frames {
        let delay = Delay::from_numer_denom_ms(ready.millis, 1);
        let frame = Frame::from_parts(ready.image.clone(), 0, 0, delay);
        encoder.encode_frame(frame).map_err(damaged)?;
    }
    drop(encoder);
    Ok(bytes)
}

/// As WebP, at a good quality or else at the floor.
fn webp(frames: &[Ready], size: (u32, u32), recipe: &ImageRecipe) -> Result<(Vec<u8>, Option<u8>), MediaError> {
    let floor = recipe.min_quality.clamp(1, 100);
    let mut qualities = vec![80_u8.max(floor), floor];
    qualities.dedup();
    let mut made = Vec::new();
    for quality in &qualities {
        made = webp_at(frames, size, *quality)?;
        if made.len() as u64 <= recipe.max_bytes {
            return Ok((made, Some(*quality)));
        }
    }
    Ok((made, Some(floor)))
}

fn webp_at(frames: &[Ready], size: (u32, u32), quality: u8) -> Result<Vec<u8>, MediaError> {
    let mut config = webp::WebPConfig::new().map_err(|()| damaged("libwebp of another version"))?;
    config.quality = quality.into();
    let mut encoder = webp::AnimEncoder::new(size.0, size.1, &config);
    encoder.set_loop_count(0);
    let mut at = 0_u32;
    for ready in frames {
        let begins = i32::try_from(at).unwrap_or(i32::MAX);
        encoder.add_frame(webp::AnimFrame::from_rgba(ready.image.as_raw(), size.0, size.1, begins));
        at = at.saturating_add(ready.millis);
    }
    let mut made = encoder.try_encode().map_err(|error| damaged(format!("{error:?}")))?.to_vec();
    stretch_last_frame(&mut made, at);
    Ok(made)
}
