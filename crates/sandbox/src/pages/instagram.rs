//! The simulated Instagram, seen from the main port.

use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::{escape, missing, page};
use crate::Core;
use crate::gate::json_response;
use crate::instagram::{NAME, pages};
use crate::state::State;

/// `/instagram/<user>` and its twin with `.json`: what the network shows at `/<user>`.
pub(crate) async fn show(Shared(core): Shared<Arc<Core>>, Path(name): Path<String>) -> Response {
    let (user, as_json) = match name.strip_suffix(".json") {
        Some(user) => (user, true),
        None => (name.as_str(), false),
    };
    let base = core.origin(NAME).unwrap_or_default();
    core.with(|state| match state.instagram.accounts.get(user) {
        None if as_json => json_response(StatusCode::NOT_FOUND, Some(&json!({"error": "no such account"}))),
        None => missing("such account"),
        Some(account) if as_json => {
            json_response(StatusCode::OK, Some(&pages::summary(&state.instagram, account, &base)))
        }
        Some(account) => page(account.shown(), &pages::html(&state.instagram, account, &base, core.now())),
    })
}

/// The network with its origin and its accounts, for the index.
pub(super) fn list(core: &Core, state: &State) -> String {
    let origin = escape(&core.origin(NAME).unwrap_or_else(|| "not served".to_owned()));
    let accounts = state.instagram.accounts.keys().map(|user| {
        let user = escape(user);
        format!("<a href=\"/instagram/{user}\">{user}</a>")
    });
    format!(
        "<h2>Instagram</h2><table><thead><tr><th scope=\"col\">Origin</th><th scope=\"col\">Accounts</th>\
         <th scope=\"col\">Posts</th></tr></thead><tbody><tr><td><a href=\"{origin}\">{origin}</a></td><td>{}</td>\
         <td>{}</td></tr></tbody></table>",
        accounts.collect::<Vec<_>>().join(", "),
        state.instagram.posts.len()
    )
}
