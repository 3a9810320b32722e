//! The one door of the simulated networks: every request is read whole, matched
//! against the fault rules, answered (or not) and logged here.

mod act;
mod bent;
pub(crate) mod template;

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::bluesky::errors::Refusal;
use crate::bluesky::{self, token};
use crate::faults::{Hit, Kind, Target};
use crate::intake::multipart::{self, Form};
use crate::intake::{self, Received};
use crate::log::{self, Entry, blanked, redacted};
use crate::net::Peer;
use crate::state::State;
use crate::{Core, facebook, graph, instagram, mastodon, threads};

/// How much of a body that is too large is still read, so that the client sees
/// the refusal instead of a broken pipe.
const DRAIN_LIMIT: usize = 8 << 20;

/// The largest body that is written to the request log.
const LOG_LIMIT: usize = 64 << 10;

/// A body that was taken in as a stream.
#[derive(Clone, Debug)]
pub(crate) enum Upload {
    /// The call was no upload.
    None,
    /// The body is a file.
    Raw(Received),
    /// The body is a piece of a video.
    Reel(Box<facebook::Part>),
    /// The body is a form, perhaps with files.
    Form(Form),
    /// The body is a piece of a video for a container of Instagram.
    Container(Box<instagram::upload::Part>),
    /// The body cannot be read: why.
    Broken(String),
}

/// What kind of network a port is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// An instance of the fediverse.
    Fediverse,
    /// Threads.
    Threads,
    /// Instagram, with its own log-in.
    Instagram,
    /// Facebook.
    Facebook,
}

/// Says, on the requests of a port, which instance or network that port is.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    pub(crate) name: Arc<str>,
    pub(crate) family: Family,
}

/// A request, read whole.
pub(crate) struct Call {
    /// The HTTP method.
    pub(crate) method: Method,
    /// The path.
    pub(crate) path: String,
    /// The query without its question mark.
    pub(crate) query: String,
    /// All headers.
    pub(crate) headers: HeaderMap,
    /// The whole body; empty for an upload.
    pub(crate) body: Bytes,
    /// What was uploaded.
    pub(crate) upload: Upload,
    /// Where the client came from, without the port.
    pub(crate) address: String,
    /// The base URL the client used.
    pub(crate) base: String,
    /// The instance or network that was called on a port of its own.
    pub(crate) instance: Option<Arc<str>>,
    /// What kind that is.
    pub(crate) family: Option<Family>,
    /// How old the state is that listings show: more than nothing under a fault.
    pub(crate) lag: SignedDuration,
    /// Whether what is uploaded will fail when it is processed: so under a fault.
    pub(crate) spoiled: bool,
}

impl Call {
    /// The XRPC method named by the path; empty for other paths.
    pub(crate) fn nsid(&self) -> &str {
        self.path.strip_prefix("/xrpc/").unwrap_or_default()
    }

    /// The inbox named by the path.
    pub(crate) fn inbox(&self) -> Option<&str> {
        let elsewhere = self.instance.is_some();
        self.path.strip_prefix("/webhook/").filter(|_| !elsewhere)
    }

