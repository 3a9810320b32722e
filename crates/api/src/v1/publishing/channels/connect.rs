//! Connect an account.

use std::collections::BTreeMap;

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::requests;
use postrider_domain::id::WorkspaceId;
use postrider_domain::secret::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ChannelBody;
use crate::auth::Authed;
use crate::extract::{Ids, Posted};
use crate::problem::Problem;
use crate::wire::Created;

/// An account to be connected by filling in its platform's form.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectChannel {
    /// The platform's id, as `/connectors` lists it.
    platform: String,
    /// The form's fields by name.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    fields: BTreeMap<String, Secret>,
}

/// What was connected.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChannelsConnected {
    /// The channels that can be posted to now.
    channels: Vec<ChannelBody>,
    /// How many deliveries were waiting for this and go on by themselves.
    resumed: u64,
}

/// Connects an account. The same account again renews the channel that is there.
///
/// A failure names the step, the field and the platform's own words.
#[utoipa::path(post, path = "/workspaces/{ws}/channels", tag = "channels", request_body = ConnectChannel,
    responses((status = 201, body = ChannelsConnected)))]
pub(crate) async fn connect_channel(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    posted: Posted<ConnectChannel>,
) -> Result<Created<ChannelsConnected>, Problem> {
    let once = posted.once(&caller);
    let ConnectChannel { platform, fields } = posted.body;
    let done = requests::connect(&app, &caller, ws, &platform, fields, once.as_ref()).await?;
    let first = done.channels.first();
    let location = first.map(|channel| format!("/api/v1/workspaces/{ws}/channels/{}", channel.id));
    let channels = done.channels.into_iter().map(ChannelBody::from).collect();
    Ok(Created::There { location, body: ChannelsConnected { channels, resumed: done.resumed } })
}
