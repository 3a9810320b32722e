//! `/workspaces/{ws}/deliveries`: how each variant fares on its channel.

mod attempts;
mod cancel;
mod confirm;
mod delete_live;
mod edit_live;
mod get;
mod list;
mod publish_again;
mod release;
mod release_many;
mod retry;
mod stop;

use std::collections::BTreeMap;

use postrider_app::publishing::deliveries::{self, ChangeView, ChannelBrief, DeliveryView, Doubt, PartView};
use postrider_app::{App, Caller, messages};
use postrider_domain::id::{ChannelId, DeliveryId, MediaId, PartId, PostId, RevisionId, UserId, WorkspaceId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{Action, ChangeKind, ChangeState, DeliveryState, HoldReason, PartState};
use crate::Api;
use crate::problem::Problem;
use crate::wire::At;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_deliveries))
        .routes(routes!(release_many::release_deliveries))
        .routes(routes!(get::get_delivery))
        .routes(routes!(attempts::list_attempts))
        .routes(routes!(retry::retry_delivery))
        .routes(routes!(stop::stop_delivery))
        .routes(routes!(cancel::cancel_delivery))
        .routes(routes!(confirm::confirm_delivery))
        .routes(routes!(publish_again::publish_delivery_again))
        .routes(routes!(release::release_delivery))
        .routes(routes!(delete_live::delete_live_delivery))
        .routes(routes!(edit_live::edit_live_delivery))
}

/// One variant on one channel at one occurrence.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(crate) struct DeliveryBody {
    /// Its id.
    #[schema(value_type = String)]
    id: DeliveryId,
    /// Its post.
    #[schema(value_type = String)]
    post: PostId,
    /// Its channel.
    channel: ChannelBriefBody,
    /// The original local date-time, which names the occurrence.
    occurrence: String,
    /// The revision it goes out with; absent until it is taken.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<RevisionId>,
    /// Who put it on the schedule; absent for a former member.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    authorised_by: Option<UserId>,
    /// Where it stands.
    state: DeliveryState,
    /// Why it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    hold_reason: Option<HoldReason>,
    /// What happened last, or why it stands where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// Figures and names in `detail`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    code_args: BTreeMap<String, String>,
    /// What `code` means and what to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The platform's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
    /// The time people asked for.
    scheduled_at: At,
    /// The same on the clock of the workspace's zone.
    local: String,
    /// When it is looked at next.
    due_at: At,
    /// Attempts charged so far.
    failures: u64,
    /// How often it was taken back from a process that was gone.
    rescues: u64,
    /// Somebody wants the remaining parts stopped.
    stop_requested: bool,
    /// It is published, but not all parts are out.
    incomplete: bool,
    /// When its last part went out.
    #[serde(skip_serializing_if = "Option::is_none")]
    published_at: Option<At>,
    /// When it was done with.
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_at: Option<At>,
    /// The revision that is live; absent where that is the one it went out with.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    live_revision: Option<RevisionId>,
    /// When it was last edited on its network.
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_at: Option<At>,
    /// When it was deleted on its network.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<At>,
    /// The last change of what is live; absent where none was ever asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<ChangeBody>,
    /// The parts that have begun, root first.
    parts: Vec<DeliveryPart>,
    /// What can be done about it now; each is an address below this one.
    actions: Vec<Action>,
    /// What can be done to it on its network now: `delete` at `delete-live` below this address,
    /// `edit` at `edit-live`.
    live_actions: Vec<ChangeKind>,
    /// What is known about a send whose outcome is not; only where one delivery is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    doubt: Option<DoubtBody>,
    /// The beginning of its text; only in lists of deliveries, and while the content is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    excerpt: Option<String>,
    /// The first file of it, whose small picture shows it; only in lists of deliveries.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbnail: Option<MediaId>,
    /// When it was made.
    created_at: At,
    /// When it last changed.
    updated_at: At,
}

/// A channel in short.
#[derive(Serialize, ToSchema)]
#[schema(as = ChannelBrief)]
pub(crate) struct ChannelBriefBody {
    /// Its id.
    #[schema(value_type = String)]
    id: ChannelId,
    /// Its platform.
    platform: String,
    /// Its handle.
    handle: String,
    /// Its display name.
    name: String,
}

impl From<ChannelBrief> for ChannelBriefBody {
    fn from(brief: ChannelBrief) -> Self {
        Self { id: brief.id, platform: brief.platform, handle: brief.handle, name: brief.name }
    }
}

