//! A receiver of webhooks: checks Standard Webhooks signatures and keeps what came.
//!
//! Signature: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body` under the
//! secret; several, separated by spaces, while a secret is being rotated. The
//! timestamp may be five minutes off. Source: Standard Webhooks specification 1.0.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::Core;
use crate::gate::{Call, json_response};
use crate::state::{Action, State};
use crate::visible::Visible;

/// How far a timestamp may be from the clock, in seconds.
const TOLERANCE: i64 = 300;

/// How long a secret may be, in bytes, by the specification.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// One receiver.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Inbox {
    /// The signing key, once one was set.
    key: Option<Vec<u8>>,
    /// Whether a second delivery with the same id is answered but not kept.
    pub(crate) dedupe: bool,
    /// What was accepted, oldest first.
    pub(crate) deliveries: Vec<Delivery>,
    /// What was refused, oldest first.
    pub(crate) refused: Vec<Refused>,
    /// Accepted deliveries that were repeats and not kept.
    pub(crate) duplicates: u64,
}

/// An accepted delivery.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Delivery {
    /// When it came.
    pub(crate) at: Timestamp,
    /// Its `webhook-id`, if it had one.
    pub(crate) id: Option<String>,
    /// Whether a signature was checked; `false` when no secret is set.
    pub(crate) verified: bool,
    /// All headers; credentials are blanked.
    pub(crate) headers: BTreeMap<String, String>,
    /// The body as text, or in base64 where it is not UTF-8.
    pub(crate) body: String,
    /// Whether `body` is base64.
    pub(crate) body_is_base64: bool,
}

/// A refused delivery.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Refused {
    /// When it came.
    pub(crate) at: Timestamp,
    /// Its `webhook-id`, if it had one.
    pub(crate) id: Option<String>,
    /// Why.
    pub(crate) reason: String,
}

/// How an inbox is set up.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The inbox's name: 1 to 64 letters, digits, `-` and `_`.
    pub(crate) inbox: String,
    /// `whsec_` and a base64 key; without one, signatures are not checked.
    #[serde(default)]
    pub(crate) secret: Option<String>,
    /// Whether repeats are dropped.
    #[serde(default)]
    pub(crate) dedupe: bool,
}

impl Inbox {
    /// Whether signatures are checked.
    pub(crate) fn signed(&self) -> bool {
        self.key.is_some()
    }

    /// The inbox as JSON, without its secret.
    pub(crate) fn view(&self, name: &str) -> Value {
        json!({
            "inbox": name,
            "signed": self.signed(),
            "dedupe": self.dedupe,
            "deliveries": self.deliveries,
            "refused": self.refused,
            "duplicates": self.duplicates,
        })
    }
}

/// Sets an inbox up; what it holds stays. The error names the wrong field.
pub(crate) fn configure(state: &mut State, settings: Settings) -> Result<(), &'static str> {
    if !valid_name(&settings.inbox) {
        return Err("inbox must be 1 to 64 letters, digits, hyphens or underscores");
    }
    let key = match settings.secret.as_deref() {
        Some(secret) => Some(secret_key(secret).ok_or("secret must be whsec_ followed by 24 to 64 bytes in base64")?),
        None => None,
    };
    let inbox = state.inboxes.entry(settings.inbox).or_default();
    inbox.key = key;
    inbox.dedupe = settings.dedupe;
    state.dirty = true;
    Ok(())
}

fn secret_key(secret: &str) -> Option<Vec<u8>> {
    let key = STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
    SECRET_BYTES.contains(&key.len()).then_some(key)
}

/// Whether an inbox may be called that.
pub(crate) fn valid_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=64).contains(&name.len()) && name.bytes().all(allowed)
}

