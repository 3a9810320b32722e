//! Requests to a server, and the fields of its answers that we read.

use jiff::Timestamp;
use postrider_connector::http::Method;
use postrider_connector::{Account, Receipt, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

/// The account's id at its own server: ids are each server's own, so ours carry the server's name.
pub(super) fn own_id(account: &Account) -> &str {
    account.remote_id.split('@').next().unwrap_or_default()
}

/// A call of the account.
pub(super) fn call(method: Method, account: &Account, path: &str) -> Request {
    Request::new(method, format!("{}{path}", account.host)).bearer("access")
}

/// A call with a JSON body.
pub(super) fn call_json(method: Method, account: &Account, path: &str, body: &Value) -> Request {
    let mut request = call(method, account, path).header("content-type", "application/json");
    request.body = body.to_string().into_bytes();
    request
}

/// A status (`Status`).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Status {
    pub(super) id: String,
    #[serde(default)]
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) uri: Option<String>,
    #[serde(default)]
    pub(super) created_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) content: String,
    #[serde(default)]
    pub(super) spoiler_text: String,
    #[serde(default)]
    pub(super) in_reply_to_id: Option<String>,
    #[serde(default)]
    pub(super) reblog: Option<Value>,
    #[serde(default)]
    pub(super) media_attachments: Vec<Attachment>,
}

/// A file of a status (`MediaAttachment`).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Attachment {
    pub(super) id: String,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
}

/// The account behind a token (`CredentialAccount`).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Me {
    pub(super) id: String,
    pub(super) username: String,
    #[serde(default)]
    pub(super) display_name: String,
    #[serde(default)]
    pub(super) avatar: Option<String>,
    #[serde(default)]
    pub(super) url: Option<String>,
}

/// The answer of `POST /api/v1/apps`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct App {
    pub(super) client_id: String,
    pub(super) client_secret: String,
}

/// The receipt of a status.
pub(super) fn receipt(status: &Status) -> Receipt {
    let media: Vec<&str> = status.media_attachments.iter().map(|media| media.id.as_str()).collect();
    let url = status
        .url
        .as_deref()
        .or(status.uri.as_deref())
        .filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    Receipt { extra: json!({ "media": media }), ..receipt_of(status.id.clone(), url) }
}

/// The receipt of a status of which only the id is known.
pub(super) fn receipt_of(id: String, url: Option<&str>) -> Receipt {
    Receipt { remote_id: id, url: url.map(str::to_owned), extra: Value::Null }
}

/// The id in a link to a status as the account's own server shows it: `/@name/1`, `/users/name/statuses/1`,
/// `/web/statuses/1`, `/notice/1`, `/p/name/1`.
pub(super) fn status_id(account: &Account, link: &str) -> Option<String> {
    let url = Url::parse(link.trim()).ok()?;
    if url.origin().ascii_serialization() != account.host {
        return None;
    }
    let last = url.path().trim_end_matches('/').rsplit('/').next()?;
    let plain = (1..=64).contains(&last.len()) && last.bytes().all(|b| b.is_ascii_alphanumeric());
    let depth = url.path().trim_matches('/').split('/').count();
    (plain && depth >= 2).then(|| last.to_owned())
}
