//! Fault injection from the command line.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use postrider_chaos::audit::report::Report;
use postrider_chaos::audit::{self, kinds};
use postrider_chaos::broken;
use postrider_chaos::plan::Mode;
use postrider_chaos::record;
use postrider_chaos::run::{self, Order};
use postrider_chaos::world::Database;
use postrider_chaos::world::accounts::Network;

/// Breaks things around real processes, and judges what became of every delivery.
#[derive(Debug, Parser)]
#[command(name = "postrider-chaos")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Breaks things and judges what came of it, on each database at once.
    Run(RunArgs),
    /// Holds the write lock of a SQLite file, for a run that says so.
    #[command(hide = true)]
    Lock {
        /// The file.
        file: PathBuf,
        /// For how many seconds.
        seconds: u64,
    },
    /// Takes a rule of the product out of a copy of its sources, to see that a run without it fails.
    Break {
        /// Which.
        #[arg(value_enum)]
        rule: broken::Rule,
        /// The copy.
        sources: PathBuf,
    },
    /// Judges the logs of runs; fails when something was not kept.
    Audit(AuditArgs),
}

#[derive(Debug, Args)]
struct RunArgs {
    /// How much of everything.
    #[arg(long, value_enum, default_value = "full")]
    mode: Mode,
    /// Workload and fault plan follow from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// On which databases.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["sqlite", "postgres"])]
    databases: Vec<Database>,
    /// Only these acts.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Posts to these networks only.
    #[arg(long = "network", value_enum, value_delimiter = ',')]
    networks: Vec<Network>,
    /// The product; the one beside this program where none is named.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// What was taken out of that binary, for the log.
    #[arg(long)]
    broken: Option<String>,
    /// Where logs are kept.
    #[arg(long, default_value = "target/chaos-logs")]
    keep: PathBuf,
    /// Fail where a kind of fault met fewer deliveries.
    #[arg(long, default_value_t = 0)]
    per_kind: usize,
    /// Fail where fewer deliveries, of all databases, were in flight at a fault.
    #[arg(long, default_value_t = 0)]
    deliveries: usize,
}

#[derive(Debug, Args)]
struct AuditArgs {
    /// Event logs; each has a column in the tables.
    #[arg(required = true)]
    logs: Vec<PathBuf>,
    /// Fail where a kind of fault met fewer deliveries.
    #[arg(long, default_value_t = 0)]
    per_kind: usize,
    /// Fail where fewer deliveries were in flight at a fault.
    #[arg(long, default_value_t = 0)]
    deliveries: usize,
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Run(args) => break_things(args),
        Command::Lock { file, seconds } => {
            tokio::runtime::Runtime::new()?.block_on(run::lock(&file, seconds))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Break { rule, sources } => {
            rule.take_out(&sources)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Audit(args) => judge(&args),
    }
}

/// Runs on all databases at once, keeps the logs, and judges them.
fn break_things(args: RunArgs) -> anyhow::Result<ExitCode> {
    let keep = args.keep.join(format!("seed-{}", args.seed));
    std::fs::create_dir_all(&keep)?;
    let binary = args.binary.clone().unwrap_or_else(postrider_e2e::harness::binary);
    let program = std::env::current_exe()?;
    let order = |database: Database| Order {
        database,
        mode: args.mode,
        seed: args.seed,
        only: args.only.clone(),
        networks: args.networks.clone(),
        binary: binary.clone(),
        program: program.clone(),
        broken: args.broken.clone(),
        log: keep.join(format!("{}.jsonl", database.name())),
    };
    let orders: Vec<Order> = args.databases.iter().map(|database| order(*database)).collect();
    let logs = orders.iter().map(|order| order.log.clone()).collect();
    tokio::runtime::Runtime::new()?.block_on(run::all(orders))?;
    judge(&AuditArgs { logs, per_kind: args.per_kind, deliveries: args.deliveries })
}

/// Prints the report of the logs; a success when all is kept and enough was broken.
fn judge(args: &AuditArgs) -> anyhow::Result<ExitCode> {
    let verdicts = args.logs.iter().map(|log| Ok(audit::judge(&record::read(log)?)));
    let verdicts = verdicts.collect::<anyhow::Result<Vec<_>>>()?;
    let mut out = std::io::stdout().lock();
    write!(out, "{}", Report(&verdicts))?;
    for verdict in verdicts.iter().filter(|verdict| !verdict.enough(args.per_kind, args.deliveries)) {
        let scarce: Vec<_> = verdict.scarce(args.per_kind).into_iter().map(kinds::name).collect();
        let (database, met) = (verdict.database(), verdict.in_flight);
        writeln!(out, "{database}: too little was broken: {met} in flight; scarce: {}", scarce.join(", "))?;
    }
    let kept = verdicts.iter().all(|v| v.is_clean() && v.enough(args.per_kind, args.deliveries));
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
