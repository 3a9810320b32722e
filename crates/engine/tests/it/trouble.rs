//! A database that goes away for a moment, and leases that cannot be proven.

use std::time::Duration;

use jiff::SignedDuration;
use postrider_domain::delivery::State;
use postrider_domain::id::DeliveryId;
use postrider_engine::Config;
use postrider_store::repo::steps;
use postrider_store::store_test;
use serde_json::json;

use crate::fake::{Act, BLIND, IDEMPOTENT, ONCE, UPLOAD};
use crate::fixture::{Fixture, quick};

async fn until_intended(f: &Fixture, id: DeliveryId) {
    while !steps::any_open(&mut f.store.read().await.unwrap(), id).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// An engine that gives no sign of life, so that a peer takes over.
pub(crate) fn silent() -> Config {
    Config { heartbeat: Duration::from_secs(60), rescue_every: Duration::from_secs(60), ..quick() }
}

store_test!(an_answer_survives_a_database_that_is_away_for_a_moment, |store| {
    let f = Fixture::new(store, &BLIND).await;
    f.net.will([Act::Slow(Duration::from_millis(300))]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    until_intended(&f, id).await;
    f.store.break_commits(true);
    while f.net.texts().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    f.store.break_commits(false);
    let delivery = f.until(id, State::Published).await;
    assert_eq!((delivery.rescues, delivery.failures), (0, 0));
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(a_send_that_the_gate_refuses_is_harmless, |store| {
    let f = Fixture::new(store, &BLIND).await;
    f.set_facts(&BLIND, &json!({ "pause_ms": 400 })).await;
    // Shorter than a call may take: the gate must extend it first, and cannot.
    let config = Config { lease: Duration::from_secs(10), ..quick() };
    let engine = f.engine_of(&f.store, 1, config).await;
    let id = f.schedule(&["hello"], 0).await;
    until_intended(&f, id).await;
    f.store.break_commits(true);
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(f.net.texts(), [""; 0], "nothing left");
    f.store.break_commits(false);
    let delivery = f.until(id, State::Published).await;
    assert_eq!((delivery.rescues, delivery.failures), (0, 0));
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(whoever_lost_its_lease_says_that_its_call_is_over, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.set_facts(&ONCE, &json!({ "pause_ms": 1500 })).await;
    // No sign of life: the peer takes over while the first one still prepares.
    let config = Config { lease: Duration::from_secs(12), ..silent() };
    let first = f.engine_of(&f.store, 1, config).await;
    let id = f.schedule(&["hello"], 0).await;
    until_intended(&f, id).await;
    let second = store.another(2).await;
    let peer = f.engine_of(&second, 2, quick()).await;
    for store in [&f.store, &second] {
        store.advance(SignedDuration::from_secs(13));
    }
    f.until_taken(id, peer.boot()).await;
    let open = async || steps::open(&mut f.store.read().await.unwrap(), id).await.unwrap();
    while open().await.is_some_and(|step| step.call_ended_at.is_none()) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    f.set_facts(&ONCE, &json!({})).await;
    for store in [&f.store, &second] {
        store.advance(SignedDuration::from_secs(30));
    }
    let delivery = f.until(id, State::Published).await;
    assert_eq!(delivery.rescues, 1);
    assert_eq!(f.net.texts(), ["hello"]);
    first.stop().await.unwrap();
    peer.stop().await.unwrap();
    second.close().await;
});

store_test!(a_result_is_not_written_for_a_lease_that_is_lost, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    f.net.will([Act::Slow(Duration::from_millis(800))]);
    let first = f.engine_of(&f.store, 1, silent()).await;
    let id = f.schedule(&["hello"], 0).await;
    until_intended(&f, id).await;
    let second = store.another(2).await;
    let peer = f.engine_of(&second, 2, quick()).await;
    for store in [&f.store, &second] {
        store.advance(SignedDuration::from_secs(26));
    }
    let delivery = f.until(id, State::Published).await;
    assert_eq!(delivery.rescues, 1);
    assert_eq!(f.net.texts(), ["hello"], "the peer repeated it and the platform kept one copy");
    first.stop().await.unwrap();
    peer.stop().await.unwrap();
    second.close().await;
});

store_test!(a_long_upload_does_not_hold_its_lane_longer_than_its_process_lives, |store| {
    let f = Fixture::new(store, &UPLOAD).await;
    f.net.will([Act::Slow(Duration::from_millis(1500))]);
    let killed = f.engine_of(&f.store, 1, silent()).await;
    let id = f.schedule(&["hello"], 0).await;
    until_intended(&f, id).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let left = f.store.now().await.unwrap().duration_until(f.get(id).await.lease_until.unwrap());
    assert!(left < SignedDuration::from_secs(26), "the lease is not as long as the call may take: {left:?}");
    let second = store.another(2).await;
    let peer = f.engine_of(&second, 2, quick()).await;
    for store in [&f.store, &second] {
        store.advance(SignedDuration::from_secs(26));
    }
    let delivery = f.until(id, State::Published).await;
    assert_eq!(delivery.rescues, 1);
    killed.stop().await.unwrap();
    assert_eq!(f.get(id).await, delivery, "what came of the first call was dropped");
    assert_eq!(f.net.texts(), ["hello"], "and the platform kept one copy");
    peer.stop().await.unwrap();
    second.close().await;
});

store_test!(a_long_upload_of_a_living_process_keeps_its_lease, |store| {
    let f = Fixture::new(store, &UPLOAD).await;
    f.net.will([Act::Slow(Duration::from_millis(1500))]);
    let config = Config { lease: Duration::from_millis(900), heartbeat: Duration::from_millis(100), ..quick() };
    let engine = f.engine_of(&f.store, 1, config).await;
    let id = f.schedule(&["hello"], 0).await;
    let delivery = f.until(id, State::Published).await;
    assert_eq!((delivery.rescues, delivery.failures), (0, 0));
    engine.stop().await.unwrap();
});
