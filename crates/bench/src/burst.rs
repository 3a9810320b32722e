//! Many text deliveries due at one instant, against a client that does nothing
//! but send the same requests at the same concurrency.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use postrider_connector::client::Client;
use postrider_connector::{Connected, Request, Transport as _};
use postrider_domain::secret::Secret;
use postrider_engine::Config;
use postrider_store::{Asked, Store};
use serde_json::{Value, json};

use crate::Bench;
use crate::ledger::{Kind, Ledger};
use crate::network::{Network, connect, publish};
use crate::raw::{Filling, Raw, WORDS};
use crate::report::{Report, Row, Verdict, median, rate};

/// Where the product's own answer is looked for: often enough for a burst of seconds.
const LOOK: Duration = Duration::from_millis(20);

/// A line to a platform on another continent.
const FAR: Duration = Duration::from_millis(50);

/// Channels of a usual workspace.
pub(crate) const EACH: usize = 10;

/// How much is sent.
#[derive(Debug, Clone, Copy)]
struct Load {
    deliveries: usize,
    lanes: usize,
    rounds: usize,
    nodes: usize,
    /// Channels of one workspace.
    each: usize,
    far: bool,
}

/// Measures one node on every database, then what distance and more nodes change.
pub(crate) async fn run(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let (deliveries, lanes) = bench.scale((10_000, 1_000), (1_000, 100));
    let whole = Load { deliveries, lanes, rounds: bench.scale(3, 1), nodes: 1, each: EACH, far: false };
    for kind in &bench.kinds {
        measure(kind, whole, report).await?;
    }
    let few = Load { deliveries: deliveries / 5, rounds: 1, ..whole };
    for kind in &bench.kinds {
        measure(kind, Load { far: true, ..few }, report).await?;
        measure(kind, Load { lanes: lanes / 20, ..few }, report).await?;
        measure(kind, Load { each: lanes, ..few }, report).await?;
    }
    for kind in bench.kinds.iter().filter(|kind| matches!(kind, Kind::Postgres(_))) {
        for nodes in [2, 3] {
            measure(kind, Load { nodes, deliveries, rounds: 1, ..whole }, report).await?;
        }
    }
    Ok(())
}

async fn measure(kind: &Kind, load: Load, report: &mut Report) -> anyhow::Result<()> {
    let network = Network::new().await?;
    let accounts = network.accounts(load.lanes).await?;
    if load.far {
        network.slow_down(FAR).await?;
    }
    let ledger = Ledger::new(kind).await?;
    connect(&ledger, &accounts, load.each).await?;
    let (mut bare, mut engine, mut asked) = (Vec::new(), Vec::new(), Asked::default());
    // In turns, so that a machine that slows down does so for both.
    for _ in 0..load.rounds {
        let slots = Config::default().slots * load.nodes;
        bare.push(rate(load.deliveries, bare_loop(&network.client, &accounts, load.deliveries, slots).await?));
        let (took, used) = engine_run(&ledger, &network, load).await?;
        engine.push(rate(load.deliveries, took));
        asked = used;
    }
    println!("bare {bare:.0?} a second, engine {engine:.0?} a second");
    let per = |count: u64| count as f64 / load.deliveries as f64;
    println!(
        "{:.1} statements, {:.2} transactions and {:.2} fsyncs a delivery",
        per(asked.statements),
        per(asked.commits),
        per(asked.groups)
    );
    report.add(row(kind, load, median(&mut bare), median(&mut engine)));
    ledger.finish().await?;
    network.running.shutdown().await;
    Ok(())
}

fn row(kind: &Kind, load: Load, bare: f64, engine: f64) -> Row {
    let far = if load.far { ", answers after 50 ms" } else { "" };
    let nodes = if load.nodes > 1 { format!(", {} nodes", load.nodes) } else { String::new() };
    let main = load.nodes == 1 && !load.far && load.each == EACH && load.lanes * 10 == load.deliveries;
    let alone = if load.each == EACH { "" } else { " of one workspace" };
    let ratio = engine / bare;
    Row {
        what: format!(
            "burst: {} deliveries on {} lanes{alone}, {}{nodes}{far}",
            load.deliveries,
            load.lanes,
            kind.name()
        ),
        target: if main { "≥ 0.5 × bare client" } else { "" },
        baseline: format!("{bare:.0}/s"),
        measured: format!("{engine:.0}/s"),
        ratio: Some(ratio),
        verdict: if main { Verdict::of(ratio >= 0.5, "Burst") } else { Verdict::Shown },
    }
}

