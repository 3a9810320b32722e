//! Channels: connecting, listing with their health, disconnecting.

mod connect;
mod disconnect;
mod left_out;
pub mod oauth;
#[cfg(test)]
mod tests;
mod tokens;
pub mod withdrawal;

use std::collections::BTreeMap;

use jiff::Timestamp;
use postrider_connector::Registry;
use postrider_connector::auth::Auth;
use postrider_domain::Code;
use postrider_domain::id::{ChannelId, GrantId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::text::Unit;
use postrider_engine::account;
use postrider_store::repo::channels::{self, Channel, ChannelState};
use postrider_store::repo::grants::{self, Grant};
use serde_json::Value;

use crate::{App, Caller, Result};

pub(super) use connect::check_names;
pub use connect::{Asked, Connection, abandon, ask, keep};
pub use disconnect::{Disconnection, Revoked, disconnect};
pub use tokens::forget_strays_everywhere;

/// A channel as people see it. It never carries a secret.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelView {
    /// Its id.
    pub id: ChannelId,
    /// The platform's id.
    pub platform: String,
    /// The platform's name, where this build knows it.
    pub platform_name: String,
    /// The server, as an origin.
    pub host: String,
    /// The account, as the platform calls it.
    pub remote_id: String,
    /// Its handle.
    pub handle: String,
    /// Its display name.
    pub name: String,
    /// Address of its picture.
    pub picture: Option<String>,
    /// Address of its page.
    pub url: Option<String>,
    /// `connected`, `needs_reconnect` or `disconnected`.
    pub state: &'static str,
    /// How it is doing.
    pub health: Health,
    /// What its own server takes; `None` where this build does not know the platform.
    pub limits: Option<ChannelLimits>,
    /// When it was first connected.
    pub created_at: Timestamp,
    /// When it was taken away.
    pub disconnected_at: Option<Timestamp>,
}

/// What may be posted to a channel.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelLimits {
    /// Most of each part's text, and how it is counted; all hold.
    pub text: Vec<(Unit, usize)>,
    /// Rules on the files of one part, in the form of the descriptor's.
    pub media: Option<Value>,
    /// Most parts of a thread; one where there are none.
    pub parts: usize,
}

/// How a channel is doing, from what the last calls said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// When a call last succeeded.
    pub ok_at: Option<Timestamp>,
    /// How a call last failed.
    pub code: Option<Code>,
    /// When that was.
    pub code_at: Option<Timestamp>,
    /// When the access ends unless it is renewed, which happens by itself.
    pub expires_at: Option<Timestamp>,
    /// Since when the platform refuses the credentials.
    pub refused_since: Option<Timestamp>,
    /// What was allowed.
    pub scopes: Vec<String>,
    /// What the platform may be asked for and was not allowed; each switches one feature off.
    pub missing_scopes: Vec<String>,
}

/// The channels of a workspace in the order of connecting; `all` adds the disconnected ones.
pub async fn list(app: &App, caller: &Caller, workspace: WorkspaceId, all: bool) -> Result<Vec<ChannelView>> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    let grants = grants::list(&mut tx, workspace).await?.into_iter().map(|grant| (grant.id, grant));
    let grants: BTreeMap<GrantId, Grant> = grants.collect();
    let found = channels::list(&mut tx, workspace).await?.into_iter();
    let shown = found.filter(|channel| all || channel.state != ChannelState::Disconnected);
    Ok(shown
        .map(|channel| {
            let grant = channel.grant_id.and_then(|id| grants.get(&id));
            view(&app.registry, channel, grant)
        })
        .collect())
}

/// One channel with its health.
pub async fn get(app: &App, caller: &Caller, workspace: WorkspaceId, id: ChannelId) -> Result<ChannelView> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    let channel = channels::get(&mut tx, workspace, id).await?;
    let grant = match channel.grant_id {
        Some(grant) => Some(grants::get(&mut tx, workspace, grant).await?),
        None => None,
    };
    Ok(view(&app.registry, channel, grant.as_ref()))
}

fn view(registry: &Registry, channel: Channel, grant: Option<&Grant>) -> ChannelView {
    let descriptor = registry.get(&channel.platform).map(|connector| connector.descriptor());
    let scopes = grant.map(|grant| grant.scopes.clone()).unwrap_or_default();
    let wanted = descriptor.filter(|_| grant.is_some()).map_or(&[][..], |descriptor| descriptor.scopes);
    let covered = |wanted: &str| match registry.get(&channel.platform).map(|connector| connector.auth()) {
        Some(Auth::OAuth(driver)) => driver.covers(&scopes, wanted),
        _ => scopes.iter().any(|scope| scope == wanted),
    };
    let limits = registry.get(&channel.platform).map(|connector| {
        let limits = connector.limits(&account(&channel));
        ChannelLimits {
            text: limits.text.iter().map(|limit| (limit.unit, limit.max)).collect(),
            media: limits.media.and_then(|rules| serde_json::to_value(rules).ok()),
            parts: connector.descriptor().thread.map_or(1, |thread| thread.max_parts),
        }
    });
    let missing = wanted.iter().map(|wanted| wanted.scope.to_owned()).filter(|wanted| !covered(wanted)).collect();
    ChannelView {
        health: Health {
            ok_at: channel.last_ok_at,
            code: channel.last_code,
            code_at: channel.last_code_at,
            expires_at: grant.and_then(|grant| grant.expires_at),
            refused_since: grant.and_then(|grant| grant.reauth_since),
            missing_scopes: missing,
            scopes,
        },
        limits,
        id: channel.id,
        platform_name: descriptor.map_or(channel.platform.as_str(), |descriptor| descriptor.name).to_owned(),
        platform: channel.platform,
        host: channel.host,
        remote_id: channel.remote_id,
        handle: channel.handle,
        name: channel.name,
        picture: channel.picture,
        url: channel.url,
        state: channel.state.as_str(),
        created_at: channel.created_at,
        disconnected_at: channel.disconnected_at,
    }
}
