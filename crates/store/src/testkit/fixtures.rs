//! Rows that many tests need, on a platform that does not exist.

use std::time::Duration;

use jiff::Timestamp;
use postrider_domain::content::{ChannelContent, Content, PartContent};
use postrider_domain::id::{ChannelId, DeliveryId, UserId, WorkspaceId};
use postrider_domain::role::Role;

use crate::Tx;
use crate::repo::channels::{self, Channel, NewChannel};
use crate::repo::deliveries::{self, NewDelivery};
use crate::repo::grants::{self, Grant, NewGrant};
use crate::repo::members;
use crate::repo::posts::{self, NewPost, Post};
use crate::repo::users::{self, NewUser};
use crate::repo::workspaces::{self, Profile};

/// The platform of every fixture.
pub const PLATFORM: &str = "examplenet";

/// A person who owns a workspace.
#[derive(Debug, Clone, Copy)]
pub struct World {
    /// The person.
    pub user: UserId,
    /// Their workspace.
    pub workspace: WorkspaceId,
}

/// A person.
pub async fn user(tx: &mut Tx, name: &str) -> UserId {
    let email = format!("{name}@example.org");
    let new = NewUser { email: &email, name, password_hash: "$argon2id$none", operator: false };
    users::create(tx, new).await.expect("a user").id
}

/// A person and their workspace.
pub async fn world(tx: &mut Tx, name: &str) -> World {
    let user = user(tx, name).await;
    let profile = Profile { name, zone: "Europe/Vienna", missed_window: Duration::from_secs(3600) };
    let workspace = workspaces::create(tx, profile).await.expect("a workspace").id;
    members::add(tx, workspace, user, Role::Owner).await.expect("an owner");
    World { user, workspace }
}

/// A grant of a platform person.
pub async fn grant(tx: &mut Tx, world: World, person: &str, plain: &[u8]) -> Grant {
    let new = NewGrant {
        platform: PLATFORM,
        platform_app: None,
        host: "example.net",
        person_id: person,
        scopes: &["write".to_owned()],
        plain,
        expires_at: None,
        refresh_at: None,
        created_by: world.user,
    };
    grants::create(tx, world.workspace, new).await.expect("a grant")
}

/// The server of every fixture that does not name another.
pub const HOST: &str = "example.net";

/// A channel of a grant.
pub async fn channel_of(tx: &mut Tx, world: World, grant: &Grant, remote: &str) -> Channel {
    channel_at(tx, world, grant, HOST, remote).await
}

/// A channel of a grant, at a server.
pub async fn channel_at(tx: &mut Tx, world: World, grant: &Grant, host: &str, remote: &str) -> Channel {
    let facts = serde_json::json!({ "verified": true });
    let handle = format!("@{remote}");
    let new = NewChannel {
        grant: Some(grant.id),
        platform: PLATFORM,
        host,
        remote_id: remote,
        handle: &handle,
        name: remote,
        picture: Some("https://example.net/picture.png"),
        url: Some("https://example.net/profile"),
        facts: &facts,
        min_gap: Duration::from_secs(1),
    };
    channels::upsert(tx, world.workspace, new).await.expect("a channel")
}

/// A channel with a grant of its own.
pub async fn channel(tx: &mut Tx, world: World, remote: &str) -> Channel {
    let grant = grant(tx, world, remote, b"credentials").await;
    channel_of(tx, world, &grant, remote).await
}

/// A text for some channels.
pub fn content(text: &str, channels: &[ChannelId]) -> Content {
    let part = PartContent { text: text.to_owned(), ..PartContent::default() };
    let shares = |&channel| ChannelContent { channel, parts: None, settings: serde_json::Map::new() };
    Content { parts: vec![part], channels: channels.iter().map(shares).collect() }
}

/// A draft for some channels.
pub async fn post(tx: &mut Tx, world: World, text: &str, channels: &[ChannelId]) -> Post {
    let content = content(text, channels);
    let new = NewPost {
        author: world.user,
        content: &content,
        draft: true,
        when: None,
        missed_window: None,
        labels: &[],
        source: None,
        external_id: None,
    };
    posts::create(tx, world.workspace, new).await.expect("a post")
}

/// A delivery of a post of its own on a channel, due at an instant.
pub async fn delivery(tx: &mut Tx, world: World, channel: &Channel, at: Timestamp) -> DeliveryId {
    let post = post(tx, world, "hello", &[channel.id]).await;
    let new = NewDelivery {
        post: post.id,
        channel: channel.id,
        lane: channel.lane_id,
        occurrence: "2026-11-23T12:00:00",
        authorised_by: world.user,
        at,
        missed_window_s: 3600,
    };
    deliveries::create(tx, world.workspace, &new).await.expect("a delivery")
}
