//! Letting held deliveries go, one or many.

use postrider_domain::delivery::{HoldReason, State};
use postrider_domain::id::{DeliveryId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::{Code, Issue};
use postrider_store::repo::deliveries::{self, Delivery, Filter};
use postrider_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::decide::told;
use crate::publishing::changed;
use crate::{AppError, Caller, Member, Result};

/// The most deliveries that one request lets go.
pub const BULK: u32 = 500;

/// Which held deliveries to let go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// These.
    Ids(Vec<DeliveryId>),
    /// All that are held for a reason, up to [`BULK`].
    Reason(HoldReason),
}

/// What letting many go did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// Those that go on.
    pub released: Vec<DeliveryId>,
    /// Those that do not, and why.
    pub skipped: Vec<Skipped>,
    /// Whether more are held for the reason: ask again.
    pub more: bool,
}

/// One that was not let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Which.
    pub id: DeliveryId,
    /// Why.
    pub code: Code,
}

/// Lets a held one go: at once, or at its own time when that is still to come.
pub async fn release(tx: &mut Tx, caller: &Caller, workspace: WorkspaceId, id: DeliveryId) -> Result<()> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let delivery = deliveries::get(tx, workspace, id).await?;
    let delivery = let_go(tx, &member, &delivery).await?;
    told(tx, &member, &delivery).await
}

/// Lets many go in one step; one that cannot go does not stop the others.
pub async fn release_many(tx: &mut Tx, caller: &Caller, workspace: WorkspaceId, which: &Which) -> Result<Released> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let (found, mut result) = match which {
        Which::Ids(ids) => by_ids(tx, workspace, ids).await?,
        Which::Reason(reason) => by_reason(tx, workspace, *reason).await?,
    };
    for delivery in found {
        match let_go(tx, &member, &delivery).await {
            Ok(delivery) => result.released.push(delivery.id),
            Err(AppError::Refused { code, .. }) => result.skipped.push(Skipped { id: delivery.id, code }),
            Err(error) => return Err(error),
        }
    }
    if !result.released.is_empty() {
        changed(tx, &member, "deliveries.changed", json!({"deliveries": result.released})).await?;
    }
    Ok(result)
}

async fn by_ids(tx: &mut Tx, workspace: WorkspaceId, ids: &[DeliveryId]) -> Result<(Vec<Delivery>, Released)> {
    let limit = usize::try_from(BULK).unwrap_or(usize::MAX);
    if ids.len() > limit {
        return Err(Issue::error(Code::TooLong, "/ids").with("limit", limit).into());
    }
    let (mut found, mut result) = (Vec::with_capacity(ids.len()), Released::default());
    for id in ids {
        match deliveries::get(tx, workspace, *id).await {
            Ok(delivery) => found.push(delivery),
            Err(StoreError::NotFound) => result.skipped.push(Skipped { id: *id, code: Code::NotFound }),
            Err(error) => return Err(error.into()),
        }
    }
    // In one order for everybody, so that two requests cannot wait for each other's rows.
    found.sort_by_key(|delivery| delivery.id);
    found.dedup_by_key(|delivery| delivery.id);
    Ok((found, result))
}

async fn by_reason(tx: &mut Tx, workspace: WorkspaceId, reason: HoldReason) -> Result<(Vec<Delivery>, Released)> {
    let filter = Filter { state: Some(State::Held), hold_reason: Some(reason), ..Filter::default() };
    let mut found = deliveries::list(tx, workspace, &filter, BULK + 1).await?;
    let limit = usize::try_from(BULK).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    found.sort_by_key(|delivery| delivery.id);
    Ok((found, Released { more, ..Released::default() }))
}

/// Whoever lets go a post whose author may no longer publish answers for it, so
/// that takes an admin.
async fn let_go(tx: &mut Tx, member: &Member, delivery: &Delivery) -> Result<Delivery> {
    let orphaned = delivery.code == Some(Code::AuthorLeft);
    if orphaned && !member.role.may(Right::Manage) {
        return Err(AppError::of(Code::Forbidden).with("role", member.role.as_str()));
    }
    let now = tx.now();
    let by = orphaned.then_some(member.user);
    Ok(deliveries::release(tx, member.workspace, delivery.id, now, by).await?)
}
