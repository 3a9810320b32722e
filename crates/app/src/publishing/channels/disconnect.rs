//! Disconnecting: destroy here, hold what was scheduled, revoke at the platform.

use jiff::Timestamp;
use postrider_connector::auth::{Auth, AuthCx, Revocation};
use postrider_connector::{Credentials, Cx};
use postrider_domain::delivery::{HoldReason, State};
use postrider_domain::entitlement::Meter;
use postrider_domain::id::{ChannelId, DeliveryId, PostId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_engine::consent::{self, OpenApp};
use postrider_store::repo::channels::{self, Channel, ChannelState};
use postrider_store::repo::deliveries;
use postrider_store::repo::jobs::{self, NewJob};
use postrider_store::repo::{audit, entitlements, grants};
use postrider_store::{StoreError, Tx};
use serde_json::json;

use super::{ChannelView, tokens, view};
use crate::publishing::changed;
use crate::{App, AppError, Caller, Member, Result};

/// What became of the consent at the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// The platform took it back.
    Yes,
    /// The platform has no such call; the tokens were destroyed here.
    NotOffered,
    /// Another channel still uses it.
    StillUsed,
    /// Another connection of the same person uses the same consent, which can only be taken back as a
    /// whole; the tokens were destroyed here, and the platform still lists the app.
    UsedElsewhere,
    /// There was nothing to revoke.
    Nothing,
    /// The platform did not take it back; the tokens were destroyed here all the same.
    Failed {
        /// What it said, or why there was no answer.
        words: String,
    },
}

/// What disconnecting did, spelled out.
#[derive(Debug, Clone, PartialEq)]
pub struct Disconnection {
    /// The channel as it is now.
    pub channel: ChannelView,
    /// Deliveries that are now held until it is connected again.
    pub held: Vec<(DeliveryId, PostId)>,
    /// Whether its tokens were destroyed: the consent had no other channel, or the channel a token of its own.
    pub destroyed: bool,
    /// What became of the consent at the platform.
    pub revoked: Revoked,
    /// Until when name, handle and remote ids are kept.
    pub identity_kept_until: Timestamp,
}

/// Takes a channel away. Its tokens are destroyed at once when no other channel uses them,
/// whatever the platform says to the revocation, and also when the client hangs up.
pub async fn disconnect(app: &App, caller: &Caller, workspace: WorkspaceId, id: ChannelId) -> Result<Disconnection> {
    let (own, caller) = (app.clone(), caller.clone());
    let work = async move {
        let (mut done, opened) = destroy(&own, &caller, workspace, id).await?;
        // From memory: in the ledger there is nothing left to revoke it with.
        if let Some(opened) = opened {
            done.revoked = take_back(&own, &opened).await;
        }
        Ok(done)
    };
    app.to_the_end(work).await
}

/// A consent as it was before it was destroyed.
struct Opened {
    platform: String,
    host: String,
    credentials: Credentials,
    /// The platform app that it was given to.
    through: Option<OpenApp>,
    /// Whether taking it back would cut off another connection of the same person.
    elsewhere: bool,
}

async fn take_back(app: &App, opened: &Opened) -> Revoked {
    let Opened { platform, host, credentials, through, elsewhere } = opened;
    if *elsewhere {
        return Revoked::UsedElsewhere;
    }
    revoke(app, platform, host, credentials, through.as_ref()).await
}

/// Everything that happens in the ledger, in one transaction. What is returned beside the
/// answer is for the platform.
async fn destroy(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    id: ChannelId,
) -> Result<(Disconnection, Option<Opened>)> {
    let mut tx = app.store.write().await?;
    let member = caller.member(&mut tx, workspace, Right::Connect).await?;
    let before = channels::get(&mut tx, workspace, id).await?;
    let opened = open(&mut tx, &before).await?;
    let held = deliveries::hold_channel(&mut tx, workspace, id, HoldReason::Reconnect).await?;
    let done = channels::disconnect(&mut tx, workspace, id).await?;
    // Where accounts have tokens of their own, the channel's goes with it.
    let own = match (&opened, done.grant, done.shredded) {
        (Some(_), Some(grant), false) => tokens::forget_strays(&mut tx, workspace, grant).await?,
        _ => false,
    };
    if before.state != ChannelState::Disconnected {
        entitlements::release(&mut tx, workspace, Meter::Channels, 1).await?;
    }
    erase(&mut tx).await?;
    let identity_kept_until = blank_later(app, &mut tx, &done.channel).await?;
    note(&mut tx, caller, &member, id).await?;
    for delivery in &held {
        let ids = json!({"delivery": delivery.id, "post": delivery.post_id, "channel": id, "state": State::Held});
        changed(&mut tx, &member, "delivery.changed", ids).await?;
    }
    tx.commit().await?;
    let revoked = if done.grant.is_some() && !done.shredded { Revoked::StillUsed } else { Revoked::Nothing };
    let disconnection = Disconnection {
        held: held.iter().map(|delivery| (delivery.id, delivery.post_id)).collect(),
        destroyed: done.shredded || own,
        revoked,
        identity_kept_until,
        channel: view(&app.registry, done.channel, None),
    };
    Ok((disconnection, opened.filter(|_| done.shredded)))
}

