//! Which labels posts carry.

use std::collections::BTreeSet;

use postrider_domain::id::{LabelId, PostId, WorkspaceId};

use crate::error::StoreError;
use crate::repo::page::placeholders;
use crate::sql::sql;
use crate::{Result, Tx};

/// Ids in one `IN` list.
const BATCH: usize = 500;

/// Gives a post exactly these labels. One of another workspace is [`StoreError::NotFound`].
pub async fn set_labels(tx: &mut Tx, workspace: WorkspaceId, post: PostId, labels: &[LabelId]) -> Result<()> {
    let own = sql("SELECT id FROM posts WHERE workspace_id = $1 AND id = $2");
    tx.one(own.id(workspace).id(post)).await?;
    tx.execute(sql("DELETE FROM post_labels WHERE post_id = $1").id(post)).await?;
    let labels: BTreeSet<LabelId> = labels.iter().copied().collect();
    if labels.is_empty() {
        return Ok(());
    }
    let text = format!(
        "INSERT INTO post_labels (post_id, label_id) SELECT p.id, l.id FROM posts p \
         JOIN labels l ON l.workspace_id = p.workspace_id WHERE p.id = $1 AND l.id IN ({})",
        placeholders(2, labels.len())
    );
    let insert = labels.iter().fold(sql(text).id(post), |statement, &id| statement.id(id));
    let carried = tx.execute(insert).await?;
    if carried == labels.len() as u64 { Ok(()) } else { Err(StoreError::NotFound) }
}

/// The labels of some posts, as pairs.
pub async fn labels_of(tx: &mut Tx, workspace: WorkspaceId, posts: &[PostId]) -> Result<Vec<(PostId, LabelId)>> {
    let mut pairs = Vec::new();
    for batch in posts.chunks(BATCH) {
        let text = format!(
            "SELECT c.post_id, c.label_id FROM post_labels c JOIN labels l ON l.id = c.label_id \
             WHERE l.workspace_id = $1 AND c.post_id IN ({}) ORDER BY c.post_id, l.name, l.id",
            placeholders(2, batch.len())
        );
        let statement = batch.iter().fold(sql(text).id(workspace), |statement, &id| statement.id(id));
        pairs.extend(tx.map(statement, |row| Ok((row.id("post_id")?, row.id("label_id")?))).await?);
    }
    Ok(pairs)
}
