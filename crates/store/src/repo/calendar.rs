//! The calendar: deliveries between two instants with what a cell shows, in one query.

use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::content::{Approval, Variant};
use postrider_domain::delivery::{HoldReason, State};
use postrider_domain::id::{ChannelId, DeliveryId, LabelId, MediaId, PostId, SeriesId, WorkspaceId};

use serde::Deserialize;

use super::page::placeholders;
use crate::sql::{Row, sql};
use crate::{Result, StoreError, Tx};

/// One delivery as the calendar shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The delivery.
    pub delivery: DeliveryId,
    /// Its post.
    pub post: PostId,
    /// Its channel.
    pub channel: ChannelId,
    /// The channel's platform.
    pub platform: String,
    /// The channel's handle.
    pub handle: String,
    /// Where it stands.
    pub state: State,
    /// Why it is held.
    pub hold_reason: Option<HoldReason>,
    /// What happened last.
    pub code: Option<Code>,
    /// It is published, but not all parts are out.
    pub incomplete: bool,
    /// The time people asked for.
    pub scheduled_at: Timestamp,
    /// When its last part went out.
    pub published_at: Option<Timestamp>,
    /// The text of its root; `None` when the content is purged.
    pub text: Option<String>,
    /// How many parts it has.
    pub parts: usize,
    /// The first file of it.
    pub thumbnail: Option<MediaId>,
    /// How many files it has.
    pub files: usize,
    /// The post's version, from which a change starts.
    pub version: i64,
    /// Whether its revision may go out.
    pub approval: Approval,
    /// The series that made the post, if one did.
    pub series: Option<SeriesId>,
}

/// What a cell shows of a variant. The rest is not even read: a month has thousands.
#[derive(Deserialize)]
struct Sketch {
    parts: Vec<SketchPart>,
}

#[derive(Deserialize)]
struct SketchPart {
    #[serde(default)]
    text: String,
    #[serde(default)]
    media: Vec<SketchFile>,
}

#[derive(Deserialize)]
struct SketchFile {
    id: MediaId,
}

fn entry(row: &Row) -> Result<Entry> {
    let hold_reason: Option<String> = row.get("hold_reason")?;
    let code: Option<String> = row.get("code")?;
    let content: Option<Sketch> = row.opt_json("content")?;
    let parts = content.map(|content| content.parts).unwrap_or_default();
    let mut files = parts.iter().flat_map(|part| &part.media);
    Ok(Entry {
        thumbnail: files.next().map(|file| file.id),
        files: parts.iter().map(|part| part.media.len()).sum(),
        version: row.get("version")?,
        approval: row.word("approval", Approval::parse)?,
        series: row.opt_id("series_id")?,
        delivery: row.id("id")?,
        post: row.id("post_id")?,
        channel: row.id("channel_id")?,
        platform: row.get("platform")?,
        handle: row.get("handle")?,
        state: row.word("state", State::parse)?,
        hold_reason: hold_reason.as_deref().and_then(HoldReason::parse),
        code: code.as_deref().and_then(Code::parse),
        incomplete: row.get("incomplete")?,
        scheduled_at: row.time("scheduled_at")?,
        published_at: row.opt_time("published_at")?,
        parts: parts.len(),
        text: parts.into_iter().next().map(|part| part.text),
    })
}

/// What falls between `from` and `until` and is not withdrawn, earliest first.
/// The content is that of the pinned revision, else of the post's latest.
pub async fn between(
    tx: &mut Tx,
    workspace: WorkspaceId,
    from: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<Entry>> {
    tx.map(
        sql(
            "SELECT d.id, d.post_id, d.channel_id, c.platform, c.handle, d.state, d.hold_reason, d.code, d.incomplete, \
             d.scheduled_at, d.published_at, p.version, p.series_id, r.approval, v.content FROM deliveries d \
             JOIN channels c ON c.id = d.channel_id JOIN posts p ON p.id = d.post_id \
             JOIN revisions r ON r.id = COALESCE(d.revision_id, p.revision_id) \
             LEFT JOIN variants v ON v.revision_id = r.id \
             AND v.channel_id = d.channel_id \
             WHERE d.workspace_id = $1 AND d.scheduled_at >= $2 AND d.scheduled_at < $3 AND d.state <> 'canceled' \
             ORDER BY d.scheduled_at, d.id LIMIT $4",
        )
        .id(workspace)
        .bind(from)
        .bind(until)
        .bind(limit),
        entry,
    )
    .await
}

/// The labels of the posts whose deliveries fall between `from` and `until`, as pairs in the order of names.
pub async fn labels_between(
    tx: &mut Tx,
    workspace: WorkspaceId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<(PostId, LabelId)>> {
    tx.map(
        sql("SELECT c.post_id, c.label_id FROM labels l JOIN post_labels c ON c.label_id = l.id \
             WHERE l.workspace_id = $1 AND c.post_id IN (SELECT d.post_id FROM deliveries d \
             WHERE d.workspace_id = $2 AND d.scheduled_at >= $3 AND d.scheduled_at < $4 AND d.state <> 'canceled') \
             ORDER BY l.name, l.id")
        .id(workspace)
        .id(workspace)
        .bind(from)
        .bind(until),
        |row| Ok((row.id("post_id")?, row.id("label_id")?)),
    )
    .await
}

/// What each delivery says, as it goes out or went out; nothing where the content is purged.
pub async fn contents(
    tx: &mut Tx,
    workspace: WorkspaceId,
    deliveries: &[DeliveryId],
) -> Result<Vec<(DeliveryId, Variant)>> {
    if deliveries.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT d.id, v.content FROM deliveries d JOIN posts p ON p.id = d.post_id \
         JOIN variants v ON v.revision_id = COALESCE(d.revision_id, p.revision_id) AND v.channel_id = d.channel_id \
         WHERE d.workspace_id = $1 AND v.content IS NOT NULL AND d.id IN ({})",
        placeholders(2, deliveries.len())
    );
    let statement = deliveries.iter().fold(sql(text).id(workspace), |statement, &id| statement.id(id));
    tx.map(statement, |row| {
        let content: Option<Variant> = row.opt_json("content")?;
        Ok((row.id("id")?, content.ok_or_else(|| StoreError::corrupt("content", "it is missing"))?))
    })
    .await
}