/// Opens the channel's consent while it is there.
async fn open(tx: &mut Tx, channel: &Channel) -> Result<Option<Opened>> {
    let Some(grant) = channel.grant_id else { return Ok(None) };
    let grant = grants::get(tx, channel.workspace_id, grant).await?;
    let plain = match grants::open_credentials(tx, &grant).await {
        Ok(plain) => plain,
        // Nobody can open it any more; it must be possible to destroy it all the same.
        Err(StoreError::Sealed(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let credentials = serde_json::from_slice(&plain).map_err(|error| AppError::Internal(error.to_string()))?;
    let through = match grant.platform_app_id {
        Some(id) => consent::open(tx, channel.workspace_id, id).await?,
        None => None,
    };
    let all_or_nothing = through.as_ref().is_some_and(|through| through.server.revokes_person);
    let elsewhere = all_or_nothing && grants::same_consent_elsewhere(tx, &grant).await?;
    Ok(Some(Opened { platform: grant.platform, host: grant.host, credentials, through, elsewhere }))
}

/// Asks the platform to take the consent back, through the platform app that it was given to.
pub(super) async fn revoke(
    app: &App,
    platform: &str,
    host: &str,
    credentials: &Credentials,
    through: Option<&OpenApp>,
) -> Revoked {
    let Some(connector) = app.registry.get(platform) else { return Revoked::NotOffered };
    let cx = AuthCx(Cx::reading(app.transport.as_ref(), credentials));
    let answer = match connector.auth() {
        Auth::Session(driver) => driver.log_out(&cx, host).await,
        Auth::Fixed(_) => Ok(Revocation::NotOffered),
        Auth::OAuth(_) => match through {
            Some(through) => through.driver(app.transport.as_ref()).revoke(credentials).await,
            None => Ok(Revocation::NotOffered),
        },
    };
    match answer {
        Ok(Revocation::Revoked) => Revoked::Yes,
        Ok(Revocation::NotOffered) => Revoked::NotOffered,
        Err(error) => {
            let words = error.words.unwrap_or(error.detail);
            Revoked::Failed { words: credentials.redact(&words) }
        }
    }
}

/// What is deleted in this transaction leaves the database's file as well, now.
pub(super) async fn erase(tx: &mut Tx) -> Result<()> {
    // Without a key: one that is running now may already be past what is deleted here.
    let erase = NewJob { kind: "erase", workspace: None, payload: json!({}), once_key: None, due_at: tx.now() };
    Ok(jobs::enqueue(tx, &erase).await?)
}

/// Blanking of a disconnected channel's names and ids after their time, which is returned.
pub(super) async fn blank_later(app: &App, tx: &mut Tx, channel: &Channel) -> Result<Timestamp> {
    let since = channel.disconnected_at.unwrap_or(tx.now());
    let until = since.saturating_add(app.settings.identity_kept).unwrap_or(Timestamp::MAX);
    let key = channels::purge_key(channel.id);
    let purge = NewJob {
        kind: "purge_identity",
        workspace: Some(channel.workspace_id),
        payload: json!({"channel": channel.id}),
        once_key: Some(&key),
        due_at: until,
    };
    jobs::enqueue(tx, &purge).await?;
    Ok(until)
}

async fn note(tx: &mut Tx, caller: &Caller, member: &Member, id: ChannelId) -> Result<()> {
    let entry = audit::NewEntry {
        workspace: Some(member.workspace),
        user: Some(member.user),
        action: "channel.disconnect",
        subject: &id.to_string(),
        address: &caller.address,
    };
    audit::add(tx, entry).await?;
    changed(tx, member, "channel.changed", json!({"channel": id})).await
}
