//! The publishing side: channels, labels, preflight, posts, series, deliveries and the calendar.
//!
//! Functions that change something take a writing transaction and authorise in
//! it first; [`requests`] wraps each in the transaction of a request, in which
//! the answer to its idempotency key is kept too. Only disconnecting opens its
//! own, after a call to the platform.

pub mod apps;
pub mod calendar;
pub mod channels;
pub mod deliveries;
pub mod fix;
pub mod labels;
pub mod platforms;
pub mod posts;
pub mod preflight;
pub mod requests;
pub mod review;
pub mod series;
mod size;
pub mod status;
#[cfg(test)]
mod testkit;
#[cfg(test)]
mod tests;
pub mod when;

use jiff::Timestamp;
use jiff::civil::DateTime;
use postrider_domain::id::WorkspaceId;
use postrider_domain::schedule::ZoneName;
use postrider_store::Tx;
use postrider_store::repo::{events, workspaces};
use serde_json::Value;

use crate::{AppError, Member, Result};

/// The zone in which a workspace's times are meant and shown.
pub(crate) async fn workspace_zone(tx: &mut Tx, workspace: WorkspaceId) -> Result<ZoneName> {
    let zone = workspaces::get(tx, workspace).await?.zone;
    ZoneName::new(&zone).map_err(|unknown| AppError::Internal(format!("workspace {workspace}: {unknown}")))
}

/// What the clock of a zone shows.
pub(crate) fn local(at: Timestamp, zone: ZoneName) -> DateTime {
    zone.time_zone().to_datetime(at)
}

/// Notes a change for open screens. The last write of a transaction: it takes
/// the workspace's row, which every other event of the workspace waits for.
pub(crate) async fn changed(tx: &mut Tx, member: &Member, kind: &str, ids: Value) -> Result<()> {
    events::append(tx, member.workspace, kind, &ids).await?;
    Ok(())
}
