//! Pages for people: plain, readable HTML without scripts.

pub(crate) mod facebook;
pub(crate) mod faults;
pub(crate) mod fediverse;
pub(crate) mod feed;
pub(crate) mod inbox;
pub(crate) mod instagram;
pub(crate) mod threads;

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};

use crate::Core;
use crate::intake::sniff;
use crate::state::State;

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' http:; media-src 'self' http:; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:0 auto;\
padding:1rem;color:#1b1f24;background:#fff}a{color:#0b5cad}\
h1{font-size:1.5rem}h2{font-size:1.15rem}ol.thread{list-style:none;padding-left:0}\
ol.thread ol.thread{padding-left:1rem;border-left:2px solid #c9d1d9}\
article{border:1px solid #c9d1d9;border-radius:.5rem;padding:.75rem 1rem;margin:.75rem 0}\
article.asked{border:2px solid #0b5cad;box-shadow:0 1px 6px #0002}\
.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:.25rem 0}\
.meta{color:#57606a;font-size:.875rem;margin:.25rem 0;overflow-wrap:anywhere}\
blockquote{margin:.5rem 0;padding:.25rem .75rem;border-left:3px solid #8c959f}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .5rem;\
border-bottom:1px solid #c9d1d9;vertical-align:top}label{display:block;margin:.5rem 0}\
figure{margin:.5rem 0}figcaption{padding-top:.25rem}\
img,video{display:block;max-width:100%;max-height:32rem;height:auto;border-radius:.5rem}\
pre{overflow-x:auto;background:#f6f8fa;padding:.5rem}\
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}a{color:#79b8ff}\
.meta{color:#9198a1}pre{background:#161b22}article{border-color:#30363d}\
article.asked{border-color:#79b8ff}}";

/// Text made safe for element content and quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// An instant as people read it; what is none stays as it is.
pub(crate) fn clock(at: &str) -> String {
    let read = at.parse::<jiff::Timestamp>();
    read.map_or_else(|_| at.to_owned(), |at| at.strftime("%-d %b %Y, %H:%M UTC").to_string())
}

/// A whole page; `body` is HTML already, `title` is not.
pub(crate) fn page(title: &str, body: &str) -> Response {
    let title = escape(title);
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} · Sandbox</title><style>{STYLE}</style></head><body>\
         <header><p class=\"meta\"><a href=\"/\">Sandbox</a>: simulated networks, nothing here \
         leaves this machine</p></header><main><h1>{title}</h1>{body}</main></body></html>"
    );
    let mut response = Html(html).into_response();
    let policy = HeaderValue::from_static(POLICY);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}

/// `/files/<sha-256>`: an uploaded file, where its bytes are kept.
pub(crate) async fn file(Shared(core): Shared<Arc<Core>>, Path(sha256): Path<String>) -> Response {
    let plain = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    let Some(bytes) = plain.then(|| core.with(|state| state.files.get(&sha256))).flatten() else {
        return missing("such file");
    };
    let mime = sniff::mime(&bytes).unwrap_or("application/octet-stream");
    ([(CONTENT_TYPE, mime), (X_CONTENT_TYPE_OPTIONS, "nosniff")], bytes).into_response()
}

/// A page that says there is nothing.
pub(crate) fn missing(what: &str) -> Response {
    let body = format!("<p>There is no {}. <a href=\"/\">All accounts</a></p>", escape(what));
    let mut response = page("Not found", &body);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// Whether the client prefers a page: browsers ask for HTML by name, others do not.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// The index: accounts, inboxes and the controls.
pub(crate) async fn index(Shared(core): Shared<Arc<Core>>) -> Response {
    let body = core.with(|state| networks(&core, state) + &inboxes(state));
    let more = "<h2>Controls</h2><ul><li><a href=\"/_faults\">Fault panel</a>: make the next \
        calls fail</li><li><a href=\"/_requests\">Requests</a>: what was sent here (JSON)</li>\
        <li><a href=\"/_visible\">Ledger</a>: what became visible, and when (JSON)</li></ul>";
    page("Simulated networks", &(body + more))
}

fn networks(core: &Core, state: &State) -> String {
    let meta = threads::list(core, state) + &facebook::list(core, state) + &instagram::list(core, state);
    accounts(state) + &fediverse::list(core, state) + &meta
}

fn accounts(state: &State) -> String {
    if state.accounts.is_empty() {
        return "<h2>Bluesky</h2><p>No accounts yet.</p>".to_owned();
    }
    let mut accounts: Vec<_> = state.accounts.values().collect();
    accounts.sort_by(|a, b| a.handle.cmp(&b.handle));
    let mut out = "<h2>Bluesky</h2><table><thead><tr><th scope=\"col\">Account</th>\
        <th scope=\"col\">Name</th><th scope=\"col\">Records</th></tr></thead><tbody>"
        .to_owned();
    for account in accounts {
        let records: usize = account.repo.records.values().map(|r| r.len()).sum();
        let (handle, name) = (escape(&account.handle), escape(&account.display_name));
        let _ = write!(
            out,
            "<tr><td><a href=\"/bluesky/{handle}\">{handle}</a></td><td>{name}</td>\
             <td>{records}</td></tr>"
        );
    }
    out + "</tbody></table>"
}

fn inboxes(state: &State) -> String {
    if state.inboxes.is_empty() {
        return "<h2>Webhook inboxes</h2><p>None yet. Anything sent to \
            <code>/webhook/&lt;name&gt;</code> opens one.</p>"
            .to_owned();
    }
    let mut out = "<h2>Webhook inboxes</h2><ul>".to_owned();
    for (name, inbox) in &state.inboxes {
        let (name, count) = (escape(name), inbox.deliveries.len());
        let _ = write!(out, "<li><a href=\"/webhook/{name}\">{name}</a>: {count} kept</li>");
    }
    out + "</ul>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_leaves_nothing_that_could_open_a_tag_or_close_an_attribute() {
        let out = escape("<a href=\"x\" title='y'>&");
        assert_eq!(out, "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;");
    }

    #[test]
    fn browsers_get_pages_and_others_do_not() {
        let mut headers = HeaderMap::new();
        assert!(!wants_html(&headers));
        headers.insert(ACCEPT, HeaderValue::from_static("text/html,application/xml;q=0.9"));
        assert!(wants_html(&headers));
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        assert!(!wants_html(&headers));
    }
}
