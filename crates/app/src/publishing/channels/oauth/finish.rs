//! Choosing and confirming: by the starter over the API, or by whoever is at the page.

use jiff::Timestamp;
use postrider_connector::auth::oauth::Found;
use postrider_connector::descriptor::ScopeReason;
use postrider_connector::{ConnectError, Connected, Credentials};
use postrider_domain::id::{OauthStateId, WorkspaceId};
use postrider_domain::role::{Right, Role};
use postrider_domain::secret::Secret;
use postrider_domain::{Code, Issue, Issues};
use postrider_engine::consent::{self, OpenApp};
use postrider_store::Tx;
use postrider_store::repo::oauth::{self, OauthState};
use postrider_store::repo::{apps, audit, channels, connect_links, grants, members, users, workspaces};
use serde_json::json;

use super::callback::{failed, give_back, is_starter, way_back};
use super::{Answer, Ask, Ended, Pending, Progress, ended, picking, progress, refused};
use crate::publishing::apps::Platform;
use crate::publishing::channels::connect::{New, grant_before, keep_new};
use crate::token::{self, Token};
use crate::{App, AppError, Begun, Caller, Idempotency, Member, Result};

/// What is kept, and from where.
pub(super) struct Keeping<'a> {
    pub(super) state: &'a OauthState,
    pub(super) pending: &'a Pending,
    pub(super) picked: &'a [String],
    pub(super) address: &'a str,
}

/// Tokens that a new consent replaced, of an app that is not used any more.
#[derive(Default)]
pub(super) struct LeftBehind(Option<(OpenApp, Credentials)>);

impl LeftBehind {
    /// Gives them back, after the transaction that replaced them.
    pub(super) async fn give_back(self, app: &App) {
        if let Some((opened, credentials)) = self.0 {
            give_back(app, &opened, &credentials).await;
        }
    }
}

/// Connects the chosen accounts and ends the connection, in the caller's transaction.
pub(super) async fn keep(app: &App, tx: &mut Tx, keeping: &Keeping<'_>) -> Result<(Ended, LeftBehind)> {
    let Keeping { state, pending, picked, address } = *keeping;
    let platform = Platform::find(app, &state.platform)?;
    let member = starter(tx, state).await?;
    let connected = chosen(pending, picked, tx.now())?;
    if let Some(link) = state.link_id {
        if !connect_links::take(tx, state.workspace_id, link).await? {
            return Err(AppError::of(Code::LinkUsed));
        }
        let (subject, workspace, user) = (link.to_string(), Some(state.workspace_id), Some(state.user_id));
        let entry = audit::NewEntry { workspace, user, action: "connect_link.use", subject: &subject, address };
        audit::add(tx, entry).await?;
    }
    let granted = |reason: &&ScopeReason| platform.oauth.covers(&connected.scopes, reason.scope);
    let missing: Vec<&ScopeReason> = platform.descriptor.scopes.iter().filter(|reason| !granted(reason)).collect();
    let not_allowed: Vec<&str> = missing.iter().map(|reason| reason.feature).collect();
    let (descriptor, platform_app) = (platform.descriptor, Some(state.platform_app_id));
    let offered = &pending.tokens();
    let opened = consent::open(tx, state.workspace_id, state.platform_app_id).await?;
    let renews = opened.is_some_and(|opened| opened.server.renews(&connected.credentials));
    let new = New {
        descriptor,
        platform_app,
        connected: &connected,
        renews,
        offered,
        not_allowed: &not_allowed,
        member,
        address,
    };
    let left = left_behind(tx, &new).await?;
    let connection = keep_new(app, tx, &new).await?;
    apps::mark_working(tx, state.platform_app_id).await?;
    let ended = Ended::Connected {
        missing_scopes: missing.iter().map(|reason| reason.scope.to_owned()).collect(),
        channels: connection.channels.iter().map(|channel| channel.id).collect(),
        resumed: connection.resumed,
    };
    oauth::finish(tx, state.id, &json!(ended)).await?;
    Ok((ended, left))
}

/// Whoever began this still has to have the right to.
async fn starter(tx: &mut Tx, state: &OauthState) -> Result<Member> {
    let role = members::role(tx, state.workspace_id, state.user_id).await?;
    let role = role.filter(|role| role.may(Right::Connect)).ok_or_else(|| AppError::of(Code::Forbidden))?;
    Ok(Member { user: state.user_id, workspace: state.workspace_id, role })
}

