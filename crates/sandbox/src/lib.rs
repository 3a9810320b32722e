//! Simulated networks: a Bluesky personal data server and a webhook receiver.
//!
//! Everything is served by one HTTP port and kept in memory, so that the whole
//! product can be tried, tested and demonstrated without one API key.
//! The simulation is written from the platforms' own documents and imports no
//! other crate of this workspace: a misreading on one side shows on the other.
//!
//! It is **stricter than the real thing on purpose**. Where the real server is
//! lenient in a way that would hide a mistake, the sandbox refuses:
//!
//! - fields that the lexicon does not name are refused (a real server keeps them);
//! - `validate: false` does not switch validation off;
//! - a reply, a quote or a thread gate that names a record of this server must
//!   name one that exists, with its current CID and a consistent thread root;
//! - facets must lie on UTF-8 boundaries, inside the text, and not overlap.
//!
//! | path | what it is |
//! |---|---|
//! | `/xrpc/*`, `/.well-known/atproto-did` | the simulated personal data server |
//! | `/bluesky/<handle>`, `/bluesky/<handle>.json` | public feed page and its JSON twin |
//! | `POST /webhook/<inbox>` | the webhook receiver; `GET` shows what arrived, also as `.json` |
//! | `/_faults` | fault panel: delay, status, rate limit, dropped connection, revoked session |
//! | `/_requests`, `/_reset`, `/_accounts`, `/_webhooks` | control for tests and the demo |

mod bluesky;
mod control;
mod faults;
mod gate;
mod log;
mod net;
mod pages;
pub mod seed;
mod state;
mod webhook;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::{any, delete, get, post};
use jiff::Timestamp;
use tokio::net::ToSocketAddrs;

pub use net::Running;
use state::State;

/// Where the sandbox reads the time: token lifetimes, rate windows, record keys.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What a sandbox is made from.
#[derive(Clone)]
pub struct Options {
    /// The only source of time.
    pub clock: Clock,
    /// The only source of randomness: equal seeds give equal account ids and tokens.
    pub seed: u64,
    /// The simulated rate limits.
    pub limits: Limits,
}

impl Options {
    /// Options with the documented rate limits.
    pub fn new(clock: Clock, seed: u64) -> Self {
        Self { clock, seed, limits: Limits::default() }
    }
}

/// Rate limits of the simulated server; `None` lifts one.
///
/// The defaults are those of the reference server and the Bluesky documentation
/// as of August 2026. A write costs points: create 3, put 2, delete 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Points an account may spend on writes in an hour.
    pub points_per_hour: Option<u64>,
    /// Points an account may spend on writes in a day.
    pub points_per_day: Option<u64>,
    /// Log-ins of one account in five minutes.
    pub logins_per_5_minutes: Option<u64>,
    /// Log-ins of one account in a day.
    pub logins_per_day: Option<u64>,
    /// Requests of one network address in five minutes. The real figure is 3,000;
    /// lifted by default because here every client shares the loopback address.
    pub requests_per_5_minutes: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            points_per_hour: Some(5_000),
            points_per_day: Some(35_000),
            logins_per_5_minutes: Some(30),
            logins_per_day: Some(300),
            requests_per_5_minutes: None,
        }
    }
}

impl Limits {
    /// No limits at all, for load tests.
    pub fn lifted() -> Self {
        Self {
            points_per_hour: None,
            points_per_day: None,
            logins_per_5_minutes: None,
            logins_per_day: None,
            requests_per_5_minutes: None,
        }
    }
}

/// The parts every request handler shares.
pub(crate) struct Core {
    clock: Clock,
    pub(crate) seed: u64,
    pub(crate) limits: Limits,
    state: Mutex<State>,
    file: Option<PathBuf>,
}

