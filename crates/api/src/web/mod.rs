//! The web app's files as answers. They are the same for everybody, so they are answered
//! before anybody is asked who they are.
//!
//! What is in a folder of hashed names never changes and is kept for ever; a page is asked
//! for again each time. An address that is no file gets the app's one page, which then
//! finds its screen, but only where a browser asks for a page: a program, and a script that
//! an older page wants, must learn that what they asked for is not here.

mod accept;
mod shell;

use std::collections::BTreeMap;
use std::io::Read as _;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::read::GzDecoder;
use sha2::{Digest as _, Sha256};

use self::accept::Coding;
use self::shell::{Look, Shell};
use crate::Api;
use crate::bytes::matches;

/// A file of the app as it was built.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// Its address below `/`.
    pub path: &'static str,
    /// Its bytes; left out where `gzip` has them.
    pub plain: Option<&'static [u8]>,
    /// The same for clients that take gzip.
    pub gzip: Option<&'static [u8]>,
    /// The same for clients that take Brotli.
    pub brotli: Option<&'static [u8]>,
}

/// The name under which a build leaves the page for every screen.
const SHELL: &str = "200.html";

/// First segments of addresses that are the server's own: what is not there is a problem, never a page.
const OURS: &[&str] = &["api", "connect", "healthz", "media", "metrics", "readyz"];

/// Names in here carry a hash of what they hold.
const HASHED: &str = "_app/immutable/";

/// The whole app, ready to be answered with.
#[derive(Debug)]
pub struct Site {
    files: BTreeMap<&'static str, (File, String)>,
    shell: Shell,
}

impl Site {
    /// The app made of these files; nothing without its page.
    pub fn new(files: &[File]) -> Option<Self> {
        let page = files.iter().find(|file| file.path == SHELL)?;
        let page = String::from_utf8(plain(page)?.to_vec()).ok()?;
        let others = files.iter().filter(|file| file.path != SHELL);
        let files = others.map(|file| (file.path, (*file, digest(stored(file))))).collect();
        Some(Self { files, shell: Shell::new(&page) })
    }

    /// The answer, when the address is the app's.
    fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return None;
        }
        let name = path.strip_prefix('/')?;
        let found = match self.files.get(name) {
            Some((file, digest)) => self.file(file, digest, headers)?,
            None if name.is_empty() || (is_screen(name) && accept::page(headers)) => self.page(headers),
            None => return None,
        };
        Some(found.answer(headers, *method == Method::HEAD))
    }

    fn file(&self, file: &File, digest: &str, headers: &HeaderMap) -> Option<Found> {
        let (coding, bytes) = match accept::coding(headers, file.brotli.is_some(), file.gzip.is_some()) {
            Coding::Brotli => (Coding::Brotli, Bytes::from_static(file.brotli?)),
            Coding::Gzip => (Coding::Gzip, Bytes::from_static(file.gzip?)),
            Coding::Identity => (Coding::Identity, plain(file)?),
        };
        let kind = kind(file.path);
        Some(Found {
            tag: tag(digest, coding),
            coding,
            bytes,
            kind,
            cache: cache(file.path),
            vary: (file.brotli.is_some() || file.gzip.is_some()).then_some("accept-encoding"),
            // A worker is held to what its own script says.
            policy: kind.starts_with("text/javascript").then(|| self.shell.policy.clone()),
            is_page: false,
        })
    }

    fn page(&self, headers: &HeaderMap) -> Found {
        let page = self.shell.page(Look::wanted(headers));
        let coding = accept::coding(headers, false, true);
        let bytes = if coding == Coding::Gzip { &page.gzip } else { &page.plain };
        Found {
            tag: tag(&page.digest, coding),
            coding,
            bytes: bytes.clone(),
            kind: kind(SHELL),
            cache: ASK_AGAIN,
            vary: Some("accept-encoding, cookie"),
            policy: Some(self.shell.policy.clone()),
            is_page: true,
        }
    }
}

