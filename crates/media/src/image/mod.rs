//! Pictures: measuring and rendering.

mod animation;
mod encode;
mod pixels;
mod plan;
mod render;
mod structure;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::MediaError;
use crate::kind::{Kind, Mime};
use crate::sniff::{self, Accepts, Note, Refusal};

use structure::Structure;

pub use render::{render_image, thumbnail};

/// How much work a picture may make. Checked before memory is taken for its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of a file; it is read into memory.
    pub max_file_bytes: u64,
    /// Most pixels of a side.
    pub max_side: u32,
    /// Most pixels, width times height; times 3 (4 with transparency) are the bytes of the decoded picture.
    pub max_pixels: u64,
    /// Most frames of an animation.
    pub max_frames: u32,
    /// Most pixels of all frames of an animation together.
    pub max_frame_pixels: u64,
}

impl Default for Limits {
    /// 100 MiB, 16,383 pixels a side (WebP's own limit), 64 million pixels (a 48-megapixel photograph fits), 1,500
    /// frames and a thousand million pixels in them.
    fn default() -> Self {
        Self {
            max_file_bytes: 100 << 20,
            max_side: 16_383,
            max_pixels: 64_000_000,
            max_frames: 1_500,
            max_frame_pixels: 1_000_000_000,
        }
    }
}

/// How colours are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Shades of grey.
    Grey,
    /// Red, green, blue.
    Rgb,
    /// Printing inks.
    Cmyk,
    /// A palette.
    Indexed,
}

/// What a picture is like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageFacts {
    /// Its type.
    pub mime: Mime,
    /// Pixels across as people see it, orientation applied.
    pub width: u32,
    /// Pixels down as people see it, orientation applied.
    pub height: u32,
    /// EXIF orientation, 1 to 8; 1 where there is none.
    pub orientation: u8,
    /// Whether it has more than one frame.
    pub animated: bool,
    /// Frames; 1 for a still picture.
    pub frames: u32,
    /// Milliseconds of one run of the animation; 0 for a still picture.
    pub duration_ms: u64,
    /// Whether it carries EXIF, XMP, IPTC or comments.
    pub has_metadata: bool,
    /// Whether its metadata say where it was taken.
    pub has_location: bool,
    /// How colours are stored.
    pub colour: Colour,
    /// Bits of a colour channel.
    pub bits: u8,
    /// Whether it can have transparent parts.
    pub alpha: bool,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenditionFacts {
    /// Its type.
    pub mime: Mime,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Frames; 1 for a still picture.
    pub frames: u32,
    /// Whether every pixel is as it was: only metadata was taken out, or nothing.
    pub lossless: bool,
    /// Quality of the encoder where it has one.
    pub quality: Option<u8>,
    /// What a person should know.
    pub notes: Vec<Note>,
}

/// Measures a picture without decoding it: reads its whole structure, so that a cut-off file is found.
///
/// AVIF and HEIC are [`MediaError::Refused`]: convert them first. Blocks.
pub fn probe_image(path: &Path, limits: &Limits) -> Result<ImageFacts, MediaError> {
    let file = read(path, limits)?;
    let found = examine(&file, limits)?;
    let (width, height) = plan::seen((found.width, found.height), found.orientation);
    Ok(ImageFacts {
        mime: found.mime,
        width,
        height,
        orientation: found.orientation,
        animated: found.frames > 1,
        frames: found.frames,
        duration_ms: found.duration_ms,
        has_metadata: found.has_metadata,
        has_location: found.has_location,
        colour: found.colour,
        bits: found.bits,
        alpha: found.alpha,
    })
}

/// The whole file, which pictures need, or that it is larger than any picture is.
fn read(path: &Path, limits: &Limits) -> Result<Vec<u8>, MediaError> {
    let file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let mut content = Vec::new();
    // One byte more than allowed, should it grow meanwhile.
    file.take(limits.max_file_bytes + 1).read_to_end(&mut content)?;
    match bytes.max(content.len() as u64) {
        bytes if bytes > limits.max_file_bytes => Err(MediaError::FileTooLarge { bytes, limit: limits.max_file_bytes }),
        _ => Ok(content),
    }
}

/// The structure of a picture that is within the limits.
fn examine(file: &[u8], limits: &Limits) -> Result<Structure, MediaError> {
    let sniffed = sniff::sniff(&file[..file.len().min(sniff::HEAD_BYTES)], None, None, Accepts::default())?;
    if sniffed.mime.kind() != Kind::Image {
        return Err(Refusal::Unknown.into());
    }
    let found = Structure::read(file, sniffed.mime)?;
    limits.check(&found)?;
    Ok(found)
}

/// The structure of a picture within the limits, and the one it has without its metadata.
#[cfg(any(test, feature = "fuzz"))]
pub(crate) fn stripped_again(file: &[u8], limits: &Limits) -> Option<(Structure, Result<Structure, MediaError>)> {
    let found = examine(file, limits).ok()?;
    let again = examine(&found.strip(file), limits);
    Some((found, again))
}

impl Limits {
    /// Refuses what would take too much memory or time, by the numbers the file states.
    fn check(&self, found: &Structure) -> Result<(), MediaError> {
        let side = found.width.max(found.height);
        if side > self.max_side {
            return Err(MediaError::SideTooLong { side, limit: self.max_side });
        }
        let pixels = u64::from(found.width) * u64::from(found.height);
        if pixels > self.max_pixels {
            return Err(MediaError::TooManyPixels { pixels, limit: self.max_pixels });
        }
        let by_pixels = u32::try_from(self.max_frame_pixels / pixels.max(1)).unwrap_or(u32::MAX).max(1);
        let limit = self.max_frames.min(by_pixels);
        if found.frames > limit {
            return Err(MediaError::TooManyFrames { frames: found.frames, limit });
        }
        Ok(())
    }
}