impl Core {
    /// The current time by the injected clock.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Runs `work` on the state, then writes the snapshot if the work changed it.
    ///
    /// The lock is never held across an await: `work` is synchronous.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let out = work(&mut state);
        if std::mem::take(&mut state.dirty)
            && let Some(path) = &self.file
            && let Err(error) = state.save(path)
        {
            tracing::warn!(%error, path = %path.display(), "sandbox snapshot not written");
        }
        out
    }

    /// A handler that panicked leaves data that is still whole enough to show.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The simulated networks with their state. Clones share one state.
#[derive(Clone)]
pub struct Sandbox {
    core: Arc<Core>,
}

impl Sandbox {
    /// An empty sandbox that forgets everything when it is dropped.
    pub fn new(options: Options) -> Self {
        Self::build(options, State::default(), None)
    }

    /// A sandbox that keeps its accounts, records and inboxes in a JSON file and
    /// continues from it when the file exists. Faults, rate windows and the
    /// request log are not kept.
    ///
    /// # Errors
    /// The file exists but cannot be read, or is not a snapshot.
    pub fn with_state_file(options: Options, path: &Path) -> io::Result<Self> {
        let state = State::load(path)?;
        Ok(Self::build(options, state, Some(path.to_owned())))
    }

    fn build(options: Options, state: State, file: Option<PathBuf>) -> Self {
        let core =
            Core { clock: options.clock, seed: options.seed, limits: options.limits, state: Mutex::new(state), file };
        Self { core: Arc::new(core) }
    }

    /// Adds an account, or gives an existing one a new app password and name.
    /// Returns its DID.
    ///
    /// # Errors
    /// The handle is not a valid atproto handle, or the password is empty.
    pub fn add_account(&self, person: &seed::Person) -> Result<String, InvalidAccount> {
        control::upsert(&self.core, person).map(|(did, _)| did)
    }

    /// All routes, for mounting elsewhere. A dropped connection can only be
    /// simulated exactly under [`Sandbox::serve`]; here it becomes an answer that
    /// breaks off in the middle.
    pub fn router(&self) -> Router {
        let control = Router::new()
            .route("/_faults", get(control::faults).post(control::add_fault).delete(control::clear_faults))
            .route("/_faults/clear", post(control::clear_faults_form))
            .route("/_faults/{id}", delete(control::remove_fault))
            .route("/_requests", get(control::requests))
            .route("/_reset", post(control::reset))
            .route("/_accounts", post(control::add_account))
            .route("/_accounts/{handle}/revoke", post(control::revoke))
            .route("/_webhooks", post(control::set_webhook))
            .layer(axum::middleware::from_fn(control::same_site));
        Router::new()
            .route("/", get(pages::index))
            .route("/bluesky/{name}", get(pages::feed::show))
            .route("/xrpc/{*method}", any(gate::handle))
            .route("/.well-known/atproto-did", get(gate::handle))
            .route("/webhook/{inbox}", get(pages::inbox::show).post(gate::handle))
            .merge(control)
            .with_state(Arc::clone(&self.core))
    }

    /// Serves all routes on `addr` (port 0 picks a free one) until
    /// [`Running::shutdown`] is called or the `Running` is dropped.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub async fn serve(self, addr: impl ToSocketAddrs) -> io::Result<Running> {
        net::serve(self.router(), addr).await
    }
}

/// Why an account was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidAccount {
    /// The handle is not a valid atproto handle.
    Handle(String),
    /// The app password is empty.
    Password,
    /// The display name is longer than 64 graphemes.
    DisplayName,
}

impl std::fmt::Display for InvalidAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Handle(handle) => write!(f, "{handle:?} is not a valid handle"),
            Self::Password => f.write_str("the app password is empty"),
            Self::DisplayName => f.write_str("the display name is longer than 64 graphemes"),
        }
    }
}

impl std::error::Error for InvalidAccount {}

/// The address a client of this sandbox would be given.
pub(crate) fn base_url(addr: SocketAddr) -> String {
    format!("http://{addr}")
}