/// What was found, with the chosen accounts alone.
fn chosen(pending: &Pending, picked: &[String], now: Timestamp) -> Result<Connected> {
    let mut issues = Issues::default();
    // Where accounts have tokens of their own, the person's is not kept.
    let mut own = Credentials::default();
    if picked.is_empty() {
        issues.push(Issue::error(Code::Required, "/accounts"));
    }
    let mut connected = pending.connected.clone();
    for (index, id) in picked.iter().enumerate() {
        let found = pending.found.iter().find(|found| found.account.remote_id == *id);
        match found {
            Some(Found { account, refused: None, token }) if !connected.accounts.contains(account) => {
                own.set_of_account(&account.remote_id, token.clone());
                connected.accounts.push(account.clone());
            }
            Some(Found { refused: None, .. }) => {}
            _ => issues.push(Issue::error(Code::AccountNotOffered, format!("/accounts/{index}"))),
        }
    }
    issues.into_result()?;
    if own != Credentials::default() {
        (connected.credentials, connected.lives_s) = (own, None);
    }
    // The tokens are older than the choice.
    let age = u64::try_from(now.duration_since(pending.at).as_secs()).unwrap_or(0);
    connected.lives_s = connected.lives_s.map(|lives| lives.saturating_sub(age));
    Ok(connected)
}

/// The tokens of the same person's earlier consent, where it was given to another app.
async fn left_behind(tx: &mut Tx, new: &New<'_>) -> Result<LeftBehind> {
    let Some(before) = grant_before(tx, new).await? else { return Ok(LeftBehind::default()) };
    let Some(old) = before.platform_app_id.filter(|old| Some(*old) != new.platform_app) else {
        return Ok(LeftBehind::default());
    };
    let Some(opened) = consent::open(tx, new.member.workspace, old).await? else { return Ok(LeftBehind::default()) };
    let plain = grants::open_credentials(tx, &before).await.ok();
    let credentials = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
    Ok(LeftBehind(credentials.map(|credentials| (opened, credentials))))
}

/// Connects the accounts that the starter chose.
///
/// # Errors
/// [`Code::OauthNotPicking`] when nothing waits for a choice of theirs; after an account that is
/// not offered, or a limit, it goes on waiting.
pub async fn pick(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    id: OauthStateId,
    accounts: &[String],
    once: Option<&Idempotency>,
) -> Result<Progress> {
    let mut tx = match app.begin_write::<OauthStateId>(once).await? {
        Begun::Replay(id) => return progress(app, caller, workspace, id).await,
        Begun::Run(tx) => tx,
    };
    caller.member(&mut tx, workspace, Right::Connect).await?;
    let state = oauth::get(&mut tx, workspace, id).await?;
    let pending = picking(&mut tx, &state).await?;
    let keeping = Keeping { state: &state, pending: &pending, picked: accounts, address: &caller.address };
    let (_, left) = keep(app, &mut tx, &keeping).await?;
    app.finish(tx, once, &id).await?;
    left.give_back(app).await;
    progress(app, caller, workspace, id).await
}

/// A click on a page of ours.
#[derive(Debug, Clone)]
pub struct Clicked {
    /// The one-time token of the page.
    pub token: Secret,
    /// What was chosen.
    pub accounts: Vec<String>,
    /// Whether the person does not want this.
    pub refuse: bool,
    /// What the browser of a link holds.
    pub browser: Option<Secret>,
    /// Where it came from, for the audit log.
    pub address: String,
    /// The request, to be found in the log.
    pub correlation: String,
}

