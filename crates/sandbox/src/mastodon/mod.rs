//! Simulated instances of the fediverse: the Mastodon API as six programs speak it.
//!
//! Each instance is reached at an origin of its own, because a client is given one
//! and appends paths to it. Below that origin everything is the simulated server:
//! the API, the consent screen, the public pages, the files.
//!
//! A call passes the same gates in the same order as on the reference server:
//! route, rate limit, token, scope, parameters, and then its handler. Parameters
//! that no document names are refused, which the real servers do not do.

mod accounts;
mod dialect;
mod ids;
mod instance;
mod limits;
mod media;
mod model;
mod oauth;
pub(crate) mod pages;
mod params;
mod refusals;
mod routes;
mod scopes;
mod settings;
mod statuses;
mod text;
mod view;

use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::Value;

pub(crate) use self::dialect::Dialect;
pub(crate) use self::limits::tell;
pub(crate) use self::model::Instance;
use self::model::{Kept, KeptWhat, Resident, later};
use self::params::Params;
pub(crate) use self::refusals::{Refusal, Wrong};
use self::routes::{Access, Route, Source};
pub(crate) use self::view::View;
use crate::Core;
use crate::bluesky::points::Standing;
use crate::gate::{Call, Upload, json_response};
use crate::state::State;

/// The largest body of a call that is no upload, in bytes.
pub(crate) const BODY_LIMIT: usize = 1_000_000;

/// What a handler answers.
pub(super) struct Answer {
    status: StatusCode,
    /// `null` is an empty body.
    body: Value,
    /// A whole answer of another kind: a page, a redirect, a file.
    whole: Option<Response>,
    /// The `Link` header.
    link: Option<String>,
}

/// Why a handler did not answer.
pub(super) enum Stop {
    /// A mistake that every program words its own way.
    Wrong(Wrong),
    /// An answer that is the same everywhere.
    Told(Refusal),
}

impl From<Wrong> for Stop {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(wrong)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Told(refusal)
    }
}

impl Answer {
    fn json(body: Value) -> Self {
        Self { status: StatusCode::OK, body, whole: None, link: None }
    }

    fn whole(response: Response) -> Self {
        Self { status: response.status(), body: Value::Null, whole: Some(response), link: None }
    }

    fn response(self) -> Response {
        let mut response = match (self.whole, &self.body) {
            (Some(whole), _) => whole,
            (None, Value::Null) => json_response(self.status, None),
            (None, body) => json_response(self.status, Some(body)),
        };
        if let Some(link) = self.link.and_then(|link| HeaderValue::from_str(&link).ok()) {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }
}

/// Whose token came with a call.
#[derive(Clone)]
pub(super) struct Who {
    token: String,
    client_id: String,
    /// Nobody for an application's own token.
    username: Option<String>,
    scopes: Vec<String>,
}

/// Everything a handler may use.
pub(super) struct Scene<'a> {
    core: &'a Core,
    state: &'a mut State,
    call: &'a Call,
    /// The name of the instance.
    name: &'a str,
    now: Timestamp,
    params: Params,
    who: Option<Who>,
    /// The variable part of the path.
    id: String,
}

impl Scene<'_> {
    fn at(&self) -> &Instance {
        self.state.instances.get(self.name).expect("the gate found the instance")
    }

    fn at_mut(&mut self) -> &mut Instance {
        self.state.dirty = true;
        self.state.instances.get_mut(self.name).expect("the gate found the instance")
    }

    /// The user name of the caller.
    fn me(&self) -> Result<&str, Wrong> {
        self.who.as_ref().and_then(|who| who.username.as_deref()).ok_or(Wrong::Person)
    }

    /// The person who calls.
    fn resident(&self) -> Result<&Resident, Wrong> {
        self.at().residents.get(self.me()?).ok_or(Wrong::Person)
    }

    fn view(&self) -> View<'_> {
        let me = self.who.as_ref().and_then(|who| who.username.as_deref());
        View { at: self.at(), base: &self.call.base, now: self.now, me }
    }

    /// An unguessable text of 43 characters.
    fn secret(&mut self) -> String {
        use base64::Engine as _;
        let bytes = self.state.draw(self.core.seed);
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The moment that listings show: now, or earlier under a fault that makes them lag.
    fn as_of(&self) -> Timestamp {
        self.now.checked_sub(self.call.lag).unwrap_or(self.now)
    }

    /// The `Idempotency-Key` of the call; an empty one counts as none.
    fn idempotency(&self) -> Option<String> {
        let key = self.call.header(header::HeaderName::from_static("idempotency-key"));
        (!key.is_empty()).then(|| key.to_owned())
    }
}

