//! Consent and tokens of people.
//!
//! Calls and lives: the table of tokens in the facts shared by Meta's networks (2026-11-23).

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::model::{Consent, consent_key};
use super::{Answer, SCOPES, Scene, tokens};
use crate::graph::apps::App;
use crate::graph::consent::{self, Decision, Request, Scopes};
use crate::graph::error::GraphError;
use crate::graph::grants::{Grant, Life, Token};
use crate::graph::params::{self, Params};
use crate::graph::{ids, later};

/// The parameters of each call.
pub(super) const TOKEN: &str = "client_id client_secret code grant_type redirect_uri fb_exchange_token";
pub(super) const DEBUG: &str = "input_token access_token";

/// `public_profile` comes with every consent.
const CONSENT: Scopes = Scopes { known: &SCOPES, always: &["public_profile"] };

/// How long a long token lives: the `expires_in` that Meta's page prints, about 60 days (read 2026-11-23).
const LONG: SignedDuration = SignedDuration::from_secs(5_183_944);

/// The form field of a chosen Page.
const PAGE: &str = "page";

/// `GET /dialog/oauth`.
pub(super) fn show(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    Ok(Answer::Whole(match asked(scene) {
        Ok(request) => {
            let people = scene.at().people.values().map(|person| (person.username.as_str(), person.name.as_str()));
            request.page_with(people, &scene.call.query, CONSENT, &choices(scene))
        }
        Err(why) => consent::refused(&why),
    }))
}

/// The Pages of everybody, each ticked; only those of the chosen account count.
fn choices(scene: &Scene<'_>) -> String {
    let of = |username: &str| -> Vec<_> {
        let pages = scene.at().pages.values().filter(|page| page.roles.contains_key(username));
        pages.map(|page| (page.id.to_string(), page.name.clone())).collect()
    };
    let people = scene.at().people.values().map(|person| (person, of(&person.username)));
    let people = people.filter(|(_, pages)| !pages.is_empty());
    people.map(|(person, pages)| consent::things(&format!("Pages of {}", person.name), PAGE, &pages)).collect()
}

/// `POST /dialog/oauth`: what the person decided. A script names no `page` for all of them, or each that it chooses.
pub(super) fn decide(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let form = params::body(scene.call)?;
    let decided = asked(scene).and_then(|request| Ok((request.decided(&form, CONSENT)?, request)));
    let known = |account: &String| scene.at().people.contains_key(account);
    Ok(Answer::Whole(match decided {
        Err(why) => consent::refused(&why),
        Ok((Decision::Deny, request)) => request.denied(),
        Ok((Decision::Allow { account, .. }, _)) if !known(&account) => consent::refused("There is no such account."),
        Ok((Decision::Allow { account, scopes }, request)) => match chosen(scene, &account, &form) {
            Err(why) => consent::refused(&why),
            Ok(pages) => {
                let code = promised(scene, &request, account, scopes, pages);
                request.granted(&code)
            }
        },
    }))
}

/// The request; `response_type` is `code` unless it says otherwise, and `public_profile` is always asked for.
fn asked(scene: &Scene<'_>) -> Result<Request, String> {
    let known = scene.call.params().into_iter().filter(|(name, _)| consent::KNOWN.contains(&name.as_str()));
    let mut pairs: Vec<_> = known.collect();
    if !pairs.iter().any(|(name, _)| name == "response_type") {
        pairs.push(("response_type".to_owned(), "code".to_owned()));
    }
    match pairs.iter_mut().find(|(name, _)| name == "scope") {
        Some((_, scopes)) => scopes.insert_str(0, "public_profile,"),
        None => pairs.push(("scope".to_owned(), "public_profile".to_owned())),
    }
    let params = Params::from_pairs(pairs).map_err(|error| error.message)?;
    Request::read(&params, &scene.at().apps, CONSENT)
}

