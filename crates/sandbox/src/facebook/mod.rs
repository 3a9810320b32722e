//! A simulated Facebook: Pages, their posts, photos, videos, reels and stories, from Meta's
//! documents for them (facts of 2026-11-23, specifications of 2026-04-15).
//!
//! One origin stands for all of the real hosts: `www.facebook.com` for consent and pages,
//! `graph.facebook.com` and `graph-video.facebook.com` for the API below a version, and
//! `rupload.facebook.com` for the bytes of reels and stories, below `/video-upload`.
//!
//! What a client must cope with here: Pages have tokens of their own, which live and die
//! with what their person does; a video is uploaded, processed and published by the
//! sandbox's clock, and an accepted `finish` is not yet a post; mentions come back as names;
//! reels are in no list of posts.
//!
//! Stricter than the real thing: parameters and fields that no document names are refused,
//! and so are documented ones where they contradict each other.

mod accounts;
mod comments;
mod documented;
mod edits;
mod errors;
mod feed;
mod handles;
pub(crate) mod linked;
mod listing;
mod media;
pub(crate) mod model;
mod nodes;
mod oauth;
pub(crate) mod pages;
mod photos;
pub(crate) mod residents;
mod routes;
pub(crate) mod settings;
mod settle;
mod tape;
mod text;
mod timing;
pub(crate) mod tokens;
mod uploads;

mod videos;
mod view;

use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

pub(crate) use self::model::Network;
use self::routes::{Access, Route};
pub(crate) use self::settle::due as settle;
pub(crate) use self::tape::Tape;
use self::tokens::Who;
use self::uploads::is_upload;
pub(crate) use self::uploads::{Part, begun, is_stream, receive};
use crate::Core;
use crate::bluesky::points::{Limit, Standing};
use crate::gate::{Call, Upload, json_response};
use crate::graph::error::GraphError;
use crate::graph::params::{self, Params};
use crate::graph::pull::{self, NotPulled, Pulled};
use crate::graph::{self, ids, usage, version};
use crate::intake::multipart::File;
use crate::state::{State, digest};

/// The name of the network: of its port, in fault rules and in the ledger.
pub(crate) const NAME: &str = "facebook";

/// The largest file of a form that is held whole while its call is answered: a piece of a video, or a picture.
pub(crate) const CHUNK_LIMIT: u64 = 16 << 20;

/// What consents may be about. Those that publishing needs, and their neighbours (guides read 2026-11-23); those of
/// Instagram are given in the same dialog.
pub(crate) const SCOPES: [&str; 16] = [
    "public_profile",
    "email",
    "pages_show_list",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_posts",
    "pages_manage_engagement",
    "pages_manage_metadata",
    "publish_video",
    "read_insights",
    "business_management",
    "instagram_basic",
    "instagram_content_publish",
    "instagram_manage_comments",
    "instagram_manage_insights",
    "ads_management",
];

/// What a handler answers.
pub(super) enum Answer {
    Json(Value),
    /// A whole answer of another kind: a page, a redirect, a file.
    Whole(Response),
}

/// A method that handles its call.
type Handler = fn(&mut Scene<'_>) -> Result<Answer, GraphError>;

/// Everything a handler may use.
pub(super) struct Scene<'a> {
    core: &'a Core,
    state: &'a mut State,
    call: &'a Call,
    now: Timestamp,
    params: Params,
    who: Option<Who>,
    /// The version that answers; empty outside the API.
    version: &'static str,
    /// The variable part of the path.
    id: String,
    /// What was fetched for this call, where it names an address.
    pulled: Option<Result<Pulled, NotPulled>>,
}

impl Scene<'_> {
    fn at(&self) -> &Network {
        &self.state.facebook
    }

    fn at_mut(&mut self) -> &mut Network {
        self.state.dirty = true;
        &mut self.state.facebook
    }

    /// Whose token it is.
    fn who(&self) -> Result<&Who, GraphError> {
        self.who.as_ref().ok_or_else(errors::no_token)
    }

    /// An unguessable text of 43 characters.
    fn secret(&mut self) -> String {
        URL_SAFE_NO_PAD.encode(self.state.draw(self.core.seed))
    }

    /// The moment that lists show: now, or earlier under a fault that makes them lag.
    fn as_of(&self) -> Timestamp {
        self.now.checked_sub(self.call.lag).unwrap_or(self.now)
    }

    /// The access token of the call, from where Meta takes it: a parameter or a header.
    fn token(&self) -> Result<&str, GraphError> {
        let (given, header) = (self.params.text("access_token"), header_token(self.call));
        if given.zip(header).is_some_and(|(given, header)| given != header) {
            return Err(GraphError::param("access_token", "differs from the one in the header"));
        }
        given.or(header).ok_or_else(errors::no_token)
    }

    /// The file in the form field of that name.
    fn file(&self, name: &str) -> Option<&File> {
        files(self.call).iter().find(|file| file.field == name)
    }

    /// The documented parameters that were sent and that the caller has no use for.
    fn extras(&self, used: &[&str]) -> std::collections::BTreeMap<String, String> {
        let own = ["access_token", "appsecret_proof", "fields"];
        let rest = sent(self.call).into_iter().filter(|(name, _)| {
            let indexed = name.starts_with("attached_media[");
            !indexed && !used.contains(&name.as_str()) && !own.contains(&name.as_str())
        });
        rest.collect()
    }
}

