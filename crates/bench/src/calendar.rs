//! A month through the API, against the same rows fetched and written as JSON by nobody in particular.

use std::time::Instant;

use anyhow::ensure;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use uuid::Uuid;

use crate::Bench;
use crate::ledger::Kind;
use crate::network::Network;
use crate::process::{Instance, Node};
use crate::raw::{Filling, Raw};
use crate::report::{Report, Row, Verdict, median, seconds};

const CHANNELS: usize = 10;
const ROUNDS: usize = 40;
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Measures a month of 1,000 posts and one of 10,000.
pub(crate) async fn run(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    for kind in &bench.kinds {
        let network = Network::new().await?;
        let instance = Instance::new(kind, &network).await?;
        let node = instance.serve().await?;
        for n in 0..CHANNELS {
            node.connect(&network, n).await?;
        }
        let mut raw = instance.raw().await?;
        let workspace = raw.id("SELECT id FROM workspaces").await?;
        let mut api = Vec::new();
        for (month, posts) in [(1, bench.scale(1_000, 100)), (3, bench.scale(10_000, 1_000))] {
            let from = Timestamp::now() + MONTH * month;
            let step = SignedDuration::from_micros(i64::try_from(MONTH.as_micros())? / i64::try_from(posts)?);
            Filling { rows: posts, at: from, step }.write(&mut raw).await?;
            api.push(month_of(&node, &mut raw, workspace, (from, from + MONTH), posts, kind, report).await?);
        }
        let growth = api[1] / api[0];
        report.add(Row {
            what: format!("calendar: ten times as many posts, {}", kind.name()),
            target: "linear",
            baseline: seconds(api[0]),
            measured: seconds(api[1]),
            ratio: Some(growth),
            verdict: Verdict::of(growth <= 11.0, "Calendar"),
        });
        node.kill().await?;
        instance.finish().await?;
    }
    Ok(())
}

/// Seconds that the API takes for a month.
async fn month_of(
    node: &Node,
    raw: &mut Raw,
    workspace: Uuid,
    (from, until): (Timestamp, Timestamp),
    posts: usize,
    kind: &Kind,
    report: &mut Report,
) -> anyhow::Result<f64> {
    let path = node.path(&format!("/calendar?from={from}&until={until}"));
    let shown = node.get(&path).await?["items"].as_array().map_or(0, Vec::len);
    ensure!(shown == posts, "{shown} of {posts} posts are in the calendar");
    let (mut plain, mut api, mut sizes) = (Vec::new(), Vec::new(), (0, 0));
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let rows = raw.month(workspace, from, until).await?;
        sizes.0 = serde_json::to_vec(&rows)?.len();
        plain.push(began.elapsed().as_secs_f64());
        ensure!(rows.len() == posts, "{} of {posts} rows", rows.len());
        let began = Instant::now();
        let answer = node.request(Method::GET, &path).send().await?.error_for_status()?;
        sizes.1 = answer.bytes().await?.len();
        api.push(began.elapsed().as_secs_f64());
    }
    let (plain, api) = (median(&mut plain), median(&mut api));
    let ratio = plain / api;
    println!("{} bytes of plain rows, {} bytes of answer", sizes.0, sizes.1);
    report.add(Row {
        what: format!("calendar: a month of {posts} posts, {}", kind.name()),
        target: "≥ 0.7 × query and serialisation",
        baseline: seconds(plain),
        measured: seconds(api),
        ratio: Some(ratio),
        verdict: Verdict::of(ratio >= 0.7, "Calendar"),
    });
    Ok(api)
}
