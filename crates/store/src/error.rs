//! What can go wrong with the ledger, as far as a caller branches on it.

use postrider_domain::entitlement::Meter;

/// A failed store call.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The row does not exist, or not in this workspace.
    #[error("not found")]
    NotFound,
    /// Somebody else changed the row, or the lease is no longer ours.
    #[error("the row has changed or the lease is lost")]
    Stale,
    /// A unique rule forbids it; the name is that of the constraint or its columns.
    #[error("already exists: {0}")]
    Duplicate(String),
    /// The row is in a state in which this cannot be done.
    #[error("not possible: {0}")]
    Refused(postrider_domain::Code),
    /// An entitlement would be exceeded.
    #[error("{} would exceed {limit}, {used} are used", meter.as_str())]
    Exceeded {
        /// Which.
        meter: Meter,
        /// The most that is allowed.
        limit: u64,
        /// What is in use.
        used: u64,
    },
    /// The disk is full.
    #[error("the disk is full")]
    Full(#[source] sqlx::Error),
    /// The database does not answer; it may come back.
    #[error("the database does not answer")]
    Unavailable(#[source] sqlx::Error),
    /// The group of writes this one was committed with failed.
    #[error("the group commit failed: {0}")]
    Commit(String),
    /// A sealed value does not open with this key, or was moved.
    #[error("a sealed value does not open: {0}")]
    Sealed(&'static str),
    /// A stored value is not what this version writes.
    #[error("a stored value in {column} is not readable: {why}")]
    Corrupt {
        /// Where.
        column: &'static str,
        /// What is wrong.
        why: String,
    },
    /// Anything else the database says.
    #[error("the database refused a statement")]
    Database(#[source] Quiet),
}

/// What a database said, without the values of rows: PostgreSQL repeats the whole row in the
/// detail of an error, and errors end up in logs.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Quiet(String);

impl From<&sqlx::Error> for Quiet {
    fn from(error: &sqlx::Error) -> Self {
        let sqlx::Error::Database(said) = error else { return Self(error.to_string()) };
        let code = said.code().unwrap_or_default().into_owned();
        let at = |what: &str, name: Option<&str>| name.map(|name| format!(", {what} {name}")).unwrap_or_default();
        // SQLite's messages name columns and never their values; PostgreSQL's may hold both.
        let message = if code.len() == 5 { "" } else { said.message() };
        let place = at("table", said.table()) + &at("constraint", said.constraint());
        Self(format!("code {code} {message}{place}"))
    }
}

impl StoreError {
    /// A stored value that this version does not understand.
    pub fn corrupt(column: &'static str, why: impl ToString) -> Self {
        Self::Corrupt { column, why: why.to_string() }
    }

    /// Whether trying again later can help.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Commit(_) | Self::Full(_))
    }

    /// Whether a connection turned out to be none any more: the server was stopped, or hung up.
    pub(crate) fn hung_up(&self) -> bool {
        let Self::Unavailable(error) = self else { return false };
        match error {
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::BeginFailed => true,
            // Its last words: an administrator ended it, or another process crashed.
            sqlx::Error::Database(said) => said.code().is_some_and(|code| matches!(&*code, "57P01" | "57P02")),
            _ => false,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => Self::NotFound,
            // A server that went away in the middle of a conversation, or hung up on a process that stood still, leaves
            // words that make no sense or a transaction that does not begin.
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::BeginFailed
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            sqlx::Error::Database(database) if database.is_unique_violation() => {
                Self::Duplicate(database.constraint().unwrap_or(database.message()).to_owned())
            }
            sqlx::Error::Database(database) => match Trouble::of(database.as_ref()) {
                Some(Trouble::Full) => Self::Full(error),
                Some(Trouble::Passing) => Self::Unavailable(error),
                None => Self::Database(Quiet::from(&error)),
            },
            _ => Self::Database(Quiet::from(&error)),
        }
    }
}

/// What is wrong with the database itself, not with the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// No room.
    Full,
    /// It may work later.
    Passing,
}

impl Trouble {
    fn of(error: &dyn sqlx::error::DatabaseError) -> Option<Self> {
        let code = error.code()?;
        // PostgreSQL's codes have five characters, SQLite's extended ones at most four digits.
        if code.len() == 5 { Self::postgres(&code) } else { Self::sqlite(code.parse().ok()?, error.message()) }
    }

    fn postgres(code: &str) -> Option<Self> {
        // Classes 08 (connection), 53 (resources), 57P (operator intervention), and what a
        // second try settles: serialisation, deadlock, a lock that was not free in time, and a
        // transaction in which this process stood still.
        const PASSING: [&str; 8] = ["08", "53", "57P", "40001", "40P01", "55P03", "55000", "25P03"];
        match code {
            "53100" => Some(Self::Full),
            _ => PASSING.iter().any(|class| code.starts_with(class)).then_some(Self::Passing),
        }
    }

    fn sqlite(code: u32, message: &str) -> Option<Self> {
        // The low byte is the primary code; a full disk under the log shows as an I/O error.
        const BUSY: u32 = 5;
        const NOMEM: u32 = 7;
        const IOERR: u32 = 10;
        const FULL: u32 = 13;
        match code & 0xff {
            FULL => Some(Self::Full),
            IOERR if message.contains("full") => Some(Self::Full),
            BUSY | NOMEM | IOERR => Some(Self::Passing),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::store_test!(an_error_does_not_repeat_the_row, |store| {
        let mut tx = store.write().await.expect("a transaction");
        let insert = "INSERT INTO users (id, email, email_key, name, password_hash, operator, created_at) \
                      VALUES ($1, 'planted@example.org', 'k', 'Planted', 'planted hash', FALSE, 1)";
        let refused = tx.execute(crate::sql::sql(insert).bind(uuid::Uuid::from_u128(1))).await;
        let error = refused.expect_err("updated_at is missing");
        let text = format!("{error:?} {error} {}", std::error::Error::source(&error).expect("a cause"));
        assert!(!text.to_lowercase().contains("planted"), "{text}");
        assert!(text.contains("users"), "it still says where: {text}");
    });

    #[test]
    fn a_conversation_that_broke_off_is_worth_another() {
        for error in [sqlx::Error::Protocol("unexpected message".to_owned()), sqlx::Error::BeginFailed] {
            assert!(StoreError::from(error).is_temporary());
        }
        assert!(!StoreError::from(sqlx::Error::ColumnNotFound("id".to_owned())).is_temporary());
    }

    #[test]
    fn trouble_with_the_database_is_told_from_a_wrong_statement() {
        assert_eq!(Trouble::sqlite(13, ""), Some(Trouble::Full));
        assert_eq!(Trouble::sqlite(778, "disk I/O error"), Some(Trouble::Passing), "SQLITE_IOERR_WRITE");
        assert_eq!(Trouble::sqlite(517, ""), Some(Trouble::Passing), "SQLITE_BUSY_SNAPSHOT");
        assert_eq!(Trouble::sqlite(1, "no such table"), None);
        assert_eq!(Trouble::postgres("53100"), Some(Trouble::Full));
        assert_eq!(Trouble::postgres("40P01"), Some(Trouble::Passing));
        assert_eq!(Trouble::postgres("57P01"), Some(Trouble::Passing));
        assert_eq!(Trouble::postgres("25P03"), Some(Trouble::Passing));
        assert_eq!(Trouble::postgres("42601"), None);
    }
}
