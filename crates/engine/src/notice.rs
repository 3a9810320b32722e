//! Telling people: events for screens, notifications for persons.

use std::collections::BTreeMap;

use postrider_domain::Code;
use postrider_domain::delivery::State;
use postrider_domain::id::{UserId, WorkspaceId};
use postrider_domain::role::Role;
use postrider_store::repo::deliveries::Delivery;
use postrider_store::repo::notifications::{self, Note, NoteBody};
use postrider_store::repo::{events, members, users};
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
pub(crate) async fn tell(tx: &mut Tx, workspace: WorkspaceId, person: Option<UserId>, body: &NoteBody) -> Result<()> {
    if let Some(person) = person
        && members::role(tx, workspace, person).await?.is_some()
    {
        notifications::add(tx, &addressed(body, workspace, person)).await?;
        return Ok(());
    }
    notifications::add_for_role(tx, workspace, Role::Admin, body).await?;
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
