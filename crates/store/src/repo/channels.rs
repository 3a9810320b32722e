//! Channels: places to post to. The same remote account connected again in one
//! workspace updates the first.

use std::time::Duration;

use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::id::{ChannelId, GrantId, LaneId, WorkspaceId};

use super::page::placeholders;
use super::{grants, jobs, lanes, tombstones};
use crate::error::StoreError;
use crate::sql::{Row, json, sql};
use crate::{Result, Tx};

/// Whether a channel can be posted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChannelState {
    /// Yes, as far as we know.
    Connected,
    /// Its grant no longer works.
    NeedsReconnect,
    /// A person took it away.
    Disconnected,
}

impl ChannelState {
    /// The name stored and shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            ChannelState::Connected => "connected",
            ChannelState::NeedsReconnect => "needs_reconnect",
            ChannelState::Disconnected => "disconnected",
        }
    }

    /// The state with this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Connected, Self::NeedsReconnect, Self::Disconnected].into_iter().find(|s| s.as_str() == text)
    }
}

/// A place to post to.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// Where it belongs.
    pub workspace_id: WorkspaceId,
    /// The consent it is used with; `None` once disconnected, or where none is needed.
    pub grant_id: Option<GrantId>,
    /// What serialises publishing to the remote account.
    pub lane_id: LaneId,
    /// The platform.
    pub platform: String,
    /// The server.
    pub host: String,
    /// The account, as the platform calls it.
    pub remote_id: String,
    /// Its handle, as people know it.
    pub handle: String,
    /// Its display name.
    pub name: String,
    /// Address of its picture.
    pub picture: Option<String>,
    /// Address of its page.
    pub url: Option<String>,
    /// What the connector needs to know about it.
    pub facts: serde_json::Value,
    /// Whether it can be posted to.
    pub state: ChannelState,
    /// When a call for it last succeeded.
    pub last_ok_at: Option<Timestamp>,
    /// How a call for it last failed.
    pub last_code: Option<Code>,
    /// When that was.
    pub last_code_at: Option<Timestamp>,
    /// When it was taken away.
    pub disconnected_at: Option<Timestamp>,
    /// When it was first connected.
    pub created_at: Timestamp,
    /// When its description or state last changed.
    pub updated_at: Timestamp,
}

/// A channel to be, or what is new about one.
#[derive(Debug, Clone, Copy)]
pub struct NewChannel<'a> {
    /// The consent it is used with.
    pub grant: Option<GrantId>,
    /// The platform.
    pub platform: &'a str,
    /// The server.
    pub host: &'a str,
    /// The account, as the platform calls it, unique on the platform.
    pub remote_id: &'a str,
    /// Its handle, as people know it.
    pub handle: &'a str,
    /// Its display name.
    pub name: &'a str,
    /// Address of its picture.
    pub picture: Option<&'a str>,
    /// Address of its page.
    pub url: Option<&'a str>,
    /// What the connector needs to know about it; no secret.
    pub facts: &'a serde_json::Value,
    /// The least time between two posts.
    pub min_gap: Duration,
}

const COLUMNS: &str = "id, workspace_id, grant_id, lane_id, platform, host, remote_id, handle, name, picture, url, \
                       facts, state, last_ok_at, last_code, last_code_at, disconnected_at, created_at, updated_at";

