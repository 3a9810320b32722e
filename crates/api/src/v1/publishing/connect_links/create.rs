//! Make a link.

use std::collections::BTreeMap;

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::channels::oauth::{self, NewConnectLink};
use postrider_domain::id::WorkspaceId;
use postrider_domain::secret::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ConnectLinkBody;
use crate::auth::Authed;
use crate::extract::{Ids, Posted};
use crate::problem::Problem;
use crate::wire::{At, Created};

/// What the link is for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateConnectLink {
    /// The platform's id, as `/connectors` lists it.
    platform: String,
    /// Fields to fill in beforehand, such as the server; the others are asked on the page.
    #[serde(default)]
    fields: BTreeMap<String, String>,
    /// What it is for, in words that the person reads who follows it.
    #[serde(default)]
    note: String,
    /// When it ends, at most 30 days ahead; 7 days unless given.
    expires_at: Option<At>,
}

/// A link with its address.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectLinkMade {
    /// The link.
    link: ConnectLinkBody,
    /// The address to hand over; absent when the request was repeated, because it is not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    url: Option<Secret>,
}

/// Makes a link that lets somebody connect one account without being a user here.
#[utoipa::path(post, path = "/workspaces/{ws}/connect-links", tag = "channels", request_body = CreateConnectLink,
    responses((status = 201, body = ConnectLinkMade)))]
pub(crate) async fn create_connect_link(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    posted: Posted<CreateConnectLink>,
) -> Result<Created<ConnectLinkMade>, Problem> {
    let once = posted.once(&caller);
    let CreateConnectLink { platform, fields, note, expires_at } = posted.body;
    let new = NewConnectLink { platform, fields, note, expires_at: expires_at.map(|At(at)| at) };
    let made = oauth::create_link(&app, &caller, ws, &new, once.as_ref()).await?;
    let location = format!("/api/v1/workspaces/{ws}/connect-links/{}", made.link.id);
    let body = ConnectLinkMade { link: ConnectLinkBody::of(made.link, true), url: made.url };
    Ok(Created::at(location, body))
}
