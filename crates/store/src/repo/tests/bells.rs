//! Who is woken by a commit: those who can do something about it, here and on other nodes.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::write;
use crate::repo::events;
use crate::repo::jobs::{self, NewJob};
use crate::testkit::{TestStore, fixtures};
use crate::{Bell, Store, store_test};

const BELLS: [Bell; 3] = [Bell::Due, Bell::Jobs, Bell::Events];

/// Long enough for a call between nodes on a busy machine.
const SOON: Duration = Duration::from_secs(20);

/// Several times the pause between two calls.
const STILL: Duration = Duration::from_millis(400);

fn listen(store: &Store) -> [watch::Receiver<u64>; 3] {
    BELLS.map(|bell| store.wake().listen(bell))
}

/// Which have rung since this was asked last.
fn rung(bells: &mut [watch::Receiver<u64>; 3]) -> Vec<Bell> {
    let heard = |bell: &mut watch::Receiver<u64>| {
        let heard = bell.has_changed().expect("the store is there");
        bell.mark_unchanged();
        heard
    };
    BELLS.into_iter().zip(bells).filter_map(|(bell, ears)| heard(ears).then_some(bell)).collect()
}

store_test!(a_commit_wakes_those_it_concerns_and_an_undone_one_nobody, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ada").await;
    tx.commit().await.expect("commits");
    let mut bells = listen(store);
    let now = store.now().await.expect("a clock");
    let job = NewJob { kind: "test", workspace: None, payload: Value::Null, once_key: None, due_at: now };

    let mut tx = write(store).await;
    jobs::enqueue(&mut tx, &job).await.expect("enqueues");
    tx.rollback().await.expect("undone");
    assert_eq!(rung(&mut bells), [], "nothing happened");

    let mut tx = write(store).await;
    jobs::enqueue(&mut tx, &job).await.expect("enqueues");
    assert_eq!(rung(&mut bells), [], "not before it is durable");
    tx.commit().await.expect("commits");
    assert_eq!(rung(&mut bells), [Bell::Jobs]);

    let mut tx = write(store).await;
    events::append(&mut tx, world.workspace, "post.changed", &json!({})).await.expect("appends");
    tx.commit().await.expect("commits");
    assert_eq!(rung(&mut bells), [Bell::Events]);

    let mut tx = write(store).await;
    let channel = fixtures::channel(&mut tx, world, "ada").await;
    fixtures::delivery(&mut tx, world, &channel, now).await;
    tx.commit().await.expect("commits");
    assert!(rung(&mut bells).contains(&Bell::Due));
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_node_hears_what_a_commit_was_about_and_nobody_hears_himself() {
    let Some(store) = TestStore::postgres().await else { return };
    let peer = store.another(2).await;
    let mut tx = write(&store).await;
    let world = fixtures::world(&mut tx, "ada").await;
    tx.commit().await.expect("commits");
    let append = async || {
        let mut tx = store.write().await.expect("a transaction");
        events::append(&mut tx, world.workspace, "post.changed", &json!({})).await.expect("appends");
        tx.commit().await.expect("commits");
    };
    let (mut own, mut bells) = (listen(&store), listen(&peer));
    let heard = async {
        // Both listen once all bells have rung, for what may have been missed before.
        for bells in [&mut own, &mut bells] {
            bells[Bell::Jobs as usize].changed().await.expect("the store is there");
        }
        // Calls are few where commits are many, and the last commit is followed by one.
        for _ in 0..50 {
            append().await;
        }
        tokio::time::sleep(STILL).await;
        rung(&mut own);
        rung(&mut bells);
        append().await;
        bells[Bell::Events as usize].changed().await.expect("the store is there");
        tokio::time::sleep(STILL).await;
        let [events, others] = [Bell::Events, Bell::Due].map(|bell| *own[bell as usize].borrow());
        append().await;
        tokio::time::sleep(STILL).await;
        assert_eq!(*own[Bell::Events as usize].borrow(), events + 1, "its own call is not heard");
        assert_eq!(*own[Bell::Due as usize].borrow(), others);
        assert_eq!(rung(&mut bells), [Bell::Events], "and it says what for");
    };
    tokio::select! {
        lost = store.relay_wakes() => panic!("the connection was lost: {lost:?}"),
        lost = peer.relay_wakes() => panic!("the connection was lost: {lost:?}"),
        heard = tokio::time::timeout(SOON, heard) => heard.expect("calls arrive"),
    }
    peer.close().await;
    store.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_at_once_is_heard_all_the_same() {
    let Some(store) = TestStore::postgres().await else { return };
    let passing = store.another(2).await;
    let mut jobs = store.wake().listen(Bell::Jobs);
    let heard = async {
        jobs.changed().await.expect("it listens");
        let mut tx = passing.write().await.expect("a transaction");
        tx.ring(Bell::Jobs);
        tx.commit().await.expect("commits");
        passing.close().await;
        jobs.changed().await.expect("the store is there");
    };
    tokio::select! {
        lost = store.relay_wakes() => panic!("the connection was lost: {lost:?}"),
        heard = tokio::time::timeout(SOON, heard) => heard.expect("the call arrives"),
    }
    store.finish().await;
}
