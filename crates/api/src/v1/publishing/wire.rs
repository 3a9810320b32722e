//! Values of the publishing side as they appear in JSON.

use postrider_app::publishing::deliveries::Action as AppAction;
use postrider_app::publishing::posts::Status;
use postrider_app::publishing::when::Timing;
use postrider_domain::content::{Approval as DomainApproval, ChannelContent, MediaRef, PartContent};
use postrider_domain::delivery::{HoldReason as DomainReason, PartState as DomainPartState, State as DomainState};
use postrider_domain::id::{ChannelId, MediaId};
use postrider_domain::live::{ChangeKind as DomainChangeKind, ChangeState as DomainChangeState};
use postrider_domain::media::{Area, Point};
use postrider_domain::schedule::{ZoneName, parse_when};
use postrider_domain::text::Unit;
use postrider_domain::{Code, Issue};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::problem::Problem;

/// An enum of the product as JSON has it.
macro_rules! mirror {
    ($(#[$meta:meta])* $name:ident = $from:ty { $($variant:ident),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $name { $($variant),* }

        impl From<$from> for $name {
            fn from(value: $from) -> Self {
                match value { $(<$from>::$variant => Self::$variant),* }
            }
        }

        impl From<$name> for $from {
            fn from(value: $name) -> Self {
                match value { $($name::$variant => Self::$variant),* }
            }
        }
    };
}

mirror! {
    /// Where a delivery stands.
    DeliveryState = DomainState { Scheduled, Running, Waiting, Held, Unconfirmed, Published, Failed, Canceled }
}
mirror! {
    /// Why a delivery is held.
    HoldReason = DomainReason { Approval, Reconnect, Operator, Budget, Late, Paused, Restored }
}
mirror! {
    /// Where a part stands.
    PartState = DomainPartState { Pending, Published, Failed, Skipped }
}
mirror! {
    /// Whether a revision may go out.
    Approval = DomainApproval { NotNeeded, Pending, Approved, Refused }
}
mirror! {
    /// What can be done about a delivery.
    Action = AppAction { Retry, Confirm, PublishAgain, Release, Reschedule, Cancel, Stop }
}
mirror! {
    /// What is done to a delivery that is live.
    ChangeKind = DomainChangeKind { Delete, Edit }
}
mirror! {
    /// How a change of what is live fares.
    ChangeState = DomainChangeState { Waiting, Done, Failed }
}
mirror! {
    /// How a post is doing, from its deliveries; what wants a person comes first.
    PostStatus = Status { Draft, Scheduled, Publishing, Attention, Published, Canceled }
}
mirror! {
    /// How a network counts characters.
    TextUnit = Unit { XWeighted, Graphemes, Utf16, Bytes, CodePoints, Threads, Fediverse }
}

/// A place in a picture, in ten-thousandths of its width and height from the top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Point)]
#[serde(deny_unknown_fields)]
pub(crate) struct PointBody {
    /// From the left.
    #[schema(maximum = 10_000)]
    x: u16,
    /// From the top.
    #[schema(maximum = 10_000)]
    y: u16,
}

impl From<Point> for PointBody {
    fn from(Point { x, y }: Point) -> Self {
        Self { x, y }
    }
}

impl From<PointBody> for Point {
    fn from(PointBody { x, y }: PointBody) -> Self {
        Self { x, y }
    }
}

/// A rectangle in a picture, in ten-thousandths of its width and height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Area)]
#[serde(deny_unknown_fields)]
pub(crate) struct AreaBody {
    /// From the left.
    #[schema(maximum = 10_000)]
    x: u16,
    /// From the top.
    #[schema(maximum = 10_000)]
    y: u16,
    /// Its width.
    #[schema(maximum = 10_000)]
    width: u16,
    /// Its height.
    #[schema(maximum = 10_000)]
    height: u16,
}

impl From<Area> for AreaBody {
    fn from(Area { x, y, width, height }: Area) -> Self {
        Self { x, y, width, height }
    }
}

impl From<AreaBody> for Area {
    fn from(AreaBody { x, y, width, height }: AreaBody) -> Self {
        Self { x, y, width, height }
    }
}

/// A reference to an uploaded file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = MediaRef)]
#[serde(deny_unknown_fields)]
pub(crate) struct MediaRefBody {
    /// The file.
    #[schema(value_type = String)]
    id: MediaId,
    /// Alternative text for this use; the file's own when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alt: Option<String>,
    /// The point that stays visible where a network crops; the file's own when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    focus: Option<PointBody>,
    /// The only part of the picture that is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crop: Option<AreaBody>,
    /// The writer agrees that it is encoded anew where a network wants it smaller or in another format.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    fit: bool,
}

impl From<MediaRefBody> for MediaRef {
    fn from(body: MediaRefBody) -> Self {
        let MediaRefBody { id, alt, focus, crop, fit } = body;
        Self { id, alt, focus: focus.map(Into::into), crop: crop.map(Into::into), fit }
    }
}

impl From<MediaRef> for MediaRefBody {
    fn from(used: MediaRef) -> Self {
        let MediaRef { id, alt, focus, crop, fit } = used;
        Self { id, alt, focus: focus.map(Into::into), crop: crop.map(Into::into), fit }
    }
}

/// One part: the root, or a reply in a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Part)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartBody {
    /// The text, exactly as it goes out.
    #[serde(default)]
    text: String,
    /// Media in order.
    #[serde(default)]
    media: Vec<MediaRefBody>,
    /// Seconds to wait after the part before; 0 for the root.
    #[serde(default)]
    delay_s: u32,
}

