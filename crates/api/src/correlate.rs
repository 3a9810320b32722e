//! The outermost layer: a correlation id for every request, the bodies of
//! problems, and headers that every answer carries.

use std::any::Any;
use std::convert::Infallible;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use postrider_domain::Code;
use postrider_domain::source::{Entropy, bytes};
use tracing::Instrument as _;

use crate::Api;
use crate::problem::Problem;

/// The header that names a request, so that a person can quote it and the operator find it.
const CORRELATION: HeaderName = HeaderName::from_static("x-correlation-id");

/// The number of the request that is being answered.
#[derive(Clone, Default)]
pub(crate) struct Correlation(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Correlation {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// Runs a request under its correlation id and finishes the answer.
pub(crate) async fn correlate(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let id = new_id(api.app.store.entropy().as_ref());
    request.extensions_mut().insert(Correlation(id.clone()));
    // The path only: a query may carry a token.
    let span = tracing::info_span!("request", id = %id, method = %request.method(), path = request.uri().path());
    let mut response = next.run(request).instrument(span).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = with_body(response, &problem, &id);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(CORRELATION, value);
    }
    secure(response.headers_mut());
    response
}

fn new_id(entropy: &dyn Entropy) -> String {
    bytes::<8>(entropy).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn with_body(response: Response, problem: &Problem, id: &str) -> Response {
    let (mut parts, _) = response.into_parts();
    let body = serde_json::to_vec(&problem.body(id)).unwrap_or_default();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}

/// Headers against sniffing, framing and leaking addresses; a handler's own win.
fn secure(headers: &mut HeaderMap) {
    const FIXED: [(HeaderName, &str); 4] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        // Answers are somebody's own; nothing in between may keep them.
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in FIXED {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// A panic is our fault and ends one request, not the process.
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let what = panic.downcast_ref::<&str>().copied().map(str::to_owned);
    let what = what.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(panic = what, "a handler panicked");
    axum::response::IntoResponse::into_response(Problem::of(Code::Internal))
}
