//! The controls: accounts, faults, the request log, reset, webhook settings.

pub(crate) mod apps;
pub(crate) mod backdate;
pub(crate) mod facebook;
pub(crate) mod instagram;
pub(crate) mod instances;
pub(crate) mod threads;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State as Shared};
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{delete, get, post};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::bluesky::syntax;
use crate::faults::{Hints, Kind, NewRule};
use crate::gate::json_response;
use crate::pages;
use crate::seed::Person;
use crate::webhook::{self, Settings};
use crate::{Core, InvalidAccount};

type Shares = Shared<Arc<Core>>;

/// All controls.
pub(crate) fn routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/_faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/_faults/clear", post(clear_faults_form))
        .route("/_faults/{id}", delete(remove_fault))
        .route("/_requests", get(requests))
        .route("/_reset", post(reset))
        .route("/_accounts", post(add_account))
        .route("/_accounts/{handle}/revoke", post(revoke))
        .route("/_webhooks", post(set_webhook))
        .route("/_visible", get(visible))
        .route("/_backdate", post(backdate::set))
        .route("/_clock", get(clock).post(advance))
        .route("/_latency", post(latency))
        .route("/_video", get(video).post(set_video))
        .route("/_instances", get(instances::list))
        .route("/_instances/{name}", post(instances::change))
        .route("/_instances/{name}/residents", post(instances::settle))
        .route("/_instances/{name}/residents/{username}/revoke", post(instances::revoke))
        .merge(facebook::routes())
        .route("/_threads", get(threads::show).post(threads::change))
        .route("/_threads/apps", post(threads::add_app))
        .route("/_threads/people", post(threads::settle))
        .route("/_threads/people/{username}/revoke", post(threads::revoke))
        .route("/_instagram", get(instagram::show).post(instagram::change))
        .route("/_instagram/apps", post(instagram::add_app))
        .route("/_instagram/accounts", post(instagram::settle))
        .route("/_instagram/accounts/{username}/revoke", post(instagram::revoke))
        .route("/_instagram/accounts/{username}/password", post(instagram::password))
        .route("/_instagram/accounts/{username}/expire", post(instagram::expire))
        .layer(axum::middleware::from_fn(same_site))
}

/// Refuses writes that a page of another site sent through a visitor's browser:
/// the controls have no log-in, because they listen on the loopback address.
pub(crate) async fn same_site(request: Request, next: Next) -> Response {
    let foreign = request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    if foreign && request.method() != Method::GET {
        return problem(StatusCode::FORBIDDEN, "requests from other sites are refused");
    }
    next.run(request).await
}

fn problem(status: StatusCode, message: &str) -> Response {
    json_response(status, Some(&json!({"error": message})))
}

fn bad(message: impl std::fmt::Display) -> Response {
    problem(StatusCode::BAD_REQUEST, &message.to_string())
}

/// A JSON body; an empty one counts as `{}`.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

// ---- accounts ----

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NewAccount {
    handle: String,
    password: String,
    #[serde(default)]
    display_name: String,
}

/// Makes an account (201) or gives an existing one a new password and name (200).
pub(crate) async fn add_account(Shared(core): Shares, body: Bytes) -> Response {
    let new: NewAccount = match parse(&body) {
        Ok(new) => new,
        Err(why) => return bad(why),
    };
    let person = Person { handle: new.handle, display_name: new.display_name, password: new.password };
    match upsert(&core, &person) {
        Err(error) => bad(error),
        Ok((did, fresh)) => {
            let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
            let handle = person.handle.to_lowercase();
            json_response(status, Some(&json!({"did": did, "handle": handle})))
        }
    }
}

