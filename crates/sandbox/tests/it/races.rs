//! Many callers at once: what must happen once happens once.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::json;

use crate::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn equal_puts_at_once_make_one_record() {
    let world = World::start().await;
    let ada = world.ada().await;
    let replies = join_all((0..40).map(|_| world.put(&ada, KEYS[0], post("one")))).await;
    let cids: BTreeSet<_> = replies.into_iter().map(|reply| reply.ok().text("cid")).collect();
    assert_eq!(cids.len(), 1);
    let feed = world.feed().await;
    assert_eq!(feed["ever"].as_array().unwrap().len(), 1);
    assert_eq!((&feed["records"][0]["writes"], &feed["records"][0]["repeats"]), (&json!(1), &json!(39)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn create_only_puts_at_once_let_one_through() {
    let world = World::start().await;
    let ada = world.ada().await;
    let put = |number: usize| {
        let record = post(&format!("copy {number}"));
        let body = json!({"repo": ada.did, "collection": POST, "rkey": KEYS[0], "record": record,
            "swapRecord": null});
        world.call(PUT, &ada, body)
    };
    let replies = join_all((0..20).map(put)).await;
    let won = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(won, 1);
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        reply.refused(400, "InvalidSwap", "Record was at");
    }
    assert_eq!(world.feed().await["ever"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn creates_without_a_key_are_all_kept_under_rising_keys() {
    let world = World::start().await;
    let ada = world.ada().await;
    let body = json!({"repo": ada.did, "collection": POST, "record": post("same")});
    let replies = join_all((0..20).map(|_| world.call(CREATE, &ada, body.clone()))).await;
    let uris: BTreeSet<_> = replies.into_iter().map(|reply| reply.ok().text("uri")).collect();
    assert_eq!(uris.len(), 20);
    let feed = world.feed().await;
    let keys: Vec<_> = feed["records"].as_array().unwrap().iter().map(|r| r["rkey"].to_string()).collect();
    assert!(keys.is_sorted());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refreshes_at_once_lead_to_one_successor() {
    let world = World::start().await;
    let ada = world.ada().await;
    let replies = join_all((0..20).map(|_| world.bare(REFRESH, &ada.refresh))).await;
    let users: Vec<_> = replies.into_iter().map(|reply| user(&reply.ok())).collect();
    let successors: BTreeSet<_> = users.iter().map(|user| jti(&user.refresh)).collect();
    assert_eq!(successors.len(), 1);
    world.bare(REFRESH, &users[0].refresh).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_hits_as_many_of_the_calls_as_it_should() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.fault(json!({"match": PUT, "skip": 5, "count": 7, "kind": {"status": {"code": 500}}})).await;
    let put = async |number: usize| world.put(&ada, KEYS[number % 4], post("text")).await.status;
    let replies = join_all((0..30).map(put)).await;
    assert_eq!(replies.iter().filter(|status| **status == 500).count(), 7);
    let log = world.json(&format!("/_requests?method={PUT}")).await;
    let entries = log["requests"].as_array().unwrap();
    assert_eq!(entries.iter().filter(|entry| entry["fault"] == 1).count(), 7);
    assert_eq!(entries.iter().filter(|entry| entry["accepted"] == true).count(), 23);
}
