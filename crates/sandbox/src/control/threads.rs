//! The controls of the simulated Threads: its settings, apps and people, and removing an app.

use std::collections::BTreeSet;

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Shares, bad, parse, problem};
use crate::Core;
use crate::gate::json_response;
use crate::graph::apps::App;
use crate::graph::signed;
use crate::state::{State, digest};
use crate::threads::{NAME, Person};

/// The network: its origin, its settings, its apps with their secrets, its people.
pub(crate) async fn show(Shared(core): Shares) -> Response {
    let body = core.with(|state| {
        let network = &state.threads;
        json!({
            "name": NAME,
            "origin": core.origin(NAME),
            "settings": network.settings,
            "apps": network.apps.iter().map(|app| json!(app)).collect::<Vec<_>>(),
            "people": network.people.values().map(described).collect::<Vec<_>>(),
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
    core.with(|state| match state.threads.settings.with(changes) {
        Err(why) => bad(why),
        Ok(settings) => {
            state.threads.settings = settings;
            state.dirty = true;
            json_response(StatusCode::OK, Some(&json!(state.threads.settings)))
        }
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewApp {
    /// A number; a new one is made up without it. That of a known app changes that app.
    id: Option<String>,
    /// 32 hexadecimal digits; made up, or kept, without it.
    secret: Option<String>,
    name: Option<String>,
    /// The exact addresses a consent may lead to; kept without it.
    redirect_uris: Option<Vec<String>>,
    deauthorize_url: Option<String>,
    data_deletion_url: Option<String>,
}

/// Adds an app (201), or changes a known one (200).
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
    let now = core.now();
    let id = new.id.unwrap_or_else(|| state.threads.next_id(now).to_string());
    let old = state.threads.apps.get(&id).cloned();
    let made_up = || crate::intake::hex(&digest(&[b"app", &core.seed.to_be_bytes(), id.as_bytes()])[..16]);
    let known = |pick: fn(&App) -> String| old.as_ref().map(pick);
    let app = App {
        secret: new.secret.or_else(|| known(|app| app.secret.clone())).unwrap_or_else(made_up),
        name: new.name.or_else(|| known(|app| app.name.clone())).unwrap_or_else(|| format!("App {id}")),
        redirect_uris: new.redirect_uris.or(old.as_ref().map(|app| app.redirect_uris.clone())).unwrap_or_default(),
        deauthorize_url: new.deauthorize_url.or(old.as_ref().and_then(|app| app.deauthorize_url.clone())),
        data_deletion_url: new.data_deletion_url.or(old.as_ref().and_then(|app| app.data_deletion_url.clone())),
        id,
    };
    if app.id.is_empty() || !app.id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("id must be digits");
    }
    if app.secret.len() != 32 || !app.secret.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("secret must be 32 hexadecimal digits");
    }
    state.dirty = true;
    Ok((app.clone(), state.threads.apps.put(app)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPerson {
    username: String,
    name: Option<String>,
    biography: Option<String>,
    private: Option<bool>,
    verified: Option<bool>,
    geo_gating: Option<bool>,
    follows: Option<BTreeSet<String>>,
}

/// Adds a person (201), or changes what is given of one (200).
pub(crate) async fn settle(Shared(core): Shares, body: Bytes) -> Response {
    let new: NewPerson = match parse(&body) {
        Ok(new) => new,
        Err(why) => return bad(why),
    };
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.';
    if !(1..=30).contains(&new.username.len()) || !new.username.bytes().all(allowed) {
        return bad("username must be 1 to 30 lower-case letters, digits, dots or underscores");
    }
    let now = core.now();
    core.with(|state| {
        let fresh = !state.threads.people.contains_key(&new.username);
        state.dirty = true;
        let person = state.threads.settle(&new.username, now);
        update(person, new);
        let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
        json_response(status, Some(&described(person)))
    })
}

fn update(person: &mut Person, new: NewPerson) {
    let put = |flag: &mut bool, new: Option<bool>| *flag = new.unwrap_or(*flag);
    person.name = new.name.unwrap_or(std::mem::take(&mut person.name));
    person.biography = new.biography.unwrap_or(std::mem::take(&mut person.biography));
    put(&mut person.private, new.private);
    put(&mut person.verified, new.verified);
    put(&mut person.geo_gating, new.geo_gating);
    person.follows = new.follows.unwrap_or(std::mem::take(&mut person.follows));
}

fn described(person: &Person) -> Value {
    json!({"id": person.id.to_string(), "username": person.username, "name": person.name,
        "biography": person.biography, "private": person.private, "verified": person.verified,
        "geo_gating": person.geo_gating, "follows": person.follows})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Removal {
    /// Only this app; without it all of them.
    app_id: Option<String>,
    /// Whether the person also asks for what is stored to be deleted.
    #[serde(default)]
    delete_data: bool,
}

/// A person removes an app: its tokens are over. The answer has the callbacks that Meta would send, for the caller
/// to send in its place: `signed_request` is a form field.
pub(crate) async fn revoke(Shared(core): Shares, Path(username): Path<String>, body: Bytes) -> Response {
    let removal: Removal = match parse(&body) {
        Ok(removal) => removal,
        Err(why) => return bad(why),
    };
    core.with(|state| {
        let Some(person) = state.threads.people.get(&username) else {
            return problem(StatusCode::NOT_FOUND, "no such person");
        };
        let id = person.id.to_string();
        state.dirty = true;
        let apps = state.threads.grants.revoke(&username, removal.app_id.as_deref());
        let apps = apps.iter().filter_map(|app| state.threads.apps.get(app));
        let callbacks: Vec<_> = apps.flat_map(|app| callbacks(&core, app, &id, removal.delete_data)).collect();
        json_response(StatusCode::OK, Some(&json!({"revoked": username, "callbacks": callbacks})))
    })
}

fn callbacks(core: &Core, app: &App, user_id: &str, delete_data: bool) -> Vec<Value> {
    let urls = [
        ("deauthorize", app.deauthorize_url.as_deref()),
        ("data_deletion", app.data_deletion_url.as_deref().filter(|_| delete_data)),
    ];
    let callback = |(kind, url): (&str, Option<&str>)| {
        let request = signed::about(&app.secret, user_id, core.now());
        url.map(|url| json!({"kind": kind, "app_id": app.id, "url": url, "signed_request": request}))
    };
    urls.into_iter().filter_map(callback).collect()
}

/// Lets a consent to an app lead to an address, beside those it may lead to already; whether the app is known.
pub(crate) fn allow_redirect(core: &Core, app_id: &str, address: &str) -> bool {
    core.with(|state| {
        let Some(app) = state.threads.apps.get(app_id) else { return false };
        let mut app = app.clone();
        if !app.redirect_uris.iter().any(|known| known == address) {
            app.redirect_uris.push(address.to_owned());
            state.threads.apps.put(app);
            state.dirty = true;
        }
        true
    })
}
