//! Parts: the remote objects of a delivery, root first.

use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::delivery::PartState;
use postrider_domain::id::{DeliveryId, LaneId, PartId, RevisionId, WorkspaceId};
use serde_json::Value;

use super::deliveries::{Delivery, Lease};
use crate::sql::{Row, json, sql};
use crate::{Result, StoreError, Tx};

/// One part as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its id.
    pub id: PartId,
    /// 0 for the root.
    pub position: u64,
    /// Where it stands.
    pub state: PartState,
    /// The connector's machine, opaque here.
    pub machine: Option<Value>,
    /// The platform's id.
    pub remote_id: Option<String>,
    /// Where people see it.
    pub url: Option<String>,
    /// What a reply to it needs.
    pub extra: Option<Value>,
    /// The files it is sent with, as they were when it began; opaque here.
    pub media: Option<Value>,
    /// When it went out. One that is pending all the same is live, with steps that remain.
    pub published_at: Option<Timestamp>,
    /// The revision that is live of it, where it was edited on its network.
    pub live_revision_id: Option<RevisionId>,
    /// When it was last edited there.
    pub edited_at: Option<Timestamp>,
    /// When it was deleted there.
    pub deleted_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, position, state, machine, remote_id, url, extra, media, published_at, live_revision_id, \
     edited_at, deleted_at";

impl Part {
    /// Whether people can see it on its network.
    pub fn is_out(&self) -> bool {
        self.published_at.is_some()
    }
}

/// Where a part is on its network.
#[derive(Debug, Clone, Copy)]
pub struct Published<'a> {
    /// The platform's id, unique in the account.
    pub remote_id: &'a str,
    /// Where people see it.
    pub url: Option<&'a str>,
    /// What a reply to it needs.
    pub extra: &'a Value,
}

fn part(row: &Row) -> Result<Part> {
    Ok(Part {
        id: row.id("id")?,
        position: row.count("position")?,
        state: row.word("state", PartState::parse)?,
        machine: row.opt_json("machine")?,
        remote_id: row.get("remote_id")?,
        url: row.get("url")?,
        extra: row.opt_json("extra")?,
        media: row.opt_json("media")?,
        published_at: row.opt_time("published_at")?,
        live_revision_id: row.opt_id("live_revision_id")?,
        edited_at: row.opt_time("edited_at")?,
        deleted_at: row.opt_time("deleted_at")?,
    })
}

/// The parts of a delivery that have begun, root first.
pub async fn of_delivery(tx: &mut Tx, workspace: WorkspaceId, delivery: DeliveryId) -> Result<Vec<Part>> {
    let text = format!("SELECT {COLUMNS} FROM parts WHERE delivery_id = $1 AND workspace_id = $2 ORDER BY position");
    tx.map(sql(text).id(delivery).id(workspace), part).await
}

/// Begins a part, or begins it again, with its machine's first state. One that is
/// out is [`StoreError::Stale`]: it is never begun again.
pub async fn begin(tx: &mut Tx, lease: &Lease, position: usize, machine: &Value) -> Result<PartId> {
    begin_with(tx, lease, position, machine, None).await
}

/// [`begin`] with the files it is sent with. Those of a part that has begun stay as they are.
pub async fn begin_with(
    tx: &mut Tx,
    lease: &Lease,
    position: usize,
    machine: &Value,
    media: Option<&Value>,
) -> Result<PartId> {
    let id = tx.new_id::<PartId>();
    let begun = tx
        .opt(
            sql("INSERT INTO parts (id, workspace_id, delivery_id, lane_id, position, state, machine, media) \
                 VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7) \
                 ON CONFLICT (delivery_id, position) DO UPDATE SET state = 'pending', machine = excluded.machine, \
                 media = COALESCE(parts.media, excluded.media) WHERE parts.state <> 'published' RETURNING id")
            .id(id)
            .id(lease.workspace)
            .id(lease.delivery)
            .id(lease.lane)
            .bind(position)
            .bind(json(machine)?)
            .bind(media.map(json).transpose()?),
        )
        .await?;
    begun.ok_or(StoreError::Stale)?.id("id")
}

/// The machine moves on.
pub async fn advance(tx: &mut Tx, id: PartId, machine: &Value) -> Result<()> {
    tx.execute_one(sql("UPDATE parts SET machine = $1 WHERE id = $2 AND state = 'pending'").bind(json(machine)?).id(id))
        .await
}

