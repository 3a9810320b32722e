//! Figures that the check and the machine share.

/// Most characters of a post (known from use, specs of 2026-11-23). Counted in UTF-16 units, the strictest reading.
pub(super) const TEXT: usize = 63_206;

/// Most characters of a comment (known from use, the same).
pub(super) const COMMENT: usize = 8_000;

/// Most pictures of a post. The pages name no figure; more than this nobody is known to send.
pub(super) const PICTURES: usize = 10;

/// Most bytes of a picture: error 1366046 still says four megabytes where the page says ten (specs of 2026-11-23).
pub(super) const PICTURE_BYTES: u64 = 4_000_000;

/// Shortest and longest reel, in milliseconds (developers.facebook.com, "Reels publishing", 2026-07-30).
pub(super) const REEL_MS: (u64, u64) = (3_000, 90_000);

/// Shortest and longest video story, in milliseconds ("Page stories API", read 2026-11-23; the least is that of reels).
pub(super) const STORY_MS: (u64, u64) = (3_000, 60_000);

/// Most bytes of a video. The pages of the resumable interface name no figure; ten gigabytes are what the manual of
/// videos named last (known from use).
pub(super) const VIDEO_BYTES: u64 = 10_000_000_000;

/// Longest video, in milliseconds: four hours (known from use, the same manual).
pub(super) const VIDEO_MS: (u64, u64) = (1_000, 4 * 3_600_000);

/// Whether a video is shown as a reel: upright, and of a reel's length.
pub(super) fn is_reel(width: u32, height: u32, duration_ms: Option<u64>) -> bool {
    height > width && duration_ms.is_some_and(|ms| (REEL_MS.0..=REEL_MS.1).contains(&ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upright_video_of_a_reels_length_is_a_reel() {
        assert!(is_reel(1_080, 1_920, Some(3_000)) && is_reel(1_080, 1_920, Some(90_000)));
        for (width, height, ms) in
            [(1_920, 1_080, Some(9_000)), (500, 500, Some(9_000)), (9, 16, Some(90_001)), (9, 16, None)]
        {
            assert!(!is_reel(width, height, ms), "{width} {height} {ms:?}");
        }
    }
}
