//! The two databases behind one set of calls; nothing outside asks which it is.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use jiff::Timestamp;

use crate::error::StoreError;
use crate::sql::{Row, Statement};

/// A connection inside a transaction, or a reading one.
pub(crate) enum Conn {
    /// The turn at SQLite's single writer.
    SqliteWrite(sqlite::Turn),
    /// A snapshot of SQLite.
    SqliteRead(sqlx::Transaction<'static, sqlx::Sqlite>),
    /// A transaction of PostgreSQL.
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Conn {
    /// Runs a statement and returns how many rows it changed.
    pub(crate) async fn execute(&mut self, statement: &Statement) -> Result<u64, StoreError> {
        Ok(match self {
            Conn::SqliteWrite(turn) => match statement.for_sqlite().execute(turn.conn()?).await {
                Ok(done) => done.rows_affected(),
                Err(error) => return Err(turn.failed(error)),
            },
            Conn::SqliteRead(tx) => statement.for_sqlite().execute(&mut **tx).await?.rows_affected(),
            Conn::Postgres(tx) => statement.for_postgres().execute(&mut **tx).await?.rows_affected(),
        })
    }

    /// Runs a statement and returns its rows.
    pub(crate) async fn rows(&mut self, statement: &Statement) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Conn::SqliteWrite(turn) => match statement.for_sqlite().fetch_all(turn.conn()?).await {
                Ok(rows) => rows.into_iter().map(Row::Sqlite).collect(),
                Err(error) => return Err(turn.failed(error)),
            },
            Conn::SqliteRead(tx) => {
                statement.for_sqlite().fetch_all(&mut **tx).await?.into_iter().map(Row::Sqlite).collect()
            }
            Conn::Postgres(tx) => {
                statement.for_postgres().fetch_all(&mut **tx).await?.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// Whether statements may lock rows; SQLite's single writer needs no row locks.
    pub(crate) fn locks_rows(&self) -> bool {
        matches!(self, Conn::Postgres(_))
    }

    /// Undoes everything and waits for it.
    pub(crate) async fn rollback(self) -> Result<(), StoreError> {
        match self {
            // The next turn undoes it before it begins.
            Conn::SqliteWrite(turn) => drop(turn),
            Conn::SqliteRead(tx) => tx.rollback().await?,
            Conn::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }

    /// Makes everything durable; only then does the caller learn of success.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Conn::SqliteWrite(turn) => turn.commit().await,
            Conn::SqliteRead(tx) => Ok(tx.rollback().await?),
            Conn::Postgres(tx) => Ok(tx.commit().await?),
        }
    }
}

/// The database's own clock, without any offset.
pub(crate) async fn database_now(conn: &mut Conn) -> Result<Timestamp, StoreError> {
    match conn {
        Conn::Postgres(tx) => postgres::now(tx).await,
        // SQLite runs in this process: its clock is the machine's.
        Conn::SqliteWrite(_) | Conn::SqliteRead(_) => Ok(sqlite::now()),
    }
}