/// A pending part goes on from another state, or with `None` from its beginning.
pub async fn set_machine(tx: &mut Tx, id: PartId, machine: Option<&Value>) -> Result<()> {
    let text = "UPDATE parts SET machine = $1 WHERE id = $2 AND state = 'pending'";
    tx.execute(sql(text).bind(machine.map(json).transpose()?).id(id)).await?;
    Ok(())
}

/// The part is out. The machine is not needed any more.
pub async fn publish(tx: &mut Tx, lease: &Lease, id: PartId, receipt: &Published<'_>) -> Result<()> {
    set_published(tx, lease.delivery, id, receipt).await?;
    super::lanes::went_out(tx, lease.lane).await
}

/// The part can be seen, although steps remain: it counts as out from now on.
pub async fn go_live(tx: &mut Tx, lease: &Lease, id: PartId, receipt: &Published<'_>) -> Result<()> {
    let now = tx.now();
    tx.execute_one(
        sql("UPDATE parts SET remote_id = $1, url = $2, extra = $3, published_at = COALESCE(published_at, $4) \
             WHERE id = $5 AND state = 'pending'")
        .bind(receipt.remote_id)
        .bind(receipt.url)
        .bind(json(receipt.extra)?)
        .bind(now)
        .id(id),
    )
    .await?;
    super::lanes::went_out(tx, lease.lane).await
}

/// What is live is out, whatever becomes of the steps that remain.
pub async fn settle_live(tx: &mut Tx, delivery: DeliveryId) -> Result<()> {
    let settled = sql("UPDATE parts SET state = 'published', machine = NULL \
                       WHERE delivery_id = $1 AND state = 'pending' AND published_at IS NOT NULL");
    tx.execute(settled.id(delivery)).await?;
    Ok(())
}

/// A person says that the part is out.
pub(crate) async fn confirm(tx: &mut Tx, delivery: DeliveryId, id: PartId, receipt: &Published<'_>) -> Result<()> {
    set_published(tx, delivery, id, receipt).await
}

async fn set_published(tx: &mut Tx, delivery: DeliveryId, id: PartId, receipt: &Published<'_>) -> Result<()> {
    let now = tx.now();
    tx.execute_one(
        sql("UPDATE parts SET state = 'published', machine = NULL, remote_id = $1, url = $2, extra = $3, \
             published_at = COALESCE(published_at, $4) WHERE id = $5 AND delivery_id = $6 AND state <> 'published'")
        .bind(receipt.remote_id)
        .bind(receipt.url)
        .bind(json(receipt.extra)?)
        .bind(now)
        .id(id)
        .id(delivery),
    )
    .await
}

/// The part was refused for good.
pub async fn refuse(tx: &mut Tx, id: PartId) -> Result<()> {
    tx.execute_one(sql("UPDATE parts SET state = 'failed' WHERE id = $1 AND state = 'pending'").id(id)).await
}

/// Whether something of the delivery is out; a live part counts.
pub async fn any_published(tx: &mut Tx, delivery: DeliveryId) -> Result<bool> {
    let found = sql("SELECT 1 AS yes FROM parts WHERE delivery_id = $1 AND published_at IS NOT NULL LIMIT 1");
    Ok(tx.opt(found.id(delivery)).await?.is_some())
}

/// The part is gone from its network. That it was out stays noted, with its id.
pub async fn deleted(tx: &mut Tx, id: PartId) -> Result<()> {
    let now = tx.now();
    tx.execute_one(
        sql("UPDATE parts SET deleted_at = COALESCE(deleted_at, $1) WHERE id = $2 AND published_at IS NOT NULL")
            .bind(now)
            .id(id),
    )
    .await
}

/// The part says what a revision says, on its network too.
pub async fn edited(tx: &mut Tx, id: PartId, revision: RevisionId, receipt: &Published<'_>) -> Result<()> {
    let now = tx.now();
    tx.execute_one(
        sql("UPDATE parts SET live_revision_id = $1, edited_at = $2, remote_id = $3, url = $4, extra = $5 \
             WHERE id = $6 AND published_at IS NOT NULL AND deleted_at IS NULL")
        .id(revision)
        .bind(now)
        .bind(receipt.remote_id)
        .bind(receipt.url)
        .bind(json(receipt.extra)?)
        .id(id),
    )
    .await
}

/// How many parts of the delivery are out.
pub(crate) async fn count_out(tx: &mut Tx, delivery: DeliveryId) -> Result<u64> {
    let out = sql("SELECT count(*) AS n FROM parts WHERE delivery_id = $1 AND published_at IS NOT NULL");
    tx.one(out.id(delivery)).await?.count("n")
}

