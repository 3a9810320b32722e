//! Which paths are answered, with what token and which parameters.

use super::{Handler, containers, listing, locations, nodes, oauth, pages, posts, publish, quota};
use crate::gate::Call;
use crate::gate::template::capture;
use crate::graph::error::GraphError;

/// Who may call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Anybody, a browser too; the handler looks for its own parameters.
    Page,
    /// Anybody; the parameters are checked.
    Anybody,
    /// A person's token with all of the scopes.
    Person(&'static [&'static str]),
}

/// Below which address a path is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// As it is: pages and consent.
    Site,
    /// As it is or below a version: tokens. The facts name the one, the converted collection the other.
    Tokens,
    /// Below a version.
    Api,
}

/// One row of the table.
pub(super) struct Route {
    verb: &'static str,
    /// `:id` stands for one step of the path, `@:id` for one that begins so; `@:who` is not looked at.
    path: &'static str,
    place: Place,
    pub(super) access: Access,
    /// The documented parameters, without the token.
    pub(super) params: &'static [&'static str],
    /// Whether something is fetched for it.
    pub(super) fetches: bool,
    pub(super) run: Handler,
}

const fn site(verb: &'static str, path: &'static str, run: Handler) -> Route {
    Route { verb, path, place: Place::Site, access: Access::Page, params: &[], fetches: false, run }
}

const fn tokens(verb: &'static str, path: &'static str, params: &'static [&'static str], run: Handler) -> Route {
    Route { verb, path, place: Place::Tokens, access: Access::Anybody, params, fetches: false, run }
}

const fn api(
    verb: &'static str,
    path: &'static str,
    scopes: &'static [&'static str],
    params: &'static [&'static str],
    run: Handler,
) -> Route {
    Route { verb, path, place: Place::Api, access: Access::Person(scopes), params, fetches: false, run }
}

const BASIC: &[&str] = &["threads_basic"];
const PUBLISH: &[&str] = &["threads_basic", "threads_content_publish"];
const DELETE: &[&str] = &["threads_basic", "threads_delete"];
const READ_REPLIES: &[&str] = &["threads_basic", "threads_read_replies"];
const MANAGE_REPLIES: &[&str] = &["threads_basic", "threads_manage_replies"];
const PLACES: &[&str] = &["threads_basic", "threads_location_tagging"];

const FIELDS: &[&str] = &["fields"];

/// The version of the API; there is no other.
const VERSION: &str = "/v1.0";

static ROUTES: &[Route] = &[
    site("GET", "/", pages::index),
    site("GET", "/@:id", pages::profile),
    site("GET", "/@:who/post/:id", pages::thread),
    site("GET", "/media/:id", pages::file),
    site("GET", "/avatar.png", pages::avatar),
    site("GET", "/oauth/authorize", oauth::show),
    site("POST", "/oauth/authorize", oauth::decide),
    tokens("POST", "/oauth/access_token", &oauth::BY_CODE, oauth::by_code),
    tokens("GET", "/oauth/access_token", &oauth::BY_APP, oauth::by_app),
    tokens("GET", "/access_token", &oauth::EXCHANGE, oauth::exchange),
    tokens("GET", "/refresh_access_token", &oauth::REFRESH, oauth::refresh),
    Route { place: Place::Api, ..tokens("GET", "/debug_token", &oauth::DEBUG, oauth::debug) },
    api("GET", "/location_search", PLACES, &["q", "latitude", "longitude", "fields"], locations::search),
    api("GET", "/:id", BASIC, FIELDS, nodes::show),
    api("DELETE", "/:id", DELETE, &[], posts::delete),
    Route { fetches: true, ..api("POST", "/:id/threads", PUBLISH, &containers::FIELDS, containers::create) },
    api("POST", "/:id/threads_publish", PUBLISH, &["creation_id"], publish::publish),
    api("GET", "/:id/threads", BASIC, &listing::FIELDS, listing::threads),
    api("GET", "/:id/replies", READ_REPLIES, &listing::REPLY_FIELDS, listing::replies),
    api("GET", "/:id/conversation", READ_REPLIES, &listing::REPLY_FIELDS, listing::conversation),
    api("GET", "/:id/threads_publishing_limit", BASIC, FIELDS, quota::show),
    api("POST", "/:id/repost", PUBLISH, &[], publish::repost),
    api("POST", "/:id/manage_reply", MANAGE_REPLIES, &["hide"], posts::manage),
];

/// The row for a call, and the variable part of its path.
pub(super) fn find(call: &Call, unversioned: bool) -> Result<(&'static Route, String), GraphError> {
    // A slash at the end changes nothing: the collection asks for a container's status with one.
    let path = if call.path.len() > 1 { call.path.trim_end_matches('/') } else { &call.path };
    let below = path.strip_prefix(VERSION).filter(|rest| rest.starts_with('/'));
    let at = |place: Place| match place {
        Place::Site => Some(path),
        Place::Tokens => Some(below.unwrap_or(path)),
        Place::Api => below.or(unversioned.then_some(path)),
    };
    let fits = ROUTES.iter().filter(|route| route.verb == call.method.as_str());
    let found = fits.filter_map(|route| capture(route.path, at(route.place)?).map(|id| (route, id)));
    // A path without a variable part goes first: `/debug_token` is no id.
    found.min_by_key(|(_, id)| !id.is_empty()).ok_or_else(|| GraphError::no_path(&call.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_capture_one_step() {
        assert_eq!(capture("/:id", "/7"), Some("7".into()));
        assert_eq!(capture("/:id/threads", "/me/threads"), Some("me".into()));
        assert_eq!(capture("/@:who/post/:id", "/@ada/post/Cx"), Some("Cx".into()));
        assert_eq!(capture("/debug_token", "/debug_token"), Some(String::new()));
        for path in ["/", "/me/thread", "/me/threads/7", "/@/post/Cx"] {
            assert_eq!(capture("/:id/threads", path).or(capture("/@:who/post/:id", path)), None, "{path}");
        }
    }

    #[test]
    fn no_two_rows_are_the_same() {
        for (number, route) in ROUTES.iter().enumerate() {
            let twin = |other: &&Route| other.path == route.path && other.verb == route.verb;
            assert_eq!(ROUTES.iter().skip(number + 1).filter(twin).count(), 0, "{}", route.path);
        }
    }
}
