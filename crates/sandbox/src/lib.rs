//! Simulated networks: a Bluesky personal data server, instances of the fediverse,
//! Threads, Facebook, Instagram and a webhook receiver.
//!
//! Everything is kept in memory, so that the whole product can be tried, tested
//! and demonstrated without one API key.
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
//! | `/threads/<user>`, `/threads/<user>.json` | public page of a person on Threads and its JSON twin |
//! | `/instagram/<user>`, `/instagram/<user>.json` | public page of an account on Instagram and its JSON twin |
//! | `/facebook/<page>`, `/facebook/<page>.json` | public page of a Page on Facebook and its JSON twin |
//! | `/bluesky/<handle>`, `/bluesky/<handle>.json` | public feed page and its JSON twin |
//! | `POST /webhook/<inbox>` | the webhook receiver; `GET` shows what arrived, also as `.json` |
//! | `/_faults` | fault panel: delay, status, rate limit, dropped connection, revoked session |
//! | `/_requests`, `/_reset`, `/_accounts`, `/_webhooks` | control for tests and the demo |
//! | `/_visible` | the ledger of what became visible on any network, and when |
//! | `/_clock` | `POST {"advance_ms": …}` puts the sandbox's clock forward |
//! | `/_latency` | `POST {"ms": …}` makes every call take that much longer |
//! | `/_video` | settings of the simulated service of videos |
//! | `/_instances` | the instances; `POST /_instances/<name>` changes the limits of one |
//! | `/_threads` | settings of Threads; `/_threads/apps`, `/_threads/people` add or change; `…/revoke` removes an app |
//! | `/_instagram` | the same of Instagram; `/_instagram/apps`, `/_instagram/accounts`; `…/revoke`, `…/password`, `…/expire` |
//! | `/_facebook` | settings of Facebook; `/_facebook/apps`, `/people`, `/pages`, `/businesses` add or change; `/people/<user>/revoke` and `/password` end tokens |
//!
//! A client of the fediverse is given the origin of an instance and appends paths
//! to it, so **each instance has a port of its own**: [`Running::instance`] tells its
//! origin, and `/_instances` too. On a fixed main port the instances take the ports
//! right behind it, in the order mastodon, pixelfed, gotosocial, friendica, takahe,
//! pleroma (a free port where that one is taken); otherwise any free ports.
//! **Threads, Facebook and Instagram have a port of their own too**, right behind those, which
//! stands for all hosts of the real one: `Running::instance("threads")`, `…("facebook")`,
//! `…("instagram")`.

mod bluesky;
mod control;
mod facebook;
mod faults;
mod gate;
mod graph;
mod instagram;
mod intake;
mod log;
mod mastodon;
mod net;
mod pages;
pub mod seed;
mod state;
mod threads;
mod visible;
mod webhook;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::Router;
use axum::routing::{any, get};
use jiff::{SignedDuration, Timestamp};
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
    /// Uploads of at most this many bytes are kept, to be shown on pages; of larger
    /// ones only size and hash. 0 keeps none, for tests with large files.
    pub keep_bytes: u64,
}

impl Options {
    /// Options with the documented rate limits.
    pub fn new(clock: Clock, seed: u64) -> Self {
        Self { clock, seed, limits: Limits::default(), keep_bytes: 32 << 20 }
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
    /// Files an account may upload in a day.
    pub uploads_per_day: Option<u64>,
    /// Requests of one network address in five minutes. The real figure is 3,000;
    /// lifted by default because here every client shares the loopback address.
    pub requests_per_5_minutes: Option<u64>,
    /// The limits of each instance of the fediverse.
    pub fediverse: FediverseLimits,
}

/// Rate limits of a simulated instance; `None` lifts one. The defaults are those of
/// Mastodon as of November 2026.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FediverseLimits {
    /// Calls with one token in five minutes.
    pub per_token_5_minutes: Option<u64>,
    /// Calls about one account in five minutes, with all its tokens.
    pub per_account_5_minutes: Option<u64>,
    /// Calls without a token from one network address in five minutes. The real figure
    /// is 300; lifted by default because here every client shares the loopback address.
    pub per_address_5_minutes: Option<u64>,
    /// Uploads of one account in half an hour.
    pub media_per_30_minutes: Option<u64>,
    /// Deletions of one account in half an hour.
    pub deletes_per_30_minutes: Option<u64>,
}

