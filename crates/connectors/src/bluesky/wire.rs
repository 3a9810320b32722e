//! Requests to a server, and the fields of its answers that we read.

use postrider_connector::http::Method;
use postrider_connector::{Request, Response};
use postrider_domain::secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The collection of posts.
pub(super) const POST: &str = "app.bsky.feed.post";
/// The collection of thread gates.
pub(super) const GATE: &str = "app.bsky.feed.threadgate";
/// The collection that holds the profile, under the key `self`.
pub(super) const PROFILE: &str = "app.bsky.actor.profile";

/// The address of a record.
pub(super) fn at_uri(did: &str, collection: &str, rkey: &str) -> String {
    format!("at://{did}/{collection}/{rkey}")
}

/// A question: a lexicon query.
pub(super) fn query(host: &str, method: &str, params: &[(&str, &str)]) -> Request {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    let mark = if params.is_empty() { "" } else { "?" };
    Request::get(format!("{host}/xrpc/{method}{mark}{query}"))
}

/// `com.atproto.repo.getRecord`; needs no login.
pub(super) fn get_record(host: &str, repo: &str, collection: &str, rkey: &str) -> Request {
    query(host, "com.atproto.repo.getRecord", &[("repo", repo), ("collection", collection), ("rkey", rkey)])
}

/// `com.atproto.repo.putRecord`, create only: an identical record there is a no-op, another is `InvalidSwap`.
pub(super) fn put_record(host: &str, did: &str, rkey: &str, record: &Value) -> Request {
    let body = json!({
        "repo": did,
        "collection": record["$type"],
        "rkey": rkey,
        "record": record,
        "swapRecord": null,
    });
    Request::post_json(format!("{host}/xrpc/com.atproto.repo.putRecord"), &body).bearer("access")
}

/// `com.atproto.repo.deleteRecord`; a record that is not there is no error.
pub(super) fn delete_record(host: &str, did: &str, collection: &str, rkey: &str) -> Request {
    let body = json!({"repo": did, "collection": collection, "rkey": rkey});
    Request::post_json(format!("{host}/xrpc/com.atproto.repo.deleteRecord"), &body).bearer("access")
}

/// A session call without a body: refresh and log out, both with the refresh token.
pub(super) fn session_call(host: &str, method: &str) -> Request {
    Request::new(Method::Post, format!("{host}/xrpc/{method}")).bearer("refresh")
}

/// Whose session it is (`com.atproto.server.getSession`).
pub(super) fn get_session(host: &str) -> Request {
    query(host, "com.atproto.server.getSession", &[]).bearer("access")
}

/// A record's address and content hash (`com.atproto.repo.strongRef`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StrongRef {
    pub(super) uri: String,
    pub(super) cid: String,
}

/// The answer of `getSession`, of which only the holder is read.
#[derive(Debug, Deserialize)]
pub(super) struct Holder {
    pub(super) did: String,
}

/// The answer of `putRecord`.
#[derive(Debug, Deserialize)]
pub(super) struct Written {
    pub(super) cid: String,
}

/// The answer of `getRecord`.
#[derive(Debug, Deserialize)]
pub(super) struct Record {
    pub(super) uri: String,
    pub(super) cid: Option<String>,
    pub(super) value: Value,
}

/// The answer of `resolveHandle`.
#[derive(Debug, Deserialize)]
pub(super) struct Resolved {
    pub(super) did: String,
}

/// The answer of `describeServer`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Server {
    pub(super) did: String,
    /// Required by the lexicon; its presence tells a server from a page that happens to be JSON.
    #[serde(rename = "availableUserDomains")]
    pub(super) _domains: Vec<String>,
    pub(super) blob_upload_limit: Option<u64>,
}

/// The answer of `createSession` and `refreshSession`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Session {
    pub(super) access_jwt: Secret,
    pub(super) refresh_jwt: Secret,
    pub(super) handle: String,
    pub(super) did: String,
    pub(super) did_doc: Option<DidDoc>,
    pub(super) active: Option<bool>,
    pub(super) status: Option<String>,
}

/// What we read of a DID document.
#[derive(Debug, Deserialize)]
pub(super) struct DidDoc {
    pub(super) id: String,
    #[serde(default)]
    pub(super) service: Vec<Service>,
}

/// A service of a DID document.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Service {
    pub(super) id: String,
    /// A text for the one kind we look for; other kinds may hold anything.
    pub(super) service_endpoint: Value,
}

/// An error's body. Both are optional: proxies answer in their own words.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ErrorBody {
    pub(super) error: Option<String>,
    pub(super) message: Option<String>,
}

impl ErrorBody {
    /// The error of an answer; empty when the body is none.
    pub(super) fn of(response: &Response) -> Self {
        response.json().unwrap_or_default()
    }

    /// The error's name, or an empty text.
    pub(super) fn name(&self) -> &str {
        self.error.as_deref().unwrap_or_default()
    }
}
