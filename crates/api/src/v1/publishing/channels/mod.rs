//! `/workspaces/{ws}/channels`: places to post to.

mod connect;
mod disconnect;
mod get;
mod list;
mod oauth;

use postrider_app::messages;
use postrider_app::publishing::channels::{ChannelLimits, ChannelView, Health};
use postrider_domain::id::ChannelId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::TextUnit;
use crate::Api;
use crate::wire::At;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(connect::connect_channel, list::list_channels))
        .routes(routes!(get::get_channel, disconnect::disconnect_channel))
        .merge(oauth::router())
}

/// A place to post to. It never carries a secret.
#[derive(Serialize, ToSchema)]
#[schema(as = Channel)]
pub(crate) struct ChannelBody {
    /// Its id.
    #[schema(value_type = String)]
    id: ChannelId,
    /// The platform's id.
    platform: String,
    /// The platform's name.
    platform_name: String,
    /// The server, as an origin.
    host: String,
    /// The account, as the platform calls it.
    remote_id: String,
    /// Its handle.
    handle: String,
    /// Its display name.
    name: String,
    /// Address of its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
    /// Address of its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// `connected`, `needs_reconnect` or `disconnected`.
    state: &'static str,
    /// How it is doing.
    health: HealthBody,
    /// What may be posted to it, as its own server says.
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<LimitsBody>,
    /// When it was first connected.
    created_at: At,
    /// When it was taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnected_at: Option<At>,
}

/// What may be posted to a channel.
#[derive(Serialize, ToSchema)]
#[schema(as = ChannelLimits)]
pub(crate) struct LimitsBody {
    /// Limits of each part's text; all hold.
    text: Vec<TextLimitBody>,
    /// Rules on the files of one part, in the form of the connector's; left out where no files are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    media: Option<Value>,
    /// Most parts of a thread; 1 where there are none.
    parts: usize,
}

/// A limit on a text.
#[derive(Serialize, ToSchema)]
#[schema(as = TextLimit)]
pub(crate) struct TextLimitBody {
    /// How it is counted.
    unit: TextUnit,
    /// The most that is allowed.
    max: usize,
}

impl From<ChannelLimits> for LimitsBody {
    fn from(ChannelLimits { text, media, parts }: ChannelLimits) -> Self {
        let text = text.into_iter().map(|(unit, max)| TextLimitBody { unit: unit.into(), max });
        Self { text: text.collect(), media, parts }
    }
}

/// How a channel is doing, from what the last calls said.
#[derive(Serialize, ToSchema)]
#[schema(as = ChannelHealth)]
pub(crate) struct HealthBody {
    /// When a call last succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    ok_at: Option<At>,
    /// How a call last failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// What that means and what to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// When that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    code_at: Option<At>,
    /// When the access ends unless it is renewed, which happens by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<At>,
    /// Since when the platform refuses the credentials: connect again.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_since: Option<At>,
    /// What was allowed.
    scopes: Vec<String>,
    /// What was not allowed; each switches one feature off.
    missing_scopes: Vec<String>,
}

impl From<Health> for HealthBody {
    fn from(health: Health) -> Self {
        Self {
            ok_at: health.ok_at.map(At),
            code: health.code.map(|code| code.to_string()),
            detail: health.code.map(|code| messages::render(code, &Default::default())),
            code_at: health.code_at.map(At),
            expires_at: health.expires_at.map(At),
            refused_since: health.refused_since.map(At),
            scopes: health.scopes,
            missing_scopes: health.missing_scopes,
        }
    }
}

impl From<ChannelView> for ChannelBody {
    fn from(channel: ChannelView) -> Self {
        Self {
            id: channel.id,
            platform: channel.platform,
            platform_name: channel.platform_name,
            host: channel.host,
            remote_id: channel.remote_id,
            handle: channel.handle,
            name: channel.name,
            picture: channel.picture,
            url: channel.url,
            state: channel.state,
            health: channel.health.into(),
            limits: channel.limits.map(LimitsBody::from),
            created_at: channel.created_at.into(),
            disconnected_at: channel.disconnected_at.map(At),
        }
    }
}