/// Answers what is the web app's, and passes everything else on.
pub(crate) async fn first(State(api): State<Api>, request: Request, next: Next) -> Response {
    let site = api.options.web.as_ref();
    match site.and_then(|site| site.answer(request.method(), request.uri().path(), request.headers())) {
        Some(response) => response,
        None => next.run(request).await,
    }
}

/// Whether an address may be a screen. A name with a dot is a file's, and files are listed.
fn is_screen(name: &str) -> bool {
    let first = name.split('/').next().unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or_default();
    !OURS.contains(&first) && first != "_app" && !last.contains('.')
}

/// Kept, but asked about before each use.
const ASK_AGAIN: &str = "no-cache";

fn cache(path: &str) -> &'static str {
    match path {
        _ if path.starts_with(HASHED) => "public, max-age=31536000, immutable",
        // The build's version, by which an open page learns that there is a newer one.
        _ if path.starts_with("_app/") => ASK_AGAIN,
        _ => "public, max-age=3600",
    }
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "xml" => "application/xml",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "gif" => "image/gif",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "mp4" => "video/mp4",
        _ => "application/octet-stream",
    }
}

/// What the build stored, in whichever form.
fn stored(file: &File) -> &'static [u8] {
    file.plain.or(file.gzip).or(file.brotli).unwrap_or_default()
}

/// The bytes themselves. Clients that take no gzip are rare enough to unpack for.
fn plain(file: &File) -> Option<Bytes> {
    match (file.plain, file.gzip) {
        (Some(plain), _) => Some(Bytes::from_static(plain)),
        (None, Some(gzip)) => {
            let mut bytes = Vec::new();
            GzDecoder::new(gzip).read_to_end(&mut bytes).ok()?;
            Some(Bytes::from(bytes))
        }
        (None, None) => None,
    }
}

fn digest(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes)[..12])
}

/// A strong tag names the bytes that are sent, so each coding has one of its own.
fn tag(digest: &str, coding: Coding) -> String {
    match coding.name() {
        Some(name) => format!("\"{digest}.{name}\""),
        None => format!("\"{digest}\""),
    }
}

/// What an address leads to, in the form that the client takes.
struct Found {
    tag: String,
    coding: Coding,
    bytes: Bytes,
    kind: &'static str,
    cache: &'static str,
    vary: Option<&'static str>,
    policy: Option<HeaderValue>,
    is_page: bool,
}

impl Found {
    fn answer(self, headers: &HeaderMap, head_only: bool) -> Response {
        let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let mut response = if known.is_some_and(|known| matches(known, &self.tag)) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let body = if head_only { Body::empty() } else { Body::from(self.bytes.clone()) };
            let mut response = Response::new(body);
            self.describe_body(response.headers_mut());
            response
        };
        self.describe(response.headers_mut());
        response
    }

    fn describe_body(&self, fields: &mut HeaderMap) {
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        fields.insert(header::CONTENT_LENGTH, HeaderValue::from(self.bytes.len()));
        if let Some(name) = self.coding.name() {
            fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
        }
    }

    /// What "not modified" says too: a browser lays it over what it has kept.
    fn describe(self, fields: &mut HeaderMap) {
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.cache));
        fields.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
        if let Ok(tag) = HeaderValue::from_str(&self.tag) {
            fields.insert(header::ETAG, tag);
        }
        if let Some(vary) = self.vary {
            fields.insert(header::VARY, HeaderValue::from_static(vary));
        }
        if let Some(policy) = self.policy {
            fields.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        if self.is_page {
            fields.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
            fields.insert(PERMISSIONS_POLICY, HeaderValue::from_static(PERMISSIONS));
        }
    }
}

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// What the app never asks a browser for. Writing to the clipboard stays as it is.
const PERMISSIONS: &str = "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), \
                           gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), \
                           xr-spatial-tracking=()";

#[cfg(test)]
mod tests;
