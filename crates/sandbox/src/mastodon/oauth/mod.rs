//! Applications, consent and tokens: OAuth 2 as the Mastodon API has it.
//!
//! Clients register themselves, get a code for a consent and a token for the code.
//! Sources: Mastodon documentation "OAuth" and "apps" 4.7, RFC 6749, RFC 7636.

pub(super) mod apps;
pub(super) mod authorize;
pub(super) mod token;

use axum::http::StatusCode;
use serde_json::json;

use super::{Answer, Refusal, Scene, Stop, Wrong, scopes};

/// Where a code is shown instead of being sent.
const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// `GET /.well-known/oauth-authorization-server`, on programs that have it.
pub(super) fn metadata(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    let facts = scene.at().dialect.facts();
    if !facts.metadata {
        return Err(Wrong::NoRoute.into());
    }
    let at = |path: &str| format!("{}{path}", scene.call.base);
    let mut body = json!({
        "issuer": at("/"),
        "service_documentation": "https://docs.joinmastodon.org/",
        "authorization_endpoint": at("/oauth/authorize"),
        "token_endpoint": at("/oauth/token"),
        "revocation_endpoint": at("/oauth/revoke"),
        "userinfo_endpoint": at("/oauth/userinfo"),
        "app_registration_endpoint": at("/api/v1/apps"),
        "scopes_supported": scopes::all(facts),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    });
    if !facts.pkce.is_empty() {
        body["code_challenge_methods_supported"] = json!(facts.pkce);
    }
    Ok(Answer::json(body))
}

/// The refusal of a client that is unknown or gives a wrong secret.
fn invalid_client() -> Refusal {
    Refusal::oauth(
        StatusCode::UNAUTHORIZED,
        "invalid_client",
        "Client authentication failed due to unknown client, no client authentication included, or unsupported \
         authentication method.",
    )
}

/// The refusal of a code or refresh token that does not do.
fn invalid_grant() -> Refusal {
    Refusal::oauth(
        StatusCode::BAD_REQUEST,
        "invalid_grant",
        "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in \
         the authorization request, or was issued to another client.",
    )
}

/// The refusal of a request that lacks or misuses a parameter.
fn invalid_request(why: &str) -> Refusal {
    Refusal::oauth(StatusCode::BAD_REQUEST, "invalid_request", why)
}

/// The refusal of scopes that are unknown, or not registered.
fn invalid_scope() -> Refusal {
    Refusal::oauth(StatusCode::BAD_REQUEST, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
}
