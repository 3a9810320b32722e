//! How the simulated Threads behaves, and what a test changes to see a client cope.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::model::{ContainerError, Quota};

/// What a second `threads_publish` of a container that is published already is answered with.
///
/// The documents do not say. They name `24/4279009` for every container that cannot be
/// published, and reading the container's status as the way to learn what became of a lost
/// answer; so a published container is *not found* by default. A client that takes this for
/// the race and builds another container posts twice, which is what this default shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Republish {
    /// 24/4279009, as of a container that is not there.
    NotFound,
    /// 100, naming the parameter.
    Refused,
    /// The id of the one post, as if it had been made now.
    SameId,
}

/// The changeable part. Durations are in the unit of their name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// How long a text, a picture or a carousel is being processed. Texts are, too; for how long is not documented.
    pub(crate) processing_ms: u64,
    /// How long a video is.
    pub(crate) video_processing_ms: u64,
    /// How long after its making a container is not found by `threads_publish`, even when it is FINISHED.
    pub(crate) race_ms: u64,
    /// How long a new post is missing from lists. Not documented; nothing unless a test sets it.
    pub(crate) listing_lag_ms: u64,
    pub(crate) posts_per_day: u64,
    pub(crate) replies_per_day: u64,
    pub(crate) deletes_per_day: u64,
    pub(crate) searches_per_day: u64,
    /// Calls of one app for one person in a day; `null` lifts the limit.
    pub(crate) calls_per_day: Option<u64>,
    /// What a second publishing of a container is answered with.
    pub(crate) republish: Republish,
    /// What a container says that a `fail_processing` fault hit; `null` for the usual word of its kind.
    pub(crate) fail_with: Option<ContainerError>,
    /// Whether API paths without `/v1.0` are answered. Meta's own collection of 2026-01-02 uses such paths;
    /// since 2026-10-27 Meta drops legacy behaviours of which this may be one, so they are refused.
    pub(crate) unversioned_paths: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            processing_ms: 2_000,
            video_processing_ms: 10_000,
            // The median that was seen in production, 2026-09-09.
            race_ms: 7_000,
            listing_lag_ms: 0,
            // Page "troubleshooting", read 2026-11-23.
            posts_per_day: 250,
            replies_per_day: 1_000,
            deletes_per_day: 100,
            searches_per_day: 500,
            // 4,800 calls × impressions, of which there are at least ten (overview, 2025-12-22).
            calls_per_day: Some(48_000),
            republish: Republish::NotFound,
            fail_with: None,
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
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    /// How many of a kind a person may do in a day.
    pub(crate) fn allowed(&self, quota: Quota) -> u64 {
        match quota {
            Quota::Posts => self.posts_per_day,
            Quota::Replies => self.replies_per_day,
            Quota::Deletes => self.deletes_per_day,
            Quota::Searches => self.searches_per_day,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_members_change_and_wrong_ones_are_named() {
        let changes = |value: Value| Settings::default().with(value.as_object().expect("an object").clone());
        let changed = changes(json!({"race_ms": 0, "calls_per_day": null, "republish": "same_id"})).expect("valid");
        assert_eq!((changed.race_ms, changed.calls_per_day, changed.republish), (0, None, Republish::SameId));
        assert_eq!(changed.posts_per_day, 250);
        assert!(changes(json!({"race_s": 1})).expect_err("unknown").contains("race_s"));
        assert!(changes(json!({"republish": "twice"})).is_err());
    }
}
