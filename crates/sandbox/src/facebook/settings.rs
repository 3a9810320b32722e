//! How the simulated Facebook behaves, and what a test changes to see a client cope.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What becomes of reads of single objects with a Page's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ObjectReads {
    /// They work.
    Work,
    /// 100/33, as if the object were not there. Seen with valid tokens since 2026-05-23.
    Gone,
    /// 10, as if a permission were missing; seen as well.
    Denied,
}

/// The changeable part. Durations are in the unit of their name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// How long Meta takes to fetch a video from an address. Not documented.
    pub(crate) fetch_ms: u64,
    /// How long a video is processed after its last byte. Not documented; polls every 3.5 to 10 seconds are advised.
    pub(crate) processing_ms: u64,
    /// How long the publishing of a processed video takes. Not documented.
    pub(crate) publishing_ms: u64,
    /// How long a new post is missing from lists. Not documented; nothing unless a test sets it.
    pub(crate) listing_lag_ms: u64,
    /// The largest piece of a video that `upload_phase=transfer` asks for. The server chooses it; not documented.
    pub(crate) chunk_bytes: u64,
    /// How far ahead something can be scheduled: 30 days in Meta's guide, more in other products.
    pub(crate) schedule_horizon_days: u32,
    /// Reels of a Page by the API in a rolling day (guide of 2026-07-30).
    pub(crate) reels_per_day: u64,
    /// Calls of one app with a person's token in an hour, times the people who use it; `null` lifts the limit.
    pub(crate) user_calls_per_hour: Option<u64>,
    /// Calls with a Page's token in a day: 4,800 times its engaged users, of whom ten are assumed here.
    pub(crate) page_calls_per_day: Option<u64>,
    /// After how many days without a new consent an app sees nothing any more; `null` lifts it.
    pub(crate) data_access_days: Option<u32>,
    /// Whether calls without an `appsecret_proof` are refused: a switch of the app in Meta's dashboard.
    pub(crate) require_appsecret_proof: bool,
    /// Whether an upright video of at most 90 seconds that comes through `/videos` ends as a draft (report of 2026-07-17).
    pub(crate) upright_videos_become_drafts: bool,
    /// Whether `file_url` in place of bytes is taken by the upload host; some calls were refused (report of 2026-05-12).
    pub(crate) file_url_uploads: bool,
    /// Whether a Page keeps its stories after a day.
    pub(crate) archive_stories: bool,
    pub(crate) object_reads: ObjectReads,
    /// Whether paths of the API without a version are answered, except where a page of the site stands.
    pub(crate) unversioned_paths: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            fetch_ms: 2_000,
            processing_ms: 5_000,
            publishing_ms: 2_000,
            listing_lag_ms: 0,
            chunk_bytes: 4 << 20,
            schedule_horizon_days: 30,
            reels_per_day: 30,
            user_calls_per_hour: Some(200),
            page_calls_per_day: Some(48_000),
            data_access_days: Some(90),
            require_appsecret_proof: false,
            upright_videos_become_drafts: true,
            file_url_uploads: true,
            archive_stories: false,
            object_reads: ObjectReads::Work,
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
        match (1..=super::CHUNK_LIMIT).contains(&settings.chunk_bytes) {
            true => Ok(settings),
            false => Err(format!("chunk_bytes must be 1 to {}", super::CHUNK_LIMIT)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_members_change_and_wrong_ones_are_named() {
        let changes = |value: Value| Settings::default().with(value.as_object().expect("an object").clone());
        let changed = changes(json!({"processing_ms": 0, "object_reads": "gone"})).expect("valid");
        assert_eq!((changed.processing_ms, changed.object_reads), (0, ObjectReads::Gone));
        assert!(changes(json!({"race_ms": 1})).expect_err("unknown").contains("race_ms"));
        assert!(changes(json!({"chunk_bytes": 0})).expect_err("nothing").contains("chunk_bytes"));
    }
}
