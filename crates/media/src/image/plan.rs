//! Geometry of renditions: cutting to a ratio, fitting into limits, and turning.

use crate::recipe::{Crop, ImageRecipe};

/// A part of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// What is cut out of a picture as people see it, and how large it becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) cut: Rect,
    pub(super) size: (u32, u32),
}

impl Plan {
    pub(super) fn new(seen: (u32, u32), recipe: &ImageRecipe) -> Self {
        let cut = recipe.crop.map_or(Rect { left: 0, top: 0, width: seen.0, height: seen.1 }, |crop| cut(seen, crop));
        Self { cut, size: fit((cut.width, cut.height), recipe) }
    }

    /// Whether the whole picture stays, at its size.
    pub(super) fn changes_nothing(&self, seen: (u32, u32)) -> bool {
        (self.cut.width, self.cut.height) == seen && self.size == seen
    }

    pub(super) fn cuts(&self, seen: (u32, u32)) -> bool {
        (self.cut.width, self.cut.height) != seen
    }
}

/// The largest part within the ratios whose middle is as near to the focus as the edges allow.
fn cut((width, height): (u32, u32), crop: Crop) -> Rect {
    let side = |long: u32, ratio: (u32, u32)| {
        let exact = u64::from(long) * u64::from(ratio.0.max(1)) / u64::from(ratio.1.max(1));
        u32::try_from(exact).unwrap_or(u32::MAX).max(1)
    };
    let widest = side(height, crop.widest);
    let tallest = side(width, (crop.narrowest.1, crop.narrowest.0));
    let (cut_width, cut_height) = (width.min(widest), height.min(tallest));
    let place = |whole: u32, part: u32, focus: u16| {
        let middle = u64::from(whole) * u64::from(focus.min(1000)) / 1000;
        let first = middle.saturating_sub(u64::from(part) / 2);
        u32::try_from(first).unwrap_or(0).min(whole - part)
    };
    Rect {
        left: place(width, cut_width, crop.focus.0),
        top: place(height, cut_height, crop.focus.1),
        width: cut_width,
        height: cut_height,
    }
}

/// The largest size within the recipe's limits of the same ratio; never larger than it is.
fn fit((width, height): (u32, u32), recipe: &ImageRecipe) -> (u32, u32) {
    let (w, h) = (f64::from(width), f64::from(height));
    let by = |limit: Option<f64>, have: f64| limit.map_or(1.0, |limit| (limit / have).min(1.0));
    let scale = by(recipe.max_width.map(f64::from), w)
        .min(by(recipe.max_height.map(f64::from), h))
        .min(by(recipe.max_pixels.map(|pixels| pixels as f64), w * h).sqrt().min(1.0));
    scaled((width, height), scale, recipe)
}

/// A size times a factor, rounded so that no limit is broken.
pub(super) fn scaled((width, height): (u32, u32), scale: f64, recipe: &ImageRecipe) -> (u32, u32) {
    let side = |side: u32, limit: Option<u32>| {
        let rounded = (f64::from(side) * scale).round() as u32;
        rounded.clamp(1, side).min(limit.unwrap_or(u32::MAX).max(1))
    };
    let (w, h) = (side(width, recipe.max_width), side(height, recipe.max_height));
    // Rounding both sides up can exceed an area by a row.
    let pixels = recipe.max_pixels.unwrap_or(u64::MAX).max(1);
    let within = |most: u64, side: u32| u32::try_from(most).unwrap_or(u32::MAX).clamp(1, side);
    let w = within(pixels, w);
    (w, within(pixels / u64::from(w), h))
}

/// Width and height as people see them.
pub(super) fn seen((width, height): (u32, u32), orientation: u8) -> (u32, u32) {
    if orientation >= 5 { (height, width) } else { (width, height) }
}

