//! Secrets and signatures of Standard Webhooks 1.0.0
//! (<https://github.com/standard-webhooks/standard-webhooks>, read 2026-11-23).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// How a secret is written for people: this, then base64.
const PREFIX: &str = "whsec_";
/// The least bytes of a secret: 192 bits.
const LEAST_BYTES: usize = 24;
/// The most that is taken; the specification's maximum is 512 bits, some issue more.
const MOST_BYTES: usize = 512;

/// Why a secret is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadSecret {
    /// What follows `whsec_` is not base64.
    NotBase64,
    /// It has fewer bytes than the specification asks for.
    TooShort,
    /// It is too long to be one.
    TooLong,
}

impl BadSecret {
    /// The least and the most bytes.
    pub(super) const BOUNDS: (usize, usize) = (LEAST_BYTES, MOST_BYTES);
}

/// The key in a secret: decoded after `whsec_`, the bytes as they are otherwise.
pub(super) fn key(secret: &str) -> Result<Vec<u8>, BadSecret> {
    let bytes = match secret.strip_prefix(PREFIX) {
        Some(encoded) => STANDARD.decode(encoded).map_err(|_| BadSecret::NotBase64)?,
        None => secret.as_bytes().to_vec(),
    };
    match bytes.len() {
        ..LEAST_BYTES => Err(BadSecret::TooShort),
        LEAST_BYTES..=MOST_BYTES => Ok(bytes),
        _ => Err(BadSecret::TooLong),
    }
}

/// The value of `webhook-signature`.
pub(super) fn signature(key: &[u8], id: &str, timestamp: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the libraries of the specification share (`libraries/*/test`).
    #[test]
    fn the_published_vector_comes_out() {
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
        let signed = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_has_at_least_24_bytes() {
        assert_eq!(key(&"a".repeat(24)), Ok(vec![b'a'; 24]));
        assert_eq!(key(&"a".repeat(23)), Err(BadSecret::TooShort));
        assert_eq!(key(&"a".repeat(513)), Err(BadSecret::TooLong));
        assert_eq!(key(&format!("whsec_{}", STANDARD.encode([7; 24]))), Ok(vec![7; 24]));
        assert_eq!(key(&format!("whsec_{}", STANDARD.encode([7; 23]))), Err(BadSecret::TooShort));
        assert_eq!(key("whsec_not base64!"), Err(BadSecret::NotBase64));
    }
}
