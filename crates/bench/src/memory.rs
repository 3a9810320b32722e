//! What the process takes when nothing happens, and when everything is large.

use std::time::Duration;

use anyhow::ensure;
use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::Bench;
use crate::cgroup::Cgroup;
use crate::film::{Film, GIB};
use crate::head_of_line::SlowLine;
use crate::ledger::Kind;
use crate::network::Network;
use crate::process::{Instance, Node};
use crate::report::{Report, Row, Verdict};

const MB: u64 = 1_000_000;
const IDLE: u64 = 60 * MB;
const BUSY: u64 = 256 * MB;
const AT_ONCE: usize = 10;

/// Measures both on SQLite: what large files take has nothing to do with the database.
pub(crate) async fn run(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    for kind in &bench.kinds {
        idle(bench, kind, report).await?;
    }
    busy(bench, report).await
}

async fn idle(bench: &Bench, kind: &Kind, report: &mut Report) -> anyhow::Result<()> {
    let network = Network::new().await?;
    let instance = Instance::new(kind, &network).await?;
    let node = instance.serve().await?;
    tokio::time::sleep(Duration::from_secs(bench.scale(30, 5))).await;
    let taken = node.memory("VmRSS")?;
    report.add(row(format!("memory: idle, {}", kind.name()), "≤ 60 MB", taken, taken <= IDLE, "resident"));
    node.kill().await?;
    instance.finish().await
}

fn row(what: String, target: &'static str, taken: u64, reached: bool, how: &str) -> Row {
    Row {
        what,
        target,
        baseline: String::new(),
        measured: format!("{} MB {how}", taken / MB),
        ratio: None,
        verdict: Verdict::of(reached, "Memory"),
    }
}

async fn busy(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let (one, five) = bench.scale((GIB, 5 * GIB), (GIB / 32, GIB / 8));
    let network = Network::new().await?;
    // For its settings: the instance takes films of any length.
    SlowLine::before(&network).await?;
    let instance = Instance::new(&Kind::Sqlite, &network).await?;
    let cgroup = Cgroup::new(BUSY);
    let node = instance.serve_in(&instance.data(), &without_ffmpeg(), cgroup.as_ref()).await?;
    let origin = network.running.instance("mastodon").unwrap_or_default();
    let film = Film { bytes: one }.upload(&node).await?;
    Film::ready(&node, &film).await?;
    let due = Timestamp::now() + SignedDuration::from_secs(bench.scale(30, 10));
    let mut posts = Vec::new();
    for n in 0..AT_ONCE {
        let channel = node.consent(&network, &origin, &format!("person{n}")).await?;
        let part = json!({ "text": "a film", "media": [{ "id": film }] });
        posts.push(node.schedule(&channel, part, json!({ "at": due.to_string() })).await?);
    }
    tokio::time::sleep(Duration::try_from(due.duration_since(Timestamp::now())).unwrap_or_default()).await;
    // Each of its own length, so that no two are the same file.
    let lengths = (1..=AT_ONCE as u64).map(|n| one + n).chain([five]);
    let uploads = lengths.map(|bytes| Film { bytes }.upload(&node));
    try_join_all(uploads).await?;
    for post in &posts {
        published(&node, post).await?;
    }
    let peak = node.memory("VmHWM")?;
    report.add(outcome(cgroup.as_ref(), peak, (one, five)));
    node.kill().await?;
    instance.finish().await
}

fn without_ffmpeg() -> [(&'static str, String); 2] {
    // Films are then sent at their whole length; and the disk is checked by this run itself.
    [("POSTRIDER_MEDIA_FFMPEG", "none".to_owned()), ("POSTRIDER_MEDIA_KEEP_FREE_MIB", "4096".to_owned())]
}

fn outcome(cgroup: Option<&Cgroup>, peak: u64, (one, five): (u64, u64)) -> Row {
    let how = match cgroup {
        Some(cgroup) => {
            let all = cgroup.peak().unwrap_or_default() / MB;
            format!(
                "resident at most; lives in a memory cgroup of 256 MB, of which {all} MB were used, file pages included"
            )
        }
        None => "resident at most; no memory cgroup may be made here".to_owned(),
    };
    let (one, five) = (one >> 20, five >> 20);
    let what =
        format!("memory: {AT_ONCE} uploads and {AT_ONCE} publishes of {one} MiB and an upload of {five} MiB at once");
    row(what, "≤ 256 MB", peak, peak <= BUSY, &how)
}

async fn published(node: &Node, post: &str) -> anyhow::Result<()> {
    for _ in 0..3_000 {
        let delivery = node.delivery(post).await?;
        match delivery["state"].as_str() {
            Some("published") => return Ok(()),
            Some("scheduled" | "running" | "waiting") => tokio::time::sleep(Duration::from_millis(200)).await,
            _ => break,
        }
    }
    ensure!(false, "it was not published: {}", node.delivery(post).await?);
    Ok(())
}