impl From<PartBody> for PartContent {
    fn from(body: PartBody) -> Self {
        let media = body.media.into_iter().map(MediaRef::from).collect();
        Self { text: body.text, media, delay_s: body.delay_s }
    }
}

impl From<PartContent> for PartBody {
    fn from(part: PartContent) -> Self {
        let media = part.media.into_iter().map(MediaRefBody::from).collect();
        Self { text: part.text, media, delay_s: part.delay_s }
    }
}

/// A channel that a post goes to, with what it gets instead of the shared content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ChannelContent)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelContentBody {
    /// The channel.
    #[schema(value_type = String)]
    channel: ChannelId,
    /// Its own parts; the shared ones when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parts: Option<Vec<PartBody>>,
    /// Settings by the connector's JSON Schema.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
}

impl From<ChannelContentBody> for ChannelContent {
    fn from(body: ChannelContentBody) -> Self {
        Self { channel: body.channel, parts: body.parts.map(parts), settings: body.settings }
    }
}

impl From<ChannelContent> for ChannelContentBody {
    fn from(own: ChannelContent) -> Self {
        let parts = own.parts.map(|parts| parts.into_iter().map(PartBody::from).collect());
        Self { channel: own.channel, parts, settings: own.settings }
    }
}

/// Parts as the product has them.
pub(super) fn parts(bodies: Vec<PartBody>) -> Vec<PartContent> {
    bodies.into_iter().map(PartContent::from).collect()
}

/// Channels as the product has them.
pub(super) fn channels(bodies: Vec<ChannelContentBody>) -> Vec<ChannelContent> {
    bodies.into_iter().map(ChannelContent::from).collect()
}

/// When a post goes out: exactly one of `at`, `local` and `now`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[schema(as = When)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhenBody {
    /// An instant as RFC 3339 with its offset.
    #[schema(example = "2026-03-01T09:00:00+01:00")]
    at: Option<String>,
    /// What the clock of the zone shows.
    #[schema(example = "2026-03-01T09:00")]
    local: Option<String>,
    /// IANA name of the zone of `local`; the workspace's when left out.
    #[schema(example = "Europe/Berlin")]
    zone: Option<String>,
    /// `true`: as soon as possible.
    now: Option<bool>,
}

impl WhenBody {
    /// The time that is meant. `field` is where it stands in the request.
    pub(super) fn timing(self, field: &str) -> Result<Timing, Problem> {
        let refuse = |field: String, reason: &str| {
            Err(Problem::field(Issue::error(Code::BadField, field).with("reason", reason)))
        };
        if self.now == Some(false) {
            return refuse(format!("{field}/now"), "it is true or left out");
        }
        if self.zone.is_some() && self.local.is_none() {
            return refuse(format!("{field}/zone"), "a zone belongs to a local time");
        }
        match (self.at, self.local, self.now) {
            (Some(at), None, None) => Ok(Timing::At(at)),
            (None, Some(time), None) => Ok(Timing::Local { time, zone: self.zone }),
            (None, None, Some(_)) => Ok(Timing::Now),
            _ => refuse(field.to_owned(), "it has exactly one of at, local and now"),
        }
    }
}

/// Tells `null` from a field that was left out.
pub(super) fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::<u64>::deserialize(deserializer).map(Some)
}

/// An instant in a query; one without an offset is refused by its name.
pub(super) fn instant(text: &str, name: &str) -> Result<jiff::Timestamp, Problem> {
    let read = parse_when(text, ZoneName::UTC);
    read.map(|when| when.at).map_err(|error| Problem::field(error.issue(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(json: &str) -> Result<Timing, (Code, String)> {
        let body: WhenBody = serde_json::from_str(json).expect("the form is right");
        let refused = |problem: Problem| (problem.issues[0].code, problem.issues[0].field.clone());
        body.timing("/when").map_err(refused)
    }

    #[test]
    fn a_time_is_said_in_exactly_one_way() {
        assert_eq!(timing(r#"{"now":true}"#), Ok(Timing::Now));
        assert_eq!(timing(r#"{"at":"x"}"#), Ok(Timing::At("x".into())));
        let local = Timing::Local { time: "x".into(), zone: Some("y".into()) };
        assert_eq!(timing(r#"{"local":"x","zone":"y"}"#), Ok(local));
        for (wrong, field) in [
            ("{}", "/when"),
            (r#"{"at":"x","local":"y"}"#, "/when"),
            (r#"{"at":"x","now":true}"#, "/when"),
            (r#"{"now":false}"#, "/when/now"),
            (r#"{"at":"x","zone":"y"}"#, "/when/zone"),
        ] {
            assert_eq!(timing(wrong), Err((Code::BadField, field.to_owned())), "{wrong}");
        }
    }

    #[test]
    fn an_instant_in_a_query_needs_its_offset() {
        assert!(instant("2026-03-01T09:00:00Z", "from").is_ok());
        let refused = instant("2026-03-01T09:00:00", "from").expect_err("is refused");
        assert_eq!((refused.issues[0].code, refused.issues[0].field.as_str()), (Code::TimeMissingOffset, "from"));
    }

    #[test]
    fn names_are_those_of_the_product() {
        for state in DomainState::ALL {
            assert_eq!(serde_json::json!(DeliveryState::from(state)), state.as_str());
        }
        for reason in DomainReason::ALL {
            assert_eq!(serde_json::json!(HoldReason::from(reason)), reason.as_str());
        }
        for action in AppAction::ALL {
            assert_eq!(serde_json::json!(Action::from(action)), action.as_str());
        }
        for status in Status::ALL {
            assert_eq!(serde_json::json!(PostStatus::from(status)), status.as_str());
        }
    }
}
