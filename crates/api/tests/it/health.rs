//! Alive, ready, publishing, figures.

use jiff::SignedDuration;
use postrider_store::Store;
use postrider_store::repo::instance;
use postrider_store::store_test;
use postrider_store::testkit::TestStore;

use crate::publishing::Desk;
use crate::support::TestApi;

store_test!(a_node_is_ready_with_database_migrations_and_key, |store| {
    let nobody = TestApi::new(store).await.nobody();
    assert_eq!(nobody.get("/healthz").await.expect(200).text("/status"), "ok");
    let ready = nobody.get("/readyz").await;
    ready.expect(200);
    for part in ["database", "migrations", "key"] {
        assert_eq!(ready.body[part], "ok", "{}", ready.text);
    }
});

#[tokio::test]
async fn a_node_without_its_database_is_alive_but_not_ready() {
    let store = TestStore::sqlite().await;
    let api = TestApi::new(&store).await;
    let ada = api.person("ada@example.org").await;
    store.close().await;
    let nobody = api.nobody();
    nobody.get("/healthz").await.expect(200);
    let ready = nobody.get("/readyz").await;
    assert_eq!(ready.expect(503).body["database"], "fail", "{}", ready.text);
    ada.get("/api/v1/me").await.problem(503, "unavailable");
}

store_test!(publishing_is_stuck_when_something_is_overdue_without_a_reason, |store| {
    let desk = Desk::new(store).await;
    let nobody = desk.owner.api.nobody();
    nobody.get("/healthz/publishing").await.expect(200);
    desk.due("ada.example").await;
    nobody.get("/healthz/publishing").await.expect(200);
    store.advance(SignedDuration::from_secs(62));
    let stuck = nobody.get("/healthz/publishing").await;
    assert_eq!(stuck.expect(503).body["overdue"], 1, "{}", stuck.text);
    let metrics = nobody.get("/metrics").await;
    metrics.expect(200);
    for line in [
        "postrider_deliveries{state=\"scheduled\"} 1",
        "postrider_deliveries{state=\"failed\"} 0",
        "postrider_overdue_deliveries 1",
        "postrider_jobs{state=\"ready\"} 0",
    ] {
        assert!(metrics.text.lines().any(|found| found == line), "no `{line}` in {}", metrics.text);
    }
    pause(store).await;
    assert_eq!(nobody.get("/healthz/publishing").await.expect(200).body["paused"], true);
});

async fn pause(store: &Store) {
    let mut tx = store.write().await.expect("a transaction");
    instance::pause(&mut tx, "test").await.expect("pauses");
    tx.commit().await.expect("commits");
}
