//! Decoding, colours, cutting, resizing and turning.

use std::io::Cursor;

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, RgbImage, RgbaImage};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use super::Limits;
use super::plan::{self, Plan};
use super::structure::Structure;
use crate::error::MediaError;
use crate::kind::Mime;

/// A decoded picture: 8 bits a channel, sRGB, with or without transparency.
#[derive(Debug, Clone)]
pub(super) enum Pixels {
    Opaque(RgbImage),
    Clear(RgbaImage),
}

impl Pixels {
    /// Takes any decoded picture; transparency that nothing uses is left away.
    pub(super) fn new(image: DynamicImage) -> Self {
        if !image.color().has_alpha() {
            return Self::Opaque(image.into_rgb8());
        }
        let image = image.into_rgba8();
        if image.pixels().all(|pixel| pixel[3] == 255) {
            Self::Opaque(DynamicImage::ImageRgba8(image).into_rgb8())
        } else {
            Self::Clear(image)
        }
    }

    pub(super) fn size(&self) -> (u32, u32) {
        match self {
            Self::Opaque(image) => image.dimensions(),
            Self::Clear(image) => image.dimensions(),
        }
    }

    pub(super) fn into_dynamic(self) -> DynamicImage {
        match self {
            Self::Opaque(image) => DynamicImage::ImageRgb8(image),
            Self::Clear(image) => DynamicImage::ImageRgba8(image),
        }
    }

    /// The same on a background, without transparency.
    pub(super) fn filled(&self, background: [u8; 3]) -> RgbImage {
        match self {
            Self::Opaque(image) => image.clone(),
            Self::Clear(image) => {
                let mut filled = RgbImage::new(image.width(), image.height());
                for (to, from) in filled.pixels_mut().zip(image.pixels()) {
                    let alpha = u32::from(from[3]);
                    for (channel, below) in background.iter().enumerate() {
                        let mixed = u32::from(from[channel]) * alpha + u32::from(*below) * (255 - alpha);
                        to[channel] = ((mixed + 127) / 255) as u8;
                    }
                }
                filled
            }
        }
    }

    /// A smaller one.
    pub(super) fn resized(self, size: (u32, u32)) -> Result<Self, MediaError> {
        let (width, height) = self.size();
        let whole = plan::Rect { left: 0, top: 0, width, height };
        Ok(Self::new(cut_and_resize(self.into_dynamic(), whole, size)?))
    }
}

/// Decodes the picture, or the first frame of an animation, in sRGB.
pub(super) fn decode(file: &[u8], structure: &Structure, limits: &Limits) -> Result<DynamicImage, MediaError> {
    let (image, profile) =
        if structure.colours_apart { decode_apart(file, limits) } else { decode_usual(file, structure, limits) }?;
    let converted = profile.and_then(|profile| to_srgb(&image, &profile));
    Ok(converted.unwrap_or(image))
}

/// A picture and its colour profile.
type Decoded = (DynamicImage, Option<Vec<u8>>);

fn decode_usual(file: &[u8], structure: &Structure, limits: &Limits) -> Result<Decoded, MediaError> {
    let format = match structure.mime {
        Mime::Png => ImageFormat::Png,
        Mime::Gif => ImageFormat::Gif,
        Mime::Webp => ImageFormat::WebP,
        _ => ImageFormat::Jpeg,
    };
    let mut reader = image::ImageReader::with_format(Cursor::new(file), format);
    reader.limits(decoder_limits(limits));
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    // A broken profile is no reason to refuse the picture.
    let profile = decoder.icc_profile().unwrap_or(None);
    Ok((DynamicImage::from_decoder(decoder).map_err(damaged)?, profile))
}

