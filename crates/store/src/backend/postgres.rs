//! PostgreSQL: a pool, `LISTEN` for waking, and its own clock.

use std::str::FromStr as _;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, PgPool};

use crate::error::StoreError;

/// The channel that wakes other nodes.
pub(crate) const WAKE: &str = "postrider_wake";

/// After how long a process that stands still in a transaction loses it, and what it has locked: its machine sleeps, or
/// is cut off. No transaction waits for anything but the database, and the rest of its workspace waits for its locks.
const STANDS_STILL: &str = "10s";

/// Opens a pool and checks the setting that durability rests on.
pub(crate) async fn open(url: &str, max_connections: u32) -> Result<PgPool, StoreError> {
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
        .connect_with(options)
        .await?;
    let synchronous: String = sqlx::query_scalar("SHOW synchronous_commit").fetch_one(&pool).await?;
    match synchronous.as_str() {
        "on" | "remote_apply" => Ok(pool),
        other => Err(StoreError::corrupt("synchronous_commit", format!("is {other}, must be on"))),
    }
}

/// The server's clock.
pub(crate) async fn now(tx: &mut sqlx::Transaction<'static, sqlx::Postgres>) -> Result<Timestamp, StoreError> {
    let micros: i64 = sqlx::query_scalar("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        .fetch_one(&mut **tx)
        .await?;
    Timestamp::from_microsecond(micros).map_err(|error| StoreError::corrupt("clock_timestamp", error))
}