fn channel(row: &Row) -> Result<Channel> {
    Ok(Channel {
        id: row.id("id")?,
        workspace_id: row.id("workspace_id")?,
        grant_id: row.opt_id("grant_id")?,
        lane_id: row.id("lane_id")?,
        platform: row.get("platform")?,
        host: row.get("host")?,
        remote_id: row.get("remote_id")?,
        handle: row.get("handle")?,
        name: row.get("name")?,
        picture: row.get("picture")?,
        url: row.get("url")?,
        facts: row.json("facts")?,
        state: row.word("state", ChannelState::parse)?,
        last_ok_at: row.opt_time("last_ok_at")?,
        last_code: row.opt_code("last_code")?,
        last_code_at: row.opt_time("last_code_at")?,
        disconnected_at: row.opt_time("disconnected_at")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// Locks what connecting these accounts will change, in the order in which everybody does:
/// deliveries, lanes, then grants and channels. Call it first.
pub async fn lock_for_connecting(tx: &mut Tx, workspace: WorkspaceId, platform: &str, accounts: &[&str]) -> Result<()> {
    if !tx.locks_rows() || accounts.is_empty() {
        return Ok(());
    }
    let of = |text: String| accounts.iter().fold(sql(text), |statement, account| statement.bind(*account));
    let held = format!(
        "SELECT d.id FROM channels c JOIN deliveries d ON d.channel_id = c.id \
         AND d.state IN ('scheduled', 'running', 'waiting', 'held', 'unconfirmed') \
         WHERE c.remote_id IN ({}) AND c.workspace_id = ${} AND c.platform = ${} ORDER BY d.id FOR UPDATE OF d",
        placeholders(1, accounts.len()),
        accounts.len() + 1,
        accounts.len() + 2
    );
    tx.rows(of(held).id(workspace).bind(platform)).await?;
    let lanes = format!(
        "SELECT id FROM lanes WHERE remote_account_id IN ({}) AND platform = ${} ORDER BY id FOR UPDATE",
        placeholders(1, accounts.len()),
        accounts.len() + 1
    );
    tx.rows(of(lanes).bind(platform)).await.map(|_| ())
}

/// Connects a channel, or connects it again: then the first row goes on, and a
/// grant that loses its last channel by that is destroyed. What waits for an account
/// that has moved to another server goes along into the lane there. The blanking of its
/// identity, which disconnecting asked for, is taken back.
pub async fn upsert(tx: &mut Tx, workspace: WorkspaceId, new: NewChannel<'_>) -> Result<Channel> {
    let before = find(tx, workspace, new.platform, new.remote_id).await?;
    let lane = lanes::ensure(tx, new.platform, new.host, new.remote_id, new.min_gap).await?;
    let connected = write(tx, workspace, lane, new).await?;
    if let Some(before) = before.as_ref().filter(|before| before.lane_id != lane) {
        move_to_lane(tx, connected.id, lane).await?;
        purge_lane(tx, before.lane_id, connected.id).await?;
    }
    jobs::forget(tx, &purge_key(connected.id)).await?;
    let old_grant = before.and_then(|channel| channel.grant_id).filter(|&old| Some(old) != new.grant);
    if let Some(old) = old_grant {
        shred_if_unused(tx, workspace, old).await?;
    }
    Ok(connected)
}

async fn write(tx: &mut Tx, workspace: WorkspaceId, lane: LaneId, new: NewChannel<'_>) -> Result<Channel> {
    let (id, now) = (tx.new_id::<ChannelId>(), tx.now());
    let text = format!(
        "INSERT INTO channels (id, workspace_id, grant_id, lane_id, platform, host, remote_id, handle, name, picture, \
         url, facts, state, created_at, updated_at, surveyed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
         ON CONFLICT (workspace_id, platform, remote_id) DO UPDATE SET grant_id = excluded.grant_id, \
         lane_id = excluded.lane_id, host = excluded.host, handle = excluded.handle, name = excluded.name, \
         picture = excluded.picture, url = excluded.url, facts = excluded.facts, state = excluded.state, \
         last_code = NULL, last_code_at = NULL, disconnected_at = NULL, consent_hash = NULL, updated_at = excluded.updated_at, \
         surveyed_at = excluded.surveyed_at \
         RETURNING {COLUMNS}"
    );
    let insert = sql(text).id(id).id(workspace).opt_id(new.grant).id(lane).bind(new.platform).bind(new.host);
    let insert = insert.bind(new.remote_id).bind(new.handle).bind(new.name).bind(new.picture).bind(new.url);
    let insert = insert.bind(json(new.facts)?).bind(ChannelState::Connected.as_str()).bind(now).bind(now);
    let insert = insert.bind(now);
    channel(&tx.one(insert).await?)
}

/// What is being sent stays where it was claimed. So does a part whose remote id somebody
/// else has bound there: an id belongs to one part of a lane.
async fn move_to_lane(tx: &mut Tx, channel: ChannelId, lane: LaneId) -> Result<()> {
    tx.execute(
        sql("UPDATE deliveries SET lane_id = $1 WHERE channel_id = $2 AND state <> 'running'").id(lane).id(channel),
    )
    .await?;
    tx.execute(
        sql("UPDATE parts SET lane_id = $1 WHERE delivery_id IN \
             (SELECT id FROM deliveries WHERE channel_id = $2 AND lane_id = $1) AND NOT EXISTS \
             (SELECT 1 FROM parts other WHERE other.lane_id = $1 AND other.remote_id = parts.remote_id)")
        .id(lane)
        .id(channel),
    )
    .await?;
    Ok(())
}

/// One channel.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: ChannelId) -> Result<Channel> {
    let text = format!("SELECT {COLUMNS} FROM channels WHERE workspace_id = $1 AND id = $2");
    channel(&tx.one(sql(text).id(workspace).id(id)).await?)
}

/// The channel of a remote account, also a disconnected one.
pub async fn find(tx: &mut Tx, workspace: WorkspaceId, platform: &str, remote_id: &str) -> Result<Option<Channel>> {
    let text = format!("SELECT {COLUMNS} FROM channels WHERE workspace_id = $1 AND platform = $2 AND remote_id = $3");
    let row = tx.opt(sql(text).id(workspace).bind(platform).bind(remote_id)).await?;
    row.as_ref().map(channel).transpose()
}

/// All channels of a workspace in the order of connecting, disconnected ones included.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Channel>> {
    let text = format!("SELECT {COLUMNS} FROM channels WHERE workspace_id = $1 ORDER BY created_at, id");
    tx.map(sql(text).id(workspace), channel).await
}

/// The channels that are used with a grant.
pub async fn by_grant(tx: &mut Tx, workspace: WorkspaceId, grant: GrantId) -> Result<Vec<Channel>> {
    let text =
        format!("SELECT {COLUMNS} FROM channels WHERE workspace_id = $1 AND grant_id = $2 ORDER BY created_at, id");
    tx.map(sql(text).id(workspace).id(grant), channel).await
}

/// The channels that were used with a consent which is destroyed, in any workspace, as long as they have names.
pub async fn by_consent(tx: &mut Tx, consent_hash: [u8; 32]) -> Result<Vec<Channel>> {
    let text = format!(
        "SELECT {COLUMNS} FROM channels WHERE consent_hash = $1 AND purged_at IS NULL ORDER BY workspace_id, id"
    );
    tx.map(sql(text).bind(consent_hash), channel).await
}

/// The place of a connected channel in the order of connecting, counted from 1: what is
/// beyond the limit of a workspace is what was connected last.
pub async fn rank(tx: &mut Tx, workspace: WorkspaceId, id: ChannelId) -> Result<u64> {
    let channel = get(tx, workspace, id).await?;
    let before = sql("SELECT count(*) AS n FROM channels WHERE workspace_id = $1 AND state <> $2 AND id <> $3 \
                      AND (created_at, id) < ($4, $3)");
    let before = before.id(workspace).bind(ChannelState::Disconnected.as_str()).id(id).bind(channel.created_at);
    Ok(tx.one(before).await?.count("n")? + 1)
}

/// Notes that a call for the channel succeeded.
pub async fn record_ok(tx: &mut Tx, workspace: WorkspaceId, id: ChannelId) -> Result<()> {
    let now = tx.now();
    let ok = sql("UPDATE channels SET last_ok_at = $1 WHERE workspace_id = $2 AND id = $3");
    found(tx.execute(ok.bind(now).id(workspace).id(id)).await?)
}

/// Takes channels whose server was last asked what it allows before an instant, the longest
/// ago first. Nobody else takes them before `again`, which the answer moves ([`set_facts`]).
pub async fn take_for_survey(
    tx: &mut Tx,
    before: Timestamp,
    again: Timestamp,
    limit: u32,
) -> Result<Vec<(WorkspaceId, ChannelId)>> {
    tx.map(
        sql("UPDATE channels SET surveyed_at = $1 WHERE id IN (SELECT id FROM channels WHERE state <> 'disconnected' \
             AND (surveyed_at IS NULL OR surveyed_at < $2) ORDER BY surveyed_at, id LIMIT $3) \
             AND (surveyed_at IS NULL OR surveyed_at < $4) RETURNING workspace_id, id")
        .bind(again)
        .bind(before)
        .bind(limit)
        .bind(before),
        |row| Ok((row.id("workspace_id")?, row.id("id")?)),
    )
    .await
}

/// Keeps what a channel's server allows as of now; says whether that is something else than before.
pub async fn set_facts(tx: &mut Tx, workspace: WorkspaceId, id: ChannelId, facts: &serde_json::Value) -> Result<bool> {
    let (before, now) = (get(tx, workspace, id).await?, tx.now());
    if before.facts == *facts {
        let asked = sql("UPDATE channels SET surveyed_at = $1 WHERE workspace_id = $2 AND id = $3");
        return tx.execute(asked.bind(now).id(workspace).id(id)).await.map(|_| false);
    }
    let changed =
        "UPDATE channels SET facts = $1, surveyed_at = $2, updated_at = $3 WHERE workspace_id = $4 AND id = $5";
    let changed = sql(changed).bind(json(facts)?).bind(now).bind(now).id(workspace).id(id);
    found(tx.execute(changed).await?)?;
    Ok(true)
}

/// Notes how a call for the channel failed.
pub async fn record_failure(tx: &mut Tx, workspace: WorkspaceId, id: ChannelId, code: Code) -> Result<()> {
    let now = tx.now();
    let failure = sql("UPDATE channels SET last_code = $1, last_code_at = $2 WHERE workspace_id = $3 AND id = $4");
    found(tx.execute(failure.bind(code).bind(now).id(workspace).id(id)).await?)
}

/// Moves a channel to another state.
pub async fn set_state(tx: &mut Tx, workspace: WorkspaceId, id: ChannelId, state: ChannelState) -> Result<()> {
    let now = tx.now();
    let moved = sql("UPDATE channels SET state = $1, updated_at = $2 WHERE workspace_id = $3 AND id = $4");
    found(tx.execute(moved.bind(state.as_str()).bind(now).id(workspace).id(id)).await?)
}

fn found(changed: u64) -> Result<()> {
    if changed == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// Takes a channel out of a consent that includes its account no more, with the code that says so: it needs connecting
/// again. `false` when it is not used with that consent.
pub async fn leave(tx: &mut Tx, channel: &Channel, grant: &grants::Grant, why: Code) -> Result<bool> {
    let now = tx.now();
    let left = sql("UPDATE channels SET grant_id = NULL, consent_hash = $1, state = $2, last_code = $3, \
                    last_code_at = $4, updated_at = $5 WHERE workspace_id = $6 AND id = $7 AND grant_id = $8");
    let left = left.bind(grant.consent_hash()).bind(ChannelState::NeedsReconnect.as_str()).bind(why);
    let left = left.bind(now).bind(now).id(channel.workspace_id).id(channel.id).id(grant.id);
    Ok(tx.execute(left).await? == 1)
}

/// What disconnecting a channel did.
#[derive(Debug, Clone, PartialEq)]
pub struct Disconnected {
    /// The channel as it is now.
    pub channel: Channel,
    /// The grant it was used with.
    pub grant: Option<GrantId>,
    /// Whether that grant was destroyed: it had no other channel.
    pub shredded: bool,
}

/// Takes a channel away; the last one of a grant destroys the grant. To revoke
/// the grant at the platform, open its credentials before. Deliveries are the
/// caller's to hold.
pub async fn disconnect(tx: &mut Tx, workspace: WorkspaceId, id: ChannelId) -> Result<Disconnected> {
    let (before, now) = (get(tx, workspace, id).await?, tx.now());
    let mut consent_hash = None;
    // Before its channels, as whoever renews it does.
    if let Some(grant) = before.grant_id {
        grants::lock(tx, grant).await?;
        consent_hash = grants::get(tx, workspace, grant).await?.consent_hash();
    }
    let text = format!(
        "UPDATE channels SET state = $1, grant_id = NULL, consent_hash = COALESCE($2, consent_hash), \
         disconnected_at = COALESCE(disconnected_at, $3), updated_at = $4 WHERE workspace_id = $5 AND id = $6 \
         RETURNING {COLUMNS}"
    );
    let update = sql(text).bind(ChannelState::Disconnected.as_str()).bind(consent_hash).bind(now).bind(now);
    let channel = channel(&tx.one(update.id(workspace).id(id)).await?)?;
    tombstones::add(tx, id.uuid(), tombstones::Kind::Channel).await?;
    let shredded = match before.grant_id {
        Some(grant) => shred_if_unused(tx, workspace, grant).await?,
        None => false,
    };
    Ok(Disconnected { channel, grant: before.grant_id, shredded })
}

async fn shred_if_unused(tx: &mut Tx, workspace: WorkspaceId, grant: GrantId) -> Result<bool> {
    let text = format!("SELECT id FROM grants WHERE workspace_id = $1 AND id = $2{}", tx.lock_clause(" FOR UPDATE"));
    let known = tx.opt(sql(text).id(workspace).id(grant)).await?.is_some();
    let unused = known && by_grant(tx, workspace, grant).await?.is_empty();
    if unused {
        grants::shred(tx, workspace, grant).await?;
    }
    Ok(unused)
}

/// The key of the job that blanks who a disconnected channel was.
pub fn purge_key(id: ChannelId) -> String {
    format!("purge_identity:{id}")
}

/// Disconnected channels whose identity is still stored although they were
/// taken away before an instant, oldest first.
pub async fn due_for_purge(tx: &mut Tx, before: Timestamp, limit: u32) -> Result<Vec<(WorkspaceId, ChannelId)>> {
    tx.map(
        sql("SELECT workspace_id, id FROM channels WHERE state = $1 AND disconnected_at <= $2 AND purged_at IS NULL \
             ORDER BY disconnected_at, id LIMIT $3")
        .bind(ChannelState::Disconnected.as_str())
        .bind(before)
        .bind(limit),
        |row| Ok((row.id("workspace_id")?, row.id("id")?)),
    )
    .await
}

/// Blanks who a disconnected channel was, and the ids and addresses of what was
/// published through it. The records stay, without a way back to the account.
pub async fn purge_identity(tx: &mut Tx, workspace: WorkspaceId, id: ChannelId) -> Result<()> {
    let (channel, now) = (get(tx, workspace, id).await?, tx.now());
    if channel.state != ChannelState::Disconnected {
        return Err(StoreError::Stale);
    }
    // Deliveries and lanes before the channel, as everybody does.
    for text in [
        "UPDATE deliveries SET words = NULL, evidence = NULL WHERE channel_id = $1",
        "UPDATE parts SET remote_id = NULL, url = NULL, extra = NULL WHERE delivery_id IN \
         (SELECT id FROM deliveries WHERE channel_id = $1)",
        "UPDATE attempts SET exchanges = NULL, words = NULL WHERE delivery_id IN \
         (SELECT id FROM deliveries WHERE channel_id = $1)",
        // What people were told of it names it.
        "DELETE FROM notifications WHERE channel_id = $1",
    ] {
        tx.execute(sql(text).id(id)).await?;
    }
    purge_lane(tx, channel.lane_id, id).await?;
    let gone = format!("purged:{}", id.uuid());
    tx.execute_one(
        sql("UPDATE channels SET remote_id = $1, host = '', handle = '', name = '', picture = NULL, url = NULL, \
             facts = '{}', consent_hash = NULL, purged_at = $2 WHERE workspace_id = $3 AND id = $4 AND state = $5")
        .bind(gone)
        .bind(now)
        .id(workspace)
        .id(id)
        .bind(ChannelState::Disconnected.as_str()),
    )
    .await?;
    tombstones::add(tx, id.uuid(), tombstones::Kind::Identity).await
}

/// A lane names the remote account too; it forgets it with its last channel, which is `last`.
async fn purge_lane(tx: &mut Tx, lane: LaneId, last: ChannelId) -> Result<()> {
    let gone = format!("purged:{}", lane.uuid());
    tx.execute(
        sql("UPDATE lanes SET host = '', remote_account_id = $1 WHERE id = $2 AND NOT EXISTS \
             (SELECT 1 FROM channels WHERE lane_id = lanes.id AND purged_at IS NULL AND id <> $3)")
        .bind(gone)
        .id(lane)
        .id(last),
    )
    .await?;
    Ok(())
}