/// A baseline JPEG that stores each colour by itself. The usual decoder gets those wrong without an error (zune-jpeg
/// 0.5.15, its issues 419, 422, 448 and 449, read 2026-11-25), so an older and slower one reads them.
fn decode_apart(file: &[u8], limits: &Limits) -> Result<Decoded, MediaError> {
    let mut decoder = jpeg_decoder::Decoder::new(file);
    let room = limits.max_pixels.saturating_mul(4);
    decoder.set_max_decoding_buffer_size(usize::try_from(room).unwrap_or(usize::MAX));
    let pixels = decoder.decode().map_err(damaged)?;
    let Some(info) = decoder.info() else { return Err(damaged("JPEG without a header")) };
    if info.pixel_format != jpeg_decoder::PixelFormat::RGB24 {
        return Err(MediaError::Flavour("CMYK JPEG that stores each ink by itself"));
    }
    let image = RgbImage::from_raw(info.width.into(), info.height.into(), pixels);
    let image = image.ok_or_else(|| damaged("JPEG with fewer pixels than it says"))?;
    Ok((DynamicImage::ImageRgb8(image), decoder.icc_profile()))
}

/// The decoders' own guard, behind the one that reads the structure.
pub(super) fn decoder_limits(limits: &Limits) -> image::Limits {
    let mut guard = image::Limits::no_limits();
    guard.max_image_width = Some(limits.max_side);
    guard.max_image_height = Some(limits.max_side);
    // 16-bit pictures with transparency have 8 bytes a pixel; decoders need some more for themselves.
    guard.max_alloc = Some(limits.max_pixels.saturating_mul(9).saturating_add(64 << 20));
    guard
}

/// Cuts and resizes as planned, then turns upright.
pub(super) fn prepare(image: DynamicImage, plan: &Plan, structure: &Structure) -> Result<Pixels, MediaError> {
    let stored = (structure.width, structure.height);
    let orientation = structure.orientation;
    let cut = plan::stored(plan.cut, stored, orientation);
    // Turned last, when it is small.
    let size = plan::seen(plan.size, orientation);
    let mut image = cut_and_resize(image, cut, size)?;
    if let Some(orientation) = Orientation::from_exif(orientation) {
        image.apply_orientation(orientation);
    }
    Ok(Pixels::new(image))
}

fn cut_and_resize(image: DynamicImage, cut: plan::Rect, size: (u32, u32)) -> Result<DynamicImage, MediaError> {
    let image = match image {
        DynamicImage::ImageRgb8(_) | DynamicImage::ImageRgba8(_) => image,
        other if other.color().has_alpha() => DynamicImage::ImageRgba8(other.into_rgba8()),
        other => DynamicImage::ImageRgb8(other.into_rgb8()),
    };
    if (cut.width, cut.height) == size {
        let whole = (image.width(), image.height()) == size;
        return Ok(if whole { image } else { image.crop_imm(cut.left, cut.top, cut.width, cut.height) });
    }
    let mut resized = DynamicImage::new(size.0, size.1, image.color());
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3)).crop(
        cut.left.into(),
        cut.top.into(),
        cut.width.into(),
        cut.height.into(),
    );
    Resizer::new().resize(&image, &mut resized, &options).map_err(damaged)?;
    Ok(resized)
}

/// The picture in sRGB, or `None` where its profile is sRGB already or is none that can be used.
fn to_srgb(image: &DynamicImage, profile: &[u8]) -> Option<DynamicImage> {
    let from = ColorProfile::new_from_slice(profile).ok()?;
    // Inks were converted while decoding, so their profile no longer fits; grey needs none to look right.
    if from.color_space != DataColorSpace::Rgb {
        return None;
    }
    let to = ColorProfile::new_srgb();
    let has_alpha = image.color().has_alpha();
    let layout = if has_alpha { Layout::Rgba } else { Layout::Rgb };
    let transform = from.create_transform_8bit(layout, &to, layout, TransformOptions::default()).ok()?;
    let pixels = if has_alpha { image.to_rgba8().into_raw() } else { image.to_rgb8().into_raw() };
    let mut converted = vec![0; pixels.len()];
    transform.transform(&pixels, &mut converted).ok()?;
    let (width, height) = (image.width(), image.height());
    if has_alpha {
        RgbaImage::from_raw(width, height, converted).map(DynamicImage::ImageRgba8)
    } else {
        RgbImage::from_raw(width, height, converted).map(DynamicImage::ImageRgb8)
    }
}

/// A decoder's failure. Size limits were checked before, so what is left is a file that contradicts itself.
pub(super) fn damaged(error: impl std::fmt::Display) -> MediaError {
    MediaError::Damaged { what: error.to_string() }
}
