//! The way back from the platform: whose connection it is, tokens for the code, and what was found.

use std::time::Duration;

use postrider_connector::auth::AuthCx;
use postrider_connector::auth::oauth::{Found, Tokens};
use postrider_connector::{ConnectError, Connected, Cx};
use postrider_domain::Code;
use postrider_domain::secret::Secret;
use postrider_engine::consent::{self, OpenApp};
use postrider_store::repo::jobs::{self, NewJob};
use postrider_store::repo::oauth::{self, Callback, OauthState};
use serde_json::json;

use super::finish::{Keeping, keep, page};
use super::start::Kept;
use super::{Answer, Ended, Failed, Pending, Stage, ended, refused, stage};
use crate::publishing::apps::{self, Platform};
use crate::{App, AppError, Caller, Result, Via, token};

const STEP: &str = "callback";

/// What came back from the platform.
#[derive(Debug, Clone, Default)]
pub struct Came {
    /// The parameter that says which connection it is.
    pub state: Secret,
    /// The code that is exchanged for tokens.
    pub code: Secret,
    /// The platform's error name; empty for none.
    pub error: String,
    /// Its sentence.
    pub description: String,
    /// What the browser of a link holds.
    pub browser: Option<Secret>,
    /// Where it came from, for the audit log.
    pub address: String,
    /// The request, to be found in the log.
    pub correlation: String,
}

impl Came {
    /// Equal for a repetition of the same answer and for nothing else.
    fn hash(&self) -> [u8; 32] {
        token::hash(&format!("{}\n{}\n{}", self.code.expose(), self.error, self.description))
    }
}

/// Takes somebody back from a platform, at the `place` that the address of the callback names: the
/// platform, or one server of it. The same answer of the platform again gets the same answer.
///
/// # Errors
/// What cannot be kept with a connection, because there is none, or it has ended otherwise.
pub async fn callback(app: &App, caller: Option<&Caller>, place: &str, came: &Came) -> Result<Answer> {
    let answer = take(app, caller, place, came).await;
    if let Err(AppError::Connect(error)) = &answer {
        tracing::warn!(place, step = error.step, code = %error.code, "a callback was refused");
    }
    answer
}

async fn take(app: &App, caller: Option<&Caller>, place: &str, came: &Came) -> Result<Answer> {
    let state_hash = token::hash(came.state.expose());
    let known = oauth::peek(&mut app.store.read().await?, &state_hash).await?;
    let known = known.ok_or_else(|| refused(Code::OauthStateUnknown, STEP))?;
    let received = apps::redirect_uri(app, place);
    if received != known.redirect_uri {
        let mismatch = refused(Code::OauthRedirect, STEP).with("expected", &known.redirect_uri);
        return Err(mismatch.with("received", received).into());
    }
    let mut tx = app.store.write().await?;
    let taken = oauth::begin_callback(&mut tx, &state_hash, came.hash()).await?;
    tx.commit().await?;
    let (state, ended) = match taken {
        Callback::First(state, kept) => {
            let ended = first(app, caller, &state, &kept, came).await?;
            (state, ended)
        }
        Callback::Running(state) => wait(app, *state).await?,
        Callback::Done(state, result) => {
            let ended = ended(&result)?;
            (state, ended)
        }
        Callback::Used(_) => return Err(refused(Code::OauthStateUsed, STEP).into()),
        Callback::Expired(_) => return Err(refused(Code::OauthStateExpired, STEP).into()),
        Callback::Unknown => return Err(refused(Code::OauthStateUnknown, STEP).into()),
    };
    show(app, caller, came, &state, ended).await
}

/// How often somebody whose browser asked twice looks whether the first has its answer.
const LOOKS: u32 = 50;

/// How long between two looks.
const LOOK: Duration = Duration::from_millis(100);

async fn wait(app: &App, state: OauthState) -> Result<(Box<OauthState>, Ended)> {
    for _ in 0..LOOKS {
        tokio::time::sleep(LOOK).await;
        let now = oauth::get(&mut app.store.read().await?, state.workspace_id, state.id).await?;
        if let Some(result) = &now.result {
            let ended = ended(result)?;
            return Ok((Box::new(now), ended));
        }
    }
    Err(refused(Code::OauthRunning, STEP).into())
}

/// What the person gets to see: a page to click on only where the click is theirs.
async fn show(app: &App, caller: Option<&Caller>, came: &Came, state: &OauthState, ended: Ended) -> Result<Answer> {
    let starter = is_starter(state, caller, came.browser.as_ref());
    match ended {
        Ended::Pick if !starter => Err(refused(Code::OauthOtherBrowser, STEP).into()),
        Ended::Pick | Ended::Confirm => match page(app, caller, state).await? {
            Some(ask) => Ok(Answer::Ask(Box::new(ask))),
            None => Err(refused(Code::OauthStateExpired, STEP).into()),
        },
        other => super::finish::answer(app, caller, state, other).await,
    }
}

