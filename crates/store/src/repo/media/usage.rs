//! Which posts use which files.

use std::collections::BTreeSet;

use postrider_domain::content::{Content, PartContent};
use postrider_domain::id::{MediaId, PostId, WorkspaceId};

use crate::repo::page::placeholders;
use crate::sql::sql;
use crate::{Result, Tx};

/// A post that uses a file in its present content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// The post.
    pub post: PostId,
    /// Whether something of it is still to go out: then the file must stay.
    pub unsent: bool,
}

/// The posts that use a file, oldest first.
pub async fn used_by(tx: &mut Tx, workspace: WorkspaceId, id: MediaId) -> Result<Vec<Use>> {
    tx.map(
        sql("SELECT u.post_id, p.draft OR EXISTS (SELECT 1 FROM deliveries d WHERE d.post_id = u.post_id \
             AND d.state NOT IN ('published', 'canceled', 'failed')) AS unsent \
             FROM media_usage u JOIN posts p ON p.id = u.post_id \
             WHERE u.workspace_id = $1 AND u.media_id = $2 ORDER BY u.post_id")
        .id(workspace)
        .id(id),
        |row| Ok(Use { post: row.id("post_id")?, unsent: row.get("unsent")? }),
    )
    .await
}

/// Notes which files a post's new content uses. Files of nobody are left out.
pub async fn set_usage(tx: &mut Tx, workspace: WorkspaceId, post: PostId, content: &Content) -> Result<()> {
    tx.execute(sql("DELETE FROM media_usage WHERE post_id = $1").id(post)).await?;
    let ids = files(content);
    if ids.is_empty() {
        return Ok(());
    }
    let text = format!(
        "INSERT INTO media_usage (media_id, post_id, workspace_id) \
         SELECT id, $1, workspace_id FROM media WHERE workspace_id = $2 AND id IN ({})",
        placeholders(3, ids.len())
    );
    let insert = ids.iter().fold(sql(text).id(post).id(workspace), |statement, &id| statement.id(id));
    tx.execute(insert).await.map(|_| ())
}

fn files(content: &Content) -> BTreeSet<MediaId> {
    let own = content.channels.iter().filter_map(|channel| channel.parts.as_ref()).flatten();
    let all = |part: &PartContent| part.media.iter().map(|used| used.id).collect::<Vec<_>>();
    content.parts.iter().chain(own).flat_map(all).collect()
}
