//! Requests as values, so that they can be hashed, compared and recorded.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
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
    /// A question over a WebSocket: changes nothing.
    Ask,
    /// A message over a WebSocket that changes something.
    Tell,
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
            Method::Ask => "ASK",
            Method::Tell => "TELL",
        }
    }

    /// Whether the protocol promises that nothing changes.
    pub const fn is_safe(self) -> bool {
        matches!(self, Method::Get | Method::Head | Method::Ask)
    }

    /// Whether it goes over a WebSocket.
    pub const fn is_socket(self) -> bool {
        matches!(self, Method::Ask | Method::Tell)
    }
}

/// Which credential goes into `Authorization`; the value is filled in when sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authorization {
    /// None.
    None,
    /// `Bearer`, with the credential of this name.
    Bearer(&'static str),
    /// `OAuth`, with the credential of this name: what servers take that receive files for Graph APIs.
    OAuth(&'static str),
    /// `Basic`, with the credential of this name, which is `user:password` and encoded when it is sent.
    Basic(&'static str),
    /// The parameter `access_token` of the address, with the credential of this name: what Graph APIs document.
    Parameter(&'static str),
}

/// A stored file, or a stretch of it, that is streamed when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// Where the store keeps it.
    pub key: String,
    /// SHA-256 of the whole file.
    pub sha256: [u8; 32],
    /// Where the stretch begins, in bytes.
    pub offset: u64,
    /// How long it is, in bytes.
    pub len: u64,
}

impl Blob {
    /// A stretch of it; cut where the file ends.
    #[must_use]
    pub fn stretch(&self, offset: u64, len: u64) -> Self {
        let offset = offset.min(self.len);
        let len = len.min(self.len - offset);
        Self { offset: self.offset + offset, len, ..self.clone() }
    }
}

/// What follows the bytes of a request's body: a stored file, and bytes behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// The file.
    pub blob: Blob,
    /// What comes after it, such as the end of a form.
    pub tail: Vec<u8>,
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
    /// The bytes of the body, or its beginning where something is attached.
    pub body: Vec<u8>,
    /// A stored file that is streamed after `body`.
    pub attached: Option<Attached>,
    /// For [`Method::Ask`] and [`Method::Tell`]: the exchange is over when a message is a JSON
    /// array that begins with one of these words. The answer's body is the JSON array of all messages.
    pub until: &'static [&'static str],
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
            .field("body_bytes", &self.length())
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
            attached: None,
            until: &[],
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

    /// A POST of a form (`application/x-www-form-urlencoded`), its fields in this order.
    pub fn post_form(url: impl Into<String>, fields: &[(&str, &str)]) -> Self {
        let mut request = Self::new(Method::Post, url).header("content-type", "application/x-www-form-urlencoded");
        request.body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes();
        request
    }

    /// A question (`safe`) or a message over a WebSocket, and the words that end the exchange.
    pub fn socket(url: impl Into<String>, safe: bool, message: String, until: &'static [&'static str]) -> Self {
        let method = if safe { Method::Ask } else { Method::Tell };
        Self { body: message.into_bytes(), until, ..Self::new(method, url) }
    }

    /// A stored file as the whole body. The time limit grows with its size.
    #[must_use]
    pub fn attach(self, blob: Blob) -> Self {
        self.attach_before(blob, Vec::new())
    }

    fn attach_before(mut self, blob: Blob, tail: Vec<u8>) -> Self {
        self.timeout += Duration::from_secs(blob.len / SLOWEST_UPLOAD);
        self.attached = Some(Attached { blob, tail });
        self
    }

    /// A form (RFC 7578) with fields and one stored file. The boundary follows from the content, so
    /// that equal forms have equal bytes.
    pub fn multipart(mut self, fields: &[(&str, &str)], file: &FormFile<'_>) -> Self {
        let boundary = boundary(fields, file);
        let mut head = String::new();
        for (name, value) in fields {
            let name = escaped(name);
            head += &format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        }
        let (name, file_name) = (escaped(file.field), escaped(file.name));
        head += &format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\n\
             Content-Type: {}\r\n\r\n",
            file.mime
        );
        self.body = head.into_bytes();
        let tail = format!("\r\n--{boundary}--\r\n").into_bytes();
        self.header("content-type", format!("multipart/form-data; boundary={boundary}"))
            .attach_before(file.blob.clone(), tail)
    }

    /// How many bytes the body has, attached ones included.
    pub fn length(&self) -> u64 {
        let attached = self.attached.as_ref().map_or(0, |attached| attached.blob.len + attached.tail.len() as u64);
        self.body.len() as u64 + attached
    }

    /// What an intent for this request says.
    pub fn sends(&self) -> Sends {
        Sends { digest: self.digest(), timeout: self.timeout }
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

    /// Sends the credential of this name after the word `OAuth`.
    #[must_use]
    pub fn oauth(mut self, credential: &'static str) -> Self {
        self.authorization = Authorization::OAuth(credential);
        self
    }

    /// Sends the credential of this name as the parameter `access_token`.
    #[must_use]
    pub fn access_token(mut self, credential: &'static str) -> Self {
        self.authorization = Authorization::Parameter(credential);
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
        // Without a file the hash is what it was before files could be attached.
        if let Some(Attached { blob, tail }) = &self.attached {
            add(&blob.sha256);
            add(&blob.offset.to_be_bytes());
            add(&blob.len.to_be_bytes());
            add(tail);
        }
        Digest(hash.finalize().into())
    }
}

