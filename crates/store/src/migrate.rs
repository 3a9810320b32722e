//! Bringing the tables up to date.
//!
//! On SQLite a copy of the file is taken first. When a migration fails the copy
//! takes the file's place again, so that the version before can go on with it.

use std::path::{Path, PathBuf};

use sqlx::migrate::Migrator;

use crate::backend::sqlite::Sqlite;
use crate::error::StoreError;
use crate::store::{Backend, Store};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// How many migrations this version knows.
pub static MIGRATIONS: std::sync::LazyLock<usize> = std::sync::LazyLock::new(|| SQLITE.iter().count());

/// Why the tables cannot be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The ledger was written by a newer version of the product.
    #[error("this database was written by a newer version (migration {0}); run that version or restore a backup")]
    Newer(i64),
    /// An applied migration is not the one this version ships.
    #[error("migration {0} was applied in another form; restore a backup")]
    Changed(i64),
    /// A migration failed.
    #[error("a migration failed: {0}")]
    Failed(String),
    /// A migration failed, and the file is as it was before. The store is closed.
    #[error("a migration failed, and the database is as it was before: {0}")]
    Restored(String),
    /// A migration failed, and putting the copy back failed too. The store is closed.
    #[error("a migration failed ({why}), and the copy in {} could not be put back: {restoring}", snapshot.display())]
    NotRestored {
        /// What failed first.
        why: String,
        /// Where the copy is.
        snapshot: PathBuf,
        /// What failed then.
        restoring: String,
    },
    /// No copy of the database could be made, so no migration was tried.
    #[error("no copy of the database could be made before the migration: {0}")]
    NoSnapshot(String),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The migrations that this version knows, oldest first.
pub(crate) fn versions() -> Vec<i64> {
    SQLITE.iter().map(|migration| migration.version).collect()
}

impl From<sqlx::migrate::MigrateError> for MigrateError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::VersionMissing(version) => Self::Newer(version),
            sqlx::migrate::MigrateError::VersionMismatch(version) => Self::Changed(version),
            other => Self::Failed(chain(&other)),
        }
    }
}

/// An error with what caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

impl Store {
    /// Applies what is missing. On SQLite, when there are tables already, a
    /// copy `<file>.before-<version>` is taken first; it is put back when a
    /// migration fails, and removed when all went well, because it holds what
    /// may be deleted later. After a failure the store is closed.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        self.migrate_with(&SQLITE, &POSTGRES).await
    }

    /// Applies what is missing up to a migration, for rows that were written then.
    pub(crate) async fn migrate_up_to(&self, last: i64) -> Result<(), MigrateError> {
        let until = |all: &Migrator| {
            Migrator::with_migrations(all.iter().filter(|migration| migration.version <= last).cloned().collect())
        };
        self.migrate_with(&until(&SQLITE), &until(&POSTGRES)).await
    }

    async fn migrate_with(&self, sqlite: &Migrator, postgres: &Migrator) -> Result<(), MigrateError> {
        match &self.backend {
            Backend::Sqlite(db) => {
                let applied = self.applied_migrations().await?;
                let next = sqlite.iter().map(|migration| migration.version).find(|version| !applied.contains(version));
                match next {
                    Some(next) if !applied.is_empty() => with_snapshot(db, sqlite, next).await,
                    _ => run_sqlite(db, sqlite).await,
                }
            }
            Backend::Postgres(server) => Ok(postgres.run(&server.pool).await?),
        }
    }

    /// The versions that are applied, oldest first; empty for a new database.
    pub async fn applied_migrations(&self) -> Result<Vec<i64>, StoreError> {
        let mut tx = self.read().await?;
        let exists = match &self.backend {
            Backend::Sqlite(_) => "SELECT count(*) AS n FROM sqlite_master WHERE name = '_sqlx_migrations'",
            Backend::Postgres(_) => {
                "SELECT count(*) AS n FROM information_schema.tables WHERE table_name = '_sqlx_migrations' \
                 AND table_schema = current_schema()"
            }
        };
        if tx.one(crate::sql::sql(exists)).await?.count("n")? == 0 {
            return Ok(Vec::new());
        }
        tx.map(crate::sql::sql("SELECT version FROM _sqlx_migrations ORDER BY version"), |row| row.get("version")).await
    }
}

async fn run_sqlite(db: &Sqlite, migrator: &Migrator) -> Result<(), MigrateError> {
    use sqlx::Connection as _;
    let mut conn = db.connect().await?;
    let result = migrator.run_direct(None, &mut conn, false).await;
    // A connection left open would keep the log alive that a restored file must not meet.
    conn.close().await.map_err(StoreError::from)?;
    Ok(result?)
}

async fn with_snapshot(db: &Sqlite, migrator: &Migrator, next: i64) -> Result<(), MigrateError> {
    let snapshot = beside(db.path(), &format!(".before-{next}"));
    take_snapshot(db, &snapshot).await?;
    match run_sqlite(db, migrator).await {
        Ok(()) => {
            if let Err(error) = remove(&snapshot) {
                tracing::warn!(%error, snapshot = %snapshot.display(), "remove this copy: it is not needed any more");
            }
            Ok(())
        }
        // Nothing was changed by these: another version wrote the file.
        Err(error @ (MigrateError::Newer(_) | MigrateError::Changed(_))) => {
            let _ = remove(&snapshot);
            Err(error)
        }
        Err(error) => {
            db.close().await;
            let why = match &error {
                MigrateError::Failed(why) => why.clone(),
                other => chain(other),
            };
            match put_back(db.path(), &snapshot) {
                Ok(()) => Err(MigrateError::Restored(why)),
                Err(error) => Err(MigrateError::NotRestored { why, snapshot, restoring: error.to_string() }),
            }
        }
    }
}

async fn take_snapshot(db: &Sqlite, snapshot: &Path) -> Result<(), MigrateError> {
    let failed = |error: &dyn std::error::Error| MigrateError::NoSnapshot(chain(error));
    // One left by a crash: the file itself is whole, since each migration is one transaction.
    remove(snapshot).map_err(|error| failed(&error))?;
    db.copy_to(snapshot).await.map_err(|error| failed(&error))?;
    std::fs::File::open(snapshot).and_then(|file| file.sync_all()).map_err(|error| failed(&error))
}

/// The copy takes the file's place. The log belongs to the failed state and goes first.
fn put_back(file: &Path, snapshot: &Path) -> std::io::Result<()> {
    remove(&beside(file, "-wal"))?;
    remove(&beside(file, "-shm"))?;
    std::fs::rename(snapshot, file)?;
    match file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests;
