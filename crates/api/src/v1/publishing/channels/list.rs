//! Which channels are there?

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::channels;
use postrider_domain::id::WorkspaceId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::ChannelBody;
use crate::auth::Authed;
use crate::extract::{Ids, Search};
use crate::paging::Page;
use crate::problem::Problem;

/// Which channels.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChannelsQuery {
    /// `true` shows those that were disconnected too.
    #[serde(default)]
    all: bool,
}

/// Lists the channels in the order of connecting, with their health.
#[utoipa::path(get, path = "/workspaces/{ws}/channels", tag = "channels", params(ChannelsQuery),
    responses((status = 200, body = Page<ChannelBody>)))]
pub(crate) async fn list_channels(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    Search(query): Search<ChannelsQuery>,
) -> Result<Json<Page<ChannelBody>>, Problem> {
    let found = channels::list(&app, &caller, ws, query.all).await?;
    Ok(Json(Page::all(found.into_iter().map(ChannelBody::from).collect())))
}