/// Whether who came back is who left: the same session, the browser of the link, or, where a
/// program started it, the person it acts for.
pub(super) fn is_starter(state: &OauthState, caller: Option<&Caller>, browser: Option<&Secret>) -> bool {
    if let Some(expected) = state.browser_hash {
        return browser.is_some_and(|browser| token::matches(browser.expose(), &expected));
    }
    caller.is_some_and(|caller| match (state.session_id, caller.via) {
        (Some(own), Via::Session(id)) => own == id,
        (Some(_), Via::Key { .. } | Via::Local) => false,
        (None, _) => caller.user == state.user_id,
    })
}

/// Where in the product the browser that began this goes on: the path it named, with the connection to ask
/// about. Nobody else is sent there, because it is the starter's own log-in that opens that screen.
pub(super) fn way_back(state: &OauthState, caller: Option<&Caller>) -> Option<String> {
    let own = state.session_id?;
    let began = caller.is_some_and(|caller| matches!(caller.via, Via::Session(id) if id == own));
    let path = state.return_to.as_deref().filter(|_| began)?;
    let (place, fragment) = path.find('#').map_or((path, ""), |at| path.split_at(at));
    let joint = if place.contains('?') { '&' } else { '?' };
    Some(format!("{place}{joint}connection={}{fragment}", state.id))
}

/// Handles a callback for the first and only time, and keeps what it came to.
async fn first(app: &App, caller: Option<&Caller>, state: &OauthState, kept: &[u8], came: &Came) -> Result<Ended> {
    let starter = is_starter(state, caller, came.browser.as_ref());
    let done = match consented(app, state, kept, came).await {
        Ok((opened, pending)) => settle(app, state, &opened, pending, starter, came).await,
        Err(error) => Err(error),
    };
    let ended = match done {
        Ok(ended) => return Ok(ended),
        Err(error) => Ended::Failed(failed(state, error, &came.correlation)),
    };
    let mut tx = app.store.write().await?;
    oauth::finish(&mut tx, state.id, &json!(ended)).await?;
    tx.commit().await?;
    Ok(ended)
}

/// Why nothing was connected, for the person and for the log.
pub(super) fn failed(state: &OauthState, error: AppError, correlation: &str) -> Failed {
    let code = error.code();
    let (step, words, mut args) = match error {
        AppError::Connect(error) => (error.step, error.words, error.args),
        AppError::Refused { args, .. } => ("keep", None, args),
        other => {
            tracing::error!(oauth = %state.id, error = ?other, "a connection failed inside");
            ("keep", None, Default::default())
        }
    };
    args.entry("expected".to_owned()).or_insert_with(|| state.redirect_uri.clone());
    args.entry("received".to_owned()).or_insert_with(|| state.redirect_uri.clone());
    args.entry("host".to_owned()).or_insert_with(|| state.host.clone());
    tracing::warn!(oauth = %state.id, platform = state.platform, host = state.host, step, %code, "a connection failed");
    Failed { code, step: step.to_owned(), words, args, correlation: correlation.to_owned() }
}

/// From the platform's answer to tokens and the accounts they open. Nothing is kept yet, and
/// tokens that lead nowhere are given back.
async fn consented(app: &App, state: &OauthState, kept: &[u8], came: &Came) -> Result<(OpenApp, Pending)> {
    if !came.error.is_empty() {
        return Err(declined(came).into());
    }
    if came.code.is_empty() {
        return Err(refused(Code::OauthAnswerUnreadable, STEP).into());
    }
    let opened = consent::open(&mut app.store.read().await?, state.workspace_id, state.platform_app_id).await?;
    let opened = opened.ok_or_else(|| {
        refused(Code::AppMissing, "find_app").with("host", &state.host).with("redirect", &state.redirect_uri)
    })?;
    let at = app.store.now().await?;
    let tokens = exchange(app, state, &opened, &Kept::read(kept)?.verifier, came).await?;
    match identified(app, state, &opened, &tokens).await {
        Ok((connected, found)) => Ok((opened, Pending { connected, found, at })),
        Err(error) => {
            give_back(app, &opened, &tokens.credentials()).await;
            Err(error)
        }
    }
}

/// The platform sent the person back with an error, in its words.
pub(super) fn declined(came: &Came) -> ConnectError {
    let code = match came.error.as_str() {
        "access_denied" => Code::OauthDenied,
        "redirect_uri_mismatch" | "invalid_redirect_uri" => Code::OauthRedirect,
        "invalid_scope" => Code::OauthScopeRefused,
        "invalid_client" | "unauthorized_client" => Code::OauthClientRefused,
        "server_error" | "temporarily_unavailable" => Code::OauthServerDown,
        _ => Code::OauthRefused,
    };
    let words =
        if came.description.is_empty() { came.error.clone() } else { format!("{}: {}", came.error, came.description) };
    refused(code, "consent").said(words.chars().take(1_000).collect::<String>())
}

