//! Refusals in the shape of an XRPC server: a status, a name and a message.

use axum::http::StatusCode;
use serde_json::{Value, json};

/// A refused call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// The `error` member: the name clients branch on.
    pub(crate) name: &'static str,
    /// The `message` member: for people.
    pub(crate) message: String,
}

impl Refusal {
    fn new(status: StatusCode, name: &'static str, message: impl Into<String>) -> Self {
        Self { status, name, message: message.into() }
    }

    /// A 400 with a name of its own.
    pub(crate) fn named(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, name, message)
    }

    /// The usual 400.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::named("InvalidRequest", message)
    }

    /// A call that needs a token came without one.
    pub(crate) fn auth_missing() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "AuthMissing", "Authentication Required")
    }

    /// The caller is known but may not do this, or its password is wrong.
    pub(crate) fn auth_required(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "AuthenticationRequired", message)
    }

    /// A token, access or refresh, that no longer works because of its session.
    pub(crate) fn revoked() -> Self {
        Self::named("ExpiredToken", "Token has been revoked")
    }

    /// The body is too big.
    pub(crate) fn too_large() -> Self {
        Self::of_status(StatusCode::PAYLOAD_TOO_LARGE)
    }

    /// Over the points.
    pub(crate) fn rate_limited() -> Self {
        Self::of_status(StatusCode::TOO_MANY_REQUESTS)
    }

    /// What the real server says when it has nothing better to say with `status`.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let (name, message) = match status.as_u16() {
            401 => ("AuthenticationRequired", "Authentication Required"),
            403 => ("Forbidden", "Forbidden"),
            404 => ("XRPCNotSupported", "XRPC Not Supported"),
            413 => ("PayloadTooLarge", "Payload Too Large"),
            429 => ("RateLimitExceeded", "Rate Limit Exceeded"),
            501 => ("MethodNotImplemented", "Method Not Implemented"),
            502 => ("UpstreamFailure", "Upstream Failure"),
            503 => ("NotEnoughResources", "Not Enough Resources"),
            504 => ("UpstreamTimeout", "Upstream Timeout"),
            400..=499 => ("InvalidRequest", "Invalid Request"),
            _ => ("InternalServerError", "Internal Server Error"),
        };
        Self::new(status, name, message)
    }

    /// The JSON body.
    pub(crate) fn body(&self) -> Value {
        json!({"error": self.name, "message": self.message})
    }
}