/// Whether a remote object already belongs to another part of the account than this.
pub async fn is_bound(tx: &mut Tx, lane: LaneId, but: PartId, remote_id: &str) -> Result<bool> {
    let found = sql("SELECT 1 AS yes FROM parts WHERE lane_id = $1 AND id <> $2 AND remote_id = $3");
    Ok(tx.opt(found.id(lane).id(but).bind(remote_id)).await?.is_some())
}

/// The remote objects of a lane that were bound to other parts since an instant, in whichever workspace.
pub async fn bound_since(tx: &mut Tx, lane: LaneId, but: PartId, since: Timestamp) -> Result<Vec<String>> {
    let bound = sql("SELECT remote_id FROM parts WHERE lane_id = $1 AND id <> $2 AND remote_id IS NOT NULL \
                     AND published_at >= $3");
    tx.map(bound.id(lane).id(but).bind(since), |row| row.get("remote_id")).await
}

/// Parts under way are not sent any more; those that are live are out.
pub async fn skip_pending(tx: &mut Tx, delivery: DeliveryId) -> Result<()> {
    settle_live(tx, delivery).await?;
    tx.execute(
        sql("UPDATE parts SET state = 'skipped', machine = NULL WHERE delivery_id = $1 AND state = 'pending'")
            .id(delivery),
    )
    .await?;
    Ok(())
}

/// The condition that a part was counted instead of taken, and waits to go out again under its key.
const COUNTED: &str = "state = 'pending' AND EXISTS \
     (SELECT 1 FROM steps s WHERE s.part_id = parts.id AND s.result = 'counted')";

/// Whether a part of the delivery was counted instead of taken.
pub(crate) async fn any_counted(tx: &mut Tx, delivery: DeliveryId) -> Result<bool> {
    let text = format!("SELECT 1 AS yes FROM parts WHERE delivery_id = $1 AND {COUNTED} LIMIT 1");
    Ok(tx.opt(sql(text).id(delivery)).await?.is_some())
}

/// Forgets parts that never went out, their steps with them: they begin anew at the next try. Only what was counted
/// instead of taken keeps its words and its key, by which a network knows what it took all the same.
pub(crate) async fn forget_unsent(tx: &mut Tx, delivery: DeliveryId) -> Result<()> {
    let unsent = format!("delivery_id = $1 AND published_at IS NULL AND NOT ({COUNTED})");
    let attempts = format!(
        "UPDATE attempts SET part_id = NULL, step_id = NULL WHERE part_id IN (SELECT id FROM parts WHERE {unsent})"
    );
    tx.execute(sql(attempts).id(delivery)).await?;
    tx.execute(sql(format!("DELETE FROM parts WHERE {unsent}")).id(delivery)).await?;
    Ok(())
}

/// The parts of several deliveries, each with its delivery, root first.
pub async fn of_deliveries(
    tx: &mut Tx,
    workspace: WorkspaceId,
    deliveries: &[DeliveryId],
) -> Result<Vec<(DeliveryId, Part)>> {
    if deliveries.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT delivery_id, {COLUMNS} FROM parts WHERE workspace_id = $1 AND delivery_id IN ({}) \
         ORDER BY delivery_id, position",
        super::page::placeholders(2, deliveries.len())
    );
    let statement = deliveries.iter().fold(sql(text).id(workspace), |statement, id| statement.id(*id));
    tx.map(statement, |row| Ok((row.id("delivery_id")?, part(row)?))).await
}

/// The part that a person may say is out: the first that is not, of `count`. It is
/// made where it had not begun, as after a restore.
pub async fn to_confirm(tx: &mut Tx, delivery: &Delivery, count: usize) -> Result<PartId> {
    let parts = of_delivery(tx, delivery.workspace_id, delivery.id).await?;
    if let Some(part) = parts.iter().find(|part| part.state != PartState::Published) {
        return Ok(part.id);
    }
    if parts.len() >= count {
        return Err(StoreError::Refused(Code::AlreadyPublished));
    }
    let id = tx.new_id::<PartId>();
    tx.execute(
        sql("INSERT INTO parts (id, workspace_id, delivery_id, lane_id, position, state) \
             VALUES ($1, $2, $3, $4, $5, 'pending')")
        .id(id)
        .id(delivery.workspace_id)
        .id(delivery.id)
        .id(delivery.lane_id)
        .bind(parts.len()),
    )
    .await?;
    Ok(id)
}