/// A form as an object, for the request log.
pub(crate) fn form(body: &[u8]) -> Option<Value> {
    let pairs = url::form_urlencoded::parse(body).into_owned();
    Params::from_form(body).map_or_else(
        |_| Some(pairs.map(|(key, value)| (key, Value::from(value))).collect()),
        |params| Some(params.value()),
    )
}

/// Answers a call to the instance that it names.
pub(crate) fn answer(core: &Core, state: &mut State, call: &Call, name: &str) -> Response {
    let Some(instance) = state.instances.get(name) else {
        return Refusal::of_status(StatusCode::NOT_FOUND).response();
    };
    let dialect = instance.dialect;
    let mut standing = None;
    let mut response = match run(core, state, call, name, &mut standing) {
        Ok(answer) => answer.response(),
        Err(Stop::Told(refusal)) => refusal.response(),
        Err(Stop::Wrong(wrong)) => told(dialect, &wrong),
    };
    if let Some(standing) = standing {
        tell(dialect, &mut response, &standing);
    }
    response
}

/// A refusal in the program's words; the reference adds a challenge to its 401.
fn told(dialect: Dialect, wrong: &Wrong) -> Response {
    let refusal = dialect.refuse(wrong);
    let mut response = refusal.response();
    if refusal.status == StatusCode::UNAUTHORIZED && dialect == Dialect::Mastodon {
        let words = refusal.body["error"].as_str().unwrap_or_default();
        let challenge = format!("Bearer realm=\"Doorkeeper\", error=\"invalid_token\", error_description=\"{words}\"");
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
    }
    response
}

fn run(
    core: &Core,
    state: &mut State,
    call: &Call,
    name: &str,
    standing: &mut Option<Standing>,
) -> Result<Answer, Stop> {
    let (route, id) = routes::find(call)?;
    let now = core.now();
    let mut scene = Scene { core, state, call, name, now, params: Params::default(), who: None, id };
    statuses::publish_due(&mut scene);
    media::forget_unused(&mut scene);
    let bearer = known_token(&scene);
    limits::charge(&mut scene, route, bearer.as_ref(), standing)?;
    scene.who = authorise(&scene, route, bearer)?;
    scene.params = parameters(call, route)?;
    if let (Upload::Form(form), false) = (&call.upload, route.files) {
        let file = form.files.first().map(|file| Wrong::Unknown(file.field.clone()));
        file.map_or(Ok(()), Err)?;
    }
    match replayed(&scene) {
        Some(answer) => Ok(answer),
        None => remembered(&mut scene, route.run),
    }
}

/// The token of the call, if it was ever given out here.
fn known_token(scene: &Scene<'_>) -> Option<Who> {
    let text = scene.call.bearer()?;
    let token = scene.at().tokens.get(text)?;
    Some(Who {
        token: text.to_owned(),
        client_id: token.client_id.clone(),
        username: token.username.clone(),
        scopes: token.scopes.clone(),
    })
}