async fn bare_loop(client: &Client, accounts: &[Connected], count: usize, slots: usize) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let sends = futures::stream::iter(0..count).map(|n| send(client, &accounts[n % accounts.len()], n));
    let answers: Vec<_> = sends.buffer_unordered(slots).collect().await;
    answers.into_iter().collect::<anyhow::Result<()>>()?;
    Ok(started.elapsed())
}

/// The request that the connector makes of a short text.
async fn send(client: &Client, account: &Connected, n: usize) -> anyhow::Result<()> {
    let record = json!({
        "$type": "app.bsky.feed.post", "text": format!("post {n}: {WORDS}"), "createdAt": "2026-01-01T00:00:00.000Z",
    });
    let body = json!({
        "repo": account.person_id, "collection": "app.bsky.feed.post", "rkey": rkey(n), "record": record,
        "swapRecord": Value::Null,
    });
    let request = Request::post_json(format!("{}/xrpc/com.atproto.repo.putRecord", account.host), &body);
    let token = account.credentials.get("access").map(Secret::expose).unwrap_or_default();
    let answer = client.exchange(&request, Some(&format!("Bearer {token}"))).await?;
    anyhow::ensure!(answer.is_success(), "the sandbox refused a bare request: {}", answer.status);
    Ok(())
}

/// A record key of the network's own form (a TID: 13 characters of base 32), other than any made before.
fn rkey(n: usize) -> String {
    const DIGITS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
    let micros = Timestamp::now().as_microsecond().unsigned_abs();
    let value = (micros << 10) | (n as u64 & 0x3ff);
    (0..13).rev().map(|place| char::from(DIGITS[(value >> (place * 5)) as usize & 31])).collect()
}

async fn engine_run(ledger: &Ledger, network: &Network, load: Load) -> anyhow::Result<(Duration, Asked)> {
    let mut raw = ledger.raw().await?;
    let filling = Filling { rows: load.deliveries, at: ledger.store.now().await?, step: SignedDuration::ZERO };
    filling.write(&mut raw).await?;
    let mut stores = vec![ledger.store.clone()];
    for _ in 1..load.nodes {
        stores.push(ledger.again().await?);
    }
    let (started, before) = (Instant::now(), total(&stores, &mut raw).await?);
    let mut nodes = Vec::new();
    for (node, store) in stores.iter().enumerate() {
        nodes.push(publish(store.clone(), network.client.clone(), node as u128).await?);
    }
    settled(&mut raw).await?;
    let (took, after) = (started.elapsed(), total(&stores, &mut raw).await?);
    for node in nodes {
        node.stop().await?;
    }
    let published = raw.number("SELECT count(*) FROM deliveries WHERE state = 'published'").await?;
    let all = raw.number("SELECT count(*) FROM deliveries").await?;
    anyhow::ensure!(published == all, "{published} of {all} were published");
    Ok((took, after - before))
}

/// What all nodes have asked so far. How often PostgreSQL wrote its log through only its server knows, and from version
/// 18 on says elsewhere: then it counts as nothing.
async fn total(stores: &[Store], raw: &mut Raw) -> anyhow::Result<Asked> {
    let asked = stores.iter().map(Store::asked).fold(Asked::default(), |sum, one| sum + one);
    let Raw::Postgres(_) = raw else { return Ok(asked) };
    let groups = raw.number("SELECT COALESCE((to_jsonb(w) ->> 'wal_sync')::bigint, 0) FROM pg_stat_wal w").await?;
    Ok(Asked { groups: u64::try_from(groups)?, ..asked })
}

/// Waits until nothing is due or in hand. Both questions are answered by a partial index.
pub(crate) async fn settled(raw: &mut Raw) -> anyhow::Result<()> {
    let now = "SELECT (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE state IN ('scheduled', 'waiting') LIMIT 1) a) \
               + (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE state = 'running' LIMIT 1) b)";
    while raw.number(now).await? > 0 {
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}
