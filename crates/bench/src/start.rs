//! How long a start takes until the first answer.

use crate::Bench;
use crate::network::Network;
use crate::process::Instance;
use crate::report::{Report, Row, Verdict, median, seconds};

const ROUNDS: usize = 7;

/// Measures starts on a database that is there, and on an empty one.
pub(crate) async fn run(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    for kind in &bench.kinds {
        let network = Network::new().await?;
        let instance = Instance::new(kind, &network).await?;
        let (mut existing, mut empty) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let node = instance.serve().await?;
            existing.push(node.first_answer.as_secs_f64());
            node.kill().await?;
            empty.push(Instance::first_start(kind).await?.as_secs_f64());
        }
        instance.finish().await?;
        report.add(row(format!("start: existing database, {}", kind.name()), "≤ 0.5 s", median(&mut existing), 0.5));
        report.add(row(format!("start: empty database, {}", kind.name()), "≤ 2 s", median(&mut empty), 2.0));
    }
    Ok(())
}

fn row(what: String, target: &'static str, took: f64, limit: f64) -> Row {
    Row {
        what,
        target,
        baseline: String::new(),
        measured: format!("{}, after kill -9 each time", seconds(took)),
        ratio: None,
        verdict: Verdict::of(took <= limit, "Start"),
    }
}
