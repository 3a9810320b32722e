//! What a proven message does to every consent of its person, in all workspaces and in one transaction.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use postrider_domain::Code;
use postrider_domain::delivery::{HoldReason, State};
use postrider_domain::entitlement::Meter;
use postrider_domain::id::{ChannelId, WithdrawalId, WorkspaceId};
use postrider_engine::notice;
use postrider_store::repo::channels::{self, Channel, ChannelState};
use postrider_store::repo::grants::{self, Grant};
use postrider_store::repo::notifications::NoteBody;
use postrider_store::repo::{audit, deliveries, entitlements, events, withdrawals};
use postrider_store::{StoreError, Tx};
use serde_json::{Value, json};

use super::proof::Proven;
use super::{Told, Wish};
use crate::publishing::apps::Platform;
use crate::publishing::channels::disconnect;
use crate::{App, Result};

/// Messages say when they were written to the second: a consent of the same one came before.
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// Everything that a message is about.
struct Meant {
    grants: Vec<Grant>,
    channels: Vec<Channel>,
}

/// Does what a message asks for.
pub(super) async fn on(app: &App, tx: &mut Tx, id: WithdrawalId, proven: &Proven, told: &Told<'_>) -> Result<()> {
    let meant = find(tx, proven, told).await?;
    let mut changes = hold(tx, &meant.channels).await?;
    let mut gone_at = None;
    match told.wish {
        Wish::Withdraw => need_connecting(tx, &meant).await?,
        Wish::Delete => gone_at = delete(app, tx, &meant, told).await?,
    }
    for grant in &meant.grants {
        destroy(tx, grant, told).await?;
    }
    disconnect::erase(tx).await?;
    let ids: Vec<ChannelId> = meant.channels.iter().map(|channel| channel.id).collect();
    withdrawals::settle(tx, id, meant.grants.len(), &ids, gone_at).await?;
    let channel_changed = |channel: &Channel| (channel.workspace_id, "channel.changed", json!({"channel": channel.id}));
    changes.extend(meant.channels.iter().map(channel_changed));
    say(tx, changes).await?;
    let (platform, wish) = (told.platform, told.wish.as_str());
    tracing::info!(%id, platform, wish, grants = meant.grants.len(), channels = ids.len(), "a person's wish was done");
    Ok(())
}

/// What the person gave to the apps before the message was written, and what is left of it.
async fn find(tx: &mut Tx, proven: &Proven, told: &Told<'_>) -> Result<Meant> {
    lock(tx, proven).await?;
    let person = proven.notice.person_id.as_str();
    let until = proven.notice.issued_at.saturating_add(SECOND).unwrap_or(Timestamp::MAX);
    let mut meant = Meant { grants: Vec::new(), channels: Vec::new() };
    for (platform, app) in &proven.apps {
        let given = grants::given_to(tx, platform, *app, person).await?;
        meant.grants.extend(given.into_iter().filter(|grant| grant.consented_at < until));
        if told.wish == Wish::Delete {
            // Whoever withdraws and then asks for deletion has no consent any more by which they could be found.
            meant.channels.extend(channels::by_consent(tx, grants::consent_hash(*app, person)).await?);
        }
    }
    meant.grants.sort_by_key(|grant| (grant.workspace_id, grant.id));
    for grant in &meant.grants {
        meant.channels.extend(channels::by_grant(tx, grant.workspace_id, grant.id).await?);
    }
    meant.channels.sort_by_key(|channel| (channel.workspace_id, channel.id));
    Ok(meant)
}

/// Deliveries and lanes are locked before grants and channels, as everybody does.
async fn lock(tx: &mut Tx, proven: &Proven) -> Result<()> {
    let platforms: BTreeSet<&str> = proven.apps.iter().map(|(platform, _)| platform.as_str()).collect();
    for platform in platforms {
        for (workspace, grant) in grants::of_person(tx, platform, &proven.notice.person_id).await? {
            let channels = channels::by_grant(tx, workspace, grant).await?;
            let accounts: Vec<&str> = channels.iter().map(|channel| channel.remote_id.as_str()).collect();
            channels::lock_for_connecting(tx, workspace, platform, &accounts).await?;
        }
    }
    Ok(())
}

