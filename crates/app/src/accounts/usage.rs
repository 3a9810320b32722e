//! What a workspace may use and what it uses.

use postrider_domain::entitlement::Meter;
use postrider_domain::id::WorkspaceId;
use postrider_domain::role::Right;
use postrider_store::repo::entitlements;

use crate::{App, Caller, Result};

/// One meter of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// What is counted.
    pub meter: Meter,
    /// The most that is allowed; `None` is unlimited.
    pub limit: Option<u64>,
    /// What is in use, in the present period for monthly meters.
    pub used: u64,
}

/// Every meter of a workspace.
pub async fn get(app: &App, caller: &Caller, workspace: WorkspaceId) -> Result<Vec<Usage>> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    let mut all = Vec::with_capacity(Meter::ALL.len());
    for meter in Meter::ALL {
        let limit = entitlements::limit(&mut tx, workspace, meter).await?;
        all.push(Usage { meter, limit, used: entitlements::used(&mut tx, workspace, meter).await? });
    }
    Ok(all)
}
