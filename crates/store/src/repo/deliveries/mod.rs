//! Deliveries: the schedule itself.
//!
//! `claim` takes what is due, `run` holds the engine's fenced writes, `person`
//! what people decide. Every change of state goes through
//! [`postrider_domain::delivery::next`].

mod claim;
mod health;
mod person;
mod reasons;
mod run;
mod series;
mod standing;

use std::collections::BTreeMap;

use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::delivery::{HoldReason, State};
use postrider_domain::id::{BootId, ChannelId, DeliveryId, LaneId, PostId, RevisionId, UserId, WorkspaceId};

use crate::sql::{Row, Statement, json, sql};
use crate::{Bell, Result, StoreError, Tx};

pub use claim::{Candidate, Rescued, candidates, candidates_besides, claim, explain_candidates, next_due, rescue};
#[cfg(test)]
pub(crate) use health::{AHEAD, ASKED, DUE, REASONS, RUNNING, late};
pub use health::{Health, Late, health, queue};
pub use person::{
    cancel, confirm, edit_fence, hold_channel, publish_again, pull_back, release, replace_canceled, reschedule,
    restore_hold, retry, stop, withdraw, withdraw_unsent,
};
pub use reasons::{Paused, hold_paused, resume_app, resume_entitled, resume_paused};
pub use run::{Ending, Lease, fail, fence, fence_or_stop, heartbeat, hold, is_ours, publish, wait, wake_for_media};
pub use series::{any_at, authorise_series, lock_series, shift};
pub use standing::{Hindrance, Overdue, Standing, overdue, standing};

/// One variant on one channel at one occurrence.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The post.
    pub post_id: PostId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The lane.
    pub lane_id: LaneId,
    /// The original local date-time.
    pub occurrence: String,
    /// The revision it goes out with, pinned when claimed.
    pub revision_id: Option<RevisionId>,
    /// Who put it on the schedule.
    pub authorised_by: Option<UserId>,
    /// Where it stands.
    pub state: State,
    /// Why it is held.
    pub hold_reason: Option<HoldReason>,
    /// The time people asked for.
    pub scheduled_at: Timestamp,
    /// When the engine looks next.
    pub due_at: Timestamp,
    /// How late it may go out without asking, in seconds.
    pub missed_window_s: u64,
    /// The fence: raised by every claim, rescue and interference.
    pub lease_epoch: i64,
    /// Which boot has it.
    pub lease_boot: Option<BootId>,
    /// Until when, unless extended.
    pub lease_until: Option<Timestamp>,
    /// Attempts charged so far.
    pub failures: u64,
    /// How often it was rescued.
    pub rescues: u64,
    /// A person wants the remaining parts stopped.
    pub stop_requested: bool,
    /// It is published, but not all parts are out.
    pub incomplete: bool,
    /// What happened last, or why it stands where it stands.
    pub code: Option<Code>,
    /// Figures and names for the message of `code`.
    pub code_args: BTreeMap<String, String>,
    /// The platform's own words.
    pub words: Option<String>,
    /// What a person needs to decide about an unconfirmed part.
    pub evidence: Option<serde_json::Value>,
    /// When its last part went out.
    pub published_at: Option<Timestamp>,
    /// When the engine was done with it.
    pub settled_at: Option<Timestamp>,
    /// The revision that is live, where it was edited there.
    pub live_revision_id: Option<RevisionId>,
    /// When it was last edited on its network.
    pub edited_at: Option<Timestamp>,
    /// When it was deleted on its network.
    pub deleted_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

const COLUMNS: &str = "d.id, d.workspace_id, d.post_id, d.channel_id, d.lane_id, d.occurrence, d.revision_id, \
     d.authorised_by, d.state, d.hold_reason, d.scheduled_at, d.due_at, d.missed_window_s, d.lease_epoch, \
     d.lease_boot, d.lease_until, d.failures, d.rescues, d.stop_requested, d.incomplete, d.code, d.code_args, \
     d.words, d.evidence, d.published_at, d.settled_at, d.live_revision_id, d.edited_at, d.deleted_at, d.created_at, \
     d.updated_at";

