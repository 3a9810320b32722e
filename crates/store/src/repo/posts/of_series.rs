//! Posts that a series made.

use jiff::Timestamp;
use postrider_domain::id::{PostId, RevisionId, SeriesId, WorkspaceId};

use super::{NewPost, Post, get, insert, revisions, set_labels};
use crate::sql::{Row, sql};
use crate::{Result, Tx};

/// Where a post stands in a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The series.
    pub series: SeriesId,
    /// Which of its times: a local time.
    pub occurrence: String,
    /// Somebody changed this one by itself: changes of the series pass it by.
    pub detached: bool,
}

/// How a post of a series fares, as far as the series cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing of it has begun.
    Waits,
    /// Something of it is out, under way, or was tried.
    Begun,
    /// Nothing of it will go out.
    Withdrawn,
}

/// A post of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The post.
    pub post: PostId,
    /// Its version.
    pub version: i64,
    /// Which of the series' times.
    pub occurrence: String,
    /// Whether somebody changed it by itself.
    pub detached: bool,
    /// When it is to go out; `None` for one that was taken off the schedule.
    pub at: Option<Timestamp>,
    /// How it fares.
    pub standing: Standing,
}

fn made(row: &Row) -> Result<Made> {
    let (begun, waits): (bool, bool) = (row.get("begun")?, row.get("waits")?);
    Ok(Made {
        post: row.id("id")?,
        version: row.get("version")?,
        occurrence: row.get("occurrence")?,
        detached: row.get("detached")?,
        at: row.opt_time("scheduled_at")?,
        standing: match (begun, waits) {
            (true, _) => Standing::Begun,
            (false, true) => Standing::Waits,
            (false, false) => Standing::Withdrawn,
        },
    })
}

/// Saves the post of one occurrence. `None` when it is there already: one
/// occurrence is one post, whatever runs twice.
pub async fn create_for(
    tx: &mut Tx,
    workspace: WorkspaceId,
    series: SeriesId,
    occurrence: &str,
    new: NewPost<'_>,
) -> Result<Option<Post>> {
    let (id, revision) = (tx.new_id::<PostId>(), tx.new_id::<RevisionId>());
    if insert(tx, workspace, id, revision, &new, Some((series, occurrence))).await? == 0 {
        return Ok(None);
    }
    revisions::insert(tx, workspace, id, revision, 1, new.content, Some(new.author)).await?;
    if !new.labels.is_empty() {
        set_labels(tx, workspace, id, new.labels).await?;
    }
    get(tx, workspace, id).await.map(Some)
}

/// The posts of a series whose occurrence is not before one, or whose time is
/// still to come, in the order of their occurrences.
pub async fn of_series(tx: &mut Tx, workspace: WorkspaceId, series: SeriesId, from: &str) -> Result<Vec<Made>> {
    let now = tx.now();
    tx.map(
        sql("SELECT p.id, p.version, p.occurrence, p.detached, p.scheduled_at, \
             EXISTS (SELECT 1 FROM deliveries d WHERE d.post_id = p.id \
             AND (d.state NOT IN ('scheduled', 'held', 'canceled') \
             OR EXISTS (SELECT 1 FROM parts a WHERE a.delivery_id = d.id AND a.state = 'published') \
             OR EXISTS (SELECT 1 FROM steps s WHERE s.delivery_id = d.id AND s.result IS NULL \
             AND s.intent_at IS NOT NULL))) AS begun, \
             EXISTS (SELECT 1 FROM deliveries d WHERE d.post_id = p.id AND d.state IN ('scheduled', 'held')) AS waits \
             FROM posts p WHERE p.workspace_id = $1 AND p.series_id = $2 \
             AND (p.occurrence >= $3 OR p.scheduled_at > $4) ORDER BY p.occurrence")
        .id(workspace)
        .id(series)
        .bind(from)
        .bind(now),
        made,
    )
    .await
}

/// Notes that somebody changed a post of a series by itself. Nothing happens to
/// any other post.
pub async fn detach(tx: &mut Tx, workspace: WorkspaceId, id: PostId) -> Result<()> {
    let set = sql("UPDATE posts SET detached = TRUE WHERE workspace_id = $1 AND id = $2 AND series_id IS NOT NULL");
    tx.execute(set.id(workspace).id(id)).await.map(|_| ())
}
