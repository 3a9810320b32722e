//! Tombstones: ids of what was deleted. A copy of the list outside the backup
//! set is replayed at every restore, so that nothing deleted comes back.

use jiff::Timestamp;
use postrider_domain::id::{ChannelId, GrantId, MediaId, PostId, SeriesId, UserId, WorkspaceId};
use uuid::Uuid;

use super::channels::ChannelState;
use super::{channels, grants, media, posts, series, users, workspaces};
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
}

impl Kind {
    const ALL: [Kind; 8] = [
        Kind::User,
        Kind::Workspace,
        Kind::Grant,
        Kind::Channel,
        Kind::Identity,
        Kind::Post,
        Kind::Series,
        Kind::Media,
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

/// Notes a deletion, in the transaction that deletes. The later kind wins: a
/// channel is first disconnected, then its identity goes.
pub async fn add(tx: &mut Tx, id: Uuid, kind: Kind) -> Result<()> {
    let deleted_at = tx.now();
    put(tx, Tombstone { id, kind, deleted_at }).await
}

/// Takes over a tombstone from elsewhere, as `restore` does before [`replay`].
pub async fn put(tx: &mut Tx, tombstone: Tombstone) -> Result<()> {
    tx.execute(
        sql("INSERT INTO tombstones (id, kind, deleted_at) VALUES ($1, $2, $3) \
             ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, deleted_at = excluded.deleted_at")
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
    for tombstone in list(tx).await? {
        match replay_one(tx, tombstone).await {
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
    }
    Ok(true)
}

async fn owner(tx: &mut Tx, table: &str, id: Uuid) -> Result<WorkspaceId> {
    let text = format!("SELECT workspace_id FROM {table} WHERE id = $1");
    tx.one(sql(text).bind(id)).await?.id("workspace_id")
}