/// The token in the header, as `Bearer` or as `OAuth`.
fn header_token(call: &Call) -> Option<&str> {
    let header = call.header(axum::http::header::AUTHORIZATION);
    call.bearer().or_else(|| header.strip_prefix("OAuth "))
}

fn files(call: &Call) -> &[File] {
    match &call.upload {
        Upload::Form(form) => &form.files,
        _ => &[],
    }
}

/// Answers a call. What it asks to be fetched is fetched first, outside the lock; a call that is refused
/// anyway fetches nothing.
pub(crate) async fn answer(core: &Core, call: &Call) -> Response {
    core.with(|state| settle(state, core.now()));
    // The one place where a node that is none of this network is handed on.
    if let Some((below, version)) = core.with(|state| linked::named(state, call, core.now())) {
        return linked::answer(core, call, below, version).await;
    }
    if crate::instagram::upload::is_upload(call) {
        return linked::uploaded(core, call).await;
    }
    let order = core.with(|state| order(core, state, call));
    let pulled = match order {
        Some(order) => {
            let client = core.puller.get_or_init(pull::client);
            Some(pull::fetch(client, &order.address, order.limit, core.keep_bytes).await)
        }
        None => None,
    };
    if let Some(Err(why)) = &pulled {
        tracing::debug!(?why, "media not fetched");
    }
    core.with(|state| {
        let response = respond(core, state, call, pulled);
        settle(state, core.now());
        response
    })
}

/// What a call wants to have fetched.
pub(super) struct Order {
    address: String,
    limit: u64,
}

fn order(core: &Core, state: &mut State, call: &Call) -> Option<Order> {
    let (route, mut scene) = opened(core, state, call, None).ok()?;
    let wanted = route.order?;
    admit(&mut scene, route).ok()?;
    wanted(&scene)
}

fn respond(core: &Core, state: &mut State, call: &Call, pulled: Option<Result<Pulled, NotPulled>>) -> Response {
    let mut standing = None;
    let mut response = match run(core, state, call, pulled, &mut standing) {
        Ok(Answer::Whole(response)) => return response,
        Ok(Answer::Json(body)) => json_response(StatusCode::OK, Some(&body)),
        Err(error) if is_upload(call) => uploads::refused(&error),
        Err(error) => error.response(&trace(core, call)),
    };
    if let Some(standing) = &standing {
        tell(&mut response, standing, call, state);
    }
    if let Some((version, _)) = version::split(&call.path, core.now()) {
        response.headers_mut().insert("facebook-api-version", HeaderValue::from_static(version));
    }
    response
}

fn run(
    core: &Core,
    state: &mut State,
    call: &Call,
    pulled: Option<Result<Pulled, NotPulled>>,
    standing: &mut Option<Standing>,
) -> Result<Answer, GraphError> {
    let (route, mut scene) = opened(core, state, call, pulled)?;
    let entered = admit(&mut scene, route);
    *standing = charge(&mut scene);
    entered?;
    match standing {
        Some(standing) if standing.exceeded => Err(errors::throttled(scene.who()?)),
        _ => (route.run)(&mut scene),
    }
}

/// The row for a call, and the scene with its parameters.
fn opened<'a>(
    core: &'a Core,
    state: &'a mut State,
    call: &'a Call,
    pulled: Option<Result<Pulled, NotPulled>>,
) -> Result<(&'static Route, Scene<'a>), GraphError> {
    let now = core.now();
    let found = routes::find(call, now, state.facebook.settings.unversioned_paths)?;
    let params = match found.route.access {
        Access::Page | Access::Upload => Params::default(),
        Access::Open | Access::Token => {
            let mut pairs = call.params();
            pairs.extend(params::fields(call)?);
            Params::from_pairs(feed::gathered(pairs)?)?
        }
    };
    let (version, id) = (found.version, found.id);
    Ok((found.route, Scene { core, state, call, now, params, who: None, version, id, pulled }))
}

/// Checks the token that the route wants, and the names of the parameters and files.
fn admit(scene: &mut Scene<'_>, route: &Route) -> Result<(), GraphError> {
    if matches!(route.access, Access::Token | Access::Upload) {
        let text = scene.token()?;
        let who = scene.at().whose(text, scene.now)?;
        tokens::proven(scene, &who, text)?;
        scene.who = Some(who);
    }
    if matches!(route.access, Access::Page | Access::Upload) {
        return Ok(());
    }
    let common: &[&str] =
        if route.access == Access::Token { &["access_token", "appsecret_proof", "fields"] } else { &[] };
    let own: Vec<_> = route.params.split(' ').collect();
    scene.params.only(&[&own, common])?;
    match files(scene.call).iter().find(|file| !documented::has(route.files, &file.field)) {
        Some(file) => Err(GraphError::param(&file.field, "is not a documented file of this call")),
        None => Ok(()),
    }
}

