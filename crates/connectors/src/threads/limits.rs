//! Figures that the check and the machine share.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use postrider_domain::text::extract::{Rules, links};

/// Most characters, an emoji counted as its UTF-8 bytes (developers.facebook.com, "Threads API: posts", 2026-04-14).
pub(super) const TEXT: usize = 500;

/// Most files of a post (the same page).
pub(super) const CAROUSEL: usize = 20;

/// Most different links, that of the attachment included (changelog, in force since 2025-12-22, read 2026-11-23).
pub(super) const LINKS: usize = 5;

/// Longest topic (the same page).
pub(super) const TOPIC: usize = 50;

/// Longest option of a poll, and how many there may be. The pages name no figure; other products keep these (2026-08-22).
pub(super) const OPTION: usize = 25;

/// Fewest and most options of a poll.
pub(super) const OPTIONS: RangeInclusive<usize> = 2..=4;

/// Least width of a picture, in pixels (developers.facebook.com, "Threads API: overview", 2025-12-22). Whether smaller
/// ones are made larger over there nobody confirmed.
pub(super) const WIDTH: u32 = 320;

/// Most pixels of the longer side. The page names it for the width; taller pictures are made as small.
pub(super) const LONGEST: u32 = 1_440;

/// How many different links a text and the attachment have.
pub(super) fn different_links(text: &str, attached: Option<&str>) -> usize {
    let in_text = links(text, Rules::Spaced).into_iter().map(|found| found.value);
    in_text.chain(attached.map(str::to_owned)).collect::<BTreeSet<_>>().len()
}
