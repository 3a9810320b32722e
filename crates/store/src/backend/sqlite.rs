//! SQLite: one writer that commits in groups, and a pool of readers.
//!
//! Writers take turns on one connection. A turn is a savepoint inside an open
//! transaction; its `commit` releases the savepoint, hands the connection on
//! and waits. A committer queues behind the writers that were already waiting,
//! so one `COMMIT`, with its one fsync, makes the work of all of them durable.
//! A turn that is dropped is rolled back by whoever comes next.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, SqliteConnection, SqlitePool};
use tokio::sync::{Mutex, Notify, OwnedMutexGuard, oneshot};

use super::attendant::Attendant;
use super::{Taker, drain};
use crate::error::StoreError;
use crate::sql::{Row, Statement};

/// The reading connections: enough for a small server, few enough to stay small.
const READERS: u32 = 4;

/// How long a connection waits for a lock of another process or of a checkpoint.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Both sides of one SQLite file.
#[derive(Clone)]
pub(crate) struct Sqlite {
    path: PathBuf,
    readers: SqlitePool,
    writer: Arc<Mutex<Writer>>,
    commits: Arc<AtomicU64>,
    /// Tells the committer that somebody waits for it.
    wanted: Arc<Notify>,
    _committer: Arc<Attendant>,
}

struct Writer {
    /// `None` after `close`.
    conn: Option<SqliteConnection>,
    /// A transaction is open.
    open: bool,
    /// A savepoint is open whose turn has not released it.
    unfinished: bool,
    /// How often something was committed.
    commits: Arc<AtomicU64>,
    /// Turns that are done and wait for the commit.
    waiting: Vec<oneshot::Sender<Result<(), Lost>>>,
}

/// Why a group was not committed; each of its turns gets a copy.
#[derive(Debug, Clone)]
struct Lost {
    full: bool,
    why: String,
}

impl From<&StoreError> for Lost {
    fn from(error: &StoreError) -> Self {
        let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
        Self { full: matches!(error, StoreError::Full(_)), why: format!("{error}{source}") }
    }
}

impl From<Lost> for StoreError {
    fn from(lost: Lost) -> Self {
        if lost.full { Self::Full(sqlx::Error::Protocol(lost.why)) } else { Self::Commit(lost.why) }
    }
}

pub(crate) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
        .pragma("cache_size", "-8192")
        .disable_statement_logging()
}

/// The machine's clock, to the microsecond as instants are stored: what is
/// written with it and read again must equal it. This module is the clock's
/// home because SQLite has none of its own.
#[expect(clippy::disallowed_methods, reason = "SQLite's clock is the machine's clock")]
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

