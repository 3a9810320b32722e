//! What a person writes: parts, media references and settings.

use serde::{Deserialize, Serialize};

use crate::id::{ChannelId, MediaId};
use crate::media::{Area, Point};

/// A reference to an uploaded file, with what this post says about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaRef {
    /// The file.
    pub id: MediaId,
    /// Alternative text for this use; `None` takes the file's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
    /// The point that stays visible where a platform crops; `None` takes the file's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focus: Option<Point>,
    /// The only part of the picture that is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crop: Option<Area>,
    /// The writer agreed that it is encoded anew where a platform wants it smaller or in another format.
    #[serde(default, skip_serializing_if = "is_false")]
    pub fit: bool,
}

impl MediaRef {
    /// A file as it is.
    pub const fn of(id: MediaId) -> Self {
        Self { id, alt: None, focus: None, crop: None, fit: false }
    }
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// One part: the root, a reply in a thread, or a first comment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartContent {
    /// The text as written, without any change.
    #[serde(default)]
    pub text: String,
    /// Media in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<MediaRef>,
    /// Seconds to wait after the part before; 0 for the root.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub delay_s: u32,
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// What one channel gets instead of the shared content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelContent {
    /// The channel.
    pub channel: ChannelId,
    /// Its own parts; `None` shares the post's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<PartContent>>,
    /// Settings by the connector's JSON Schema.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub settings: serde_json::Map<String, serde_json::Value>,
}

/// The content of a revision: shared parts and what each channel makes of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Parts that channels without their own share.
    pub parts: Vec<PartContent>,
    /// The channels it goes to, each once.
    #[serde(default)]
    pub channels: Vec<ChannelContent>,
}

/// A post as it will be on one channel: shared content with overrides applied.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// All parts, root first.
    pub parts: Vec<PartContent>,
    /// Settings by the connector's JSON Schema.
    pub settings: serde_json::Map<String, serde_json::Value>,
}

impl Content {
    /// The variant for a channel, or `None` when the post does not go there.
    pub fn variant(&self, channel: ChannelId) -> Option<Variant> {
        let own = self.channels.iter().find(|c| c.channel == channel)?;
        Some(Variant { parts: own.parts.clone().unwrap_or_else(|| self.parts.clone()), settings: own.settings.clone() })
    }
}

/// Whether a revision may be claimed under the workspace's approval policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// The policy asks for none.
    NotNeeded,
    /// Waiting for a decision.
    Pending,
    /// Approved.
    Approved,
    /// Changes were asked for.
    Refused,
}

impl Approval {
    /// The name stored and shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Approval::NotNeeded => "not_needed",
            Approval::Pending => "pending",
            Approval::Approved => "approved",
            Approval::Refused => "refused",
        }
    }

    /// The approval with this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::NotNeeded, Self::Pending, Self::Approved, Self::Refused].into_iter().find(|a| a.as_str() == text)
    }

    /// Whether a delivery of the revision may go out.
    pub const fn lets_out(self) -> bool {
        matches!(self, Approval::NotNeeded | Approval::Approved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(n: u128) -> ChannelId {
        ChannelId::from_uuid(uuid::Uuid::from_u128(n))
    }

    fn part(text: &str) -> PartContent {
        PartContent { text: text.to_owned(), ..PartContent::default() }
    }

    #[test]
    fn a_channel_without_its_own_parts_shares_the_posts() {
        let own = ChannelContent { channel: channel(2), parts: Some(vec![part("own")]), settings: Default::default() };
        let shares = ChannelContent { channel: channel(1), parts: None, settings: Default::default() };
        let content = Content { parts: vec![part("shared")], channels: vec![shares, own] };
        assert_eq!(content.variant(channel(1)).expect("goes there").parts[0].text, "shared");
        assert_eq!(content.variant(channel(2)).expect("goes there").parts[0].text, "own");
        assert_eq!(content.variant(channel(3)), None);
    }

    #[test]
    fn a_misspelt_field_is_refused_by_name() {
        let error = serde_json::from_str::<PartContent>(r#"{"txt":"hello"}"#).expect_err("no such field");
        assert!(error.to_string().contains("txt"), "{error}");
    }
}
