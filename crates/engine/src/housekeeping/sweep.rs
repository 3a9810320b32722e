//! Removing what has outlived its purpose.

use std::sync::Arc;

use postrider_store::Result;

use crate::ctx::Ctx;
use crate::retention;

/// What could not be removed is in the log and tried again at the next turn.
pub(super) async fn turn(ctx: Arc<Ctx>) -> Result<()> {
    retention::sweep(&ctx.store, &ctx.config.keep).await.log();
    Ok(())
}
