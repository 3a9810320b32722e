//! Steps: what a machine is about to do to the world, written down before it does it.

use std::time::Duration;

use jiff::Timestamp;
use postrider_domain::id::{BootId, DeliveryId, PartId, StepId};

use super::deliveries::Lease;
use super::{budgets, nodes};
use crate::sql::{Row, sql};
use crate::{Result, StoreError, Tx};

/// A sending step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its id.
    pub id: StepId,
    /// The part it belongs to.
    pub part_id: PartId,
    /// Counts from 0 in a part.
    pub seq: u64,
    /// `idempotent` or `once`.
    pub effect: String,
    /// The key that makes a repeat harmless.
    pub honour_key: Option<String>,
    /// How long the platform honours it.
    pub honoured_for: Option<Duration>,
    /// SHA-256 of what is sent.
    pub sends: Vec<u8>,
    /// The longest the request may take.
    pub timeout: Duration,
    /// When it was first about to be sent.
    pub first_intent_at: Timestamp,
    /// When it was last about to be sent.
    pub intent_at: Timestamp,
    /// Which process was about to send it.
    pub sender_boot: BootId,
    /// When that process saw the call end without an answer it could use.
    pub call_ended_at: Option<Timestamp>,
    /// The same bytes are not sent again by themselves: only asking can tell what came of them.
    pub ask_only: bool,
    /// Whether a send before the last one is not known to be over.
    pub earlier_open: bool,
    /// The send before, where [`intend`] took one over. Whatever becomes of this one says
    /// nothing about that one.
    pub earlier: Option<Sent>,
}

/// When a step was about to be sent, by whom, and whether that call is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    intent_at: Timestamp,
    sender_boot: BootId,
    call_ended_at: Option<Timestamp>,
    earlier_open: bool,
}

/// What an intent says.
#[derive(Debug, Clone)]
pub struct Intent<'a> {
    /// `idempotent` or `once`.
    pub effect: &'a str,
    /// The key that makes a repeat harmless.
    pub honour_key: Option<&'a str>,
    /// How long the platform honours it; `None` is for ever.
    pub honoured_for: Option<Duration>,
    /// SHA-256 of what will be sent.
    pub sends: &'a [u8; 32],
    /// The longest the request may take.
    pub timeout: Duration,
}

fn step(row: &Row) -> Result<Step> {
    let micros = |name| row.count(name).map(Duration::from_micros);
    Ok(Step {
        id: row.id("id")?,
        part_id: row.id("part_id")?,
        seq: row.count("seq")?,
        effect: row.get("effect")?,
        honour_key: row.get("honour_key")?,
        honoured_for: row
            .get::<Option<i64>>("honoured_us")?
            .map(|us| Duration::from_micros(u64::try_from(us).unwrap_or(0))),
        sends: row.get::<Option<Vec<u8>>>("sends")?.unwrap_or_default(),
        timeout: micros("timeout_us")?,
        first_intent_at: row.time("first_intent_at")?,
        intent_at: row.time("intent_at")?,
        sender_boot: row.id("sender_boot")?,
        call_ended_at: row.opt_time("call_ended_at")?,
        ask_only: row.get("ask_only")?,
        earlier_open: row.get("earlier_open")?,
        earlier: None,
    })
}

const COLUMNS: &str = "id, part_id, seq, effect, honour_key, honoured_us, sends, timeout_us, first_intent_at, \
     intent_at, sender_boot, call_ended_at, ask_only, earlier_open";

/// The step whose intent is open: it may have happened.
pub async fn open(tx: &mut Tx, delivery: DeliveryId) -> Result<Option<Step>> {
    let text = format!(
        "SELECT {COLUMNS} FROM steps WHERE delivery_id = $1 AND result IS NULL AND intent_at IS NOT NULL \
         ORDER BY seq DESC LIMIT 1"
    );
    tx.opt(sql(text).id(delivery)).await?.as_ref().map(step).transpose()
}

/// Whether any intent of the delivery is open.
pub async fn any_open(tx: &mut Tx, delivery: DeliveryId) -> Result<bool> {
    Ok(open(tx, delivery).await?.is_some())
}

/// The condition that a step did something that everybody can see and that cannot be repeated.
const SEEN: &str = "effect = 'once' AND result IN ('next', 'wait', 'found')";

/// Whether a step of the delivery did what cannot be undone, although its part is not out.
pub(crate) async fn any_seen(tx: &mut Tx, delivery: DeliveryId) -> Result<bool> {
    let text = format!("SELECT 1 AS yes FROM steps WHERE delivery_id = $1 AND {SEEN} LIMIT 1");
    Ok(tx.opt(sql(text).id(delivery)).await?.is_some())
}

