//! What a connector is handed, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use postrider_domain::source::Entropy;
use serde::{Deserialize, Serialize};

use crate::auth::Credentials;
use crate::error::{ConnectorError, Failure};
use crate::http::{Authorization, Digest, Request, Response, Sends, Transport, TransportError};
use crate::machine::MediaInput;

/// Clock, randomness and addresses for planning a state; a sending step has none of them.
#[derive(Debug)]
pub struct PlanCx<'a> {
    /// The ledger's present instant.
    pub now: Timestamp,
    /// Random bytes.
    pub entropy: &'a dyn Entropy,
    links: Option<&'a dyn Links>,
}

impl<'a> PlanCx<'a> {
    /// What a state is planned with.
    pub fn new(now: Timestamp, entropy: &'a dyn Entropy) -> Self {
        Self { now, entropy, links: None }
    }

    /// The same, with addresses of files.
    #[must_use]
    pub fn with_links(self, links: &'a dyn Links) -> Self {
        Self { links: Some(links), ..self }
    }

    /// An address at which a platform can fetch a file for [`LINK_LIFE`], for platforms that do not take its bytes.
    /// `None` where nothing can be fetched from this instance.
    pub fn address(&self, file: &MediaInput) -> Option<String> {
        self.links?.address(file, self.now.saturating_add(LINK_LIFE).ok()?)
    }
}

/// How long an address of a file is good. Platforms come for the bytes within minutes; what they made of an address lives
/// for a day (Instagram and Threads containers, specs of 2026-11-23), and an address that dies earlier is advised against.
pub const LINK_LIFE: SignedDuration = SignedDuration::from_hours(48);

/// Addresses at which others can fetch files.
pub trait Links: std::fmt::Debug + Send + Sync {
    /// The address of a file's bytes until an instant.
    fn address(&self, file: &MediaInput, until: Timestamp) -> Option<String>;
}

/// A request and its answer with every secret taken out, kept with the attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// `POST https://…`.
    pub request: String,
    /// The body that was sent, redacted and shortened.
    pub sent: String,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// The answer's body, redacted and shortened, or why there is none.
    pub answer: String,
}

/// The last word before something is sent.
///
/// The engine implements it: it re-checks the lease epoch and the deadline.
#[async_trait::async_trait]
pub trait Gate: Send + Sync {
    /// `Err` when this process may no longer send.
    async fn may_send(&self, request: &Request) -> Result<(), ConnectorError>;
}

/// What may be sent.
#[derive(Debug, Clone, Copy)]
enum Intent {
    /// Nothing was committed.
    None,
    /// What hashes to this, once.
    Open(Digest),
    /// It was used.
    Spent,
}

/// What only the grant's credentials can add to a request.
///
/// It follows from what was hashed and the credentials, so it is no part of the hash,
/// and effects can be declared without any secret at hand.
#[derive(Default)]
pub struct Completion {
    /// Appended to the address: a path and query that are a secret themselves.
    pub path: String,
    /// Headers such as a signature, lower-case names.
    pub headers: BTreeMap<String, String>,
}

/// The network as a connector sees it.
pub struct Cx<'a> {
    transport: &'a dyn Transport,
    credentials: &'a Credentials,
    gate: Option<&'a dyn Gate>,
    intent: Mutex<Intent>,
    exchanges: Mutex<Vec<Exchange>>,
    answers: Mutex<Vec<Response>>,
    reached: AtomicBool,
    question: Option<Question>,
}

/// What a lookup must know about the step that it asks about, beyond the part and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// When the step was first about to be sent, by the ledger's clock.
    pub intent_at: Timestamp,
    /// Remote objects of the account that belong to other parts; filled where the descriptor's
    /// lookup is by listing or by session.
    pub bound: BTreeSet<String>,
}

/// How much of a body is kept with an attempt, in bytes.
const KEPT_BODY: usize = 16 * 1024;

/// How much of the other side's words is kept, in bytes.
const KEPT_WORDS: usize = 1_000;

/// How many times more is searched for secrets than is kept; the rest of a long text is dropped unread.
const SCANNED: usize = 4;

impl<'a> Cx<'a> {
    /// A context that can only read: connecting, refreshing, looking up.
    pub fn reading(transport: &'a dyn Transport, credentials: &'a Credentials) -> Self {
        Self {
            transport,
            credentials,
            gate: None,
            intent: Mutex::new(Intent::None),
            exchanges: Mutex::default(),
            answers: Mutex::default(),
            reached: AtomicBool::new(false),
            question: None,
        }
    }

