//! Requests as values, so that they can be hashed, compared and recorded.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::error::Until;

/// The methods connectors use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of HTTP")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }

    /// Whether HTTP promises that nothing changes.
    pub const fn is_safe(self) -> bool {
        matches!(self, Method::Get | Method::Head)
    }
}

/// Which credential goes into `Authorization`; the value is filled in when sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authorization {
    /// None.
    None,
    /// `Bearer`, with the credential of this name.
    Bearer(&'static str),
}

/// One HTTP request. It never holds a token; [`Authorization`] names one.
///
/// Its `Debug` shows only the size of the body: a log-in carries a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The absolute address with its query.
    pub url: String,
    /// Headers besides `Authorization`, lower-case names.
    pub headers: BTreeMap<String, String>,
    /// The bytes of the body.
    pub body: Vec<u8>,
    /// Which credential to send.
    pub authorization: Authorization,
    /// The longest the whole exchange may take.
    pub timeout: Duration,
    /// The most bytes of answer that are read.
    pub max_answer: usize,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .field("authorization", &self.authorization)
            .finish_non_exhaustive()
    }
}

/// How long a call may take unless the connector says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);

/// The most bytes of answer that are read unless the connector says otherwise.
pub const DEFAULT_MAX_ANSWER: usize = 1024 * 1024;

impl Request {
    /// A request without a body.
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            headers: BTreeMap::new(),
            body: Vec::new(),
            authorization: Authorization::None,
            timeout: DEFAULT_TIMEOUT,
            max_answer: DEFAULT_MAX_ANSWER,
        }
    }

    /// A GET.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new(Method::Get, url)
    }

    /// A POST of JSON. Keys keep the order of `value`, so equal values make equal bytes.
    pub fn post_json(url: impl Into<String>, value: &serde_json::Value) -> Self {
        let mut request = Self::new(Method::Post, url).header("content-type", "application/json");
        request.body = value.to_string().into_bytes();
        request
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(name.to_ascii_lowercase(), value.into());
        self
    }

    /// Sends the credential of this name as a bearer token.
    #[must_use]
    pub fn bearer(mut self, credential: &'static str) -> Self {
        self.authorization = Authorization::Bearer(credential);
        self
    }

    /// What will be sent, as a hash: method, address, headers and body, but no token.
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        let mut add = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        add(self.method.as_str().as_bytes());
        add(self.url.as_bytes());
        for (name, value) in &self.headers {
            add(name.as_bytes());
            add(value.as_bytes());
        }
        add(&self.body);
        Digest(hash.finalize().into())
    }
}

/// SHA-256 over what a step sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

/// An answer, read whole.
///
/// Its `Debug` shows only the size of the body: a session's answer carries tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers, lower-case names; a repeated header keeps its last value.
    pub headers: BTreeMap<String, String>,
    /// The bytes of the body.
    pub body: Vec<u8>,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

impl Response {
    /// When `Retry-After` says to come back, as seconds or as a date (RFC 9110, 10.2.3).
    pub fn retry_after(&self) -> Option<Until> {
        let value = self.header("retry-after")?.trim();
        match value.parse::<u64>() {
            Ok(seconds) => Some(Until::After(Duration::from_secs(seconds))),
            Err(_) => http_date(value).map(Until::At),
        }
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The body as JSON of type `T`.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// Whether the status is 2xx.
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

/// An HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The host name does not resolve.
    #[error("the host name {host} does not resolve")]
    UnknownHost {
        /// The name.
        host: String,
    },
    /// The address belongs to a private network, and the operator has not opened it.
    #[error("{host} is a private address")]
    PrivateAddress {
        /// The name or address.
        host: String,
    },
    /// No connection was made: nothing was sent.
    #[error("no connection: {0}")]
    NotConnected(String),
    /// The connection broke or timed out after something may have been sent.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// The answer is larger than the caller reads.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The most that is read.
        limit: usize,
    },
    /// The request cannot be made, such as an address that is not one.
    #[error("not a request: {0}")]
    Invalid(String),
}

impl TransportError {
    /// Whether it is certain that the platform received nothing.
    pub const fn nothing_was_sent(&self) -> bool {
        matches!(
            self,
            Self::UnknownHost { .. } | Self::PrivateAddress { .. } | Self::NotConnected(_) | Self::Invalid(_)
        )
    }
}

/// Something that can exchange a request for an answer.
///
/// `authorization` is the finished header value; implementations must not log it.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends once. It must never retry by itself.
    async fn exchange(&self, request: &Request, authorization: Option<&str>) -> Result<Response, TransportError>;

    /// Whether the address may be reached, without sending anything: for connections
    /// that must be checked before there is anything to send.
    async fn check(&self, _url: &str) -> Result<(), TransportError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request::post_json("https://a.example/x", &serde_json::json!({"b": 1, "a": 2})).bearer("access")
    }

    #[test]
    fn equal_requests_hash_equal_and_every_part_counts() {
        let base = request().digest();
        assert_eq!(base, request().digest());
        let mut others = vec![request().header("X-One", "1"), request(), request(), request()];
        others[1].url.push('y');
        others[2].body.push(b' ');
        others[3].method = Method::Put;
        for other in others {
            assert_ne!(base, other.digest(), "{other:?}");
        }
        let moved = |name: &str, value: &str| request().header(name, value).digest();
        assert_ne!(moved("ab", "c"), moved("a", "bc"), "lengths are part of the hash");
    }

    #[test]
    fn which_token_is_sent_is_not_hashed() {
        let bare = Request { authorization: Authorization::None, ..request() };
        assert_eq!(bare.digest(), request().digest());
    }

    #[test]
    fn debug_shows_no_body() {
        let response = Response { status: 200, headers: BTreeMap::new(), body: b"hunter2".to_vec() };
        let mut request = request();
        request.body = b"hunter2".to_vec();
        let text = format!("{request:?} {response:?}");
        assert!(!text.contains("hunter2") && !text.contains("104, 117"), "{text}");
        assert!(text.contains("body_bytes: 7"), "{text}");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let with = |value: &str| Response {
            status: 429,
            headers: BTreeMap::from([("retry-after".into(), value.into())]),
            body: Vec::new(),
        };
        assert_eq!(with(" 120 ").retry_after(), Some(Until::After(Duration::from_secs(120))));
        let date = with("Sun, 06 Nov 1994 08:49:37 GMT").retry_after();
        assert_eq!(date, Some(Until::At("1994-11-06T08:49:37Z".parse().expect("a time"))));
        for nonsense in ["", "soon", "-3", "99999999999999999999999"] {
            assert_eq!(with(nonsense).retry_after(), None, "{nonsense}");
        }
    }

    #[test]
    fn only_errors_before_sending_say_that_nothing_was_sent() {
        let host = || "h".to_owned();
        for (error, nothing) in [
            (TransportError::UnknownHost { host: host() }, true),
            (TransportError::PrivateAddress { host: host() }, true),
            (TransportError::NotConnected(host()), true),
            (TransportError::Invalid(host()), true),
            (TransportError::NoAnswer(host()), false),
            (TransportError::TooLarge { limit: 1 }, false),
        ] {
            assert_eq!(error.nothing_was_sent(), nothing, "{error}");
        }
    }
}
