//! Consent and tokens of Threads.
//!
//! Calls and lives: the table of tokens in the facts shared by Meta's networks
//! (2026-11-23); parameters and answers: Meta's collection of 2026-01-02.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Answer, SCOPES, Scene};
use crate::graph::apps::App;
use crate::graph::consent::{self, Decision, Request, Scopes};
use crate::graph::error::GraphError;
use crate::graph::grants::{Grant, LONG_LIFE, Life, Token};
use crate::graph::later;
use crate::graph::params::{self, Params};

/// The parameters of each call.
pub(super) const BY_CODE: [&str; 5] = ["client_id", "client_secret", "code", "grant_type", "redirect_uri"];
pub(super) const BY_APP: [&str; 3] = ["client_id", "client_secret", "grant_type"];
pub(super) const EXCHANGE: [&str; 3] = ["grant_type", "client_secret", "access_token"];
pub(super) const REFRESH: [&str; 2] = ["grant_type", "access_token"];
pub(super) const DEBUG: [&str; 2] = ["input_token", "access_token"];

/// `threads_basic` cannot be left out.
const CONSENT: Scopes = Scopes { known: &SCOPES, always: &["threads_basic"] };

/// How long the consent of a private profile lasts (page "long-lived-tokens", read 2026-11-23).
/// That a refresh does not make it longer is a reading: the page says only how long it is.
const PRIVATE_CONSENT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// `GET /oauth/authorize`.
pub(super) fn show(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    Ok(Answer::Whole(match asked(scene) {
        Ok(request) => {
            let people = scene.at().people.values().map(|person| (person.username.as_str(), person.shown()));
            request.page(people, &scene.call.query, CONSENT)
        }
        Err(why) => consent::refused(&why),
    }))
}

/// `POST /oauth/authorize`: what the person decided.
pub(super) fn decide(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let form = params::body(scene.call)?;
    let decided = asked(scene).and_then(|request| Ok((request.decided(&form, CONSENT)?, request)));
    let known = |account: &String| scene.at().people.contains_key(account);
    Ok(Answer::Whole(match decided {
        Err(why) => consent::refused(&why),
        Ok((Decision::Deny, request)) => request.denied(),
        Ok((Decision::Allow { account, .. }, _)) if !known(&account) => consent::refused("There is no such account."),
        Ok((Decision::Allow { account, scopes }, request)) => {
            let code = promised(scene, &request, account, scopes);
            request.granted(&code)
        }
    }))
}

fn asked(scene: &Scene<'_>) -> Result<Request, String> {
    let known = scene.call.params().into_iter().filter(|(name, _)| consent::KNOWN.contains(&name.as_str()));
    let params = Params::from_pairs(known).map_err(|error| error.message)?;
    Request::read(&params, &scene.at().apps, CONSENT)
}

/// A code for what the person allowed.
fn promised(scene: &mut Scene<'_>, request: &Request, person: String, scopes: Vec<String>) -> String {
    let (code, now) = (format!("AQ{}", scene.secret()), scene.now);
    let private = scene.at().people.get(&person).is_some_and(|person| person.private);
    let until = private.then(|| later(now, PRIVATE_CONSENT));
    let grant = Grant { app_id: request.app_id.clone(), person, scopes, at: now, until };
    scene.at_mut().grants.promise(code.clone(), grant, request.redirect_uri.clone());
    code
}

/// `POST /oauth/access_token`: a short token for a code.
pub(super) fn by_code(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    grant_type(scene, "authorization_code")?;
    let app_id = app(scene)?.id.clone();
    let code = scene.params.required("code")?.to_owned();
    let redirect_uri = scene.params.required("redirect_uri")?.to_owned();
    let (text, now) = (new_token(scene), scene.now);
    let grants = &mut scene.at_mut().grants;
    let grant = grants.redeem(&code, &app_id, &redirect_uri, now)?;
    let person = grant.person.clone();
    grants.issue(text.clone(), grant, Life::Short, now);
    let id = scene.at().people.get(&person).map(|person| person.id.to_string());
    Ok(Answer::Json(json!({"access_token": text, "user_id": id})))
}

