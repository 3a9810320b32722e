//! The ledger: one [`Store`] over SQLite or PostgreSQL.
//!
//! This is the only crate that contains SQL. A [`Tx`] is a transaction with the
//! ledger's clock in it; repository functions in [`repo`] take one and a
//! workspace. Which database is below is decided once, in `backend`.

mod backend;
pub mod columns;
mod error;
mod migrate;
pub mod portable;
pub mod repo;
pub mod seal;
mod sql;
mod steady;
mod store;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;
mod tx;
mod waits;
mod wake;

pub use error::StoreError;
pub use migrate::{MIGRATIONS, MigrateError};
pub use store::{Asked, Options, Place, Store};
pub use tx::Tx;
pub use waits::Connections;
pub use wake::{Bell, Wake};

/// What repository functions return.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;
