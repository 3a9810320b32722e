//! Figures that the rules, the check and the machine share.
//!
//! Where Meta's pages could not be read themselves, the source is who restates them, with the day it was read.

use std::time::Duration;

/// Most characters of a caption ("IG User: media", as restated by swat.io, read 2026-11-23).
pub(super) const CAPTION: usize = 2_200;

/// Most characters of a comment. Meta's page on comments names none; another product keeps this (docs.upload-post.com,
/// read 2026-11-27).
pub(super) const COMMENT: usize = 2_196;

/// Most hashtags of a caption (the page of the caption).
pub(super) const HASHTAGS: usize = 30;

/// How many the app takes since December 2025. Whether the interface refuses the sixth nobody confirmed (ayrshare and
/// octopost, read 2026-11-23).
pub(super) const HASHTAGS_OF_APP: usize = 5;

/// Most mentions of a caption (the page of the caption).
pub(super) const MENTIONS: usize = 20;

/// Most files of a carousel ("Error codes", 2026-06-02: subcode 2207028).
pub(super) const CAROUSEL: usize = 10;

/// Most characters of an alternative text (not confirmed by a page; other products keep it, docs.upload-post.com, read
/// 2026-11-27).
pub(super) const ALT: usize = 1_000;

/// Most people who are invited to publish with the account. One page says five, the one on creating says three
/// ("IG User: media", read 2026-11-23).
pub(super) const COLLABORATORS: usize = 3;

/// Most people who are tagged ("Error codes", 2026-06-02: subcode 2207040).
pub(super) const TAGS: usize = 20;

/// Longest name of an account, in characters (the app's own rule, from use).
pub(super) const NAME: usize = 30;

/// Fewest frames a second of a video (swat.io and circleboom restating the page on media, read 2026-11-23).
pub(super) const FRAMES: f64 = 23.0;

/// Posts a day where the account does not say ("IG User: media_publish", read 2026-11-23).
pub(super) const POSTS_ASSUMED: u64 = 50;

/// How long we wait when the posts of a day are used up. The window slides, and no page says when the next is free.
pub(super) const QUOTA_WAIT: Duration = Duration::from_secs(3_600);

/// How long we wait after what we send was taken for spam, and nothing says how long. A figure of our own.
pub(super) const SPAM_WAIT: Duration = Duration::from_secs(1_800);
