//! Disconnecting: revoke at the platform, destroy here, hold what was scheduled.

use jiff::{SignedDuration, Timestamp};
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

use super::{ChannelView, view};
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
    /// Whether the tokens were destroyed: the consent had no other channel.
    pub destroyed: bool,
    /// What became of the consent at the platform.
    pub revoked: Revoked,
    /// Until when name, handle and remote ids are kept.
    pub identity_kept_until: Timestamp,
}

/// How long the identity is kept, so that what was published can be exported.
const IDENTITY: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Takes a channel away. Its tokens are destroyed at once when no other channel
/// uses them, whatever the platform says to the revocation.
pub async fn disconnect(app: &App, caller: &Caller, workspace: WorkspaceId, id: ChannelId) -> Result<Disconnection> {
    let last = last_of_grant(app, caller, workspace, id).await?;
    let asked = match &last {
        Found::Last { consent } => {
            let Consent { platform, host, credentials, through } = consent.as_ref();
            revoke(app, platform, host, credentials, through.as_ref()).await
        }
        Found::Elsewhere => Revoked::UsedElsewhere,
        Found::Shared => Revoked::StillUsed,
        Found::Nothing => Revoked::Nothing,
    };
    let mut tx = app.store.write().await?;
    let member = caller.member(&mut tx, workspace, Right::Connect).await?;
    let before = channels::get(&mut tx, workspace, id).await?;
    let held = deliveries::hold_channel(&mut tx, workspace, id, HoldReason::Reconnect).await?;
    let done = channels::disconnect(&mut tx, workspace, id).await?;
    if before.state != ChannelState::Disconnected {
        entitlements::release(&mut tx, workspace, Meter::Channels, 1).await?;
    }
    let identity_kept_until = enqueue(&mut tx, &done.channel).await?;
    note(&mut tx, caller, &member, id).await?;
    for delivery in &held {
        let ids = json!({"delivery": delivery.id, "post": delivery.post_id, "channel": id, "state": State::Held});
        changed(&mut tx, &member, "delivery.changed", ids).await?;
    }
    tx.commit().await?;
    Ok(Disconnection {
        held: held.iter().map(|delivery| (delivery.id, delivery.post_id)).collect(),
        destroyed: done.shredded,
        revoked: asked,
        identity_kept_until,
        channel: view(&app.registry, done.channel, None),
    })
}

/// What the channel's consent is worth.
enum Found {
    Last { consent: Box<Consent> },
    Elsewhere,
    Shared,
    Nothing,
}

struct Consent {
    platform: String,
    host: String,
    credentials: Credentials,
    /// The platform app that it was given to.
    through: Option<OpenApp>,
}

/// Reads the credentials if this is the grant's last channel: afterwards they are gone.
async fn last_of_grant(app: &App, caller: &Caller, workspace: WorkspaceId, id: ChannelId) -> Result<Found> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::Connect).await?;
    let channel = channels::get(&mut tx, workspace, id).await?;
    let Some(grant) = channel.grant_id else { return Ok(Found::Nothing) };
    if channels::by_grant(&mut tx, workspace, grant).await?.len() > 1 {
        return Ok(Found::Shared);
    }
    let grant = grants::get(&mut tx, workspace, grant).await?;
    let plain = match grants::open_credentials(&mut tx, &grant).await {
        Ok(plain) => plain,
        // Nobody can open it any more; it must be possible to destroy it all the same.
        Err(StoreError::Sealed(_)) => return Ok(Found::Nothing),
        Err(error) => return Err(error.into()),
    };
    let credentials = serde_json::from_slice(&plain).map_err(|error| AppError::Internal(error.to_string()))?;
    let through = match grant.platform_app_id {
        Some(id) => consent::open(&mut tx, workspace, id).await?,
        None => None,
    };
    let all_or_nothing = through.as_ref().is_some_and(|through| through.server.revokes_person);
    if all_or_nothing && grants::same_consent_elsewhere(&mut tx, &grant).await? {
        return Ok(Found::Elsewhere);
    }
    Ok(Found::Last { consent: Box::new(Consent { platform: grant.platform, host: grant.host, credentials, through }) })
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

/// Physical erasure now, and blanking of names and ids after their time.
async fn enqueue(tx: &mut Tx, channel: &Channel) -> Result<Timestamp> {
    let (now, until) = (tx.now(), channel.disconnected_at.unwrap_or(tx.now()));
    let until = until.saturating_add(IDENTITY).unwrap_or(Timestamp::MAX);
    // Without a key: one that is running now may already be past what is deleted here.
    let erase = NewJob { kind: "erase", workspace: None, payload: json!({}), once_key: None, due_at: now };
    jobs::enqueue(tx, &erase).await?;
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