/// One part of a delivery.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryPart {
    /// Its id.
    #[schema(value_type = String)]
    id: PartId,
    /// 0 for the root.
    position: u64,
    /// Where it stands.
    state: PartState,
    /// The platform's id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_id: Option<String>,
    /// Where people see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// When it went out.
    #[serde(skip_serializing_if = "Option::is_none")]
    published_at: Option<At>,
    /// When it was last edited on its network.
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_at: Option<At>,
    /// When it was deleted on its network.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<At>,
}

impl From<PartView> for DeliveryPart {
    fn from(part: PartView) -> Self {
        Self {
            id: part.id,
            position: part.position,
            state: part.state.into(),
            remote_id: part.remote_id,
            url: part.url,
            published_at: part.published_at.map(At),
            edited_at: part.edited_at.map(At),
            deleted_at: part.deleted_at.map(At),
        }
    }
}

/// A change of what is live.
#[derive(Serialize, ToSchema)]
#[schema(as = LiveChange)]
pub(crate) struct ChangeBody {
    /// What was asked for.
    kind: ChangeKind,
    /// How it fares.
    state: ChangeState,
    /// Why it waits or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// Figures and names in `detail`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    code_args: BTreeMap<String, String>,
    /// What `code` means and what to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The platform's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
    /// Who asked for it; absent for a former member.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_by: Option<UserId>,
    /// When.
    requested_at: At,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<At>,
}

impl From<ChangeView> for ChangeBody {
    fn from(view: ChangeView) -> Self {
        Self {
            kind: view.kind.into(),
            state: view.state.into(),
            code: view.code.map(|code| code.as_str()),
            detail: view.code.map(|code| messages::render(code, &view.code_args)),
            code_args: view.code_args,
            words: view.words,
            requested_by: view.requested_by,
            requested_at: view.requested_at.into(),
            ended_at: view.ended_at.map(At),
        }
    }
}

/// What is known about a send whose outcome is not.
#[derive(Serialize, ToSchema)]
#[schema(as = Doubt)]
pub(crate) struct DoubtBody {
    /// What the platform said when it was asked.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Value>,
    /// The part that was being sent.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<PartId>,
    /// `idempotent`: sending it again is harmless; `once`: it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<String>,
    /// When it was first about to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_intent_at: Option<At>,
    /// When it was last about to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    intent_at: Option<At>,
    /// When the call was seen to end without an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    call_ended_at: Option<At>,
}

impl From<Doubt> for DoubtBody {
    fn from(doubt: Doubt) -> Self {
        Self {
            evidence: doubt.evidence,
            part: doubt.part,
            effect: doubt.effect,
            first_intent_at: doubt.first_intent_at.map(At),
            intent_at: doubt.intent_at.map(At),
            call_ended_at: doubt.call_ended_at.map(At),
        }
    }
}

impl From<DeliveryView> for DeliveryBody {
    fn from(view: DeliveryView) -> Self {
        let (excerpt, thumbnail) = view.glance.map(|glance| (glance.excerpt, glance.thumbnail)).unzip();
        Self {
            excerpt,
            thumbnail: thumbnail.flatten(),
            id: view.id,
            post: view.post,
            channel: view.channel.into(),
            occurrence: view.occurrence,
            revision: view.revision,
            authorised_by: view.authorised_by,
            state: view.state.into(),
            hold_reason: view.hold_reason.map(HoldReason::from),
            code: view.code.map(|code| code.as_str()),
            detail: view.code.map(|code| messages::render_on(view.state, code, &view.code_args)),
            code_args: view.code_args,
            words: view.words,
            scheduled_at: view.scheduled_at.into(),
            local: view.local.to_string(),
            due_at: view.due_at.into(),
            failures: view.failures,
            rescues: view.rescues,
            stop_requested: view.stop_requested,
            incomplete: view.incomplete,
            published_at: view.published_at.map(At),
            settled_at: view.settled_at.map(At),
            live_revision: view.live_revision,
            edited_at: view.edited_at.map(At),
            deleted_at: view.deleted_at.map(At),
            change: view.change.map(ChangeBody::from),
            parts: view.parts.into_iter().map(DeliveryPart::from).collect(),
            actions: view.actions.into_iter().map(Action::from).collect(),
            live_actions: view.live_actions.into_iter().map(ChangeKind::from).collect(),
            doubt: view.doubt.map(DoubtBody::from),
            created_at: view.created_at.into(),
            updated_at: view.updated_at.into(),
        }
    }
}

/// The delivery as it is now.
async fn shown(
    app: &App,
    caller: &Caller,
    ws: WorkspaceId,
    id: DeliveryId,
) -> Result<axum::Json<DeliveryBody>, Problem> {
    Ok(axum::Json(deliveries::get(app, caller, ws, id).await?.into()))
}
