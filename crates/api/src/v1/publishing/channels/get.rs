//! One channel with its health.

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::channels;
use postrider_domain::id::{ChannelId, WorkspaceId};

use super::ChannelBody;
use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;

/// Shows a channel and how it is doing.
#[utoipa::path(get, path = "/workspaces/{ws}/channels/{channel}", tag = "channels",
    responses((status = 200, body = ChannelBody)))]
pub(crate) async fn get_channel(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, channel)): Ids<(WorkspaceId, ChannelId)>,
) -> Result<Json<ChannelBody>, Problem> {
    Ok(Json(channels::get(&app, &caller, ws, channel).await?.into()))
}
