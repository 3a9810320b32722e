//! A transaction with the ledger's clock in it.

use std::sync::atomic::Ordering;

use jiff::Timestamp;
use postrider_domain::id::TypedId;
use postrider_domain::source::Entropy;

use crate::Result;
use crate::backend::{Conn, Taker, no_rows};
use crate::error::StoreError;
use crate::sql::{Row, Statement};
use crate::store::Shared;
use crate::wake::Bell;

/// A transaction. Dropping it undoes everything; only [`Tx::commit`] keeps it.
///
/// Never hold one across a network call, and never open a second one while
/// holding a writing one: SQLite has a single writer.
pub struct Tx {
    conn: Conn,
    now: Timestamp,
    even_since: Timestamp,
    rings: [bool; Bell::ALL.len()],
    writes: bool,
    shared: Shared,
}

impl Tx {
    pub(crate) fn new(conn: Conn, (now, even_since): (Timestamp, Timestamp), writes: bool, shared: Shared) -> Self {
        Self { conn, now, even_since, rings: Default::default(), writes, shared }
    }

    /// The ledger's present instant, the same throughout the transaction.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Since when the ledger's clock is known to run evenly: what was written before may be younger
    /// than it looks, because this process has not seen the clock before, or saw it being set.
    pub fn even_since(&self) -> Timestamp {
        self.even_since
    }

    /// Where random bytes come from.
    pub fn entropy(&self) -> &dyn Entropy {
        self.shared.entropy.as_ref()
    }

    /// A new id of a kind, made from the ledger's clock.
    pub fn new_id<T: TypedId>(&self) -> T {
        T::from_uuid(postrider_domain::id::uuid_v7(self.now, self.entropy()))
    }

    /// The sealing keys.
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Whether this instance sends e-mail.
    pub(crate) fn mails(&self) -> bool {
        self.shared.mails.load(Ordering::Relaxed)
    }

    /// Asks that whoever waits for this looks at the ledger as soon as this is committed.
    pub fn ring(&mut self, bell: Bell) {
        self.rings[bell as usize] = true;
    }

    /// Makes everything durable.
    pub async fn commit(self) -> Result<()> {
        self.shared.check()?;
        self.conn.commit().await?;
        self.shared.tally.commit(self.writes);
        let rung = Bell::ALL.into_iter().filter(|bell| self.rings[*bell as usize]);
        rung.for_each(|bell| self.shared.ring(bell));
        Ok(())
    }

    /// Undoes everything, and returns when that is done. Merely dropping undoes it
    /// as well, but on PostgreSQL a moment later.
    pub async fn rollback(self) -> Result<()> {
        self.conn.rollback().await
    }

    /// Whether row locks exist; they are added to statements only there.
    pub(crate) fn locks_rows(&self) -> bool {
        self.conn.locks_rows()
    }

    /// `FOR UPDATE` and the like where row locks exist, else nothing.
    pub(crate) fn lock_clause(&self, clause: &'static str) -> &'static str {
        if self.locks_rows() { clause } else { "" }
    }

    /// ` FOR SHARE` where what is read must stay so until the end: in a transaction that
    /// writes, where row locks exist.
    pub(crate) fn share_clause(&self) -> &'static str {
        if self.writes { self.lock_clause(" FOR SHARE") } else { "" }
    }

    /// Runs a statement and returns how many rows it changed.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<u64> {
        self.run(&statement, &mut no_rows).await
    }

    async fn run(&mut self, statement: &Statement, take: Taker<'_>) -> Result<u64> {
        self.shared.tally.statement();
        self.conn.run(statement, take).await
    }

    /// Runs a statement that must change exactly one row, else the row is [`StoreError::Stale`].
    pub(crate) async fn execute_one(&mut self, statement: Statement) -> Result<()> {
        match self.execute(statement).await? {
            0 => Err(StoreError::Stale),
            _ => Ok(()),
        }
    }

    /// All rows.
    pub(crate) async fn rows(&mut self, statement: Statement) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        let mut keep = |row| {
            rows.push(row);
            Ok(())
        };
        self.run(&statement, &mut keep).await?;
        Ok(rows)
    }

    /// The first row, if any.
    pub(crate) async fn opt(&mut self, statement: Statement) -> Result<Option<Row>> {
        Ok(self.rows(statement).await?.into_iter().next())
    }

    /// The first row, or [`StoreError::NotFound`].
    pub(crate) async fn one(&mut self, statement: Statement) -> Result<Row> {
        self.opt(statement).await?.ok_or(StoreError::NotFound)
    }

    /// All rows, each mapped while the database makes the next.
    pub(crate) async fn map<T: Send>(
        &mut self,
        statement: Statement,
        mut f: impl FnMut(&Row) -> Result<T> + Send,
    ) -> Result<Vec<T>> {
        let mut mapped = Vec::new();
        self.run(&statement, &mut |row| f(&row).map(|one| mapped.push(one))).await?;
        Ok(mapped)
    }
}
