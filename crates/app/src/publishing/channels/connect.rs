//! Connecting by fields: authorise, ask the platform, store.
//!
//! The three are separate so that no transaction is open while the platform is
//! asked: [`ask`] reads and calls, [`keep`] writes, and [`abandon`] gives the
//! session back when it could not be kept.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use postrider_connector::auth::{Auth, AuthCx, ConnectFields, refresh_due};
use postrider_connector::check::NOT_ALLOWED;
use postrider_connector::{Connected, Credentials, Cx, Descriptor, RemoteAccount};
use postrider_domain::delivery::{HoldReason, State};
use postrider_domain::entitlement::Meter;
use postrider_domain::id::{GrantId, PlatformAppId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::secret::Secret;
use postrider_domain::{Code, Issue, Issues};
use postrider_store::repo::channels::{self, Channel, ChannelState, NewChannel};
use postrider_store::repo::deliveries::{self, Filter};
use postrider_store::repo::grants::{self, Grant, NewGrant, Replacement};
use postrider_store::repo::{audit, entitlements};
use postrider_store::{StoreError, Tx};
use serde_json::{Value, json};

use super::disconnect::revoke;
use super::{ChannelView, left_out, tokens, view};
use crate::publishing::changed;
use crate::{App, AppError, Caller, Member, Result};

/// What the platform answered; it holds credentials and is not stored yet.
#[derive(Debug)]
pub struct Asked {
    descriptor: &'static Descriptor,
    connected: Connected,
}

/// A kept connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Connection {
    /// The channels that can be posted to now.
    pub channels: Vec<ChannelView>,
    /// How many deliveries were waiting for this and go on.
    pub resumed: u64,
}

/// Proves the right to connect and asks the platform.
///
/// # Errors
/// [`AppError::Connect`] says which step failed, at which field, in whose words.
pub async fn ask(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    platform: &str,
    fields: BTreeMap<String, Secret>,
) -> Result<Asked> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::Connect).await?;
    drop(tx);
    let unknown = || Issue::error(Code::PlatformUnknown, "/platform").with("platform", platform);
    let connector = app.registry.get(platform).ok_or_else(unknown)?;
    let descriptor = connector.descriptor();
    check_names(descriptor, &fields)?;
    let (fields, none) = (ConnectFields(fields), Credentials::default());
    let cx = AuthCx(Cx::reading(app.transport.as_ref(), &none));
    let connected = match connector.auth() {
        Auth::Session(driver) => driver.log_in(&cx, &fields).await?,
        Auth::Fixed(driver) => driver.verify(&cx, &fields).await?,
        Auth::OAuth(_) => return Err(Issue::error(Code::ConsentNeeded, "/platform").with("platform", platform).into()),
    };
    Ok(Asked { descriptor, connected })
}

pub(crate) fn check_names(descriptor: &Descriptor, fields: &BTreeMap<String, Secret>) -> Result<(), Issues> {
    let known = descriptor.auth.fields();
    let stray = fields.keys().filter(|name| !known.iter().any(|field| field.name == name.as_str()));
    let issues = stray.map(|name| Issue::error(Code::UnknownField, format!("/fields/{name}")).with("name", name));
    Issues(issues.collect()).into_result()
}

/// Stores a connection. The same person connecting again keeps the grant, the
/// same account the channel, and what waited for it goes on by itself.
pub async fn keep(
    app: &App,
    tx: &mut Tx,
    caller: &Caller,
    workspace: WorkspaceId,
    asked: &Asked,
) -> Result<Connection> {
    let member = caller.member(tx, workspace, Right::Connect).await?;
    let Asked { descriptor, connected } = asked;
    let address = caller.address.as_str();
    let offered = &Credentials::default();
    let new =
        New { descriptor, platform_app: None, connected, renews: true, offered, not_allowed: &[], member, address };
    keep_new(app, tx, &new).await
}

/// A connection to be kept, in whose name and from where.
pub(super) struct New<'a> {
    pub(super) descriptor: &'static Descriptor,
    /// The platform app that the consent was given to.
    pub(super) platform_app: Option<PlatformAppId>,
    pub(super) connected: &'a Connected,
    /// Whether its tokens can be renewed without the person.
    pub(super) renews: bool,
    /// Tokens of all accounts that were found, where accounts have tokens of their own.
    pub(super) offered: &'a Credentials,
    /// Features that the consent leaves out.
    pub(super) not_allowed: &'a [&'static str],
    pub(super) member: Member,
    /// For the audit log.
    pub(super) address: &'a str,
}

