//! A process that stands still in the middle of a transaction.

use std::time::Duration;

use crate::repo::events;
use crate::testkit::{TestStore, fixtures};

/// Between the database's own limit and the time after which a write gives up waiting.
const SOON: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_stands_still_in_a_transaction_does_not_keep_others_waiting() {
    let Some(store) = TestStore::postgres().await else { return };
    let peer = store.another(2).await;
    let mut tx = store.write().await.expect("a transaction");
    let world = fixtures::world(&mut tx, "ada").await;
    tx.commit().await.expect("commits");
    // It has the workspace's row, which every result of the workspace needs, and does not go on.
    let ids = serde_json::json!({});
    let mut stopped = store.write().await.expect("a transaction");
    events::append(&mut stopped, world.workspace, "delivery.changed", &ids).await.expect("locks it");
    let mut tx = peer.write().await.expect("a transaction");
    let waits = events::append(&mut tx, world.workspace, "delivery.changed", &ids);
    tokio::time::timeout(SOON, waits).await.expect("it gets its turn").expect("and writes");
    tx.commit().await.expect("commits");
    let undone = stopped.commit().await.expect_err("what stood still is undone");
    assert!(undone.is_temporary(), "{undone:?}");
    peer.close().await;
    store.finish().await;
}
