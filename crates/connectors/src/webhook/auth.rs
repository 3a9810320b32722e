//! Connecting a webhook: its fields are checked and kept; nothing is sent.

use async_trait::async_trait;
use postrider_connector::auth::{
    AuthCx, ConnectError, ConnectFields, Connected, Credentials, FixedAuth, RemoteAccount,
};
use postrider_domain::Code;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::Webhook;
use super::sign::{BadSecret, key};

/// The longest address that is taken, in bytes.
const LONGEST_URL: usize = 2_000;
/// The longest display name, in characters.
const LONGEST_NAME: usize = 100;

#[async_trait]
impl FixedAuth for Webhook {
    async fn verify(&self, cx: &AuthCx<'_>, fields: &ConnectFields) -> Result<Connected, ConnectError> {
        let url = address(fields.require("url")?)?;
        let secret = fields.require("secret")?;
        check_secret(secret)?;
        let deduplicates = flag(fields)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let name = fields.get("name").unwrap_or(&host).to_owned();
        if name.chars().count() > LONGEST_NAME {
            return Err(ConnectError::field(Code::TooLong, "name").with("limit", LONGEST_NAME));
        }
        let reachable = cx.0.check_address(url.as_str()).await;
        reachable.map_err(|error| ConnectError::from_call(&error, "find_receiver", "url").with("host", &host))?;
        Ok(connected(&url, secret, (host, name), deduplicates))
    }
}

pub(super) fn address(text: &str) -> Result<Url, ConnectError> {
    let invalid = || ConnectError::field(Code::UrlInvalid, "url");
    let mut url = Url::parse(text).map_err(|_| invalid())?;
    let plain = matches!(url.scheme(), "https" | "http") && url.username().is_empty() && url.password().is_none();
    if !plain || url.host_str().is_none_or(str::is_empty) || url.as_str().len() > LONGEST_URL {
        return Err(invalid());
    }
    // A fragment is never sent, so it must not make two lanes of one receiver.
    url.set_fragment(None);
    Ok(url)
}

fn check_secret(secret: &str) -> Result<(), ConnectError> {
    let (least, most) = BadSecret::BOUNDS;
    key(secret).map(|_| ()).map_err(|error| match error {
        BadSecret::NotBase64 => ConnectError::field(Code::BadField, "secret"),
        BadSecret::TooShort => ConnectError::field(Code::TooShort, "secret").with("limit", least),
        BadSecret::TooLong => ConnectError::field(Code::TooLong, "secret").with("limit", most),
    })
}

fn flag(fields: &ConnectFields) -> Result<bool, ConnectError> {
    match fields.get("deduplicates") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(ConnectError::field(Code::BadField, "deduplicates")),
    }
}

/// The path and query are sealed with the secret: in many products the address is the key.
pub(super) fn connected(url: &Url, secret: &str, (host, name): (String, String), deduplicates: bool) -> Connected {
    let origin = url.origin().ascii_serialization();
    let path = url.as_str().strip_prefix(&origin).unwrap_or(url.path()).to_owned();
    let remote_id = lane(url);
    let account = RemoteAccount {
        remote_id: remote_id.clone(),
        handle: host,
        name,
        picture: None,
        url: None,
        facts: json!({"deduplicates": deduplicates}),
    };
    Connected {
        person_id: remote_id,
        host: origin,
        scopes: Vec::new(),
        credentials: Credentials::default().with("path", path).with("secret", secret),
        lives_s: None,
        accounts: vec![account],
    }
}

/// The receiver's stable id: a hash of its address, so that one receiver is one lane.
fn lane(url: &Url) -> String {
    let hash = Sha256::digest(url.as_str().as_bytes());
    hash[..16].iter().fold(String::from("url_"), |text, byte| text + &format!("{byte:02x}"))
}
