//! PostgreSQL: a pool, `LISTEN` for waking, and its own clock.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool};

use super::attendant::Attendant;
use super::calls::Calls;
use super::{Taker, drain};
use crate::error::StoreError;
use crate::sql::{Row, Statement};

/// After how long a process that stands still in a transaction loses it, and what it has locked: its machine sleeps, or
/// is cut off. No transaction waits for anything but the database, and the rest of its workspace waits for its locks.
const STANDS_STILL: &str = "10s";

/// A connection that was in use this lately is taken for a living one without asking.
const FRESH: Duration = Duration::from_secs(1);

/// A server, and whoever calls other nodes that share it.
#[derive(Clone)]
pub(crate) struct Postgres {
    pub(crate) pool: PgPool,
    pub(crate) calls: Arc<Calls>,
    _caller: Arc<Attendant>,
}

impl Postgres {
    /// Opens a pool and checks the setting that durability rests on.
    pub(crate) async fn open(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        let pool = open(url, max_connections).await?;
        // One server draws the numbers of all of its nodes.
        let caller: i64 = sqlx::query_scalar("SELECT (random() * (1::bigint << 52))::bigint").fetch_one(&pool).await?;
        let calls = Arc::new(Calls::new(caller));
        let attendant = Attendant::start(Arc::clone(&calls).keep_making(pool.clone()));
        Ok(Self { pool, calls, _caller: attendant })
    }

    /// Waits for nobody any more; what others were to be called for is said before.
    pub(crate) async fn close(&self) {
        // Who is not called looks by itself.
        self.calls.make(&self.pool).await.ok();
        self.pool.close().await;
    }
}

/// Whether a connection of the pool still leads anywhere. To ask each time would be a round trip more for every
/// transaction.
async fn still_there(conn: &mut PgConnection, idle: Duration) -> Result<bool, sqlx::Error> {
    Ok(idle < FRESH || conn.ping().await.is_ok())
}

/// Runs a statement; its rows are taken while the server sends more.
pub(super) async fn run(conn: &mut PgConnection, statement: &Statement, take: Taker<'_>) -> Result<u64, StoreError> {
    drain(conn.fetch_many(statement.for_postgres()), |done| done.rows_affected(), Row::Postgres, take).await
}

async fn open(url: &str, max_connections: u32) -> Result<PgPool, StoreError> {
    let options = PgConnectOptions::from_str(url)?
        .application_name("postrider")
        .options([
            ("synchronous_commit", "on"),
            ("lock_timeout", "30s"),
            ("idle_in_transaction_session_timeout", STANDS_STILL),
        ])
        .disable_statement_logging();
    let pool = PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(Duration::from_secs(10))
        .test_before_acquire(false)
        .before_acquire(|conn, meta| Box::pin(async move { still_there(conn, meta.idle_for).await }))
        .connect_with(options)
        .await?;
    let synchronous: String = sqlx::query_scalar("SHOW synchronous_commit").fetch_one(&pool).await?;
    match synchronous.as_str() {
        "on" | "remote_apply" => Ok(pool),
        other => Err(StoreError::corrupt("synchronous_commit", format!("is {other}, must be on"))),
    }
}

/// The server's clock.
pub(crate) async fn now(conn: &mut PgConnection) -> Result<Timestamp, StoreError> {
    let micros: i64 =
        sqlx::query_scalar("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint").fetch_one(conn).await?;
    Timestamp::from_microsecond(micros).map_err(|error| StoreError::corrupt("clock_timestamp", error))
}
