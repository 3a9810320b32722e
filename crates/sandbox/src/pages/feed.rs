//! The public feed of a simulated Bluesky account, as a page and as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::{clock, escape, missing, page};
use crate::Core;
use crate::bluesky::{blobs, syntax};
use crate::gate::json_response;
use crate::state::{Account, Record, State};

const POST: &str = "app.bsky.feed.post";
const GATE: &str = "app.bsky.feed.threadgate";

/// How many threads the page shows, newest first; the JSON has everything.
const SHOWN: usize = 200;

/// How deep replies are nested on the page; deeper ones follow flat.
const DEPTH: usize = 40;

/// `/bluesky/<handle>` and its twin `/bluesky/<handle>.json`.
pub(crate) async fn show(Shared(core): Shared<Arc<Core>>, Path(name): Path<String>) -> Response {
    if let Some(handle) = name.strip_suffix(".json") {
        let view = core.with(|state| state.actor(handle).map(view));
        return match view {
            Some(view) => json_response(StatusCode::OK, Some(&view)),
            None => json_response(StatusCode::NOT_FOUND, Some(&json!({"error": "no such account"}))),
        };
    }
    core.with(|state| match state.actor(&name) {
        Some(account) => html(state, account),
        None => missing("such account"),
    })
}

/// The account as JSON: `records` is what is there now, oldest first, with how
/// often each was written; `ever` is every change that was accepted.
fn view(account: &Account) -> Value {
    let uri = |collection: &str, rkey: &str| format!("at://{}/{collection}/{rkey}", account.did);
    let repo = &account.repo;
    let writes = repo.writes();
    let mut records: Vec<_> = repo
        .records
        .iter()
        .flat_map(|(collection, records)| records.iter().map(move |r| (collection, r)))
        .map(|(collection, (rkey, record))| (record.indexed_at, collection, rkey, record))
        .collect();
    records.sort_by_key(|(at, collection, rkey, _)| (*at, *rkey, *collection));
    let records: Vec<_> = records
        .iter()
        .map(|(at, collection, rkey, record)| {
            json!({
                "collection": collection, "rkey": rkey, "uri": uri(collection, rkey),
                "cid": record.cid, "createdAt": record.value["createdAt"],
                "indexedAt": at.to_string(), "value": record.value,
                "writes": writes.get(&(collection.as_str(), rkey.as_str())), "repeats": record.repeats,
            })
        })
        .collect();
    let ever = repo.history.iter().map(|write| {
        json!({
            "at": write.at.to_string(), "action": write.action, "collection": write.collection,
            "rkey": write.rkey, "uri": uri(&write.collection, &write.rkey), "cid": write.cid,
            "value": write.value,
        })
    });
    json!({
        "did": account.did, "handle": account.handle, "displayName": account.display_name,
        "records": records, "ever": ever.collect::<Vec<_>>(),
    })
}

/// A post on the page.
#[derive(Clone, Copy)]
struct Post<'a> {
    account: &'a Account,
    rkey: &'a str,
    record: &'a Record,
}

impl Post<'_> {
    fn uri(&self) -> String {
        format!("at://{}/{POST}/{}", self.account.did, self.rkey)
    }

    fn parent(&self) -> Option<&str> {
        self.record.value["reply"]["parent"]["uri"].as_str()
    }
}

/// Everything the page needs to look up.
struct Feed<'a> {
    state: &'a State,
    replies: BTreeMap<String, Vec<Post<'a>>>,
    /// The address of the post that stands out.
    asked: Option<String>,
}

impl<'a> Feed<'a> {
    fn of(state: &'a State) -> Self {
        let mut replies: BTreeMap<String, Vec<Post<'a>>> = BTreeMap::new();
        for post in state.accounts.values().flat_map(posts) {
            if let Some(parent) = post.parent() {
                replies.entry(parent.to_owned()).or_default().push(post);
            }
        }
        Self { state, replies, asked: None }
    }

    /// Where the thread of a post starts, as far as it is here. No ring is followed twice.
    fn root(&self, post: Post<'a>) -> Post<'a> {
        let (mut post, mut seen) = (post, BTreeSet::from([post.uri()]));
        while let Some(parent) = post.parent().and_then(|uri| self.find(uri)).filter(|post| seen.insert(post.uri())) {
            post = parent;
        }
        post
    }

    fn find(&self, uri: &str) -> Option<Post<'a>> {
        let account = self.state.actor(syntax::at_uri(uri)?.authority)?;
        let (rkey, record) = account.repo.records.get(POST)?.get_key_value(syntax::at_uri(uri)?.rkey?)?;
        Some(Post { account, rkey, record })
    }
}

