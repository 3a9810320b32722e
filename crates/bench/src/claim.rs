//! What a claim costs: flat, however many rows are scheduled for later.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use postrider_domain::id::{ChannelId, LaneId, NodeId};
use postrider_store::repo::channels::{self, NewChannel};
use postrider_store::repo::{deliveries, nodes};

use crate::ledger::Ledger;

const LANES: usize = 500;
const DUE: usize = 500;
const BATCH: u32 = 32;

/// Measures claims beside each number of scheduled rows and prints the ratio to the first.
pub(crate) async fn run(postgres: Option<String>, rows: &[usize]) -> anyhow::Result<()> {
    let ledger = Ledger::new(postgres).await?;
    let lanes = lanes(&ledger).await?;
    let (mut there, mut baseline) = (0, None);
    println!("{:>10} {:>14} {:>8}", "rows", "µs per claim", "ratio");
    for &wanted in rows {
        fill(&ledger, &lanes, wanted - there, SignedDuration::from_hours(24 * 30)).await?;
        there = wanted;
        fill(&ledger, &lanes, DUE, SignedDuration::ZERO).await?;
        let each = measure(&ledger).await?;
        let first = *baseline.get_or_insert(each);
        println!("{wanted:>10} {:>14.1} {:>8.2}", each * 1e6, each / first);
    }
    Ok(())
}

async fn lanes(ledger: &Ledger) -> anyhow::Result<Vec<(ChannelId, LaneId)>> {
    let mut tx = ledger.store.write().await?;
    let mut made = Vec::new();
    for n in 0..LANES {
        let account = format!("account {n}");
        let new = NewChannel {
            grant: None,
            platform: "bench",
            host: "https://bench.example",
            remote_id: &account,
            handle: &account,
            name: &account,
            picture: None,
            url: None,
            facts: &serde_json::Value::Null,
            min_gap: Duration::ZERO,
        };
        let channel = channels::upsert(&mut tx, ledger.workspace, new).await?;
        made.push((channel.id, channel.lane_id));
    }
    tx.commit().await?;
    Ok(made)
}

async fn fill(
    ledger: &Ledger,
    lanes: &[(ChannelId, LaneId)],
    rows: usize,
    ahead: SignedDuration,
) -> anyhow::Result<()> {
    let mut left = rows;
    while left > 0 {
        let mut tx = ledger.store.write().await?;
        for n in 0..left.min(2_000) {
            let at = tx.now() + ahead;
            ledger.schedule(&mut tx, lanes[n % lanes.len()], format!("post {n}"), at).await?;
        }
        tx.commit().await?;
        left = left.saturating_sub(2_000);
    }
    Ok(())
}

/// Seconds per claimed delivery, in batches as the engine claims.
async fn measure(ledger: &Ledger) -> anyhow::Result<f64> {
    let mut tx = ledger.store.write().await?;
    let boot = nodes::register(&mut tx, NodeId::from_uuid(Default::default()), "bench", "0").await?;
    tx.commit().await?;
    let (started, mut claimed) = (Instant::now(), 0u32);
    loop {
        let mut tx = ledger.store.write().await?;
        let found = deliveries::candidates(&mut tx, BATCH).await?;
        if found.is_empty() {
            break;
        }
        for candidate in &found {
            if deliveries::claim(&mut tx, candidate, boot, Duration::from_secs(25)).await?.is_some() {
                claimed += 1;
            }
        }
        tx.commit().await?;
    }
    let each = started.elapsed().as_secs_f64() / f64::from(claimed.max(1));
    ledger.settle_running(boot).await?;
    Ok(each)
}

impl Ledger {
    /// Ends what the measurement claimed, so that its lanes are free for the next.
    async fn settle_running(&self, boot: postrider_domain::id::BootId) -> anyhow::Result<()> {
        let mut tx = self.store.write().await?;
        nodes::close(&mut tx, boot).await?;
        tx.commit().await?;
        loop {
            let mut tx = self.store.write().await?;
            let taken = deliveries::rescue(&mut tx, boot, 500).await?;
            for one in &taken {
                deliveries::cancel(&mut tx, self.workspace, one.id).await?;
            }
            tx.commit().await?;
            if taken.is_empty() {
                return Ok(());
            }
        }
    }
}
