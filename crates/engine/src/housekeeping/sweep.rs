//! Removing what has outlived its purpose.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postrider_store::Result;
use postrider_store::repo::{attempts, events, idempotency, nodes, oauth, throttles};

use crate::ctx::Ctx;

pub(super) async fn turn(ctx: Arc<Ctx>) -> Result<()> {
    let mut tx = ctx.store.write().await?;
    let now = tx.now();
    events::purge(&mut tx).await?;
    idempotency::purge(&mut tx).await?;
    oauth::purge(&mut tx, now).await?;
    throttles::purge(&mut tx).await?;
    nodes::forget_before(&mut tx, before(now, ctx.config.keep_exchanges)).await?;
    tx.commit().await?;
    while purge_some(&ctx).await? == attempts::PURGED_AT_ONCE {}
    Ok(())
}

async fn purge_some(ctx: &Ctx) -> Result<u64> {
    let mut tx = ctx.store.write().await?;
    let kept_since = before(tx.now(), ctx.config.keep_exchanges);
    let purged = attempts::purge_exchanges(&mut tx, kept_since).await?;
    tx.commit().await?;
    Ok(purged)
}

fn before(now: Timestamp, age: Duration) -> Timestamp {
    let age = SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX);
    now.saturating_sub(age).unwrap_or(Timestamp::MIN)
}
