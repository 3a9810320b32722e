//! The host of Instagram Login: pages, consent, tokens, and the door to the API.

use axum::http::StatusCode;
use axum::response::Response;

use super::door::{Door, Login};
use super::scene::{Answer, Fetched, Handler, Scene};
use super::serve::{self, tell, throttled, trace};
use super::settings::Personal;
use super::{NAME, oauth, pages};
use crate::Core;
use crate::bluesky::points::Standing;
use crate::gate::Call;
use crate::gate::template::capture;
use crate::graph::error::{GraphError, Kind};
use crate::graph::grants::Token;
use crate::graph::params::{self, Params};
use crate::graph::{self, ids, signed, version};
use crate::state::State;

/// A call that is none of the API.
struct Site {
    verb: &'static str,
    path: &'static str,
    /// The documented parameters; `None` where the handler looks for its own.
    params: Option<&'static [&'static str]>,
    run: Handler,
}

const fn page(verb: &'static str, path: &'static str, run: Handler) -> Site {
    Site { verb, path, params: None, run }
}

const fn tokens(verb: &'static str, path: &'static str, params: &'static [&'static str], run: Handler) -> Site {
    Site { verb, path, params: Some(params), run }
}

static SITE: &[Site] = &[
    page("GET", "/", pages::index),
    page("GET", "/oauth/authorize", oauth::show),
    page("POST", "/oauth/authorize", oauth::decide),
    tokens("POST", "/oauth/access_token", &oauth::BY_CODE, oauth::by_code),
    tokens("GET", "/access_token", &oauth::EXCHANGE, oauth::exchange),
    tokens("GET", "/refresh_access_token", &oauth::REFRESH, oauth::refresh),
    page("GET", "/avatar.png", pages::avatar),
    page("GET", "/media/:id", pages::file),
    page("GET", "/cover/:id", pages::cover),
    page("GET", "/p/:id", pages::post),
    page("GET", "/reel/:id", pages::post),
    page("GET", "/stories/:who/:id", pages::story),
    page("GET", "/:id", pages::profile),
];

/// Where a call goes.
enum Target<'a> {
    Site(&'static Site, String),
    /// The API: what is below the version, and its major number.
    Api(&'a str, u32),
}

/// The newest version, for paths without one where a setting lets them through.
const NEWEST: u32 = 26;

fn target<'a>(state: &State, call: &'a Call, now: jiff::Timestamp) -> Result<Target<'a>, GraphError> {
    let split = version::split(&call.path, now);
    let below = split.map_or(call.path.as_str(), |(_, below)| below);
    // A slash at the end changes nothing: permalinks have one.
    let path = |path: &'a str| if path.len() > 1 { path.trim_end_matches('/') } else { path };
    let fits = SITE.iter().filter(|site| site.verb == call.method.as_str());
    // Tokens are given out with and without a version; pages have none.
    let place = |site: &Site| path(if site.params.is_some() { below } else { &call.path });
    let found = fits.filter_map(|site| capture(site.path, place(site)).map(|id| (site, id)));
    let found = found.min_by_key(|(_, id)| !id.is_empty());
    let loose = state.instagram.settings.unversioned_paths;
    // What comes with a token is meant for the API, which is nowhere without a version.
    let meant = call.bearer().is_some() || call.query.contains("access_token=");
    match (found, split) {
        (Some((site, id)), None) if id.is_empty() || !meant => Ok(Target::Site(site, id)),
        (Some((site, id)), Some(_)) if site.params.is_some() => Ok(Target::Site(site, id)),
        (_, Some((version, below))) => Ok(Target::Api(below, major(version))),
        (_, None) if loose => Ok(Target::Api(below, NEWEST)),
        _ => Err(GraphError::no_path(&call.path)),
    }
}

fn major(version: &str) -> u32 {
    version.trim_start_matches('v').split('.').next().and_then(|number| number.parse().ok()).unwrap_or(NEWEST)
}

/// Answers a call.
pub(crate) async fn answer(core: &Core, call: &Call) -> Response {
    match core.with(|state| target(state, call, core.now())) {
        Ok(Target::Api(below, version)) => {
            serve::api(core, call, below, |state| door(core, state, call, version)).await
        }
        Ok(Target::Site(site, id)) => core.with(|state| serve::told(core, call, at(core, state, call, site, id))),
        Err(error) => serve::told(core, call, Err(error)),
    }
}

/// Answers a call that is none of the API.
fn at(core: &Core, state: &mut State, call: &Call, site: &Site, id: String) -> Result<Answer, GraphError> {
    let params = if site.params.is_some() { Params::read(call)? } else { Params::default() };
    site.params.map_or(Ok(()), |known| params.only(&[known]))?;
    let (now, pulled) = (core.now(), Fetched::new());
    (site.run)(&mut Scene { core, state, call, now, params, door: None, id, pulled })
}

