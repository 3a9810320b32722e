//! The instances of the fediverse, seen from the main port.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::{escape, missing, page};
use crate::Core;
use crate::gate::json_response;
use crate::mastodon::{View, pages};
use crate::state::State;

/// `/mastodon/<instance>/<user>` and its twin with `.json`: what the instance shows at `/@<user>`.
pub(crate) async fn show(Shared(core): Shared<Arc<Core>>, Path((instance, name)): Path<(String, String)>) -> Response {
    let (user, as_json) = match name.strip_suffix(".json") {
        Some(user) => (user, true),
        None => (name.as_str(), false),
    };
    let base = core.origin(&instance).unwrap_or_default();
    core.with(|state| {
        let found = state.instances.get(&instance).and_then(|at| Some((at, at.residents.get(user)?)));
        match found {
            None if as_json => json_response(StatusCode::NOT_FOUND, Some(&json!({"error": "no such account"}))),
            None => missing("such account"),
            Some((at, resident)) => {
                let view = View { at, base: &base, now: core.now(), me: None };
                match as_json {
                    true => json_response(StatusCode::OK, Some(&pages::summary(&view, resident))),
                    false => page(resident.name(), &pages::html(&view, resident)),
                }
            }
        }
    })
}

/// The instances with their origins, for the index.
pub(super) fn list(core: &Core, state: &State) -> String {
    let mut out = "<h2>Fediverse</h2><table><thead><tr><th scope=\"col\">Instance</th>\
        <th scope=\"col\">Origin</th><th scope=\"col\">Accounts</th><th scope=\"col\">Posts</th></tr></thead><tbody>"
        .to_owned();
    for (name, instance) in &state.instances {
        let origin = core.origin(name).unwrap_or_else(|| "not served".to_owned());
        let people = instance.residents.keys().map(|user| {
            let (name, user) = (escape(name), escape(user));
            format!("<a href=\"/mastodon/{name}/{user}\">{user}</a>")
        });
        let people: Vec<_> = people.collect();
        let _ = write!(
            out,
            "<tr><td>{}</td><td><a href=\"{origin}\">{origin}</a></td><td>{}</td><td>{}</td></tr>",
            escape(name),
            people.join(", "),
            instance.statuses.len(),
            origin = escape(&origin)
        );
    }
    out + "</tbody></table>"
}
