//! A simulated Threads, from Meta's documents for it (facts of 2026-11-23, collection of
//! 2026-01-02).
//!
//! One origin stands for all of the real hosts: `www.threads.net` for consent and pages,
//! `graph.threads.net` for tokens and the API below `/v1.0`.
//!
//! What a client must cope with here: a post is a *container* first, which is processed
//! by the sandbox's clock, is not found by `threads_publish` for some seconds even when it
//! says FINISHED, and expires after a day; its picture or video is fetched over HTTP from
//! the address that the client names. A container makes at most one post.
//!
//! Stricter than the real thing: parameters and fields that no document names are
//! refused, and so are documented ones where they mean nothing (`image_url` of a text).

mod containers;
mod listing;
mod locations;
pub(crate) mod model;
mod nodes;
mod oauth;
pub(crate) mod pages;
mod posts;
mod publish;
mod quota;
mod routes;
pub(crate) mod settings;
mod text;

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

pub(crate) use self::model::{Network, Person};
use self::routes::{Access, Route};
use crate::Core;
use crate::bluesky::points::{Limit, Standing};
use crate::gate::{Call, json_response};
use crate::graph::error::GraphError;
use crate::graph::params::{self, Params};
use crate::graph::pull::{self, NotPulled, Pulled};
use crate::graph::{self, ids, usage};
use crate::state::{State, digest};

/// The name of the network: of its port, in fault rules and in the ledger.
pub(crate) const NAME: &str = "threads";

/// What consents may be about (page "threads-use-case", 2025-09-09).
pub(crate) const SCOPES: [&str; 10] = [
    "threads_basic",
    "threads_content_publish",
    "threads_manage_replies",
    "threads_read_replies",
    "threads_manage_insights",
    "threads_delete",
    "threads_location_tagging",
    "threads_keyword_search",
    "threads_manage_mentions",
    "threads_profile_discovery",
];

/// What a handler answers.
pub(super) enum Answer {
    Json(Value),
    /// A whole answer of another kind: a page, a redirect, a file.
    Whole(Response),
}

/// A method that handles its call.
type Handler = fn(&mut Scene<'_>) -> Result<Answer, GraphError>;

/// Whose token came with a call.
#[derive(Clone, Debug)]
pub(super) struct Who {
    username: String,
    app_id: String,
    scopes: Vec<String>,
}

impl Who {
    fn may(&self, scope: &str) -> Result<(), GraphError> {
        match self.scopes.iter().any(|given| given == scope) {
            true => Ok(()),
            false => Err(GraphError::permission(&format!("it needs {scope}"))),
        }
    }
}

/// Everything a handler may use.
pub(super) struct Scene<'a> {
    core: &'a Core,
    state: &'a mut State,
    call: &'a Call,
    now: Timestamp,
    params: Params,
    who: Option<Who>,
    /// The variable part of the path.
    id: String,
    /// What was fetched for this call, where it names an address.
    pulled: Option<Result<Pulled, NotPulled>>,
}

impl Scene<'_> {
    fn at(&self) -> &Network {
        &self.state.threads
    }

    fn at_mut(&mut self) -> &mut Network {
        self.state.dirty = true;
        &mut self.state.threads
    }

    /// Whose token it is.
    fn who(&self) -> Result<&Who, GraphError> {
        self.who.as_ref().ok_or_else(|| GraphError::token("An access token is required to request this resource."))
    }

    /// The person who calls.
    fn person(&self) -> Result<&Person, GraphError> {
        let who = self.who()?;
        self.at().people.get(&who.username).ok_or_else(|| GraphError::token("The user does not exist any more."))
    }

    /// The user name of the caller, whom a path must name: `me`, or the own id. Somebody else's id is refused
    /// as if it were not there; the code for that is not confirmed.
    fn me(&self, id: &str) -> Result<&str, GraphError> {
        let person = self.person()?;
        match id == "me" || ids::read(id) == Some(person.id) {
            true => Ok(&person.username),
            false => Err(GraphError::gone(id)),
        }
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
        let (given, header) = (self.params.text("access_token"), self.call.bearer());
        if given.zip(header).is_some_and(|(given, header)| given != header) {
            return Err(GraphError::param("access_token", "differs from the one in the header"));
        }
        let missing = || GraphError::token("An access token is required to request this resource.");
        given.or(header).ok_or_else(missing)
    }
}

/// Answers a call. What it asks to be fetched is fetched first, outside the lock; a call that is refused
/// anyway fetches nothing.
pub(crate) async fn answer(core: &Core, call: &Call) -> Response {
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
    core.with(|state| respond(core, state, call, pulled))
}

/// What a call wants to have fetched.
pub(super) struct Order {
    address: String,
    limit: u64,
}

fn order(core: &Core, state: &mut State, call: &Call) -> Option<Order> {
    let (route, mut scene) = opened(core, state, call, None).ok()?;
    admit(&mut scene, route).ok()?;
    route.fetches.then(|| containers::order(&scene)).flatten()
}

