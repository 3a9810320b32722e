//! Posts: what people write. Content lives in revisions; a post points to its
//! current one.

mod labels;
mod of_series;
mod retention;
mod revisions;
mod wall_clock;

use std::time::Duration;

use jiff::Timestamp;
use postrider_domain::content::Content;
use postrider_domain::id::{LabelId, PostId, RevisionId, SeriesId, UserId, WorkspaceId};

use super::page::Cursor;
use super::tombstones;
use crate::error::StoreError;
use crate::sql::{Row, sql};
use crate::{Result, Tx};

pub use labels::{labels_of, set_labels};
pub use of_series::{Made, Place, Standing, create_for, detach, of_series};
pub use retention::purge_content;
pub use revisions::{Decision, Revision, approvals, decide, revise_live, revision, revisions, to_go_out, variant};
pub use wall_clock::{WallClock, shift, waiting_for_wall_clock};

/// When a post is to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// The instant.
    pub at: Timestamp,
    /// The wall-clock time that was meant, such as `2026-03-01T10:00:00`.
    pub local: String,
    /// The IANA zone it was meant in.
    pub zone: String,
}

/// A post with its current content.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// Its id.
    pub id: PostId,
    /// Where it belongs.
    pub workspace_id: WorkspaceId,
    /// Who wrote it; `None` for a former member.
    pub author_id: Option<UserId>,
    /// The current revision.
    pub revision_id: RevisionId,
    /// Its content; `None` once it was purged.
    pub content: Option<Content>,
    /// Raised with every change; edits name the one they start from.
    pub version: i64,
    /// Not to go out yet.
    pub draft: bool,
    /// When it is to go out.
    pub when: Option<When>,
    /// How late it may go out without asking; `None` takes the workspace's.
    pub missed_window: Option<Duration>,
    /// Where it was imported from.
    pub source: Option<String>,
    /// Its id there.
    pub external_id: Option<String>,
    /// The series that made it, if one did.
    pub series: Option<Place>,
    /// When it was first saved.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A post to be.
#[derive(Debug, Clone, Copy)]
pub struct NewPost<'a> {
    /// Who writes it.
    pub author: UserId,
    /// What it says.
    pub content: &'a Content,
    /// Not to go out yet.
    pub draft: bool,
    /// When it is to go out.
    pub when: Option<&'a When>,
    /// How late it may go out without asking, in whole seconds.
    pub missed_window: Option<Duration>,
    /// Its labels.
    pub labels: &'a [LabelId],
    /// Where it is imported from.
    pub source: Option<&'a str>,
    /// Its id there, unique with `source` in the workspace.
    pub external_id: Option<&'a str>,
}

const COLUMNS: &str = "p.id, p.workspace_id, p.author_id, p.revision_id, r.content, p.version, p.draft, \
                       p.scheduled_at, p.local_time, p.zone, p.missed_window_s, p.source, p.external_id, \
                       p.series_id, p.occurrence, p.detached, p.created_at, p.updated_at";
const FROM: &str = "posts p JOIN revisions r ON r.id = p.revision_id";

