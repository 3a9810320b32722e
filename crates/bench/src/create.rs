//! Making a post through the API, against the same rows written by the store alone.

use std::time::Instant;

use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use postrider_domain::content::{ChannelContent, Content, PartContent};
use postrider_domain::entitlement::Meter;
use postrider_domain::id::{ChannelId, LaneId, WorkspaceId};
use postrider_store::repo::deliveries::{self, NewDelivery};
use postrider_store::repo::posts::{self, NewPost, When};
use postrider_store::repo::{channels, entitlements, events, idempotency};
use serde_json::{Value, json};

use crate::Bench;
use crate::ledger::{Kind, Ledger};
use crate::network::{Network, connect};
use crate::process::Instance;
use crate::raw::{Raw, WORDS};
use crate::report::{Report, Row, Verdict, rate};

/// What one post writes, counted in both.
const TABLES: [&str; 6] = ["posts", "revisions", "variants", "deliveries", "events", "idempotency_keys"];

const LOCAL: &str = "2030-01-01T10:00:00";

/// Measures one client and sixteen at once.
pub(crate) async fn run(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let posts = bench.scale(2_000, 200);
    for kind in &bench.kinds {
        for clients in [1, 16] {
            let posts = if clients == 1 { posts / 4 } else { posts };
            let network = Network::new().await?;
            let (store, rows) = by_store(kind, &network, posts, clients).await?;
            let (api, same) = by_api(kind, &network, posts, clients).await?;
            anyhow::ensure!(rows == same, "the API wrote {same:?} and the store {rows:?} rows in {TABLES:?}");
            let ratio = api / store;
            report.add(Row {
                what: format!("create a post: {clients} at once, {}", kind.name()),
                target: "≥ 0.5 × the store alone",
                baseline: format!("{store:.0}/s"),
                measured: format!("{api:.0}/s"),
                ratio: Some(ratio),
                verdict: Verdict::of(ratio >= 0.5, "Creating posts"),
            });
        }
    }
    Ok(())
}

/// How many rows each table has.
async fn count(raw: &mut Raw) -> anyhow::Result<Vec<i64>> {
    let mut counts = Vec::new();
    for table in TABLES {
        counts.push(raw.number(&format!("SELECT count(*) FROM {table}")).await?);
    }
    Ok(counts)
}

fn grown(before: &[i64], after: &[i64]) -> Vec<i64> {
    after.iter().zip(before).map(|(after, before)| after - before).collect()
}

async fn by_api(kind: &Kind, network: &Network, posts: usize, clients: usize) -> anyhow::Result<(f64, Vec<i64>)> {
    let instance = Instance::new(kind, network).await?;
    let node = instance.serve().await?;
    let channel = node.connect(network, 0).await?;
    let (path, mut raw) = (node.path("/posts"), instance.raw().await?);
    let body = |n| {
        let text = format!("post {n}: {WORDS}");
        json!({ "parts": [{ "text": text }], "channels": [{ "channel": channel }], "when": { "local": LOCAL, "zone": "UTC" } })
    };
    let (before, began) = (count(&mut raw).await?, Instant::now());
    let bodies: Vec<Value> = (0..posts).map(body).collect();
    let made = futures::stream::iter(&bodies).map(|body| node.post(&path, body));
    let made: Vec<_> = made.buffer_unordered(clients).collect().await;
    let took = began.elapsed();
    made.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let rows = grown(&before, &count(&mut raw).await?);
    node.kill().await?;
    instance.finish().await?;
    Ok((rate(posts, took), rows))
}

async fn by_store(kind: &Kind, network: &Network, posts: usize, clients: usize) -> anyhow::Result<(f64, Vec<i64>)> {
    let ledger = Ledger::new(kind).await?;
    let workspace = connect(&ledger, &network.accounts(1).await?, 1).await?;
    let channel = channels::list(&mut ledger.store.read().await?, workspace).await?.remove(0);
    let mut raw = ledger.raw().await?;
    let (before, began) = (count(&mut raw).await?, Instant::now());
    let target = (workspace, channel.id, channel.lane_id);
    let made = futures::stream::iter(0..posts).map(|n| write(&ledger, target, n));
    let made: Vec<_> = made.buffer_unordered(clients).collect().await;
    let took = began.elapsed();
    made.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let rows = grown(&before, &count(&mut raw).await?);
    drop(raw);
    ledger.finish().await?;
    Ok((rate(posts, took), rows))
}

/// Where a post goes.
type Target = (WorkspaceId, ChannelId, LaneId);

/// One transaction with all that the use case leaves behind, and nothing that it looks at.
async fn write(ledger: &Ledger, (workspace, channel, lane): Target, n: usize) -> anyhow::Result<()> {
    let user = ledger.user;
    let part = PartContent { text: format!("post {n}: {WORDS}"), ..PartContent::default() };
    let own = ChannelContent { channel, parts: None, settings: serde_json::Map::new() };
    let content = Content { parts: vec![part], channels: vec![own] };
    let at = Timestamp::now() + SignedDuration::from_hours(24 * 300);
    let when = When { at, local: LOCAL.to_owned(), zone: "UTC".to_owned() };
    let new = NewPost {
        author: user,
        content: &content,
        draft: false,
        when: Some(&when),
        missed_window: None,
        labels: &[],
        source: None,
        external_id: None,
    };
    let (caller, key) = (user.to_string(), n.to_string());
    let mut tx = ledger.store.write().await?;
    idempotency::begin(&mut tx, &caller, &key, &[0; 32]).await?;
    let post = posts::create(&mut tx, workspace, new).await?.id;
    entitlements::consume(&mut tx, workspace, Meter::PostsPerMonth, 1).await?;
    let delivery =
        NewDelivery { post, channel, lane, occurrence: LOCAL, authorised_by: user, at, missed_window_s: 3_600 };
    deliveries::create(&mut tx, workspace, &delivery).await?;
    events::append(&mut tx, workspace, "post.changed", &json!({ "post": post })).await?;
    idempotency::finish(&mut tx, &caller, &key, 1, &json!(post).to_string()).await?;
    Ok(tx.commit().await?)
}
