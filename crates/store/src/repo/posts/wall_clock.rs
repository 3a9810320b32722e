//! Posts that wait for a wall-clock time, for when a zone database changes.

use jiff::Timestamp;
use postrider_domain::id::{PostId, UserId, WorkspaceId};

use crate::repo::page::Cursor;
use crate::sql::sql;
use crate::{Result, Tx};

/// A post that is to go out at a wall-clock time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WallClock {
    /// The post.
    pub post: PostId,
    /// Who wrote it; `None` for a former member.
    pub author: Option<UserId>,
    /// The instant that the time was resolved to.
    pub at: Timestamp,
    /// The wall-clock time.
    pub local: String,
    /// Whose clock.
    pub zone: String,
}

/// Posts of a workspace whose wall-clock time is still to come, in the order of
/// their instants, after a place.
pub async fn waiting_for_wall_clock(
    tx: &mut Tx,
    workspace: WorkspaceId,
    after: Cursor,
    limit: u32,
) -> Result<Vec<WallClock>> {
    let after = Cursor { at: after.at.max(tx.now()), id: after.id };
    tx.map(
        sql("SELECT id, author_id, scheduled_at, local_time, zone FROM posts WHERE workspace_id = $1 \
             AND (scheduled_at, id) > ($2, $3) AND draft = FALSE AND local_time IS NOT NULL AND zone IS NOT NULL \
             ORDER BY scheduled_at, id LIMIT $4")
        .id(workspace)
        .bind(after.at)
        .bind(after.id)
        .bind(limit),
        |row| {
            Ok(WallClock {
                post: row.id("id")?,
                author: row.opt_id("author_id")?,
                at: row.time("scheduled_at")?,
                local: row.get("local_time")?,
                zone: row.get("zone")?,
            })
        },
    )
    .await
}

/// Moves a post to another instant of the same wall-clock time, unless it has
/// another instant by now; says whether it did.
pub async fn shift(tx: &mut Tx, workspace: WorkspaceId, id: PostId, from: Timestamp, to: Timestamp) -> Result<bool> {
    let now = tx.now();
    let set = sql("UPDATE posts SET scheduled_at = $1, version = version + 1, updated_at = $2 \
                   WHERE workspace_id = $3 AND id = $4 AND scheduled_at = $5");
    Ok(tx.execute(set.bind(to).bind(now).id(workspace).id(id).bind(from)).await? > 0)
}