/// Charges a call: with a Page's token to the Page, with a person's to the app.
fn charge(scene: &mut Scene<'_>) -> Option<Standing> {
    let (who, settings) = (scene.who.as_ref()?, &scene.at().settings);
    let (key, limit) = match who.page {
        Some(page) => {
            let points = settings.page_calls_per_day?;
            (format!("{} {page}", who.app_id), Limit { name: "facebook-page", points, seconds: 86_400, aligned: false })
        }
        None => {
            let users = scene.at().consents.keys().filter(|key| key.split(' ').next() == Some(&who.app_id)).count();
            let points = settings.user_calls_per_hour?.saturating_mul(users.max(1) as u64);
            (who.app_id.clone(), Limit { name: "facebook-app", points, seconds: 3_600, aligned: false })
        }
    };
    scene.state.windows.charge(&[limit], &key, 1, scene.now)
}

/// The usage headers: the share that is used, and when calls are let through again.
fn tell(response: &mut Response, standing: &Standing, call: &Call, state: &State) {
    usage::app(response, standing);
    if standing.exceeded {
        let page = token_of(call).and_then(|token| Some(state.facebook.page_tokens.get(&token)?.page.to_string()));
        usage::wait(response, page.as_deref().unwrap_or(NAME), "pages", standing.wait);
    }
}

/// Too many calls, as a fault has it; with or without the headers that say for how long.
pub(crate) fn rate_limited(core: &Core, call: &Call, seconds: u32, headers: bool) -> Response {
    core.with(|state| {
        let page = token_of(call).is_some_and(|token| state.facebook.page_tokens.contains_key(&token));
        let error = if page { errors::page_throttled() } else { GraphError::throttled() };
        let mut response = error.response(&trace(core, call));
        if headers {
            tell(&mut response, &Standing::spent(core.now(), i64::from(seconds)), call, state);
        }
        response
    })
}

/// The answer to a token that is over.
pub(crate) fn expired(core: &Core, call: &Call) -> Response {
    let error = errors::dead("Error validating access token: Session has expired.", 463);
    if is_upload(call) { uploads::refused(&error) } else { error.response(&trace(core, call)) }
}

/// What is told with a status when there is nothing better to say.
pub(crate) fn of_status(core: &Core, call: &Call, status: StatusCode) -> Response {
    match is_upload(call) {
        true => uploads::of_status(status),
        false => GraphError::of_status(status).response(&trace(core, call)),
    }
}

/// The `fbtrace_id`: of the call and its moment, not drawn, because a draw would have to be kept.
fn trace(core: &Core, call: &Call) -> String {
    let now = core.now().as_nanosecond().to_be_bytes();
    let parts = [&core.seed.to_be_bytes()[..], &now, call.path.as_bytes(), call.query.as_bytes(), &call.body];
    format!("A{}", &URL_SAFE_NO_PAD.encode(digest(&parts))[..22])
}

/// The user name of whoever's token came with a call, dead or alive: of the Page, or else of the person.
pub(crate) fn caller<'a>(state: &'a State, call: &Call) -> Option<&'a str> {
    let token = token_of(call)?;
    match state.facebook.page_tokens.get(&token) {
        Some(of_page) => Some(state.facebook.pages.get(&of_page.page)?.username.as_str()),
        None => Some(state.facebook.grants.get(&token)?.grant.person.as_str()),
    }
}

/// Ends what the person behind the token of a call let the app do.
pub(crate) fn revoke(state: &mut State, call: &Call) {
    let Some(token) = token_of(call) else { return };
    let network = &mut state.facebook;
    let parent = network.page_tokens.get(&token).map_or(token.as_str(), |of_page| of_page.parent.as_str());
    let Some(person) = network.grants.get(parent).map(|token| token.grant.person.clone()) else { return };
    network.remove_app(&person, None);
    state.dirty = true;
}

fn token_of(call: &Call) -> Option<String> {
    let given = sent(call).into_iter().find(|(name, _)| name == "access_token").map(|(_, value)| value);
    given.or_else(|| header_token(call).map(str::to_owned))
}

/// What a call sent, one parameter a line, for fault rules that wait for a text.
pub(crate) fn seen(call: &Call) -> String {
    graph::lines(sent(call))
}

/// The text of the video, or of the container of Instagram, that a call publishes and names by its id alone.
pub(crate) fn about(state: &State, call: &Call) -> Option<String> {
    let sent = sent(call);
    let named = sent.iter().find(|(name, _)| name == "video_id").and_then(|(_, id)| ids::read(id));
    let text = named.and_then(|id| state.facebook.videos.get(&id)?.description.clone());
    text.or_else(|| crate::instagram::caption(state, &sent))
}

fn sent(call: &Call) -> Vec<(String, String)> {
    let mut sent = call.params();
    sent.extend(params::fields(call).unwrap_or_default());
    sent
}
