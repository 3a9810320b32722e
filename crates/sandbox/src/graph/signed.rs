//! `signed_request`, as it comes with the callbacks for a removed app and for the
//! deletion of data (Meta's page "delete-data", read 2026-11-23).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

/// What Meta would send about a person: `user_id` is the one the app knows.
pub(crate) fn about(secret: &str, user_id: &str, at: Timestamp) -> String {
    let payload = json!({"algorithm": "HMAC-SHA256", "issued_at": at.as_second(), "user_id": user_id});
    request(secret, &payload)
}

/// Signature and payload, both in base64url without padding, with a dot between. What is
/// signed is the payload as it is sent, still encoded.
fn request(secret: &str, payload: &Value) -> String {
    let payload = URL_SAFE_NO_PAD.encode(payload.to_string());
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key length is fine for HMAC");
    mac.update(payload.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    format!("{signature}.{payload}")
}

/// The `appsecret_proof` of a token: that its sender knows the secret of the app as well (facts of Facebook,
/// 2026-11-23).
pub(crate) fn proof(secret: &str, token: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key length is fine for HMAC");
    mac.update(token.as_bytes());
    crate::intake::hex(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_the_hash_of_the_token_under_the_secret() {
        // RFC 4231, case 2.
        let want = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(proof("Jefe", "what do ya want for nothing?"), want);
    }

    #[test]
    fn the_encoded_payload_is_what_is_signed() {
        let text = about("secret", "42", Timestamp::from_second(7).expect("in range"));
        let (signature, payload) = text.split_once('.').expect("a dot");
        let json: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("JSON");
        assert_eq!(json, json!({"algorithm": "HMAC-SHA256", "issued_at": 7, "user_id": "42"}));
        let mut mac = Hmac::<Sha256>::new_from_slice(b"secret").expect("a key");
        mac.update(payload.as_bytes());
        mac.verify_slice(&URL_SAFE_NO_PAD.decode(signature).expect("base64url")).expect("the right signature");
    }
}
