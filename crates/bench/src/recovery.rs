//! A process is killed while it publishes: when its account moves again, and whether others notice.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::Bench;
use crate::ledger::Kind;
use crate::network::Network;
use crate::process::{Instance, Node};
use crate::raw::Raw;
use crate::report::{Report, Row, Verdict, quantile, seconds};

/// Accounts that go on meanwhile.
const OTHERS: usize = 20;

/// The most that the killed one's account may stand still.
const LIMIT: Duration = Duration::from_secs(30);

/// Who takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heir {
    SameHost,
    Peer,
}

/// Measures a restart on every database, and a peer where there can be one.
pub(crate) async fn run(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    for kind in &bench.kinds {
        measure(kind, Heir::SameHost, report).await?;
        if matches!(kind, Kind::Postgres(_)) {
            measure(kind, Heir::Peer, report).await?;
        }
    }
    Ok(())
}

async fn measure(kind: &Kind, heir: Heir, report: &mut Report) -> anyhow::Result<()> {
    let network = Network::new().await?;
    let instance = Instance::new(kind, &network).await?;
    let first = instance.serve_in(&instance.data(), &instance.shared_files(), None).await?;
    let mut channels = Vec::new();
    for n in 0..=OTHERS {
        channels.push(first.connect(&network, n).await?);
    }
    let mut raw = instance.raw().await?;
    // The first call of the doomed one is not answered within its life; later ones are.
    let kind_of = json!({ "delay": { "ms": 120_000 } });
    let rule = json!({ "match": "com.atproto.repo.*", "account": "lane0.sandbox.test", "count": 1, "kind": kind_of });
    network.fault(&rule).await?;
    let post = first.schedule(&channels[0], json!({ "text": "in hand" }), json!({ "now": true })).await?;
    in_hand(&first, &post).await?;
    let peer = if heir == Heir::Peer { Some(instance.serve_peer().await?) } else { None };
    let due = going_on(&first, &channels[1..]).await?;
    let killed = Instant::now();
    first.kill().await?;
    let next = match peer {
        Some(peer) => peer,
        None => instance.serve_in(&instance.data(), &instance.shared_files(), None).await?,
    };
    let moved = moves_again(&next, &post, killed).await?;
    let mut late = others(&mut raw, due).await?;
    report.add(row(kind, heir, moved, quantile(&mut late, 1.0)));
    next.kill().await?;
    instance.finish().await
}

fn row(kind: &Kind, heir: Heir, moved: Duration, worst: f64) -> Row {
    let who = if heir == Heir::Peer { "a peer takes over" } else { "the same host starts again" };
    // Beside a peer nobody else may notice; alone, others wait for the start.
    let unnoticed = worst <= if heir == Heir::Peer { 1.0 } else { LIMIT.as_secs_f64() };
    Row {
        what: format!("recovery: killed while publishing, {who}, {}", kind.name()),
        target: "its lanes within 30 s, others never stop",
        baseline: String::new(),
        measured: format!("its lane after {}, others at most {} late", seconds(moved.as_secs_f64()), seconds(worst)),
        ratio: None,
        verdict: Verdict::of(moved <= LIMIT && unnoticed, "Recovery"),
    }
}

/// Waits until the delivery of a post is in somebody's hands, its call under way.
async fn in_hand(node: &Node, post: &str) -> anyhow::Result<()> {
    for _ in 0..100 {
        if node.delivery(post).await?["state"] == "running" {
            // Long enough for the intent and the call behind it.
            tokio::time::sleep(Duration::from_millis(500)).await;
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("nobody took it in hand")
}

/// Puts a text every 250 ms on other accounts, from now on for half a minute; says when the first is due.
async fn going_on(node: &Node, channels: &[String]) -> anyhow::Result<Timestamp> {
    let begin = Timestamp::now() + SignedDuration::from_secs(5);
    for n in 0..120 {
        let at = begin + SignedDuration::from_millis(250 * n);
        let channel = &channels[usize::try_from(n)? % channels.len()];
        node.schedule(channel, json!({ "text": "going on" }), json!({ "at": at.to_string() })).await?;
    }
    let left = begin.duration_since(Timestamp::now()).saturating_sub(SignedDuration::from_millis(500));
    tokio::time::sleep(Duration::try_from(left).context("they were written before the first is due")?).await;
    Ok(begin)
}

async fn moves_again(node: &Node, post: &str, killed: Instant) -> anyhow::Result<Duration> {
    while killed.elapsed() < 4 * LIMIT {
        if node.delivery(post).await?["state"] == "published" {
            return Ok(killed.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("it did not move again within two minutes: {}", node.delivery(post).await?)
}

/// How late each of the others was, in seconds, once all are out.
async fn others(raw: &mut Raw, from: Timestamp) -> anyhow::Result<Vec<f64>> {
    let from = from.as_microsecond();
    let left = format!("SELECT count(*) FROM deliveries WHERE scheduled_at >= {from} AND state <> 'published'");
    while raw.number(&left).await? > 0 {
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    let late = format!("SELECT published_at - scheduled_at FROM deliveries WHERE scheduled_at >= {from}");
    Ok(raw.numbers(&late).await?.into_iter().map(|micros| micros as f64 / 1e6).collect())
}