fn respond(core: &Core, state: &mut State, call: &Call, pulled: Option<Result<Pulled, NotPulled>>) -> Response {
    let trace = trace(core, call);
    let mut standing = None;
    match run(core, state, call, pulled, &mut standing) {
        Ok(Answer::Whole(response)) => response,
        Ok(Answer::Json(body)) => {
            let mut response = json_response(axum::http::StatusCode::OK, Some(&body));
            standing.iter().for_each(|standing| usage::app(&mut response, standing));
            response
        }
        Err(error) => {
            let mut response = error.response(&trace);
            if let Some(standing) = &standing {
                tell(&mut response, standing);
            }
            response
        }
    }
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
        Some(standing) if standing.exceeded => Err(GraphError::throttled()),
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
    let (route, id) = routes::find(call, state.threads.settings.unversioned_paths)?;
    let params = if route.access == Access::Page { Params::default() } else { Params::read(call)? };
    let now = core.now();
    Ok((route, Scene { core, state, call, now, params, who: None, id, pulled }))
}

/// Checks the token that the route wants, what it allows, and the names of the parameters.
fn admit(scene: &mut Scene<'_>, route: &Route) -> Result<(), GraphError> {
    if let Access::Person(scopes) = route.access {
        let token = scene.at().grants.living(scene.token()?, scene.now)?;
        let grant = token.grant.clone();
        let who = Who { username: grant.person, app_id: grant.app_id, scopes: grant.scopes };
        scene.who = Some(who);
        scopes.iter().try_for_each(|scope| scene.who()?.may(scope))?;
    }
    match route.access {
        Access::Page => Ok(()),
        Access::Anybody => scene.params.only(&[route.params]),
        Access::Person(_) => scene.params.only(&[route.params, &["access_token"]]),
    }
}

/// Charges a call to the budget of its app for its person.
fn charge(scene: &mut Scene<'_>) -> Option<Standing> {
    const DAY: i64 = 86_400;
    let (who, points) = (scene.who.as_ref()?, scene.at().settings.calls_per_day?);
    let key = format!("{} {}", who.app_id, who.username);
    let limit = Limit { name: "threads-calls", points, seconds: DAY, aligned: false };
    scene.state.windows.charge(&[limit], &key, 1, scene.now)
}

/// The usage headers of a refusal.
fn tell(response: &mut Response, standing: &Standing) {
    usage::app(response, standing);
    if standing.exceeded {
        usage::wait(response, NAME, NAME, standing.wait);
    }
}

/// Too many calls, as a fault has it; with or without the headers that say for how long.
pub(crate) fn rate_limited(core: &Core, call: &Call, seconds: u32, headers: bool) -> Response {
    let mut response = GraphError::throttled().response(&trace(core, call));
    if headers {
        tell(&mut response, &Standing::spent(core.now(), i64::from(seconds)));
    }
    response
}

/// The answer to a token that is over.
pub(crate) fn expired(core: &Core, call: &Call) -> Response {
    GraphError::token("Error validating access token: Session has expired.").response(&trace(core, call))
}

/// What is told with a status when there is nothing better to say.
pub(crate) fn of_status(core: &Core, call: &Call, status: axum::http::StatusCode) -> Response {
    GraphError::of_status(status).response(&trace(core, call))
}

/// The `fbtrace_id`: of the call and its moment, not drawn, because a draw would have to be kept.
fn trace(core: &Core, call: &Call) -> String {
    let now = core.now().as_nanosecond().to_be_bytes();
    let parts = [&core.seed.to_be_bytes()[..], &now, call.path.as_bytes(), call.query.as_bytes(), &call.body];
    format!("A{}", &URL_SAFE_NO_PAD.encode(digest(&parts))[..22])
}

/// The user name of the person whose token came with a call, dead or alive.
pub(crate) fn caller<'a>(state: &'a State, call: &Call) -> Option<&'a str> {
    let given = sent(call).into_iter().find(|(name, _)| name == "access_token").map(|(_, value)| value);
    let token = given.or_else(|| call.bearer().map(str::to_owned))?;
    Some(state.threads.grants.get(&token)?.grant.person.as_str())
}

/// What a call sent, one parameter a line, for fault rules that wait for a text.
pub(crate) fn seen(call: &Call) -> String {
    graph::lines(sent(call))
}

/// The text of the container that a call publishes, which it names by its id alone.
pub(crate) fn about(state: &State, call: &Call) -> Option<String> {
    let sent = sent(call);
    let (_, id) = sent.iter().find(|(name, _)| name == "creation_id")?;
    state.threads.containers.get(&ids::read(id)?)?.content.text.clone()
}

fn sent(call: &Call) -> Vec<(String, String)> {
    let mut sent = call.params();
    sent.extend(params::body(call).unwrap_or_default());
    sent
}
