//! The calendar: deliveries between two instants with what a cell shows, in one query.

use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::content::Variant;
use postrider_domain::delivery::{HoldReason, State};
use postrider_domain::id::{ChannelId, DeliveryId, PostId, WorkspaceId};

use crate::sql::{Row, sql};
use crate::{Result, Tx};

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
}

fn entry(row: &Row) -> Result<Entry> {
    let hold_reason: Option<String> = row.get("hold_reason")?;
    let code: Option<String> = row.get("code")?;
    let content: Option<Variant> = row.opt_json("content")?;
    let parts = content.map(|content| content.parts).unwrap_or_default();
    Ok(Entry {
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
             d.scheduled_at, d.published_at, v.content FROM deliveries d \
             JOIN channels c ON c.id = d.channel_id JOIN posts p ON p.id = d.post_id \
             LEFT JOIN variants v ON v.revision_id = COALESCE(d.revision_id, p.revision_id) \
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
