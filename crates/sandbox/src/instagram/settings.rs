//! How the simulated Instagram behaves, and what a test changes to see a client cope.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The codes of a throttle (facts of 2026-11-23).
const THROTTLES: [u32; 5] = [4, 17, 32, 613, 80_002];

/// What a second `media_publish` of a container that is published already is answered with. The documents do not
/// say; no choice makes a second post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Republish {
    /// 9007/2207027, as of a container that is not ready: a client that polls then sees PUBLISHED.
    NotAvailable,
    /// 24/2207006, as of one that is not there.
    NotFound,
    /// The id of the one post, as if it had been made now.
    SameId,
}

/// What suspicion of spam does to `media_publish`: 4/2207051 in any case (tracker of 2026-07-06).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Spam {
    Off,
    /// The post is live in half of the runs.
    Half,
    /// The post is live although it was refused.
    Live,
    /// It is not.
    Blocked,
}

/// Where a personal account is turned away. That it is, is documented; where, is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Personal {
    /// On the consent screen, which then leads nowhere.
    Consent,
    /// When the code is exchanged.
    Exchange,
    /// At every call of the API.
    Calls,
}

/// How the answer to a code looks: production is flat, the manual shows a list under `data`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenShape {
    Flat,
    Data,
}

/// What becomes of a video that cannot be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LostVideo {
    /// Its container is refused with 9004/2207052, as that of a picture is.
    Refused,
    /// Its container fails later with 2207077 (tracker of 2026-08-30).
    Fails,
}

/// Which id `signed_request` names; not documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CallbackId {
    /// The one of the person for this app: `id` of `/me`.
    Id,
    /// The one of the professional account: `user_id` of `/me`.
    UserId,
}

/// The changeable part. Durations are in the unit of their name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// How long a picture or a carousel is being processed. Not documented; pictures have to be waited for, too.
    pub(crate) processing_ms: u64,
    /// How long a video is. Half an hour was seen in production.
    pub(crate) video_processing_ms: u64,
    /// How long a published container still says FINISHED. Not documented.
    pub(crate) published_lag_ms: u64,
    /// How long a new post is missing from lists. Not documented; nothing unless a test sets it.
    pub(crate) listing_lag_ms: u64,
    pub(crate) posts_per_day: u64,
    pub(crate) containers_per_day: u64,
    /// Whether stories count as posts. Not documented.
    pub(crate) stories_count: bool,
    /// Calls of one app for one account in a day; `null` lifts the limit.
    pub(crate) calls_per_day: Option<u64>,
    /// The code of a throttle: 4, 17, 32, 613 or 80002.
    pub(crate) throttle_code: u32,
    pub(crate) republish: Republish,
    pub(crate) spam: Spam,
    /// Whether suspicion of spam refuses containers as well.
    pub(crate) spam_on_media: bool,
    pub(crate) personal: Personal,
    pub(crate) token_shape: TokenShape,
    pub(crate) lost_video: LostVideo,
    /// The subcode of a container that a `fail_processing` fault hit; `null` for the usual one of its kind.
    pub(crate) fail_with: Option<u32>,
    /// Whether a failed container answers with `status` alone, without `status_code` (tracker of 2026-09-11).
    pub(crate) status_only: bool,
    /// Whether a carousel may have collaborators: the manual allows it, production was seen to refuse it.
    pub(crate) carousel_collaborators: bool,
    /// The most hashtags of a caption: 30 in the manual, 5 in the app since 2025-12.
    pub(crate) hashtags: u64,
    /// The largest reel: 300 MB in the reference, 1 GB elsewhere.
    pub(crate) reel_megabytes: u64,
    /// Whether the index of a video must stand before the film, as the manual has it.
    pub(crate) index_first: bool,
    /// Whether videos with edit lists fail. The manual wants none; encoders write them for the delay of AAC, so they
    /// are let through unless a test says otherwise.
    pub(crate) refuse_edit_lists: bool,
    /// Whether the id that `/me` calls `id` is taken in paths beside `user_id`: products use either.
    pub(crate) scoped_ids: bool,
    pub(crate) callback_id: CallbackId,
    /// Whether reads of containers and posts with a Page's token are answered with 100/33 (seen since 2026-05-26).
    pub(crate) page_tokens_read_nothing: bool,
    /// Whether API paths without a version are answered.
    pub(crate) unversioned_paths: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            processing_ms: 2_000,
            video_processing_ms: 10_000,
            published_lag_ms: 0,
            listing_lag_ms: 0,
            // The reference of `media_publish`, read 2026-11-23; other pages say 25 and 100.
            posts_per_day: 50,
            // Facts of 2026-11-23, citing the manual.
            containers_per_day: 400,
            stories_count: true,
            // 4,800 calls × impressions, of which there are at least ten.
            calls_per_day: Some(48_000),
            throttle_code: 80_002,
            republish: Republish::NotAvailable,
            spam: Spam::Off,
            spam_on_media: false,
            personal: Personal::Exchange,
            token_shape: TokenShape::Flat,
            lost_video: LostVideo::Refused,
            fail_with: None,
            status_only: false,
            carousel_collaborators: true,
            hashtags: 30,
            reel_megabytes: 300,
            index_first: true,
            refuse_edit_lists: false,
            scoped_ids: true,
            callback_id: CallbackId::Id,
            page_tokens_read_nothing: false,
            unversioned_paths: false,
        }
    }
}

impl Settings {
    /// These settings with some members replaced; the error names a wrong one.
    pub(crate) fn with(&self, changes: Map<String, Value>) -> Result<Self, String> {
        let mut value = json!(self);
        if let Some(map) = value.as_object_mut() {
            map.extend(changes);
        }
        let settings: Self = serde_json::from_value(value).map_err(|error| error.to_string())?;
        match THROTTLES.contains(&settings.throttle_code) {
            true => Ok(settings),
            false => Err(format!("throttle_code must be one of {THROTTLES:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_members_change_and_wrong_ones_are_named() {
        let changes = |value: Value| Settings::default().with(value.as_object().expect("an object").clone());
        let changed = changes(json!({"processing_ms": 0, "spam": "half", "throttle_code": 613})).expect("valid");
        assert_eq!((changed.processing_ms, changed.spam, changed.throttle_code), (0, Spam::Half, 613));
        assert_eq!(changed.posts_per_day, 50);
        assert!(changes(json!({"race_ms": 1})).expect_err("unknown").contains("race_ms"));
        assert!(changes(json!({"spam": "often"})).is_err());
        assert!(changes(json!({"throttle_code": 5})).expect_err("unknown").contains("throttle_code"));
    }
}
