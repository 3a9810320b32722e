//! Breaking things: each blow of a plan, struck and written down.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::{Connection as _, Executor as _};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Stage, work};
use crate::plan::{self, Blow};
use crate::record::{Event, Fault, FaultKind};
use crate::world::accounts::Network;
use crate::world::node::Node;

/// How long a node is given to reach its failpoint.
const REACHED: Duration = Duration::from_secs(25);

/// Longer than Mastodon keeps a key.
const KEYS_GONE: Duration = Duration::from_secs(70 * 60);

/// Strikes, waits until it is over, and writes it down.
pub(crate) async fn strike(stage: &Arc<Stage>, act: &'static str, blow: &Blow) -> anyhow::Result<()> {
    match blow {
        Blow::Pause(ms) => tokio::time::sleep(Duration::from_millis(*ms)).await,
        Blow::Point { node, point, nth } => point_of(stage, node_of(stage, *node), point, *nth).await?,
        Blow::Kill { node } => kill(stage, node_of(stage, *node)).await?,
        Blow::Stall { node, point, nth, seconds } => {
            stall(stage, node_of(stage, *node), &format!("{point}=stop@{nth}"), *seconds).await?;
        }
        Blow::Freeze { node, seconds } => freeze(stage, node_of(stage, *node), *seconds).await?,
        Blow::Database { seconds } => database(stage, *seconds).await?,
        Blow::Disk { seconds } => disk(stage, *seconds).await?,
        Blow::Step { seconds } => step(stage, *seconds)?,
        Blow::Skew { by, seconds } => skew(stage, *by, *seconds).await?,
        Blow::Restart => restart(stage).await?,
        Blow::Burst { posts } => burst(stage, act, *posts).await,
        Blow::Keys { posts } => keys(stage, act, *posts).await?,
    }
    Ok(())
}

fn node_of(stage: &Stage, number: usize) -> &Arc<Node> {
    &stage.world.nodes[number % stage.world.nodes.len()]
}

fn note(stage: &Stage, kind: FaultKind, detail: impl std::fmt::Display, from: Timestamp) -> anyhow::Result<()> {
    let detail = detail.to_string();
    stage.say(format!("{kind:?} {detail}"));
    stage.log.write(Event::Fault(Fault { kind, detail, from, until: Timestamp::now() }))
}

/// Brings back whatever has ended by itself.
pub(crate) async fn all_serve(stage: &Stage) -> anyhow::Result<()> {
    if let Some(server) = &stage.world.postgres {
        let mut server = server.lock().await;
        if !server.is_alive()? {
            server.start().await?;
        }
    }
    for node in stage.world.nodes.iter() {
        if node.is_dead().await? {
            node.start_somehow().await?;
        }
    }
    Ok(())
}

async fn kill(stage: &Stage, node: &Node) -> anyhow::Result<()> {
    let from = Timestamp::now();
    node.kill().await?;
    note(stage, FaultKind::KillAtRandom, format_args!("node {}", node.number), from)?;
    node.start_somehow().await
}

async fn point_of(stage: &Stage, node: &Node, point: &str, nth: u32) -> anyhow::Result<()> {
    // An orderly stop, so that this blow is its failpoint and nothing else.
    node.stop().await?;
    node.start_doomed(&format!("{point}=kill@{nth}")).await?;
    // While it is stopped because it was not reached, it may be.
    if node.died(REACHED).await? || node.stop_doomed().await? {
        note(stage, FaultKind::KillAtPoint, point, Timestamp::now())?;
    } else {
        stage.say(format!("{point} was not passed {nth} times"));
    }
    node.start_somehow().await
}

/// Where it stops the delivery is in the middle of; whoever takes over has all the time it needs.
async fn stall(stage: &Stage, node: &Node, failpoint: &str, seconds: u64) -> anyhow::Result<()> {
    node.stop().await?;
    node.start_doomed(failpoint).await?;
    if !node.stands(REACHED).await? {
        stage.say(format!("{failpoint} was not reached"));
        node.kill().await?;
        return node.start_somehow().await;
    }
    let from = Timestamp::now();
    let url = node.hidden().context("it served")?;
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    node.thaw(url).await?;
    note(stage, FaultKind::Stop, format_args!("{failpoint} node {}", node.number), from)
}

async fn freeze(stage: &Stage, node: &Node, seconds: u64) -> anyhow::Result<()> {
    let url = node.url().context("a node that serves")?;
    let from = Timestamp::now();
    node.freeze().await?;
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    node.thaw(url).await?;
    note(stage, FaultKind::Stop, format_args!("node {}", node.number), from)
}

async fn database(stage: &Stage, seconds: u64) -> anyhow::Result<()> {
    let from = Timestamp::now();
    let detail = match &stage.world.postgres {
        Some(server) => {
            let mut server = server.lock().await;
            server.crash().await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
            server.start().await?;
            "crashed and restarted"
        }
        None => {
            locked(stage, seconds).await?;
            "locked by somebody else"
        }
    };
    note(stage, FaultKind::Database, detail, from)
}

/// Keeps SQLite's writer out, as a backup tool or a curious person does. SQLite follows links, so whoever opens the file
/// has to be in the room: another process of this program.
async fn locked(stage: &Stage, seconds: u64) -> anyhow::Result<()> {
    let mut command = stage.world.room.command(&stage.order.program);
    command.arg("lock").arg(stage.world.nodes[0].data().join("postrider.db")).arg(seconds.to_string());
    let status = command.status().await?;
    anyhow::ensure!(status.success(), "the database could not be locked: {status}");
    Ok(())
}