/// The door of whoever calls.
fn door(core: &Core, state: &mut State, call: &Call, version: u32) -> Result<Door, GraphError> {
    let (now, params, id) = (core.now(), Params::read(call)?, String::new());
    let scene = Scene { core, state, call, now, params, door: None, id, pulled: Fetched::new() };
    let text = scene.token()?;
    let token = living(&scene, text)?;
    if let Some(given) = scene.params.text("appsecret_proof") {
        let app = scene.at().apps.get(&token.grant.app_id);
        if app.is_none_or(|app| signed::proof(&app.secret, text) != given) {
            return Err(GraphError::new(
                Kind::GraphMethod,
                100,
                "Invalid appsecret_proof provided in the API argument",
            ));
        }
    }
    let grant = &token.grant;
    if scene.at().settings.personal == Personal::Calls && oauth::personal(&scene, &grant.person) {
        return Err(oauth::not_professional());
    }
    Ok(Door {
        login: Login::Instagram,
        app_id: grant.app_id.clone(),
        accounts: vec![grant.person.clone()],
        writable: vec![grant.person.clone()],
        scopes: grant.scopes.clone(),
        version,
        page: false,
    })
}

/// A token that still opens something. The subcodes are Facebook's, as the facts of 2026-11-23 have it.
pub(super) fn living<'a>(scene: &'a Scene<'_>, text: &str) -> Result<&'a Token, GraphError> {
    let (grants, now) = (&scene.at().grants, scene.now);
    let Some(token) = grants.get(text) else { return grants.living(text, now) };
    let account = scene.at().accounts.get(&token.grant.person);
    let changed = account.and_then(|account| account.password_changed_at);
    if changed.is_some_and(|changed| token.grant.at <= changed) {
        let why = "Error validating access token: The session has been invalidated because the user changed their \
                   password or Facebook has changed the session for security reasons.";
        return Err(GraphError::token(why).with_subcode(460));
    }
    let subcode = if token.revoked { 458 } else { 463 };
    token.check(now).map(|()| token).map_err(|error| error.with_subcode(subcode))
}

/// Too many calls, as a fault has it; with or without the headers that say for how long.
pub(crate) fn rate_limited(core: &Core, call: &Call, seconds: u32, headers: bool) -> Response {
    let (error, who) = core.with(|state| {
        let account = caller(state, call).and_then(|name| state.instagram.accounts.get(name));
        (throttled(state), account.map_or_else(|| NAME.to_owned(), |account| account.id.to_string()))
    });
    let mut response = error.response(&trace(core, call));
    if headers {
        tell(&mut response, &who, &Standing::spent(core.now(), i64::from(seconds)));
    }
    response
}

/// The answer to a token that is over.
pub(crate) fn expired(core: &Core, call: &Call) -> Response {
    let error = GraphError::token("Error validating access token: Session has expired.").with_subcode(463);
    error.response(&trace(core, call))
}

/// What is told with a status when there is nothing better to say.
pub(crate) fn of_status(core: &Core, call: &Call, status: StatusCode) -> Response {
    GraphError::of_status(status).response(&trace(core, call))
}

/// The user name of the account whose token came with a call, dead or alive.
pub(crate) fn caller<'a>(state: &'a State, call: &Call) -> Option<&'a str> {
    let given = sent(call).into_iter().find(|(name, _)| name == "access_token").map(|(_, value)| value);
    let token = given.or_else(|| call.bearer().map(str::to_owned))?;
    Some(state.instagram.grants.get(&token)?.grant.person.as_str())
}

/// What a call sent, one parameter a line, for fault rules that wait for a text.
pub(crate) fn seen(call: &Call) -> String {
    graph::lines(sent(call))
}

/// The caption of the container that a call publishes, which it names by its id alone.
pub(crate) fn about(state: &State, call: &Call) -> Option<String> {
    caption(state, &sent(call))
}

/// The caption of the container that a call publishes.
pub(crate) fn caption(state: &State, sent: &[(String, String)]) -> Option<String> {
    let (_, id) = sent.iter().find(|(name, _)| name == "creation_id")?;
    state.instagram.containers.get(&ids::read(id)?)?.content.caption.clone()
}

fn sent(call: &Call) -> Vec<(String, String)> {
    let mut sent = call.params();
    sent.extend(params::body(call).unwrap_or_default());
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_a_number() {
        assert_eq!(["v26.0", "v22.0"].map(major), [26, 22]);
    }

    #[test]
    fn no_two_pages_are_the_same() {
        for (number, site) in SITE.iter().enumerate() {
            let twin = |other: &&Site| other.path == site.path && other.verb == site.verb;
            assert_eq!(SITE.iter().skip(number + 1).filter(twin).count(), 0, "{}", site.path);
        }
    }
}
