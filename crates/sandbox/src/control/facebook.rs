//! The controls of the simulated Facebook: its settings, apps, people, Pages and portfolios, and what a person can
//! do to an app.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::apps::{self, NewApp, Removal, callbacks};
use super::{Shares, bad, parse, problem};
use crate::Core;
use crate::facebook::model::{Business, Page, Person, Role};
use crate::facebook::{NAME, residents};
use crate::gate::json_response;
use crate::state::State;

/// The controls of this network.
pub(super) fn routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/_facebook", get(show).post(change))
        .route("/_facebook/apps", post(add_app))
        .route("/_facebook/people", post(settle))
        .route("/_facebook/people/{username}/revoke", post(revoke))
        .route("/_facebook/people/{username}/password", post(password))
        .route("/_facebook/pages", post(add_page))
        .route("/_facebook/businesses", post(add_business))
}

/// The network: its origin, its settings, its apps with their secrets, its people, Pages and portfolios.
async fn show(Shared(core): Shares) -> Response {
    let body = core.with(|state| {
        let network = &state.facebook;
        json!({
            "name": NAME,
            "origin": core.origin(NAME),
            "settings": network.settings,
            "apps": network.apps.iter().map(|app| json!(app)).collect::<Vec<_>>(),
            "people": network.people.values().map(described).collect::<Vec<_>>(),
            "pages": network.pages.values().map(page).collect::<Vec<_>>(),
            "businesses": network.businesses.values().map(business).collect::<Vec<_>>(),
        })
    });
    json_response(StatusCode::OK, Some(&body))
}

/// Changes some settings; answers with all of them.
async fn change(Shared(core): Shares, body: Bytes) -> Response {
    let changes: Map<String, Value> = match parse(&body) {
        Ok(changes) => changes,
        Err(why) => return bad(why),
    };
    core.with(|state| match state.facebook.settings.with(changes) {
        Err(why) => bad(why),
        Ok(settings) => {
            state.facebook.settings = settings;
            state.dirty = true;
            json_response(StatusCode::OK, Some(&json!(state.facebook.settings)))
        }
    })
}

/// Adds an app (201), or changes a known one (200).
async fn add_app(Shared(core): Shares, body: Bytes) -> Response {
    let new: NewApp = match parse(&body) {
        Ok(new) => new,
        Err(why) => return bad(why),
    };
    core.with(|state| {
        let id = new.id.clone().unwrap_or_else(|| state.facebook.next_id(core.now()).to_string());
        state.dirty = true;
        match apps::registered(&core, &mut state.facebook.apps, id, new) {
            Err(why) => bad(why),
            Ok((app, fresh)) => made(fresh, &json!(app)),
        }
    })
}

/// What was added, or changed.
fn made(fresh: bool, body: &Value) -> Response {
    let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
    json_response(status, Some(body))
}

/// Whether a user name of a person or a Page will do.
fn plain(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.';
    (1..=50).contains(&name.len()) && name.bytes().all(allowed) && !name.bytes().all(|b| b.is_ascii_digit())
}

const NAMES: &str = "username must be 1 to 50 lower-case letters, digits or dots, and not digits alone";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPerson {
    username: String,
    name: Option<String>,
}