/// `/profile/<handle or DID>/post/<key>`, the address that the network's web client gives a post:
/// the post within its thread.
pub(crate) async fn post(Shared(core): Shared<Arc<Core>>, Path((name, rkey)): Path<(String, String)>) -> Response {
    core.with(|state| {
        let found = state.actor(&name).and_then(|account| Some((account, account.repo.get(POST, &rkey)?)));
        let Some((account, record)) = found else { return missing("such post") };
        let post = Post { account, rkey: &rkey, record };
        let feed = Feed { asked: Some(post.uri()), ..Feed::of(state) };
        let mut body = String::from("<ol class=\"thread\">");
        feed.thread(feed.root(post), 0, &mut BTreeSet::new(), &mut body);
        body.push_str("</ol>");
        page(&format!("Post by {}", account.name()), &body)
    })
}

fn html(state: &State, account: &Account) -> Response {
    let feed = Feed::of(state);
    let own: BTreeSet<String> = posts(account).map(|post| post.uri()).collect();
    // A thread starts at a post of this account that does not answer another of its own.
    let starts = posts(account).filter(|post| post.parent().is_none_or(|p| !own.contains(p)));
    let mut starts: Vec<_> = starts.collect();
    starts.sort_by_key(|post| (post.record.indexed_at, post.rkey));
    let mut body = head(account, own.len());
    body.push_str("<ol class=\"thread\">");
    for post in starts.iter().rev().take(SHOWN) {
        feed.thread(*post, 0, &mut BTreeSet::new(), &mut body);
    }
    body.push_str("</ol>");
    page(account.name(), &body)
}

fn head(account: &Account, posts: usize) -> String {
    let (handle, did) = (escape(&account.handle), escape(&account.did));
    let empty = if posts == 0 { "<p>Nothing published yet.</p>" } else { "" };
    format!(
        "<p class=\"meta\">@{handle} · {did} · {posts} posts · \
         <a href=\"/bluesky/{handle}.json\">JSON</a></p>{empty}"
    )
}

fn posts(account: &Account) -> impl Iterator<Item = Post<'_>> {
    let records = account.repo.records.get(POST).into_iter().flatten();
    records.map(move |(rkey, record)| Post { account, rkey, record })
}

impl Feed<'_> {
    /// The post and, nested, its replies. Edits can turn a thread into a ring, so
    /// no post is shown twice in one.
    fn thread(&self, post: Post<'_>, depth: usize, seen: &mut BTreeSet<String>, out: &mut String) {
        if !seen.insert(post.uri()) {
            return;
        }
        out.push_str("<li>");
        self.article(post, out);
        let replies = self.replies.get(&post.uri()).map(Vec::as_slice).unwrap_or_default();
        let nest = !replies.is_empty() && depth < DEPTH;
        out.push_str(if nest { "<ol class=\"thread\">" } else { "</li>" });
        for reply in replies {
            self.thread(*reply, depth + 1, seen, out);
        }
        if nest {
            out.push_str("</ol></li>");
        }
    }

    fn article(&self, post: Post<'_>, out: &mut String) {
        let value = &post.record.value;
        let asked = self.asked.as_ref().is_some_and(|asked| *asked == post.uri());
        let at = value["createdAt"].as_str().unwrap_or_default();
        let _ = write!(
            out,
            "<article id=\"{rkey}\"{class}><p class=\"meta\">{who} · <a href=\"/profile/{did}/post/{rkey}\">\
             <time datetime=\"{at}\">{shown}</time></a></p>",
            rkey = escape(post.rkey),
            class = if asked { " class=\"asked\"" } else { "" },
            who = self.who(&post.account.did),
            did = escape(&post.account.did),
            at = escape(at),
            shown = escape(&clock(at)),
        );
        let _ = write!(out, "<p class=\"text\">{}</p>", self.rich_text(value));
        media(post, out);
        let record = &value["embed"]["record"];
        if let Some(uri) = record["uri"].as_str().or(record["record"]["uri"].as_str()) {
            self.quote(uri, out);
        }
        for note in notes(post) {
            let _ = write!(out, "<p class=\"meta\">{}</p>", escape(&note));
        }
        out.push_str("</article>");
    }

    /// The account's name as a link to its feed, or its DID.
    fn who(&self, did: &str) -> String {
        match self.state.actor(did) {
            Some(account) => {
                let handle = escape(&account.handle);
                format!("<a href=\"/bluesky/{handle}\">@{handle}</a>")
            }
            None => escape(did),
        }
    }

    /// The text with its facets as links.
    fn rich_text(&self, value: &Value) -> String {
        let text = value["text"].as_str().unwrap_or_default();
        let facets = value["facets"].as_array().map(Vec::as_slice).unwrap_or_default();
        let at =
            |facet: &Value, key: &str| facet["index"][key].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let mut spans: Vec<_> =
            facets.iter().map(|f| (at(f, "byteStart"), at(f, "byteEnd"), &f["features"][0])).collect();
        spans.sort_by_key(|(start, ..)| *start);
        let (mut out, mut done) = (String::new(), 0);
        for (start, end, feature) in spans {
            let (Some(before), Some(inside)) = (text.get(done..start), text.get(start..end)) else {
                continue;
            };
            let (before, inside) = (escape(before), escape(inside));
            match self.target(feature) {
                Some(url) => {
                    let _ = write!(out, "{before}<a href=\"{}\">{inside}</a>", escape(&url));
                }
                None => out.push_str(&(before + &inside)),
            }
            done = end;
        }
        out + &escape(text.get(done..).unwrap_or_default())
    }

    /// Where a facet leads; only to the web, never to `javascript:` and the like.
    fn target(&self, feature: &Value) -> Option<String> {
        if let Some(uri) = feature["uri"].as_str() {
            let lower = uri.to_ascii_lowercase();
            let web = lower.starts_with("https://") || lower.starts_with("http://");
            return web.then(|| uri.to_owned());
        }
        if let Some(did) = feature["did"].as_str() {
            return Some(match self.state.actor(did) {
                Some(account) => format!("/bluesky/{}", account.handle),
                None => format!("https://bsky.app/profile/{did}"),
            });
        }
        let tag = feature["tag"].as_str()?;
        let tag: String = url::form_urlencoded::byte_serialize(tag.as_bytes()).collect();
        Some(format!("https://bsky.app/hashtag/{tag}"))
    }

    fn quote(&self, uri: &str, out: &mut String) {
        let parts = syntax::at_uri(uri);
        let found = parts.and_then(|parts| {
            let account = self.state.actor(parts.authority)?;
            account.repo.get(parts.collection?, parts.rkey?).map(|record| (account, record))
        });
        match found {
            Some((account, record)) => {
                let who = self.who(&account.did);
                let text = self.rich_text(&record.value);
                let _ = write!(out, "<blockquote><p class=\"meta\">{who}</p><p class=\"text\">{text}</p></blockquote>");
            }
            None => {
                let _ = write!(out, "<blockquote class=\"meta\">Quotes {}</blockquote>", escape(uri));
            }
        }
    }
}

