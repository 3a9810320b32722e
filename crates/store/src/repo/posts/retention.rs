//! Content is kept for a while after publishing, then purged; the record stays.

use jiff::Timestamp;
use postrider_domain::id::PostId;

use crate::repo::media;
use crate::sql::sql;
use crate::{Result, Tx};

/// Purges the content of posts that went out, all of whose deliveries ended
/// before an instant and are not being changed on their networks: revisions, variants, files that no other post uses, and what
/// requests and answers held of them. Class, code and time stay. At most `limit`
/// posts; returns how many.
pub async fn purge_content(tx: &mut Tx, ended_before: Timestamp, limit: u32) -> Result<u64> {
    let due = tx
        .map(
            sql("SELECT p.id FROM posts p \
                 WHERE EXISTS (SELECT 1 FROM revisions r WHERE r.post_id = p.id AND r.content IS NOT NULL) \
                 AND EXISTS (SELECT 1 FROM deliveries d WHERE d.post_id = p.id AND d.state = 'published') \
                 AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.post_id = p.id \
                 AND (d.settled_at IS NULL OR d.settled_at > $1)) \
                 AND NOT EXISTS (SELECT 1 FROM live_changes c JOIN deliveries d ON d.id = c.delivery_id \
                 WHERE d.post_id = p.id AND c.state = 'waiting') ORDER BY p.id LIMIT $2")
            .bind(ended_before)
            .bind(limit),
            |row| row.id::<PostId>("id"),
        )
        .await?;
    for &post in &due {
        purge_one(tx, post).await?;
    }
    Ok(due.len() as u64)
}

async fn purge_one(tx: &mut Tx, post: PostId) -> Result<()> {
    for text in [
        "UPDATE variants SET content = NULL WHERE revision_id IN (SELECT id FROM revisions WHERE post_id = $1)",
        "UPDATE approvals SET note = NULL WHERE revision_id IN (SELECT id FROM revisions WHERE post_id = $1)",
        "UPDATE revisions SET content = NULL WHERE post_id = $1",
        "UPDATE attempts SET exchanges = NULL, words = NULL WHERE delivery_id IN \
         (SELECT id FROM deliveries WHERE post_id = $1)",
        "UPDATE parts SET machine = NULL, extra = NULL, media = NULL WHERE delivery_id IN \
         (SELECT id FROM deliveries WHERE post_id = $1)",
        "UPDATE deliveries SET words = NULL, evidence = NULL WHERE post_id = $1",
        "UPDATE live_changes SET words = NULL WHERE delivery_id IN (SELECT id FROM deliveries WHERE post_id = $1)",
    ] {
        tx.execute(sql(text).id(post)).await?;
    }
    media::purge_unused(tx, media::User::Post(post)).await.map(|_| ())
}
