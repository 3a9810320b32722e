//! The two databases behind one set of calls; nothing outside asks which it is.

mod attendant;
pub(crate) mod calls;
pub(crate) mod postgres;
pub(crate) mod sqlite;

use futures::TryStreamExt as _;
use futures::stream::BoxStream;
use jiff::Timestamp;
use sqlx::Either;
use sqlx::pool::PoolConnection;

use crate::error::StoreError;
use crate::sql::{Row, Statement};

/// A connection inside a transaction, or a reading one.
pub(crate) enum Conn {
    /// The turn at SQLite's single writer.
    SqliteWrite(sqlite::Turn),
    /// A snapshot of SQLite.
    SqliteRead(sqlx::Transaction<'static, sqlx::Sqlite>),
    /// A connection to SQLite on which every statement sees the present.
    SqliteGlance(PoolConnection<sqlx::Sqlite>),
    /// A transaction of PostgreSQL.
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
    /// A connection to PostgreSQL for reading. A transaction would show no other rows, since each of its statements
    /// sees the present as well (READ COMMITTED), and costs two round trips.
    PostgresRead(PoolConnection<sqlx::Postgres>),
}

/// Who takes the rows of a statement, one by one as they come: the database makes the next one meanwhile.
pub(crate) type Taker<'a> = &'a mut (dyn FnMut(Row) -> Result<(), StoreError> + Send);

impl Conn {
    /// Runs a statement; returns how many rows it changed.
    pub(crate) async fn run(&mut self, statement: &Statement, take: Taker<'_>) -> Result<u64, StoreError> {
        match self {
            Conn::SqliteWrite(turn) => turn.run(statement, take).await,
            Conn::SqliteRead(tx) => sqlite::run(tx, statement, take).await,
            Conn::SqliteGlance(conn) => sqlite::run(conn, statement, take).await,
            Conn::Postgres(tx) => postgres::run(tx, statement, take).await,
            Conn::PostgresRead(conn) => postgres::run(conn, statement, take).await,
        }
    }

    /// Whether statements may lock rows; SQLite's single writer needs no row locks.
    pub(crate) fn locks_rows(&self) -> bool {
        matches!(self, Conn::Postgres(_) | Conn::PostgresRead(_))
    }

    /// Undoes everything and waits for it.
    pub(crate) async fn rollback(self) -> Result<(), StoreError> {
        match self {
            // The next turn undoes it before it begins.
            Conn::SqliteWrite(turn) => drop(turn),
            Conn::SqliteRead(tx) => tx.rollback().await?,
            Conn::Postgres(tx) => tx.rollback().await?,
            Conn::SqliteGlance(_) | Conn::PostgresRead(_) => {}
        }
        Ok(())
    }

    /// Makes everything durable; only then does the caller learn of success.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Conn::SqliteWrite(turn) => turn.commit().await,
            Conn::SqliteRead(tx) => Ok(tx.rollback().await?),
            Conn::Postgres(tx) => Ok(tx.commit().await?),
            Conn::SqliteGlance(_) | Conn::PostgresRead(_) => Ok(()),
        }
    }
}

/// Takes the rows of what has none.
pub(crate) fn no_rows(_: Row) -> Result<(), StoreError> {
    Ok(())
}

/// Takes all rows of a statement; returns how many it changed.
async fn drain<D, R>(
    mut parts: BoxStream<'_, Result<Either<D, R>, sqlx::Error>>,
    affected: fn(&D) -> u64,
    row: fn(R) -> Row,
    take: Taker<'_>,
) -> Result<u64, StoreError> {
    let mut changed = 0;
    while let Some(part) = parts.try_next().await? {
        match part {
            Either::Left(done) => changed = affected(&done),
            Either::Right(next) => take(row(next))?,
        }
    }
    Ok(changed)
}

/// The database's own clock, without any offset.
pub(crate) async fn database_now(conn: &mut Conn) -> Result<Timestamp, StoreError> {
    match conn {
        Conn::Postgres(tx) => postgres::now(tx).await,
        Conn::PostgresRead(conn) => postgres::now(conn).await,
        // SQLite runs in this process: its clock is the machine's.
        Conn::SqliteWrite(_) | Conn::SqliteRead(_) | Conn::SqliteGlance(_) => Ok(sqlite::now()),
    }
}
