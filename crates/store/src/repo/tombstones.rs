//! Tombstones: ids of what was deleted. A copy of the list outside the backup
//! set is replayed at every restore, so that nothing deleted comes back.

use std::collections::HashMap;

use jiff::Timestamp;
use postrider_domain::entitlement::Meter;
use postrider_domain::id::{ApiKeyId, ChannelId, GrantId, MediaId, PostId, SeriesId, UserId, WorkspaceId};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::channels::ChannelState;
use super::{channels, entitlements, grants, keys, media, members, posts, series, users, workspaces};
use crate::error::StoreError;
use crate::sql::{Row, sql};
use crate::{Result, Tx};

/// What was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A person.
    User,
    /// A workspace with everything in it.
    Workspace,
    /// Tokens.
    Grant,
    /// A channel's connection.
    Channel,
    /// A channel's name, handle and the ids that it published under.
    Identity,
    /// A post with its deliveries.
    Post,
    /// A series; its posts go by themselves.
    Series,
    /// A file's bytes.
    Media,
    /// A key for programs.
    Key,
    /// Somebody's place in a workspace; its id is [`member_id`].
    Member,
}

impl Kind {
    const ALL: [Kind; 10] = [
        Kind::User,
        Kind::Workspace,
        Kind::Grant,
        Kind::Channel,
        Kind::Identity,
        Kind::Post,
        Kind::Series,
        Kind::Media,
        Kind::Key,
        Kind::Member,
    ];

    /// The name stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Workspace => "workspace",
            Kind::Grant => "grant",
            Kind::Channel => "channel",
            Kind::Identity => "identity",
            Kind::Post => "post",
            Kind::Series => "series",
            Kind::Media => "media",
            Kind::Key => "key",
            Kind::Member => "member",
        }
    }

    /// The kind with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A deletion that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tombstone {
    /// The row that is gone.
    pub id: Uuid,
    /// What it was.
    pub kind: Kind,
    /// When it was deleted.
    pub deleted_at: Timestamp,
}

fn tombstone(row: &Row) -> Result<Tombstone> {
    Ok(Tombstone { id: row.get("id")?, kind: row.word("kind", Kind::parse)?, deleted_at: row.time("deleted_at")? })
}