/// The slowest upload that is waited for, in bytes a second.
const SLOWEST_UPLOAD: u64 = 64 * 1024;

/// The file of a form.
#[derive(Debug, Clone, Copy)]
pub struct FormFile<'a> {
    /// The name of its field.
    pub field: &'a str,
    /// The name it is given.
    pub name: &'a str,
    /// Its type.
    pub mime: &'a str,
    /// Its bytes.
    pub blob: &'a Blob,
}

/// Names in a form: quotes and line ends as browsers write them (WHATWG, multipart/form-data).
fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

fn boundary(fields: &[(&str, &str)], file: &FormFile<'_>) -> String {
    let mut hash = Sha256::new();
    for text in fields.iter().flat_map(|(name, value)| [*name, *value]).chain([file.field, file.name, file.mime]) {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.update(file.blob.sha256);
    hash.finalize().iter().take(16).fold(String::from("postrider-"), |text, byte| text + &format!("{byte:02x}"))
}

/// What a step is about to send: its hash, and how long the exchange may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sends {
    /// The hash.
    pub digest: Digest,
    /// The longest the whole exchange may take.
    pub timeout: Duration,
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

    /// Reads a file from an address that a person gave, as it arrives. One request, no redirect.
    async fn download(&self, _url: &str) -> Result<crate::client::Download, TransportError> {
        Err(TransportError::Invalid("this way out reads no files".to_owned()))
    }

    /// Whether the address may be reached, without sending anything: for connections
    /// that must be checked before there is anything to send.
    async fn check(&self, _url: &str) -> Result<(), TransportError> {
        Ok(())
    }

    /// The origin of the pages on which people read what is on a server, where the operator named
    /// one. Without it a network's posts are read where that network's own are.
    fn pages(&self, _host: &str) -> Option<String> {
        None
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
    fn a_form_escapes_what_would_end_a_field() {
        let form = Request::post_form("https://a.example/", &[("code", "a&b=c +é"), ("empty", "")]);
        assert_eq!(form.body, b"code=a%26b%3Dc+%2B%C3%A9&empty=");
        assert_eq!(form.headers["content-type"], "application/x-www-form-urlencoded");
    }

    fn blob() -> Blob {
        Blob { key: "k".into(), sha256: [7; 32], offset: 0, len: 10 }
    }

    #[test]
    fn a_form_is_the_same_bytes_every_time_and_its_file_counts() {
        let form = |name: &str, blob: Blob| {
            let file = FormFile { field: "file", name, mime: "image/png", blob: &blob };
            Request::new(Method::Post, "https://a.example/").multipart(&[("description", "a \"cat\"")], &file)
        };
        let one = form("c\"at.png", blob());
        assert_eq!(one, form("c\"at.png", blob()));
        let text = String::from_utf8(one.body.clone()).expect("the head is text");
        assert!(text.contains("filename=\"c%22at.png\"\r\nContent-Type: image/png\r\n\r\n"), "{text}");
        assert!(text.contains("name=\"description\"\r\n\r\na \"cat\"\r\n"), "{text}");
        let tail = &one.attached.as_ref().expect("a file").tail;
        assert_eq!(one.length(), (one.body.len() + 10 + tail.len()) as u64);
        let other = Blob { sha256: [8; 32], ..blob() };
        assert_ne!(form("cat.png", other).digest(), form("cat.png", blob()).digest());
        let where_it_lies = Blob { key: "elsewhere".into(), ..blob() };
        assert_eq!(form("cat.png", where_it_lies).digest(), form("cat.png", blob()).digest());
    }

    #[test]
    fn a_stretch_ends_with_its_file() {
        let all = blob();
        assert_eq!((all.stretch(4, 3).offset, all.stretch(4, 3).len), (4, 3));
        assert_eq!(all.stretch(8, 100).len, 2);
        assert_eq!(all.stretch(4, 6).stretch(2, 100), Blob { offset: 6, len: 4, ..blob() });
        let request = |blob: Blob| Request::new(Method::Put, "https://a.example/").attach(blob);
        assert_ne!(request(all.stretch(0, 5)).digest(), request(all.stretch(5, 5)).digest());
        let large = Blob { len: 64 * 1024 * 100, ..blob() };
        assert_eq!(request(large).timeout, DEFAULT_TIMEOUT + Duration::from_secs(100));
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
