//! Service tokens: `com.atproto.server.getServiceAuth` and what accepts them.
//!
//! A client asks its own server for a token that speaks to another service for it,
//! bound to a method and of short life. Here both are one server.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::errors::Refusal;
use super::token::sign_text;
use super::{SERVER_DID, Scene, token};
use crate::Core;
use crate::gate::Call;

/// The longest life of a token, in seconds, with a method and without.
const WITH_METHOD: i64 = 3_600;
const WITHOUT_METHOD: i64 = 60;

/// Where the real service of videos lives.
const VIDEO_DID: &str = "did:web:video.bsky.app";

/// What a service token says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Claims {
    /// Whose it is.
    pub(super) iss: String,
    /// The service it speaks to.
    pub(super) aud: String,
    /// The method it is bound to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) lxm: Option<String>,
    pub(super) iat: i64,
    pub(super) exp: i64,
    pub(super) jti: String,
}

/// `com.atproto.server.getServiceAuth`.
pub(super) fn issue(scene: &mut Scene<'_>) -> Result<Value, Refusal> {
    let iss = scene.did()?.to_owned();
    let now = scene.core.now().as_second();
    let lxm = scene.input["lxm"].as_str().map(str::to_owned);
    let exp = scene.input["exp"].as_i64().unwrap_or(now + 60);
    let bad = |why: &str| Err(Refusal::named("BadExpiration", why));
    match exp - now {
        ..0 => return bad("expiration is in past"),
        life if life > WITH_METHOD => {
            return bad("cannot request a token with an expiration more than an hour in the future");
        }
        life if life > WITHOUT_METHOD && lxm.is_none() => {
            return bad("cannot request a method-less token with an expiration more than a minute in the future");
        }
        _ => {}
    }
    if let Some(method) = lxm.as_deref().filter(|method| protected(method)) {
        let message = format!("cannot request a service auth token for the following protected method: {method}");
        return Err(Refusal::invalid(message));
    }
    let aud = scene.text("aud").to_owned();
    if !aud.starts_with("did:") {
        return Err(Refusal::invalid("aud must be a DID"));
    }
    let jti = super::cid::base32(&scene.state.draw(scene.core.seed)[..15]);
    let claims = Claims { iss, aud, lxm, iat: now, exp, jti };
    Ok(json!({"token": sign(scene.core.seed, &claims)}))
}

/// Methods that are between an account and its own server.
fn protected(method: &str) -> bool {
    ["com.atproto.admin.", "com.atproto.identity.", "com.atproto.server."].iter().any(|area| method.starts_with(area))
        && method != "com.atproto.server.getServiceAuth"
}

fn sign(seed: u64, claims: &Claims) -> String {
    let payload = serde_json::to_vec(claims).expect("claims are texts and integers");
    let head = URL_SAFE_NO_PAD.encode(br#"{"typ":"JWT","alg":"ES256K"}"#);
    sign_text(seed, &format!("{head}.{}", URL_SAFE_NO_PAD.encode(payload)))
}

/// Checks the service token of a call: signature, life, audience, method.
pub(super) fn verify(core: &Core, call: &Call, method: &str) -> Result<Claims, Refusal> {
    let token = call.bearer().ok_or_else(Refusal::auth_missing)?;
    let refused = |why: &str| Refusal::auth_required(why);
    let claims: Claims = token::payload(core.seed, token).ok_or_else(|| refused("could not verify token"))?;
    if core.now().as_second() >= claims.exp {
        return Err(refused("jwt expired"));
    }
    // A server on a port of its own is named with the colon written as %3A (did:web).
    let here = format!("did:web:{}", call.base.trim_start_matches("http://").replace(':', "%3A"));
    let fits = [SERVER_DID, &here].contains(&claims.aud.as_str())
        || (claims.aud == VIDEO_DID && method == "app.bsky.video.getUploadLimits");
    if !fits {
        return Err(refused("jwt audience does not match service did"));
    }
    match claims.lxm.as_deref() {
        Some(lxm) if lxm == method => Ok(claims),
        _ => Err(refused(&format!("bad jwt lexicon method (\"lxm\"). must match: {method}"))),
    }
}
