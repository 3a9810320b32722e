//! Nodes: which processes serve this instance, and which are proven gone.
//!
//! A process registers a boot only while it holds the exclusive lock of its
//! data folder, so a newer boot of the same node on the same host proves that
//! the older process no longer runs.

use jiff::{SignedDuration, Timestamp};
use postrider_domain::id::{BootId, NodeId};

use crate::sql::{Row, sql};
use crate::{Result, Tx};

/// One start of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    /// This start.
    pub boot_id: BootId,
    /// The node, which survives restarts.
    pub node_id: NodeId,
    /// The host's name.
    pub host: String,
    /// The product's version.
    pub version: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When it was last alive.
    pub heartbeat_at: Timestamp,
    /// When it shut down in order.
    pub closed_at: Option<Timestamp>,
}

fn boot(row: &Row) -> Result<Boot> {
    Ok(Boot {
        boot_id: row.id("boot_id")?,
        node_id: row.id("node_id")?,
        host: row.get("host")?,
        version: row.get("version")?,
        started_at: row.time("started_at")?,
        heartbeat_at: row.time("heartbeat_at")?,
        closed_at: row.opt_time("closed_at")?,
    })
}

/// Registers a start. Call it only with the data folder's lock held.
///
/// It is dated after every earlier start of the node on the host, also when the
/// clock was set back: else the process that is gone would prove this one gone.
pub async fn register(tx: &mut Tx, node: NodeId, host: &str, version: &str) -> Result<BootId> {
    let (id, now) = (tx.new_id::<BootId>(), tx.now());
    let last = sql("SELECT max(started_at) AS last FROM nodes WHERE node_id = $1 AND host = $2").id(node).bind(host);
    let last = tx.one(last).await?.opt_time("last")?;
    let after = last.and_then(|last| last.checked_add(SignedDuration::from_micros(1)).ok());
    tx.execute(
        sql("INSERT INTO nodes (boot_id, node_id, host, version, started_at, heartbeat_at) \
             VALUES ($1, $2, $3, $4, $5, $6)")
        .id(id)
        .id(node)
        .bind(host)
        .bind(version)
        .bind(after.map_or(now, |after| after.max(now)))
        .bind(now),
    )
    .await?;
    Ok(id)
}

/// Records that every start is gone: after a restore, those in the backup serve another database.
pub async fn close_all(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    tx.execute(sql("UPDATE nodes SET closed_at = $1 WHERE closed_at IS NULL").bind(now)).await
}

/// Records that every other start is gone. True where the lock of the data folder covers the
/// ledger itself, as with SQLite: also of another node or host that the file was moved from.
pub async fn close_others(tx: &mut Tx, id: BootId) -> Result<u64> {
    let now = tx.now();
    let closed = sql("UPDATE nodes SET closed_at = $1 WHERE boot_id <> $2 AND closed_at IS NULL");
    tx.execute(closed.bind(now).id(id)).await
}

/// Says that the process is alive.
pub async fn heartbeat(tx: &mut Tx, id: BootId) -> Result<()> {
    let now = tx.now();
    tx.execute(sql("UPDATE nodes SET heartbeat_at = $1 WHERE boot_id = $2").bind(now).id(id)).await?;
    Ok(())
}

/// Records an orderly shutdown: nothing of this boot is under way any more.
pub async fn close(tx: &mut Tx, id: BootId) -> Result<()> {
    let now = tx.now();
    tx.execute(sql("UPDATE nodes SET closed_at = $1 WHERE boot_id = $2").bind(now).id(id)).await?;
    Ok(())
}

/// Boots that are alive as far as anybody knows, newest first.
pub async fn open(tx: &mut Tx) -> Result<Vec<Boot>> {
    tx.map(
        sql("SELECT boot_id, node_id, host, version, started_at, heartbeat_at, closed_at FROM nodes n \
             WHERE closed_at IS NULL AND NOT EXISTS (SELECT 1 FROM nodes m WHERE m.node_id = n.node_id \
             AND m.host = n.host AND m.started_at > n.started_at) ORDER BY started_at DESC"),
        boot,
    )
    .await
}

/// The condition that a boot, named by `column`, is proven gone.
pub(crate) fn gone_condition(column: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM nodes n WHERE n.boot_id = {column} AND (n.closed_at IS NOT NULL OR EXISTS \
         (SELECT 1 FROM nodes m WHERE m.node_id = n.node_id AND m.host = n.host AND m.started_at > n.started_at)))"
    )
}

/// Whether a boot is proven to run no longer. An unknown boot is not.
pub async fn is_gone(tx: &mut Tx, id: BootId) -> Result<bool> {
    let text = format!("SELECT 1 AS yes WHERE {}", gone_condition("$1"));
    Ok(tx.opt(sql(text).id(id)).await?.is_some())
}

/// Since when a boot is proven to run no longer: its orderly end, or the next start of its node.
pub async fn gone_since(tx: &mut Tx, id: BootId) -> Result<Option<Timestamp>> {
    let found = sql("SELECT n.closed_at, (SELECT min(m.started_at) FROM nodes m WHERE m.node_id = n.node_id \
                     AND m.host = n.host AND m.started_at > n.started_at) AS followed_at \
                     FROM nodes n WHERE n.boot_id = $1");
    let Some(row) = tx.opt(found.id(id)).await? else { return Ok(None) };
    let (closed, followed) = (row.opt_time("closed_at")?, row.opt_time("followed_at")?);
    Ok(closed.into_iter().chain(followed).min())
}

/// Forgets boots that ended long ago and that nothing refers to any more.
pub async fn forget_before(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(
        sql("DELETE FROM nodes WHERE heartbeat_at < $1 \
             AND NOT EXISTS (SELECT 1 FROM steps WHERE sender_boot = nodes.boot_id AND result IS NULL) \
             AND NOT EXISTS (SELECT 1 FROM deliveries WHERE lease_boot = nodes.boot_id AND state = 'running')")
        .bind(before),
    )
    .await
}
