//! What must be known before a post can be written: mentions, quotes, hashes; and reading records.

use std::collections::BTreeMap;

use postrider_connector::error::{ConnectorError, Failure};
use postrider_connector::{Account, Cx, PartInput, Receipt, Request, Response};
use postrider_domain::Code;
use serde::{Deserialize, Serialize};

use super::errors::refusal;
use super::facets::handles;
use super::links::{PostRef, web};
use super::media::BlobRef;
use super::publish::settings;
use super::wire::{ErrorBody, POST, Record, Resolved, StrongRef, get_record, query};

/// What was looked up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Found {
    /// DIDs of mentioned handles.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) dids: BTreeMap<String, String>,
    /// The quoted post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) quote: Option<StrongRef>,
    /// Hashes of earlier parts by their address.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) cids: BTreeMap<String, String>,
    /// The part's files, as far as they are uploaded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) blobs: Vec<BlobRef>,
}

/// Receipts of earlier parts that do not say their hash: a person pasted their link.
pub(super) fn unhashed(part: &PartInput) -> impl Iterator<Item = &Receipt> {
    [&part.root, &part.parent].into_iter().flatten().filter(|receipt| receipt.extra["cid"].as_str().is_none())
}

pub(super) async fn resolve(cx: &Cx<'_>, account: &Account, part: &PartInput) -> Result<Found, ConnectorError> {
    let mut found = Found::default();
    for handle in handles(&part.text) {
        if let Some(did) = did_of(cx, account, &handle).await? {
            found.dids.insert(handle, did);
        }
    }
    if let Some(post) = settings(account, part).quote.filter(|_| part.index == 0) {
        found.quote = Some(quoted(cx, account, &post).await?);
    }
    for receipt in unhashed(part) {
        let cid = hash_of(cx, account, receipt).await?;
        found.cids.insert(receipt.remote_id.clone(), cid);
    }
    Ok(found)
}

/// A handle's DID; `None` when the server says that there is none.
async fn did_of(cx: &Cx<'_>, account: &Account, handle: &str) -> Result<Option<String>, ConnectorError> {
    const DOING: &str = "resolveHandle";
    let request = query(&account.host, "com.atproto.identity.resolveHandle", &[("handle", handle)]);
    let response = read(cx, &request, DOING).await?;
    match response.status {
        200..300 => match response.json::<Resolved>() {
            Ok(resolved) if resolved.did.starts_with("did:") => Ok(Some(resolved.did)),
            _ => Err(unreadable(DOING, Failure::Transient)),
        },
        400 | 404 => Ok(None),
        _ => Err(refusal(cx, &response, DOING, false)),
    }
}

/// The quoted post's address by DID, and its hash.
async fn quoted(cx: &Cx<'_>, account: &Account, post: &PostRef) -> Result<StrongRef, ConnectorError> {
    let record = record(cx, account, (&post.author, POST, &post.rkey)).await?;
    match record {
        Some(Record { uri, cid: Some(cid), .. }) if uri.starts_with("at://did:") => Ok(StrongRef { uri, cid }),
        Some(_) => Err(unreadable("getRecord", Failure::Transient)),
        None => {
            let failure = Failure::Rejected { code: Code::QuoteNotFound, field: "/settings/quote".to_owned() };
            Err(ConnectorError::new(failure, "the quoted post is not there"))
        }
    }
}

async fn hash_of(cx: &Cx<'_>, account: &Account, receipt: &Receipt) -> Result<String, ConnectorError> {
    let missing = || {
        let failure = Failure::Rejected { code: Code::ParentMissing, field: String::new() };
        ConnectorError::new(failure, format!("{} is not there to reply to", receipt.remote_id))
    };
    let post = PostRef::parse(&receipt.remote_id, web(account)).ok_or_else(missing)?;
    let record = record(cx, account, (&post.author, POST, &post.rkey)).await?;
    record.ok_or_else(missing)?.cid.ok_or_else(|| unreadable("getRecord", Failure::Transient))
}

pub(super) async fn own_record(
    cx: &Cx<'_>,
    account: &Account,
    collection: &str,
    rkey: &str,
) -> Result<Option<Record>, ConnectorError> {
    record(cx, account, (&account.remote_id, collection, rkey)).await
}

/// A record, or `None` when the server says that it is not there.
async fn record(
    cx: &Cx<'_>,
    account: &Account,
    (author, collection, rkey): (&str, &str, &str),
) -> Result<Option<Record>, ConnectorError> {
    const DOING: &str = "getRecord";
    let response = read(cx, &get_record(&account.host, author, collection, rkey), DOING).await?;
    if response.is_success() {
        return response.json().map(Some).map_err(|_| unreadable(DOING, Failure::Transient));
    }
    // A server without an AppView does not name the error when the repository is elsewhere.
    // Of our own repository only the named answer counts: it is what permits another send.
    let name = ErrorBody::of(&response);
    let elsewhere = author != account.remote_id && name.name() == "InvalidRequest";
    if response.status == 400 && (name.name() == "RecordNotFound" || elsewhere) {
        return Ok(None);
    }
    Err(refusal(cx, &response, DOING, false))
}

async fn read(cx: &Cx<'_>, request: &Request, doing: &str) -> Result<Response, ConnectorError> {
    cx.read(request).await.map_err(|error| error.while_publishing(doing, true))
}

pub(super) fn unreadable(doing: &str, failure: Failure) -> ConnectorError {
    ConnectorError::new(failure, format!("{doing} was answered with something else"))
}