/// The chosen Pages of a person; somebody else's are left aside, because the screen shows those of everybody.
fn chosen(scene: &Scene<'_>, account: &str, form: &[(String, String)]) -> Result<Vec<u64>, String> {
    let hers = || scene.at().pages.values().filter(|page| page.roles.contains_key(account)).map(|page| page.id);
    let Some(named) = consent::chosen(form, PAGE) else {
        return Ok(hers().collect());
    };
    let unknown = |id: &&String| ids::read(id).is_none_or(|id| !scene.at().pages.contains_key(&id));
    if let Some(id) = named.iter().find(unknown) {
        return Err(format!("There is no Page {id}."));
    }
    let named: Vec<_> = named.iter().filter_map(|id| ids::read(id)).collect();
    Ok(hers().filter(|id| named.contains(id)).collect())
}

/// Writes down what the person allows, in place of what was allowed before; a code for it.
fn promised(scene: &mut Scene<'_>, request: &Request, person: String, scopes: Vec<String>, pages: Vec<u64>) -> String {
    let (code, now) = (format!("AQ{}", scene.secret()), scene.now);
    let asked = request.scopes.iter().map(|scope| (scope.clone(), scopes.contains(scope)));
    let key = consent_key(&request.app_id, &person);
    // Permissions are the person's and the app's: what this dialog did not ask for stays as it was (known from use).
    let mut all = scene.at().consents.get(&key).map(|before| before.scopes.clone()).unwrap_or_default();
    all.extend(asked);
    scene.at_mut().consents.insert(key, Consent { scopes: all, pages, at: now });
    let grant = Grant { app_id: request.app_id.clone(), person, scopes, at: now, until: None };
    scene.at_mut().grants.promise(code.clone(), grant, request.redirect_uri.clone());
    code
}

/// `GET /oauth/access_token`: a token for a code, a long one for a short one, or the app's own.
pub(super) fn token(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    match scene.params.text("grant_type") {
        None | Some("authorization_code") => by_code(scene),
        Some("fb_exchange_token") => exchange(scene),
        Some("client_credentials") => {
            let app = app(scene)?;
            let own = format!("{}|{}", app.id, app.secret);
            Ok(Answer::Json(json!({"access_token": own, "token_type": "bearer"})))
        }
        Some(_) => Err(GraphError::param("grant_type", "is not one of the documented values")),
    }
}

fn by_code(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let app_id = app(scene)?.id.clone();
    let code = scene.params.required("code")?.to_owned();
    let redirect_uri = scene.params.required("redirect_uri")?.to_owned();
    let now = scene.now;
    let grant = scene.at_mut().grants.redeem(&code, &app_id, &redirect_uri, now)?;
    Ok(issued(scene, grant, Life::Short))
}

/// A long token for a short one. One for a long token lives as long as that: there is no refreshing.
fn exchange(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let app_id = app(scene)?.id.clone();
    let old = scene.params.required("fb_exchange_token")?.to_owned();
    let who = scene.at().whose(&old, scene.now)?;
    let token = scene.at().grants.get(&old).filter(|token| token.grant.app_id == app_id && who.page.is_none());
    let token = token.ok_or_else(|| GraphError::param("fb_exchange_token", "is not a person's token of this app"))?;
    let end = if token.life == Life::Long { token.expires_at } else { later(scene.now, LONG) };
    let grant = Grant { until: Some(end), ..token.grant.clone() };
    Ok(issued(scene, grant, Life::Long))
}

fn issued(scene: &mut Scene<'_>, grant: Grant, life: Life) -> Answer {
    let (text, now) = (format!("EAAG{}{}", scene.secret(), scene.secret()), scene.now);
    let token = scene.at_mut().grants.issue(text.clone(), grant, life, now);
    Answer::Json(json!({"access_token": text, "token_type": "bearer", "expires_in": token.expires_in(now)}))
}

/// The app that calls, by its secret. The code of the refusal is not documented.
fn app<'a>(scene: &'a Scene<'_>) -> Result<&'a App, GraphError> {
    let (id, secret) = (scene.params.required("client_id")?, scene.params.required("client_secret")?);
    let wrong = || GraphError::param("client_secret", "is wrong: Error validating client secret.");
    scene.at().apps.proven(id, secret).ok_or_else(wrong)
}

