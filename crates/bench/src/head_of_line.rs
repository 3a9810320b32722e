//! Text posts on other accounts while a large upload to a slow platform is under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::Bench;
use crate::film::{Film, GIB};
use crate::ledger::Kind;
use crate::network::Network;
use crate::process::{Instance, Node};
use crate::raw::Raw;
use crate::report::{Report, Row, Verdict, quantile, seconds};

const POSTS: usize = 100;

/// What the slow line takes: a GiB is on it for more than half a minute.
const BYTES_A_SECOND: u64 = 24 << 20;

/// How long before they are due the texts are written.
const AHEAD: SignedDuration = SignedDuration::from_secs(6);

/// Measures the texts alone, then beside the upload.
pub(crate) async fn run(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    for kind in &bench.kinds {
        let bytes = bench.scale(GIB, GIB / 4);
        measure(kind, bytes, report).await?;
    }
    Ok(())
}

async fn measure(kind: &Kind, bytes: u64, report: &mut Report) -> anyhow::Result<()> {
    let network = Network::new().await?;
    let line = SlowLine::before(&network).await?;
    let mut instance = Instance::new(kind, &network).await?;
    instance.open_host(line.url.trim_start_matches("http://").to_owned());
    // Without ffmpeg the film is sent as long as it is.
    let without = [("POSTRIDER_MEDIA_FFMPEG", "none".to_owned())];
    let node = instance.serve_in(&instance.data(), &without, None).await?;
    let mut channels = Vec::new();
    for n in 0..POSTS {
        channels.push(node.connect(&network, n).await?);
    }
    let mut raw = instance.raw().await?;
    let alone = texts(&node, &channels, &mut raw).await?;
    let film = Film { bytes }.upload(&node).await?;
    Film::ready(&node, &film).await?;
    let slow = node.consent(&network, &line.url, "grace").await?;
    node.schedule(&slow, json!({ "text": "a film", "media": [{ "id": film }] }), json!({ "now": true })).await?;
    line.is_busy().await?;
    let mut beside = texts(&node, &channels, &mut raw).await?;
    let carried = line.carried.load(Ordering::Relaxed);
    ensure!(carried < bytes, "the upload was over before the texts were: {carried} bytes");
    let (p99, alone) = (quantile(&mut beside, 0.99), quantile(&mut alone.clone(), 0.99));
    report.add(Row {
        what: format!(
            "head of line: {} MiB upload at {} MiB/s, {POSTS} texts, {}",
            bytes >> 20,
            BYTES_A_SECOND >> 20,
            kind.name()
        ),
        target: "p99 ≤ 1 s",
        baseline: format!("p99 {} without the upload", seconds(alone)),
        measured: format!("p99 {}", seconds(p99)),
        ratio: Some(p99 / alone),
        verdict: Verdict::of(p99 <= 1.0, "Head of line"),
    });
    node.kill().await?;
    instance.finish().await
}

/// Puts a text on every channel for one instant and says how late each was, in seconds.
async fn texts(node: &Node, channels: &[String], raw: &mut Raw) -> anyhow::Result<Vec<f64>> {
    let due = Timestamp::now() + AHEAD;
    for channel in channels {
        node.schedule(channel, json!({ "text": "on time" }), json!({ "at": due.to_string() })).await?;
    }
    ensure!(Timestamp::now() < due, "the texts could not be written before they were due");
    let text = format!(
        "SELECT published_at - scheduled_at FROM deliveries WHERE scheduled_at = {} AND state = 'published'",
        due.as_microsecond()
    );
    for _ in 0..600 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let late = raw.numbers(&text).await?;
        if late.len() == channels.len() {
            return Ok(late.into_iter().map(|micros| micros as f64 / 1e6).collect());
        }
    }
    anyhow::bail!("not all texts were published within a minute")
}

/// A line to an instance that takes so many bytes a second.
pub(crate) struct SlowLine {
    pub(crate) url: String,
    carried: Arc<AtomicU64>,
}

impl SlowLine {
    /// Lets the instance take large films, and puts the line before it.
    pub(crate) async fn before(network: &Network) -> anyhow::Result<Self> {
        let large = json!({ "video_size_limit": 16 * GIB, "processing_ms": 0 });
        network.control("/_instances/mastodon", &large).await?;
        let origin = network.running.instance("mastodon").context("an instance")?;
        let host = origin.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let line = Self { url: format!("http://{}", listener.local_addr()?), carried: Arc::default() };
        let carried = Arc::clone(&line.carried);
        tokio::spawn(async move {
            while let Ok((from, _)) = listener.accept().await {
                tokio::spawn(carry(from, host.clone(), Arc::clone(&carried)));
            }
        });
        Ok(line)
    }

    /// Waits until more than a head of a request has gone over it.
    async fn is_busy(&self) -> anyhow::Result<()> {
        let busy = async {
            while self.carried.load(Ordering::Relaxed) < 4 << 20 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(120), busy).await.context("the upload never began")
    }
}

async fn carry(from: TcpStream, host: String, carried: Arc<AtomicU64>) -> std::io::Result<()> {
    let to = TcpStream::connect(host).await?;
    let ((mut from, mut back), (mut answers, mut to)) = (from.into_split(), to.into_split());
    tokio::spawn(async move { tokio::io::copy(&mut answers, &mut back).await });
    let mut piece = vec![0; 1 << 18];
    loop {
        let n = from.read(&mut piece).await?;
        if n == 0 {
            return Ok(());
        }
        to.write_all(&piece[..n]).await?;
        carried.fetch_add(n as u64, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_secs_f64(n as f64 / BYTES_A_SECOND as f64)).await;
    }
}
