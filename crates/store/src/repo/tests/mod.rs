//! Every repository function on both databases.

mod bells;
mod budgets;
mod changes;
mod claims;
mod connections;
mod endings;
mod engine;
mod health;
mod instance;
mod jobs;
mod mail;
mod media;
mod nodes;
mod parts;
mod people;
mod planted;
mod posts;
mod series;
mod standing;
mod steps;
mod tenants;
mod workings;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postrider_domain::id::{BootId, DeliveryId};

use crate::repo::deliveries::{self, Lease};
use crate::testkit::{TestStore, fixtures};
use crate::{Result, StoreError, Tx};

/// How long a claim holds here.
const LEASE: Duration = Duration::from_secs(25);

/// A transaction that writes.
async fn write(store: &TestStore) -> Tx {
    store.write().await.expect("a transaction")
}

fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
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

fn is_stale<T>(result: Result<T>) -> bool {
    matches!(result, Err(StoreError::Stale))
}

fn is_taken<T>(result: Result<T>, name: &str) -> bool {
    matches!(result, Err(StoreError::Duplicate(what)) if what == name)
}

/// Two tenants who must not see each other.
async fn two_worlds(tx: &mut Tx) -> (fixtures::World, fixtures::World) {
    (fixtures::world(tx, "ann").await, fixtures::world(tx, "bob").await)
}

/// A start of a node of its own.
async fn boot(tx: &mut Tx) -> BootId {
    let node = tx.new_id();
    super::nodes::register(tx, node, "host", "0").await.expect("registers")
}

/// Claims everything that is due.
async fn claim_due(tx: &mut Tx, boot: BootId) -> Vec<Lease> {
    let mut leases = Vec::new();
    for candidate in deliveries::candidates(tx, 100).await.expect("reads") {
        leases.extend(deliveries::claim(tx, &candidate, boot, LEASE).await.expect("claims").map(|(_, lease)| lease));
    }
    leases
}

/// A delivery on a lane of its own, claimed by a boot of its own.
async fn claimed(tx: &mut Tx, world: fixtures::World, account: &str) -> (DeliveryId, Lease) {
    let channel = fixtures::channel(tx, world, account).await;
    let now = tx.now();
    let id = fixtures::delivery(tx, world, &channel, now).await;
    let boot = boot(tx).await;
    let leases = claim_due(tx, boot).await;
    (id, *leases.iter().find(|lease| lease.delivery == id).expect("is due on an idle lane"))
}