/// The id that stands for somebody's place in a workspace, which has none of its own.
pub fn member_id(workspace: WorkspaceId, user: UserId) -> Uuid {
    let hash = Sha256::new().chain_update(workspace.uuid()).chain_update(user.uuid()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Notes a deletion, in the transaction that deletes. The later kind wins: a
/// channel is first disconnected, then its identity goes.
pub async fn add(tx: &mut Tx, id: Uuid, kind: Kind) -> Result<()> {
    let deleted_at = tx.now();
    put(tx, Tombstone { id, kind, deleted_at }).await
}

/// Takes over a tombstone from elsewhere, as `restore` does before [`replay`]. An identity
/// that went stays gone, also when its channel is disconnected once more.
pub async fn put(tx: &mut Tx, tombstone: Tombstone) -> Result<()> {
    tx.execute(
        sql("INSERT INTO tombstones (id, kind, deleted_at) VALUES ($1, $2, $3) \
             ON CONFLICT (id) DO UPDATE SET kind = CASE WHEN tombstones.kind = 'identity' \
             AND excluded.kind = 'channel' THEN tombstones.kind ELSE excluded.kind END, deleted_at = excluded.deleted_at")
        .bind(tombstone.id)
        .bind(tombstone.kind.as_str())
        .bind(tombstone.deleted_at),
    )
    .await?;
    Ok(())
}

/// Every deletion, oldest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<Tombstone>> {
    tx.map(sql("SELECT id, kind, deleted_at FROM tombstones ORDER BY deleted_at, id"), tombstone).await
}

/// Deletes again whatever a restored backup brought back, and returns how much
/// that was.
///
/// A row that changed after its deletion shows that the backup is younger than
/// the deletion: a channel that was connected again goes on in its old row, and
/// is left alone.
pub async fn replay(tx: &mut Tx) -> Result<u64> {
    let mut deleted = 0;
    let places = places(tx).await?;
    for tombstone in list(tx).await? {
        let replayed = match (tombstone.kind, places.get(&tombstone.id)) {
            (Kind::Member, Some(place)) => remove_again(tx, place, tombstone.deleted_at).await,
            (Kind::Member, None) => Ok(false),
            _ => replay_one(tx, tombstone).await,
        };
        match replayed {
            Ok(true) => deleted += 1,
            Ok(false) | Err(StoreError::NotFound) => {}
            Err(error) => return Err(error),
        }
        // Deleting again noted the present; the deletion was then.
        put(tx, tombstone).await?;
    }
    Ok(deleted)
}

async fn replay_one(tx: &mut Tx, Tombstone { id, kind, deleted_at }: Tombstone) -> Result<bool> {
    match kind {
        Kind::User => users::delete(tx, UserId::from_uuid(id)).await?,
        Kind::Workspace => workspaces::delete(tx, WorkspaceId::from_uuid(id)).await?,
        Kind::Grant => {
            let workspace = owner(tx, "grants", id).await?;
            grants::shred(tx, workspace, GrantId::from_uuid(id)).await?;
        }
        Kind::Channel | Kind::Identity => {
            let (workspace, id) = (owner(tx, "channels", id).await?, ChannelId::from_uuid(id));
            let channel = channels::get(tx, workspace, id).await?;
            let connected = channel.state != ChannelState::Disconnected;
            let named = kind == Kind::Identity && !channel.remote_id.starts_with("purged:");
            if channel.updated_at > deleted_at || !(connected || named) {
                return Ok(false);
            }
            if connected {
                channels::disconnect(tx, workspace, id).await?;
                entitlements::release(tx, workspace, Meter::Channels, 1).await?;
            }
            if named {
                channels::purge_identity(tx, workspace, id).await?;
            }
        }
        Kind::Post => {
            let workspace = owner(tx, "posts", id).await?;
            posts::delete(tx, workspace, PostId::from_uuid(id)).await?;
        }
        Kind::Series => {
            let workspace = owner(tx, "series", id).await?;
            series::delete(tx, workspace, SeriesId::from_uuid(id)).await?;
        }
        Kind::Media => {
            let (workspace, id) = (owner(tx, "media", id).await?, MediaId::from_uuid(id));
            if media::get(tx, workspace, id).await?.state == media::MediaState::Purged {
                return Ok(false);
            }
            media::mark_purged(tx, workspace, id).await?;
        }
        Kind::Key => {
            let workspace = owner(tx, "api_keys", id).await?;
            return keys::revoke_again(tx, workspace, ApiKeyId::from_uuid(id)).await;
        }
        // Found by what its id was made of, in `replay`.
        Kind::Member => return Ok(false),
    }
    Ok(true)
}

/// Somebody's place in a workspace.
struct Place {
    workspace: WorkspaceId,
    user: UserId,
    since: Timestamp,
}

async fn places(tx: &mut Tx) -> Result<HashMap<Uuid, Place>> {
    let all = sql("SELECT workspace_id, user_id, created_at FROM memberships");
    let places = tx
        .map(all, |row| {
            let (workspace, user) = (row.id("workspace_id")?, row.id("user_id")?);
            Ok((member_id(workspace, user), Place { workspace, user, since: row.time("created_at")? }))
        })
        .await?;
    Ok(places.into_iter().collect())
}

/// Somebody who came back after the removal stays.
async fn remove_again(tx: &mut Tx, place: &Place, deleted_at: Timestamp) -> Result<bool> {
    let Place { workspace, user, since } = *place;
    if since > deleted_at {
        return Ok(false);
    }
    members::remove(tx, workspace, user).await?;
    keys::revoke_of(tx, workspace, user).await?;
    entitlements::release(tx, workspace, Meter::Members, 1).await?;
    Ok(true)
}

async fn owner(tx: &mut Tx, table: &str, id: Uuid) -> Result<WorkspaceId> {
    let text = format!("SELECT workspace_id FROM {table} WHERE id = $1");
    tx.one(sql(text).bind(id)).await?.id("workspace_id")
}
