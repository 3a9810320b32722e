//! Plain SQL on a connection beside the product's: filling tables with a million rows, and
//! the queries that a baseline is made of.

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use postrider_store::Place;
use serde::Serialize;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{AssertSqlSafe, Connection as _, FromRow, PgConnection, SqliteConnection};
use uuid::Uuid;

/// A connection.
pub(crate) enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Rows that one statement writes at most.
const CHUNK: i64 = 50_000;

macro_rules! on {
    ($raw:expr, $query:expr, $call:ident) => {
        match $raw {
            Raw::Sqlite(conn) => $query.$call(conn).await?,
            Raw::Postgres(conn) => $query.$call(conn).await?,
        }
    };
}

impl Raw {
    pub(crate) async fn open(place: &Place) -> anyhow::Result<Self> {
        Ok(match place {
            Place::File(path) => {
                let options = SqliteConnectOptions::new().filename(path).journal_mode(SqliteJournalMode::Wal);
                Raw::Sqlite(SqliteConnection::connect_with(&options).await?)
            }
            Place::Postgres(url) => Raw::Postgres(PgConnection::connect(url).await?),
        })
    }

    pub(crate) async fn execute(&mut self, text: &str) -> anyhow::Result<()> {
        let query = sqlx::raw_sql(AssertSqlSafe(text));
        match self {
            Raw::Sqlite(conn) => query.execute(conn).await.map(drop)?,
            Raw::Postgres(conn) => query.execute(conn).await.map(drop)?,
        }
        Ok(())
    }

    /// What was written is in its place, as it is where it was written over months: otherwise the first fsyncs of what
    /// is measured wait for gigabytes of it.
    pub(crate) async fn settle(&mut self) -> anyhow::Result<()> {
        let checkpoint = match self {
            Raw::Sqlite(_) => "PRAGMA wal_checkpoint(TRUNCATE)",
            Raw::Postgres(_) => "CHECKPOINT",
        };
        self.execute(checkpoint).await?;
        let synced = tokio::process::Command::new("sync").status().await?;
        anyhow::ensure!(synced.success(), "sync ended with {synced}");
        Ok(())
    }

    pub(crate) async fn text(&mut self, text: &str) -> anyhow::Result<String> {
        Ok(on!(self, sqlx::query_scalar(AssertSqlSafe(text)), fetch_one))
    }

    pub(crate) async fn number(&mut self, text: &str) -> anyhow::Result<i64> {
        Ok(on!(self, sqlx::query_scalar(AssertSqlSafe(text)), fetch_one))
    }

    pub(crate) async fn numbers(&mut self, text: &str) -> anyhow::Result<Vec<i64>> {
        Ok(on!(self, sqlx::query_scalar(AssertSqlSafe(text)), fetch_all))
    }

    /// A month as a client of the database would fetch it: the columns of the calendar, nothing made of them.
    pub(crate) async fn month(
        &mut self,
        workspace: Uuid,
        from: Timestamp,
        until: Timestamp,
    ) -> anyhow::Result<Vec<Cell>> {
        let (from, until, workspace) = (from.as_microsecond(), until.as_microsecond(), self.uuid(workspace));
        let text = format!(
            "SELECT d.id, d.post_id, d.channel_id, c.platform, c.handle, d.state, d.hold_reason, d.code, d.scheduled_at, \
             d.published_at, p.version, r.approval, v.content FROM deliveries d \
             JOIN channels c ON c.id = d.channel_id JOIN posts p ON p.id = d.post_id \
             JOIN revisions r ON r.id = COALESCE(d.revision_id, p.revision_id) \
             LEFT JOIN variants v ON v.revision_id = r.id AND v.channel_id = d.channel_id \
             WHERE d.workspace_id = {workspace} AND d.scheduled_at >= {from} AND d.scheduled_at < {until} \
             AND d.state <> 'canceled' ORDER BY d.scheduled_at, d.id"
        );
        Ok(on!(self, sqlx::query_as(AssertSqlSafe(text)), fetch_all))
    }

    /// The only id that a query gives.
    pub(crate) async fn id(&mut self, text: &str) -> anyhow::Result<Uuid> {
        Ok(on!(self, sqlx::query_scalar(AssertSqlSafe(text)), fetch_one))
    }

    fn uuid(&self, id: Uuid) -> String {
        match self {
            Raw::Sqlite(_) => format!("x'{}'", id.simple()),
            Raw::Postgres(_) => format!("'{id}'::uuid"),
        }
    }

    /// An id that follows from a number: ascending like those that the product makes.
    fn id_of(&self, tag: u8, n: &str) -> String {
        match self {
            Raw::Sqlite(_) => format!("unhex('0190{tag:04x}' || printf('%024x', {n}))"),
            Raw::Postgres(_) => format!("('0190{tag:04x}' || lpad(to_hex({n}), 24, '0'))::uuid"),
        }
    }
}

