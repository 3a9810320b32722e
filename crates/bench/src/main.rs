//! Benchmarks: each prints its baseline, measured in the same run.
//!
//! This machine's absolute times mean nothing to another; ratios do. The shipped
//! durability settings are in force.
#![expect(clippy::print_stdout, reason = "printing is what a benchmark is for")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time with real randomness")]

mod burst;
mod claim;
mod ledger;

use clap::{Parser, Subcommand};

/// Measures the publish engine.
#[derive(Debug, Parser)]
#[command(name = "postrider-bench", version)]
struct Cli {
    /// PostgreSQL server with an empty database; SQLite in a temporary folder without it.
    #[arg(long, env = "POSTRIDER_BENCH_PG", global = true)]
    postgres: Option<String>,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Many text deliveries due at one instant, against a bare client loop.
    Burst {
        /// How many deliveries.
        #[arg(long, default_value_t = 2_000)]
        deliveries: usize,
        /// On how many accounts.
        #[arg(long, default_value_t = 200)]
        lanes: usize,
    },
    /// What a claim costs beside few and many scheduled rows.
    Claim {
        /// Row counts to compare, smallest first.
        #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000])]
        rows: Vec<usize>,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    match cli.what {
        What::Burst { deliveries, lanes } => burst::run(cli.postgres, deliveries, lanes).await,
        What::Claim { rows } => claim::run(cli.postgres, &rows).await,
    }
}
