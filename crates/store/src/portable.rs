//! The whole ledger as JSON lines, the same from either database: for backups,
//! and for moving from SQLite to PostgreSQL. What an older version wrote can be read
//! as long as the columns it had still exist.
//!
//! First a header, then for each table, each after those it refers to, a line
//! that names its columns, and a line for each row:
//!
//! ```text
//! {"format":"postrider-ledger","version":1,"migrations":[1]}
//! {"table":"users","columns":["id","email",…]}
//! ["018f…","ann@example.org",…]
//! ```
//!
//! UUIDs are written in their usual form, bytes as hexadecimal digits. Sealed
//! values stay sealed: they open with the same instance key, at the same row.

use std::io;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::columns::{Column, Kind, TABLES, Table, tables_of};
use crate::error::StoreError;
use crate::migrate::{MigrateError, versions};
use crate::repo::page::placeholders;
use crate::sql::{Arg, Row, Statement, sql};
use crate::{Store, Tx};

const FORMAT: &str = "postrider-ledger";
const VERSION: u32 = 1;
/// Rows that are read, and arguments that are written, in one statement.
const ROWS: usize = 500;
const ARGUMENTS: usize = 4_000;

/// Why a ledger cannot be exported or imported.
#[derive(Debug, thiserror::Error)]
pub enum PortableError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file or pipe failed.
    #[error("reading or writing failed: {0}")]
    Io(#[from] io::Error),
    /// A line is not what this version writes. Lines count from 1.
    #[error("line {line}: {why}")]
    Line {
        /// Which.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// It was written with tables that the ledger cannot have: those of a newer
    /// version, or older ones than are there already.
    #[error("it was written with migrations {found:?}, and this ledger has or knows {expected:?}")]
    Migrations {
        /// What the header says.
        found: Vec<i64>,
        /// What the ledger has, or what this version knows.
        expected: Vec<i64>,
    },
    /// The ledger cannot be given the tables that it was written with.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// There is something in the ledger already.
    #[error("the ledger is not empty: there are rows in {0}")]
    NotEmpty(&'static str),
    /// It ends before its end.
    #[error("it is cut off: the last line is missing")]
    CutOff,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    version: u32,
    migrations: Vec<i64>,
}

/// A line that is not a row.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Mark {
    Table { table: String, columns: Vec<String> },
    End { end: u64 },
}

/// Writes every row of every table, as of one moment, and returns how many rows
/// that were. Each call of `sink` gets one or more whole lines.
pub async fn export(store: &Store, mut sink: impl FnMut(&[u8]) -> io::Result<()>) -> Result<u64, PortableError> {
    let migrations = store.applied_migrations().await?;
    let mut tx = store.snapshot().await?;
    sink(&line(&Header { format: FORMAT.to_owned(), version: VERSION, migrations })?)?;
    let mut rows = 0;
    for table in TABLES {
        let columns = table.columns.iter().map(|column| column.name.to_owned()).collect();
        sink(&line(&Mark::Table { table: table.name.to_owned(), columns })?)?;
        rows += export_table(&mut tx, table, &mut sink).await?;
    }
    sink(&line(&Mark::End { end: rows })?)?;
    Ok(rows)
}

async fn export_table(
    tx: &mut Tx,
    table: &Table,
    sink: &mut impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<u64, PortableError> {
    let mut after: Vec<Arg> = Vec::new();
    let mut count = 0;
    loop {
        let rows = tx.rows(page(table, &after)).await?;
        let mut text = Vec::new();
        for row in &rows {
            let values = table.columns.iter().map(|column| read(row, column)).collect::<Result<Vec<_>, _>>()?;
            text.extend(line(&values)?);
        }
        sink(&text)?;
        count += rows.len() as u64;
        match rows.last() {
            Some(last) if rows.len() == ROWS => after = key_of(table, last)?,
            _ => return Ok(count),
        }
    }
}

/// The next rows in the order of the primary key, after a key.
fn page(table: &Table, after: &[Arg]) -> Statement {
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let (columns, key) = (columns.join(", "), table.key.join(", "));
    let beyond = match after.len() {
        0 => String::new(),
        count => format!(" WHERE ({key}) > ({})", placeholders(1, count)),
    };
    let text = format!("SELECT {columns} FROM {}{beyond} ORDER BY {key} LIMIT {ROWS}", table.name);
    Statement { text, args: after.to_vec() }
}

fn key_of(table: &Table, row: &Row) -> Result<Vec<Arg>, PortableError> {
    let column = |name: &&str| table.columns.iter().find(|column| column.name == *name);
    let columns = table.key.iter().filter_map(column);
    columns
        .map(|column| Ok(argument(column, &read(row, column)?).map_err(|why| StoreError::corrupt("key", why))?))
        .collect()
}

fn read(row: &Row, column: &Column) -> Result<Value, StoreError> {
    let name = column.name;
    Ok(match column.kind {
        Kind::Uuid => row.get::<Option<Uuid>>(name)?.map(|uuid| uuid.to_string()).into(),
        Kind::Int => row.get::<Option<i64>>(name)?.into(),
        Kind::Text | Kind::Json => row.get::<Option<String>>(name)?.into(),
        Kind::Bytes => row.get::<Option<Vec<u8>>>(name)?.map(|bytes| hex(&bytes)).into(),
        Kind::Bool => row.get::<Option<bool>>(name)?.into(),
    })
}

fn line(value: &impl Serialize) -> Result<Vec<u8>, PortableError> {
    let mut text = serde_json::to_vec(value).map_err(io::Error::from)?;
    text.push(b'\n');
    Ok(text)
}

/// Reads what [`export`] wrote, here or by an older version, into a ledger without
/// rows, in one transaction, and returns how many rows that were.
///
/// The ledger first gets the tables that it was written with, and keeps them:
/// [`Store::migrate`] afterwards brings them up to date, with the rows in them.
pub async fn import(store: &Store, lines: impl IntoIterator<Item = io::Result<String>>) -> Result<u64, PortableError> {
    let Read { tx, rows, .. } = read_into(store, lines).await?;
    tx.commit().await?;
    Ok(rows)
}

/// What [`read_into`] read.
pub struct Read {
    /// The transaction, which the caller commits.
    pub tx: Tx,
    /// How many rows that were.
    pub rows: u64,
    /// Whether the tables are those of an older version, so that [`Store::migrate`] must
    /// follow the commit before anything else.
    pub older: bool,
}

/// [`import`] without its end: what must be true before anybody may use the ledger is done
/// in the transaction that comes back, which the caller commits.
pub async fn read_into(
    store: &Store,
    lines: impl IntoIterator<Item = io::Result<String>>,
) -> Result<Read, PortableError> {
    let mut lines = (1..).zip(lines);
    let (number, text) = lines.next().ok_or(PortableError::CutOff)?;
    let found = header(number, &text?)?.migrations;
    let older = found.len() < versions().len();
    prepare(store, found).await?;
    let mut tx = store.write().await?;
    check_empty(&mut tx).await?;
    let mut import = Import { tx, into: None, pending: Vec::new(), rows: 0 };
    for (number, text) in lines {
        if import.line(number, &text?).await? {
            return Ok(Read { tx: import.tx, rows: import.rows, older });
        }
    }
    Err(PortableError::CutOff)
}

fn header(line: u64, text: &str) -> Result<Header, PortableError> {
    let bad = |why: String| PortableError::Line { line, why };
    let header: Header = serde_json::from_str(text).map_err(|error| bad(format!("not a header: {error}")))?;
    if header.format != FORMAT || header.version != VERSION {
        return Err(bad(format!("is {} version {}, not {FORMAT} version {VERSION}", header.format, header.version)));
    }
    Ok(header)
}

/// Gives a ledger the tables of some migrations, as far as it lacks them.
async fn prepare(store: &Store, found: Vec<i64>) -> Result<(), PortableError> {
    let (known, applied) = (versions(), store.applied_migrations().await?);
    if found.is_empty() || !known.starts_with(&found) {
        return Err(PortableError::Migrations { found, expected: known });
    }
    if !found.starts_with(&applied) {
        return Err(PortableError::Migrations { found, expected: applied });
    }
    store.migrate_up_to(found.last().copied().unwrap_or_default()).await?;
    Ok(())
}

async fn check_empty(tx: &mut Tx) -> Result<(), PortableError> {
    // Tables of later migrations may not be there yet.
    let there = tables_of(tx).await?;
    for table in TABLES.iter().filter(|table| there.iter().any(|name| name == table.name)) {
        if tx.opt(sql(format!("SELECT 1 AS found FROM {} LIMIT 1", table.name))).await?.is_some() {
            return Err(PortableError::NotEmpty(table.name));
        }
    }
    Ok(())
}

/// A table that is being filled, with its columns in the order of the file.
struct Target {
    table: &'static Table,
    columns: Vec<&'static Column>,
}

struct Import {
    tx: Tx,
    into: Option<Target>,
    /// Arguments of rows that are not written yet.
    pending: Vec<Arg>,
    rows: u64,
}

impl Import {
    /// Takes a line; true for the last.
    async fn line(&mut self, line: u64, text: &str) -> Result<bool, PortableError> {
        let bad = |why: String| PortableError::Line { line, why };
        if text.starts_with('[') {
            self.row(text).await.map_err(|error| at_line(error, line))?;
            return Ok(false);
        }
        match serde_json::from_str(text).map_err(|error| bad(error.to_string()))? {
            Mark::Table { table, columns } => {
                self.flush().await?;
                self.into = Some(target(&table, &columns).map_err(bad)?);
                Ok(false)
            }
            Mark::End { end } if end == self.rows => {
                self.flush().await?;
                Ok(true)
            }
            Mark::End { end } => Err(bad(format!("there should be {end} rows, and there are {}", self.rows))),
        }
    }

    async fn row(&mut self, text: &str) -> Result<(), PortableError> {
        let bad = |why: String| PortableError::Line { line: 0, why };
        let Some(target) = &self.into else { return Err(bad("a row before its table".to_owned())) };
        let values: Vec<Value> = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
        if values.len() != target.columns.len() {
            return Err(bad(format!("{} values for {} columns", values.len(), target.columns.len())));
        }
        for (column, value) in target.columns.iter().zip(&values) {
            self.pending.push(argument(column, value).map_err(bad)?);
        }
        self.rows += 1;
        if self.pending.len() + values.len() > ARGUMENTS {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), PortableError> {
        let (Some(target), false) = (&self.into, self.pending.is_empty()) else { return Ok(()) };
        let width = target.columns.len();
        let names: Vec<&str> = target.columns.iter().map(|column| column.name).collect();
        let rows = (0..self.pending.len()).step_by(width).map(|at| format!("({})", placeholders(at + 1, width)));
        let rows: Vec<String> = rows.collect();
        let text = format!("INSERT INTO {} ({}) VALUES {}", target.table.name, names.join(", "), rows.join(", "));
        let statement = Statement { text, args: std::mem::take(&mut self.pending) };
        self.tx.execute(statement).await?;
        Ok(())
    }
}

fn at_line(error: PortableError, line: u64) -> PortableError {
    match error {
        PortableError::Line { why, .. } => PortableError::Line { line, why },
        other => other,
    }
}

fn target(name: &str, columns: &[String]) -> Result<Target, String> {
    let table = TABLES.iter().find(|table| table.name == name).ok_or_else(|| format!("there is no table {name}"))?;
    let known = |column: &String| table.columns.iter().find(|known| known.name == column);
    let columns = columns.iter().map(|column| known(column).ok_or_else(|| format!("{name} has no column {column}")));
    Ok(Target { table, columns: columns.collect::<Result<_, _>>()? })
}

fn argument(column: &Column, value: &Value) -> Result<Arg, String> {
    let bad = || format!("{}.{} cannot be {value}", column.table, column.name);
    let text = || value.as_str().ok_or_else(bad);
    Ok(match (column.kind, value.is_null()) {
        (_, true) if !column.nullable => return Err(bad()),
        (Kind::Uuid, null) => Arg::Uuid(if null { None } else { Some(text()?.parse().map_err(|_| bad())?) }),
        (Kind::Int, null) => Arg::Int(if null { None } else { Some(value.as_i64().ok_or_else(bad)?) }),
        (Kind::Bool, null) => Arg::Bool(if null { None } else { Some(value.as_bool().ok_or_else(bad)?) }),
        (Kind::Text | Kind::Json, null) => Arg::Text(if null { None } else { Some(text()?.to_owned()) }),
        (Kind::Bytes, null) => Arg::Bytes(if null { None } else { Some(unhex(text()?).ok_or_else(bad)?) }),
    })
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some((digit(pair.first()?)? << 4) | digit(pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests;
