//! Logging in with an app password, and keeping the session alive.
//!
//! The app password is used once and not kept: only the access and the refresh token are.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postrider_connector::auth::{
    AuthCx, ConnectError, ConnectFields, Connected, Credentials, Refreshed, RemoteAccount, Revocation, SessionAuth,
};
use postrider_connector::error::{ConnectorError, Failure, Until};
use postrider_connector::{Cx, Request, Response};
use postrider_domain::Code;
use postrider_domain::secret::Secret;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::Bluesky;
use super::descriptor::DEFAULT_HOST;
use super::errors::{limited, refusal};
use super::links;
use super::media::VIDEO_SERVICE;
use super::wire::{ErrorBody, Holder, PROFILE, Server, Session, get_record, get_session, query, session_call};

/// Life of an access token when it does not say (reference server d6296a1: 120 minutes).
const DEFAULT_LIFE_S: u64 = 7_200;
/// Claims of a life outside these bounds are not believed.
const LIFE_S: std::ops::RangeInclusive<u64> = 60..=30 * 86_400;

#[async_trait]
impl SessionAuth for Bluesky {
    async fn log_in(&self, cx: &AuthCx<'_>, fields: &ConnectFields) -> Result<Connected, ConnectError> {
        let entrance = origin(fields.get("host").unwrap_or(DEFAULT_HOST))?;
        let identifier = fields.require("identifier")?.trim_start_matches('@');
        let password = fields.require("password")?;
        let server = describe(&cx.0, &entrance).await?;
        let session = create_session(cx, &entrance, (identifier, password, fields.get("code"))).await?;
        let (host, server) = home(cx, entrance, server, &session).await;
        let profile = profile(cx, &host, &session.did).await;
        let video_service = video_service(fields, &host)?;
        let web = cx.0.pages(&host);
        let mut connected = connected((host, web), &server, &session, profile.unwrap_or_default());
        for account in &mut connected.accounts {
            account.facts["video_service"] = json!(video_service);
        }
        Ok(connected)
    }

    async fn refresh(&self, cx: &AuthCx<'_>, host: &str) -> Result<Refreshed, ConnectorError> {
        let response = call(cx, &session_call(host, "com.atproto.server.refreshSession"), "refreshSession").await?;
        if !response.is_success() {
            return Err(refusal(&cx.0, &response, "refreshSession", false));
        }
        let session: Session = response.json().map_err(|_| unreadable("refreshSession"))?;
        if session.active == Some(false) {
            let error = ConnectorError::new(Failure::UserAction { code: Code::AccountUnavailable }, "refreshSession");
            return Err(error.said(response.status, None, session.status.as_deref()));
        }
        Ok(Refreshed { credentials: credentials(&session), lives_s: Some(life_s(&session.access_jwt)) })
    }

    /// A token that is no longer accepted belongs to a session that has ended already.
    async fn log_out(&self, cx: &AuthCx<'_>, host: &str) -> Result<Revocation, ConnectorError> {
        let response = call(cx, &session_call(host, "com.atproto.server.deleteSession"), "deleteSession").await?;
        let gone = ["ExpiredToken", "InvalidToken"].contains(&ErrorBody::of(&response).name());
        if response.is_success() || gone {
            return Ok(Revocation::Revoked);
        }
        Err(refusal(&cx.0, &response, "deleteSession", false))
    }
}

/// Where videos go: what the person says, else the common service. It writes into the account's
/// repository, so a server that is not on the public internet cannot use it; `none` says so.
fn video_service(fields: &ConnectFields, host: &str) -> Result<Option<String>, ConnectError> {
    match fields.get("video_service") {
        Some("none") => Ok(None),
        Some(text) => origin_of(text, "video_service").map(Some),
        None => Ok(host.starts_with("https://").then(|| VIDEO_SERVICE.to_owned())),
    }
}

/// The tokens say when they are not accepted; anything else may be tried again.
async fn call(cx: &AuthCx<'_>, request: &Request, doing: &str) -> Result<Response, ConnectorError> {
    cx.call(request).await.map_err(|error| error.while_publishing(doing, true))
}

fn unreadable(doing: &str) -> ConnectorError {
    ConnectorError::new(Failure::Transient, format!("{doing} was answered with something else"))
}

/// The origin of what a person typed: `pds.example`, `https://pds.example/` and the like.
fn origin(text: &str) -> Result<String, ConnectError> {
    origin_of(text, "host")
}

fn origin_of(text: &str, field: &'static str) -> Result<String, ConnectError> {
    let invalid = || ConnectError::field(Code::UrlInvalid, field).with("host", text);
    let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&full).map_err(|_| invalid())?;
    let plain = matches!(url.scheme(), "https" | "http") && url.username().is_empty() && url.password().is_none();
    if !plain || url.host_str().is_none_or(str::is_empty) {
        return Err(invalid());
    }
    Ok(url.origin().ascii_serialization())
}

