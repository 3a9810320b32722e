//! Alive, ready, publishing, figures.

use jiff::SignedDuration;
use postrider_api::Options;
use postrider_domain::secret::Secret;
use postrider_store::Store;
use postrider_store::repo::instance;
use postrider_store::store_test;
use postrider_store::testkit::TestStore;

use crate::publishing::Desk;
use crate::support::{TestApi, quiet};

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
    let late = &stuck.body["late"];
    assert_eq!((&late[0]["reason"], &late[0]["deliveries"]), (&"none".into(), &1.into()), "{}", stuck.text);
    assert_eq!(
        (&late[0]["oldest_due"], &stuck.body["nodes"]),
        (&stuck.body["oldest_due"], &0.into()),
        "nobody publishes"
    );
    let metrics = nobody.at("127.0.0.1").get("/metrics").await;
    metrics.expect(200);
    for line in [
        "postrider_deliveries{state=\"scheduled\"} 1",
        "postrider_deliveries{state=\"held\"} 0",
        "postrider_overdue_deliveries{reason=\"none\"} 1",
        "postrider_overdue_deliveries{reason=\"resting\"} 0",
        "postrider_due_deliveries 1",
        "postrider_nodes 0",
        "postrider_database_up 1",
    ] {
        assert!(metrics.text.lines().any(|found| found == line), "no `{line}` in {}", metrics.text);
    }
    pause(store).await;
    let paused = nobody.get("/healthz/publishing").await;
    assert_eq!(paused.expect(200).body["paused"], true);
    assert_eq!(paused.body["late"][0]["reason"], "paused", "{}", paused.text);
});

#[tokio::test]
async fn figures_are_for_this_machine_or_for_whoever_has_the_token() {
    let store = TestStore::sqlite().await;
    let api = TestApi::new(&store).await;
    api.nobody().get("/metrics").await.problem(404, "not_found");
    api.nobody().at("[::1]").get("/metrics").await.expect(200);
    let options = Options { metrics_token: Some(Secret::new("t0ken")), ..quiet() };
    let locked = TestApi { router: postrider_api::router(api.app.clone(), options), app: api.app.clone() };
    let nobody = locked.nobody();
    nobody.bearer("t0ken").get("/metrics").await.expect(200);
    for stranger in [nobody.bearer("token"), nobody.bearer(""), nobody.at("127.0.0.1"), nobody] {
        stranger.get("/metrics").await.problem(401, "not_logged_in");
    }
    // Behind a proxy on this machine everybody comes from here, unless the proxy says from where.
    let trusted_proxies = vec!["127.0.0.1".parse().expect("an address")];
    let options = Options { trusted_proxies, ..quiet() };
    let proxied = TestApi { router: postrider_api::router(api.app.clone(), options), app: api.app.clone() };
    let through = proxied.nobody().at("127.0.0.1").with("x-forwarded-for", "203.0.113.7");
    through.get("/metrics").await.problem(404, "not_found");
}

#[tokio::test]
async fn a_node_without_its_database_still_says_what_it_counted() {
    let store = TestStore::sqlite().await;
    let api = TestApi::new(&store).await;
    store.close().await;
    let alone = api.nobody().at("127.0.0.1").get("/metrics").await;
    let lines: Vec<_> = alone.expect(200).text.lines().collect();
    assert!(lines.contains(&"postrider_database_up 0"), "{}", alone.text);
    assert!(lines.contains(&"postrider_rescues_total{cause=\"process_gone\"} 0"), "{}", alone.text);
    assert!(!alone.text.contains("postrider_deliveries{"), "nothing is known of them");
}

#[tokio::test]
async fn figures_are_counted_once_in_some_seconds() {
    let store = TestStore::sqlite().await;
    let desk = Desk::new(&store).await;
    let here = desk.owner.api.nobody().at("127.0.0.1");
    let first = here.get("/metrics").await.expect(200).text.clone();
    desk.due("ada.example").await;
    assert_eq!(here.get("/metrics").await.text, first, "as they were a moment ago");
}

async fn pause(store: &Store) {
    let mut tx = store.write().await.expect("a transaction");
    instance::pause(&mut tx, "test").await.expect("pauses");
    tx.commit().await.expect("commits");
}
