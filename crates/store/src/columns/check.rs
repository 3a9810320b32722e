//! Compares the list of columns with a live schema.

use std::collections::BTreeMap;
use std::fmt;

use super::{Column, Kind, TABLES};
use crate::sql::sql;
use crate::store::Backend;
use crate::{Result, Store, Tx};

/// A column that is not as the list says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// It is in the database, but nobody classified it.
    Unclassified {
        /// `table.column`.
        column: String,
    },
    /// It is in the list, but not in the database.
    Missing {
        /// `table.column`.
        column: String,
    },
    /// It is stored in another way.
    Changed {
        /// `table.column`.
        column: String,
        /// What the list says.
        expected: String,
        /// What the database has.
        found: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unclassified { column } => write!(f, "{column} is not classified in columns/data.rs"),
            Self::Missing { column } => write!(f, "{column} is classified but not in the database"),
            Self::Changed { column, expected, found } => write!(f, "{column} is {found}, not {expected}"),
        }
    }
}

/// Every difference between the list and a database; none when all is well.
///
/// # Errors
/// When the database cannot be read.
pub async fn check(store: &Store) -> Result<Vec<Difference>> {
    let postgres = matches!(store.backend, Backend::Postgres(_));
    let mut tx = store.read().await?;
    let live = if postgres { postgres_columns(&mut tx).await? } else { sqlite_columns(&mut tx).await? };
    Ok(compare(&live, |column| expected(column, postgres)))
}

/// `table.column` with its type and `NULL` or `NOT NULL`.
type Live = BTreeMap<String, String>;

fn compare(live: &Live, expected: impl Fn(&Column) -> String) -> Vec<Difference> {
    let listed: Live =
        super::all().map(|column| (format!("{}.{}", column.table, column.name), expected(column))).collect();
    let unclassified = live.keys().filter(|column| !listed.contains_key(*column));
    let mut found: Vec<_> = unclassified.map(|column| Difference::Unclassified { column: column.clone() }).collect();
    for (column, expected) in &listed {
        match live.get(column) {
            None => found.push(Difference::Missing { column: column.clone() }),
            Some(other) if other != expected => found.push(Difference::Changed {
                column: column.clone(),
                expected: expected.clone(),
                found: other.clone(),
            }),
            Some(_) => {}
        }
    }
    found
}

fn expected(column: &Column, postgres: bool) -> String {
    let stored = match (column.kind, postgres) {
        (Kind::Uuid, true) => "uuid",
        (Kind::Int, true) => "bigint",
        (Kind::Text | Kind::Json, true) => "text",
        (Kind::Bytes, true) => "bytea",
        (Kind::Bool, true) => "boolean",
        (Kind::Uuid | Kind::Bytes, false) => "blob",
        (Kind::Int | Kind::Bool, false) => "integer",
        (Kind::Text | Kind::Json, false) => "text",
    };
    describe(stored, column.nullable)
}

fn describe(stored: &str, nullable: bool) -> String {
    format!("{} {}", stored.to_lowercase(), if nullable { "NULL" } else { "NOT NULL" })
}

async fn sqlite_columns(tx: &mut Tx) -> Result<Live> {
    let text = "SELECT m.name AS table_name, c.name AS column_name, c.type AS stored, \
                c.\"notnull\" = 0 AND c.pk = 0 AS nullable \
                FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'";
    columns(tx, text).await
}

async fn postgres_columns(tx: &mut Tx) -> Result<Live> {
    let text = "SELECT table_name::text AS table_name, column_name::text AS column_name, data_type::text AS stored, \
                is_nullable = 'YES' AS nullable FROM information_schema.columns \
                WHERE table_schema = current_schema()";
    columns(tx, text).await
}

async fn columns(tx: &mut Tx, text: &str) -> Result<Live> {
    let rows = tx
        .map(sql(text), |row| {
            let (table, column): (String, String) = (row.get("table_name")?, row.get("column_name")?);
            let (stored, nullable): (String, bool) = (row.get("stored")?, row.get("nullable")?);
            Ok((table, column, describe(&stored, nullable)))
        })
        .await?;
    let ours = rows.into_iter().filter(|(table, ..)| !is_foreign(table));
    Ok(ours.map(|(table, column, description)| (format!("{table}.{column}"), description)).collect())
}

/// The tables that are there, ours and others.
pub(crate) async fn tables_of(tx: &mut Tx) -> Result<Vec<String>> {
    let text = if tx.locks_rows() {
        "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = current_schema()"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    };
    tx.map(sql(text), |row| row.get("name")).await
}

/// Tables of the tools below: what was migrated, SQLite's own.
fn is_foreign(table: &str) -> bool {
    let listed = TABLES.iter().any(|known| known.name == table);
    !listed && (table == "_sqlx_migrations" || table.starts_with("sqlite_"))
}
