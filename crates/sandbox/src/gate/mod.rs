//! The one door of the simulated networks: every request is read whole, matched
//! against the fault rules, answered (or not) and logged here.

mod bent;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::bluesky::errors::Refusal;
use crate::bluesky::{self, token};
use crate::faults::{Hit, Kind, Target};
use crate::intake::multipart::{self, Form};
use crate::intake::{self, Received};
use crate::log::{Entry, blanked, redacted};
use crate::net::Peer;
use crate::state::State;
use crate::{Core, mastodon, webhook};

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
    /// The body is a form, perhaps with files.
    Form(Form),
    /// The body cannot be read: why.
    Broken(String),
}

/// Says, on the requests of a port, which instance that port is.
#[derive(Clone, Debug)]
pub(crate) struct InstanceName(pub(crate) Arc<str>);

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
    /// The instance of the fediverse that was called.
    pub(crate) instance: Option<Arc<str>>,
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

    /// The user name of the token that came with a call to an instance.
    fn resident<'a>(&self, state: &'a State) -> Option<&'a str> {
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
            query: self.query.clone(),
            account,
            instance: self.instance.as_deref().map(str::to_owned),
            key: (!key.is_empty()).then(|| key.to_owned()),
            status: None,
            accepted: None,
            fault,
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
    let mut call = match read(&core, request, peer.as_ref().map(|peer| peer.addr)).await {
        Ok(call) => call,
        Err(response) => return response,
    };
    let (seq, kind) = core.with(|state| open(&core, state, &call));
    match &kind {
        Some(Kind::Lag { ms }) => call.lag = SignedDuration::from_millis(i64::try_from(*ms).unwrap_or(i64::MAX)),
        Some(Kind::FailProcessing) => call.spoiled = true,
        _ => {}
    }
    let outcome = act(&core, &call, kind).await;
    let status = outcome.response.as_ref().map(|response| response.status().as_u16());
    core.with(|state| state.log.close(seq, status, outcome.accepted));
    match (outcome.response, peer) {
        (Some(response), _) => response,
        (None, Some(peer)) => {
            peer.hang_up();
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        (None, None) => bent::broken_off(),
    }
}

async fn read(core: &Core, request: Request, addr: Option<SocketAddr>) -> Result<Call, Response> {
    let (parts, body) = request.into_parts();
    let instance = parts.extensions.get::<InstanceName>().map(|name| Arc::clone(&name.0));
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let (mut bytes, mut upload) = (Bytes::new(), Upload::None);
    match instance.is_some().then(|| multipart::boundary(kind)).flatten() {
        Some(boundary) => {
            upload = match multipart::read(body, &boundary, core.keep_bytes).await {
                Ok(form) => Upload::Form(form),
                Err(why) => Upload::Broken(why),
            };
        }
        None if instance.is_none() && bluesky::takes_file(parts.uri.path()) => {
            upload = match intake::raw(body, core.keep_bytes).await {
                Ok(received) => Upload::Raw(received),
                Err(error) => Upload::Broken(error.to_string()),
            };
        }
        None => bytes = whole(body, instance.is_some()).await?,
    }
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    Ok(Call {
        base: format!("http://{}", host.unwrap_or("localhost")),
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: bytes,
        upload,
        address: addr.map_or_else(|| "local".to_owned(), |addr| addr.ip().to_string()),
        instance,
        lag: SignedDuration::ZERO,
        spoiled: false,
    })
}

/// A body that is no upload.
async fn whole(body: Body, instance: bool) -> Result<Bytes, Response> {
    let limit = if instance { mastodon::BODY_LIMIT } else { bluesky::BODY_LIMIT };
    let body = to_bytes(body, DRAIN_LIMIT).await;
    body.ok().filter(|body| body.len() <= limit).ok_or_else(|| too_large(instance))
}

