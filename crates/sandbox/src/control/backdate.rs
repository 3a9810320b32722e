//! A post that is to have been published earlier, for demonstrations: the networks' own time
//! of it is set, never what its author sent.

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::{Shares, bad, parse, problem};
use crate::Core;
use crate::gate::json_response;
use crate::graph::ids;
use crate::instagram;
use crate::state::State;

const POST: &str = "app.bsky.feed.post";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Backdate {
    /// The address of the post's page.
    url: String,
    at: Timestamp,
}

/// Sets when a post came in.
pub(crate) async fn set(Shared(core): Shares, body: Bytes) -> Response {
    let Backdate { url, at } = match parse(&body) {
        Ok(asked) => asked,
        Err(why) => return bad(why),
    };
    let Ok(url) = Url::parse(&url) else { return bad("url must be the address of a post") };
    if at > core.now() {
        return bad("at must not lie in the future");
    }
    match core.with(|state| change(&core, state, &url, at)) {
        Some(()) => json_response(StatusCode::OK, Some(&json!({"at": at.to_string()}))),
        None => problem(StatusCode::NOT_FOUND, "no such post"),
    }
}

fn change(core: &Core, state: &mut State, url: &Url, at: Timestamp) -> Option<()> {
    let path: Vec<&str> = url.path_segments()?.collect();
    let origin = url.origin().ascii_serialization();
    match path.as_slice() {
        [_, named, ..] if core.origin(instagram::NAME).is_some_and(|own| own == origin) => {
            // A story ends with its id, a post with its shortcode and a slash.
            let last =
                if path.len() == 3 && path[0] == "stories" { ids::read(path[2]) } else { ids::of_shortcode(named) };
            state.instagram.posts.get_mut(&last?)?.created_at = at;
        }
        [_, "post", code] => {
            let id = ids::of_shortcode(code)?;
            state.threads.posts.get_mut(&id)?.created_at = at;
        }
        [_, "posts", id] => {
            let id = ids::read(id)?;
            state.facebook.posts.get_mut(&id)?.created_at = at;
        }
        [_, "videos", id] | ["reel", id] => {
            let post = state.facebook.videos.get(&ids::read(id)?)?.post?;
            state.facebook.posts.get_mut(&post)?.created_at = at;
        }
        ["profile", who, "post", rkey] => {
            let records = &mut state.actor_mut(who)?.repo.records;
            records.get_mut(POST)?.get_mut(*rkey)?.indexed_at = at;
        }
        [_, id] => {
            let named = |name: &&String| core.origin(name).is_some_and(|own| own == origin);
            let name = state.instances.keys().find(named)?.clone();
            let instance = state.instances.get_mut(&name)?;
            let key = instance.key(id)?;
            instance.statuses.get_mut(&key)?.created_at = at;
        }
        _ => return None,
    }
    state.dirty = true;
    Some(())
}
