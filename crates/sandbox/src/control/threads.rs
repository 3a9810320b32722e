//! The controls of the simulated Threads: its settings, apps and people, and removing an app.

use std::collections::BTreeSet;

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
use crate::state::State;
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
    let id = new.id.clone().unwrap_or_else(|| state.threads.next_id(core.now()).to_string());
    state.dirty = true;
    apps::registered(core, &mut state.threads.apps, id, new)
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
        let gone = state.threads.grants.revoke(&username, removal.app_id.as_deref());
        let gone = gone.iter().filter_map(|app| state.threads.apps.get(app));
        let callbacks: Vec<_> = gone.flat_map(|app| callbacks(&core, app, &id, removal.delete_data)).collect();
        json_response(StatusCode::OK, Some(&json!({"revoked": username, "callbacks": callbacks})))
    })
}

/// Lets a consent to an app lead to an address, beside those it may lead to already; whether the app is known.
pub(crate) fn allow_redirect(core: &Core, app_id: &str, address: &str) -> bool {
    core.with(|state| {
        state.dirty = true;
        apps::allow_redirect(&mut state.threads.apps, app_id, address)
    })
}
