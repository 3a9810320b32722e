//! What people decide about one delivery.

use postrider_connector::MachineState;
use postrider_domain::id::{DeliveryId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::{Code, Issue};
use postrider_engine::account;
use postrider_store::Tx;
use postrider_store::repo::channels::{self, Channel};
use postrider_store::repo::deliveries::{self, Delivery};
use postrider_store::repo::{changes, parts, posts, steps};
use serde_json::json;

use super::view::{Action, Sent, allows};
use crate::publishing::changed;
use crate::{App, AppError, Caller, Member, Result};

/// Another try of what is not out.
pub async fn retry(tx: &mut Tx, caller: &Caller, workspace: WorkspaceId, id: DeliveryId) -> Result<()> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let delivery = deliveries::retry(tx, workspace, id).await?;
    told(tx, &member, &delivery).await
}

/// Stops the remaining parts of a thread whose root is out.
pub async fn stop(tx: &mut Tx, caller: &Caller, workspace: WorkspaceId, id: DeliveryId) -> Result<()> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let delivery = deliveries::stop(tx, workspace, id).await?;
    told(tx, &member, &delivery).await
}

/// Withdraws it; refused once something of it may be out.
pub async fn cancel(tx: &mut Tx, caller: &Caller, workspace: WorkspaceId, id: DeliveryId) -> Result<()> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let delivery = deliveries::cancel(tx, workspace, id).await?;
    // A series would put it back with its next change.
    posts::detach(tx, workspace, delivery.post_id).await?;
    told(tx, &member, &delivery).await
}

/// The uncertain part is not there: send it.
pub async fn publish_again(
    app: &App,
    tx: &mut Tx,
    caller: &Caller,
    workspace: WorkspaceId,
    id: DeliveryId,
) -> Result<()> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let delivery = deliveries::publish_again(tx, workspace, id).await?;
    let channel = channels::get(tx, workspace, delivery.channel_id).await?;
    let connector = app.registry.get(&channel.platform);
    for part in parts::of_delivery(tx, workspace, id).await? {
        let Some((connector, state)) = connector.zip(part.machine.map(MachineState)) else { continue };
        let machine = connector.sent_again(state).map(|state| state.0);
        parts::set_machine(tx, part.id, machine.as_ref()).await?;
    }
    told(tx, &member, &delivery).await
}

/// The uncertain part is there, at `link`: a link that was copied, or the
/// platform's own id.
pub async fn confirm(
    app: &App,
    tx: &mut Tx,
    caller: &Caller,
    workspace: WorkspaceId,
    id: DeliveryId,
    link: &str,
) -> Result<()> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let delivery = deliveries::get_locked(tx, workspace, id).await?;
    possible(tx, &delivery, Action::Confirm).await?;
    let channel = channels::get(tx, workspace, delivery.channel_id).await?;
    let receipt = read_link(app, &channel, link)?;
    let count = part_count(tx, &delivery).await?;
    let part = parts::to_confirm(tx, &delivery, count).await?;
    if parts::is_bound(tx, delivery.lane_id, part, &receipt.remote_id).await? {
        return Err(Issue::error(Code::LinkTaken, "/link").into());
    }
    let published =
        parts::Published { remote_id: &receipt.remote_id, url: receipt.url.as_deref(), extra: &receipt.extra };
    let delivery = deliveries::confirm(tx, workspace, id, part, &published, count).await?;
    told(tx, &member, &delivery).await
}

fn read_link(app: &App, channel: &Channel, link: &str) -> Result<postrider_connector::Receipt> {
    if link.trim().is_empty() {
        return Err(Issue::error(Code::EvidenceMissing, "/link").into());
    }
    let connector = app.registry.get(&channel.platform);
    let unknown = || Issue::error(Code::PlatformUnknown, "/link").with("platform", &channel.platform);
    let connector = connector.ok_or_else(unknown)?;
    let invalid = || Issue::error(Code::LinkInvalid, "/link").with("name", link.trim());
    Ok(connector.receipt_from_link(&account(channel), link).ok_or_else(invalid)?)
}

/// How many parts it has; one at least, also when its content is purged.
async fn part_count(tx: &mut Tx, delivery: &Delivery) -> Result<usize> {
    let workspace = delivery.workspace_id;
    let revision = match delivery.revision_id {
        Some(revision) => revision,
        None => posts::get(tx, workspace, delivery.post_id).await?.revision_id,
    };
    let variant = posts::variant(tx, workspace, revision, delivery.channel_id).await?;
    Ok(variant.map_or(1, |variant| variant.parts.len()))
}

/// Refuses what the list of actions does not offer.
async fn possible(tx: &mut Tx, delivery: &Delivery, action: Action) -> Result<()> {
    let out = parts::any_published(tx, delivery.id).await?;
    let open = steps::any_open(tx, delivery.id).await?;
    let seen = !steps::seen_among(tx, &[delivery.id]).await?.is_empty();
    let changing = changes::is_under_way(tx, delivery.id).await?;
    if allows(delivery, Sent { out, open, seen, changing }, action) {
        return Ok(());
    }
    Err(AppError::of(Code::NotPossibleNow).with("state", delivery.state).with("action", action.as_str()))
}

/// Notes the change for open screens.
pub(super) async fn told(tx: &mut Tx, member: &Member, delivery: &Delivery) -> Result<()> {
    let ids = json!({
        "delivery": delivery.id,
        "post": delivery.post_id,
        "channel": delivery.channel_id,
        "state": delivery.state,
    });
    changed(tx, member, "delivery.changed", ids).await
}