/// Asks whether there is a server at all before a password is sent to it.
pub(super) async fn describe(cx: &Cx<'_>, host: &str) -> Result<Server, ConnectError> {
    const STEP: &str = "find_server";
    let response = cx
        .read(&query(host, "com.atproto.server.describeServer", &[]))
        .await
        .map_err(|error| ConnectError::from_call(&error, STEP, "host"))?;
    let failed = |code| ConnectError::step(code, STEP, "host").with("host", host);
    match response.status {
        429 => Err(rate_limited(&response, STEP)),
        500.. => Err(failed(Code::HostUnreachable).said(format!("HTTP {}", response.status))),
        200 => match response.json::<Server>() {
            Ok(server) if server.did.starts_with("did:") => Ok(server),
            _ => Err(failed(Code::HostNotSupported)),
        },
        _ => Err(failed(Code::HostNotSupported).said(format!("HTTP {}", response.status))),
    }
}

fn rate_limited(response: &Response, step: &'static str) -> ConnectError {
    let error = ConnectError::step(Code::RateLimited, step, "");
    match limited(response) {
        Failure::RateLimited { until: Until::After(wait), .. } => error.with("seconds", wait.as_secs()),
        Failure::RateLimited { until: Until::At(at), .. } => error.with("until", at),
        _ => error,
    }
}

async fn create_session(
    cx: &AuthCx<'_>,
    host: &str,
    (identifier, password, code): (&str, &str, Option<&str>),
) -> Result<Session, ConnectError> {
    const STEP: &str = "log_in";
    let mut body = json!({"identifier": identifier, "password": password});
    if let Some(code) = code {
        body["authFactorToken"] = json!(code);
    }
    let request = Request::post_json(format!("{host}/xrpc/com.atproto.server.createSession"), &body);
    let response = cx.call(&request).await.map_err(|error| ConnectError::from_call(&error, STEP, "host"))?;
    if !response.is_success() {
        return Err(refused_log_in(&response, STEP, code.is_some(), password));
    }
    let not_supported = || ConnectError::step(Code::HostNotSupported, STEP, "host").with("host", host);
    let session: Session = response.json().map_err(|_| not_supported())?;
    if session.active == Some(false) {
        let status = session.status.clone().unwrap_or_else(|| "inactive".to_owned());
        return Err(ConnectError::step(Code::AccountUnavailable, STEP, "identifier").said(status));
    }
    let complete = session.did.starts_with("did:") && !session.access_jwt.is_empty() && !session.refresh_jwt.is_empty();
    complete.then_some(session).ok_or_else(not_supported)
}

/// What a refused log-in means for the person at the form.
fn refused_log_in(response: &Response, step: &'static str, with_code: bool, password: &str) -> ConnectError {
    let body = ErrorBody::of(response);
    let (code, field) = match (body.name(), response.status) {
        ("AuthFactorTokenRequired", _) => (Code::SecondFactorNeeded, "code"),
        // With a code, these are about the code: it is wrong or too old.
        ("InvalidToken" | "ExpiredToken", _) if with_code => (Code::SecondFactorNeeded, "code"),
        ("AccountTakedown" | "AccountDeactivated" | "AccountSuspended", _) => (Code::AccountUnavailable, "identifier"),
        ("RateLimitExceeded", _) | (_, 429) => return rate_limited(response, step).said(words(&body, password)),
        (_, 500..) => (Code::HostUnreachable, "host"),
        (_, 400 | 401 | 403) => (Code::CredentialsRefused, "password"),
        _ => (Code::HostNotSupported, "host"),
    };
    ConnectError::step(code, step, field).said(words(&body, password))
}

/// The server's words; one that repeats the password does not get it printed.
fn words(body: &ErrorBody, password: &str) -> String {
    let text = body.message.as_deref().or(body.error.as_deref()).unwrap_or_default();
    text.replace(password, "[redacted]").chars().take(500).collect()
}

/// The server that holds the account, as its DID document says, where that one agrees.
///
/// Log-ins may go to an entrance (`bsky.social`) in front of many servers. A server that
/// names an address which we cannot reach, or whose tokens are worth nothing there, is used
/// under the address the person gave: it could name anybody's account and server.
async fn home(cx: &AuthCx<'_>, entrance: String, server: Server, session: &Session) -> (String, Server) {
    let named = session.did_doc.as_ref().filter(|document| document.id == session.did).and_then(|document| {
        let service = document.service.iter().find(|service| service.id.ends_with("#atproto_pds"))?;
        origin(service.service_endpoint.as_str()?).ok()
    });
    match named {
        Some(host) if host != entrance => match describe(&cx.0, &host).await {
            Ok(found) if holds(cx, &host, session).await => (host, found),
            _ => (entrance, server),
        },
        _ => (entrance, server),
    }
}

