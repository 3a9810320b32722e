//! Which paths the instances answer, with what token, from where the parameters come.

use super::{Answer, Scene, Stop, Wrong, accounts, instance, media, oauth, pages, statuses};
use crate::gate::Call;
use crate::gate::template::capture;

/// Who may call. Scopes separated by `|` are alternatives; an empty one is any token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Anybody; a token is not looked at.
    Public,
    /// Anybody; a token that is sent must be right.
    Optional(&'static str),
    /// Any token with the scope, an application's own too.
    App(&'static str),
    /// A person's token with the scope.
    Person(&'static str),
}

/// Where the parameters of a call are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Query,
    Body,
    /// The body of an OAuth call: other parameters than these are ignored.
    OAuth(&'static [&'static str]),
    /// The handler looks for itself.
    Anything,
}

/// A method that handles its call.
pub(super) type Handler = fn(&mut Scene<'_>) -> Result<Answer, Stop>;

/// One row of the table.
#[derive(Clone, Copy)]
pub(super) struct Route {
    pub(super) verb: &'static str,
    /// `:id` stands for one step of the path, `@:id` for one that begins so; `@:who` is not looked at.
    pub(super) path: &'static str,
    pub(super) access: Access,
    pub(super) source: Source,
    /// Whether its form may have files.
    pub(super) files: bool,
    pub(super) run: Handler,
}

const fn get(path: &'static str, access: Access, run: Handler) -> Route {
    Route { verb: "GET", path, access, source: Source::Query, files: false, run }
}

const fn send(verb: &'static str, path: &'static str, access: Access, run: Handler) -> Route {
    Route { verb, path, access, source: Source::Body, files: false, run }
}

const fn upload(verb: &'static str, path: &'static str, run: Handler) -> Route {
    Route { files: true, ..send(verb, path, MEDIA, run) }
}

const fn delete(path: &'static str, access: Access, run: Handler) -> Route {
    Route { verb: "DELETE", ..get(path, access, run) }
}

const READ: Access = Access::Optional("read:statuses");
const OWN: Access = Access::Person("read:statuses");
const MEDIA: Access = Access::Person("write:media");
const WRITE: Access = Access::Person("write:statuses");
const ME: Access = Access::Person("profile|read:accounts");

static ROUTES: &[Route] = &[
    get("/", Access::Public, instance::index),
    get("/.well-known/oauth-authorization-server", Access::Public, oauth::metadata),
    get("/.well-known/nodeinfo", Access::Public, instance::nodeinfo_links),
    get("/nodeinfo/2.0", Access::Public, instance::nodeinfo),
    get("/api/v1/instance", Access::Public, instance::v1),
    get("/api/v2/instance", Access::Public, instance::v2),
    get("/@:id", Access::Public, pages::profile),
    get("/@:who/:id", Access::Public, pages::permalink),
    send("POST", "/api/v1/apps", Access::Public, oauth::apps::register),
    get("/api/v1/apps/verify_credentials", Access::App(""), oauth::apps::verify),
    Route { source: Source::Anything, ..get("/oauth/authorize", Access::Public, oauth::authorize::show) },
    Route { source: Source::Anything, ..send("POST", "/oauth/authorize", Access::Public, oauth::authorize::decide) },
    Route {
        source: Source::OAuth(&oauth::token::ISSUE),
        ..send("POST", "/oauth/token", Access::Public, oauth::token::issue)
    },
    get("/oauth/userinfo", Access::Person("profile"), accounts::userinfo),
    Route {
        source: Source::OAuth(&oauth::token::REVOKE),
        ..send("POST", "/oauth/revoke", Access::Public, oauth::token::revoke)
    },
    get("/api/v1/accounts/verify_credentials", ME, accounts::verify),
    get("/api/v1/accounts/lookup", Access::Public, accounts::lookup),
    get("/api/v1/accounts/:id", Access::Optional("read:accounts"), accounts::show),
    get("/api/v1/accounts/:id/statuses", READ, statuses::listing::list),
    send("POST", "/api/v1/statuses", WRITE, statuses::create::create),
    get("/api/v1/statuses/:id", READ, statuses::read::show),
    get("/api/v1/statuses/:id/context", READ, statuses::read::context),
    get("/api/v1/statuses/:id/history", READ, statuses::read::history),
    get("/api/v1/statuses/:id/source", OWN, statuses::read::source),
    send("PUT", "/api/v1/statuses/:id", WRITE, statuses::edit::edit),
    delete("/api/v1/statuses/:id", WRITE, statuses::edit::delete),
    get("/api/v1/scheduled_statuses", OWN, statuses::scheduled::list),
    get("/api/v1/scheduled_statuses/:id", OWN, statuses::scheduled::show),
    delete("/api/v1/scheduled_statuses/:id", WRITE, statuses::scheduled::cancel),
    upload("POST", "/api/v1/media", media::upload_now),
    upload("POST", "/api/v2/media", media::upload),
    get("/api/v1/media/:id", MEDIA, media::show),
    upload("PUT", "/api/v1/media/:id", media::describe),
    delete("/api/v1/media/:id", MEDIA, media::remove),
    get("/media/:id", Access::Public, media::file),
    get("/avatars/original/missing.png", Access::Public, media::avatar),
];

/// The row for a call, and the variable part of its path.
pub(super) fn find(call: &Call) -> Result<(&'static Route, String), Wrong> {
    // A slash at the end changes nothing, as in the reference.
    let path = if call.path.len() > 1 { call.path.trim_end_matches('/') } else { &call.path };
    let fits = ROUTES.iter().filter(|route| route.verb == call.method.as_str());
    let found = fits.filter_map(|route| capture(route.path, path).map(|id| (route, id)));
    // A path without a variable part goes first: `/accounts/lookup` is no account.
    found.min_by_key(|(_, id)| !id.is_empty()).ok_or(Wrong::NoRoute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_capture_one_step() {
        assert_eq!(capture("/api/v1/statuses/:id", "/api/v1/statuses/7"), Some("7".into()));
        assert_eq!(capture("/api/v1/statuses/:id/source", "/api/v1/statuses/7/source"), Some("7".into()));
        assert_eq!(capture("/api/v1/statuses", "/api/v1/statuses"), Some(String::new()));
        assert_eq!(capture("/@:id", "/@ada"), Some("ada".into()));
        assert_eq!(capture("/@:who/:id", "/@ada/7"), Some("7".into()));
        assert_eq!(capture("/@:id", "/@"), None);
        for path in ["/api/v1/statuses/", "/api/v1/statuses/7/8", "/api/v1/status/7", "/api/v1/statuses"] {
            assert_eq!(capture("/api/v1/statuses/:id", path), None, "{path}");
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
