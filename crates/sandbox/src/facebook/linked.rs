//! Accounts of Instagram that are linked to Pages, and what belongs to them: nodes of this host, and of another
//! network. This is the one seam between the two.
//!
//! All that Facebook itself knows of such an account is its id. Who asks, what was granted
//! and which accounts that reaches is told by a door; all else is Instagram's.

use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::tokens::{CREATE, Who};
use super::version;
use crate::Core;
use crate::gate::Call;
use crate::graph::error::{GraphError, Kind};
use crate::graph::fields::Fields;
use crate::graph::{ids, signed};
use crate::instagram::door::{Door, Login};
use crate::instagram::{serve, upload};
use crate::state::State;

/// What is below the version of a path that begins with a node of Instagram, and the version's major number.
pub(super) fn named<'a>(state: &State, call: &'a Call, now: Timestamp) -> Option<(&'a str, u32)> {
    let (version, below) = version::split(&call.path, now)?;
    let node = below.split('/').nth(1)?;
    let linked = || state.facebook.pages.values().any(|page| page.instagram.as_deref() == Some(node));
    let known = ids::read(node).is_some_and(|id| state.instagram.has(id));
    (known || linked()).then(|| (below, major(version)))
}

fn major(version: &str) -> u32 {
    version.trim_start_matches('v').split('.').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// An account as a Page's `instagram_business_account` shows it.
pub(super) fn account(id: &str) -> Value {
    json!({"id": id})
}

/// The same with what is asked for in braces, which Instagram knows.
pub(super) fn described(scene: &super::Scene<'_>, id: &str, inner: &Fields) -> Result<Value, GraphError> {
    let door = door_of(scene.state, scene.who()?, major(scene.version));
    let known = || crate::instagram::profile(scene.core, scene.state, &door, id, inner);
    let more = inner.0.iter().any(|field| field.name != "id");
    let Some(shown) = more.then(known).flatten() else { return Ok(account(id)) };
    let mut shown = shown?;
    // What has no value is left out there, and is no unknown field here.
    for field in inner.0.iter().filter(|field| shown[&field.name].is_null()).collect::<Vec<_>>() {
        shown[&field.name] = Value::Null;
    }
    Ok(shown)
}

/// Answers a call about a node of Instagram.
pub(super) async fn answer(core: &Core, call: &Call, below: &str, version: u32) -> Response {
    serve::api(core, call, below, |state| door(core, state, call, version)).await
}

/// Answers a call that brings the bytes of a container.
pub(super) async fn uploaded(core: &Core, call: &Call) -> Response {
    upload::answer(core, call, |state| door(core, state, call, 0)).await
}

/// The door of whoever calls: the accounts of the Pages that the person shares with the app.
fn door(core: &Core, state: &mut State, call: &Call, version: u32) -> Result<Door, GraphError> {
    let token = super::token_of(call).ok_or_else(super::errors::no_token)?;
    let who = state.facebook.whose(&token, core.now())?;
    proven(state, call, &who, &token)?;
    Ok(door_of(state, &who, version))
}

fn door_of(state: &State, who: &Who, version: u32) -> Door {
    let name = |id: &str| Some(state.instagram.account(ids::read(id)?)?.username.clone());
    let reached = || {
        let pages = state.facebook.pages.values();
        pages.filter_map(|page| Some((name(page.instagram.as_deref()?)?, state.facebook.tasks(who, page)?)))
    };
    let creates = |tasks: &[String]| tasks.iter().any(|task| task == CREATE);
    let scopes = state.facebook.consent(who).map(|consent| &consent.scopes);
    let granted = scopes.into_iter().flatten().filter(|(_, granted)| **granted);
    Door {
        login: Login::Facebook,
        app_id: who.app_id.clone(),
        accounts: reached().map(|(name, _)| name).collect(),
        writable: reached().filter(|(_, tasks)| creates(tasks)).map(|(name, _)| name).collect(),
        scopes: granted.map(|(scope, _)| scope.clone()).collect(),
        version,
        page: who.page.is_some(),
    }
}

/// Checks the proof that a call's sender knows the secret of the app, where one is given or needed.
fn proven(state: &State, call: &Call, who: &Who, token: &str) -> Result<(), GraphError> {
    let given = super::sent(call).into_iter().find(|(name, _)| name == "appsecret_proof").map(|(_, value)| value);
    let wrong = |why: &str| GraphError::new(Kind::GraphMethod, 100, why);
    let secret = state.facebook.apps.get(&who.app_id).map(|app| app.secret.as_str()).unwrap_or_default();
    match given {
        Some(proof) if proof == signed::proof(secret, token) => Ok(()),
        Some(_) => Err(wrong("Invalid appsecret_proof provided in the API argument")),
        None if state.facebook.settings.require_appsecret_proof && !upload::is_upload(call) => {
            Err(wrong("API calls from the server require an appsecret_proof argument"))
        }
        None => Ok(()),
    }
}
