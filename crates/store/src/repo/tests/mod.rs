//! Every repository function on both databases.

mod connections;
mod instance;
mod media;
mod people;
mod planted;
mod posts;
mod tenants;
mod workings;

use jiff::{SignedDuration, Timestamp};

use crate::testkit::{TestStore, fixtures};
use crate::{Result, StoreError, Tx};

/// A transaction that writes.
async fn write(store: &TestStore) -> Tx {
    store.write().await.expect("a transaction")
}

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

fn after(tx: &Tx, by: SignedDuration) -> Timestamp {
    tx.now().checked_add(by).expect("in range")
}

fn is_missing<T>(result: Result<T>) -> bool {
    matches!(result, Err(StoreError::NotFound))
}

fn is_taken<T>(result: Result<T>, name: &str) -> bool {
    matches!(result, Err(StoreError::Duplicate(what)) if what == name)
}

/// Two tenants who must not see each other.
async fn two_worlds(tx: &mut Tx) -> (fixtures::World, fixtures::World) {
    (fixtures::world(tx, "ann").await, fixtures::world(tx, "bob").await)
}
