//! What an administrator sets, and what a test sets to see a client cope.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The changeable part of an instance. Durations are in the unit of their name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) max_characters: u64,
    pub(crate) max_media_attachments: usize,
    pub(crate) characters_reserved_per_url: u64,
    pub(crate) supported_mime_types: Vec<String>,
    /// Characters of a media description.
    pub(crate) description_limit: u64,
    /// Bytes of a picture.
    pub(crate) image_size_limit: u64,
    /// Pixels of a picture, width times height.
    pub(crate) image_matrix_limit: u64,
    /// Bytes of a video or a sound.
    pub(crate) video_size_limit: u64,
    pub(crate) video_frame_rate_limit: u64,
    pub(crate) video_matrix_limit: u64,
    pub(crate) poll_max_options: usize,
    pub(crate) poll_max_characters_per_option: u64,
    pub(crate) poll_min_expiration: u64,
    pub(crate) poll_max_expiration: u64,
    /// For how long an `Idempotency-Key` is honoured; `null` where keys are not known.
    pub(crate) idempotency_s: Option<u64>,
    /// How long a new status is missing from the account's listing.
    pub(crate) listing_lag_ms: u64,
    /// How long a video, a sound or a moving picture is being processed.
    pub(crate) processing_ms: u64,
    /// Whether uploads without a `Content-Length` are taken. Some front ends refuse them.
    pub(crate) chunked_uploads: bool,
    /// How long unattached media is kept. Mastodon's clean-up runs after about a day.
    pub(crate) unattached_media_s: u64,
}

impl Default for Settings {
    /// Mastodon's, as of 4.7.
    fn default() -> Self {
        let types = [
            "image/jpeg",
            "image/png",
            "image/gif",
            "image/heic",
            "image/heif",
            "image/webp",
            "image/avif",
            "video/webm",
            "video/mp4",
            "video/quicktime",
            "video/ogg",
            "audio/wave",
            "audio/wav",
            "audio/x-wav",
            "audio/ogg",
            "audio/mpeg",
            "audio/mp3",
            "audio/webm",
            "audio/flac",
            "audio/aac",
            "audio/m4a",
            "audio/mp4",
        ];
        Self {
            max_characters: 500,
            max_media_attachments: 4,
            characters_reserved_per_url: 23,
            supported_mime_types: types.map(str::to_owned).to_vec(),
            description_limit: 1_500,
            image_size_limit: 16_777_216,
            image_matrix_limit: 33_177_600,
            video_size_limit: 103_809_024,
            video_frame_rate_limit: 120,
            video_matrix_limit: 8_294_400,
            poll_max_options: 4,
            poll_max_characters_per_option: 50,
            poll_min_expiration: 300,
            poll_max_expiration: 2_629_746,
            idempotency_s: Some(3_600),
            listing_lag_ms: 0,
            processing_ms: 1_500,
            chunked_uploads: false,
            unattached_media_s: 86_400,
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

    /// `configuration.statuses` of the instance answer.
    pub(crate) fn statuses(&self) -> Value {
        json!({
            "max_characters": self.max_characters,
            "max_media_attachments": self.max_media_attachments,
            "characters_reserved_per_url": self.characters_reserved_per_url,
        })
    }

    /// `configuration.media_attachments` of the instance answer.
    pub(crate) fn media(&self) -> Value {
        json!({
            "supported_mime_types": self.supported_mime_types,
            "image_size_limit": self.image_size_limit,
            "image_matrix_limit": self.image_matrix_limit,
            "video_size_limit": self.video_size_limit,
            "video_frame_rate_limit": self.video_frame_rate_limit,
            "video_matrix_limit": self.video_matrix_limit,
        })
    }

    /// `configuration.polls` of the instance answer.
    pub(crate) fn polls(&self) -> Value {
        json!({
            "max_options": self.poll_max_options,
            "max_characters_per_option": self.poll_max_characters_per_option,
            "min_expiration": self.poll_min_expiration,
            "max_expiration": self.poll_max_expiration,
        })
    }

    /// How long a key is honoured; nothing where keys are not known.
    pub(crate) fn key_life(&self) -> Option<SignedDuration> {
        self.idempotency_s.map(seconds)
    }

    /// How long a listing lags.
    pub(crate) fn lag(&self) -> SignedDuration {
        millis(self.listing_lag_ms)
    }

    /// How long processing takes.
    pub(crate) fn processing(&self) -> SignedDuration {
        millis(self.processing_ms)
    }
}

/// Seconds as a duration, as many as fit.
pub(crate) fn seconds(count: u64) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(count).unwrap_or(i64::MAX))
}

fn millis(count: u64) -> SignedDuration {
    SignedDuration::from_millis(i64::try_from(count).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_members_change_and_wrong_ones_are_named() {
        let changes = |value: Value| Settings::default().with(value.as_object().expect("an object").clone());
        let changed = changes(json!({"max_characters": 11, "idempotency_s": null})).expect("valid");
        assert_eq!((changed.max_characters, changed.key_life()), (11, None));
        assert_eq!(changed.poll_max_options, 4);
        assert!(changes(json!({"max_chars": 1})).expect_err("unknown").contains("max_chars"));
        assert!(changes(json!({"max_characters": "many"})).is_err());
    }
}
