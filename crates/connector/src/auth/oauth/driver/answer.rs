//! Reading what a token endpoint answers.

use postrider_domain::Code;
use postrider_domain::secret::Secret;
use serde_json::{Map, Value};

use super::super::Tokens;
use crate::auth::ConnectError;
use crate::error::{ConnectorError, Failure, Scope, Until};
use crate::http::Response;

/// Fields of a token answer that are tokens.
const SECRETS: [&str; 3] = ["access_token", "refresh_token", "id_token"];

/// A refused call.
pub(super) struct Refusal {
    status: u16,
    name: Option<String>,
    retry_after: Option<Until>,
}

impl Refusal {
    /// The refusal that an answer is; some servers send one with status 200.
    pub(super) fn of(response: &Response) -> Option<Self> {
        let body = response.json::<Map<String, Value>>().unwrap_or_default();
        let name = match body.get("error") {
            Some(Value::Object(error)) => Some(graph_name(error).to_owned()),
            Some(error) => error.as_str().map(str::to_owned),
            None => plain_message(&body).map(|message| name_of_words(message).to_owned()),
        };
        let refused = !response.is_success() || name.is_some();
        refused.then(|| Self { status: response.status, name, retry_after: response.retry_after() })
    }

    /// Whether it has this error name.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }

    /// Whether the client itself is refused, and not what it asks for.
    pub(super) fn is_of_client(&self) -> bool {
        self.is("invalid_client") || self.is("unauthorized_client") || (self.name.is_none() && self.status == 401)
    }

    fn is_limited(&self) -> bool {
        self.status == 429 || self.is(LIMITED)
    }

    /// What it means for somebody who is connecting.
    pub(super) fn while_connecting(&self, step: &'static str, words: &str) -> ConnectError {
        let code = match self.name.as_deref() {
            _ if self.is_of_client() => Code::OauthClientRefused,
            Some("invalid_grant") => Code::OauthCodeRefused,
            Some("redirect_uri_mismatch" | "invalid_redirect_uri") => Code::OauthRedirect,
            Some("invalid_scope") => Code::OauthScopeRefused,
            _ if self.is_limited() => Code::RateLimited,
            Some("server_error") => Code::OauthServerDown,
            _ if self.status >= 500 => Code::OauthServerDown,
            _ => Code::OauthRefused,
        };
        ConnectError::step(code, step, "").said(words)
    }

    /// What it means for a grant. Only `invalid_grant` says that the consent is gone.
    pub(super) fn while_refreshing(&self, response: &Response, words: &str) -> ConnectorError {
        let failure = match () {
            () if self.is("invalid_grant") => Failure::Reauth,
            () if self.is_of_client() => Failure::Operator { code: Code::OauthClientRefused },
            () if self.is_limited() => {
                Failure::RateLimited { until: self.retry_after.unwrap_or(Until::Unsaid), scope: Scope::App }
            }
            () => Failure::Transient,
        };
        ConnectorError::new(failure, "the token endpoint refused").said(
            response.status,
            self.name.as_deref(),
            Some(words),
        )
    }
}

/// The standard's name for an error of a Graph API, which answers with an object: `{"error": {"code": …,
/// "error_subcode": …, "message": …}}` (developers.facebook.com, "Handle errors", 2026-11-23). No document lists what the
/// code exchange answers; 101 and the subcodes from 36007 are known from use and not confirmed. What is not listed has no
/// name of the standard, and its words are shown.
fn graph_name(error: &Map<String, Value>) -> &'static str {
    let number = |name: &str| error.get(name).and_then(Value::as_i64).unwrap_or_default();
    let text = error.get("message").and_then(Value::as_str).unwrap_or_default();
    let message = text.to_ascii_lowercase();
    match (number("code"), number("error_subcode")) {
        // An app that does not exist, or the wrong secret, which comes as the unknown error 1.
        (101, _) => "invalid_client",
        (1 | 100, _) if message.contains("client secret") || message.contains("client_secret") => "invalid_client",
        (100, 36_008) => "redirect_uri_mismatch",
        (190 | 102, _) | (100, 36_007 | 36_009) => "invalid_grant",
        (100, _) => name_of_words(text),
        (4 | 17 | 32 | 341 | 613, _) => LIMITED,
        (1 | 2, _) => "server_error",
        _ => "other",
    }
}

