//! Everything that keeps the ledger in order: signs of life of the node, rescue,
//! renewing tokens before they expire, jobs, and what has outlived its purpose.

use std::sync::Arc;
use std::time::Duration;

use postrider_store::repo::jobs::{self, Job};
use postrider_store::repo::{channels, deliveries, grants, nodes};
use postrider_store::{Result, StoreError};
use tokio_util::sync::CancellationToken;

use crate::ctx::Ctx;
use crate::{backoff, consent, notice, refresh, retention, series, zones};

/// How much is taken in one go.
const BATCH: u32 = 64;

/// How long a job may run without finishing before another node takes it.
pub(crate) const JOB_LEASE: Duration = Duration::from_secs(60);

/// After this many failures a job is given up and kept as evidence.
const JOB_FAILURES: u64 = 12;

/// Jobs that are never given up: nobody would begin them again.
const STANDING: [&str; 2] = [series::DAILY, zones::KIND];

/// How often what has outlived its purpose is removed.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// What a handler leaves of its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The row is still to be removed.
    Open,
    /// The handler removed it, or put it back, together with its last work.
    Settled,
}

/// Runs until told to stop.
pub(crate) async fn run(ctx: Arc<Ctx>, stop: CancellationToken) {
    let mut turns: u64 = 0;
    let sweep_turns = (SWEEP_EVERY.as_secs() / ctx.config.rescue_every.as_secs().max(1)).max(1);
    loop {
        if let Err(error) = turn(&ctx, turns.is_multiple_of(sweep_turns)).await {
            tracing::warn!(%error, "housekeeping could not finish its turn");
        }
        turns = turns.wrapping_add(1);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(ctx.config.rescue_every) => {}
        }
    }
}

async fn turn(ctx: &Ctx, sweep_too: bool) -> Result<()> {
    alive_and_rescue(ctx).await?;
    renew_tokens(ctx).await?;
    run_jobs(ctx).await?;
    if sweep_too {
        retention::sweep(&ctx.store, &ctx.config.keep).await.log();
    }
    Ok(())
}

async fn alive_and_rescue(ctx: &Ctx) -> Result<()> {
    let mut tx = ctx.store.write().await?;
    nodes::heartbeat(&mut tx, ctx.boot).await?;
    let rescued = deliveries::rescue(&mut tx, ctx.boot, BATCH).await?;
    jobs::rescue(&mut tx).await?;
    let mut sorted = rescued.clone();
    // Workspace rows are taken in one order by everybody, so that nobody waits in a circle.
    sorted.sort_by_key(|one| one.workspace);
    for one in &sorted {
        let delivery = deliveries::get(&mut tx, one.workspace, one.id).await?;
        notice::delivery_changed(&mut tx, &delivery, delivery.state).await?;
    }
    tx.commit().await?;
    for one in rescued {
        tracing::warn!(delivery = %one.id, gone = one.gone, "rescued from another process");
    }
    Ok(())
}

async fn renew_tokens(ctx: &Ctx) -> Result<()> {
    let due = grants::due_for_refresh(&mut ctx.store.read().await?, BATCH).await?;
    for (workspace, id) in due {
        let grant = grants::get(&mut ctx.store.read().await?, workspace, id).await?;
        refresh::refresh(ctx, &grant).await?;
    }
    Ok(())
}

async fn run_jobs(ctx: &Ctx) -> Result<()> {
    let mut tx = ctx.store.write().await?;
    let claimed = jobs::claim(&mut tx, ctx.boot, BATCH, JOB_LEASE).await?;
    tx.commit().await?;
    for job in claimed {
        let done = handle(ctx, &job).await;
        match end(ctx, &job, done).await {
            // Its lease ran out, or it was asked for again meanwhile: whoever has it now ends it.
            Err(StoreError::Stale) => tracing::info!(job = %job.id, kind = job.kind, "a job is somebody else's by now"),
            ended => ended?,
        }
    }
    Ok(())
}

/// Writes down what came of a job.
async fn end(ctx: &Ctx, job: &Job, done: Result<Ended>) -> Result<()> {
    let mut tx = ctx.store.write().await?;
    match done {
        Ok(Ended::Settled) => return Ok(()),
        Ok(Ended::Open) => jobs::finish(&mut tx, job).await?,
        Err(StoreError::Stale) => return Err(StoreError::Stale),
        Err(error) => {
            tracing::warn!(job = %job.id, kind = job.kind, %error, "a job failed");
            let next = backoff::after_failure(tx.now(), job.failures, ctx.store.entropy().as_ref());
            let tried = job.failures + 1 < JOB_FAILURES || STANDING.contains(&job.kind.as_str());
            let again = tried.then_some(next);
            jobs::fail(&mut tx, job, &error.to_string(), again).await?;
        }
    }
    tx.commit().await
}

/// Jobs by kind. An unknown kind fails and is tried again: a newer node may know it.
async fn handle(ctx: &Ctx, job: &Job) -> Result<Ended> {
    match job.kind.as_str() {
        "erase" => ctx.store.erase_deleted().await.map(|()| Ended::Open),
        "purge_identity" => purge_identity(ctx, job).await.map(|()| Ended::Open),
        consent::ABANDON => consent::abandon(ctx, job).await.map(|()| Ended::Open),
        series::KIND => series::run(&ctx.store, job).await,
        series::DAILY => series::run_daily(&ctx.store, job).await,
        zones::KIND => zones::run(&ctx.store, job).await,
        other => Err(StoreError::corrupt("kind", format!("no handler for `{other}`"))),
    }
}

async fn purge_identity(ctx: &Ctx, job: &Job) -> Result<()> {
    let workspace = job.workspace_id.ok_or_else(|| StoreError::corrupt("workspace_id", "missing"))?;
    let channel = serde_json::from_value(job.payload["channel"].clone())
        .map_err(|error| StoreError::corrupt("payload", error))?;
    let mut tx = ctx.store.write().await?;
    channels::purge_identity(&mut tx, workspace, channel).await?;
    tx.commit().await
}