    /// A header as text; empty when it is absent or not text.
    pub(crate) fn header(&self, name: HeaderName) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }

    /// The bearer token.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.header(header::AUTHORIZATION).strip_prefix("Bearer ")
    }

    /// The query parameters, in order.
    pub(crate) fn params(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }

    /// The DID of the account the request is about: of the token's account, else
    /// the one that the body or the query names.
    fn did(&self, state: &State) -> Option<String> {
        if let Some(claims) = self.bearer().and_then(token::peek) {
            return Some(claims.sub);
        }
        let body: Option<Value> = serde_json::from_slice(&self.body).ok();
        let named = |key: &str| body.as_ref()?.get(key)?.as_str().map(str::to_owned);
        let asked = |key: &str| self.params().into_iter().find(|(k, _)| k == key).map(|(_, v)| v);
        let id = named("identifier")
            .or_else(|| named("repo"))
            .or_else(|| asked("repo"))
            .or_else(|| asked("actor"))
            .or_else(|| asked("handle"))
            .or_else(|| asked("did"))?;
        state.actor(&id).map(|account| account.did.clone())
    }

    /// The user name of the token that came with a call to an instance or a network.
    fn resident<'a>(&self, state: &'a State) -> Option<&'a str> {
        match self.family {
            Some(Family::Threads) => return threads::caller(state, self),
            Some(Family::Instagram) => return instagram::caller(state, self),
            Some(Family::Facebook) => return facebook::caller(state, self),
            Some(Family::Fediverse) | None => {}
        }
        let instance = state.instances.get(self.instance.as_deref()?)?;
        instance.tokens.get(self.bearer()?)?.username.as_deref()
    }

    /// What the log and the fault rules call the account: handle, `user@instance`, or inbox.
    fn account(&self, state: &State) -> Option<String> {
        if let Some(name) = &self.instance {
            return Some(format!("{}@{name}", self.resident(state)?));
        }
        if let Some(inbox) = self.inbox() {
            return Some(inbox.to_owned());
        }
        let did = self.did(state)?;
        Some(state.actor(&did).map_or(did, |account| account.handle.clone()))
    }

    fn entry(&self, at: Timestamp, account: Option<String>, fault: Option<u64>) -> Entry {
        let write = self.method != Method::GET && self.body.len() <= LOG_LIMIT;
        let key = self.header(HeaderName::from_static("idempotency-key"));
        Entry {
            seq: 0,
            at,
            method: self.method.to_string(),
            path: self.path.clone(),
            query: log::query(&self.query),
            account,
            instance: self.instance.as_deref().map(str::to_owned),
            key: (!key.is_empty()).then(|| key.to_owned()),
            status: None,
            accepted: None,
            fault,
            ended: None,
            about: None,
            body: write.then(|| self.logged()).flatten(),
        }
    }
}

impl Call {
    /// The body as the log keeps it: JSON, or a form as an object, without secrets;
    /// of a file its size and hash.
    fn logged(&self) -> Option<Value> {
        let file = |file: &Received| json!({"bytes": file.bytes, "sha256": file.sha256()});
        match &self.upload {
            Upload::None => {}
            Upload::Raw(received) => return Some(file(received)),
            Upload::Reel(part) => return Some(part.logged()),
            Upload::Container(part) => return Some(part.logged()),
            Upload::Broken(why) => return Some(json!({"broken": why})),
            Upload::Form(form) => {
                let fields = form.fields.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
                let files = form.files.iter().map(|part| (part.field.clone(), file(&part.received)));
                return Some(blanked(fields.chain(files).collect()));
            }
        }
        let form = self.header(header::CONTENT_TYPE).starts_with("application/x-www-form-urlencoded");
        match form && self.instance.is_some() {
            true => mastodon::form(&self.body).map(blanked),
            false => redacted(&self.body),
        }
    }
}

/// Answers a request to one of the simulated networks.
pub(crate) async fn handle(Shared(core): Shared<Arc<Core>>, request: Request) -> Response {
    let peer = request.extensions().get::<ConnectInfo<Peer>>().cloned();
    let peer = peer.map(|ConnectInfo(peer)| peer);
    let (parts, body) = request.into_parts();
    let mut call = Call::head(parts, peer.as_ref().map(|peer| peer.addr));
    if core.with(|state| cut(&core, state, &call)) {
        let beginning = cut_off(body).await;
        if call.family == Some(Family::Facebook) {
            facebook::begun(&core, &call, &beginning);
            instagram::upload::begun(&core, &call, &beginning);
        }
        return no_answer(peer);
    }
    if let Err(response) = call.read(&core, body).await {
        return response;
    }
    let (seq, kind) = core.with(|state| open(&core, state, &call));
    match &kind {
        Some(Kind::Lag { ms }) => call.lag = SignedDuration::from_millis(i64::try_from(*ms).unwrap_or(i64::MAX)),
        Some(Kind::FailProcessing) => call.spoiled = true,
        _ => {}
    }
    let half = core.with(|state| Duration::from_millis(state.faults.latency_ms) / 2);
    pause(half).await;
    let outcome = act::act(&core, &call, kind).await;
    pause(half).await;
    let status = outcome.response.as_ref().map(|response| response.status().as_u16());
    core.with(|state| state.log.close(seq, core.now(), status, outcome.accepted));
    outcome.response.unwrap_or_else(|| no_answer(peer))
}

