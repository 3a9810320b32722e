//! Disconnect an account.

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::channels::{self, Disconnection, Revoked};
use postrider_domain::id::{ChannelId, DeliveryId, PostId, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

use super::ChannelBody;
use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;
use crate::wire::At;

/// What disconnecting did.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChannelDisconnected {
    /// The channel as it is now.
    channel: ChannelBody,
    /// Deliveries that are held until it is connected again; nothing is lost.
    held: Vec<HeldDelivery>,
    /// Whether its tokens were destroyed: no other channel uses them.
    tokens_destroyed: bool,
    /// What became of the consent at the platform: `revoked`, `not_offered`,
    /// `still_used` by another channel, `used_elsewhere` by another connection of the same account (the
    /// platform can only take all of them back, so it goes on listing this app), `nothing` to revoke, or `failed`.
    revocation: &'static str,
    /// The platform's own words when it did not take the consent back.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
    /// Until when its name, handle and remote ids are kept, so that they can be exported.
    identity_kept_until: At,
}

/// A delivery that waits for its channel.
#[derive(Serialize, ToSchema)]
pub(crate) struct HeldDelivery {
    /// The delivery.
    #[schema(value_type = String)]
    delivery: DeliveryId,
    /// Its post.
    #[schema(value_type = String)]
    post: PostId,
}

impl From<Disconnection> for ChannelDisconnected {
    fn from(done: Disconnection) -> Self {
        let (revocation, words) = match done.revoked {
            Revoked::Yes => ("revoked", None),
            Revoked::NotOffered => ("not_offered", None),
            Revoked::StillUsed => ("still_used", None),
            Revoked::UsedElsewhere => ("used_elsewhere", None),
            Revoked::Nothing => ("nothing", None),
            Revoked::Failed { words } => ("failed", Some(words)),
        };
        Self {
            channel: done.channel.into(),
            held: done.held.into_iter().map(|(delivery, post)| HeldDelivery { delivery, post }).collect(),
            tokens_destroyed: done.destroyed,
            revocation,
            words,
            identity_kept_until: done.identity_kept_until.into(),
        }
    }
}

/// Disconnects an account: its tokens are destroyed at once, what is scheduled for it is held.
#[utoipa::path(delete, path = "/workspaces/{ws}/channels/{channel}", tag = "channels",
    responses((status = 200, body = ChannelDisconnected)))]
pub(crate) async fn disconnect_channel(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, channel)): Ids<(WorkspaceId, ChannelId)>,
) -> Result<Json<ChannelDisconnected>, Problem> {
    Ok(Json(channels::disconnect(&app, &caller, ws, channel).await?.into()))
}
