//! PostgreSQL: a pool, `LISTEN` for waking, and its own clock.

use std::str::FromStr as _;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, PgPool};

use crate::error::StoreError;

/// The channel that wakes other nodes.
pub(crate) const WAKE: &str = "postrider_wake";

/// Opens a pool and checks the setting that durability rests on.
pub(crate) async fn open(url: &str, max_connections: u32) -> Result<PgPool, StoreError> {
    let options = PgConnectOptions::from_str(url)?
        .application_name("postrider")
        .options([
            ("synchronous_commit", "on"),
            ("lock_timeout", "30s"),
            ("idle_in_transaction_session_timeout", "60s"),
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
