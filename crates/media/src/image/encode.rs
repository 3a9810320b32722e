//! Encoders, and the search for a quality and size that fit.

use image::codecs::gif::GifEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use jpeg_encoder::{ColorType, EncodingError, SamplingFactor};

use super::pixels::{Pixels, damaged};
use super::plan::scaled;
use crate::error::MediaError;
use crate::kind::Mime;
use crate::recipe::ImageRecipe;

/// The best quality that is tried: above it files grow and nobody sees why.
const BEST: u8 = 90;
/// Steps between two qualities that are tried.
const STEP: u8 = 5;
/// A side is not made smaller than this to fit.
const SMALLEST: u32 = 16;

/// An encoded picture.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) bytes: Vec<u8>,
    pub(super) size: (u32, u32),
    pub(super) quality: Option<u8>,
}

/// Makes the best that fits: full size first, from the best quality down to the floor, then smaller.
pub(super) fn fitting(mut pixels: Pixels, mime: Mime, recipe: &ImageRecipe) -> Result<Encoded, MediaError> {
    let whole = pixels.size();
    let mut scale = 1.0;
    loop {
        let tried = best_quality(&pixels, mime, recipe)?;
        let too_large = match tried {
            Tried::Fits(encoded) => return Ok(encoded),
            Tried::TooLarge { bytes } => bytes,
        };
        scale = next_scale(scale, too_large, recipe.max_bytes);
        let size = scaled(whole, scale, recipe);
        if size.0.max(size.1) < SMALLEST || size == pixels.size() {
            return Err(MediaError::CannotFit { limit: recipe.max_bytes });
        }
        pixels = pixels.resized(size)?;
    }
}

enum Tried {
    Fits(Encoded),
    TooLarge { bytes: u64 },
}

/// The highest quality that fits, found by halving: fewer bytes come with less quality.
fn best_quality(pixels: &Pixels, mime: Mime, recipe: &ImageRecipe) -> Result<Tried, MediaError> {
    let qualities = qualities(mime, recipe);
    let encode = |index: usize| -> Result<Tried, MediaError> {
        let quality = qualities[index];
        let bytes = encode(pixels, mime, quality.unwrap_or(BEST), recipe.background)?;
        if bytes.len() as u64 <= recipe.max_bytes {
            Ok(Tried::Fits(Encoded { bytes, size: pixels.size(), quality }))
        } else {
            Ok(Tried::TooLarge { bytes: bytes.len() as u64 })
        }
    };
    let first = encode(0)?;
    if matches!(first, Tried::Fits(_)) || qualities.len() == 1 {
        return Ok(first);
    }
    let mut best = encode(qualities.len() - 1)?;
    if matches!(best, Tried::TooLarge { .. }) {
        return Ok(best);
    }
    // The first is too large, the last fits.
    let (mut low, mut high) = (0, qualities.len() - 1);
    while high - low > 1 {
        let middle = usize::midpoint(low, high);
        match encode(middle)? {
            fits @ Tried::Fits(_) => (best, high) = (fits, middle),
            Tried::TooLarge { .. } => low = middle,
        }
    }
    Ok(best)
}

/// Qualities from the best to the floor; `None` for encoders that lose nothing.
fn qualities(mime: Mime, recipe: &ImageRecipe) -> Vec<Option<u8>> {
    if !matches!(mime, Mime::Jpeg | Mime::Webp) {
        return vec![None];
    }
    let floor = recipe.min_quality.clamp(1, 100);
    let mut steps: Vec<_> = (floor..BEST).rev().filter(|quality| (BEST - quality).is_multiple_of(STEP)).collect();
    steps.insert(0, BEST.max(floor));
    if steps.last() != Some(&floor) {
        steps.push(floor);
    }
    steps.into_iter().map(Some).collect()
}

/// The next factor: as much smaller as the bytes say, a little more, and never by crumbs.
pub(super) fn next_scale(scale: f64, bytes: u64, limit: u64) -> f64 {
    let by_area = (limit as f64 / bytes.max(1) as f64).sqrt();
    scale * (by_area * 0.97).clamp(0.3, 0.9)
}

/// Encodes as it is. The same pixels and quality give the same bytes.
pub(super) fn encode(pixels: &Pixels, mime: Mime, quality: u8, background: [u8; 3]) -> Result<Vec<u8>, MediaError> {
    let mut bytes = Vec::new();
    match mime {
        Mime::Jpeg => jpeg(pixels, quality, background, &mut bytes).map_err(damaged)?,
        Mime::Webp => bytes = webp(pixels, quality)?,
        Mime::Png => {
            let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
            let (data, colour) = raw(pixels);
            encoder.write_image(data, pixels.size().0, pixels.size().1, colour).map_err(damaged)?;
        }
        Mime::Gif => {
            let frame = image::Frame::new(pixels.clone().into_dynamic().into_rgba8());
            GifEncoder::new(&mut bytes).encode_frame(frame).map_err(damaged)?;
        }
        other => return Err(MediaError::Damaged { what: format!("{other} cannot be made") }),
    }
    Ok(bytes)
}

fn raw(pixels: &Pixels) -> (&[u8], ExtendedColorType) {
    match pixels {
        Pixels::Opaque(image) => (image.as_raw(), ExtendedColorType::Rgb8),
        Pixels::Clear(image) => (image.as_raw(), ExtendedColorType::Rgba8),
    }
}

fn jpeg(pixels: &Pixels, quality: u8, background: [u8; 3], bytes: &mut Vec<u8>) -> Result<(), EncodingError> {
    let (width, height) = pixels.size();
    // A JPEG side has 16 bits; the limits on pictures are below.
    let (width, height) = (width.min(65_535) as u16, height.min(65_535) as u16);
    let mut encoder = jpeg_encoder::Encoder::new(bytes, quality);
    // Plain baseline with usual tables. Tables of its own would save a twentieth, but the encoder then writes each
    // colour by itself, which some decoders read wrongly.
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    match pixels {
        Pixels::Opaque(image) => encoder.encode(image.as_raw(), width, height, ColorType::Rgb),
        Pixels::Clear(_) => encoder.encode(pixels.filled(background).as_raw(), width, height, ColorType::Rgb),
    }
}

fn webp(pixels: &Pixels, quality: u8) -> Result<Vec<u8>, MediaError> {
    let (width, height) = pixels.size();
    let encoder = match pixels {
        Pixels::Opaque(image) => webp::Encoder::from_rgb(image.as_raw(), width, height),
        Pixels::Clear(image) => webp::Encoder::from_rgba(image.as_raw(), width, height),
    };
    let encoded = encoder.encode_simple(false, quality.into()).map_err(|error| damaged(format!("{error:?}")))?;
    Ok(encoded.to_vec())
}