/// [`keep`], for a member whose right was proven in this transaction.
pub(super) async fn keep_new(app: &App, tx: &mut Tx, new: &New<'_>) -> Result<Connection> {
    let known = grant_before(tx, new).await?;
    let left_out = left_out::find(tx, new, known.as_ref()).await?;
    let chosen = new.connected.accounts.iter().map(|account| account.remote_id.as_str());
    let accounts: Vec<&str> = chosen.chain(left_out.iter().map(|channel| channel.remote_id.as_str())).collect();
    channels::lock_for_connecting(tx, new.member.workspace, new.descriptor.id, &accounts).await?;
    lock_grants(tx, new, known.as_ref()).await?;
    // Until it was locked, somebody may have ended it.
    let before = grant_before(tx, new).await?;
    let changes = match &before {
        Some(before) => left_out::take_out(tx, new, before, &left_out).await?,
        None => Vec::new(),
    };
    let grant = keep_grant(tx, new, before).await?;
    let mut kept = Vec::with_capacity(new.connected.accounts.len());
    for account in &new.connected.accounts {
        kept.push(keep_channel(tx, new, grant.id, account).await?);
    }
    let resumed = resume(tx, new.member.workspace, grant.id).await?;
    for channel in &kept {
        note(tx, new, channel).await?;
    }
    for (kind, ids) in changes {
        changed(tx, &new.member, kind, ids).await?;
    }
    let channels = kept.into_iter().map(|channel| view(&app.registry, channel, Some(&grant))).collect();
    Ok(Connection { channels, resumed })
}

/// Grants before channels, each in the order of their ids: the one that is given again, and those that lose a channel.
/// Whoever disconnects one of theirs meanwhile waits, and finds what is written here.
async fn lock_grants(tx: &mut Tx, new: &New<'_>, before: Option<&Grant>) -> Result<()> {
    let mut all: BTreeSet<GrantId> = before.map(|grant| grant.id).into_iter().collect();
    for account in &new.connected.accounts {
        let known = channels::find(tx, new.member.workspace, new.descriptor.id, &account.remote_id).await?;
        all.extend(known.and_then(|channel| channel.grant_id));
    }
    for grant in all {
        grants::lock(tx, grant).await?;
    }
    Ok(())
}

/// The grant that this person gave before, through the same app if there is one: an app
/// that registered itself anew takes over what was given to the one before.
pub(super) async fn grant_before(tx: &mut Tx, new: &New<'_>) -> Result<Option<Grant>> {
    let (platform, host, person_id) = (new.descriptor.id, &new.connected.host, &new.connected.person_id);
    let mut found = grants::of_person_at(tx, new.member.workspace, platform, host, person_id).await?;
    let same = found.iter().position(|grant| grant.platform_app_id == new.platform_app).unwrap_or(0);
    Ok((same < found.len()).then(|| found.swap_remove(same)))
}

async fn keep_grant(tx: &mut Tx, new: &New<'_>, before: Option<Grant>) -> Result<Grant> {
    let New { descriptor, platform_app, connected, renews, member, .. } = *new;
    let mut credentials = connected.credentials.clone();
    if let Some(before) = &before {
        let before = &grants::get(tx, member.workspace, before.id).await?;
        keep_the_others(tx, new, before, &mut credentials).await?;
    }
    let plain = serde_json::to_vec(&credentials).map_err(|error| AppError::Internal(error.to_string()))?;
    let now = tx.now();
    let expires_at = connected.lives_s.map(|lives| after(now, lives));
    // What nothing renews is looked at when it ends: its channels need connecting again then.
    let refresh_at = if renews { connected.lives_s.map(|lives| refresh_due(now, lives)) } else { expires_at };
    let grant = match before {
        Some(before) => {
            let by = member.user;
            let new =
                Replacement { platform_app, scopes: &connected.scopes, plain: &plain, expires_at, refresh_at, by };
            grants::replace_credentials(tx, member.workspace, before.id, new).await?
        }
        None => {
            let new = NewGrant {
                platform: descriptor.id,
                platform_app,
                host: &connected.host,
                person_id: &connected.person_id,
                scopes: &connected.scopes,
                plain: &plain,
                expires_at,
                refresh_at,
                created_by: member.user,
            };
            grants::create(tx, member.workspace, new).await?
        }
    };
    Ok(grant)
}

