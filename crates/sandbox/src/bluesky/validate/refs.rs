//! What a record says about its own text and about other records.
//!
//! The real server checks none of this; its readers silently drop what is wrong
//! (a facet off a character boundary, a reply to nothing). Here it is refused.

use serde_json::Value;

use super::Place;
use super::table::{POST, THREADGATE};
use crate::bluesky::syntax;
use crate::state::{Record, State};

/// A record that has the right shape.
pub(super) struct Subject<'a> {
    pub(super) state: &'a State,
    pub(super) place: Place<'a>,
    pub(super) record: &'a Value,
}

/// What is wrong with a post beyond its shape.
pub(super) fn post(subject: &Subject<'_>) -> Vec<String> {
    let mut issues = Vec::new();
    let text = subject.record["text"].as_str().unwrap_or_default();
    let embed = subject.record.get("embed");
    if text.is_empty() && embed.is_none() {
        issues.push("text may be empty only with an embed at $.record.text".to_owned());
    }
    if let Some(facets) = subject.record["facets"].as_array() {
        check_facets(text, facets, &mut issues);
    }
    if let Some(reply) = subject.record.get("reply") {
        check_reply(subject, reply, &mut issues);
    }
    if let Some(embed) = embed {
        check_embed(subject, embed, &mut issues);
    }
    issues
}

/// An embed quotes what is there and holds at least one picture where it holds pictures.
fn check_embed(subject: &Subject<'_>, embed: &Value, issues: &mut Vec<String>) {
    match embed["media"].is_object() {
        true => check_ref(subject, &embed["record"]["record"], "$.record.embed.record.record", issues),
        false => check_ref(subject, &embed["record"], "$.record.embed.record", issues),
    }
    let (media, path) = match embed["media"].is_object() {
        true => (&embed["media"], "$.record.embed.media"),
        false => (embed, "$.record.embed"),
    };
    for key in ["images", "items"] {
        if media[key].as_array().is_some_and(Vec::is_empty) {
            issues.push(format!("an embed of pictures holds at least one at {path}.{key}"));
        }
    }
}

/// Facets select whole characters inside the text and do not overlap.
fn check_facets(text: &str, facets: &[Value], issues: &mut Vec<String>) {
    let mut taken: Vec<(usize, usize)> = Vec::new();
    for (number, facet) in facets.iter().enumerate() {
        let at = |key: &str| facet["index"][key].as_u64().and_then(|n| usize::try_from(n).ok());
        let (start, end) = (at("byteStart").unwrap_or(0), at("byteEnd").unwrap_or(usize::MAX));
        let length = text.len();
        let problem = if start >= end {
            format!("byteStart {start} is not before byteEnd {end}")
        } else if end > length {
            format!("byteEnd {end} is past the end of the text ({length} bytes)")
        } else if !text.is_char_boundary(start) || !text.is_char_boundary(end) {
            format!("bytes {start} to {end} cut a character in two")
        } else if taken.iter().any(|(s, e)| start < *e && *s < end) {
            format!("bytes {start} to {end} overlap another facet")
        } else {
            taken.push((start, end));
            continue;
        };
        issues.push(format!("{problem} at $.record.facets[{number}].index"));
    }
}

/// Both ends of a reply are posts, and the root is the parent's root.
fn check_reply(subject: &Subject<'_>, reply: &Value, issues: &mut Vec<String>) {
    for end in ["root", "parent"] {
        let path = format!("$.record.reply.{end}");
        check_ref(subject, &reply[end], &path, issues);
        let uri = reply[end]["uri"].as_str().and_then(syntax::at_uri);
        if uri.and_then(|uri| uri.collection) != Some(POST.id) {
            issues.push(format!("a reply refers to posts at {path}.uri"));
        }
    }
    let parent = &reply["parent"];
    let Some(found) = find(subject.state, parent["uri"].as_str().unwrap_or_default()) else {
        return;
    };
    let thread = found.value.get("reply").map_or(parent, |reply| &reply["root"]);
    if thread["uri"] != reply["root"]["uri"] {
        let root = &thread["uri"];
        issues.push(format!("the parent belongs to the thread of {root} at $.record.reply.root"));
    }
}

/// A reference into this server names a live record and its current hash.
fn check_ref(subject: &Subject<'_>, strong: &Value, path: &str, issues: &mut Vec<String>) {
    let uri = strong["uri"].as_str().unwrap_or_default();
    let Some(parts) = syntax::at_uri(uri) else {
        return;
    };
    if !parts.authority.starts_with("did:") || parts.rkey.is_none() {
        issues.push(format!("a reference names a DID, a collection and a record key at {path}.uri"));
        return;
    }
    if !subject.state.accounts.contains_key(parts.authority) {
        return; // Another server's account; nothing is known of it.
    }
    match find(subject.state, uri) {
        None => issues.push(format!("could not locate record {uri} at {path}.uri")),
        Some(record) if strong["cid"] != record.cid => {
            let cid = &record.cid;
            issues.push(format!("the record's cid is {cid} at {path}.cid"));
        }
        Some(_) => {}
    }
}

fn find<'a>(state: &'a State, uri: &str) -> Option<&'a Record> {
    let parts = syntax::at_uri(uri)?;
    let account = state.accounts.get(parts.authority)?;
    account.repo.get(parts.collection?, parts.rkey?)
}

/// A thread gate shares the record key of a thread's root post in its own repository.
pub(super) fn threadgate(subject: &Subject<'_>) -> Vec<String> {
    let gated = Place { collection: POST.id, ..subject.place };
    let want = gated.uri();
    if subject.record["post"] != *want {
        let id = THREADGATE.id;
        return vec![format!("a {id} at this key guards {want} at $.record.post")];
    }
    match find(subject.state, &want) {
        None => vec![format!("could not locate record {want} at $.record.post")],
        Some(post) if post.value.get("reply").is_some() => {
            vec!["only the root post of a thread has a gate at $.record.post".to_owned()]
        }
        Some(_) => Vec::new(),
    }
}
