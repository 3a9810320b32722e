//! Session tokens in the shape of the reference server's legacy tokens: signed
//! JSON Web Tokens, an access token of 120 minutes and a refresh token of 90 days.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::errors::Refusal;
use crate::state::digest;

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Scope {
    /// Ordinary calls, with the reach of an app password.
    #[serde(rename = "com.atproto.appPass")]
    Access,
    /// `refreshSession` and `deleteSession` only.
    #[serde(rename = "com.atproto.refresh")]
    Refresh,
}

impl Scope {
    /// How long a token of this kind lives, in seconds.
    pub(crate) fn lifetime(self) -> i64 {
        match self {
            Self::Access => 120 * 60,
            Self::Refresh => 90 * 24 * 3_600,
        }
    }

    fn header(self) -> &'static [u8] {
        match self {
            Self::Access => br#"{"typ":"at+jwt","alg":"HS256"}"#,
            Self::Refresh => br#"{"typ":"refresh+jwt","alg":"HS256"}"#,
        }
    }
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// What it is for.
    pub(crate) scope: Scope,
    /// The account's DID.
    pub(crate) sub: String,
    /// The server's DID.
    pub(crate) aud: String,
    /// Issued at, in seconds since the epoch.
    pub(crate) iat: i64,
    /// Not valid from this second on.
    pub(crate) exp: i64,
    /// Unique per token: the session's id, a full stop, a random part.
    pub(crate) jti: String,
}

impl Claims {
    /// The id of the session the token belongs to.
    pub(crate) fn session(&self) -> &str {
        self.jti.split('.').next().unwrap_or_default()
    }
}

/// Signs `claims` with the key of this seed.
pub(crate) fn sign(seed: u64, claims: &Claims) -> String {
    let payload = serde_json::to_vec(claims).expect("claims are texts and integers");
    let head = URL_SAFE_NO_PAD.encode(claims.scope.header());
    sign_text(seed, &format!("{head}.{}", URL_SAFE_NO_PAD.encode(payload)))
}

/// A token's head and payload with their signature.
pub(super) fn sign_text(seed: u64, signed: &str) -> String {
    let signature = mac(seed, signed).finalize().into_bytes();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The payload of a token whose signature is right.
pub(super) fn payload<T: DeserializeOwned>(seed: u64, token: &str) -> Option<T> {
    let (signed, signature) = token.rsplit_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    mac(seed, signed).verify_slice(&signature).ok()?;
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// Checks signature, lifetime and purpose, in the reference server's order.
pub(crate) fn verify(seed: u64, token: &str, scope: Scope, now: Timestamp) -> Result<Claims, Refusal> {
    let claims: Claims =
        payload(seed, token).ok_or_else(|| Refusal::named("InvalidToken", "Token could not be verified"))?;
    if now.as_second() >= claims.exp {
        return Err(Refusal::named("ExpiredToken", "Token has expired"));
    }
    if claims.scope != scope {
        return Err(Refusal::named("InvalidToken", "Bad token scope"));
    }
    Ok(claims)
}

/// The claims of a token, signature unchecked: only to tell whose request it is
/// in the log and for fault rules.
pub(crate) fn peek(token: &str) -> Option<Claims> {
    let payload = token.split('.').nth(1)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice(&payload).ok()
}

fn mac(seed: u64, signed: &str) -> Hmac<Sha256> {
    let key = digest(&[b"token key", &seed.to_be_bytes()]);
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any key length is fine for HMAC");
    mac.update(signed.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(scope: Scope) -> Claims {
        Claims {
            scope,
            sub: "did:plc:abc".into(),
            aud: "did:web:pds".into(),
            iat: 100,
            exp: 200,
            jti: "session.random".into(),
        }
    }

    fn check(token: &str, scope: Scope, second: i64) -> Result<Claims, &'static str> {
        let now = Timestamp::from_second(second).expect("in range");
        verify(1, token, scope, now).map_err(|refusal| refusal.name)
    }

    #[test]
    fn a_token_works_until_its_second() {
        let token = sign(1, &claims(Scope::Access));
        assert_eq!(check(&token, Scope::Access, 199), Ok(claims(Scope::Access)));
        assert_eq!(check(&token, Scope::Access, 200), Err("ExpiredToken"));
        assert_eq!(claims(Scope::Access).session(), "session");
    }

    #[test]
    fn other_keys_purposes_and_bytes_are_refused() {
        let token = sign(1, &claims(Scope::Refresh));
        assert_eq!(check(&token, Scope::Access, 150), Err("InvalidToken"));
        let foreign = sign(2, &claims(Scope::Refresh));
        assert_eq!(check(&foreign, Scope::Refresh, 150), Err("InvalidToken"));
        let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
        parts[1] = URL_SAFE_NO_PAD.encode(br#"{"sub":"did:plc:other"}"#);
        assert_eq!(check(&parts.join("."), Scope::Refresh, 150), Err("InvalidToken"));
        for junk in ["", "a", "a.b", "a.b.c", "..", "é.é.é"] {
            assert_eq!(check(junk, Scope::Access, 150), Err("InvalidToken"), "{junk}");
        }
    }
}
