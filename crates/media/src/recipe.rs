//! What a rendition must look like.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::kind::Mime;

/// Raised whenever the same input and recipe give another result, so that old renditions are not taken for new ones.
const RENDERER: u32 = 1;

/// Cutting to a ratio around a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crop {
    /// The point that stays visible, in thousandths of width and height from the top left, after orientation.
    pub focus: (u16, u16),
    /// The narrowest ratio that is left alone, as width and height: `(4, 5)`.
    pub narrowest: (u32, u32),
    /// The widest ratio that is left alone; the same as `narrowest` for one exact ratio.
    pub widest: (u32, u32),
}

/// A picture's limits at one place. Whole numbers only, so that its key is the same everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageRecipe {
    /// Most bytes.
    pub max_bytes: u64,
    /// Most pixels across.
    pub max_width: Option<u32>,
    /// Most pixels down.
    pub max_height: Option<u32>,
    /// Most pixels, width times height.
    pub max_pixels: Option<u64>,
    /// Types that are taken, the best first. Only JPEG, PNG, WebP and GIF can be made.
    pub mimes: Vec<Mime>,
    /// Whether an animation may stay one.
    pub animation: bool,
    /// Where and how much is cut off.
    pub crop: Option<Crop>,
    /// Lowest quality, 1 to 100, before the picture is made smaller instead.
    pub min_quality: u8,
    /// What transparent parts are filled with where the type has no transparency; red, green, blue.
    pub background: [u8; 3],
}

/// A video's limits at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoRecipe {
    /// Most bytes.
    pub max_bytes: u64,
    /// Most milliseconds; what comes after is cut off.
    pub max_ms: Option<u64>,
    /// Most pixels of the longer side.
    pub max_side: Option<u32>,
    /// Most pixels of the shorter side.
    pub max_short_side: Option<u32>,
    /// Most frames a second.
    pub max_fps: Option<u32>,
    /// Most bits a second, picture and sound together.
    pub max_bitrate: Option<u64>,
}

impl ImageRecipe {
    /// A recipe of bytes and types alone: no limits on pixels, quality not below 60, white background.
    pub fn new(max_bytes: u64, mimes: &[Mime]) -> Self {
        let mimes = mimes.to_vec();
        Self {
            max_bytes,
            max_width: None,
            max_height: None,
            max_pixels: None,
            mimes,
            animation: true,
            crop: None,
            min_quality: 60,
            background: [255; 3],
        }
    }

    /// A stable name for the result: 32 hexadecimal digits that change with every field and with the renderer.
    pub fn key(&self) -> String {
        key("image", self)
    }
}

impl VideoRecipe {
    /// A recipe of bytes alone.
    pub fn new(max_bytes: u64) -> Self {
        Self { max_bytes, max_ms: None, max_side: None, max_short_side: None, max_fps: None, max_bitrate: None }
    }

    /// A stable name for the result: 32 hexadecimal digits that change with every field and with the renderer.
    pub fn key(&self) -> String {
        key("video", self)
    }
}

/// A hash of the renderer and every field; field names are part of it, so that a new one changes it too.
fn key(kind: &str, recipe: &impl Serialize) -> String {
    let text = serde_json::to_string(recipe).expect("a recipe of numbers and names is JSON");
    let hash = Sha256::digest(format!("{kind} {RENDERER} {text}"));
    hash[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_everywhere_and_changes_with_every_field() {
        let base = ImageRecipe::new(1_000_000, &[Mime::Jpeg, Mime::Webp]);
        // A literal: keys are stored, so they must outlive this build.
        assert_eq!(base.key(), "54b6d71f5c4839270b0a58f5e2479b41");
        let crop = Crop { focus: (500, 500), narrowest: (4, 5), widest: (191, 100) };
        let changed = [
            base.clone(),
            ImageRecipe { max_bytes: 999_999, ..base.clone() },
            ImageRecipe { max_width: Some(10), ..base.clone() },
            ImageRecipe { max_height: Some(10), ..base.clone() },
            ImageRecipe { max_pixels: Some(10), ..base.clone() },
            ImageRecipe { mimes: vec![Mime::Webp, Mime::Jpeg], ..base.clone() },
            ImageRecipe { animation: false, ..base.clone() },
            ImageRecipe { crop: Some(crop), ..base.clone() },
            ImageRecipe { crop: Some(Crop { focus: (0, 500), ..crop }), ..base.clone() },
            ImageRecipe { min_quality: 61, ..base.clone() },
            ImageRecipe { background: [255, 255, 254], ..base },
        ];
        let keys: std::collections::BTreeSet<_> = changed.iter().map(ImageRecipe::key).collect();
        assert_eq!(keys.len(), changed.len());
        let video = VideoRecipe::new(5);
        let longer = VideoRecipe { max_ms: Some(1), ..video.clone() };
        assert_ne!(video.key(), longer.key());
        assert!(video.key().len() == 32 && !keys.contains(&video.key()));
    }
}
