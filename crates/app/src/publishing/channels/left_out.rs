//! Accounts that the same person's new consent does not include any more.
//!
//! Where each account has a token of its own, the one before is worth nothing then: it is destroyed, and the channel says
//! why it needs connecting again.

use postrider_connector::Credentials;
use postrider_domain::Code;
use postrider_domain::delivery::{HoldReason, State};
use postrider_engine::notice;
use postrider_store::Tx;
use postrider_store::repo::channels::{self, Channel};
use postrider_store::repo::deliveries;
use postrider_store::repo::grants::Grant;
use postrider_store::repo::notifications::NoteBody;
use serde_json::{Value, json};

use super::connect::New;
use super::tokens;
use crate::Result;

/// An event to be: of which kind, about what.
pub(super) type Change = (&'static str, Value);

/// The channels of the consent before whose accounts were not found this time.
pub(super) async fn find(tx: &mut Tx, new: &New<'_>, before: Option<&Grant>) -> Result<Vec<Channel>> {
    let Some(before) = before.filter(|_| *new.offered != Credentials::default()) else { return Ok(Vec::new()) };
    // With fewer permissions than before, what was not found may be what is not shown any more.
    if before.scopes.iter().any(|scope| !new.connected.scopes.contains(scope)) {
        return Ok(Vec::new());
    }
    let channels = channels::by_grant(tx, new.member.workspace, before.id).await?;
    Ok(channels.into_iter().filter(|channel| new.offered.get_of_account(&channel.remote_id).is_none()).collect())
}

/// Takes them out of the consent: their tokens are destroyed, their posts wait, and who connects is told.
pub(super) async fn take_out(tx: &mut Tx, new: &New<'_>, before: &Grant, these: &[Channel]) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for channel in these {
        if !channels::leave(tx, channel, before, Code::AccountLeftOut).await? {
            continue;
        }
        for held in deliveries::hold_channel(tx, channel.workspace_id, channel.id, HoldReason::Reconnect).await? {
            let ids = json!({"delivery": held.id, "post": held.post_id, "channel": channel.id, "state": State::Held});
            changes.push(("delivery.changed", ids));
        }
        let mut body = NoteBody { channel: Some(channel.id), ..NoteBody::new(Code::NoteReconnect) };
        body.args.insert("channel".to_owned(), channel.handle.clone());
        notice::tell(tx, channel.workspace_id, Some(new.member.user), &body).await?;
        changes.push(("channel.changed", json!({"channel": channel.id})));
    }
    tokens::forget_strays(tx, before.workspace_id, before.id).await?;
    Ok(changes)
}
