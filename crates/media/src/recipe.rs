//! What a rendition must look like.

use serde::{Deserialize, Serialize};

use crate::kind::Mime;

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
        todo!()
    }
}

impl VideoRecipe {
    /// A stable name for the result: 32 hexadecimal digits that change with every field and with the renderer.
    pub fn key(&self) -> String {
        todo!()
    }
}