impl Sqlite {
    /// Opens the file, creating it if there is none, and checks that the
    /// settings that durability rests on are really in force.
    pub(crate) async fn open(path: &Path) -> Result<Self, StoreError> {
        let mut conn = options(path).connect().await?;
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut conn).await?;
        let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut conn).await?;
        if synchronous != 2 || journal != "wal" {
            return Err(StoreError::corrupt("pragma", format!("synchronous={synchronous} journal_mode={journal}")));
        }
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .min_connections(0)
            // A file does not hang up.
            .test_before_acquire(false)
            .connect_with(options(path).pragma("query_only", "ON"))
            .await?;
        let commits = Arc::new(AtomicU64::new(0));
        let (own, waiting) = (Arc::clone(&commits), Vec::new());
        let writer = Writer { conn: Some(conn), open: false, unfinished: false, commits: own, waiting };
        let writer = Arc::new(Mutex::new(writer));
        let wanted = Arc::new(Notify::new());
        let committer = Attendant::start(commit_groups(Arc::clone(&writer), Arc::clone(&wanted)));
        Ok(Self { path: path.to_owned(), readers, writer, commits, wanted, _committer: committer })
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A connection of its own, for migrations and restoring.
    pub(crate) async fn connect(&self) -> Result<SqliteConnection, StoreError> {
        Ok(options(&self.path).connect().await?)
    }

    /// How often something was committed: once for a group of transactions.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Reading connections: how many are open, how many of them are free, and how many there may be.
    pub(crate) fn readers(&self) -> (u32, usize, u32) {
        (self.readers.size(), self.readers.num_idle(), READERS)
    }

    /// A snapshot for reading.
    pub(crate) async fn read(&self) -> Result<sqlx::Transaction<'static, sqlx::Sqlite>, StoreError> {
        Ok(self.readers.begin().await?)
    }

    /// A reading connection without a transaction.
    pub(crate) async fn glance(&self) -> Result<PoolConnection<sqlx::Sqlite>, StoreError> {
        Ok(self.readers.acquire().await?)
    }

    /// Waits for the writer and opens a savepoint on it.
    pub(crate) async fn write(&self) -> Result<Turn, StoreError> {
        let turn = self.turn().await;
        uncut(async move {
            let mut turn = turn;
            turn.writer.begin().await?;
            Ok(turn)
        })
        .await
    }

    /// Waits for the writer.
    async fn turn(&self) -> Turn {
        let writer = Arc::clone(&self.writer).lock_owned().await;
        Turn { writer, wanted: Arc::clone(&self.wanted), broken: false }
    }

    /// Writes the log back into the file and empties it, so that nothing
    /// deleted survives there. Tries until no reader is in the way.
    pub(crate) async fn checkpoint(&self) -> Result<(), StoreError> {
        for _ in 0..50 {
            let mut turn = self.turn().await;
            let busy = uncut(async move {
                turn.writer.commit().await;
                truncate_log(turn.writer.conn()?).await
            })
            .await?;
            if !busy {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(StoreError::Commit("readers kept the log busy".to_owned()))
    }

    /// A consistent copy of the database in a new file.
    pub(crate) async fn copy_to(&self, target: &Path) -> Result<(), StoreError> {
        let mut turn = self.turn().await;
        let target = target.to_string_lossy().into_owned();
        uncut(async move {
            turn.writer.commit().await;
            sqlx::query("VACUUM INTO $1").bind(target).execute(turn.writer.conn()?).await?;
            Ok(())
        })
        .await
    }

    /// Commits what is open and closes every connection.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        let mut turn = self.turn().await;
        let closed = uncut(async move {
            turn.writer.commit().await;
            if let Some(conn) = turn.writer.conn.take() {
                conn.close().await?;
            }
            Ok(())
        });
        // Closing checkpoints; a failure leaves a log that the next start replays.
        let _ = closed.await;
    }
}

/// Works to its end also when nobody waits for it any more: a connection whose begin, release
/// or commit was cut off is in a state that nobody knows.
async fn uncut<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    #[expect(clippy::disallowed_methods, reason = "ends by itself, after a few statements")]
    let task = tokio::spawn(work);
    task.await.unwrap_or_else(|error| Err(StoreError::Commit(format!("the writer's task ended: {error}"))))
}

impl Writer {
    fn conn(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        self.conn.as_mut().ok_or(StoreError::Unavailable(sqlx::Error::PoolClosed))
    }

    /// Opens a savepoint for the next turn, and a transaction around it where none is open.
    async fn begin(&mut self) -> Result<(), StoreError> {
        self.undo_unfinished().await;
        let text = if self.open { "SAVEPOINT turn" } else { "BEGIN IMMEDIATE; SAVEPOINT turn" };
        let begun = sqlx::raw_sql(text).execute(self.conn()?).await;
        if begun.is_err() && !self.open {
            // Perhaps only the second half failed, and nothing may run in a transaction that nobody knows of.
            let _ = sqlx::raw_sql("ROLLBACK").execute(self.conn()?).await;
        }
        begun?;
        (self.open, self.unfinished) = (true, true);
        Ok(())
    }

    /// Rolls back a turn that was dropped. When SQLite has already rolled back
    /// the whole transaction (a full disk does that), the group is told.
    async fn undo_unfinished(&mut self) {
        if !self.unfinished {
            return;
        }
        self.unfinished = false;
        let undone = match self.conn() {
            Ok(conn) => sqlx::raw_sql("ROLLBACK TO turn; RELEASE turn").execute(conn).await.map_err(StoreError::from),
            Err(error) => Err(error),
        };
        if let Err(error) = undone {
            self.fail_group(Lost::from(&error)).await;
        }
    }