fn post(row: &Row) -> Result<Post> {
    Ok(Post {
        id: row.id("id")?,
        workspace_id: row.id("workspace_id")?,
        author_id: row.opt_id("author_id")?,
        revision_id: row.id("revision_id")?,
        content: row.opt_json("content")?,
        version: row.get("version")?,
        draft: row.get("draft")?,
        when: when(row)?,
        missed_window: seconds(row)?,
        source: row.get("source")?,
        external_id: row.get("external_id")?,
        series: place(row)?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

fn place(row: &Row) -> Result<Option<Place>> {
    let (series, occurrence): (_, Option<String>) = (row.opt_id::<SeriesId>("series_id")?, row.get("occurrence")?);
    let detached = row.get("detached")?;
    Ok(series.zip(occurrence).map(|(series, occurrence)| Place { series, occurrence, detached }))
}

fn when(row: &Row) -> Result<Option<When>> {
    let (local, zone): (Option<String>, Option<String>) = (row.get("local_time")?, row.get("zone")?);
    Ok(match (row.opt_time("scheduled_at")?, local, zone) {
        (Some(at), Some(local), Some(zone)) => Some(When { at, local, zone }),
        _ => None,
    })
}

fn seconds(row: &Row) -> Result<Option<Duration>> {
    let value: Option<i64> = row.get("missed_window_s")?;
    let value = value.map(u64::try_from).transpose();
    Ok(value.map_err(|error| StoreError::corrupt("missed_window_s", error))?.map(Duration::from_secs))
}

/// Saves a post with its first revision and a variant for each channel.
/// A channel or label of another workspace is [`StoreError::NotFound`], an
/// import that was done before `Duplicate("external_id")`.
pub async fn create(tx: &mut Tx, workspace: WorkspaceId, new: NewPost<'_>) -> Result<Post> {
    let (id, revision) = (tx.new_id::<PostId>(), tx.new_id::<RevisionId>());
    if insert(tx, workspace, id, revision, &new, None).await? == 0 {
        return Err(StoreError::Duplicate("external_id".to_owned()));
    }
    revisions::insert(tx, workspace, id, revision, 1, new.content, Some(new.author)).await?;
    if !new.labels.is_empty() {
        set_labels(tx, workspace, id, new.labels).await?;
    }
    get(tx, workspace, id).await
}

/// Writes the row of a post; 0 when the import or the occurrence is there already.
async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: PostId,
    revision: RevisionId,
    new: &NewPost<'_>,
    made_by: Option<(SeriesId, &str)>,
) -> Result<u64> {
    let now = tx.now();
    let insert = sql("INSERT INTO posts (id, workspace_id, author_id, revision_id, version, draft, scheduled_at, \
                      local_time, zone, missed_window_s, source, external_id, series_id, occurrence, created_at, \
                      updated_at) VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
                      ON CONFLICT DO NOTHING");
    let insert = insert.id(id).id(workspace).id(new.author).id(revision).bind(new.draft);
    let insert = insert.bind(new.when.map(|when| when.at)).bind(new.when.map(|when| when.local.as_str()));
    let insert = insert.bind(new.when.map(|when| when.zone.as_str())).bind(new.missed_window.map(|w| w.as_secs()));
    let insert = insert.bind(new.source).bind(new.external_id).opt_id(made_by.map(|(series, _)| series));
    tx.execute(insert.bind(made_by.map(|(_, occurrence)| occurrence)).bind(now).bind(now)).await
}

/// One post.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: PostId) -> Result<Post> {
    let text = format!("SELECT {COLUMNS} FROM {FROM} WHERE p.workspace_id = $1 AND p.id = $2");
    post(&tx.one(sql(text).id(workspace).id(id)).await?)
}

/// Which posts a list shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter {
    /// Drafts only, or only what is not a draft.
    pub draft: Option<bool>,
    /// Only posts with this label.
    pub label: Option<LabelId>,
    /// Only posts that this series made.
    pub series: Option<SeriesId>,
}

/// Posts by the time they were first saved, newest first, after a place in the list.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId, filter: Filter, after: Cursor, limit: u32) -> Result<Vec<Post>> {
    let mut text =
        format!("SELECT {COLUMNS} FROM {FROM} WHERE p.workspace_id = $1 AND (p.created_at, p.id) < ($2, $3)");
    let mut args = sql("").id(workspace).bind(after.at).bind(after.id);
    if let Some(draft) = filter.draft {
        args = args.bind(draft);
        text += &format!(" AND p.draft = ${}", args.args.len());
    }
    if let Some(label) = filter.label {
        args = args.id(label);
        let number = args.args.len();
        text += &format!(" AND EXISTS (SELECT 1 FROM post_labels l WHERE l.post_id = p.id AND l.label_id = ${number})");
    }
    if let Some(series) = filter.series {
        args = args.id(series);
        text += &format!(" AND p.series_id = ${}", args.args.len());
    }
    args = args.bind(limit);
    text += &format!(" ORDER BY p.created_at DESC, p.id DESC LIMIT ${}", args.args.len());
    args.text = text;
    tx.map(args, post).await
}