/// Adds or updates an account; its DID, and whether it is new.
pub(crate) fn upsert(core: &Core, person: &Person) -> Result<(String, bool), InvalidAccount> {
    let handle = person.handle.to_lowercase();
    if !syntax::handle(&handle) {
        return Err(InvalidAccount::Handle(handle));
    }
    if person.password.is_empty() {
        return Err(InvalidAccount::Password);
    }
    if person.display_name.graphemes(true).count() > 64 {
        return Err(InvalidAccount::DisplayName);
    }
    let now = core.now();
    Ok(core.with(|state| {
        if let Some(account) = state.actor_mut(&handle) {
            account.password = Some(person.password.clone());
            account.display_name.clone_from(&person.display_name);
            return (account.did.clone(), false);
        }
        let (password, name) = (&person.password, &person.display_name);
        (state.insert_account(core.seed, now, &handle, password, name), true)
    }))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revocation {
    #[serde(default)]
    password: bool,
}

/// Ends all sessions of an account; `{"password": true}` also withdraws its app
/// password, so that a stored one does not help.
pub(crate) async fn revoke(Shared(core): Shares, Path(handle): Path<String>, body: Bytes) -> Response {
    let revocation: Revocation = match parse(&body) {
        Ok(revocation) => revocation,
        Err(why) => return bad(why),
    };
    match core.with(|state| state.revoke(&handle, revocation.password)) {
        true => json_response(StatusCode::OK, Some(&json!({"revoked": handle}))),
        false => problem(StatusCode::NOT_FOUND, "no such account"),
    }
}

// ---- faults ----

/// The fault panel for a browser, the list of rules for everyone else.
pub(crate) async fn faults(Shared(core): Shares, headers: HeaderMap) -> Response {
    if pages::wants_html(&headers) {
        return core.with(|state| pages::faults::show(state));
    }
    let rules = core.with(|state| json!({"rules": state.faults.rules()}));
    json_response(StatusCode::OK, Some(&rules))
}

/// Adds a rule, from JSON (201, the rule) or from the panel's form (back to it).
pub(crate) async fn add_fault(Shared(core): Shares, headers: HeaderMap, body: Bytes) -> Response {
    let content = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let form = content.is_some_and(|c| c.starts_with("application/x-www-form-urlencoded"));
    let rule = match form {
        true => from_form(&body),
        false => parse::<NewRule>(&body),
    };
    let rule = match rule {
        Ok(rule) => rule,
        Err(why) => return bad(why),
    };
    match core.with(|state| state.faults.add(rule)) {
        Err(why) => bad(why),
        Ok(_) if form => Redirect::to("/_faults").into_response(),
        Ok(rule) => json_response(StatusCode::CREATED, Some(&json!(rule))),
    }
}

/// A rule from the panel's form fields; fields of other kinds are left aside.
fn from_form(body: &[u8]) -> Result<NewRule, String> {
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
    let get = |name: &str| {
        let field = fields.iter().find(|(key, _)| key == name);
        field.map_or("", |(_, value)| value.trim())
    };
    let number = |name: &str, default: u32| match get(name) {
        "" => Ok(default),
        text => text.parse::<u32>().map_err(|_| format!("{name} is not a number")),
    };
    let after_accept = get("after_accept") == "on";
    let kind = match get("kind") {
        "delay" => Kind::Delay { ms: number("ms", 1_000)?.into(), after_accept },
        "status" => Kind::Status {
            code: u16::try_from(number("code", 500)?).map_err(|_| "code is too large")?,
            body: None,
            after_accept,
        },
        "rate_limit" => {
            Kind::RateLimit { retry_after_s: number("retry_after_s", 60)?, hints: Hints::Platform, after_accept }
        }
        "rate_limit_silent" => Kind::RateLimit { retry_after_s: 0, hints: Hints::Nothing, after_accept },
        "drop" => Kind::Drop { after_accept },
        "cut" => Kind::Cut,
        "revoke" => Kind::Revoke,
        "expire" => Kind::Expire,
        "truncate" => Kind::Truncate,
        "lag" => Kind::Lag { ms: number("ms", 1_000)?.into() },
        "fail_processing" => Kind::FailProcessing,
        other => return Err(format!("kind {other:?} is unknown")),
    };
    Ok(NewRule {
        pattern: get("match").to_owned(),
        account: Some(get("account").to_owned()),
        instance: Some(get("instance").to_owned()),
        contains: Some(get("contains").to_owned()),
        count: number("count", 1)?,
        skip: number("skip", 0)?,
        nth: None,
        kind,
    })
}

/// Removes all rules.
pub(crate) async fn clear_faults(Shared(core): Shares) -> Response {
    core.with(|state| state.faults.clear());
    StatusCode::NO_CONTENT.into_response()
}

/// The panel's button for the same.
pub(crate) async fn clear_faults_form(Shared(core): Shares) -> Response {
    core.with(|state| state.faults.clear());
    Redirect::to("/_faults").into_response()
}

/// Removes one rule.
pub(crate) async fn remove_fault(Shared(core): Shares, Path(id): Path<u64>) -> Response {
    match core.with(|state| state.faults.remove(id)) {
        true => StatusCode::NO_CONTENT.into_response(),
        false => problem(StatusCode::NOT_FOUND, "no such rule"),
    }
}

// ---- the rest ----

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    /// Only requests after this number.
    #[serde(default)]
    since: u64,
    /// Only requests about this account (handle) or inbox.
    account: Option<String>,
    /// Only requests to this path, or to this XRPC method.
    method: Option<String>,
}