/// Takes a delivery in; an inbox that was never set up opens by itself.
pub(crate) fn receive(core: &Core, state: &mut State, call: &Call) -> Response {
    let name = call.inbox().filter(|name| valid_name(name));
    let Some(name) = name else {
        return refusal(StatusCode::NOT_FOUND, "no such inbox");
    };
    let now = core.now();
    state.dirty = true;
    let inbox = state.inboxes.entry(name.to_owned()).or_default();
    let id = text_header(call, "webhook-id");
    if let Some(key) = &inbox.key
        && let Err((status, reason)) = verify(key, call, now)
    {
        inbox.refused.push(Refused { at: now, id, reason: reason.to_owned() });
        return refusal(status, reason);
    }
    let known = |delivery: &Delivery| id.is_some() && delivery.id == id;
    let duplicate = inbox.dedupe && inbox.deliveries.iter().any(known);
    if duplicate {
        inbox.duplicates += 1;
    } else {
        let verified = inbox.signed();
        let delivery = delivery(call, now, id, verified);
        let entry = seen(name, &delivery);
        inbox.deliveries.push(delivery);
        state.ledger.add(entry);
    }
    json_response(StatusCode::OK, Some(&json!({"received": true, "duplicate": duplicate})))
}

/// A delivery as the ledger keeps it.
fn seen(inbox: &str, delivery: &Delivery) -> Visible {
    Visible {
        seq: 0,
        at: delivery.at,
        listed_at: delivery.at,
        platform: "webhook".to_owned(),
        instance: None,
        account: inbox.to_owned(),
        action: Action::Create,
        id: delivery.id.clone().unwrap_or_default(),
        reply_to: None,
        visibility: None,
        text: delivery.body.clone(),
        media: Vec::new(),
        key: delivery.id.clone(),
    }
}

fn refusal(status: StatusCode, reason: &str) -> Response {
    json_response(status, Some(&json!({"error": reason})))
}

fn text_header(call: &Call, name: &str) -> Option<String> {
    Some(call.headers.get(name)?.to_str().ok()?.to_owned())
}

fn verify(key: &[u8], call: &Call, now: Timestamp) -> Result<(), (StatusCode, &'static str)> {
    let need =
        |name: &'static str, missing: &'static str| text_header(call, name).ok_or((StatusCode::BAD_REQUEST, missing));
    let id = need("webhook-id", "webhook-id is missing")?;
    let timestamp = need("webhook-timestamp", "webhook-timestamp is missing")?;
    let signatures = need("webhook-signature", "webhook-signature is missing")?;
    let sent: i64 =
        timestamp.parse().map_err(|_| (StatusCode::BAD_REQUEST, "webhook-timestamp is not a number of seconds"))?;
    if sent.abs_diff(now.as_second()) > TOLERANCE.unsigned_abs() {
        return Err((StatusCode::BAD_REQUEST, "webhook-timestamp is more than five minutes off"));
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key length is fine for HMAC");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(&call.body);
    let right = |signature: &str| {
        let bytes = signature.strip_prefix("v1,").and_then(|s| STANDARD.decode(s).ok());
        bytes.is_some_and(|bytes| mac.clone().verify_slice(&bytes).is_ok())
    };
    match signatures.split(' ').any(right) {
        true => Ok(()),
        false => Err((StatusCode::UNAUTHORIZED, "webhook-signature does not match")),
    }
}

fn delivery(call: &Call, at: Timestamp, id: Option<String>, verified: bool) -> Delivery {
    let secret = [AUTHORIZATION, COOKIE];
    let shown = call.headers.iter().map(|(name, value)| {
        let value = match secret.contains(name) {
            true => "[redacted]".to_owned(),
            false => String::from_utf8_lossy(value.as_bytes()).into_owned(),
        };
        (name.to_string(), value)
    });
    let (body, body_is_base64) = match std::str::from_utf8(&call.body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (STANDARD.encode(&call.body), true),
    };
    Delivery { at, id, verified, headers: shown.collect(), body, body_is_base64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_names_are_checked() {
        let set = |inbox: &str, secret: Option<&str>| {
            let settings = Settings { inbox: inbox.into(), secret: secret.map(str::to_owned), dedupe: false };
            configure(&mut State::default(), settings)
        };
        let key = STANDARD.encode([7; 24]);
        assert_eq!(set("orders", None), Ok(()));
        assert_eq!(set("orders", Some(&format!("whsec_{key}"))), Ok(()));
        for wrong in [key.as_str(), "whsec_", "whsec_!!", "whsec_AAAA"] {
            assert!(set("orders", Some(wrong)).is_err(), "{wrong}");
        }
        for wrong in ["", "a/b", "ü", &"a".repeat(65)] {
            assert!(set(wrong, None).is_err(), "{wrong}");
        }
    }
}
