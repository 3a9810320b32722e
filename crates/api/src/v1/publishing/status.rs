//! `/workspaces/{ws}/status`: does publishing move, what is late and why?

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use postrider_app::publishing::status::{self, Late, Pause, Publishing as AppPublishing, Status};
use postrider_app::{App, messages};
use postrider_domain::delivery::HoldReason as DomainReason;
use postrider_domain::id::{DeliveryId, PostId, UserId, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::deliveries::ChannelBriefBody;
use super::wire::{DeliveryState, HoldReason};
use crate::Api;
use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;
use crate::wire::At;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get_status))
}

/// Whether publishing moves.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Publishing {
    Ok,
    Paused,
    Stuck,
}

impl From<AppPublishing> for Publishing {
    fn from(publishing: AppPublishing) -> Self {
        match publishing {
            AppPublishing::Ok => Self::Ok,
            AppPublishing::Paused => Self::Paused,
            AppPublishing::Stuck => Self::Stuck,
        }
    }
}

/// How a workspace's publishing stands.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkspaceStatus)]
pub(crate) struct StatusBody {
    /// `ok`, `paused` by a person, or `stuck`: something is late and nothing is in its way.
    publishing: Publishing,
    /// Since when it is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_at: Option<At>,
    /// Who paused it, where a member did and that is still known.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_by: Option<PersonBrief>,
    /// The operator paused the whole instance: nobody here can resume it.
    instance_paused: bool,
    /// What is late.
    overdue: OverdueBody,
    /// Held deliveries, by reason.
    held: Vec<HeldCount>,
    /// Deliveries of which nobody knows whether they are out.
    unconfirmed: u64,
    /// Deliveries of the last seven days that failed and were not tried again.
    failed_recent: u64,
    /// Deliveries on their way now.
    running: u64,
    /// When the next one goes out.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_due: Option<At>,
    /// Channels that must be connected again.
    channels_needing_attention: u64,
    /// How much waits for a person: unconfirmed, failed of late, held for any reason but a pause, and channels.
    attention: u64,
}

/// A person in short.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonBrief {
    /// Their id.
    #[schema(value_type = String)]
    id: UserId,
    /// Their name.
    name: String,
}

/// What is late.
#[derive(Serialize, ToSchema)]
#[schema(as = Overdue)]
pub(crate) struct OverdueBody {
    /// How many deliveries.
    count: u64,
    /// Since when the oldest of them is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_due: Option<At>,
    /// The first twenty, the longest due first.
    items: Vec<LateBody>,
}

/// A delivery that is late, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = LateDelivery)]
pub(crate) struct LateBody {
    /// The delivery.
    #[schema(value_type = String)]
    delivery: DeliveryId,
    /// Its post.
    #[schema(value_type = String)]
    post: PostId,
    /// Its channel.
    channel: ChannelBriefBody,
    /// Where it stands.
    state: DeliveryState,
    /// The time people asked for.
    scheduled_at: At,
    /// The same on the clock of the workspace's zone.
    local: String,
    /// Since when it is due.
    due_at: At,
    /// Why it is late.
    code: &'static str,
    /// Figures and names in `detail`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    code_args: BTreeMap<String, String>,
    /// What `code` means and what to do next.
    detail: String,
}

impl From<Late> for LateBody {
    fn from(late: Late) -> Self {
        Self {
            delivery: late.delivery.id,
            post: late.delivery.post,
            channel: late.delivery.channel.into(),
            state: late.delivery.state.into(),
            scheduled_at: late.delivery.scheduled_at.into(),
            local: late.delivery.local.to_string(),
            due_at: late.delivery.due_at.into(),
            code: late.code.as_str(),
            detail: messages::render(late.code, &late.code_args),
            code_args: late.code_args,
        }
    }
}

/// How many deliveries are held for one reason.
#[derive(Serialize, ToSchema)]
pub(crate) struct HeldCount {
    /// The reason.
    reason: HoldReason,
    /// How many.
    count: u64,
}

impl From<(DomainReason, u64)> for HeldCount {
    fn from((reason, count): (DomainReason, u64)) -> Self {
        Self { reason: reason.into(), count }
    }
}

impl From<Status> for StatusBody {
    fn from(status: Status) -> Self {
        let attention = status.attention();
        let (at, by, instance) = match status.pause {
            Some(Pause { at, by, instance }) => (Some(At(at)), by, instance),
            None => (None, None, false),
        };
        Self {
            publishing: status.publishing.into(),
            paused_at: at,
            paused_by: by.map(|(id, name)| PersonBrief { id, name }),
            instance_paused: instance,
            overdue: OverdueBody {
                count: status.overdue,
                oldest_due: status.oldest_due.map(At),
                items: status.late.into_iter().map(LateBody::from).collect(),
            },
            held: status.held.into_iter().map(HeldCount::from).collect(),
            unconfirmed: status.unconfirmed,
            failed_recent: status.failed_recent,
            running: status.running,
            next_due: status.next_due.map(At),
            channels_needing_attention: status.channels,
            attention,
        }
    }
}

/// Shows whether publishing moves, what is late and why, and what wants a person.
#[utoipa::path(get, path = "/workspaces/{ws}/status", tag = "deliveries",
    responses((status = 200, body = StatusBody)))]
pub(crate) async fn get_status(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
) -> Result<Json<StatusBody>, Problem> {
    Ok(Json(status::status(&app, &caller, ws).await?.into()))
}