/// Channels of an earlier choice stay connected although they were not chosen again: with the token that was found this
/// time, or the one they have.
async fn keep_the_others(tx: &mut Tx, new: &New<'_>, before: &Grant, kept: &mut Credentials) -> Result<()> {
    let old = match grants::open_credentials(tx, before).await {
        Ok(plain) => serde_json::from_slice(&plain).map_err(|error| AppError::Internal(error.to_string()))?,
        // Nobody can open them any more, and connecting again is what mends that.
        Err(StoreError::Sealed(_)) => Credentials::default(),
        Err(error) => return Err(error.into()),
    };
    for channel in channels::by_grant(tx, new.member.workspace, before.id).await? {
        let id = &channel.remote_id;
        let token =
            kept.get_of_account(id).or_else(|| new.offered.get_of_account(id)).or_else(|| old.get_of_account(id));
        if let Some(token) = token.cloned() {
            kept.set_of_account(id, token);
        }
    }
    Ok(())
}

fn after(now: Timestamp, lives_s: u64) -> Timestamp {
    let lives = SignedDuration::from_secs(i64::try_from(lives_s).unwrap_or(i64::MAX));
    now.saturating_add(lives).unwrap_or(Timestamp::MAX)
}

async fn keep_channel(tx: &mut Tx, new: &New<'_>, grant: GrantId, account: &RemoteAccount) -> Result<Channel> {
    let (descriptor, member) = (new.descriptor, new.member);
    let before = channels::find(tx, member.workspace, descriptor.id, &account.remote_id).await?;
    if before.as_ref().is_none_or(|channel| channel.state == ChannelState::Disconnected) {
        entitlements::consume(tx, member.workspace, Meter::Channels, 1).await?;
    }
    let new = NewChannel {
        grant: Some(grant),
        platform: descriptor.id,
        host: &new.connected.host,
        remote_id: &account.remote_id,
        handle: &account.handle,
        name: &account.name,
        picture: account.picture.as_deref(),
        url: account.url.as_deref(),
        facts: &with_not_allowed(account.facts.clone(), new.not_allowed),
        min_gap: descriptor.min_gap,
    };
    let channel = channels::upsert(tx, member.workspace, new).await?;
    if let Some(old) = before.and_then(|before| before.grant_id).filter(|old| *old != grant) {
        // Somebody else connected it this time: what the one before had of it goes, and the rest of theirs stays.
        tokens::forget_strays(tx, member.workspace, old).await?;
    }
    Ok(channel)
}

/// Preflight asks the channel's facts, which go wherever the channel goes.
fn with_not_allowed(mut facts: Value, features: &[&str]) -> Value {
    if let Some(map) = facts.as_object_mut().filter(|_| !features.is_empty()) {
        map.insert(NOT_ALLOWED.to_owned(), json!(features));
    }
    facts
}

/// How many held deliveries are read at a time.
const BATCH: u32 = 200;

/// Lets what waited for the grant go on. Each keeps its own time, so that one
/// that has missed its window asks instead of bursting out with the others.
async fn resume(tx: &mut Tx, workspace: WorkspaceId, grant: GrantId) -> Result<u64> {
    let mut resumed = 0;
    for channel in channels::by_grant(tx, workspace, grant).await? {
        let filter = Filter {
            state: Some(State::Held),
            hold_reason: Some(HoldReason::Reconnect),
            channel: Some(channel.id),
            ..Filter::default()
        };
        loop {
            let mut held = deliveries::list(tx, workspace, &filter, BATCH).await?;
            held.sort_by_key(|delivery| delivery.id);
            if held.is_empty() {
                break;
            }
            for delivery in held {
                deliveries::release(tx, workspace, delivery.id, delivery.scheduled_at, None).await?;
                resumed += 1;
            }
        }
    }
    Ok(resumed)
}

async fn note(tx: &mut Tx, new: &New<'_>, channel: &Channel) -> Result<()> {
    let entry = audit::NewEntry {
        workspace: Some(new.member.workspace),
        user: Some(new.member.user),
        action: "channel.connect",
        subject: &channel.id.to_string(),
        address: new.address,
    };
    audit::add(tx, entry).await?;
    changed(tx, &new.member, "channel.changed", json!({"channel": channel.id})).await
}

/// Gives a session back that could not be kept, so that none is left open over
/// there. What the platform says to it changes nothing here.
pub async fn abandon(app: &App, asked: &Asked) {
    let Asked { descriptor, connected } = asked;
    let answer = revoke(app, descriptor.id, &connected.host, &connected.credentials, None).await;
    tracing::info!(platform = descriptor.id, ?answer, "gave a session back that was not kept");
}