/// What `api.instagram.com` answers where a code is exchanged: `{"error_type": …, "code": 400, "error_message": …}`, known
/// from use and in no document.
fn plain_message(body: &Map<String, Value>) -> Option<&str> {
    body.get("error_message")?.as_str()
}

/// The standard's name for what the words of Meta's exchanges say.
fn name_of_words(message: &str) -> &'static str {
    let message = message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    match () {
        () if says(&["client secret", "client_secret", "platform app", "client id", "client_id"]) => "invalid_client",
        () if says(&["redirect_uri"]) => "redirect_uri_mismatch",
        () if says(&["authorization code", "verification code", "matching code"]) => "invalid_grant",
        () => "other",
    }
}

/// The name, no standard's, of a Graph error that says to come back later.
const LIMITED: &str = "rate_limited";

/// The server's own words, verbatim: `error: error_description`, else its text, else its status.
pub(super) fn words(response: &Response) -> String {
    let body = response.json::<Map<String, Value>>().unwrap_or_default();
    let (body, names) = match body.get("error") {
        Some(Value::Object(error)) => (error, ["message", "error_user_msg"]),
        None if plain_message(&body).is_some() => (&body, ["error_type", "error_message"]),
        _ => (&body, ["error", "error_description"]),
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let named: Vec<&str> = names.into_iter().filter_map(text).collect();
    match (named.is_empty(), response.is_success()) {
        (false, _) => named.join(": "),
        // The body of a success is tokens.
        (true, true) => format!("HTTP {}", response.status),
        (true, false) => format!("HTTP {} {}", response.status, String::from_utf8_lossy(&response.body)),
    }
}

/// The tokens of a success; `None` when there is no bearer token in it.
pub(super) fn tokens(response: &Response, asked: &[String]) -> Option<Tokens> {
    let mut body = unwrapped(response.json().ok()?);
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let (access, refresh) = (Secret::new(text("access_token")), Secret::new(text("refresh_token")));
    let kind = text("token_type");
    if access.is_empty() || !(kind.is_empty() || kind.eq_ignore_ascii_case("bearer")) {
        return None;
    }
    let lives_s = body.get("expires_in").and_then(seconds);
    // Left out, it is what was asked for (RFC 6749, 5.1).
    let scopes = body.get("scope").and_then(scopes).unwrap_or_else(|| asked.to_vec());
    body.retain(|name, _| !SECRETS.contains(&name.as_str()));
    Some(Tokens { access, refresh, lives_s, scopes, extra: body })
}

/// The answer itself, also where its only entry is in a list: `{"data": [{…}]}`, as Instagram's manual prints what in
/// production is flat (specs of 2026-11-23).
fn unwrapped(mut body: Map<String, Value>) -> Map<String, Value> {
    match body.get_mut("data").and_then(Value::as_array_mut).map(Vec::as_mut_slice) {
        Some([Value::Object(only)]) => std::mem::take(only),
        _ => body,
    }
}

/// Seconds as a number or as digits; nothing and what is not above zero is "does not expire".
fn seconds(value: &Value) -> Option<u64> {
    let given = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
    given.filter(|seconds| *seconds > 0)
}

/// A list, or names apart by spaces or commas.
fn scopes(value: &Value) -> Option<Vec<String>> {
    let split = |text: &str| text.split([' ', ',']).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    match value {
        Value::String(text) => Some(split(text)),
        Value::Array(list) => Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        _ => None,
    }
}