/// Takes a click: connects what was chosen, or gives the consent back. The same click again
/// gets the same answer.
///
/// # Errors
/// [`Code::OauthPageStale`] for a page that is not the newest one of its connection.
pub async fn click(app: &App, caller: Option<&Caller>, clicked: &Clicked) -> Result<Answer> {
    const STEP: &str = "choose";
    let mut tx = app.store.write().await?;
    let state = oauth::by_page(&mut tx, &token::hash(clicked.token.expose())).await?;
    let state = state.ok_or_else(|| refused(Code::OauthPageStale, STEP))?;
    match state.result.as_ref().map(ended).transpose()? {
        Some(Ended::Confirm) => {}
        Some(Ended::Pick) if is_starter(&state, caller, clicked.browser.as_ref()) => {}
        Some(Ended::Pick) => return Err(refused(Code::OauthOtherBrowser, STEP).into()),
        Some(done) => {
            drop(tx);
            return answer(app, caller, &state, done).await;
        }
        None => return Err(refused(Code::OauthPageStale, STEP).into()),
    }
    let plain = oauth::pending(&mut tx, state.workspace_id, state.id).await?;
    let pending = Pending::read(&plain.ok_or_else(|| refused(Code::OauthStateExpired, STEP))?)?;
    if clicked.refuse {
        return decline(app, caller, tx, &state, &pending, &clicked.correlation).await;
    }
    let (picked, address) = (clicked.accounts.as_slice(), clicked.address.as_str());
    let keeping = Keeping { state: &state, pending: &pending, picked, address };
    let (ended, left) = keep(app, &mut tx, &keeping).await?;
    tx.commit().await?;
    left.give_back(app).await;
    answer(app, caller, &state, ended).await
}

/// The person at the page does not want this: the tokens are destroyed here and given back there.
async fn decline(
    app: &App,
    caller: Option<&Caller>,
    mut tx: Tx,
    state: &OauthState,
    pending: &Pending,
    correlation: &str,
) -> Result<Answer> {
    let error = ConnectError::step(Code::OauthDenied, "confirm", "");
    let ended = Ended::Failed(failed(state, error.into(), correlation));
    oauth::finish(&mut tx, state.id, &json!(ended)).await?;
    let opened = consent::open(&mut tx, state.workspace_id, state.platform_app_id).await?;
    tx.commit().await?;
    if let Some(opened) = opened {
        give_back(app, &opened, &pending.connected.credentials).await;
    }
    answer(app, caller, state, ended).await
}

/// The page that asks for a click, with a fresh one-time token; `None` when it is too late.
pub(super) async fn page(app: &App, caller: Option<&Caller>, state: &OauthState) -> Result<Option<Ask>> {
    let platform = Platform::find(app, &state.platform)?;
    let mut tx = app.store.write().await?;
    let Some(plain) = oauth::pending(&mut tx, state.workspace_id, state.id).await? else { return Ok(None) };
    let accounts = Pending::read(&plain)?.choices(&mut tx, state).await?;
    let token = Token::new(tx.entropy(), "");
    oauth::expect_click(&mut tx, state.id, token.hash).await?;
    let now = oauth::get(&mut tx, state.workspace_id, state.id).await?;
    let stranger = now.result.as_ref().map(ended).transpose()? == Some(Ended::Confirm);
    let ask = Ask {
        platform_name: platform.descriptor.name,
        host: state.host.clone(),
        workspace: workspaces::get(&mut tx, state.workspace_id).await?.name,
        owner: owners(&mut tx, state.workspace_id).await?,
        starter: users::get(&mut tx, state.user_id).await?.name,
        stranger,
        accounts,
        token: token.plain,
        // What somebody else has to confirm is confirmed on the page that says whose workspace it is.
        back: way_back(state, caller).filter(|_| !stranger),
    };
    tx.commit().await?;
    Ok(Some(ask))
}

/// The names of a workspace's owners.
pub(super) async fn owners(tx: &mut Tx, workspace: WorkspaceId) -> Result<String> {
    let mut names = Vec::new();
    for member in members::list(tx, workspace).await?.into_iter().filter(|member| member.role == Role::Owner) {
        names.push(users::get(tx, member.user_id).await?.name);
    }
    Ok(names.join(", "))
}

/// What to show of a connection that ended.
pub(super) async fn answer(app: &App, caller: Option<&Caller>, state: &OauthState, ended: Ended) -> Result<Answer> {
    let platform = Platform::find(app, &state.platform)?;
    let mut handles = Vec::new();
    if let Ended::Connected { channels: ids, .. } = &ended {
        let mut tx = app.store.read().await?;
        for id in ids {
            handles.push(channels::get(&mut tx, state.workspace_id, *id).await?.handle);
        }
    }
    let (platform_name, return_to) = (platform.descriptor.name, state.return_to.clone());
    Ok(Answer::Ended { ended, platform_name, handles, return_to, back: way_back(state, caller) })
}