/// The pictures, the video and the link card of a post.
fn media(post: Post<'_>, out: &mut String) {
    let embed = &post.record.value["embed"];
    let card = [&embed["external"], &embed["media"]["external"]].into_iter().find(|card| card.is_object());
    for picture in blobs::pictures(&post.record.value) {
        let Some(blob) = post.account.blobs.get(blobs::named(picture.reference)) else { continue };
        let (url, alt) = (format!("/files/{}", escape(&blob.sha256)), escape(picture.alt));
        let shown = match blob.mime.starts_with("video/") {
            true => format!("<video controls src=\"{url}\" title=\"{alt}\"></video>"),
            false => format!("<img src=\"{url}\" alt=\"{alt}\">"),
        };
        let caption = if alt.is_empty() { "no description" } else { &alt };
        let size = blob.bytes;
        let _ = write!(
            out,
            "<figure>{shown}<figcaption class=\"meta\">{}, {size} bytes · {caption}</figcaption></figure>",
            escape(&blob.mime)
        );
    }
    if let Some(card) = card {
        let text = |key: &str| escape(card[key].as_str().unwrap_or_default());
        let uri = card["uri"].as_str().filter(|uri| uri.starts_with("https://") || uri.starts_with("http://"));
        let _ = write!(
            out,
            "<blockquote><p><a href=\"{}\">{}</a></p><p class=\"meta\">{}</p></blockquote>",
            escape(uri.unwrap_or_default()),
            text("title"),
            text("description")
        );
    }
}

/// What the post says besides its text, and who may answer it.
fn notes(post: Post<'_>) -> Vec<String> {
    let value = &post.record.value;
    let list = |items: &Value, key: Option<&str>| {
        let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |item: &Value| {
            let item = key.map_or(item, |key| &item[key]);
            item.as_str().map(str::to_owned)
        };
        items.iter().filter_map(text).collect::<Vec<_>>().join(", ")
    };
    let named = [
        ("Languages", list(&value["langs"], None)),
        ("Content labels", list(&value["labels"]["values"], Some("val"))),
        ("Tags", list(&value["tags"], None)),
        ("In reply to", post.parent().unwrap_or_default().to_owned()),
        ("Who may reply", gate(post).unwrap_or_default()),
        ("Address", post.uri()),
    ];
    let filled = named.into_iter().filter(|(_, text)| !text.is_empty());
    filled.map(|(name, text)| format!("{name}: {text}")).collect()
}

/// The thread gate in words; `None` without one.
fn gate(post: Post<'_>) -> Option<String> {
    let gate = post.account.repo.get(GATE, post.rkey)?;
    let Some(rules) = gate.value["allow"].as_array() else {
        return Some("anyone".to_owned());
    };
    let word = |rule: &Value| match rule["$type"].as_str().and_then(|t| t.split('#').nth(1)) {
        Some("mentionRule") => "people mentioned".to_owned(),
        Some("followerRule") => "followers".to_owned(),
        Some("followingRule") => "people the author follows".to_owned(),
        _ => format!("people on the list {}", rule["list"].as_str().unwrap_or_default()),
    };
    match rules.is_empty() {
        true => Some("nobody".to_owned()),
        false => Some(rules.iter().map(word).collect::<Vec<_>>().join(", ")),
    }
}
