//! A short run on both databases: every fault once, and nothing doubled, lost, untold or stuck.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "these tests are the world around the product")]
#![allow(clippy::print_stdout, reason = "a run says where it is, and a skip must be seen")]

use std::path::Path;

use postrider_chaos::audit::{self, Verdict, report::Report};
use postrider_chaos::plan::Mode;
use postrider_chaos::record;
use postrider_chaos::run::{self, Order};
use postrider_chaos::world::Database;
use postrider_e2e::harness::binary;

/// Whether this machine lets a run mount a small disk, start PostgreSQL and step clocks; CI must.
fn possible() -> bool {
    let can = rustix::process::geteuid().is_root() && Path::new("/usr/lib/postgresql").exists();
    if !can {
        assert!(std::env::var("CI").is_err(), "fault injection needs root and PostgreSQL: not skipped in CI");
        println!("skipped: fault injection needs root and PostgreSQL");
    }
    can
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_breaks_every_post_is_there_once_or_says_why() -> Result<(), String> {
    if !possible() {
        return Ok(());
    }
    let keep = tempfile::tempdir().expect("a temporary folder");
    let order = |database: Database| Order {
        database,
        mode: Mode::Quick,
        seed: 1,
        only: Vec::new(),
        networks: Vec::new(),
        binary: binary(),
        program: env!("CARGO_BIN_EXE_postrider-chaos").into(),
        broken: None,
        log: keep.path().join(format!("{}.jsonl", database.name())),
    };
    let orders = vec![order(Database::Sqlite), order(Database::Postgres)];
    let logs: Vec<_> = orders.iter().map(|order| order.log.clone()).collect();
    run::all(orders).await.map_err(|error| format!("the world cannot be built or broken: {error:#}"))?;
    let judge = |log| audit::judge(&record::read(log).expect("a log"));
    let verdicts: Vec<_> = logs.iter().map(|log| judge(log)).collect();
    println!("{}", Report(&verdicts));
    let wrong: Vec<_> = verdicts.iter().filter_map(wrong_with).collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("{}; logs in {}", wrong.join("; "), keep.keep().display())) }
}

/// What a verdict finds, or that it was of too little to be one.
fn wrong_with(verdict: &Verdict) -> Option<String> {
    let (database, met, scarce) = (verdict.database(), verdict.in_flight, verdict.scarce(1));
    if !verdict.is_clean() {
        return Some(format!("{database}: {:?} {:?}", verdict.findings, verdict.flaws));
    }
    (!verdict.enough(1, 100)).then(|| format!("{database}: {met} in flight at a fault, and none at {scarce:?}"))
}
