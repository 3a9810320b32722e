//! Deliveries: how each variant fares on its channel, and what people decide about it.

mod decide;
mod live;
mod release;
#[cfg(test)]
mod tests;
mod view;

use postrider_domain::Code;
use postrider_domain::delivery::{HoldReason, State};
use postrider_domain::id::{AttemptId, BootId, ChannelId, DeliveryId, PartId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_store::repo::deliveries::{self, Filter};
use postrider_store::repo::page::Cursor;
use postrider_store::repo::{attempts, calendar, steps};
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::workspace_zone;
use crate::{App, Caller, Result};

pub use decide::{cancel, confirm, publish_again, retry, stop};
pub use live::{LiveEdit, delete_live, edit_live};
pub use release::{BULK, Released, Skipped, Which, release, release_many};
pub(crate) use view::views;
pub use view::{Action, ChangeView, ChannelBrief, DeliveryView, Doubt, Glance, PartView};

/// Which deliveries a list shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Listing {
    /// Only in this state.
    pub state: Option<State>,
    /// Only held for this reason.
    pub reason: Option<HoldReason>,
    /// Only what wants a person: held, unconfirmed or failed.
    pub attention: bool,
    /// Only on this channel.
    pub channel: Option<ChannelId>,
    /// Only at or after this instant.
    pub from: Option<Timestamp>,
    /// Only before this instant.
    pub until: Option<Timestamp>,
}

/// Deliveries by the time people asked for, earliest first, after a place in the list.
pub async fn list(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    listing: &Listing,
    after: Cursor,
    limit: u32,
) -> Result<Vec<DeliveryView>> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    let filter = Filter {
        state: listing.state,
        hold_reason: listing.reason,
        attention: listing.attention,
        channel: listing.channel,
        from: listing.from,
        until: listing.until,
        after: Some((after.at, DeliveryId::from_uuid(after.id))),
    };
    let found = deliveries::list(&mut tx, workspace, &filter, limit).await?;
    let zone = workspace_zone(&mut tx, workspace).await?;
    let ids: Vec<DeliveryId> = found.iter().map(|delivery| delivery.id).collect();
    let contents = calendar::contents(&mut tx, workspace, &ids).await?;
    let mut shown: BTreeMap<DeliveryId, Glance> =
        contents.into_iter().map(|(id, content)| (id, Glance::of(&content))).collect();
    let mut views = views(&app.registry, &mut tx, workspace, zone, found).await?;
    for view in &mut views {
        view.glance = shown.remove(&view.id);
    }
    Ok(views)
}

/// One delivery, with what is known about an uncertain send.
pub async fn get(app: &App, caller: &Caller, workspace: WorkspaceId, id: DeliveryId) -> Result<DeliveryView> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    let found = deliveries::get(&mut tx, workspace, id).await?;
    let evidence = found.evidence.clone();
    let zone = workspace_zone(&mut tx, workspace).await?;
    let step = steps::open(&mut tx, id).await?;
    let mut view = views(&app.registry, &mut tx, workspace, zone, vec![found]).await?.remove(0);
    if step.is_some() || evidence.is_some() {
        view.doubt = Some(Doubt::of(step.as_ref(), evidence));
    }
    Ok(view)
}

/// One try, as people see it.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptView {
    /// Its id.
    pub id: AttemptId,
    /// The part it was for.
    pub part: Option<PartId>,
    /// Which run of which node made it.
    pub boot: BootId,
    /// `send`, `read`, `look`, `refresh` or `rescue`; `delete` or `edit` of what is live.
    pub action: String,
    /// `ok` or a failure class.
    pub outcome: String,
    /// Our code for it.
    pub code: Option<Code>,
    /// The platform's own code.
    pub platform_code: Option<String>,
    /// HTTP status of the platform's answer.
    pub status: Option<i64>,
    /// The platform's own words.
    pub words: Option<String>,
    /// Redacted requests and answers; gone once they were purged.
    pub exchanges: Option<Value>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
}

/// The tries of a delivery, oldest first.
pub async fn attempts(app: &App, caller: &Caller, workspace: WorkspaceId, id: DeliveryId) -> Result<Vec<AttemptView>> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    deliveries::get(&mut tx, workspace, id).await?;
    let tries = attempts::of_delivery(&mut tx, workspace, id).await?;
    Ok(tries.into_iter().map(attempt_view).collect())
}

fn attempt_view(attempt: attempts::Attempt) -> AttemptView {
    AttemptView {
        id: attempt.id,
        part: attempt.part_id,
        boot: attempt.boot_id,
        action: attempt.action,
        outcome: attempt.outcome,
        code: attempt.code,
        platform_code: attempt.platform_code,
        status: attempt.status,
        words: attempt.words,
        exchanges: attempt.exchanges,
        started_at: attempt.started_at,
        ended_at: attempt.ended_at,
    }
}