    /// A context for asking whether something happened.
    pub fn asking(transport: &'a dyn Transport, credentials: &'a Credentials, question: Question) -> Self {
        Self { question: Some(question), ..Self::reading(transport, credentials) }
    }

    /// A context with an open intent: what hashes to `intent` may be sent, once the gate agrees.
    pub fn sending(
        transport: &'a dyn Transport,
        credentials: &'a Credentials,
        gate: &'a dyn Gate,
        intent: Sends,
    ) -> Self {
        Self {
            gate: Some(gate),
            intent: Mutex::new(Intent::Open(intent.digest)),
            ..Self::reading(transport, credentials)
        }
    }

    /// The credentials of the grant, for what the transport cannot fill in by itself, such as a signature.
    pub fn credentials(&self) -> &Credentials {
        self.credentials
    }

    /// When the step that is asked about was first about to be sent; `None` unless something is asked.
    pub fn intent_at(&self) -> Option<Timestamp> {
        self.question.as_ref().map(|question| question.intent_at)
    }

    /// Whether a remote object belongs to another part, so that it is not the one that is asked about.
    pub fn is_bound(&self, remote_id: &str) -> bool {
        self.question.as_ref().is_some_and(|question| question.bound.contains(remote_id))
    }

    /// Sends a request that changes nothing. Any method but GET and HEAD is refused as a bug.
    pub async fn read(&self, request: &Request) -> Result<Response, CallError> {
        if !request.method.is_safe() {
            let what = self.credentials.redact(&format!("{} {}", request.method.as_str(), request.url));
            return Err(CallError::Refused(ConnectorError::bug(format!("{what} was sent as a read"))));
        }
        self.exchange(request).await
    }

    /// Sends a request that changes something. It is refused as a bug when no
    /// intent is open, its hash differs, or it was used already.
    pub async fn send(&self, request: &Request) -> Result<Response, CallError> {
        self.send_completed(request, Completion::default()).await
    }

    /// [`Cx::send`] with what only the credentials can add.
    pub async fn send_completed(&self, request: &Request, completion: Completion) -> Result<Response, CallError> {
        self.spend_intent(request).map_err(CallError::Refused)?;
        if let Some(gate) = self.gate {
            gate.may_send(request).await.map_err(CallError::Refused)?;
        }
        let mut completed = request.clone();
        completed.url.push_str(&completion.path);
        completed.headers.extend(completion.headers);
        let result = self.exchange(&completed).await;
        let nothing_left = match &result {
            Ok(_) => false,
            Err(CallError::Refused(_)) => true,
            Err(CallError::Transport(error)) => error.nothing_was_sent(),
        };
        self.reached.fetch_or(!nothing_left, Ordering::Relaxed);
        result
    }

    /// Whether a write may have reached the platform, whatever came back.
    pub fn may_have_reached(&self) -> bool {
        self.reached.load(Ordering::Relaxed)
    }

    /// Whether [`Cx::send`] would let the request through, for what has to be read first.
    pub fn check_intent(&self, request: &Request) -> Result<(), ConnectorError> {
        match *lock(&self.intent) {
            Intent::None => Err(ConnectorError::bug("a write without an open intent")),
            Intent::Spent => Err(ConnectorError::bug("a second write on one intent")),
            Intent::Open(digest) if digest != request.digest() => {
                Err(ConnectorError::bug("what is sent differs from the intent"))
            }
            Intent::Open(_) => Ok(()),
        }
    }

    fn spend_intent(&self, request: &Request) -> Result<(), ConnectorError> {
        self.check_intent(request)?;
        *lock(&self.intent) = Intent::Spent;
        Ok(())
    }

    /// Whether an address may be reached; sends nothing.
    pub async fn check_address(&self, url: &str) -> Result<(), CallError> {
        self.transport.check(url).await.map_err(CallError::Transport)
    }

    /// The origin of the pages on which people read what is on a server (an origin as well), where
    /// the operator named one.
    pub fn pages(&self, host: &str) -> Option<String> {
        self.transport.pages(host)
    }

    /// The other side's words as they may be kept: shortened, and without any of our secrets.
    pub fn words(&self, text: &str) -> String {
        let scanned = shorten(text, SCANNED * KEPT_WORDS);
        shorten(&self.redacted(scanned, scanned.len() < text.len()), KEPT_WORDS).to_owned()
    }

