//! What must hold for any address, secret and event; see `fuzz/`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use url::Url;

use super::{auth, sign};

/// Four lines: secret, address, id, and the rest, which is the body.
///
/// A secret that is taken signs so that a receiver of the specification accepts the event and nothing else, and an
/// address that is taken is put together again from what is kept of it.
pub fn signatures(data: &[u8]) {
    let mut lines = data.splitn(4, |byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let (secret, address, id, body) = (line(), line(), line(), line());
    if let Ok(key) = sign::key(&String::from_utf8_lossy(secret)) {
        signed(&key, &String::from_utf8_lossy(id), body);
    }
    if let Ok(url) = auth::address(&String::from_utf8_lossy(address)) {
        kept(&url);
    }
}

fn signed(key: &[u8], id: &str, body: &[u8]) {
    assert!((24..=512).contains(&key.len()), "a key of {} bytes", key.len());
    let at = i64::try_from(body.len()).expect("a body is short");
    let signature = sign::signature(key, id, at, body);
    assert!(accepts(key, id, at, body, &signature), "a receiver would refuse it");
    assert!(!accepts(key, id, at + 1, body, &signature), "the time is not signed");
    assert!(!accepts(key, id, at, &[body, b"\0"].concat(), &signature), "the body's end is not signed");
    assert!(!accepts(key, &format!("{id}x"), at, body, &signature), "the id is not signed");
}

/// A receiver, by the specification's own words.
fn accepts(key: &[u8], id: &str, at: i64, body: &[u8], signature: &str) -> bool {
    let Some(tag) = signature.strip_prefix("v1,").and_then(|tag| STANDARD.decode(tag).ok()) else { return false };
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(&[id.as_bytes(), b".", at.to_string().as_bytes(), b".", body].concat());
    mac.verify_slice(&tag).is_ok()
}

fn kept(url: &Url) {
    assert!(matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty()), "{url}");
    assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none(), "{url}");
    assert_eq!(auth::address(url.as_str()).as_ref().ok(), Some(url), "not the same a second time");
    let connected = auth::connected(url, "secret", (String::new(), String::new()), false);
    let path = connected.credentials.get("path").map(|path| path.expose().to_owned()).expect("a path is kept");
    assert_eq!(Url::parse(&format!("{}{path}", connected.host)).as_ref().ok(), Some(url), "another address");
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpus_of_webhooks_holds() {
        crate::fuzz::corpus("signatures", super::signatures);
    }
}
