//! How late posts go out beside a million that are for later, and what looking for them costs.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use postrider_domain::id::NodeId;
use postrider_store::repo::{deliveries, nodes};
use uuid::Uuid;

use crate::Bench;
use crate::burst::EACH;
use crate::ledger::{Kind, Ledger};
use crate::network::{Network, connect, publish};
use crate::raw::{Filling, Raw};
use crate::report::{Report, Row, Verdict, median, quantile, seconds};

const LANES: usize = 1_000;
const A_MINUTE: usize = 1_000;
/// Deliveries that are claimed to see what one claim costs.
const CLAIMED: usize = 1_000;
const BATCH: u32 = 32;

/// Fills a ledger, measures claims at both sizes, then publishes for a minute beside the larger.
pub(crate) async fn run(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let (few, many) = bench.scale((10_000, 1_000_000), (1_000, 20_000));
    for kind in &bench.kinds {
        let network = Network::new().await?;
        let ledger = Ledger::new(kind).await?;
        connect(&ledger, &network.accounts(LANES).await?, EACH).await?;
        let mut raw = ledger.raw().await?;
        let mut costs = Vec::new();
        for rows in [few, many] {
            fill_up(&ledger, &mut raw, rows).await?;
            costs.push(claims(&ledger, &mut raw, rows).await?);
        }
        let flat = costs[1] / costs[0];
        report.add(Row {
            what: format!("claim cost: {few} and {many} rows scheduled, {}", kind.name()),
            target: "flat",
            baseline: seconds(costs[0]),
            measured: seconds(costs[1]),
            ratio: Some(flat),
            verdict: Verdict::of(flat <= 1.25, "Lateness and claims"),
        });
        late(bench, kind, &ledger, &network, &mut raw, report).await?;
        ledger.finish().await?;
        network.running.shutdown().await;
    }
    Ok(())
}

/// Rows for later: one every two and a half seconds from an hour on.
async fn fill_up(ledger: &Ledger, raw: &mut Raw, wanted: usize) -> anyhow::Result<()> {
    let there = usize::try_from(raw.number("SELECT count(*) FROM deliveries WHERE state = 'scheduled'").await?)?;
    let at = ledger.store.now().await? + SignedDuration::from_hours(1);
    let (began, rows) = (Instant::now(), wanted.saturating_sub(there));
    Filling { rows, at, step: SignedDuration::from_millis(2_592) }.write(raw).await?;
    raw.settle().await?;
    println!("{rows} rows written in {}", seconds(began.elapsed().as_secs_f64()));
    Ok(())
}

/// Seconds for each claimed delivery, in batches as the engine claims; the middle batch counts.
async fn claims(ledger: &Ledger, raw: &mut Raw, rows: usize) -> anyhow::Result<f64> {
    let due = Filling { rows: CLAIMED, at: ledger.store.now().await?, step: SignedDuration::ZERO };
    due.write(raw).await?;
    let mut tx = ledger.store.write().await?;
    let boot = nodes::register(&mut tx, NodeId::from_uuid(Uuid::nil()), "bench", "0").await?;
    println!("the look for candidates beside {rows} rows, {}:", ledger.store.kind());
    deliveries::explain_candidates(&mut tx, BATCH * 4).await?.iter().for_each(|line| println!("    {line}"));
    tx.commit().await?;
    let (mut costs, mut commits) = (Vec::new(), Vec::new());
    loop {
        let began = Instant::now();
        let mut tx = ledger.store.write().await?;
        let found = deliveries::candidates(&mut tx, BATCH).await?;
        for candidate in &found {
            deliveries::claim(&mut tx, candidate, boot, Duration::from_secs(25)).await?;
        }
        let asked = began.elapsed();
        tx.commit().await?;
        if found.is_empty() {
            break;
        }
        let (whole, each) = (began.elapsed(), found.len() as f64);
        costs.push(whole.as_secs_f64() / each);
        commits.push((whole - asked).as_secs_f64() / each);
    }
    println!("of {} a claim, {} were the commit's", seconds(median(&mut costs)), seconds(median(&mut commits)));
    raw.execute("UPDATE lanes SET busy_delivery = NULL WHERE busy_delivery IS NOT NULL").await?;
    raw.execute("UPDATE deliveries SET state = 'canceled' WHERE state = 'running'").await?;
    Ok(median(&mut costs))
}

async fn late(
    bench: &Bench,
    kind: &Kind,
    ledger: &Ledger,
    network: &Network,
    raw: &mut Raw,
    report: &mut Report,
) -> anyhow::Result<()> {
    let many = raw.number("SELECT count(*) FROM deliveries WHERE state = 'scheduled'").await?;
    let minutes = bench.scale(2, 1);
    let rows = bench.scale(A_MINUTE * minutes, 100);
    let at = ledger.store.now().await? + SignedDuration::from_secs(5);
    let step = SignedDuration::from_micros(60_000_000 / i64::try_from(A_MINUTE)?);
    let publishing = publish(ledger.store.clone(), network.client.clone(), 1).await?;
    Filling { rows, at, step }.write(raw).await?;
    let end = at + SignedDuration::try_from(Duration::try_from(step)? * u32::try_from(rows)?)?;
    let mut late = wait_for(ledger, raw, (at, end), rows).await?;
    publishing.stop().await?;
    let (middle, p99) = (median(&mut late), quantile(&mut late, 0.99));
    report.add(Row {
        what: format!("lateness: {many} rows scheduled, {A_MINUTE} due a minute, {}", kind.name()),
        target: "p99 ≤ 1 s",
        baseline: format!("median {}", seconds(middle)),
        measured: format!("p99 {}, worst {}", seconds(p99), seconds(quantile(&mut late, 1.0))),
        ratio: None,
        verdict: Verdict::of(p99 <= 1.0, "Lateness and claims"),
    });
    Ok(())
}

/// Seconds from when each was due until it was out.
async fn wait_for(
    ledger: &Ledger,
    raw: &mut Raw,
    (from, until): (Timestamp, Timestamp),
    rows: usize,
) -> anyhow::Result<Vec<f64>> {
    let text = format!(
        "SELECT published_at - scheduled_at FROM deliveries WHERE state = 'published' AND scheduled_at >= {} \
         AND scheduled_at < {}",
        from.as_microsecond(),
        until.as_microsecond(),
    );
    loop {
        let now = ledger.store.now().await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        if now < until {
            continue;
        }
        let late = raw.numbers(&text).await?;
        if late.len() >= rows || now > until + SignedDuration::from_secs(60) {
            anyhow::ensure!(
                late.len() == rows,
                "{} of {rows} were published a minute after the last was due",
                late.len()
            );
            return Ok(late.into_iter().map(|micros| micros as f64 / 1e6).collect());
        }
    }
}