/// Adds a person (201), or gives one another name (200).
async fn settle(Shared(core): Shares, body: Bytes) -> Response {
    let new: NewPerson = match parse(&body) {
        Ok(new) => new,
        Err(why) => return bad(why),
    };
    if !plain(&new.username) {
        return bad(NAMES);
    }
    core.with(|state| {
        state.dirty = true;
        let fresh = !state.facebook.people.contains_key(&new.username);
        let id = state.facebook.next_id(core.now());
        let (name, people) = (new.username.clone(), &mut state.facebook.people);
        let person = people.entry(new.username).or_insert_with(|| residents::person(id, &name, &name));
        person.name = new.name.unwrap_or(std::mem::take(&mut person.name));
        made(fresh, &described(person))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPage {
    username: String,
    name: Option<String>,
    category: Option<String>,
    /// The id of the linked account of Instagram; an empty text unlinks it.
    instagram: Option<String>,
    /// Roles by user name; `null` takes a role away. The others stay.
    #[serde(default)]
    roles: BTreeMap<String, Option<Role>>,
    /// The id of the portfolio that owns it; an empty text for none.
    owner: Option<String>,
    /// The ids of the portfolios that work for it.
    clients: Option<Vec<String>>,
}

/// Adds a Page (201), or changes what is given of one (200).
async fn add_page(Shared(core): Shares, body: Bytes) -> Response {
    let new: NewPage = match parse(&body) {
        Ok(new) => new,
        Err(why) => return bad(why),
    };
    core.with(|state| match changed(&core, state, new) {
        Err(why) => bad(why),
        Ok((page, fresh)) => made(fresh, &page),
    })
}

fn changed(core: &Core, state: &mut State, new: NewPage) -> Result<(Value, bool), String> {
    if !plain(&new.username) {
        return Err(NAMES.to_owned());
    }
    if let Some(nobody) = new.roles.keys().find(|name| !state.facebook.people.contains_key(*name)) {
        return Err(format!("there is no person {nobody}"));
    }
    let owner = new.owner.as_deref().filter(|id| !id.is_empty()).map(|id| portfolio(state, id)).transpose()?;
    let clients = new.clients.iter().flatten().map(|id| portfolio(state, id)).collect::<Result<Vec<_>, _>>()?;
    let old = state.facebook.page(&new.username).cloned();
    let id = old.as_ref().map_or_else(|| state.facebook.next_id(core.now()), |page| page.id);
    let fresh = old.is_none();
    let mut page = old.unwrap_or_else(|| residents::bare(id, &new.username, &new.username, None));
    page.name = new.name.unwrap_or(page.name);
    page.category = new.category.unwrap_or(page.category);
    page.instagram = new.instagram.or(page.instagram).filter(|id| !id.is_empty());
    page.owner = if new.owner.is_some() { owner } else { page.owner };
    page.clients = if new.clients.is_some() { clients } else { page.clients };
    for (name, role) in new.roles {
        match role {
            Some(role) => page.roles.insert(name, role),
            None => page.roles.remove(&name),
        };
    }
    let shown = self::page(&page);
    state.facebook.pages.insert(id, page);
    state.dirty = true;
    Ok((shown, fresh))
}

/// The portfolio with that id.
fn portfolio(state: &State, id: &str) -> Result<u64, String> {
    let known = id.parse().ok().filter(|id| state.facebook.businesses.contains_key(id));
    known.ok_or_else(|| format!("there is no portfolio {id}"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewBusiness {
    /// That of a known portfolio changes it.
    id: Option<String>,
    name: String,
    /// User names.
    people: Vec<String>,
}

/// Adds a portfolio (201), or changes one (200).
async fn add_business(Shared(core): Shares, body: Bytes) -> Response {
    let new: NewBusiness = match parse(&body) {
        Ok(new) => new,
        Err(why) => return bad(why),
    };
    core.with(|state| {
        if let Some(nobody) = new.people.iter().find(|name| !state.facebook.people.contains_key(*name)) {
            return bad(format!("there is no person {nobody}"));
        }
        let known = match new.id.as_deref().map(|id| portfolio(state, id)).transpose() {
            Ok(known) => known,
            Err(why) => return bad(why),
        };
        let id = known.unwrap_or_else(|| state.facebook.next_id(core.now()));
        let made_now = Business { id, name: new.name, people: new.people };
        let shown = business(&made_now);
        state.facebook.businesses.insert(id, made_now);
        state.dirty = true;
        made(known.is_none(), &shown)
    })
}

fn described(person: &Person) -> Value {
    json!({"id": person.id.to_string(), "username": person.username, "name": person.name})
}

fn page(page: &Page) -> Value {
    json!({"id": page.id.to_string(), "username": page.username, "name": page.name, "category": page.category,
        "instagram": page.instagram, "roles": page.roles, "owner": page.owner.map(|id| id.to_string()),
        "clients": page.clients.iter().map(u64::to_string).collect::<Vec<_>>()})
}

fn business(business: &Business) -> Value {
    json!({"id": business.id.to_string(), "name": business.name, "people": business.people})
}

/// A person removes an app: its tokens and those of Pages are over. The answer has the callbacks that Meta would
/// send, for the caller to send in its place: `signed_request` is a form field.
async fn revoke(Shared(core): Shares, Path(username): Path<String>, body: Bytes) -> Response {
    let removal: Removal = match parse(&body) {
        Ok(removal) => removal,
        Err(why) => return bad(why),
    };
    core.with(|state| {
        let Some(person) = state.facebook.people.get(&username) else {
            return problem(StatusCode::NOT_FOUND, "no such person");
        };
        let id = person.id.to_string();
        state.dirty = true;
        let gone = state.facebook.remove_app(&username, removal.app_id.as_deref());
        let gone = gone.iter().filter_map(|app| state.facebook.apps.get(app));
        let callbacks: Vec<_> = gone.flat_map(|app| callbacks(&core, app, &id, removal.delete_data)).collect();
        json_response(StatusCode::OK, Some(&json!({"revoked": username, "callbacks": callbacks})))
    })
}

/// A person changes the password: every token from before is over.
async fn password(Shared(core): Shares, Path(username): Path<String>) -> Response {
    let now = core.now();
    core.with(|state| match state.facebook.people.get_mut(&username) {
        None => problem(StatusCode::NOT_FOUND, "no such person"),
        Some(person) => {
            person.password_changed_at = Some(now);
            state.dirty = true;
            json_response(StatusCode::OK, Some(&json!({"changed": username})))
        }
    })
}

/// Lets a consent to an app lead to an address, beside those it may lead to already; whether the app is known.
pub(crate) fn allow_redirect(core: &Core, app_id: &str, address: &str) -> bool {
    core.with(|state| {
        state.dirty = true;
        apps::allow_redirect(&mut state.facebook.apps, app_id, address)
    })
}