/// Posts that are to go out in `from..to`, earliest first, after a place in the list.
pub async fn by_time(
    tx: &mut Tx,
    workspace: WorkspaceId,
    from: Timestamp,
    to: Timestamp,
    after: Cursor,
    limit: u32,
) -> Result<Vec<Post>> {
    let text = format!(
        "SELECT {COLUMNS} FROM {FROM} WHERE p.workspace_id = $1 AND p.scheduled_at >= $2 AND p.scheduled_at < $3 \
         AND (p.scheduled_at, p.id) > ($4, $5) ORDER BY p.scheduled_at, p.id LIMIT $6"
    );
    let range = sql(text).id(workspace).bind(from).bind(to).bind(after.at).bind(after.id);
    tx.map(range.bind(limit), post).await
}

/// Gives a post another content: a new revision and its variants.
/// [`StoreError::Stale`] when somebody changed it since `expected_version`.
pub async fn revise(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: PostId,
    expected_version: i64,
    content: &Content,
    by: UserId,
) -> Result<Post> {
    let (present, revision, now) = (get(tx, workspace, id).await?, tx.new_id::<RevisionId>(), tx.now());
    tx.execute_one(
        sql("UPDATE posts SET revision_id = $1, version = version + 1, updated_at = $2 \
             WHERE workspace_id = $3 AND id = $4 AND version = $5")
        .id(revision)
        .bind(now)
        .id(workspace)
        .id(present.id)
        .bind(expected_version),
    )
    .await?;
    let number = revisions::next_number(tx, id).await?;
    revisions::insert(tx, workspace, id, revision, number, content, Some(by)).await?;
    get(tx, workspace, id).await
}

/// Gives a post another time, or none, and says whether it is a draft.
/// [`StoreError::Stale`] when somebody changed it since `expected_version`.
pub async fn set_when(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: PostId,
    expected_version: i64,
    when: Option<&When>,
    draft: bool,
) -> Result<Post> {
    let (present, now) = (get(tx, workspace, id).await?, tx.now());
    tx.execute_one(
        sql("UPDATE posts SET scheduled_at = $1, local_time = $2, zone = $3, draft = $4, version = version + 1, \
             updated_at = $5 WHERE workspace_id = $6 AND id = $7 AND version = $8")
        .bind(when.map(|when| when.at))
        .bind(when.map(|when| when.local.as_str()))
        .bind(when.map(|when| when.zone.as_str()))
        .bind(draft)
        .bind(now)
        .id(workspace)
        .id(present.id)
        .bind(expected_version),
    )
    .await?;
    get(tx, workspace, id).await
}

/// Sets how late a post may go out without asking; `None` takes the workspace's.
pub async fn set_missed_window(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: PostId,
    missed_window: Option<Duration>,
) -> Result<()> {
    let now = tx.now();
    let set = sql("UPDATE posts SET missed_window_s = $1, updated_at = $2 WHERE workspace_id = $3 AND id = $4");
    let set = set.bind(missed_window.map(|window| window.as_secs())).bind(now).id(workspace).id(id);
    if tx.execute(set).await? == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// Deletes a post with its content, deliveries and records. That none of its
/// deliveries is being sent is the caller's to check first.
pub async fn delete(tx: &mut Tx, workspace: WorkspaceId, id: PostId) -> Result<()> {
    let busy = sql("UPDATE lanes SET busy_delivery = NULL WHERE busy_delivery IN \
                    (SELECT id FROM deliveries WHERE workspace_id = $1 AND post_id = $2)");
    tx.execute(busy.id(workspace).id(id)).await?;
    match tx.execute(sql("DELETE FROM posts WHERE workspace_id = $1 AND id = $2").id(workspace).id(id)).await? {
        0 => Err(StoreError::NotFound),
        _ => tombstones::add(tx, id.uuid(), tombstones::Kind::Post).await,
    }
}
