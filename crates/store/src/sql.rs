//! One SQL text for both databases: statements with typed arguments, and rows.

use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::id::TypedId;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Decode, Postgres, Row as _, Sqlite, Type};
use uuid::Uuid;

use crate::error::StoreError;

/// An argument of a statement.
#[derive(Debug, Clone)]
pub(crate) enum Arg {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Uuid(Option<Uuid>),
    Bool(Option<bool>),
}

macro_rules! arg_from {
    ($($from:ty => |$value:ident| $variant:ident($expr:expr);)*) => {$(
        impl From<$from> for Arg {
            fn from($value: $from) -> Self {
                Arg::$variant(Some($expr))
            }
        }

        impl From<Option<$from>> for Arg {
            fn from(value: Option<$from>) -> Self {
                match value {
                    Some(value) => Arg::from(value),
                    None => Arg::$variant(None),
                }
            }
        }
    )*};
}

arg_from! {
    i64 => |v| Int(v);
    u32 => |v| Int(i64::from(v));
    u64 => |v| Int(i64::try_from(v).unwrap_or(i64::MAX));
    usize => |v| Int(i64::try_from(v).unwrap_or(i64::MAX));
    bool => |v| Bool(v);
    &str => |v| Text(storable(v.to_owned()));
    &String => |v| Text(storable(v.clone()));
    String => |v| Text(storable(v));
    &[u8] => |v| Bytes(v.to_owned());
    Vec<u8> => |v| Bytes(v);
    [u8; 32] => |v| Bytes(v.to_vec());
    Uuid => |v| Uuid(v);
    Timestamp => |v| Int(v.as_microsecond());
    Code => |v| Text(v.as_str().to_owned());
}

/// PostgreSQL keeps no text with U+0000, and an answer of a platform that holds one must not keep its delivery from
/// being written: the mark for what cannot be shown stands in its place, on both databases.
fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text }
}

/// A statement and its arguments, in the order `$1`, `$2`, ….
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) text: String,
    pub(crate) args: Vec<Arg>,
}

/// Starts a statement.
pub(crate) fn sql(text: impl Into<String>) -> Statement {
    Statement { text: text.into(), args: Vec::new() }
}

impl Statement {
    /// Adds the next argument.
    pub(crate) fn bind(mut self, value: impl Into<Arg>) -> Self {
        self.args.push(value.into());
        self
    }

    /// Adds a typed id as the next argument.
    pub(crate) fn id(self, id: impl TypedId) -> Self {
        self.bind(id.uuid())
    }

    /// Adds an optional typed id as the next argument.
    pub(crate) fn opt_id(self, id: Option<impl TypedId>) -> Self {
        self.bind(id.map(TypedId::uuid))
    }

    pub(crate) fn for_sqlite(&self) -> Query<'_, Sqlite, SqliteArguments> {
        let query = sqlx::query(AssertSqlSafe(self.text.as_str()));
        self.args.iter().fold(query, |query, arg| match arg {
            Arg::Int(v) => query.bind(*v),
            Arg::Text(v) => query.bind(v.clone()),
            Arg::Bytes(v) => query.bind(v.clone()),
            Arg::Uuid(v) => query.bind(*v),
            Arg::Bool(v) => query.bind(*v),
        })
    }

    pub(crate) fn for_postgres(&self) -> Query<'_, Postgres, PgArguments> {
        let query = sqlx::query(AssertSqlSafe(self.text.as_str()));
        self.args.iter().fold(query, |query, arg| match arg {
            Arg::Int(v) => query.bind(*v),
            Arg::Text(v) => query.bind(v.clone()),
            Arg::Bytes(v) => query.bind(v.clone()),
            Arg::Uuid(v) => query.bind(*v),
            Arg::Bool(v) => query.bind(*v),
        })
    }
}

/// A row of either database.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// A type that both databases decode.
pub(crate) trait Column:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl<T> Column for T where T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres> {}

impl Row {
    /// A column by name.
    pub(crate) fn get<T: Column>(&self, name: &'static str) -> Result<T, StoreError> {
        match self {
            Row::Sqlite(row) => row.try_get(name),
            Row::Postgres(row) => row.try_get(name),
        }
        .map_err(|error| StoreError::corrupt(name, error))
    }

    /// A text, where it stands.
    fn text(&self, name: &'static str) -> Result<&str, StoreError> {
        self.opt_text(name)?.ok_or_else(|| StoreError::corrupt(name, "it is missing"))
    }

    /// A text that may be absent, where it stands.
    fn opt_text(&self, name: &'static str) -> Result<Option<&str>, StoreError> {
        match self {
            Row::Sqlite(row) => row.try_get(name),
            Row::Postgres(row) => row.try_get(name),
        }
        .map_err(|error| StoreError::corrupt(name, error))
    }

    /// A typed id.
    pub(crate) fn id<T: TypedId>(&self, name: &'static str) -> Result<T, StoreError> {
        self.get::<Uuid>(name).map(T::from_uuid)
    }

    /// A typed id that may be absent.
    pub(crate) fn opt_id<T: TypedId>(&self, name: &'static str) -> Result<Option<T>, StoreError> {
        Ok(self.get::<Option<Uuid>>(name)?.map(T::from_uuid))
    }

    /// An instant.
    pub(crate) fn time(&self, name: &'static str) -> Result<Timestamp, StoreError> {
        instant(name, self.get(name)?)
    }

    /// An instant that may be absent.
    pub(crate) fn opt_time(&self, name: &'static str) -> Result<Option<Timestamp>, StoreError> {
        self.get::<Option<i64>>(name)?.map(|micros| instant(name, micros)).transpose()
    }

    /// A count that is never negative.
    pub(crate) fn count(&self, name: &'static str) -> Result<u64, StoreError> {
        u64::try_from(self.get::<i64>(name)?).map_err(|error| StoreError::corrupt(name, error))
    }

    /// A text with a fixed set of values.
    pub(crate) fn word<T>(&self, name: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
        let text = self.text(name)?;
        parse(text).ok_or_else(|| StoreError::corrupt(name, format!("`{text}` is not a known value")))
    }

    /// A code that may be absent.
    pub(crate) fn opt_code(&self, name: &'static str) -> Result<Option<Code>, StoreError> {
        let unknown = |text: &str| StoreError::corrupt(name, format!("`{text}` is not a known code"));
        self.opt_text(name)?.map(|text| Code::parse(text).ok_or_else(|| unknown(text))).transpose()
    }

    /// A JSON text.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, name: &'static str) -> Result<T, StoreError> {
        serde_json::from_str(self.text(name)?).map_err(|error| StoreError::corrupt(name, error))
    }

    /// A JSON text that may be absent.
    pub(crate) fn opt_json<T: serde::de::DeserializeOwned>(&self, name: &'static str) -> Result<Option<T>, StoreError> {
        let read = |text| serde_json::from_str(text).map_err(|error| StoreError::corrupt(name, error));
        self.opt_text(name)?.map(read).transpose()
    }
}

fn instant(name: &'static str, micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros).map_err(|error| StoreError::corrupt(name, error))
}

/// JSON text of a value, for a `json` column.
pub(crate) fn json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::corrupt("json", error))
}
