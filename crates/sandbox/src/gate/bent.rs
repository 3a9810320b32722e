//! Answers that a fault bends: another status, too many requests, half a body, none.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use serde_json::Value;

use super::{Call, DRAIN_LIMIT, Family, json_response};
use crate::bluesky::errors::Refusal;
use crate::bluesky::points::Standing;
use crate::faults::Hints;
use crate::{Core, bluesky, facebook, instagram, mastodon, threads};

/// How long half an answer has to leave before the connection is cut.
const PAUSE: Duration = Duration::from_millis(20);

/// The answer of a status fault: its own body, or the platform's for that status.
pub(super) fn fault_response(core: &Core, call: &Call, code: u16, body: Option<Value>) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match body {
        Some(Value::String(text)) => (status, text).into_response(),
        Some(json) => json_response(status, Some(&json)),
        None if call.family == Some(Family::Threads) => threads::of_status(core, call, status),
        None if call.family == Some(Family::Instagram) => instagram::of_status(core, call, status),
        None if call.family == Some(Family::Facebook) => facebook::of_status(core, call, status),
        None if call.instance.is_some() => mastodon::Refusal::of_status(status).response(),
        None => json_response(status, Some(&Refusal::of_status(status).body())),
    }
}

/// Too many requests, told as the platform tells it: Bluesky has headers of its
/// own and no `Retry-After`; a webhook receiver has that one.
pub(super) fn rate_limited(core: &Core, call: &Call, seconds: u32, hints: Hints) -> Response {
    let own = matches!(hints, Hints::Platform | Hints::Both);
    let mut response = match call.family {
        Some(Family::Threads) => threads::rate_limited(core, call, seconds, own),
        Some(Family::Instagram) => instagram::rate_limited(core, call, seconds, own),
        Some(Family::Facebook) => facebook::rate_limited(core, call, seconds, own),
        _ => counted(core, call, seconds, own),
    };
    let simple = own && call.inbox().is_some();
    if simple || matches!(hints, Hints::RetryAfter | Hints::Both) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// A 429, with the platform's own headers or without.
fn counted(core: &Core, call: &Call, seconds: u32, own: bool) -> Response {
    let dialect = dialect(core, call);
    let refusal = Refusal::rate_limited();
    let mut response = match dialect {
        Some(dialect) => dialect.refuse(&mastodon::Wrong::TooMany).response(),
        None => json_response(refusal.status, Some(&refusal.body())),
    };
    let standing = Standing::spent(core.now(), i64::from(seconds));
    match dialect {
        Some(dialect) if own => mastodon::tell(dialect, &mut response, &standing),
        None if own && call.inbox().is_none() => bluesky::set_headers(&mut response, &standing),
        _ => {}
    }
    response
}

/// The program of the instance that was called.
fn dialect(core: &Core, call: &Call) -> Option<mastodon::Dialect> {
    call.instance.as_deref().and_then(|name| core.with(|state| Some(state.instances.get(name)?.dialect)))
}

/// The answer to an access token that is over.
pub(super) fn expired(core: &Core, call: &Call) -> Response {
    match call.family {
        Some(Family::Threads) => return threads::expired(core, call),
        Some(Family::Instagram) => return instagram::expired(core, call),
        Some(Family::Facebook) => return facebook::expired(core, call),
        Some(Family::Fediverse) | None => {}
    }
    match dialect(core, call) {
        Some(dialect) => dialect.refuse(&mastodon::Wrong::Expired).response(),
        None => {
            let refusal = Refusal::named("ExpiredToken", "Token has expired");
            json_response(refusal.status, Some(&refusal.body()))
        }
    }
}

/// The first half of an answer that promises the whole: the connection ends before it came.
pub(super) async fn truncated(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = to_bytes(body, DRAIN_LIMIT).await.unwrap_or_default();
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len().max(1)));
    let half = whole.slice(..whole.len() / 2);
    // The pause lets the half leave before the connection is cut.
    let cut = async {
        tokio::time::sleep(PAUSE).await;
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted))
    };
    let frames = futures::stream::once(async { Ok::<Bytes, _>(half) }).chain(futures::stream::once(cut));
    Response::from_parts(parts, Body::from_stream(frames))
}

/// The nearest thing to a dropped connection where the connection is not ours:
/// a body that fails before its first byte.
pub(super) fn broken_off() -> Response {
    let error = std::io::Error::from(std::io::ErrorKind::ConnectionAborted);
    let frames = futures::stream::iter([Err::<Bytes, _>(error)]);
    Response::new(Body::from_stream(frames))
}