impl Default for FediverseLimits {
    fn default() -> Self {
        Self {
            per_token_5_minutes: Some(300),
            per_account_5_minutes: Some(1_500),
            per_address_5_minutes: None,
            media_per_30_minutes: Some(30),
            deletes_per_30_minutes: Some(30),
        }
    }
}

impl FediverseLimits {
    /// No limits at all.
    pub fn lifted() -> Self {
        Self {
            per_token_5_minutes: None,
            per_account_5_minutes: None,
            per_address_5_minutes: None,
            media_per_30_minutes: None,
            deletes_per_30_minutes: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            points_per_hour: Some(5_000),
            points_per_day: Some(35_000),
            logins_per_5_minutes: Some(30),
            logins_per_day: Some(300),
            uploads_per_day: Some(1_000),
            requests_per_5_minutes: None,
            fediverse: FediverseLimits::default(),
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
            uploads_per_day: None,
            requests_per_5_minutes: None,
            fediverse: FediverseLimits::lifted(),
        }
    }
}

/// The parts every request handler shares.
pub(crate) struct Core {
    clock: Clock,
    /// How far this sandbox's clock is ahead of the injected one, in milliseconds.
    ahead_ms: AtomicI64,
    /// The origins of the instances that are served, by name.
    pub(crate) origins: Mutex<BTreeMap<String, String>>,
    pub(crate) seed: u64,
    pub(crate) limits: Limits,
    pub(crate) keep_bytes: u64,
    /// What fetches pictures and videos from the addresses that clients name; made when it is needed first.
    pub(crate) puller: OnceLock<reqwest::Client>,
    state: Mutex<State>,
    file: Option<PathBuf>,
}

