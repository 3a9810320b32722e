//! Pictures: measuring and rendering.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::MediaError;
use crate::kind::Mime;
use crate::recipe::ImageRecipe;
use crate::sniff::Note;

/// How much work a picture may make. Checked before memory is taken for its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most pixels of a side.
    pub max_side: u32,
    /// Most pixels, width times height; times 4 are the bytes of the decoded picture.
    pub max_pixels: u64,
    /// Most frames of an animation.
    pub max_frames: u32,
    /// Most pixels of all frames of an animation together.
    pub max_frame_pixels: u64,
}

impl Default for Limits {
    /// 16,383 pixels a side (WebP's own limit), 64 million pixels (a 48-megapixel photograph fits, 256 MB decoded),
    /// 1,500 frames and a thousand million pixels in them.
    fn default() -> Self {
        Self { max_side: 16_383, max_pixels: 64_000_000, max_frames: 1_500, max_frame_pixels: 1_000_000_000 }
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
/// AVIF and HEIC are [`MediaError::Refused`]: convert them first.
pub fn probe_image(path: &Path, limits: &Limits) -> Result<ImageFacts, MediaError> {
    let _ = (path, limits);
    todo!()
}

/// Makes a rendition of `input` at `output`, which is written whole or not at all.
///
/// A file that is within every limit of the recipe and stands upright keeps its pixels: only metadata goes.
pub fn render_image(
    input: &Path,
    recipe: &ImageRecipe,
    limits: &Limits,
    output: &Path,
) -> Result<RenditionFacts, MediaError> {
    let _ = (input, recipe, limits, output);
    todo!()
}

/// Makes a still WebP of at most 512 pixels a side.
pub fn thumbnail(input: &Path, limits: &Limits, output: &Path) -> Result<RenditionFacts, MediaError> {
    let _ = (input, limits, output);
    todo!()
}
