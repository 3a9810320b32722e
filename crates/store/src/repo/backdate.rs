//! The past of a demonstration.
//!
//! Nothing but `demo` calls this. The product never changes when something happened; a
//! demonstration that was filled a moment ago shows a week of work, and that week has to be
//! somewhere. What is moved really happened, on a simulated network, only later than it says.

use jiff::Timestamp;
use postrider_domain::id::{PostId, WorkspaceId};

use crate::sql::sql;
use crate::{Bell, Result, StoreError, Tx};

/// When something is to have happened.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// The instant at which the post was due.
    pub at: Timestamp,
    /// What the clock of the zone showed then, as an occurrence is written.
    pub local: &'a str,
    /// The zone.
    pub zone: &'a str,
}

/// Everything below a post that says when.
const MOVES: [&str; 7] = [
    "UPDATE posts SET created_at = created_at - $1, updated_at = updated_at - $1 WHERE id = $2 AND workspace_id = $3",
    "UPDATE revisions SET created_at = created_at - $1 WHERE post_id = $2 AND workspace_id = $3",
    "UPDATE deliveries SET due_at = due_at - $1, published_at = published_at - $1, settled_at = settled_at - $1, \
     created_at = created_at - $1, updated_at = updated_at - $1 WHERE post_id = $2 AND workspace_id = $3",
    "UPDATE parts SET published_at = published_at - $1 \
     WHERE delivery_id IN (SELECT id FROM deliveries WHERE post_id = $2) AND workspace_id = $3",
    "UPDATE steps SET first_intent_at = first_intent_at - $1, intent_at = intent_at - $1, \
     call_ended_at = call_ended_at - $1, result_at = result_at - $1 \
     WHERE delivery_id IN (SELECT id FROM deliveries WHERE post_id = $2) AND workspace_id = $3",
    "UPDATE attempts SET started_at = started_at - $1, ended_at = ended_at - $1 \
     WHERE delivery_id IN (SELECT id FROM deliveries WHERE post_id = $2) AND workspace_id = $3",
    "UPDATE notifications SET created_at = created_at - $1 WHERE post_id = $2 AND workspace_id = $3",
];

/// Moves a post that was due a moment ago, with all that came of it, to where it is to have been.
pub async fn backdate(tx: &mut Tx, workspace: WorkspaceId, post: PostId, past: &Past<'_>) -> Result<()> {
    let found = sql("SELECT scheduled_at FROM posts WHERE workspace_id = $1 AND id = $2");
    let due = tx.one(found.id(workspace).id(post)).await?.opt_time("scheduled_at")?.ok_or(StoreError::NotFound)?;
    let by = due.duration_since(past.at).as_micros();
    let by = i64::try_from(by).map_err(|error| StoreError::corrupt("scheduled_at", error))?;
    for text in MOVES {
        tx.execute(sql(text).bind(by).id(post).id(workspace)).await?;
    }
    let own = sql("UPDATE posts SET scheduled_at = $1, local_time = $2, zone = $3 WHERE workspace_id = $4 AND id = $5");
    tx.execute_one(own.bind(past.at).bind(past.local).bind(past.zone).id(workspace).id(post)).await?;
    let due = sql("UPDATE deliveries SET scheduled_at = $1, occurrence = $2 WHERE workspace_id = $3 AND post_id = $4");
    tx.execute(due.bind(past.at).bind(past.local).id(workspace).id(post)).await?;
    // One that waits to ask its network is due now, and by the clock that was made up it waited long enough.
    tx.shared().steady.made_up();
    tx.ring(Bell::Due);
    Ok(())
}