/// An event to be: where, of which kind, about what.
type Change = (WorkspaceId, &'static str, Value);

/// Scheduled posts wait, and nothing of them is lost.
async fn hold(tx: &mut Tx, of: &[Channel]) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for channel in of {
        let held = deliveries::hold_channel(tx, channel.workspace_id, channel.id, HoldReason::Reconnect).await?;
        changes.extend(held.into_iter().map(|delivery| {
            let (post, channel) = (delivery.post_id, delivery.channel_id);
            let ids = json!({"delivery": delivery.id, "post": post, "channel": channel, "state": State::Held});
            (delivery.workspace_id, "delivery.changed", ids)
        }));
    }
    Ok(changes)
}

/// The channels stay, so that connecting them again goes on where they were. Whoever was told already that the platform
/// refuses the consent is not told again.
async fn need_connecting(tx: &mut Tx, meant: &Meant) -> Result<()> {
    for channel in &meant.channels {
        channels::set_state(tx, channel.workspace_id, channel.id, ChannelState::NeedsReconnect).await?;
    }
    for grant in meant.grants.iter().filter(|grant| grant.reauth_since.is_none()) {
        notice::lost_access(tx, grant).await?;
    }
    Ok(())
}

/// Disconnects the channels; their names go when those of every disconnected channel do. Returns the last such time.
async fn delete(app: &App, tx: &mut Tx, meant: &Meant, told: &Told<'_>) -> Result<Option<Timestamp>> {
    let mut gone_at = None;
    for channel in &meant.channels {
        let (workspace, id) = (channel.workspace_id, channel.id);
        let done = channels::disconnect(tx, workspace, id).await?;
        if channel.state != ChannelState::Disconnected {
            entitlements::release(tx, workspace, Meter::Channels, 1).await?;
            tell(app, tx, meant, channel).await?;
            note(tx, workspace, "channel.delete_data", id.to_string(), told).await?;
        }
        gone_at = gone_at.max(Some(disconnect::blank_later(app, tx, &done.channel).await?));
    }
    Ok(gone_at)
}

/// Tells who connected the channel, or the admins. It is not named: the message outlives the name.
async fn tell(app: &App, tx: &mut Tx, meant: &Meant, channel: &Channel) -> Result<()> {
    let mut body = NoteBody { channel: Some(channel.id), ..NoteBody::new(Code::NoteDataDeleted) };
    let platform = Platform::find(app, &channel.platform)?.descriptor.name;
    body.args.insert("platform".to_owned(), platform.to_owned());
    let connected_by = meant.grants.iter().find(|grant| Some(grant.id) == channel.grant_id);
    let connected_by = connected_by.map(|grant| grant.created_by);
    Ok(notice::tell(tx, channel.workspace_id, connected_by, &body).await?)
}

/// Destroys a consent that is still there: the last of its channels takes it along.
async fn destroy(tx: &mut Tx, grant: &Grant, told: &Told<'_>) -> Result<()> {
    match grants::shred(tx, grant.workspace_id, grant.id).await {
        Ok(()) | Err(StoreError::NotFound) => {}
        Err(error) => return Err(error.into()),
    }
    let action = match told.wish {
        Wish::Withdraw => "grant.deauthorise",
        Wish::Delete => "grant.delete_data",
    };
    note(tx, grant.workspace_id, action, grant.id.to_string(), told).await
}

async fn note(tx: &mut Tx, workspace: WorkspaceId, action: &str, subject: String, told: &Told<'_>) -> Result<()> {
    let (workspace, subject, address) = (Some(workspace), subject.as_str(), told.address);
    Ok(audit::add(tx, audit::NewEntry { workspace, user: None, action, subject, address }).await?)
}

/// Screens learn of it: the last writes, in the order of workspaces, for whose rows other events wait.
async fn say(tx: &mut Tx, mut changes: Vec<Change>) -> Result<()> {
    changes.sort_by_key(|(workspace, ..)| *workspace);
    for (workspace, kind, ids) in changes {
        events::append(tx, workspace, kind, &ids).await?;
    }
    Ok(())
}
