//! Removing what has outlived its purpose.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postrider_store::Result;
use postrider_store::repo::{attempts, connect_links, events, idempotency, nodes, oauth, series, throttles};

use crate::ctx::Ctx;

pub(super) async fn turn(ctx: Arc<Ctx>) -> Result<()> {
    let mut tx = ctx.store.write().await?;
    let now = tx.now();
    events::purge(&mut tx).await?;
    idempotency::purge(&mut tx).await?;
    oauth::purge(&mut tx, now).await?;
    connect_links::purge(&mut tx, before(now, ctx.config.keep_exchanges)).await?;
    throttles::purge(&mut tx).await?;
    attempts::purge_exchanges(&mut tx, before(now, ctx.config.keep_exchanges)).await?;
    nodes::forget_before(&mut tx, before(now, ctx.config.keep_exchanges)).await?;
    series::purge_content(&mut tx, before(now, ctx.config.keep_exchanges)).await?;
    tx.commit().await
}

fn before(now: Timestamp, age: Duration) -> Timestamp {
    let age = SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX);
    now.saturating_sub(age).unwrap_or(Timestamp::MIN)
}
