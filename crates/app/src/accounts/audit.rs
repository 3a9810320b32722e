//! The audit log of a workspace.

use postrider_domain::id::WorkspaceId;
use postrider_domain::role::Right;
use postrider_store::repo::audit;
use postrider_store::repo::page::Cursor;

pub use postrider_store::repo::audit::Entry;

use crate::{App, Caller, Result};

/// One page, newest first.
pub async fn list(app: &App, caller: &Caller, workspace: WorkspaceId, after: Cursor, limit: u32) -> Result<Vec<Entry>> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::Manage).await?;
    Ok(audit::list(&mut tx, workspace, after, limit).await?)
}