/// A cell of the calendar as it is stored.
#[derive(Debug, Serialize, FromRow)]
pub(crate) struct Cell {
    id: Uuid,
    post_id: Uuid,
    channel_id: Uuid,
    platform: String,
    handle: String,
    state: String,
    hold_reason: Option<String>,
    code: Option<String>,
    scheduled_at: i64,
    published_at: Option<i64>,
    version: i64,
    approval: String,
    content: Option<String>,
}

/// What posts say: as long as most.
pub(crate) const WORDS: &str = "The new season begins on Friday at ten: come early, bring a friend and stay for the \
                                tour of the workshop, which is free for members and children.";

/// Text posts to put on the schedule, one delivery each, in turn on every channel that there is, by the first person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filling {
    pub(crate) rows: usize,
    /// When the first is due.
    pub(crate) at: Timestamp,
    /// From one to the next.
    pub(crate) step: SignedDuration,
}

impl Filling {
    /// Writes them. What the product's own code would write is written, many rows to a statement.
    pub(crate) async fn write(self, raw: &mut Raw) -> anyhow::Result<()> {
        let first = raw.number("SELECT count(*) FROM posts").await?;
        let end = first + i64::try_from(self.rows)?;
        let mut from = first;
        while from < end {
            let until = end.min(from + CHUNK);
            raw.execute(&self.chunk(raw, first, (from, until))?).await?;
            from = until;
        }
        if matches!(raw, Raw::Postgres(_)) {
            // Its own daemon would do so within a minute.
            raw.execute("ANALYZE").await?;
        }
        Ok(())
    }

    fn chunk(self, raw: &Raw, first: i64, (from, until): (i64, i64)) -> anyhow::Result<String> {
        let (workspace, user) = ("c.workspace_id", "(SELECT id FROM users ORDER BY id LIMIT 1)");
        let (post, revision) = (raw.id_of(1, "n"), raw.id_of(2, "n"));
        let (variant, delivery) = (raw.id_of(3, "n"), raw.id_of(4, "n"));
        let (start, now) = (self.at.as_microsecond(), ledger_now(self.at));
        let step = i64::try_from(self.step.as_micros()).context("a short step")?;
        let due = format!("{start} + (n - {first}) * {step}");
        let series = format!(
            "WITH RECURSIVE s(n) AS (SELECT CAST({from} AS bigint) UNION ALL SELECT n + 1 FROM s WHERE n + 1 < {until}), \
             c AS (SELECT id, workspace_id, lane_id, row_number() OVER (ORDER BY id) - 1 AS k, \
             count(*) OVER () AS many FROM channels)"
        );
        let on_channel = "FROM s JOIN c ON c.k = s.n % c.many";
        let says = format!(r#"'{{"parts":[{{"text":"post ' || n || ': {WORDS}"}}],"#);
        let (text, content) = (format!(r#"{says}"settings":{{}}}}'"#), format!(r#"{says}"channels":[]}}'"#));
        Ok(format!(
            "BEGIN; \
             INSERT INTO posts (id, workspace_id, author_id, revision_id, version, draft, scheduled_at, local_time, zone, \
             created_at, updated_at) {series} SELECT {post}, {workspace}, {user}, {revision}, 1, FALSE, {due}, \
             '2026-01-01T00:00:00', 'UTC', {now}, {now} {on_channel}; \
             INSERT INTO revisions (id, workspace_id, post_id, number, content, approval, created_by, created_at) {series} \
             SELECT {revision}, {workspace}, {post}, 1, {content}, 'not_needed', {user}, {now} {on_channel}; \
             INSERT INTO variants (id, workspace_id, revision_id, channel_id, content) {series} \
             SELECT {variant}, {workspace}, {revision}, c.id, {text} {on_channel}; \
             INSERT INTO deliveries (id, workspace_id, post_id, channel_id, lane_id, occurrence, authorised_by, state, \
             scheduled_at, due_at, missed_window_s, lease_epoch, failures, rescues, stop_requested, incomplete, \
             created_at, updated_at) {series} SELECT {delivery}, {workspace}, {post}, c.id, c.lane_id, \
             '2026-01-01T00:00:00', {user}, 'scheduled', {due}, {due}, 86400, 0, 0, 0, FALSE, FALSE, {now}, {now} \
             {on_channel}; COMMIT"
        ))
    }
}

/// When such posts were written: any time before they are due.
fn ledger_now(at: Timestamp) -> i64 {
    at.as_microsecond() - 3_600_000_000
}