    async fn fail_group(&mut self, lost: Lost) {
        tracing::warn!(turns = self.waiting.len(), why = lost.why, "a group commit failed");
        if let Ok(conn) = self.conn() {
            // There may be no transaction left to roll back; that is the aim.
            let _ = sqlx::raw_sql("ROLLBACK").execute(conn).await;
        }
        self.open = false;
        for turn in self.waiting.drain(..) {
            let _ = turn.send(Err(lost.clone()));
        }
    }

    async fn commit(&mut self) {
        self.undo_unfinished().await;
        if !self.open {
            return;
        }
        let committed = match self.conn() {
            Ok(conn) => sqlx::raw_sql("COMMIT").execute(conn).await.map_err(StoreError::from),
            Err(error) => Err(error),
        };
        match committed {
            Ok(_) => {
                self.open = false;
                self.commits.fetch_add(1, Ordering::Relaxed);
                self.waiting.drain(..).for_each(|turn| {
                    let _ = turn.send(Ok(()));
                });
            }
            Err(error) => self.fail_group(Lost::from(&error)).await,
        }
    }
}

/// One try, which gives up soon: writers wait behind it for as long as it takes.
async fn truncate_log(conn: &mut SqliteConnection) -> Result<bool, StoreError> {
    sqlx::raw_sql("PRAGMA busy_timeout = 50").execute(&mut *conn).await?;
    let busy: Result<i64, _> = sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *conn).await;
    let text = format!("PRAGMA busy_timeout = {}", BUSY_TIMEOUT.as_millis());
    sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(conn).await?;
    Ok(busy? != 0)
}

async fn commit_groups(writer: Arc<Mutex<Writer>>, wanted: Arc<Notify>) {
    loop {
        wanted.notified().await;
        // Fair lock: writers that already wait go first and join this group.
        writer.lock().await.commit().await;
    }
}

/// One writer's turn on the connection.
pub(crate) struct Turn {
    writer: OwnedMutexGuard<Writer>,
    wanted: Arc<Notify>,
    /// The database itself failed: SQLite may have rolled back everything, and
    /// a further statement would then run, and stay, outside any transaction.
    broken: bool,
}

impl Turn {
    /// The connection; none any more after a failure of the database itself.
    pub(crate) fn conn(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        if self.broken {
            return Err(StoreError::Commit("the database failed earlier in this transaction".to_owned()));
        }
        self.writer.conn()
    }

    /// Runs a statement, and remembers when an error ends the turn.
    pub(crate) async fn run(&mut self, statement: &Statement, take: Taker<'_>) -> Result<u64, StoreError> {
        let ran = run(self.conn()?, statement, take).await;
        self.broken |= ran.as_ref().is_err_and(StoreError::is_temporary);
        ran
    }

    /// Ends the turn and waits until its group is durable.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let committed = uncut(async move {
            let mut turn = self;
            sqlx::raw_sql("RELEASE turn").execute(turn.conn()?).await?;
            turn.writer.unfinished = false;
            let (sender, receiver) = oneshot::channel();
            turn.writer.waiting.push(sender);
            Ok(receiver)
        });
        match committed.await?.await {
            Ok(result) => result.map_err(StoreError::from),
            Err(_) => Err(StoreError::Commit("the store was closed".to_owned())),
        }
    }
}

/// Runs a statement; its rows are taken while the database makes more.
pub(super) async fn run(
    conn: &mut SqliteConnection,
    statement: &Statement,
    take: Taker<'_>,
) -> Result<u64, StoreError> {
    drain(conn.fetch_many(statement.for_sqlite()), |done| done.rows_affected(), Row::Sqlite, take).await
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Also after an abandoned turn: an open transaction must not linger.
        self.wanted.notify_one();
    }
}

#[cfg(test)]
mod tests;
