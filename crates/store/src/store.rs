//! The store: which database, whose clock, which key.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use jiff::Timestamp;
use postrider_domain::source::Entropy;
use prometheus::HistogramVec;

use crate::backend::calls::{self, Calls};
use crate::backend::{Conn, database_now, postgres, sqlite};
use crate::seal::InstanceKeys;
use crate::steady::{Steady, monotonic};
use crate::tx::Tx;
use crate::waits::{Connections, Waits};
use crate::wake::{Bell, Wake};
use crate::{Result, StoreError};

/// Where the ledger is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL address such as `postgres://user@host/database`.
    Postgres(String),
}

/// How to open a store.
pub struct Options {
    /// Where the ledger is.
    pub place: Place,
    /// The instance's keys.
    pub keys: InstanceKeys,
    /// Where random bytes come from.
    pub entropy: Arc<dyn Entropy>,
    /// Most connections to PostgreSQL.
    pub max_connections: u32,
}

/// How much a store has been asked since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// Statements of transactions; beginning and ending one is none.
    pub statements: u64,
    /// Writing transactions that were committed.
    pub commits: u64,
    /// How often SQLite's log was written through for them: transactions at the same moment share it. What PostgreSQL
    /// does, its server counts.
    pub groups: u64,
}

impl std::ops::Add for Asked {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            statements: self.statements + other.statements,
            commits: self.commits + other.commits,
            groups: self.groups + other.groups,
        }
    }
}

impl std::ops::Sub for Asked {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            statements: self.statements - before.statements,
            commits: self.commits - before.commits,
            groups: self.groups - before.groups,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    statements: AtomicU64,
    commits: AtomicU64,
}

impl Tally {
    pub(crate) fn statement(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn commit(&self, writes: bool) {
        self.commits.fetch_add(u64::from(writes), Ordering::Relaxed);
    }
}

/// What every transaction carries.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) keys: Arc<InstanceKeys>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) wake: Wake,
    /// Calls other nodes that share the ledger, where there can be any.
    pub(crate) others: Option<Arc<Calls>>,
    pub(crate) mails: Arc<AtomicBool>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) steady: Arc<Steady>,
    offset_us: Arc<AtomicI64>,
    broken: Arc<AtomicBool>,
}

impl Shared {
    /// Wakes whoever waits for this here, and has other nodes called.
    pub(crate) fn ring(&self, bell: Bell) {
        self.wake.ring(bell);
        if let Some(others) = &self.others {
            others.ask(bell);
        }
    }

    /// A commit fails where a test has broken the store.
    pub(crate) fn check(&self) -> Result<()> {
        match self.broken.load(Ordering::Relaxed) {
            true => Err(StoreError::Commit("a planted failure".to_owned())),
            false => Ok(()),
        }
    }
}

/// The ledger of one instance.
#[derive(Clone)]
pub struct Store {
    pub(crate) backend: Backend,
    shared: Shared,
    waits: Waits,
}

/// How often in a row a connection may turn out to be gone: those of a pool may all have been hung up on.
const HANGS_UP: u32 = 8;

/// What a transaction is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Read,
    Glance,
    Write,
    Snapshot,
}

#[derive(Clone)]
pub(crate) enum Backend {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

impl Store {
    /// Opens a ledger as it is; [`Store::migrate`] brings its tables up to date.
    pub async fn open(options: Options) -> Result<Self> {
        let backend = match &options.place {
            Place::File(path) => Backend::Sqlite(sqlite::Sqlite::open(path).await?),
            Place::Postgres(url) => Backend::Postgres(postgres::Postgres::open(url, options.max_connections).await?),
        };
        let others = match &backend {
            Backend::Sqlite(_) => None,
            Backend::Postgres(server) => Some(Arc::clone(&server.calls)),
        };
        let shared = Shared {
            keys: Arc::new(options.keys),
            entropy: options.entropy,
            wake: Wake::new(),
            others,
            mails: Arc::default(),
            tally: Arc::default(),
            steady: Arc::new(Steady::new()),
            offset_us: Arc::default(),
            broken: Arc::default(),
        };
        Ok(Self { backend, shared, waits: Waits::new() })
    }

    /// For reading. On SQLite every statement sees the moment at which it began, on PostgreSQL the present.
    pub async fn read(&self) -> Result<Tx> {
        self.begin(How::Read).await
    }

    /// For one statement that reads: no snapshot is taken that nobody would look at twice.
    pub async fn glance(&self) -> Result<Tx> {
        self.begin(How::Glance).await
    }

    /// A transaction that writes. On SQLite this waits for its turn.
    pub async fn write(&self) -> Result<Tx> {
        self.begin(How::Write).await
    }

    /// A transaction that reads, in which every statement sees the same moment.
    pub(crate) async fn snapshot(&self) -> Result<Tx> {
        self.begin(How::Snapshot).await
    }

    /// Begins, again where the server had hung up on a connection before anything was done with it: it is asked only
    /// now and then whether it is still there.
    async fn begin(&self, how: How) -> Result<Tx> {
        let mut tries = 0;
        loop {
            let begun = match self.conn(how).await {
                Ok(conn) => self.tx(conn, how == How::Write).await,
                Err(error) => Err(error),
            };
            match begun {
                Err(error) if tries < HANGS_UP && error.hung_up() => tries += 1,
                begun => return begun,
            }
        }
    }

