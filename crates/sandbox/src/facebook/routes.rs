//! Which paths are answered, with what token and which parameters.

use jiff::Timestamp;

use super::{
    Handler, Order, Scene, accounts, comments, documented, edits, feed, handles, listing, nodes, oauth, pages, photos,
};
use super::{uploads, version, videos};
use crate::gate::Call;
use crate::gate::template::capture;
use crate::graph::error::GraphError;

/// Who may call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Anybody, a browser too; the handler looks for its own parameters.
    Page,
    /// Anybody; the parameters are checked.
    Open,
    /// A living token of a person or a Page; what it allows is the handler's.
    Token,
    /// A living token in the header; there are no parameters.
    Upload,
}

/// Below which address a path is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// As it is: pages.
    Site,
    /// As it is or below a version: consent.
    Dialog,
    /// Below a version.
    Api,
    /// Below a version that stands below the upload host's own step.
    Bytes,
}

/// One row of the table.
pub(super) struct Route {
    verb: &'static str,
    /// `:id` stands for one step of the path that is looked at, `:who` for one that is not.
    path: &'static str,
    place: Place,
    pub(super) access: Access,
    /// The documented parameters, with blanks between, without those of every call.
    pub(super) params: &'static str,
    /// The form fields that may be files.
    pub(super) files: &'static str,
    /// What is fetched for it.
    pub(super) order: Option<fn(&Scene<'_>) -> Option<Order>>,
    pub(super) run: Handler,
}

/// What a call found.
pub(super) struct Found {
    pub(super) route: &'static Route,
    pub(super) version: &'static str,
    pub(super) id: String,
}

const fn row(verb: &'static str, path: &'static str, place: Place, access: Access, run: Handler) -> Route {
    Route { verb, path, place, access, params: "", files: "", order: None, run }
}

const fn site(verb: &'static str, path: &'static str, run: Handler) -> Route {
    row(verb, path, Place::Site, Access::Page, run)
}

const fn open(path: &'static str, params: &'static str, run: Handler) -> Route {
    Route { params, ..row("GET", path, Place::Api, Access::Open, run) }
}

const fn api(verb: &'static str, path: &'static str, params: &'static str, run: Handler) -> Route {
    Route { params, ..row(verb, path, Place::Api, Access::Token, run) }
}

/// The first step of a path on the upload host.
pub(super) const BYTES: &str = "/video-upload";

/// Parameters of lists: pages, and what the specification adds. `summary` comes with every list that the official SDK
/// reads (facebook-business 26.0.3); lists that have none leave it unanswered.
const PAGED: &str = "limit before after summary";
const ACCOUNTS: &str = "limit before after summary ad_id is_place is_promotable";
const POSTS: &str = "limit before after summary include_hidden show_expired with";
const VIDEOS: &str = "limit before after summary type";
const TIMED: &str = "limit before after summary since until";
const STORIES: &str = "limit before after summary since until status";
const COMMENTS: &str = "limit before after summary filter live_filter order since";

static ROUTES: &[Route] = &[
    site("GET", "/", pages::index),
    site("GET", "/:id", pages::profile),
    site("GET", "/:who/posts/:id", pages::post),
    site("GET", "/:who/videos/:id", pages::video),
    site("GET", "/reel/:id", pages::reel),
    site("GET", "/stories/:who/:id", pages::story),
    site("GET", "/media/:id", pages::file),
    site("GET", "/avatar.png", pages::avatar),
    row("GET", "/dialog/oauth", Place::Dialog, Access::Page, oauth::show),
    row("POST", "/dialog/oauth", Place::Dialog, Access::Page, oauth::decide),
    row("POST", "/:id", Place::Bytes, Access::Upload, uploads::take).with_order(uploads::order),
    open("/oauth/access_token", oauth::TOKEN, oauth::token),
    open("/debug_token", oauth::DEBUG, oauth::debug),
    api("GET", "/upload::id", "", handles::show),
    api("POST", "/upload::id", "", handles::take),
    api("POST", "/:id/uploads", "file_name file_length file_type", handles::begin),
    api("GET", "/:id", "primary_fb_page_id primary_ig_user_id account_linking_token", nodes::show),
    api("POST", "/:id", edits::ANY, edits::edit),
    api("DELETE", "/:id", "", edits::delete),
    api("GET", "/:id/permissions", "", oauth::permissions),
    api("DELETE", "/:id/permissions", "", oauth::give_back),
    api("DELETE", "/me/permissions/:id", "", oauth::give_back_one),
    api("GET", "/:id/accounts", ACCOUNTS, accounts::accounts),
    api("GET", "/:id/businesses", PAGED, accounts::businesses),
    api("GET", "/:id/owned_pages", PAGED, accounts::owned),
    api("GET", "/:id/client_pages", PAGED, accounts::clients),
    api("POST", "/:id/subscribed_apps", "subscribed_fields", accounts::subscribe),
    api("GET", "/:id/subscribed_apps", PAGED, accounts::subscribed),
    api("DELETE", "/:id/subscribed_apps", "", accounts::unsubscribe),
    api("POST", "/:id/feed", documented::FEED, feed::create),
    api("POST", "/:id/photos", documented::PHOTOS, photos::create).with_order(photos::order).with_files("source"),
    api("POST", "/:id/photo_stories", "photo_id url", photos::story),
    api("POST", "/:id/videos", documented::VIDEOS, videos::create)
        .with_order(videos::order)
        .with_files("source video_file_chunk thumb"),
    api("POST", "/:id/video_reels", documented::REELS, videos::reels::reel),
    api("POST", "/:id/video_stories", documented::REELS, videos::reels::story),
    api("POST", "/:id/thumbnails", "is_preferred", videos::thumbnail).with_files("source"),
    api("GET", "/:id/thumbnails", PAGED, videos::thumbnails),
    api("POST", "/:id/comments", documented::COMMENT, comments::create).with_order(comments::order),
    api("GET", "/:id/comments", COMMENTS, comments::list),
    api("GET", "/:id/feed", POSTS, listing::posts),
    api("GET", "/:id/posts", POSTS, listing::posts),
    api("GET", "/:id/published_posts", POSTS, listing::posts),
    api("GET", "/:id/scheduled_posts", PAGED, listing::scheduled),
    api("GET", "/:id/videos", VIDEOS, listing::videos),
    api("GET", "/:id/video_reels", TIMED, listing::reels),
    api("GET", "/:id/stories", STORIES, listing::stories),
];

impl Route {
    const fn with_order(self, order: fn(&Scene<'_>) -> Option<Order>) -> Self {
        Self { order: Some(order), ..self }
    }

    const fn with_files(self, files: &'static str) -> Self {
        Self { files, ..self }
    }
}

/// The row for a call, the version that answers it, and the variable part of its path.
pub(super) fn find(call: &Call, now: Timestamp, unversioned: bool) -> Result<Found, GraphError> {
    let path = if call.path.len() > 1 { call.path.trim_end_matches('/') } else { &call.path };
    let below = version::split(path, now);
    let bytes = path.strip_prefix(BYTES).and_then(|rest| version::split(rest, now));
    let at = |place: Place| match place {
        Place::Site => Some(("", path)),
        Place::Dialog => Some(below.unwrap_or(("", path))),
        Place::Api => below.or(unversioned.then_some(("", path))),
        Place::Bytes => bytes,
    };
    let fits = ROUTES.iter().filter(|route| route.verb == call.method.as_str());
    let found = fits.filter_map(|route| {
        let (version, path) = at(route.place)?;
        Some(Found { route, version, id: capture(route.path, path)? })
    });
    // A path without a variable part goes first: `/debug_token` is no id. Pages of the site come last.
    let found = found.min_by_key(|found| (found.route.place == Place::Site && below.is_some(), !found.id.is_empty()));
    found.ok_or_else(|| GraphError::no_path(&call.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_rows_are_the_same() {
        for (number, route) in ROUTES.iter().enumerate() {
            let twin =
                |other: &&Route| other.path == route.path && other.verb == route.verb && other.place == route.place;
            assert_eq!(ROUTES.iter().skip(number + 1).filter(twin).count(), 0, "{}", route.path);
        }
    }
}
