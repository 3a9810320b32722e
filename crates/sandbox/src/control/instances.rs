//! The controls of the fediverse: limits, people, tokens.

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Shares, bad, parse, problem};
use crate::gate::json_response;
use crate::{facebook, instagram, threads};

/// Every instance with its origin, its settings and its people; and the other networks that have a port of their
/// own, whose controls are elsewhere.
pub(crate) async fn list(Shared(core): Shares) -> Response {
    let list: Vec<Value> = core.with(|state| {
        let one = |(name, instance): (&String, &crate::mastodon::Instance)| {
            json!({"name": name, "origin": core.origin(name), "settings": instance.settings,
                "residents": instance.residents.keys().collect::<Vec<_>>()})
        };
        state.instances.iter().map(one).collect()
    });
    let networks = [threads::NAME, facebook::NAME, instagram::NAME]
        .map(|name| json!({"name": name, "origin": core.origin(name), "controls": format!("/_{name}")}));
    json_response(StatusCode::OK, Some(&json!({"instances": list, "networks": networks})))
}

/// Changes some settings of an instance; answers with all of them.
pub(crate) async fn change(Shared(core): Shares, Path(name): Path<String>, body: Bytes) -> Response {
    let changes: Map<String, Value> = match parse(&body) {
        Ok(changes) => changes,
        Err(why) => return bad(why),
    };
    core.with(|state| {
        let Some(instance) = state.instances.get_mut(&name) else {
            return problem(StatusCode::NOT_FOUND, "no such instance");
        };
        match instance.settings.with(changes) {
            Err(why) => bad(why),
            Ok(settings) => {
                let body = json!(settings);
                instance.settings = settings;
                state.dirty = true;
                json_response(StatusCode::OK, Some(&body))
            }
        }
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NewResident {
    username: String,
    #[serde(default)]
    display_name: String,
}

/// Adds a person (201), or gives one another name (200).
pub(crate) async fn settle(Shared(core): Shares, Path(name): Path<String>, body: Bytes) -> Response {
    let new: NewResident = match parse(&body) {
        Ok(new) => new,
        Err(why) => return bad(why),
    };
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if !(1..=30).contains(&new.username.len()) || !new.username.bytes().all(allowed) {
        return bad("username must be 1 to 30 lower-case letters, digits or underscores");
    }
    let now = core.now();
    core.with(|state| {
        let Some(instance) = state.instances.get_mut(&name) else {
            return problem(StatusCode::NOT_FOUND, "no such instance");
        };
        let fresh = instance.settle(&new.username, &new.display_name, now);
        let id = instance.residents.get(&new.username).map(|resident| instance.id(resident.key));
        state.dirty = true;
        let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
        json_response(status, Some(&json!({"id": id, "username": new.username})))
    })
}

/// Takes back all tokens of a person, as when the person withdraws the consent.
pub(crate) async fn revoke(Shared(core): Shares, Path((name, username)): Path<(String, String)>) -> Response {
    let known = core.with(|state| {
        state.dirty = true;
        state.instances.get_mut(&name).is_some_and(|instance| instance.revoke(&username))
    });
    match known {
        true => json_response(StatusCode::OK, Some(&json!({"revoked": username}))),
        false => problem(StatusCode::NOT_FOUND, "no such resident"),
    }
}