/// Where a part of the picture as people see it lies in the picture as stored.
pub(super) fn stored(rect: Rect, (width, height): (u32, u32), orientation: u8) -> Rect {
    let Rect { left, top, width: w, height: h } = rect;
    // From the other end of each side of the stored picture.
    let (right, bottom) = (|x: u32, w: u32| width - x - w, |y: u32, h: u32| height - y - h);
    let (left, top, w, h) = match orientation {
        2 => (right(left, w), top, w, h),
        3 => (right(left, w), bottom(top, h), w, h),
        4 => (left, bottom(top, h), w, h),
        5 => (top, left, h, w),
        6 => (top, bottom(left, w), h, w),
        7 => (right(top, h), bottom(left, w), h, w),
        8 => (right(top, h), left, h, w),
        _ => (left, top, w, h),
    };
    Rect { left, top, width: w, height: h }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Mime;

    fn recipe() -> ImageRecipe {
        ImageRecipe::new(1_000_000, &[Mime::Jpeg])
    }

    fn crop(focus: (u16, u16), narrowest: (u32, u32), widest: (u32, u32)) -> ImageRecipe {
        ImageRecipe { crop: Some(Crop { focus, narrowest, widest }), ..recipe() }
    }

    #[test]
    fn limits_hold_to_the_pixel_and_nothing_grows() {
        let limited = |width, height, pixels| ImageRecipe {
            max_width: width,
            max_height: height,
            max_pixels: pixels,
            ..recipe()
        };
        for (limits, seen, expected) in [
            (limited(None, None, None), (4000, 3000), (4000, 3000)),
            (limited(Some(4000), None, None), (4000, 3000), (4000, 3000)),
            (limited(Some(3999), None, None), (4000, 3000), (3999, 2999)),
            (limited(Some(1440), Some(1440), None), (4000, 3000), (1440, 1080)),
            (limited(None, Some(300), None), (4000, 3000), (400, 300)),
            (limited(None, None, Some(12_000_000)), (4000, 3000), (4000, 3000)),
            (limited(None, None, Some(3_000_000)), (4000, 3000), (2000, 1500)),
            (limited(Some(10), Some(10), None), (4000, 1), (10, 1)),
            (limited(Some(5000), Some(5000), None), (40, 30), (40, 30)),
        ] {
            assert_eq!(Plan::new(seen, &limits).size, expected, "{limits:?}");
        }
        for pixels in 1..2000 {
            let (w, h) = Plan::new((777, 333), &limited(None, None, Some(pixels))).size;
            assert!(u64::from(w) * u64::from(h) <= pixels.max(1), "{w} x {h} > {pixels}");
        }
    }

    #[test]
    fn cuts_keep_the_focus_and_leave_ratios_within_the_bounds_alone() {
        let rect = |left, top, width, height| Rect { left, top, width, height };
        for (recipe, seen, expected) in [
            (crop((500, 500), (1, 1), (1, 1)), (400, 300), rect(50, 0, 300, 300)),
            (crop((0, 0), (1, 1), (1, 1)), (400, 300), rect(0, 0, 300, 300)),
            (crop((1000, 1000), (1, 1), (1, 1)), (400, 300), rect(100, 0, 300, 300)),
            (crop((500, 250), (1, 1), (1, 1)), (300, 400), rect(0, 0, 300, 300)),
            (crop((500, 500), (4, 5), (191, 100)), (300, 300), rect(0, 0, 300, 300)),
            (crop((500, 500), (4, 5), (191, 100)), (400, 1000), rect(0, 250, 400, 500)),
            (crop((500, 500), (4, 5), (191, 100)), (1000, 100), rect(405, 0, 191, 100)),
        ] {
            let plan = Plan::new(seen, &recipe);
            assert_eq!(plan.cut, expected, "{seen:?}");
            assert_eq!(plan.cuts(seen), (expected.width, expected.height) != seen);
        }
        // Nonsense from outside is survived.
        assert_eq!(Plan::new((10, 10), &crop((9999, 0), (0, 0), (0, 0))).cut.width, 10);
    }

    #[test]
    fn a_part_is_found_again_in_the_stored_picture() {
        // 3 × 2 stored; each orientation shows the stored corner (0, 0) somewhere else.
        for (orientation, corner) in
            [(1, (0, 0)), (2, (2, 0)), (3, (2, 1)), (4, (0, 1)), (5, (0, 0)), (6, (1, 0)), (7, (1, 2)), (8, (0, 2))]
        {
            let rect = Rect { left: corner.0, top: corner.1, width: 1, height: 1 };
            let found = stored(rect, (3, 2), orientation);
            assert_eq!(found, Rect { left: 0, top: 0, width: 1, height: 1 }, "orientation {orientation}");
            let whole = seen((3, 2), orientation);
            let all = stored(Rect { left: 0, top: 0, width: whole.0, height: whole.1 }, (3, 2), orientation);
            assert_eq!(all, Rect { left: 0, top: 0, width: 3, height: 2 });
        }
    }
}