/// Holds the write lock of a SQLite file for a while.
///
/// # Errors
/// When the file cannot be opened or is locked by somebody else.
pub async fn lock(file: &std::path::Path, seconds: u64) -> anyhow::Result<()> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).busy_timeout(Duration::from_secs(20));
    let mut conn = sqlx::SqliteConnection::connect_with(&options).await?;
    conn.execute("BEGIN IMMEDIATE").await?;
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    conn.execute("ROLLBACK").await?;
    Ok(conn.close().await?)
}

async fn disk(stage: &Stage, seconds: u64) -> anyhow::Result<()> {
    let from = Timestamp::now();
    stage.world.room.fill()?;
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    stage.world.room.free()?;
    all_serve(stage).await?;
    note(stage, FaultKind::DiskFull, format_args!("{seconds} s"), from)
}

fn step(stage: &Stage, seconds: i64) -> anyhow::Result<()> {
    let from = Timestamp::now();
    stage.world.step(seconds);
    note(stage, FaultKind::ClockStep, format_args!("{seconds:+} s"), from)
}

/// On PostgreSQL the nodes' clocks differ from the ledger's, each in another direction; on SQLite, where both are one,
/// that one differs from the networks'.
async fn skew(stage: &Stage, by: i64, seconds: u64) -> anyhow::Result<()> {
    let from = Timestamp::now();
    let shift = |by: i64| {
        if stage.world.postgres.is_none() {
            return stage.world.step(by);
        }
        for node in stage.world.nodes.iter() {
            let direction = if node.number % 2 == 0 { by } else { -by };
            node.clock.lock().unwrap_or_else(std::sync::PoisonError::into_inner).step(direction);
        }
    };
    shift(by);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    shift(-by);
    note(stage, FaultKind::ClockSkew, format_args!("{by:+} s"), from)
}

async fn restart(stage: &Stage) -> anyhow::Result<()> {
    let from = Timestamp::now();
    for node in stage.world.nodes.iter() {
        node.stop().await?;
        node.start_somehow().await?;
    }
    note(stage, FaultKind::Restart, "one after the other", from)
}

async fn burst(stage: &Arc<Stage>, act: &'static str, posts: usize) {
    // Far enough away that all of them are on the schedule before it comes.
    let due = Timestamp::now() + SignedDuration::from_secs(10 + i64::try_from(posts / 30).unwrap_or(0));
    many(stage, act, posts, due, None).await;
    let left = due.duration_since(Timestamp::now());
    tokio::time::sleep(Duration::try_from(left).unwrap_or_default()).await;
}

/// Plain posts that are due at one instant.
pub(crate) async fn many(
    stage: &Arc<Stage>,
    act: &'static str,
    posts: usize,
    due: Timestamp,
    network: Option<Network>,
) {
    let (mut tasks, room) = (JoinSet::new(), Arc::new(Semaphore::new(12)));
    for number in 0..posts {
        // A burst's numbers stand apart from those of the flow around it.
        let plan = plan::plain(stage.order.seed, act, 1_000_000 + number as u64, network, &stage.networks);
        let (stage, room) = (Arc::clone(stage), Arc::clone(&room));
        tasks.spawn(async move { work::one(&stage, act, plan, Some(due), &room).await });
    }
    while tasks.join_next().await.is_some() {}
}

/// Every status is made and its answer lost, and the instance is gone until its keys are forgotten.
async fn keys(stage: &Arc<Stage>, act: &'static str, posts: usize) -> anyhow::Result<()> {
    let due = Timestamp::now() + SignedDuration::from_secs(10 + i64::try_from(posts / 30)?);
    let before = visible(stage).await?;
    many(stage, act, posts, due, Some(Network::Mastodon)).await;
    let lost = json!({ "drop": { "after_accept": true } });
    let first = json!({ "match": "POST /api/v1/statuses", "instance": "mastodon", "count": posts, "kind": lost });
    let gone = json!({ "match": "*", "instance": "mastodon", "count": 10_000_000, "kind": { "drop": {} } });
    for (rule, kind) in [(first, FaultKind::DropAfter), (gone, FaultKind::DropBefore)] {
        let given = stage.world.control("/_faults", &rule).await?;
        let rule = given["id"].as_u64().context("a rule's number")?;
        stage.log.write(Event::Rule { rule, kind, aim: None })?;
    }
    let from = Timestamp::now();
    for _ in 0..120 {
        if visible(stage).await? - before >= posts {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let until = due + SignedDuration::from_secs(8);
    tokio::time::sleep(Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or_default()).await;
    stage.world.pass(KEYS_GONE)?;
    stage.world.clear_faults().await?;
    note(stage, FaultKind::KeysForgotten, format_args!("+{} s", KEYS_GONE.as_secs()), from)
}

/// How much became visible on the instance so far.
async fn visible(stage: &Stage) -> anyhow::Result<usize> {
    let all = stage.world.look("/_visible").await?;
    let ours = |one: &&serde_json::Value| one["instance"] == "mastodon" && one["action"] == "create";
    Ok(all["visible"].as_array().map_or(0, |all| all.iter().filter(ours).count()))
}