/// Checks the token that the route wants, and what it allows.
fn authorise(scene: &Scene<'_>, route: &Route, who: Option<Who>) -> Result<Option<Who>, Wrong> {
    let scope = match route.access {
        Access::Public => return Ok(None),
        Access::Optional(_) if scene.call.header(header::AUTHORIZATION).is_empty() => return Ok(None),
        Access::Optional(scope) | Access::App(scope) | Access::Person(scope) => scope,
    };
    let who = who.ok_or(Wrong::Token)?;
    let token = scene.at().tokens.get(&who.token).ok_or(Wrong::Token)?;
    if token.revoked {
        return Err(Wrong::Revoked);
    }
    if token.expires_at.is_some_and(|end| scene.now >= end) {
        return Err(Wrong::Expired);
    }
    let allowed = scope.split('|').any(|scope| scope.is_empty() || scopes::cover(&who.scopes, scope));
    if !allowed {
        return Err(Wrong::Scope);
    }
    if matches!(route.access, Access::Person(_)) && who.username.is_none() {
        return Err(Wrong::Person);
    }
    Ok(Some(who))
}

/// The parameters, from where the route takes them.
fn parameters(call: &Call, route: &Route) -> Result<Params, Wrong> {
    let query = || Params::from_form(call.query.as_bytes());
    match route.source {
        Source::Query => query(),
        Source::Anything => Ok(Params::default()),
        Source::OAuth(known) => oauth_body(call, known),
        Source::Body if !call.query.is_empty() => match query()?.only(&[]) {
            Err(wrong) => Err(wrong),
            Ok(()) => body(call),
        },
        Source::Body => body(call),
    }
}

fn body(call: &Call) -> Result<Params, Wrong> {
    match &call.upload {
        Upload::Form(form) => return Params::from_pairs(form.fields.iter().cloned()),
        Upload::Broken(why) => return Err(Wrong::Syntax(why.clone())),
        Upload::None | Upload::Reel(_) | Upload::Container(_) | Upload::Raw(_) => {}
    }
    let kind = call.header(header::CONTENT_TYPE);
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        _ if call.body.is_empty() => Ok(Params::default()),
        "application/json" => Params::from_json(&call.body),
        "application/x-www-form-urlencoded" => Params::from_form(&call.body),
        other => Err(Wrong::ContentType(other.to_owned())),
    }
}

fn oauth_body(call: &Call, known: &[&str]) -> Result<Params, Wrong> {
    if call.header(header::CONTENT_TYPE).starts_with("application/x-www-form-urlencoded") {
        return Params::from_oauth_form(&call.body, known);
    }
    let mut params = body(call)?;
    params.retain(known);
    Ok(params)
}

/// On a program that keeps whole answers: the one that this key brought before.
fn replayed(scene: &Scene<'_>) -> Option<Answer> {
    let key = replay_key(scene)?;
    let kept = scene.at().kept.get(&key)?;
    let life = scene.at().settings.key_life()?;
    match &kept.what {
        KeptWhat::Answer { status, body } if scene.now < later(kept.at, life) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::OK);
            let mut response = json_response(status, Some(body));
            response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
            Some(Answer::whole(response))
        }
        _ => None,
    }
}

/// Runs the handler; on a program that keeps whole answers, keeps its answer.
fn remembered(scene: &mut Scene<'_>, run: routes::Handler) -> Result<Answer, Stop> {
    let result = run(scene);
    let Some(key) = replay_key(scene) else {
        return result;
    };
    let (status, body) = match &result {
        Ok(answer) => (answer.status, answer.body.clone()),
        Err(Stop::Told(refusal)) => (refusal.status, refusal.body.clone()),
        Err(Stop::Wrong(wrong)) => {
            let refusal = scene.at().dialect.refuse(wrong);
            (refusal.status, refusal.body)
        }
    };
    let kept = Kept { at: scene.now, what: KeptWhat::Answer { status: status.as_u16(), body } };
    scene.at_mut().kept.insert(key, kept);
    result
}

/// The key under which a whole answer is kept: of one verb, path, token and client's key.
/// A new token of the same person does not find what the old one made.
fn replay_key(scene: &Scene<'_>) -> Option<String> {
    let instance = scene.at();
    let keeps = instance.dialect.facts().replays && instance.settings.idempotency_s.is_some();
    let writes = scene.call.method != Method::GET && scene.call.method != Method::DELETE;
    let token = scene.who.as_ref().map_or("", |who| &who.token);
    let key = scene.idempotency().filter(|_| keeps && writes)?;
    Some(format!("{} {} {token} {key}", scene.call.method, scene.call.path))
}
