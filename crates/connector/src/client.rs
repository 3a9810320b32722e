//! The one client through which everything leaves.
//!
//! It refuses private addresses, follows no redirect, caps time and size, and
//! never retries: whether to send again is the engine's decision.

mod download;
mod socket;
mod upload;

use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderName, HeaderValue};

use crate::guard::{GuardedResolver, OpenHosts, ResolveError, check_reachable, check_url};
use crate::http::{Method, Request, Response, Transport, TransportError};

pub use download::{Download, patient};
pub use upload::{BlobReader, BlobStream};

/// The guarded client.
#[derive(Clone)]
pub struct Client {
    inner: reqwest::Client,
    /// HTTP/1.1 only: a WebSocket begins there.
    sockets: reqwest::Client,
    open: OpenHosts,
    blobs: Option<Arc<dyn BlobReader>>,
    pages: BTreeMap<String, String>,
}

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection is kept for the next call. Shorter than the 5 s after which
/// common servers hang up (Node.js `keepAliveTimeout`): a call on a connection that
/// is being closed would have an unknown outcome.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

impl Client {
    /// A client that may reach public addresses and the hosts the operator opened.
    ///
    /// `agent` names the product and version to the platforms.
    pub fn new(open: OpenHosts, agent: &str) -> Result<Self, TransportError> {
        let build = |builder: reqwest::ClientBuilder| {
            builder.build().map_err(|error| TransportError::Invalid(error.to_string()))
        };
        let inner = build(builder(&open, agent))?;
        let sockets = build(builder(&open, agent).http1_only())?;
        Ok(Self { inner, sockets, open, blobs: None, pages: BTreeMap::new() })
    }

    /// The same client, that can send stored files.
    #[must_use]
    pub fn with_blobs(mut self, blobs: Arc<dyn BlobReader>) -> Self {
        self.blobs = Some(blobs);
        self
    }

    /// The same client, that knows where people read what is on certain servers: an origin each.
    #[must_use]
    pub fn with_pages(mut self, pages: BTreeMap<String, String>) -> Self {
        self.pages = pages;
        self
    }

    fn build(&self, request: &Request, authorization: Option<&str>) -> Result<reqwest::Request, TransportError> {
        let invalid = |error: &dyn std::fmt::Display| TransportError::Invalid(error.to_string());
        let url = reqwest::Url::parse(&request.url).map_err(|error| invalid(&error))?;
        check_url(&url, &self.open)?;
        let mut out = reqwest::Request::new(method(request.method), url);
        for (name, value) in &request.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| invalid(&error))?;
            out.headers_mut().insert(name, HeaderValue::from_str(value).map_err(|error| invalid(&error))?);
        }
        if let Some(value) = authorization {
            let mut value = HeaderValue::from_str(value).map_err(|error| invalid(&error))?;
            value.set_sensitive(true);
            out.headers_mut().insert(AUTHORIZATION, value);
        }
        *out.timeout_mut() = Some(request.timeout);
        if !request.method.is_safe() {
            *out.body_mut() = Some(self.body(request, out.headers_mut())?);
        }
        Ok(out)
    }

    fn body(
        &self,
        request: &Request,
        headers: &mut reqwest::header::HeaderMap,
    ) -> Result<reqwest::Body, TransportError> {
        let Some(attached) = &request.attached else { return Ok(request.body.clone().into()) };
        let missing = || TransportError::Invalid("this client has no access to stored files".to_owned());
        let blobs = self.blobs.clone().ok_or_else(missing)?;
        // Some front ends refuse a body of unknown length.
        headers.insert(CONTENT_LENGTH, HeaderValue::from(request.length()));
        Ok(upload::body(blobs, request.body.clone(), attached.clone()))
    }
}

/// What both kinds of connection have in common.
fn builder(open: &OpenHosts, agent: &str) -> reqwest::ClientBuilder {
    #[expect(clippy::disallowed_methods, reason = "this is the home of the one outgoing client")]
    let builder = reqwest::Client::builder();
    builder
        .user_agent(agent)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .dns_resolver(Arc::new(GuardedResolver::new(open.clone())))
        .no_proxy()
}

#[async_trait]
impl Transport for Client {
    async fn exchange(&self, request: &Request, authorization: Option<&str>) -> Result<Response, TransportError> {
        if request.method.is_socket() {
            return socket::talk(&self.sockets, &self.open, request).await;
        }
        let built = self.build(request, authorization)?;
        let response = self.inner.execute(built).await.map_err(|error| classify(&error))?;
        read(response, request.max_answer).await
    }

    async fn download(&self, url: &str) -> Result<Download, TransportError> {
        // As it is: a length that is checked must be that of the bytes which arrive.
        let mut request = self.build(&Request::get(url).header("accept-encoding", "identity"), None)?;
        *request.timeout_mut() = None;
        download::begin(self.inner.execute(request)).await
    }

    async fn check(&self, url: &str) -> Result<(), TransportError> {
        let url = reqwest::Url::parse(url).map_err(|error| TransportError::Invalid(error.to_string()))?;
        check_reachable(&url, &self.open).await
    }

    fn pages(&self, host: &str) -> Option<String> {
        self.pages.get(host).cloned()
    }
}

async fn read(response: reqwest::Response, limit: usize) -> Result<Response, TransportError> {
    let (status, headers) = (response.status().as_u16(), headers(&response));
    let mut body = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| TransportError::NoAnswer(chain(&error)))?;
        if body.len() + chunk.len() > limit {
            return Err(TransportError::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response { status, headers, body })
}

/// The headers as text; what is none is left out.
fn headers(response: &reqwest::Response) -> BTreeMap<String, String> {
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    response.headers().iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?))).collect()
}

fn classify(error: &reqwest::Error) -> TransportError {
    match resolve_error(error) {
        Some(ResolveError::Unknown(host)) => TransportError::UnknownHost { host: host.clone() },
        Some(ResolveError::Private(host)) => TransportError::PrivateAddress { host: host.clone() },
        None if error.is_connect() => TransportError::NotConnected(chain(error)),
        None if error.is_builder() => TransportError::Invalid(chain(error)),
        None => TransportError::NoAnswer(chain(error)),
    }
}

fn resolve_error(error: &reqwest::Error) -> Option<&ResolveError> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(found) = cause.downcast_ref::<ResolveError>() {
            return Some(found);
        }
        source = cause.source();
    }
    None
}

/// The whole chain of causes, without the address: it may hold a query we do not log.
fn chain(error: &reqwest::Error) -> String {
    let mut text = String::from("the call failed");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get | Method::Ask => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post | Method::Tell => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

#[cfg(test)]
mod tests;