/// `GET /debug_token`.
pub(super) fn debug(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let caller = debugger(scene)?;
    let input = scene.params.required("input_token")?;
    let of_page = scene.at().page_tokens.get(input);
    let parent = of_page.map_or(input, |token| token.parent.as_str());
    let token = scene.at().grants.get(parent).filter(|token| token.grant.app_id == caller);
    let token = token.ok_or_else(|| GraphError::param("input_token", "is not a token of this app"))?;
    let page = of_page.map(|token| (token.page, token.issued_at));
    Ok(Answer::Json(json!({"data": described(scene, input, token, page)})))
}

/// The app that asks about a token: by its own token, or by that of one of its people.
fn debugger(scene: &Scene<'_>) -> Result<String, GraphError> {
    let given = scene.token()?;
    match scene.at().app_of_own_token(given) {
        Some(app) => Ok(app.id.clone()),
        None => Ok(scene.at().whose(given, scene.now)?.app_id),
    }
}

fn described(scene: &Scene<'_>, text: &str, token: &Token, page: Option<(u64, Timestamp)>) -> Value {
    let (at, grant) = (scene.at(), &token.grant);
    let consent = at.consents.get(&consent_key(&grant.app_id, &grant.person));
    let never = page.is_some() && token.life == Life::Long;
    let scopes: Vec<_> = consent.iter().flat_map(|c| &c.scopes).filter(|(_, given)| **given).map(|(s, _)| s).collect();
    let targets: Vec<_> = consent.iter().flat_map(|consent| &consent.pages).map(u64::to_string).collect();
    let granular = scopes.iter().filter(|scope| scope.starts_with("pages_"));
    let granular: Vec<_> = granular.map(|scope| json!({"scope": scope, "target_ids": targets})).collect();
    let mut data = json!({
        "app_id": grant.app_id,
        "type": if page.is_some() { "PAGE" } else { "USER" },
        "application": at.apps.get(&grant.app_id).map(|app| app.name.as_str()),
        "issued_at": page.map_or(token.issued_at, |(_, issued)| issued).as_second(),
        "expires_at": if never { 0 } else { token.expires_at.as_second() },
        "data_access_expires_at": consent.and_then(|c| at.data_access_ends(c)).map_or(0, Timestamp::as_second),
        "is_valid": true,
        "scopes": scopes,
        "granular_scopes": granular,
        "user_id": at.people.get(&grant.person).map(|person| person.id.to_string()),
    });
    if let Some((page, _)) = page {
        data["profile_id"] = page.to_string().into();
    }
    if let Err(error) = at.whose(text, scene.now) {
        data["is_valid"] = false.into();
        data["error"] = json!({"code": error.code, "message": error.message, "subcode": error.subcode});
    }
    data
}

/// `GET /me/permissions`: all that was asked for, with what the person said.
pub(super) fn permissions(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    tokens::me(scene, &scene.id)?;
    let consent = scene.at().consent(scene.who()?);
    let word = |given: bool| if given { "granted" } else { "declined" };
    let rows = consent.iter().flat_map(|consent| &consent.scopes);
    let rows: Vec<_> = rows.map(|(scope, given)| json!({"permission": scope, "status": word(*given)})).collect();
    Ok(Answer::Json(json!({"data": rows})))
}

/// `DELETE /me/permissions`: the app gives back everything that the person let it do.
pub(super) fn give_back(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let person = tokens::me(scene, &scene.id)?.to_owned();
    let app_id = scene.who()?.app_id.clone();
    scene.at_mut().remove_app(&person, Some(&app_id));
    Ok(Answer::Json(json!({"success": true})))
}

/// `DELETE /me/permissions/{permission}`: one of them.
pub(super) fn give_back_one(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let (who, scope) = (scene.who()?.clone(), scene.id.clone());
    if who.page.is_some() || !SCOPES.contains(&scope.as_str()) {
        return Err(GraphError::gone(&scope));
    }
    let key = consent_key(&who.app_id, &who.person);
    if let Some(given) = scene.at_mut().consents.get_mut(&key).and_then(|consent| consent.scopes.get_mut(&scope)) {
        *given = false;
    }
    Ok(Answer::Json(json!({"success": true})))
}