    /// Sends a call of an auth driver (log in, refresh, revoke). These have no
    /// intent of their own: the grant's refresh row is theirs.
    pub(crate) async fn authenticate(&self, request: &Request) -> Result<Response, CallError> {
        self.exchange(request).await
    }

    /// The same network for other credentials.
    pub(crate) fn holding<'b>(&'b self, credentials: &'b Credentials) -> Cx<'b> {
        Cx::reading(self.transport, credentials)
    }

    /// The exchanges so far, redacted.
    pub fn exchanges(&self) -> Vec<Exchange> {
        lock(&self.exchanges).clone()
    }

    /// The answers so far, for reading rate headers.
    pub fn answers(&self) -> Vec<Response> {
        lock(&self.answers).clone()
    }

    async fn exchange(&self, request: &Request) -> Result<Response, CallError> {
        let (authorization, parameter) = self.authorization(request)?;
        let result = match parameter {
            None => self.transport.exchange(request, authorization.as_deref()).await,
            Some(token) => self.transport.exchange(&with_parameter(request, token), None).await,
        };
        lock(&self.exchanges).push(self.record(request, &result));
        if let Ok(response) = &result {
            lock(&self.answers).push(response.clone());
        }
        result.map_err(CallError::Transport)
    }

    /// The header to send, or the parameter.
    fn authorization(&self, request: &Request) -> Result<(Option<String>, Option<&str>), CallError> {
        let named = |name: &str| match self.credentials.get(name) {
            Some(secret) if !secret.is_empty() => Ok(secret.expose()),
            _ => Err(CallError::Refused(ConnectorError::new(Failure::Reauth, format!("no credential {name}")))),
        };
        Ok(match request.authorization {
            Authorization::None => (None, None),
            Authorization::Bearer(name) => (Some(format!("Bearer {}", named(name)?)), None),
            Authorization::OAuth(name) => (Some(format!("OAuth {}", named(name)?)), None),
            Authorization::Basic(name) => (Some(format!("Basic {}", STANDARD.encode(named(name)?))), None),
            Authorization::Parameter(name) => (None, Some(named(name)?)),
        })
    }

    fn record(&self, request: &Request, result: &Result<Response, TransportError>) -> Exchange {
        let (status, answer) = match result {
            Ok(response) => (Some(response.status), self.kept(&response.body)),
            Err(error) => (None, error.to_string()),
        };
        Exchange {
            request: self.credentials.redact(&format!("{} {}", request.method.as_str(), request.url)),
            sent: self.kept(&request.body),
            status,
            answer,
        }
    }

    fn kept(&self, body: &[u8]) -> String {
        let scanned = &body[..body.len().min(SCANNED * KEPT_BODY)];
        let text = String::from_utf8_lossy(scanned);
        let cut = scanned.len() < body.len();
        shorten(&crate::auth::redact_known_fields(&self.redacted(&text, cut)), KEPT_BODY).to_owned()
    }

    /// Without our secrets; where the text was cut, without what may be half a secret at its end.
    fn redacted(&self, text: &str, cut: bool) -> String {
        let mut text = self.credentials.redact(text);
        if cut {
            let longest = self.credentials.0.values().map(|secret| secret.expose().len()).max().unwrap_or(0);
            text.truncate(text.floor_char_boundary(text.len().saturating_sub(2 * longest)));
        }
        text
    }
}

/// The request as it leaves: the record of it is made of the one without the token.
fn with_parameter(request: &Request, token: &str) -> Request {
    let joint = if request.url.contains('?') { '&' } else { '?' };
    let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    Request { url: format!("{}{joint}access_token={token}", request.url), ..request.clone() }
}

/// The first `limit` bytes, a little less where that would cut a character.
fn shorten(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Why a call gave no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CallError {
    /// We refused to send it.
    #[error(transparent)]
    Refused(ConnectorError),
    /// The network did not give an answer.
    #[error(transparent)]
    Transport(TransportError),
}

impl CallError {
    /// What a call without an answer comes to while publishing.
    ///
    /// `repeatable` says that sending the same bytes again is harmless: a read, or an
    /// idempotent step. Otherwise only what was certainly not sent may be tried again.
    pub fn while_publishing(self, doing: &str, repeatable: bool) -> ConnectorError {
        match self {
            CallError::Refused(error) => error,
            CallError::Transport(error) => {
                let again = repeatable || error.nothing_was_sent();
                let failure = if again { Failure::Transient } else { Failure::Ambiguous };
                ConnectorError::new(failure, format!("{doing}: {error}"))
            }
        }
    }
}

#[cfg(test)]
mod tests;