/// Whether a server takes the session for that of its own account.
async fn holds(cx: &AuthCx<'_>, host: &str, session: &Session) -> bool {
    let answer = cx.read_as(&credentials(session), &get_session(host)).await;
    let holder = answer.ok().filter(Response::is_success).and_then(|response| response.json::<Holder>().ok());
    holder.is_some_and(|holder| holder.did == session.did)
}

/// Display name and picture, where there is a profile.
#[derive(Default)]
struct Profile {
    name: String,
    picture: Option<String>,
}

/// Reads the public profile record. An account without one is no error.
async fn profile(cx: &AuthCx<'_>, host: &str, did: &str) -> Option<Profile> {
    #[derive(Deserialize)]
    struct Answer {
        value: Value,
    }
    let response = cx.call(&get_record(host, did, PROFILE, "self")).await.ok()?;
    let Answer { value } = response.is_success().then(|| response.json().ok()).flatten()?;
    let blob = value["avatar"]["ref"]["$link"].as_str();
    let picture = blob.map(|cid| query(host, "com.atproto.sync.getBlob", &[("did", did), ("cid", cid)]).url);
    Some(Profile { name: value["displayName"].as_str().unwrap_or_default().trim().to_owned(), picture })
}

/// What is known of an account's server, over what was known before.
pub(super) fn facts(mut known: Value, server: &Server, web: Option<String>) -> Value {
    known["server"] = json!(server.did);
    known["web"] = json!(web);
    known["blob_upload_limit"] = json!(server.blob_upload_limit);
    known
}

fn connected((host, web): (String, Option<String>), server: &Server, session: &Session, profile: Profile) -> Connected {
    let account = RemoteAccount {
        remote_id: session.did.clone(),
        handle: session.handle.clone(),
        name: if profile.name.is_empty() { session.handle.clone() } else { profile.name },
        picture: profile.picture,
        url: Some(links::profile(web.as_deref(), &session.did)),
        facts: facts(Value::Null, server, web),
    };
    Connected {
        person_id: session.did.clone(),
        host,
        scopes: Vec::new(),
        credentials: credentials(session),
        lives_s: Some(life_s(&session.access_jwt)),
        accounts: vec![account],
    }
}

fn credentials(session: &Session) -> Credentials {
    let mut credentials = Credentials::default();
    credentials.set("access", session.access_jwt.clone());
    credentials.set("refresh", session.refresh_jwt.clone());
    credentials
}

/// How long an access token lives by its own words (`exp` minus `iat`). The token is the
/// server's to check; we only plan by it.
fn life_s(token: &Secret) -> u64 {
    #[derive(Deserialize)]
    struct Claims {
        exp: u64,
        iat: u64,
    }
    let claims = || {
        let bytes = URL_SAFE_NO_PAD.decode(token.expose().split('.').nth(1)?.trim_end_matches('=')).ok()?;
        let claims: Claims = serde_json::from_slice(&bytes).ok()?;
        claims.exp.checked_sub(claims.iat).filter(|life| LIFE_S.contains(life))
    };
    claims().unwrap_or(DEFAULT_LIFE_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_name_an_address_and_a_pasted_page_give_an_origin() {
        for (text, expected) in [
            ("bsky.social", "https://bsky.social"),
            ("https://PDS.example/", "https://pds.example"),
            ("http://127.0.0.1:2583/xrpc/x?y", "http://127.0.0.1:2583"),
            ("pds.example:8443", "https://pds.example:8443"),
            ("bücher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(origin(text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["", "https://", "ftp://pds.example", "https://ada:pw@pds.example", "a b", "https://exa mple"] {
            let error = origin(text).expect_err(text);
            assert_eq!((error.code, error.field), (Code::UrlInvalid, "host"), "{text}");
        }
    }

    #[test]
    fn a_token_says_how_long_it_lives_and_is_not_believed_blindly() {
        let token = |claims: &str| Secret::new(format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims)));
        assert_eq!(life_s(&token(r#"{"iat":1000,"exp":4600}"#)), 3_600);
        for odd in [r#"{"iat":10,"exp":5}"#, r#"{"iat":0,"exp":18446744073709551615}"#, r#"{"exp":5}"#, "x", ""] {
            assert_eq!(life_s(&token(odd)), DEFAULT_LIFE_S, "{odd}");
        }
        assert_eq!(life_s(&Secret::new("opaque")), DEFAULT_LIFE_S);
    }
}
