//! The simulated Facebook, seen from the main port.

use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::{escape, missing, page};
use crate::Core;
use crate::facebook::{NAME, pages, settle};
use crate::gate::json_response;
use crate::state::State;

/// `/facebook/<page>` and its twin with `.json`: what the network shows at `/<page>`.
pub(crate) async fn show(Shared(core): Shared<Arc<Core>>, Path(name): Path<String>) -> Response {
    let (name, as_json) = match name.strip_suffix(".json") {
        Some(name) => (name, true),
        None => (name.as_str(), false),
    };
    let (base, now) = (core.origin(NAME).unwrap_or_default(), core.now());
    core.with(|state| {
        settle(state, now);
        let network = &state.facebook;
        match network.page(name) {
            None if as_json => json_response(StatusCode::NOT_FOUND, Some(&json!({"error": "no such page"}))),
            None => missing("such Page"),
            Some(found) if as_json => json_response(StatusCode::OK, Some(&pages::summary(network, found, &base))),
            Some(found) => page(&found.name, &pages::html(network, found, &base, now)),
        }
    })
}

/// The network with its origin and its Pages, for the index.
pub(super) fn list(core: &Core, state: &State) -> String {
    let origin = escape(&core.origin(NAME).unwrap_or_else(|| "not served".to_owned()));
    let pages = state.facebook.pages.values().map(|page| {
        let name = escape(&page.username);
        format!("<a href=\"/facebook/{name}\">{name}</a>")
    });
    format!(
        "<h2>Facebook</h2><table><thead><tr><th scope=\"col\">Origin</th><th scope=\"col\">Pages</th>\
         <th scope=\"col\">Posts</th></tr></thead><tbody><tr><td><a href=\"{origin}\">{origin}</a></td><td>{}</td>\
         <td>{}</td></tr></tbody></table>",
        pages.collect::<Vec<_>>().join(", "),
        state.facebook.posts.values().filter(|post| post.public()).count()
    )
}