/// Whether a person left a step as it was while nobody knew what came of it.
pub(crate) async fn any_abandoned(tx: &mut Tx, delivery: DeliveryId) -> Result<bool> {
    let found = sql("SELECT 1 AS yes FROM steps WHERE delivery_id = $1 AND result = 'abandoned' LIMIT 1");
    Ok(tx.opt(found.id(delivery)).await?.is_some())
}

/// Writes down what is about to be sent. An open intent with the same bytes is
/// taken over: its first time stays, and the step says who sent it before.
pub async fn intend(tx: &mut Tx, lease: &Lease, part: PartId, intent: &Intent<'_>) -> Result<Step> {
    let text = format!("SELECT {COLUMNS} FROM steps WHERE part_id = $1 AND result IS NULL");
    let open = tx.map(sql(text).id(part), step).await?;
    if let Some(same) = open.iter().find(|step| step.sends == intent.sends) {
        return take_over(tx, lease, same).await;
    }
    if !open.is_empty() {
        supersede(tx, part).await?;
    }
    insert(tx, lease, part, intent).await
}

async fn take_over(tx: &mut Tx, lease: &Lease, before: &Step) -> Result<Step> {
    let now = tx.now();
    let open = before.earlier_open || !is_over(tx, before).await?;
    let text = format!(
        "UPDATE steps SET intent_at = $1, sender_boot = $2, call_ended_at = NULL, earlier_open = $3 WHERE id = $4 \
         RETURNING {COLUMNS}"
    );
    let row = tx.one(sql(text).bind(now).id(lease.boot).bind(open).id(before.id)).await?;
    let Step { intent_at, sender_boot, call_ended_at, earlier_open, .. } = *before;
    Ok(Step { earlier: Some(Sent { intent_at, sender_boot, call_ended_at, earlier_open }), ..step(&row)? })
}

/// Whether the last call of a step can certainly not arrive any more: its process saw it end,
/// or is proven gone.
async fn is_over(tx: &mut Tx, step: &Step) -> Result<bool> {
    Ok(step.call_ended_at.is_some() || nodes::is_gone(tx, step.sender_boot).await?)
}

/// Since when no call of a step can begin any more; `None` while one may. What was begun before
/// can still arrive, for as long as a request may take.
pub async fn over_since(tx: &mut Tx, step: &Step) -> Result<Option<Timestamp>> {
    match step.call_ended_at {
        _ if step.earlier_open => Ok(None),
        Some(ended) => Ok(Some(ended)),
        None => nodes::gone_since(tx, step.sender_boot).await,
    }
}

/// A step that is superseded by different bytes never had an effect: it is closed as such.
async fn supersede(tx: &mut Tx, part: PartId) -> Result<()> {
    let now = tx.now();
    let superseded = sql("UPDATE steps SET result = 'renewed', result_at = $1 \
                          WHERE part_id = $2 AND result IS NULL RETURNING id");
    for old in tx.map(superseded.bind(now).id(part), |row| row.id("id")).await? {
        budgets::settle(tx, old, false).await?;
    }
    Ok(())
}

async fn insert(tx: &mut Tx, lease: &Lease, part: PartId, intent: &Intent<'_>) -> Result<Step> {
    let (id, now) = (tx.new_id::<StepId>(), tx.now());
    let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    let text = format!(
        "INSERT INTO steps (id, workspace_id, delivery_id, part_id, seq, effect, honour_key, honoured_us, sends, \
         timeout_us, first_intent_at, intent_at, sender_boot) \
         SELECT $1, $2, $3, $4, COALESCE(max(seq) + 1, 0), $5, $6, $7, $8, $9, $10, $11, $12 \
         FROM steps WHERE part_id = $4 RETURNING {COLUMNS}"
    );
    let new = sql(text)
        .id(id)
        .id(lease.workspace)
        .id(lease.delivery)
        .id(part)
        .bind(intent.effect)
        .bind(intent.honour_key)
        .bind(intent.honoured_for.map(micros))
        .bind(intent.sends.as_slice())
        .bind(micros(intent.timeout))
        .bind(now)
        .bind(now)
        .id(lease.boot);
    step(&tx.one(new).await?)
}

