//! Every column of every table, classified for privacy.
//!
//! The list is compared with the live schema on both databases, so a column
//! that nobody classified fails the tests, and so does a difference between the
//! two. What the generated privacy policy, the data export, the purge and the
//! erasure say and do is read from here.

mod check;
mod data;

pub(crate) use check::tables_of;
pub use check::{Difference, check};
pub use data::TABLES;

/// How a value is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A UUID: `uuid`, or 16 bytes on SQLite.
    Uuid,
    /// A whole number or an instant in microseconds: `bigint` or `INTEGER`.
    Int,
    /// Text.
    Text,
    /// Bytes: `bytea` or `BLOB`.
    Bytes,
    /// Yes or no: `boolean`, or 0 and 1 on SQLite.
    Bool,
    /// JSON in a text column.
    Json,
}

/// What kind of data it is, as the privacy policy groups them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// Who somebody is: name, address, password hash, membership.
    Account,
    /// Consents at platforms: tokens, scopes, the consenting person's id.
    Grants,
    /// Names, handles and ids of connected accounts.
    ChannelIdentity,
    /// What people write and upload.
    Content,
    /// Requests to platforms and their answers, redacted.
    AttemptBodies,
    /// That something was published, when and with what outcome.
    PublishedRecord,
    /// Network addresses and security-relevant acts.
    Logs,
    /// What the program needs to run; says nothing about a person by itself.
    Technical,
}

/// Why it may be kept (GDPR article 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// To do what the person signed up for: 6(1)(b).
    Contract,
    /// To keep the service safe and working: 6(1)(f).
    LegitimateInterest,
    /// It is not about a person.
    NotPersonal,
}

/// How long it is kept. Periods are the shipped defaults of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retention {
    /// Until the account or the workspace is deleted.
    Account,
    /// Until the channel is disconnected; then destroyed at once.
    Disconnect,
    /// Until the channel is disconnected, and 30 days more.
    DisconnectAnd30Days,
    /// Until published, and 90 days more.
    PublishedAnd90Days,
    /// Until the series ends, and 90 days more.
    EndedAnd90Days,
    /// 90 days.
    Days90,
    /// 24 hours.
    Hours24,
    /// Until used or expired; deleted by the housekeeper.
    Expiry,
    /// As long as the instance runs.
    Instance,
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its table.
    pub table: &'static str,
    /// Its name.
    pub name: &'static str,
    /// How its values are stored.
    pub kind: Kind,
    /// Whether it may be empty.
    pub nullable: bool,
    /// What kind of data it is.
    pub category: Category,
    /// What it is for.
    pub purpose: &'static str,
    /// Why it may be kept.
    pub basis: Basis,
    /// How long.
    pub retention: Retention,
    /// Whether it says something about a person.
    pub personal: bool,
    /// Whether it is part of what a person gets who asks for their data.
    pub exported: bool,
    /// Whether it is sealed, a hash of a secret, or a wrapped key.
    pub secret: bool,
}

/// One table, in an order in which every table comes after those it refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns of its primary key.
    pub key: &'static [&'static str],
    /// Its columns.
    pub columns: &'static [Column],
}

/// Every column there is.
pub fn all() -> impl Iterator<Item = &'static Column> {
    TABLES.iter().flat_map(|table| table.columns)
}

/// Tables whose dead rows may hold secrets or personal data.
pub fn tables_with_secrets() -> Vec<&'static str> {
    let sensitive = |table: &&Table| table.columns.iter().any(|column| column.secret || column.personal);
    TABLES.iter().filter(sensitive).map(|table| table.name).collect()
}

#[cfg(test)]
mod tests;
