//! What changed in a workspace, for screens that are open.

use postrider_domain::id::WorkspaceId;
use postrider_domain::role::Right;
use postrider_store::Bell;
use postrider_store::repo::events;
use tokio::sync::watch;

pub use postrider_store::repo::events::EventRow;

use super::access;
use crate::{App, Caller, Result};

/// Events at once.
const BATCH: u32 = 200;

/// What a listener gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Batch {
    /// Events after the place it named, in order; empty when there are none yet.
    Events(Vec<EventRow>),
    /// Its place is not known any more: load everything afresh and go on from here.
    Reset(u64),
}

/// Rings when something happened in any workspace of this instance.
pub fn bell(app: &App) -> watch::Receiver<u64> {
    app.store.wake().listen(Bell::Events)
}

/// Events after `after`; without a place, only where the listener may begin.
///
/// Asked again for every batch, so that somebody who was removed, logged out or
/// whose key ended hears nothing more.
pub async fn since(app: &App, caller: &Caller, workspace: WorkspaceId, after: Option<u64>) -> Result<(Batch, u64)> {
    let mut tx = app.store.read().await?;
    access::still_holds(&mut tx, caller).await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    let newest = events::newest(&mut tx, workspace).await?;
    let Some(after) = after else { return Ok((Batch::Events(Vec::new()), newest)) };
    // Kept events begin at `oldest`; none are kept when all of them have aged.
    let oldest = events::oldest(&mut tx, workspace).await?.unwrap_or(newest + 1);
    if after > newest || after + 1 < oldest {
        return Ok((Batch::Reset(newest), newest));
    }
    let found = events::since(&mut tx, workspace, after, BATCH).await?;
    let reached = found.last().map_or(after, |event| event.seq);
    Ok((Batch::Events(found), reached))
}