fn delivery(row: &Row) -> Result<Delivery> {
    let hold_reason: Option<String> = row.get("hold_reason")?;
    let code: Option<String> = row.get("code")?;
    Ok(Delivery {
        id: row.id("id")?,
        workspace_id: row.id("workspace_id")?,
        post_id: row.id("post_id")?,
        channel_id: row.id("channel_id")?,
        lane_id: row.id("lane_id")?,
        occurrence: row.get("occurrence")?,
        revision_id: row.opt_id("revision_id")?,
        authorised_by: row.opt_id("authorised_by")?,
        state: row.word("state", State::parse)?,
        hold_reason: hold_reason.as_deref().and_then(HoldReason::parse),
        scheduled_at: row.time("scheduled_at")?,
        due_at: row.time("due_at")?,
        missed_window_s: row.count("missed_window_s")?,
        lease_epoch: row.get("lease_epoch")?,
        lease_boot: row.opt_id("lease_boot")?,
        lease_until: row.opt_time("lease_until")?,
        failures: row.count("failures")?,
        rescues: row.count("rescues")?,
        stop_requested: row.get("stop_requested")?,
        incomplete: row.get("incomplete")?,
        code: code.as_deref().and_then(Code::parse),
        code_args: row.opt_json("code_args")?.unwrap_or_default(),
        words: row.get("words")?,
        evidence: row.opt_json("evidence")?,
        published_at: row.opt_time("published_at")?,
        settled_at: row.opt_time("settled_at")?,
        live_revision_id: row.opt_id("live_revision_id")?,
        edited_at: row.opt_time("edited_at")?,
        deleted_at: row.opt_time("deleted_at")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// What a new delivery is made from.
#[derive(Debug, Clone)]
pub struct NewDelivery<'a> {
    /// The post.
    pub post: PostId,
    /// The channel.
    pub channel: ChannelId,
    /// The channel's lane.
    pub lane: LaneId,
    /// The original local date-time.
    pub occurrence: &'a str,
    /// Who puts it on the schedule.
    pub authorised_by: UserId,
    /// When it goes out.
    pub at: Timestamp,
    /// How late it may go out without asking, in seconds.
    pub missed_window_s: u64,
}

/// Puts a delivery on the schedule. The same post, channel and occurrence twice
/// is [`StoreError::Duplicate`]; a post or channel of another workspace, or a lane
/// that is not the channel's, is [`StoreError::NotFound`].
pub async fn create(tx: &mut Tx, workspace: WorkspaceId, new: &NewDelivery<'_>) -> Result<DeliveryId> {
    let (id, now) = (tx.new_id::<DeliveryId>(), tx.now());
    let made = tx
        .execute(
            sql("INSERT INTO deliveries (id, workspace_id, post_id, channel_id, lane_id, occurrence, authorised_by, \
                 state, scheduled_at, due_at, missed_window_s, lease_epoch, failures, rescues, stop_requested, \
                 incomplete, created_at, updated_at) \
                 SELECT $1, p.workspace_id, p.id, c.id, c.lane_id, $2, $3, 'scheduled', $4, $4, $5, 0, 0, 0, FALSE, \
                 FALSE, $6, $6 FROM posts p JOIN channels c ON c.workspace_id = p.workspace_id \
                 WHERE p.workspace_id = $7 AND p.id = $8 AND c.id = $9 AND c.lane_id = $10")
            .id(id)
            .bind(new.occurrence)
            .id(new.authorised_by)
            .bind(new.at)
            .bind(new.missed_window_s)
            .bind(now)
            .id(workspace)
            .id(new.post)
            .id(new.channel)
            .id(new.lane),
        )
        .await?;
    if made == 0 {
        return Err(StoreError::NotFound);
    }
    tx.ring(Bell::Due);
    Ok(id)
}

/// One delivery of a workspace.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: DeliveryId) -> Result<Delivery> {
    let text = format!("SELECT {COLUMNS} FROM deliveries d WHERE d.id = $1 AND d.workspace_id = $2");
    delivery(&tx.one(sql(text).id(id).id(workspace)).await?)
}

/// One delivery of a workspace, locked against everybody else until the transaction ends.
pub async fn get_locked(tx: &mut Tx, workspace: WorkspaceId, id: DeliveryId) -> Result<Delivery> {
    let lock = tx.lock_clause(" FOR UPDATE");
    let text = format!("SELECT {COLUMNS} FROM deliveries d WHERE d.id = $1 AND d.workspace_id = $2{lock}");
    delivery(&tx.one(sql(text).id(id).id(workspace)).await?)
}

/// The deliveries of a post, in the order of their times.
pub async fn of_post(tx: &mut Tx, workspace: WorkspaceId, post: PostId) -> Result<Vec<Delivery>> {
    let text = format!(
        "SELECT {COLUMNS} FROM deliveries d WHERE d.post_id = $1 AND d.workspace_id = $2 ORDER BY d.scheduled_at, d.id"
    );
    tx.map(sql(text).id(post).id(workspace), delivery).await
}

/// Which deliveries to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only in this state.
    pub state: Option<State>,
    /// Only held for this reason.
    pub hold_reason: Option<HoldReason>,
    /// Only what wants a person: held, unconfirmed or failed.
    pub attention: bool,
    /// Only on this channel.
    pub channel: Option<ChannelId>,
    /// Only at or after this instant.
    pub from: Option<Timestamp>,
    /// Only before this instant.
    pub until: Option<Timestamp>,
    /// Only those after this one, in the order of the list.
    pub after: Option<(Timestamp, DeliveryId)>,
}

