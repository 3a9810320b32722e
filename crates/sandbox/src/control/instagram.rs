//! The controls of the simulated Instagram: its settings, apps and accounts; what ends a grant.

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::apps::{self, NewApp, Removal, callbacks};
use super::{Shares, bad, parse, problem};
use crate::Core;
use crate::gate::json_response;
use crate::graph::apps::App;
use crate::instagram::model::AccountType;
use crate::instagram::settings::CallbackId;
use crate::instagram::{Account, NAME};
use crate::state::State;

/// The network: its origin, its settings, its apps with their secrets, its accounts.
pub(crate) async fn show(Shared(core): Shares) -> Response {
    let body = core.with(|state| {
        let network = &state.instagram;
        json!({
            "name": NAME,
            "origin": core.origin(NAME),
            "settings": network.settings,
            "apps": network.apps.iter().map(|app| json!(app)).collect::<Vec<_>>(),
            "accounts": network.accounts.values().map(described).collect::<Vec<_>>(),
        })
    });
    json_response(StatusCode::OK, Some(&body))
}

/// Changes some settings; answers with all of them.
pub(crate) async fn change(Shared(core): Shares, body: Bytes) -> Response {
    let changes: Map<String, Value> = match parse(&body) {
        Ok(changes) => changes,
        Err(why) => return bad(why),
    };
    core.with(|state| match state.instagram.settings.with(changes) {
        Err(why) => bad(why),
        Ok(settings) => {
            state.instagram.settings = settings;
            state.dirty = true;
            json_response(StatusCode::OK, Some(&json!(state.instagram.settings)))
        }
    })
}

/// Adds an app of Instagram Login (201), or changes a known one (200).
pub(crate) async fn add_app(Shared(core): Shares, body: Bytes) -> Response {
    let new: NewApp = match parse(&body) {
        Ok(new) => new,
        Err(why) => return bad(why),
    };
    core.with(|state| match registered(&core, state, new) {
        Err(why) => bad(why),
        Ok((app, fresh)) => {
            let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
            json_response(status, Some(&json!(app)))
        }
    })
}

fn registered(core: &Core, state: &mut State, new: NewApp) -> Result<(App, bool), &'static str> {
    let id = new.id.clone().unwrap_or_else(|| state.instagram.next_id(core.now()).to_string());
    state.dirty = true;
    apps::registered(core, &mut state.instagram.apps, id, new)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    username: String,
    name: Option<String>,
    biography: Option<String>,
    website: Option<String>,
    account_type: Option<AccountType>,
    restricted: Option<bool>,
    trial_reels: Option<bool>,
}

/// Adds an account (201), or changes what is given of one (200).
pub(crate) async fn settle(Shared(core): Shares, body: Bytes) -> Response {
    let new: NewAccount = match parse(&body) {
        Ok(new) => new,
        Err(why) => return bad(why),
    };
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.';
    if !(1..=30).contains(&new.username.len()) || !new.username.bytes().all(allowed) {
        return bad("username must be 1 to 30 lower-case letters, digits, dots or underscores");
    }
    let now = core.now();
    core.with(|state| {
        let fresh = !state.instagram.accounts.contains_key(&new.username);
        state.dirty = true;
        let account = state.instagram.settle(&new.username, now);
        update(account, new);
        let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
        json_response(status, Some(&described(account)))
    })
}

fn update(account: &mut Account, new: NewAccount) {
    let put = |text: &mut String, new: Option<String>| *text = new.unwrap_or(std::mem::take(text));
    put(&mut account.name, new.name);
    put(&mut account.biography, new.biography);
    put(&mut account.website, new.website);
    account.kind = new.account_type.unwrap_or(account.kind);
    account.restricted = new.restricted.unwrap_or(account.restricted);
    account.trial_reels = new.trial_reels.unwrap_or(account.trial_reels);
}

fn described(account: &Account) -> Value {
    json!({"id": account.id.to_string(), "username": account.username, "name": account.name,
        "biography": account.biography, "website": account.website, "account_type": account.kind,
        "restricted": account.restricted, "trial_reels": account.trial_reels})
}

/// A person removes an app: its tokens are over. The answer has the callbacks that Meta would send, for the caller
/// to send in its place: `signed_request` is a form field.
pub(crate) async fn revoke(Shared(core): Shares, Path(username): Path<String>, body: Bytes) -> Response {
    let removal: Removal = match parse(&body) {
        Ok(removal) => removal,
        Err(why) => return bad(why),
    };
    core.with(|state| {
        let Some(account) = state.instagram.accounts.get(&username).cloned() else {
            return problem(StatusCode::NOT_FOUND, "no such account");
        };
        state.dirty = true;
        let gone = state.instagram.grants.revoke(&username, removal.app_id.as_deref());
        let gone = gone.iter().filter_map(|app| state.instagram.apps.get(app));
        let id = |app: &App| match state.instagram.settings.callback_id {
            CallbackId::Id => account.scoped_id(&app.id),
            CallbackId::UserId => account.id,
        };
        let told = |app: &App| callbacks(&core, app, &id(app).to_string(), removal.delete_data);
        let callbacks: Vec<_> = gone.flat_map(told).collect();
        json_response(StatusCode::OK, Some(&json!({"revoked": username, "callbacks": callbacks})))
    })
}

/// A person changes the password, which ends what was granted so far.
pub(crate) async fn password(Shared(core): Shares, Path(username): Path<String>) -> Response {
    let now = core.now();
    core.with(|state| match state.instagram.accounts.get_mut(&username) {
        None => problem(StatusCode::NOT_FOUND, "no such account"),
        Some(account) => {
            account.password_changed_at = Some(now);
            state.dirty = true;
            json_response(StatusCode::OK, Some(&json!({"password_changed": username})))
        }
    })
}

/// The tokens of an account are over, as if their time had passed.
pub(crate) async fn expire(Shared(core): Shares, Path(username): Path<String>) -> Response {
    let now = core.now();
    core.with(|state| match state.instagram.accounts.contains_key(&username) {
        false => problem(StatusCode::NOT_FOUND, "no such account"),
        true => {
            state.instagram.grants.expire(&username, now);
            state.dirty = true;
            json_response(StatusCode::OK, Some(&json!({"expired": username})))
        }
    })
}

/// Lets a consent to an app lead to an address, beside those it may lead to already; whether the app is known.
pub(crate) fn allow_redirect(core: &Core, app_id: &str, address: &str) -> bool {
    core.with(|state| {
        state.dirty = true;
        apps::allow_redirect(&mut state.instagram.apps, app_id, address)
    })
}