/// The step has a result: `next`, `wait`, `done`, `found`, `absent`, `no_effect`, `counted`. `spent`
/// says whether what was reserved for it is spent, or given back.
pub async fn close(tx: &mut Tx, id: StepId, result: &str, spent: bool) -> Result<()> {
    let now = tx.now();
    let closed = sql("UPDATE steps SET result = $1, result_at = $2 WHERE id = $3 AND result IS NULL RETURNING \
                      EXISTS (SELECT 1 FROM reservations r WHERE r.step_id = steps.id AND r.settled_at IS NULL) \
                      AS reserved");
    let row = tx.opt(closed.bind(result).bind(now).id(id)).await?.ok_or(StoreError::Stale)?;
    // Most networks cost nothing.
    if row.get("reserved")? { budgets::settle(tx, id, spent).await } else { Ok(()) }
}

/// What this run was about to send had no effect: it did not leave, or was refused. The step
/// ends with that, unless it repeated an earlier send, whose fate stays open as it was.
pub async fn without_effect(tx: &mut Tx, step: &Step) -> Result<()> {
    ended(tx, step, "no_effect").await
}

/// The platform says that it did not take what was sent because of how much was sent before. It may have taken it, and
/// then knows it by its key; [`without_effect`] otherwise.
pub async fn counted(tx: &mut Tx, step: &Step) -> Result<()> {
    ended(tx, step, "counted").await
}

async fn ended(tx: &mut Tx, step: &Step, result: &str) -> Result<()> {
    let Some(earlier) = step.earlier else { return close(tx, step.id, result, false).await };
    tx.execute_one(
        sql("UPDATE steps SET intent_at = $1, sender_boot = $2, call_ended_at = $3, earlier_open = $4 \
             WHERE id = $5 AND result IS NULL AND intent_at = $6")
        .bind(earlier.intent_at)
        .id(earlier.sender_boot)
        .bind(earlier.call_ended_at)
        .bind(earlier.earlier_open)
        .id(step.id)
        .bind(step.intent_at),
    )
    .await
}

/// The platform refused a repeat: it is not sent again by itself.
pub async fn only_ask(tx: &mut Tx, id: StepId) -> Result<()> {
    tx.execute_one(sql("UPDATE steps SET ask_only = TRUE WHERE id = $1 AND result IS NULL").id(id)).await
}

/// This process saw the call end without an answer it could use; the intent stays open.
pub async fn call_ended(tx: &mut Tx, id: StepId) -> Result<()> {
    let now = tx.now();
    tx.execute_one(sql("UPDATE steps SET call_ended_at = $1 WHERE id = $2 AND result IS NULL").bind(now).id(id)).await
}

/// The call of a send is over, whoever has the delivery by now: a fact that only its sender
/// knows, so it needs no lease, and a later send of the same bytes is not touched.
pub async fn call_is_over(tx: &mut Tx, step: &Step) -> Result<()> {
    let now = tx.now();
    let over = sql("UPDATE steps SET call_ended_at = $1 \
                    WHERE id = $2 AND result IS NULL AND sender_boot = $3 AND intent_at = $4");
    tx.execute(over.bind(now).id(step.id).id(step.sender_boot).bind(step.intent_at)).await?;
    Ok(())
}

/// Closes whatever is open, because a person decided. `spent` says whether what
/// was reserved for it counts as spent.
pub(crate) async fn close_open(tx: &mut Tx, delivery: DeliveryId, result: &str, spent: bool) -> Result<()> {
    let now = tx.now();
    let open =
        sql("UPDATE steps SET result = $1, result_at = $2 WHERE delivery_id = $3 AND result IS NULL RETURNING id");
    for step in tx.map(open.bind(result).bind(now).id(delivery), |row| row.id("id")).await? {
        budgets::settle(tx, step, spent).await?;
    }
    Ok(())
}

/// Which of these deliveries have an open intent.
pub async fn open_among(tx: &mut Tx, deliveries: &[DeliveryId]) -> Result<Vec<DeliveryId>> {
    among(tx, deliveries, "result IS NULL AND intent_at IS NOT NULL").await
}

/// Of which of these deliveries a step did what cannot be undone.
pub async fn seen_among(tx: &mut Tx, deliveries: &[DeliveryId]) -> Result<Vec<DeliveryId>> {
    among(tx, deliveries, SEEN).await
}

async fn among(tx: &mut Tx, deliveries: &[DeliveryId], condition: &str) -> Result<Vec<DeliveryId>> {
    if deliveries.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT DISTINCT delivery_id FROM steps WHERE {condition} AND delivery_id IN ({})",
        super::page::placeholders(1, deliveries.len())
    );
    let statement = deliveries.iter().fold(sql(text), |statement, id| statement.id(*id));
    tx.map(statement, |row| row.id("delivery_id")).await
}
