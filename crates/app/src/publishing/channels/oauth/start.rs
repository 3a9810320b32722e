//! Starting: find the server, see to an app there, and make the address to send the person to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use postrider_connector::auth::oauth::{Ask, pkce};
use postrider_domain::id::{ConnectLinkId, OauthStateId, SessionId, UserId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::secret::Secret;
use postrider_domain::{Code, Issue};
use postrider_engine::consent::{self, OpenApp};
use postrider_store::Tx;
use postrider_store::repo::oauth::{self, NewState, OauthState};
use serde::{Deserialize, Serialize};

use crate::publishing::apps::{self, Platform};
use crate::publishing::channels::connect::check_names;
use crate::token::{self, Token};
use crate::{App, AppError, Caller, Idempotency, Result, Via};

/// What is to be connected.
#[derive(Debug, Clone)]
pub struct Start {
    /// The platform.
    pub platform: String,
    /// The form's fields by name.
    pub fields: BTreeMap<String, Secret>,
    /// The path of ours that the person wants to see afterwards.
    pub return_to: Option<String>,
}

/// A connection that waits for the person at the platform.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    /// Its id, to ask how it is doing.
    pub id: OauthStateId,
    /// Where to send the person.
    pub authorize_url: String,
    /// Until when they may take.
    pub expires_at: Timestamp,
}

/// What is sealed until the callback.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    /// The `state` parameter, to make the same address for a repeated request.
    state: Secret,
    /// The PKCE verifier.
    pub(super) verifier: Secret,
}

impl Kept {
    pub(super) fn read(plain: &[u8]) -> Result<Self> {
        serde_json::from_slice(plain).map_err(|error| AppError::Internal(error.to_string()))
    }
}

/// Starts a connection; the same request again gets the same address.
///
/// # Errors
/// [`AppError::Connect`] says which step failed, at which field, in whose words.
pub async fn start(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    new: &Start,
    once: Option<&Idempotency>,
) -> Result<Started> {
    if let Some(id) = app.reserve::<OauthStateId>(once).await? {
        return started_before(app, caller, workspace, id).await;
    }
    match first_start(app, caller, workspace, new, once).await {
        Ok(started) => Ok(started),
        Err(error) => {
            app.give_back(once).await?;
            Err(error)
        }
    }
}

async fn first_start(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    new: &Start,
    once: Option<&Idempotency>,
) -> Result<Started> {
    caller.member(&mut app.store.read().await?, workspace, Right::Connect).await?;
    let return_to = new.return_to.as_deref().map(own_path).transpose()?;
    let opened = prepare(app, workspace, &new.platform, &new.fields).await?;
    let session = match caller.via {
        Via::Session(id) => Some(id),
        Via::Key { .. } | Via::Local => None,
    };
    let by = By { user: caller.user, session, link: None, browser_hash: None };
    let mut tx = app.begin_reserved().await?;
    caller.member(&mut tx, workspace, Right::Connect).await?;
    let started = begin(app, &mut tx, workspace, &new.platform, &opened, &by, return_to).await?;
    app.finish(tx, once, &started.id).await?;
    Ok(started)
}

async fn started_before(app: &App, caller: &Caller, workspace: WorkspaceId, id: OauthStateId) -> Result<Started> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::Connect).await?;
    let state = oauth::get(&mut tx, workspace, id).await?;
    let kept = Kept::read(&oauth::open_verifier(&mut tx, workspace, id).await?)?;
    let opened = consent::open(&mut tx, workspace, state.platform_app_id).await?.ok_or_else(AppError::not_found)?;
    address(&state, &opened, &kept)
}

/// A path of ours and nothing that a browser would take for another place.
fn own_path(text: &str) -> Result<&str, Issue> {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if text.starts_with('/') && !text.starts_with("//") && plain && text.len() <= 500 {
        return Ok(text);
    }
    Err(Issue::error(Code::BadField, "/return_to").with("reason", "it is not a path of this server, such as /channels"))
}

/// Finds the server and sees to an app there. Calls the network.
pub(super) async fn prepare(
    app: &App,
    workspace: WorkspaceId,
    platform: &str,
    fields: &BTreeMap<String, Secret>,
) -> Result<OpenApp> {
    let platform = Platform::find(app, platform)?;
    check_names(platform.descriptor, fields)?;
    let server = platform.discover(app, fields).await?;
    apps::ensure(app, workspace, platform, &server).await
}

/// Who begins, and how they are known again.
pub(super) struct By {
    /// In whose name the account will be connected.
    pub(super) user: UserId,
    /// Their session.
    pub(super) session: Option<SessionId>,
    /// The link that somebody followed.
    pub(super) link: Option<ConnectLinkId>,
    /// What that browser holds.
    pub(super) browser_hash: Option<[u8; 32]>,
}

/// Makes the row and the address.
pub(super) async fn begin(
    app: &App,
    tx: &mut Tx,
    workspace: WorkspaceId,
    platform: &str,
    opened: &OpenApp,
    by: &By,
    return_to: Option<&str>,
) -> Result<Started> {
    let kept = Kept { state: Token::new(tx.entropy(), "").plain, verifier: pkce::verifier(tx.entropy()) };
    let plain = serde_json::to_vec(&kept).map_err(|error| AppError::Internal(error.to_string()))?;
    let redirect_uri = match opened.registered {
        true => apps::redirect_uri_of(app, platform, &opened.server.host),
        false => apps::redirect_uri(app, platform),
    };
    let new = NewState {
        state_hash: token::hash(kept.state.expose()),
        user: by.user,
        session: by.session,
        link: by.link,
        browser_hash: by.browser_hash,
        platform,
        platform_app: opened.id,
        host: &opened.server.host,
        verifier: &plain,
        redirect_uri: &redirect_uri,
        return_to,
    };
    let state = oauth::create(tx, workspace, new).await?;
    address(&state, opened, &kept)
}

fn address(state: &OauthState, opened: &OpenApp, kept: &Kept) -> Result<Started> {
    let ask = Ask {
        client_id: &opened.client.id,
        redirect_uri: &state.redirect_uri,
        state: &kept.state,
        verifier: &kept.verifier,
    };
    let authorize_url = opened.server.authorize_url(&ask)?;
    Ok(Started { id: state.id, authorize_url, expires_at: state.expires_at })
}