async fn exchange(app: &App, state: &OauthState, opened: &OpenApp, verifier: &Secret, came: &Came) -> Result<Tokens> {
    let driver = opened.driver(app.transport.as_ref());
    let mut error = match driver.exchange(came.code.expose(), verifier, &state.redirect_uri).await {
        Ok(tokens) => return Ok(tokens),
        Err(error) => error,
    };
    if error.code == Code::OauthClientRefused {
        apps::forget(app, opened).await?;
        if opened.registered {
            error.code = Code::OauthClientForgotten;
        }
    }
    Err(error.with("received", &state.redirect_uri).into())
}

/// Checks what was granted, and finds who consented and what they can post to.
async fn identified(
    app: &App,
    state: &OauthState,
    opened: &OpenApp,
    tokens: &Tokens,
) -> Result<(Connected, Vec<Found>)> {
    let platform = Platform::find(app, &state.platform)?;
    let credentials = tokens.credentials();
    let cx = AuthCx(Cx::reading(app.transport.as_ref(), &credentials));
    let granted = platform.oauth.granted(&cx, &opened.server, tokens).await?;
    // Some servers know only scopes that hold those of the descriptor.
    let asked = |scope: &str| platform.oauth.covers(&opened.server.scopes, scope);
    let required = platform.descriptor.scopes.iter().filter(|reason| reason.required && asked(reason.scope));
    let missing: Vec<&str> =
        required.map(|reason| reason.scope).filter(|scope| !platform.oauth.covers(&granted, scope)).collect();
    if !missing.is_empty() {
        return Err(refused(Code::OauthScopeMissing, "scopes").with("scopes", missing.join(", ")).into());
    }
    let identity = platform.oauth.identify(&cx, &opened.server, tokens).await?;
    if identity.accounts.iter().all(|found| found.refused.is_some()) {
        // The only one there is says by itself why it cannot be used.
        let only = identity.accounts.first().filter(|_| identity.accounts.len() == 1).and_then(|found| found.refused);
        let code = only.unwrap_or(Code::OauthNoAccounts);
        return Err(refused(code, "identify").with("host", &state.host).into());
    }
    let connected = Connected {
        person_id: identity.person_id,
        host: opened.server.host.clone(),
        scopes: granted,
        credentials,
        lives_s: tokens.lives_s,
        accounts: Vec::new(),
    };
    Ok((connected, identity.accounts))
}

pub(super) async fn give_back(app: &App, opened: &OpenApp, credentials: &postrider_connector::Credentials) {
    let answer = opened.driver(app.transport.as_ref()).revoke(credentials).await;
    tracing::info!(app = %opened.id, revoked = answer.is_ok(), "gave a consent back that is not used");
}

/// Connects the one account there is for who began this; otherwise waits for a click.
async fn settle(
    app: &App,
    state: &OauthState,
    opened: &OpenApp,
    pending: Pending,
    starter: bool,
    came: &Came,
) -> Result<Ended> {
    let credentials = pending.connected.credentials.clone();
    let kept = match (starter, pending.found.as_slice()) {
        (true, [only]) => {
            let picked = vec![only.account.remote_id.clone()];
            let keeping = Keeping { state, pending: &pending, picked: &picked, address: &came.address };
            finish_now(app, &keeping).await
        }
        (true, _) => wait_for_click(app, state, &pending, Ended::Pick).await,
        (false, _) => wait_for_click(app, state, &pending, Ended::Confirm).await,
    };
    if kept.is_err() {
        give_back(app, opened, &credentials).await;
    }
    kept
}

async fn finish_now(app: &App, keeping: &Keeping<'_>) -> Result<Ended> {
    let mut tx = app.store.write().await?;
    let (ended, left) = keep(app, &mut tx, keeping).await?;
    tx.commit().await?;
    left.give_back(app).await;
    Ok(ended)
}

/// Keeps what was found, sealed, and sees to it that it is given back if no click comes.
async fn wait_for_click(app: &App, state: &OauthState, pending: &Pending, ended: Ended) -> Result<Ended> {
    let mut tx = app.store.write().await?;
    oauth::pend(&mut tx, state.workspace_id, state.id, &pending.write()?, &json!(ended)).await?;
    let until = oauth::get(&mut tx, state.workspace_id, state.id).await?;
    debug_assert!(matches!(stage(&until, tx.now())?, Stage::Ended(_)), "it waits");
    let key = format!("{}:{}", consent::ABANDON, state.id);
    let job = NewJob {
        kind: consent::ABANDON,
        workspace: Some(state.workspace_id),
        payload: json!({"oauth": state.id}),
        once_key: Some(&key),
        due_at: until.expires_at,
    };
    jobs::enqueue(&mut tx, &job).await?;
    tx.commit().await?;
    Ok(ended)
}
