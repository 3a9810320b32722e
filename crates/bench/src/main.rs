//! Benchmarks: every figure that the design promises, beside its baseline of the same run.
//!
//! A machine's absolute times mean nothing to another; ratios do. The shipped durability
//! settings are in force. `docs/benchmarks.md` says how to read it.
#![expect(clippy::print_stdout, reason = "printing is what a benchmark is for")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time with real randomness")]

mod burst;
mod calendar;
mod cgroup;
mod create;
mod film;
mod head_of_line;
mod lateness;
mod ledger;
mod memory;
mod network;
mod process;
mod raw;
mod recovery;
mod report;
mod start;
mod web;

use clap::{Parser, ValueEnum};

use crate::ledger::Kind;
use crate::report::Report;

/// Measures what the design promises. Without arguments: everything.
#[derive(Debug, Parser)]
#[command(name = "postrider-bench", version)]
struct Cli {
    /// Address of a PostgreSQL server in which databases may be made; without it SQLite only
    #[arg(long, env = "POSTRIDER_BENCH_PG")]
    postgres: Option<String>,
    /// A tenth of the load or less: shows that it runs, and no more than that
    #[arg(long)]
    quick: bool,
    /// Only these
    #[arg(value_enum)]
    only: Vec<What>,
}

/// The measurements, in the order of the design's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Burst,
    Lateness,
    HeadOfLine,
    Recovery,
    Calendar,
    Create,
    Memory,
    Start,
    Web,
}

/// What every measurement is given.
pub(crate) struct Bench {
    /// The databases to measure on.
    pub(crate) kinds: Vec<Kind>,
    /// Whether only a small load is wanted.
    pub(crate) quick: bool,
}

impl Bench {
    /// The whole load, or a small one.
    pub(crate) fn scale<T>(&self, whole: T, small: T) -> T {
        if self.quick { small } else { whole }
    }
}

impl What {
    async fn run(self, bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
        match self {
            What::Burst => burst::run(bench, report).await,
            What::Lateness => lateness::run(bench, report).await,
            What::HeadOfLine => head_of_line::run(bench, report).await,
            What::Recovery => recovery::run(bench, report).await,
            What::Calendar => calendar::run(bench, report).await,
            What::Create => create::run(bench, report).await,
            What::Memory => memory::run(bench, report).await,
            What::Start => start::run(bench, report).await,
            What::Web => web::run(report),
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let mut kinds = vec![Kind::Sqlite];
    kinds.extend(cli.postgres.map(Kind::Postgres));
    for kind in &kinds {
        kind.check().await?;
    }
    let bench = Bench { kinds, quick: cli.quick };
    let mut report = Report::default();
    for what in What::value_variants().iter().filter(|what| cli.only.is_empty() || cli.only.contains(what)) {
        println!("\n== {}", what.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default());
        if let Err(error) = what.run(&bench, &mut report).await {
            report.failed(&format!("{what:?}"), &error);
        }
    }
    report.print(cli.quick);
    Ok(())
}