/// `GET /oauth/access_token`: the app's own token.
pub(super) fn by_app(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    grant_type(scene, "client_credentials")?;
    Ok(Answer::Json(json!({"access_token": app(scene)?.own_token(), "token_type": "bearer"})))
}

/// `GET /access_token`: a long token for a short one.
pub(super) fn exchange(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    grant_type(scene, "th_exchange_token")?;
    let secret = scene.params.required("client_secret")?.to_owned();
    let (old, now) = (scene.token()?.to_owned(), scene.now);
    let app_id = scene.at().grants.living(&old, now)?.grant.app_id.clone();
    scene.at().apps.proven(&app_id, &secret).ok_or_else(wrong_secret)?;
    let text = new_token(scene);
    let token = scene.at_mut().grants.exchange(&old, text.clone(), now)?;
    Ok(long(&text, &token, now))
}

/// `GET /refresh_access_token`: the next long token. It needs `threads_basic`, which every token has.
pub(super) fn refresh(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    grant_type(scene, "th_refresh_token")?;
    let (old, now) = (scene.token()?.to_owned(), scene.now);
    let text = new_token(scene);
    let token = scene.at_mut().grants.refresh(&old, text.clone(), now)?;
    Ok(long(&text, &token, now))
}

/// `GET /debug_token`. The collection has no example of its answer; these are the members that the Graph API
/// gives for a person's token.
pub(super) fn debug(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let caller = debugger(scene)?;
    let input = scene.params.required("input_token")?;
    let token = scene.at().grants.get(input).filter(|token| token.grant.app_id == caller);
    let token = token.ok_or_else(|| GraphError::param("input_token", "is not a token of this app"))?;
    Ok(Answer::Json(json!({"data": described(scene, token)})))
}

/// The app that asks about a token: by its own token, or by that of one of its people.
fn debugger(scene: &Scene<'_>) -> Result<String, GraphError> {
    let given = scene.token()?;
    match scene.at().apps.of_own_token(given) {
        Some(app) => Ok(app.id.clone()),
        None => Ok(scene.at().grants.living(given, scene.now)?.grant.app_id.clone()),
    }
}

fn described(scene: &Scene<'_>, token: &Token) -> Value {
    let grant = &token.grant;
    json!({
        "app_id": grant.app_id,
        "type": "USER",
        "application": scene.at().apps.get(&grant.app_id).map(|app| app.name.as_str()),
        "issued_at": token.issued_at.as_second(),
        "expires_at": token.expires_at.as_second(),
        "is_valid": token.check(scene.now).is_ok(),
        "scopes": grant.scopes,
        "user_id": scene.at().people.get(&grant.person).map(|person| person.id.to_string()),
    })
}

fn grant_type(scene: &Scene<'_>, wanted: &str) -> Result<(), GraphError> {
    match scene.params.required("grant_type")? == wanted {
        true => Ok(()),
        false => Err(GraphError::param("grant_type", &format!("must be {wanted}"))),
    }
}

/// The app that calls, by its secret.
fn app<'a>(scene: &'a Scene<'_>) -> Result<&'a App, GraphError> {
    let (id, secret) = (scene.params.required("client_id")?, scene.params.required("client_secret")?);
    scene.at().apps.proven(id, secret).ok_or_else(wrong_secret)
}

fn wrong_secret() -> GraphError {
    GraphError::param("client_secret", "is wrong: error validating client secret")
}

/// A text for a token. Real ones begin like this and are longer.
fn new_token(scene: &mut Scene<'_>) -> String {
    format!("THAA{}{}", scene.secret(), scene.secret())
}

fn long(text: &str, token: &Token, now: jiff::Timestamp) -> Answer {
    debug_assert!(token.expires_in(now) <= LONG_LIFE.as_secs());
    Answer::Json(json!({"access_token": text, "token_type": "bearer", "expires_in": token.expires_in(now)}))
}