/// The request log, oldest first.
pub(crate) async fn requests(Shared(core): Shares, Query(filter): Query<Filter>) -> Response {
    let list: Value = core.with(|state| {
        let fits = |entry: &&crate::log::Entry| {
            let method = filter.method.as_deref();
            let account = filter.account.as_deref();
            let called = |m: &str| entry.path == m || entry.path.strip_prefix("/xrpc/") == Some(m);
            method.is_none_or(called) && account.is_none_or(|a| entry.account.as_deref() == Some(a))
        };
        state.log.since(filter.since).filter(fits).map(|entry| json!(entry)).collect()
    });
    json_response(StatusCode::OK, Some(&json!({"requests": list})))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    #[serde(default)]
    accounts: bool,
}

/// Forgets records, sessions, inboxes, faults, rate windows and the log; accounts
/// too with `{"accounts": true}`.
pub(crate) async fn reset(Shared(core): Shares, body: Bytes) -> Response {
    match parse::<Reset>(&body) {
        Err(why) => bad(why),
        Ok(reset) => {
            let now = core.now();
            core.with(|state| state.reset(!reset.accounts, now));
            StatusCode::NO_CONTENT.into_response()
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Since {
    /// Only entries after this number.
    #[serde(default)]
    since: u64,
}

/// The ledger of what became visible, oldest first.
pub(crate) async fn visible(Shared(core): Shares, Query(from): Query<Since>) -> Response {
    let list = core.with(|state| {
        crate::facebook::settle(state, core.now());
        json!(state.ledger.since(from.since))
    });
    json_response(StatusCode::OK, Some(&json!({"visible": list})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Latency {
    ms: u64,
}

/// Makes every call take longer.
pub(crate) async fn latency(Shared(core): Shares, body: Bytes) -> Response {
    match parse::<Latency>(&body) {
        Err(why) => bad(why),
        Ok(latency) => {
            core.with(|state| state.faults.latency_ms = latency.ms);
            json_response(StatusCode::OK, Some(&json!({"ms": latency.ms})))
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: u64,
}

/// The settings of the service of videos.
pub(crate) async fn video(Shared(core): Shares) -> Response {
    json_response(StatusCode::OK, Some(&core.with(|state| json!(state.video))))
}

/// Changes some of them; answers with all.
pub(crate) async fn set_video(Shared(core): Shares, body: Bytes) -> Response {
    let changes: serde_json::Map<String, Value> = match parse(&body) {
        Ok(changes) => changes,
        Err(why) => return bad(why),
    };
    core.with(|state| {
        let mut value = json!(state.video);
        if let Some(map) = value.as_object_mut() {
            map.extend(changes);
        }
        match serde_json::from_value(value) {
            Err(why) => bad(why),
            Ok(settings) => {
                state.video = settings;
                state.dirty = true;
                json_response(StatusCode::OK, Some(&json!(state.video)))
            }
        }
    })
}

/// What time it is here.
pub(crate) async fn clock(Shared(core): Shares) -> Response {
    json_response(StatusCode::OK, Some(&json!({"now": core.now().to_string()})))
}

/// Puts the clock forward; it never goes back.
pub(crate) async fn advance(Shared(core): Shares, body: Bytes) -> Response {
    match parse::<Advance>(&body) {
        Err(why) => bad(why),
        Ok(advance) => {
            core.advance(advance.advance_ms);
            json_response(StatusCode::OK, Some(&json!({"now": core.now().to_string()})))
        }
    }
}

/// Sets up a webhook inbox.
pub(crate) async fn set_webhook(Shared(core): Shares, body: Bytes) -> Response {
    let settings: Settings = match parse(&body) {
        Ok(settings) => settings,
        Err(why) => return bad(why),
    };
    let inbox = settings.inbox.clone();
    match core.with(|state| webhook::configure(state, settings)) {
        Err(why) => bad(why),
        Ok(()) => {
            let url = format!("/webhook/{inbox}");
            json_response(StatusCode::OK, Some(&json!({"inbox": inbox, "url": url})))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_panels_form_makes_rules() {
        let rule =
            from_form(b"match=com.atproto.repo.putRecord&account=&count=2&skip=&kind=status&code=503&after_accept=on")
                .expect("a rule");
        let want = Kind::Status { code: 503, body: None, after_accept: true };
        assert_eq!((rule.kind, rule.count, rule.skip), (want, 2, 0));
        for kind in ["delay", "rate_limit", "drop", "cut", "revoke", "expire", "truncate", "lag", "fail_processing"] {
            assert!(from_form(format!("match=*&kind={kind}").as_bytes()).is_ok(), "{kind}");
        }
        assert!(from_form(b"match=*&kind=explode").is_err());
        assert!(from_form(b"match=*&kind=status&code=99999").is_err());
        assert!(from_form(b"match=*&kind=drop&count=many").is_err());
    }
}
