//! Consent and tokens of Instagram Login.
//!
//! Calls and lives: the table of tokens in the facts shared by Meta's networks
//! (2026-11-23); parameters: the specifications of v25.0.

use serde_json::{Value, json};

use super::model::AccountType;
use super::settings::{Personal, TokenShape};
use super::{Answer, SCOPES, Scene, host};
use crate::graph::apps::App;
use crate::graph::consent::{self, Decision, Request, Scopes};
use crate::graph::error::{GraphError, Kind};
use crate::graph::grants::{Grant, Life, Token};
use crate::graph::params::{self, Params};

/// The parameters of each call.
pub(super) const BY_CODE: [&str; 5] = ["client_id", "client_secret", "code", "grant_type", "redirect_uri"];
pub(super) const EXCHANGE: [&str; 3] = ["grant_type", "client_secret", "access_token"];
pub(super) const REFRESH: [&str; 2] = ["grant_type", "access_token"];

/// What no token can be refreshed without (page of 2025-07-17).
const BASIC: &str = "instagram_business_basic";

const CONSENT: Scopes = Scopes { known: &SCOPES, always: &[BASIC] };

/// `GET /oauth/authorize`. `enable_fb_login` and `force_authentication` change nothing here.
pub(super) fn show(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    Ok(Answer::Whole(match asked(scene) {
        Ok(request) => {
            let people = scene.at().accounts.values().map(|account| (account.username.as_str(), account.shown()));
            request.page(people, &scene.call.query, CONSENT)
        }
        Err(why) => consent::refused(&why),
    }))
}

/// `POST /oauth/authorize`: what the person decided.
pub(super) fn decide(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let form = params::body(scene.call)?;
    let decided = asked(scene).and_then(|request| Ok((request.decided(&form, CONSENT)?, request)));
    Ok(Answer::Whole(match decided {
        Err(why) => consent::refused(&why),
        Ok((Decision::Deny, request)) => request.denied(),
        Ok((Decision::Allow { account, scopes }, request)) => match turned_away(scene, &account) {
            Some(why) => consent::refused(why),
            None => {
                let code = promised(scene, &request, account, scopes);
                request.granted(&code)
            }
        },
    }))
}

/// Why an account cannot consent.
fn turned_away(scene: &Scene<'_>, account: &str) -> Option<&'static str> {
    let here = scene.at().settings.personal == Personal::Consent;
    match scene.at().accounts.contains_key(account) {
        false => Some("There is no such account."),
        true if here && personal(scene, account) => Some("Switch to a professional account to continue."),
        true => None,
    }
}

/// Whether an account is a personal one.
pub(super) fn personal(scene: &Scene<'_>, account: &str) -> bool {
    scene.at().accounts.get(account).is_some_and(|account| account.kind == AccountType::Personal)
}

/// That a personal account is refused is documented; the code and the words are not.
pub(super) fn not_professional() -> GraphError {
    let message = "(#10) The account is not an Instagram business or creator account.";
    let error = GraphError::new(Kind::OAuth, 10, message);
    error.telling("Professional account needed", "Switch to a business or creator account in the Instagram app.")
}

fn asked(scene: &Scene<'_>) -> Result<Request, String> {
    let known = scene.call.params().into_iter().filter(|(name, _)| consent::KNOWN.contains(&name.as_str()));
    let params = Params::from_pairs(known).map_err(|error| error.message)?;
    Request::read(&params, &scene.at().apps, CONSENT)
}

/// A code for what the person allowed.
fn promised(scene: &mut Scene<'_>, request: &Request, person: String, scopes: Vec<String>) -> String {
    let (code, now) = (format!("AQ{}", scene.secret()), scene.now);
    let grant = Grant { app_id: request.app_id.clone(), person, scopes, at: now, until: None };
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
    let grant = scene.at_mut().grants.redeem(&code, &app_id, &redirect_uri, now)?;
    if scene.at().settings.personal == Personal::Exchange && personal(scene, &grant.person) {
        return Err(not_professional());
    }
    let body = short(scene, &text, &grant);
    scene.at_mut().grants.issue(text, grant, Life::Short, now);
    Ok(Answer::Json(body))
}

/// The answer to a code: flat as in production, or in a list as the manual has it. Of the permissions only their name
/// is documented here; a text with commas is what the specification has of a refresh.
fn short(scene: &Scene<'_>, text: &str, grant: &Grant) -> Value {
    let id = scene.at().accounts.get(&grant.person).map(|account| account.id.to_string());
    let body = json!({"access_token": text, "user_id": id, "permissions": grant.scopes.join(",")});
    match scene.at().settings.token_shape {
        TokenShape::Flat => body,
        TokenShape::Data => json!({"data": [body]}),
    }
}

/// `GET /access_token`: a long token for a short one.
pub(super) fn exchange(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    grant_type(scene, "ig_exchange_token")?;
    let secret = scene.params.required("client_secret")?.to_owned();
    let (old, now) = (scene.token()?.to_owned(), scene.now);
    let app_id = host::living(scene, &old)?.grant.app_id.clone();
    scene.at().apps.proven(&app_id, &secret).ok_or_else(wrong_secret)?;
    let text = new_token(scene);
    let token = scene.at_mut().grants.exchange(&old, text.clone(), now)?;
    Ok(Answer::Json(long(&text, &token, now)))
}

/// `GET /refresh_access_token`: the next long token, with what it may do (specification of v25.0). It needs
/// `instagram_business_basic`, which every token has.
pub(super) fn refresh(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    grant_type(scene, "ig_refresh_token")?;
    let (old, now) = (scene.token()?.to_owned(), scene.now);
    host::living(scene, &old)?;
    let text = new_token(scene);
    let token = scene.at_mut().grants.refresh(&old, text.clone(), now)?;
    let mut body = long(&text, &token, now);
    body["permissions"] = token.grant.scopes.join(",").into();
    Ok(Answer::Json(body))
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
    format!("IGAA{}{}", scene.secret(), scene.secret())
}

fn long(text: &str, token: &Token, now: jiff::Timestamp) -> Value {
    json!({"access_token": text, "token_type": "bearer", "expires_in": token.expires_in(now)})
}
