//! Telling people: events for screens, notifications for persons.

use std::collections::BTreeMap;

use postrider_domain::Code;
use postrider_domain::delivery::State;
use postrider_domain::id::{UserId, WorkspaceId};
use postrider_domain::role::Role;
use postrider_store::repo::deliveries::Delivery;
use postrider_store::repo::grants::Grant;
use postrider_store::repo::notifications::{self, Note, NoteBody};
use postrider_store::repo::{channels, events, members, users};
use postrider_store::{Result, Tx};
use serde_json::json;

/// Says that a delivery changed. The last write of a transaction: it takes the
/// workspace's row, which every other event of the workspace waits for.
pub(crate) async fn delivery_changed(tx: &mut Tx, delivery: &Delivery, state: State) -> Result<()> {
    let ids = json!({
        "delivery": delivery.id,
        "post": delivery.post_id,
        "channel": delivery.channel_id,
        "state": state,
    });
    events::append(tx, delivery.workspace_id, "delivery.changed", &ids).await?;
    Ok(())
}

/// Tells whoever put the delivery on the schedule; the admins when that person has left.
pub(crate) async fn about_delivery(
    tx: &mut Tx,
    delivery: &Delivery,
    code: Code,
    args: BTreeMap<String, String>,
) -> Result<()> {
    let body = NoteBody {
        code,
        args,
        post: Some(delivery.post_id),
        delivery: Some(delivery.id),
        channel: Some(delivery.channel_id),
    };
    tell(tx, delivery.workspace_id, delivery.authorised_by, &body).await
}

/// Tells one person if they are still a member, else the admins.
///
/// # Errors
/// The ledger's.
pub async fn tell(tx: &mut Tx, workspace: WorkspaceId, person: Option<UserId>, body: &NoteBody) -> Result<()> {
    if let Some(person) = person
        && members::role(tx, workspace, person).await?.is_some()
    {
        notifications::add(tx, &addressed(body, workspace, person)).await?;
        return Ok(());
    }
    notifications::add_for_role(tx, workspace, Role::Admin, body).await?;
    Ok(())
}

/// Tells whoever connected them that the channels of a consent have lost it.
///
/// # Errors
/// The ledger's.
pub async fn lost_access(tx: &mut Tx, grant: &Grant) -> Result<()> {
    about_channels(tx, grant, Code::NoteReconnect, &BTreeMap::new()).await
}

/// Tells whoever connected them something about every channel of a consent.
pub(crate) async fn about_channels(
    tx: &mut Tx,
    grant: &Grant,
    code: Code,
    args: &BTreeMap<String, String>,
) -> Result<()> {
    for channel in channels::by_grant(tx, grant.workspace_id, grant.id).await? {
        let mut body = NoteBody { args: args.clone(), channel: Some(channel.id), ..NoteBody::new(code) };
        body.args.insert("channel".to_owned(), channel.handle);
        tell(tx, grant.workspace_id, Some(grant.created_by), &body).await?;
    }
    Ok(())
}

/// Tells whoever can mend the access of a platform app: the admins of the workspace that it
/// belongs to, else the operators of the instance, who need not be members of any workspace.
pub(crate) async fn operator(tx: &mut Tx, workspace: WorkspaceId, own_app: bool, body: &NoteBody) -> Result<()> {
    let operators = users::operators(tx).await?;
    if own_app || operators.is_empty() {
        notifications::add_for_role(tx, workspace, Role::Admin, body).await?;
        return Ok(());
    }
    for operator in operators {
        notifications::add(tx, &addressed(body, workspace, operator)).await?;
    }
    Ok(())
}

fn addressed(body: &NoteBody, workspace: WorkspaceId, user: UserId) -> Note {
    let NoteBody { code, args, post, delivery, channel } = body.clone();
    Note { workspace, user, code, args, post, delivery, channel }
}
