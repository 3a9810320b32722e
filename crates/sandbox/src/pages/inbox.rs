//! What a webhook inbox received.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::{escape, missing, page};
use crate::Core;
use crate::gate::json_response;
use crate::webhook::Inbox;

/// How many deliveries the page shows, newest first; the JSON has them all.
const SHOWN: usize = 100;

/// `/webhook/<inbox>` and its twin `/webhook/<inbox>.json`.
pub(crate) async fn show(Shared(core): Shared<Arc<Core>>, Path(name): Path<String>) -> Response {
    if let Some(name) = name.strip_suffix(".json") {
        let view = core.with(|state| state.inboxes.get(name).map(|inbox| inbox.view(name)));
        return match view {
            Some(view) => json_response(StatusCode::OK, Some(&view)),
            None => json_response(StatusCode::NOT_FOUND, Some(&json!({"error": "no such inbox"}))),
        };
    }
    core.with(|state| match state.inboxes.get(&name) {
        Some(inbox) => page(&format!("Inbox {name}"), &html(&name, inbox)),
        None => missing("such inbox"),
    })
}

fn html(name: &str, inbox: &Inbox) -> String {
    let name = escape(name);
    let signed = if inbox.signed() { "checked" } else { "not checked (no secret set)" };
    let repeats = if inbox.dedupe { "dropped" } else { "kept" };
    let mut out = format!(
        "<p class=\"meta\">Signatures are {signed}; repeats are {repeats}. \
         {} kept, {} repeats dropped, {} refused. <a href=\"/webhook/{name}.json\">JSON</a></p>",
        inbox.deliveries.len(),
        inbox.duplicates,
        inbox.refused.len()
    );
    for delivery in inbox.deliveries.iter().rev().take(SHOWN) {
        let id = delivery.id.as_deref().unwrap_or("no id");
        let _ = write!(
            out,
            "<article><h2>{}</h2><p class=\"meta\"><time datetime=\"{at}\">{at}</time></p>\
             <pre>{}</pre></article>",
            escape(id),
            escape(&delivery.body),
            at = delivery.at
        );
    }
    for refused in inbox.refused.iter().rev().take(SHOWN) {
        let reason = escape(&refused.reason);
        let _ = write!(out, "<p class=\"meta\">Refused at {}: {reason}</p>", refused.at);
    }
    out
}