impl Core {
    /// The current time: the injected clock's and what it was put forward since.
    pub(crate) fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_millis(self.ahead_ms.load(Ordering::SeqCst));
        (self.clock)().checked_add(ahead).unwrap_or(Timestamp::MAX)
    }

    /// Puts the clock forward.
    pub(crate) fn advance(&self, millis: u64) {
        let millis = i64::try_from(millis).unwrap_or(i64::MAX);
        self.with(|state| {
            state.ahead_ms = state.ahead_ms.saturating_add(millis);
            state.dirty = true;
            self.ahead_ms.store(state.ahead_ms, Ordering::SeqCst);
        });
    }

    /// The origin of a served instance.
    pub(crate) fn origin(&self, name: &str) -> Option<String> {
        self.origins.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
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
    /// continues from it when the file exists; uploaded files are kept in a folder
    /// beside it. Faults, rate windows and the request log are not kept.
    ///
    /// # Errors
    /// The file exists but cannot be read, or is not a snapshot.
    pub fn with_state_file(options: Options, path: &Path) -> io::Result<Self> {
        let state = State::load(path)?;
        Ok(Self::build(options, state, Some(path.to_owned())))
    }

    fn build(options: Options, mut state: State, file: Option<PathBuf>) -> Self {
        state.open_instances((options.clock)());
        state.files.folder = file.as_deref().map(|file| file.with_extension("files"));
        let core = Core {
            clock: options.clock,
            ahead_ms: AtomicI64::new(state.ahead_ms),
            origins: Mutex::default(),
            seed: options.seed,
            limits: options.limits,
            keep_bytes: options.keep_bytes,
            puller: OnceLock::new(),
            state: Mutex::new(state),
            file,
        };
        Self { core: Arc::new(core) }
    }

    /// Puts the sandbox's clock forward, for everything that expires.
    pub fn advance(&self, by: std::time::Duration) {
        self.core.advance(u64::try_from(by.as_millis()).unwrap_or(u64::MAX));
    }

    /// Adds an account, or gives an existing one a new app password and name.
    /// Returns its DID.
    ///
    /// # Errors
    /// The handle is not a valid atproto handle, or the password is empty.
    pub fn add_account(&self, person: &seed::Person) -> Result<String, InvalidAccount> {
        control::upsert(&self.core, person).map(|(did, _)| did)
    }

    /// Lets a consent to the platform app of the simulated Threads ([`seed::THREADS_APP_ID`]) lead to this address,
    /// byte for byte.
    pub fn allow_threads_redirect(&self, address: &str) {
        control::threads::allow_redirect(&self.core, seed::THREADS_APP_ID, address);
    }

    /// Lets a consent to the platform app of the simulated Instagram ([`seed::INSTAGRAM_APP_ID`]) lead to this
    /// address, byte for byte.
    pub fn allow_instagram_redirect(&self, address: &str) {
        control::instagram::allow_redirect(&self.core, seed::INSTAGRAM_APP_ID, address);
    }

    /// The same for the platform app of the simulated Facebook ([`seed::FACEBOOK_APP_ID`]).
    pub fn allow_facebook_redirect(&self, address: &str) {
        control::facebook::allow_redirect(&self.core, seed::FACEBOOK_APP_ID, address);
    }

    /// All routes, for mounting elsewhere. A dropped connection can only be
    /// simulated exactly under [`Sandbox::serve`]; here it becomes an answer that
    /// breaks off in the middle.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", get(pages::index))
            .route("/bluesky/{name}", get(pages::feed::show))
            .route("/profile/{name}", get(pages::feed::show))
            .route("/profile/{name}/post/{rkey}", get(pages::feed::post))
            .route("/xrpc/{*method}", any(gate::handle))
            .route("/.well-known/atproto-did", get(gate::handle))
            .route("/webhook/{inbox}", get(pages::inbox::show).post(gate::handle))
            .route("/files/{sha256}", get(pages::file))
            .route("/mastodon/{instance}/{name}", get(pages::fediverse::show))
            .route("/threads/{name}", get(pages::threads::show))
            .route("/instagram/{name}", get(pages::instagram::show))
            .route("/facebook/{name}", get(pages::facebook::show))
            .merge(control::routes())
            .with_state(Arc::clone(&self.core))
    }

    /// The names of the simulated instances of the fediverse, in the order of their ports.
    pub fn instance_names() -> impl Iterator<Item = &'static str> {
        mastodon::Dialect::ALL.into_iter().map(mastodon::Dialect::name)
    }

    /// The names of the other networks that have a port of their own, which follow those.
    pub fn network_names() -> impl Iterator<Item = &'static str> {
        [threads::NAME, facebook::NAME, instagram::NAME].into_iter()
    }

    /// Everything below the origin of one instance or network, for mounting elsewhere.
    pub fn instance_router(&self, name: &str) -> Router {
        let family = match name {
            threads::NAME => gate::Family::Threads,
            instagram::NAME => gate::Family::Instagram,
            facebook::NAME => gate::Family::Facebook,
            _ => gate::Family::Fediverse,
        };
        let home = gate::Home { name: Arc::from(name), family };
        Router::new().fallback(gate::handle).layer(axum::Extension(home)).with_state(Arc::clone(&self.core))
    }

    /// Serves all routes on `addr` (port 0 picks a free one), and each instance of the
    /// fediverse, Threads, Facebook and Instagram on a port of its own, until [`Running::shutdown`] is called or
    /// the `Running` is dropped.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub async fn serve(self, addr: impl ToSocketAddrs) -> io::Result<Running> {
        let listener = net::listen(addr).await?;
        let main = listener.local_addr()?;
        let fixed = listener.fixed;
        let mut ports = Vec::new();
        for (number, name) in Self::instance_names().chain(Self::network_names()).enumerate() {
            let wanted = fixed.then(|| net::after(main, number + 1)).flatten();
            let port = net::serve(self.instance_router(name), net::near(main, wanted).await?)?;
            let origin = base_url(port.addr);
            self.core.origins.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), origin);
            ports.push((name, port));
        }
        Ok(Running::new(net::serve(self.router(), listener.inner)?, ports))
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