fn too_large(instance: bool) -> Response {
    if instance {
        return mastodon::Refusal::of_status(StatusCode::PAYLOAD_TOO_LARGE).response();
    }
    let refusal = Refusal::too_large();
    json_response(refusal.status, Some(&refusal.body()))
}

/// Logs the request and finds the fault it runs into.
fn open(core: &Core, state: &mut State, call: &Call) -> (u64, Option<Kind>) {
    let account = call.account(state);
    let did = call.did(state);
    let resident = call.resident(state).map(str::to_owned);
    let who: Vec<&str> = [&account, &did, &resident].into_iter().flatten().map(String::as_str).collect();
    let (verb, instance) = (call.method.as_str(), call.instance.as_deref());
    let hit = state.faults.take(&Target { verb, path: &call.path, who: &who, instance });
    let (fault, kind) = match hit {
        Some(Hit { id, kind }) => (Some(id), Some(kind)),
        None => (None, None),
    };
    match (&kind, &did, resident, instance.and_then(|name| state.instances.get_mut(name))) {
        (Some(Kind::Revoke), _, Some(resident), Some(instance)) => {
            instance.revoke(&resident);
        }
        (Some(Kind::Revoke), Some(did), _, None) => {
            state.revoke(did, false);
        }
        _ => {}
    }
    let entry = call.entry(core.now(), account, fault);
    (state.log.open(entry), kind)
}

/// What became of a request.
struct Outcome {
    /// What the client is told; `None` closes the connection without a word.
    response: Option<Response>,
    /// Whether the simulation took the request; `None` if it never saw it.
    accepted: Option<bool>,
}

/// Lets the request through to the simulation, bent by the fault.
async fn act(core: &Core, call: &Call, kind: Option<Kind>) -> Outcome {
    match kind {
        None | Some(Kind::Revoke | Kind::Lag { .. } | Kind::FailProcessing) => simulated(core, call),
        Some(Kind::Truncate) => {
            let seen = simulated(core, call);
            let response = match seen.response {
                Some(response) => Some(bent::truncated(response).await),
                None => None,
            };
            Outcome { response, accepted: seen.accepted }
        }
        Some(Kind::Delay { ms, after_accept }) => {
            let early = after_accept.then(|| simulated(core, call));
            tokio::time::sleep(Duration::from_millis(ms)).await;
            early.unwrap_or_else(|| simulated(core, call))
        }
        Some(Kind::Status { code, body, after_accept }) => {
            let seen = after_accept.then(|| simulated(core, call));
            match seen {
                // A refused request was not accepted: its refusal stands.
                Some(seen) if seen.accepted == Some(false) => seen,
                seen => Outcome {
                    response: Some(bent::fault_response(call, code, body)),
                    accepted: seen.and_then(|seen| seen.accepted),
                },
            }
        }
        Some(Kind::RateLimit { retry_after_s, hints }) => {
            Outcome { response: Some(bent::rate_limited(core, call, retry_after_s, hints)), accepted: None }
        }
        Some(Kind::Drop { after_accept }) => Outcome {
            response: None,
            accepted: after_accept.then(|| simulated(core, call)).and_then(|seen| seen.accepted),
        },
    }
}

fn simulated(core: &Core, call: &Call) -> Outcome {
    let response = core.with(|state| match (&call.instance, call.inbox()) {
        (Some(name), _) => mastodon::answer(core, state, call, name),
        (None, Some(_)) => webhook::receive(core, state, call),
        (None, None) if call.path.starts_with("/xrpc/") => bluesky::answer(core, state, call),
        (None, None) => bluesky::read::well_known(state, call),
    });
    let taken = response.status().is_success() || response.status().is_redirection();
    Outcome { accepted: Some(taken), response: Some(response) }
}

/// A JSON answer, or an empty one.
pub(crate) fn json_response(status: StatusCode, body: Option<&Value>) -> Response {
    match body {
        Some(body) => (status, axum::Json(body)).into_response(),
        None => status.into_response(),
    }
}