/// Deliveries by the time people asked for, earliest first.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId, filter: &Filter, limit: u32) -> Result<Vec<Delivery>> {
    let mut text = format!("SELECT {COLUMNS} FROM deliveries d WHERE d.workspace_id = $1");
    let mut query = Clauses { text: &mut text, statement: sql("").id(workspace) };
    if let Some(state) = filter.state {
        if matches!(state, State::Held | State::Unconfirmed) {
            // As the index says it, so that it can be used whatever the next condition is given.
            query.text.push_str(" AND d.state IN ('held', 'unconfirmed')");
        }
        query.and("d.state =", state.as_str());
    }
    if filter.attention {
        query.text.push_str(" AND d.state IN ('held', 'unconfirmed', 'failed')");
    }
    if let Some(reason) = filter.hold_reason {
        query.and("d.hold_reason =", reason.as_str());
    }
    if let Some(channel) = filter.channel {
        query.and("d.channel_id =", channel.uuid());
    }
    if let Some(from) = filter.from {
        query.and("d.scheduled_at >=", from);
    }
    if let Some(until) = filter.until {
        query.and("d.scheduled_at <", until);
    }
    if let Some((at, id)) = filter.after {
        query.after("d.scheduled_at", "d.id", at, id);
    }
    let mut statement = query.statement.bind(limit);
    let last = statement.args.len();
    statement.text = format!("{text} ORDER BY d.scheduled_at, d.id LIMIT ${last}");
    tx.map(statement, delivery).await
}

/// Conditions that are added as they are needed, numbered in order.
struct Clauses<'a> {
    text: &'a mut String,
    statement: Statement,
}

impl Clauses<'_> {
    fn and(&mut self, condition: &str, value: impl Into<crate::sql::Arg>) {
        let number = self.bind(value);
        self.text.push_str(&format!(" AND {condition} ${number}"));
    }

    fn after(&mut self, at_column: &str, id_column: &str, at: Timestamp, id: DeliveryId) {
        let (first, second) = (self.bind(at), self.bind(id.uuid()));
        self.text.push_str(&format!(" AND ({at_column}, {id_column}) > (${first}, ${second})"));
    }

    fn bind(&mut self, value: impl Into<crate::sql::Arg>) -> usize {
        self.statement = std::mem::replace(&mut self.statement, sql("")).bind(value);
        self.statement.args.len()
    }
}

/// Figures for a message as stored, `None` when there are none.
fn args_text(args: &BTreeMap<String, String>) -> Result<Option<String>> {
    if args.is_empty() { Ok(None) } else { json(args).map(Some) }
}

/// The deliveries of several posts, in the order of their times.
pub async fn of_posts(tx: &mut Tx, workspace: WorkspaceId, posts: &[PostId]) -> Result<Vec<Delivery>> {
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT {COLUMNS} FROM deliveries d WHERE d.workspace_id = $1 AND d.post_id IN ({}) \
         ORDER BY d.scheduled_at, d.id",
        super::page::placeholders(2, posts.len())
    );
    tx.map(posts.iter().fold(sql(text).id(workspace), |statement, id| statement.id(*id)), delivery).await
}

/// Says how late the deliveries of a post may go out without asking, in seconds.
pub async fn set_missed_window(tx: &mut Tx, workspace: WorkspaceId, post: PostId, seconds: u64) -> Result<()> {
    let now = tx.now();
    tx.execute(
        sql("UPDATE deliveries SET missed_window_s = $1, updated_at = $2 \
             WHERE workspace_id = $3 AND post_id = $4 AND settled_at IS NULL")
        .bind(seconds)
        .bind(now)
        .id(workspace)
        .id(post),
    )
    .await?;
    Ok(())
}
