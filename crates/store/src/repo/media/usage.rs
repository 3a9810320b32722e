//! Which posts and series use which files.

use std::collections::BTreeSet;

use postrider_domain::content::{Content, PartContent};
use postrider_domain::id::{MediaId, PostId, SeriesId, WorkspaceId};
use uuid::Uuid;

use super::ending::mark_purged;
use crate::repo::page::placeholders;
use crate::sql::sql;
use crate::{Result, Tx};

/// What uses a file in its present content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum User {
    /// A post.
    Post(PostId),
    /// A series, in the posts that it will make.
    Series(SeriesId),
}

impl User {
    /// Where its uses are kept: table, column, id.
    fn place(self) -> (&'static str, &'static str, Uuid) {
        match self {
            User::Post(id) => ("media_usage", "post_id", id.uuid()),
            User::Series(id) => ("series_media", "series_id", id.uuid()),
        }
    }
}

/// A use of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Whose.
    pub by: User,
    /// Whether something of it is still to go out: then the file must stay.
    pub unsent: bool,
}

/// What uses a file: posts, then series, the oldest of each first.
pub async fn used_by(tx: &mut Tx, workspace: WorkspaceId, id: MediaId) -> Result<Vec<Use>> {
    let posts = tx.map(
        sql("SELECT u.post_id, p.draft OR EXISTS (SELECT 1 FROM deliveries d WHERE d.post_id = u.post_id \
             AND d.state NOT IN ('published', 'canceled', 'failed')) AS unsent \
             FROM media_usage u JOIN posts p ON p.id = u.post_id \
             WHERE u.workspace_id = $1 AND u.media_id = $2 ORDER BY u.post_id")
        .id(workspace)
        .id(id),
        |row| Ok(Use { by: User::Post(row.id("post_id")?), unsent: row.get("unsent")? }),
    );
    let mut all = posts.await?;
    let series = tx.map(
        sql(
            "SELECT u.series_id, s.ended_at IS NULL AS unsent FROM series_media u JOIN series s ON s.id = u.series_id \
             WHERE u.workspace_id = $1 AND u.media_id = $2 ORDER BY u.series_id",
        )
        .id(workspace)
        .id(id),
        |row| Ok(Use { by: User::Series(row.id("series_id")?), unsent: row.get("unsent")? }),
    );
    all.extend(series.await?);
    Ok(all)
}

/// Notes which files the new content of a post or series uses. Files of nobody are left out.
pub async fn set_usage(tx: &mut Tx, workspace: WorkspaceId, user: User, content: &Content) -> Result<()> {
    let (table, column, id) = user.place();
    tx.execute(sql(format!("DELETE FROM {table} WHERE {column} = $1")).bind(id)).await?;
    let ids = files(content);
    if ids.is_empty() {
        return Ok(());
    }
    let text = format!(
        "INSERT INTO {table} (media_id, {column}, workspace_id) \
         SELECT id, $1, workspace_id FROM media WHERE workspace_id = $2 AND id IN ({})",
        placeholders(3, ids.len())
    );
    let insert = ids.iter().fold(sql(text).bind(id).id(workspace), |statement, &id| statement.id(id));
    tx.execute(insert).await.map(|_| ())
}

fn files(content: &Content) -> BTreeSet<MediaId> {
    let own = content.channels.iter().filter_map(|channel| channel.parts.as_ref()).flatten();
    let all = |part: &PartContent| part.media.iter().map(|used| used.id).collect::<Vec<_>>();
    content.parts.iter().chain(own).flat_map(all).collect()
}

/// Purges the files of a post or series whose content was purged, unless other content uses them.
pub async fn purge_unused(tx: &mut Tx, user: User) -> Result<u64> {
    let (table, column, id) = user.place();
    let text = format!(
        "SELECT u.workspace_id, u.media_id FROM {table} u JOIN media m ON m.id = u.media_id \
         WHERE u.{column} = $1 AND m.purged_at IS NULL AND NOT EXISTS (SELECT 1 FROM media_usage o \
         JOIN posts p ON p.id = o.post_id JOIN revisions r ON r.id = p.revision_id \
         WHERE o.media_id = u.media_id AND r.content IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM series_media o \
         JOIN series s ON s.id = o.series_id WHERE o.media_id = u.media_id AND s.content IS NOT NULL)"
    );
    let unused: Vec<(WorkspaceId, MediaId)> =
        tx.map(sql(text).bind(id), |row| Ok((row.id("workspace_id")?, row.id("media_id")?))).await?;
    for &(workspace, id) in &unused {
        mark_purged(tx, workspace, id).await?;
    }
    Ok(unused.len() as u64)
}