async fn pause(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// What makes the connection close without a word.
fn no_answer(peer: Option<Peer>) -> Response {
    let Some(peer) = peer else { return bent::broken_off() };
    peer.hang_up();
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// Whether a rule cuts the connection before the request is there, which the log then says.
fn cut(core: &Core, state: &mut State, call: &Call) -> bool {
    let (hit, account) = hit(state, call, None);
    let Some(Hit { id, .. }) = hit else { return false };
    let seq = state.log.open(call.entry(core.now(), account, Some(id)));
    state.log.close(seq, core.now(), None, Some(false));
    true
}

/// Takes in the beginning of a body, so that its client is in the middle of sending.
async fn cut_off(body: Body) -> Bytes {
    body.into_data_stream().next().await.and_then(Result::ok).unwrap_or_default()
}

impl Call {
    /// What is known before the body comes.
    fn head(parts: Parts, addr: Option<SocketAddr>) -> Self {
        let home = parts.extensions.get::<Home>().cloned();
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        Self {
            base: format!("http://{}", host.unwrap_or("localhost")),
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body: Bytes::new(),
            upload: Upload::None,
            address: addr.map_or_else(|| "local".to_owned(), |addr| addr.ip().to_string()),
            family: home.as_ref().map(|home| home.family),
            instance: home.map(|home| home.name),
            lag: SignedDuration::ZERO,
            spoiled: false,
        }
    }

    /// Takes the body in; refuses one that is too large.
    async fn read(&mut self, core: &Core, body: Body) -> Result<(), Response> {
        let instance = self.instance.is_some();
        if self.family == Some(Family::Facebook) && facebook::is_stream(self) {
            self.upload = facebook::receive(core, self, body).await;
            return Ok(());
        }
        if self.family == Some(Family::Facebook) && instagram::upload::is_upload(self) {
            self.upload = instagram::upload::receive(core, self, body).await;
            return Ok(());
        }
        // A piece of a video is looked at where it belongs, so it is held whole until then.
        let facebook = self.family == Some(Family::Facebook);
        let keep = if facebook { core.keep_bytes.max(facebook::CHUNK_LIMIT) } else { core.keep_bytes };
        match instance.then(|| multipart::boundary(self.header(header::CONTENT_TYPE))).flatten() {
            Some(boundary) => {
                self.upload = match multipart::read(body, &boundary, keep).await {
                    Ok(form) => Upload::Form(form),
                    Err(why) => Upload::Broken(why),
                };
            }
            None if !instance && bluesky::takes_file(&self.path) => {
                self.upload = match intake::raw(body, core.keep_bytes).await {
                    Ok(received) => Upload::Raw(received),
                    Err(error) => Upload::Broken(error.to_string()),
                };
            }
            None => self.body = self.whole(core, body).await?,
        }
        Ok(())
    }

    /// A body that is no upload.
    async fn whole(&self, core: &Core, body: Body) -> Result<Bytes, Response> {
        let limit = match self.family {
            None => bluesky::BODY_LIMIT,
            Some(Family::Fediverse) => mastodon::BODY_LIMIT,
            Some(Family::Threads | Family::Facebook | Family::Instagram) => graph::BODY_LIMIT,
        };
        let body = to_bytes(body, DRAIN_LIMIT).await;
        body.ok().filter(|body| body.len() <= limit).ok_or_else(|| self.too_large(core))
    }

    fn too_large(&self, core: &Core) -> Response {
        match self.family {
            Some(Family::Threads) => threads::of_status(core, self, StatusCode::PAYLOAD_TOO_LARGE),
            Some(Family::Instagram) => instagram::of_status(core, self, StatusCode::PAYLOAD_TOO_LARGE),
            Some(Family::Facebook) => facebook::of_status(core, self, StatusCode::PAYLOAD_TOO_LARGE),
            Some(Family::Fediverse) => mastodon::Refusal::of_status(StatusCode::PAYLOAD_TOO_LARGE).response(),
            None => {
                let refusal = Refusal::too_large();
                json_response(refusal.status, Some(&refusal.body()))
            }
        }
    }

    /// What was sent, as fault rules look at it: the body, or a form's plain fields, one a line.
    fn text(&self) -> Cow<'_, [u8]> {
        let lines = match (self.family, &self.upload) {
            (Some(Family::Threads), _) => threads::seen(self),
            (Some(Family::Instagram), _) => instagram::seen(self),
            (Some(Family::Facebook), _) => facebook::seen(self),
            (_, Upload::Form(form)) => graph::lines(form.fields.clone()),
            _ => return Cow::Borrowed(&self.body),
        };
        Cow::Owned(lines.into_bytes())
    }

    /// The text of what the call names by an id alone, where that is what it makes visible.
    fn about(&self, state: &State) -> Option<String> {
        match self.family {
            Some(Family::Threads) => threads::about(state, self),
            Some(Family::Instagram) => instagram::about(state, self),
            Some(Family::Facebook) => facebook::about(state, self),
            Some(Family::Fediverse) | None => None,
        }
    }
}

/// Logs the request and finds the fault it runs into.
fn open(core: &Core, state: &mut State, call: &Call) -> (u64, Option<Kind>) {
    let about = call.about(state);
    let text = [&*call.text(), about.as_deref().unwrap_or_default().as_bytes()].concat();
    let (hit, account) = hit(state, call, Some(&text));
    let (fault, kind) = match hit {
        Some(Hit { id, kind }) => (Some(id), Some(kind)),
        None => (None, None),
    };
    if kind == Some(Kind::Revoke) {
        revoke(state, call);
    }
    let entry = Entry { about, ..call.entry(core.now(), account, fault) };
    (state.log.open(entry), kind)
}

/// The rule that a call runs into, and what the log calls its account.
fn hit(state: &mut State, call: &Call, body: Option<&[u8]>) -> (Option<Hit>, Option<String>) {
    let account = call.account(state);
    let did = call.did(state);
    let resident = call.resident(state).map(str::to_owned);
    let who: Vec<&str> = [&account, &did, &resident].into_iter().flatten().map(String::as_str).collect();
    let (verb, instance) = (call.method.as_str(), call.instance.as_deref());
    let hit = state.faults.take(&Target { verb, path: &call.path, who: &who, instance, body });
    (hit, account)
}

/// Ends all that the account of a call is logged in with.
fn revoke(state: &mut State, call: &Call) {
    let (resident, did) = (call.resident(state).map(str::to_owned), call.did(state));
    let instance = call.instance.as_deref().and_then(|name| state.instances.get_mut(name));
    match (instance, resident, did) {
        (None, Some(person), _) if call.family == Some(Family::Threads) => {
            state.threads.grants.revoke(&person, None);
            state.dirty = true;
        }
        (None, Some(person), _) if call.family == Some(Family::Instagram) => {
            state.instagram.grants.revoke(&person, None);
            state.dirty = true;
        }
        (None, Some(_), _) if call.family == Some(Family::Facebook) => facebook::revoke(state, call),
        (Some(instance), Some(resident), _) => {
            instance.revoke(&resident);
        }
        (None, _, Some(did)) => {
            state.revoke(&did, false);
        }
        _ => {}
    }
}

/// A JSON answer, or an empty one.
pub(crate) fn json_response(status: StatusCode, body: Option<&Value>) -> Response {
    match body {
        Some(body) => (status, axum::Json(body)).into_response(),
        None => status.into_response(),
    }
}
