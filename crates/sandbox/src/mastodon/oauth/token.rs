//! `/oauth/token` and `/oauth/revoke`.

use axum::http::{StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{invalid_client, invalid_grant, invalid_request, invalid_scope};
use crate::mastodon::model::{App, Code, Token, later};
use crate::mastodon::{Answer, Refusal, Scene, Stop, scopes};

/// How long a code waits to be exchanged, as in the reference server.
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// The parameters of `POST /oauth/token` and of `POST /oauth/revoke`.
pub(crate) const ISSUE: [&str; 8] =
    ["grant_type", "code", "client_id", "client_secret", "redirect_uri", "code_verifier", "scope", "refresh_token"];
pub(crate) const REVOKE: [&str; 4] = ["client_id", "client_secret", "token", "token_type_hint"];

/// `POST /oauth/token`.
pub(crate) fn issue(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    let grant = text(scene, "grant_type")?.ok_or_else(|| missing("grant_type"))?;
    let app = client(scene)?;
    let body = match grant.as_str() {
        "authorization_code" => by_code(scene, &app)?,
        "client_credentials" => by_client(scene, &app)?,
        "refresh_token" if scene.at().dialect.facts().token_life.is_some() => by_refresh(scene, &app)?,
        _ => {
            let why = "The authorization grant type is not supported by the authorization server.";
            return Err(Refusal::oauth(StatusCode::BAD_REQUEST, "unsupported_grant_type", why).into());
        }
    };
    Ok(Answer::json(body))
}

fn text(scene: &Scene<'_>, field: &'static str) -> Result<Option<String>, Stop> {
    Ok(scene.params.text(field)?.filter(|text| !text.is_empty()).map(str::to_owned))
}

fn missing(name: &str) -> Refusal {
    invalid_request(&format!("Missing required parameter: {name}."))
}

/// The application that calls, by its secret in the body or in a Basic header.
fn client(scene: &Scene<'_>) -> Result<App, Stop> {
    let (id, secret) = match basic(scene.call.header(header::AUTHORIZATION)) {
        Some(pair) => pair,
        None => {
            let id = text(scene, "client_id")?.ok_or_else(invalid_client)?;
            (id, text(scene, "client_secret")?.ok_or_else(invalid_client)?)
        }
    };
    // Plain comparison: these secrets open nothing outside the simulation.
    let app = scene.at().apps.get(&id).filter(|app| app.client_secret == secret);
    Ok(app.cloned().ok_or_else(invalid_client)?)
}

/// Name and secret of a Basic header, both form-encoded inside it (RFC 6749, 2.3.1).
fn basic(value: &str) -> Option<(String, String)> {
    let pair = STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let plain = |text: &str| {
        let mut decoded = url::form_urlencoded::parse(text.as_bytes());
        decoded.next().map(|(key, _)| key.into_owned()).unwrap_or_default()
    };
    Some((plain(id), plain(secret)))
}

/// A person's token for a consent. The code is spent by the attempt that gets it right.
fn by_code(scene: &mut Scene<'_>, app: &App) -> Result<Value, Stop> {
    let given = text(scene, "code")?.ok_or_else(|| missing("code"))?;
    let redirect_uri = text(scene, "redirect_uri")?.ok_or_else(|| missing("redirect_uri"))?;
    let verifier = text(scene, "code_verifier")?;
    let code = scene.at().codes.get(&given).cloned().ok_or_else(invalid_grant)?;
    let over = scene.now >= later(code.made_at, CODE_LIFE);
    let same = code.client_id == app.client_id && code.redirect_uri == redirect_uri;
    if code.used || over || !same || !proven(&code, verifier.as_deref()) {
        return Err(invalid_grant().into());
    }
    if let Some(code) = scene.at_mut().codes.get_mut(&given) {
        code.used = true;
    }
    Ok(make(scene, app, Some(code.username), code.scopes))
}

/// Whether the verifier answers the challenge of the consent.
fn proven(code: &Code, verifier: Option<&str>) -> bool {
    let Some((method, challenge)) = &code.challenge else {
        return true;
    };
    verifier.is_some_and(|verifier| match method.as_str() {
        "S256" => URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == *challenge,
        _ => verifier == challenge,
    })
}

/// A token of the application itself.
fn by_client(scene: &mut Scene<'_>, app: &App) -> Result<Value, Stop> {
    let wanted = scopes::split(&text(scene, "scope")?.unwrap_or_else(|| "read".to_owned()));
    match wanted.iter().all(|scope| scopes::cover(&app.scopes, scope)) {
        true => Ok(make(scene, app, None, wanted)),
        false => Err(invalid_scope().into()),
    }
}

/// The next token for a refresh token, which is spent with the token it came with.
fn by_refresh(scene: &mut Scene<'_>, app: &App) -> Result<Value, Stop> {
    let given = text(scene, "refresh_token")?.ok_or_else(|| missing("refresh_token"))?;
    let token = scene.at_mut().tokens.values_mut().find(|token| token.refresh.as_deref() == Some(&given));
    let token = token.filter(|token| !token.revoked && token.client_id == app.client_id);
    let token = token.ok_or_else(invalid_grant)?;
    token.revoked = true;
    let (username, scopes) = (token.username.clone(), token.scopes.clone());
    Ok(make(scene, app, username, scopes))
}

/// Gives a token out, in the shape of the program.
fn make(scene: &mut Scene<'_>, app: &App, username: Option<String>, scopes: Vec<String>) -> Value {
    let (text, now) = (scene.secret(), scene.now);
    let life = scene.at().dialect.facts().token_life;
    let refresh = life.filter(|_| username.is_some()).map(|_| scene.secret());
    let mut body = json!({
        "access_token": text,
        "token_type": "Bearer",
        "scope": scopes.join(" "),
        "created_at": now.as_second(),
    });
    if let Some(life) = life {
        body["expires_in"] = life.into();
    }
    if let Some(refresh) = &refresh {
        body["refresh_token"] = refresh.clone().into();
    }
    let token = Token {
        client_id: app.client_id.clone(),
        username,
        scopes,
        created_at: now,
        expires_at: life.map(|life| later(now, SignedDuration::from_secs(life))),
        refresh,
        revoked: false,
    };
    scene.at_mut().tokens.insert(text, token);
    body
}

/// `POST /oauth/revoke`: a success for a token that is gone already, too.
pub(crate) fn revoke(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    let given = text(scene, "token")?.unwrap_or_default();
    let refused = || {
        let why = "You are not authorized to revoke this token";
        Refusal::oauth(StatusCode::FORBIDDEN, "unauthorized_client", why)
    };
    let app = client(scene).map_err(|_| refused())?;
    let found = |(text, token): &(&String, &mut Token)| **text == given || token.refresh.as_deref() == Some(&given);
    match scene.at_mut().tokens.iter_mut().find(found) {
        Some((_, token)) if token.client_id != app.client_id => Err(refused().into()),
        Some((_, token)) => {
            token.revoked = true;
            Ok(Answer::json(json!({})))
        }
        None => Ok(Answer::json(json!({}))),
    }
}
