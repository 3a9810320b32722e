//! What goes on beside publishing, none of it waiting for another.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postrider_connector::Credentials;
use postrider_domain::delivery::State;
use postrider_domain::id::GrantId;
use postrider_store::repo::deliveries;
use postrider_store::repo::grants::{self, Grant, NewGrant};
use postrider_store::repo::jobs::{self, NewJob};
use postrider_store::repo::{instance, nodes};
use postrider_store::store_test;
use serde_json::json;

use crate::fake::{ONCE, Renewal};
use crate::fixture::{Fixture, node};

/// A grant whose tokens are to be renewed since an instant.
async fn due_grant(f: &Fixture, person: &str, plain: &[u8], since: Timestamp) -> GrantId {
    let mut tx = f.store.write().await.unwrap();
    let grant = NewGrant {
        platform: ONCE.id,
        platform_app: None,
        host: "https://fake.example",
        person_id: person,
        scopes: &[],
        plain,
        expires_at: None,
        refresh_at: Some(since),
        created_by: f.user,
    };
    let id = grants::create(&mut tx, f.workspace, grant).await.unwrap().id;
    tx.commit().await.unwrap();
    id
}

fn tokens() -> Vec<u8> {
    let tokens = Credentials::default().with("access", "token-000000").with("refresh", "refresh-secret");
    serde_json::to_vec(&tokens).unwrap()
}

async fn grant(f: &Fixture, id: GrantId) -> Grant {
    grants::get(&mut f.store.read().await.unwrap(), f.workspace, id).await.unwrap()
}

async fn until_renewed(f: &Fixture, id: GrantId) {
    for _ in 0..300 {
        if grant(f, id).await.version > 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("is not renewed: {:?}", grant(f, id).await)
}

store_test!(a_grant_that_cannot_be_opened_holds_up_nobody, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let now = f.store.now().await.unwrap();
    let broken = due_grant(&f, "broken", b"no credentials at all", now - SignedDuration::from_hours(2)).await;
    let sound = due_grant(&f, "sound", &tokens(), now - SignedDuration::from_hours(1)).await;
    let engine = f.engine().await;
    until_renewed(&f, sound).await;
    // And it is not tried at every turn.
    while grant(&f, broken).await.refresh_at <= Some(now) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    engine.stop().await.unwrap();
});

store_test!(a_slow_server_holds_up_neither_other_grants_nor_rescue, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let now = f.store.now().await.unwrap();
    f.net.refreshes_will([Renewal::Slow(Duration::from_secs(5))]);
    let slow = due_grant(&f, "slow", &tokens(), now - SignedDuration::from_hours(2)).await;
    let engine = f.engine().await;
    while f.net.refreshed() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let quick = due_grant(&f, "quick", &tokens(), now - SignedDuration::from_hours(1)).await;
    until_renewed(&f, quick).await;
    // Somebody died with a delivery in hand.
    let id = f.schedule_on(f.channel, &["hello"], 0, SignedDuration::from_secs(60)).await;
    let mut tx = f.store.write().await.unwrap();
    let dead = nodes::register(&mut tx, node(7), "test", "0").await.unwrap();
    nodes::close(&mut tx, dead).await.unwrap();
    tx.commit().await.unwrap();
    f.claim_as(id, dead).await;
    f.until(id, State::Published).await;
    assert_eq!(grant(&f, slow).await.version, 1, "all that while the slow one was still asked for");
    engine.stop().await.unwrap();
});

store_test!(a_paused_copy_renews_no_tokens, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let now = f.store.now().await.unwrap();
    let due = due_grant(&f, "person of both", &tokens(), now - SignedDuration::from_hours(1)).await;
    let mut tx = f.store.write().await.unwrap();
    instance::pause(&mut tx, "a copy").await.unwrap();
    tx.commit().await.unwrap();
    let engine = f.engine().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!((f.net.refreshed(), grant(&f, due).await.version), (0, 1));
    let mut tx = f.store.write().await.unwrap();
    instance::resume(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    until_renewed(&f, due).await;
    engine.stop().await.unwrap();
});

store_test!(a_job_that_fails_holds_up_no_other, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let mut tx = f.store.write().await.unwrap();
    let due_at = tx.now();
    for kind in ["no such kind", "erase", "erase"] {
        let job = NewJob { kind, workspace: None, payload: json!({}), once_key: None, due_at };
        jobs::enqueue(&mut tx, &job).await.unwrap();
    }
    tx.commit().await.unwrap();
    let engine = f.engine().await;
    // The daily one of the repetitions is put back; the one that nobody knows is kept for a newer node.
    let kept = [("ready".to_owned(), 2), ("running".to_owned(), 0), ("failed".to_owned(), 0)];
    let mut counts = Vec::new();
    for _ in 0..300 {
        counts = jobs::counts(&mut f.store.read().await.unwrap()).await.unwrap();
        if counts == kept {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(counts, kept);
    engine.stop().await.unwrap();
});

impl Fixture {
    /// Claims a delivery at its time as a process does that then says nothing.
    async fn claim_as(&self, id: postrider_domain::id::DeliveryId, boot: postrider_domain::id::BootId) {
        let delivery = self.get(id).await;
        let mut tx = self.store.write().await.unwrap();
        let due = deliveries::Candidate {
            id,
            workspace: delivery.workspace_id,
            lane: delivery.lane_id,
            due_at: delivery.due_at,
        };
        deliveries::claim(&mut tx, &due, boot, Duration::from_secs(25)).await.unwrap().expect("is idle");
        tx.commit().await.unwrap();
    }
}

store_test!(a_job_of_which_the_process_dies_each_time_is_given_up_and_kept, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let mut tx = f.store.write().await.unwrap();
    let now = tx.now();
    let new = NewJob { kind: "erase", workspace: None, payload: json!({}), once_key: None, due_at: now };
    jobs::enqueue(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..jobs::DEATHS {
        let mut tx = f.store.write().await.unwrap();
        let dies = nodes::register(&mut tx, node(7), "test", "0").await.unwrap();
        assert_eq!(jobs::claim(&mut tx, dies, 1, Duration::from_secs(60)).await.unwrap().len(), 1);
        nodes::register(&mut tx, node(7), "test", "0").await.unwrap();
        jobs::rescue(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        f.store.advance(jobs::SUSPECT_WAITS);
    }
    let engine = f.engine().await;
    let failed = async || {
        let counts = jobs::counts(&mut f.store.read().await.unwrap()).await.unwrap();
        counts.iter().any(|(state, count)| state == "failed" && *count == 1)
    };
    for _ in 0..300 {
        if failed().await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(failed().await, "it was run all the same");
    engine.stop().await.unwrap();
});