    async fn conn(&self, how: How) -> Result<Conn> {
        let wait = if how == How::Write { &self.waits.write } else { &self.waits.read }.start_timer();
        let conn = match (&self.backend, how) {
            (Backend::Sqlite(db), How::Write) => Conn::SqliteWrite(db.write().await?),
            (Backend::Sqlite(db), How::Glance) => Conn::SqliteGlance(db.glance().await?),
            (Backend::Sqlite(db), How::Read | How::Snapshot) => Conn::SqliteRead(db.read().await?),
            (Backend::Postgres(server), How::Write) => Conn::Postgres(server.pool.begin().await?),
            (Backend::Postgres(server), How::Read | How::Glance) => Conn::PostgresRead(server.pool.acquire().await?),
            (Backend::Postgres(server), How::Snapshot) => {
                Conn::Postgres(server.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        };
        wait.observe_duration();
        Ok(conn)
    }

    async fn tx(&self, mut conn: Conn, writes: bool) -> Result<Tx> {
        let before = monotonic();
        let now = self.shift(database_now(&mut conn).await?);
        let even_since = self.shared.steady.observe(before, now, monotonic());
        Ok(Tx::new(conn, (now, even_since), writes, self.shared.clone()))
    }

    /// The ledger's present instant: the database's clock.
    pub async fn now(&self) -> Result<Timestamp> {
        Ok(self.glance().await?.now())
    }

    fn shift(&self, now: Timestamp) -> Timestamp {
        let offset = jiff::SignedDuration::from_micros(self.shared.offset_us.load(Ordering::Relaxed));
        now.saturating_add(offset).unwrap_or(now)
    }

    /// Lets time go by on the ledger's clock, which only tests may do.
    #[cfg(any(test, feature = "testkit"))]
    pub fn advance(&self, by: jiff::SignedDuration) {
        self.shared.steady.expect(by);
        self.step_clock(by);
    }

    /// Sets the ledger's clock, as if somebody had, which only tests may do.
    #[cfg(any(test, feature = "testkit"))]
    pub fn step_clock(&self, by: jiff::SignedDuration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.shared.offset_us.fetch_add(micros, Ordering::Relaxed);
    }

    /// Makes every commit fail, or work again, which only tests may do.
    #[cfg(any(test, feature = "testkit"))]
    pub fn break_commits(&self, broken: bool) {
        self.shared.broken.store(broken, Ordering::Relaxed);
    }

    /// Says whether this instance sends e-mail. Until then what people are told is not put up
    /// for mailing: nobody shall get a heap of old news on the day that mail is set up.
    pub fn set_mails(&self, mails: bool) {
        self.shared.mails.store(mails, Ordering::Relaxed);
    }

    /// The bells of this process.
    pub fn wake(&self) -> &Wake {
        &self.shared.wake
    }

    /// The instance's keys.
    pub fn keys(&self) -> &InstanceKeys {
        &self.shared.keys
    }

    /// Where random bytes come from.
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.shared.entropy
    }

    /// How long transactions of this process waited until they began, for monitors.
    pub fn waits(&self) -> &HistogramVec {
        &self.waits.all
    }

    /// The connections of this process: readers on SQLite, which has one writer besides.
    pub fn connections(&self) -> Connections {
        let (open, idle, most) = match &self.backend {
            Backend::Sqlite(db) => db.readers(),
            Backend::Postgres(postgres::Postgres { pool, .. }) => {
                (pool.size(), pool.num_idle(), pool.options().get_max_connections())
            }
        };
        Connections::of(open, idle, most)
    }

    /// Which database is below, for people: `SQLite` or `PostgreSQL`.
    pub fn kind(&self) -> &'static str {
        match self.backend {
            Backend::Sqlite(_) => "SQLite",
            Backend::Postgres(_) => "PostgreSQL",
        }
    }

    /// How much it has been asked so far, for people who measure.
    pub fn asked(&self) -> Asked {
        let Tally { statements, commits } = self.shared.tally.as_ref();
        let groups = match &self.backend {
            Backend::Sqlite(db) => db.commits(),
            Backend::Postgres(_) => 0,
        };
        Asked { statements: statements.load(Ordering::Relaxed), commits: commits.load(Ordering::Relaxed), groups }
    }

    /// Whether several nodes can share this ledger.
    pub fn is_shared(&self) -> bool {
        matches!(self.backend, Backend::Postgres(_))
    }

    /// Rings a bell whenever another node commits something that somebody may wait for with it, and all of them
    /// when calls may have been missed. Returns when it cannot listen; call it again. On SQLite it never returns.
    pub async fn relay_wakes(&self) -> Result<()> {
        let Backend::Postgres(server) = &self.backend else {
            return std::future::pending().await;
        };
        let mut listener = sqlx::postgres::PgListener::connect_with(&server.pool).await?;
        listener.listen(calls::CHANNEL).await?;
        loop {
            Bell::ALL.into_iter().for_each(|bell| self.shared.wake.ring(bell));
            // Until the connection was lost and is there again.
            while let Some(call) = listener.try_recv().await? {
                server.calls.heard(call.payload()).for_each(|bell| self.shared.wake.ring(bell));
            }
        }
    }

    /// Removes physically what was deleted logically: SQLite's log is written
    /// back and emptied; PostgreSQL's dead rows are vacuumed.
    pub async fn erase_deleted(&self) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(db) => db.checkpoint().await,
            Backend::Postgres(server) => {
                for table in crate::columns::tables_with_secrets() {
                    let text = format!("VACUUM {table}");
                    sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&server.pool).await?;
                }
                Ok(())
            }
        }
    }

    /// Copies a SQLite ledger into a new file, consistently. `None` on PostgreSQL.
    pub async fn copy_to(&self, target: &Path) -> Result<Option<()>> {
        match &self.backend {
            Backend::Sqlite(db) => db.copy_to(target).await.map(Some),
            Backend::Postgres(_) => Ok(None),
        }
    }

    /// Closes every connection.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite(db) => db.close().await,
            Backend::Postgres(server) => server.close().await,
        }
    }
}
