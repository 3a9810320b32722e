//! A process that stands still in the middle of a transaction.

use std::time::Duration;

use crate::repo::events;
use crate::sql::sql;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_hung_up_on_begins_again_and_nobody_notices() {
    let Some(store) = TestStore::postgres().await else { return };
    for _ in 0..3 {
        // All connections are in use at once, and then idle.
        let held = futures::future::join_all((0..4).map(|_| store.read())).await;
        drop(held.into_iter().collect::<Result<Vec<_>, _>>().expect("connections"));
        let mut tx = store.write().await.expect("a transaction");
        let others =
            sql("SELECT count(*) AS n FROM pg_stat_activity, LATERAL (SELECT pg_terminate_backend(pid) AS done) t \
             WHERE datname = current_database() AND pid <> pg_backend_pid() AND t.done");
        assert!(tx.one(others).await.expect("ends them").count("n").expect("a number") >= 2);
        tx.commit().await.expect("commits");
        // As many at once, so that none of those that are gone is left out.
        let reads = futures::future::join_all((0..4).map(|_| store.read())).await;
        reads.into_iter().for_each(|read| drop(read.expect("reads")));
        store.write().await.expect("writes").rollback().await.expect("undone");
    }
    store.finish().await;
}
