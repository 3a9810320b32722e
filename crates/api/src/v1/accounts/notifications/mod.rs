//! `/notifications`: what the caller was told.

mod list;
mod read;
mod read_all;

use std::collections::BTreeMap;

use postrider_app::accounts::notifications::Notification;
use postrider_app::messages;
use postrider_domain::id::{ChannelId, DeliveryId, NotificationId, PostId, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::wire::At;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_notifications))
        .routes(routes!(read::read_notification))
        .routes(routes!(read_all::read_notifications))
}

/// A message to the caller.
#[derive(Serialize, ToSchema)]
#[schema(as = Notification)]
pub(crate) struct NotificationBody {
    /// Its id.
    #[schema(value_type = String)]
    id: NotificationId,
    /// Where it happened.
    #[schema(value_type = String)]
    workspace: WorkspaceId,
    /// What happened, for programs.
    code: String,
    /// Names and figures in `detail`.
    args: BTreeMap<String, String>,
    /// What happened and what to do next.
    detail: String,
    /// The post it concerns.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    post: Option<PostId>,
    /// The delivery it concerns.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<DeliveryId>,
    /// The channel it concerns.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<ChannelId>,
    /// When it was sent.
    created_at: At,
    /// When it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_at: Option<At>,
}

impl From<Notification> for NotificationBody {
    fn from(sent: Notification) -> Self {
        let note = sent.note;
        Self {
            id: sent.id,
            workspace: note.workspace,
            code: note.code.as_str().to_owned(),
            detail: messages::render(note.code, &note.args),
            args: note.args,
            post: note.post,
            delivery: note.delivery,
            channel: note.channel,
            created_at: sent.created_at.into(),
            read_at: sent.read_at.map(At),
        }
    }
}
