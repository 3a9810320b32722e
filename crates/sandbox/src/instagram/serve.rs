//! Answering calls of the API from whichever host: fetching, budgets, the headers that say what is left.

use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::door::Door;
use super::scene::{Answer, Fetched};
use super::{NAME, api};
use crate::Core;
use crate::bluesky::points::{Limit, Standing};
use crate::gate::{Call, json_response};
use crate::graph::error::{GraphError, Kind};
use crate::graph::{pull, usage};
use crate::state::{State, digest};

/// Answers a call of the API. What it asks to be fetched is fetched first, outside the lock; `door` lets its caller
/// in, before and after.
pub(crate) async fn api(
    core: &Core,
    call: &Call,
    below: &str,
    door: impl Fn(&mut State) -> Result<Door, GraphError>,
) -> Response {
    let orders = core.with(|state| match door(state) {
        Ok(door) => api::orders(core, state, call, below, &door),
        Err(_) => Vec::new(),
    });
    let mut pulled = Fetched::new();
    for order in orders {
        let client = core.puller.get_or_init(pull::client);
        pulled.push(pull::fetch(client, &order.address, order.limit, core.keep_bytes).await);
    }
    for why in pulled.iter().filter_map(|pulled| pulled.as_ref().err()) {
        tracing::debug!(?why, "media not fetched");
    }
    core.with(|state| match door(state) {
        Ok(door) => charged(core, state, call, below, &door, pulled),
        Err(error) => told(core, call, Err(error)),
    })
}

fn charged(core: &Core, state: &mut State, call: &Call, below: &str, door: &Door, pulled: Fetched) -> Response {
    let standing = charge(core, state, door, below);
    let over = standing.as_ref().is_some_and(|(_, standing)| standing.exceeded);
    let answer = if over { Err(throttled(state)) } else { api::run(core, state, call, below, door, pulled) };
    let mut response = told(core, call, answer);
    standing.iter().for_each(|(who, standing)| tell(&mut response, who, standing));
    response
}

/// What a handler said, as an answer.
pub(super) fn told(core: &Core, call: &Call, answer: Result<Answer, GraphError>) -> Response {
    match answer {
        Ok(Answer::Whole(response)) => response,
        Ok(Answer::Json(body)) => json_response(StatusCode::OK, Some(&body)),
        Err(error) => error.response(&trace(core, call)),
    }
}

/// Charges a call to the budget of its app for the account that it is about; whose it is.
fn charge(core: &Core, state: &mut State, door: &Door, below: &str) -> Option<(String, Standing)> {
    const DAY: i64 = 86_400;
    let points = state.instagram.settings.calls_per_day?;
    let named = |account: &&super::Account| below.split('/').any(|step| step == account.id.to_string());
    let mut reached = door.accounts.iter().filter_map(|name| state.instagram.accounts.get(name));
    let first = reached.clone().next()?;
    let account = reached.find(named).unwrap_or(first).id.to_string();
    let limit = Limit { name: "instagram-calls", points, seconds: DAY, aligned: false };
    let key = format!("{} {account}", door.app_id);
    Some((account, state.windows.charge(&[limit], &key, 1, core.now())?))
}

/// Too many calls, with the code that is set.
pub(super) fn throttled(state: &State) -> GraphError {
    let code = state.instagram.settings.throttle_code;
    let message = match code {
        80_002 => "(#80002) There have been too many calls to this Instagram account. Wait a bit and try again.",
        17 => "(#17) User request limit reached",
        32 => "(#32) Page request limit reached",
        613 => "(#613) Calls to this api have exceeded the rate limit.",
        _ => "(#4) Application request limit reached",
    };
    GraphError::new(Kind::OAuth, code, message).soon()
}

/// The usage headers.
pub(super) fn tell(response: &mut Response, who: &str, standing: &Standing) {
    usage::app(response, standing);
    if standing.exceeded {
        usage::wait(response, who, NAME, standing.wait);
    }
}

/// The `fbtrace_id`: of the call and its moment, not drawn, because a draw would have to be kept.
pub(super) fn trace(core: &Core, call: &Call) -> String {
    let now = core.now().as_nanosecond().to_be_bytes();
    let parts = [&core.seed.to_be_bytes()[..], &now, call.path.as_bytes(), call.query.as_bytes(), &call.body];
    format!("A{}", &URL_SAFE_NO_PAD.encode(digest(&parts))[..22])
}
