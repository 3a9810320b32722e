//! Lists: pages, times, lag.

use serde_json::json;

use super::client::*;
use crate::support::*;

async fn five(threads: &Threads<'_>) -> Vec<String> {
    let mut ids = Vec::new();
    for text in ["one", "two", "three", "four", "five"] {
        ids.push(threads.say(text).await);
        threads.world.pass(60);
    }
    ids
}

#[tokio::test]
async fn pages_lead_to_the_end_and_back() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    five(&threads).await;
    let page = async |query: String| threads.get(&format!("/me/threads?fields=text&limit=2{query}")).await.ok();
    let first = page(String::new()).await;
    assert_eq!(column(&first, "text"), [json!("five"), json!("four")]);
    let cursor = |reply: &Reply, which: &str| reply.body["paging"]["cursors"][which].as_str().unwrap().to_owned();
    let second = page(format!("&after={}", cursor(&first, "after"))).await;
    assert_eq!(column(&second, "text"), [json!("three"), json!("two")]);
    let third = page(format!("&after={}", cursor(&second, "after"))).await;
    assert_eq!(column(&third, "text"), [json!("one")]);
    let end = page(format!("&after={}", cursor(&third, "after"))).await;
    assert_eq!(end.body, json!({"data": []}));
    let back = page(format!("&before={}", cursor(&third, "before"))).await;
    assert_eq!(column(&back, "text"), [json!("three"), json!("two")]);
    let both = format!("/me/threads?before={0}&after={0}", cursor(&first, "after"));
    threads.get(&both).await.fails(100, None, "same request");
    threads.get("/me/threads?after=rubbish").await.fails(100, None, "after is not a valid cursor");
    threads.get("/me/threads?limit=0").await.fails(100, None, "limit");
    threads.get("/me/threads?offset=2").await.fails(100, None, "offset is not a documented");
    threads.get("/me/threads?fields=status").await.fails(100, None, "nonexisting field (status)");
}

#[tokio::test]
async fn times_limit_a_list() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    five(&threads).await;
    let texts =
        async |query: String| column(&threads.get(&format!("/me/threads?fields=text&{query}")).await.ok(), "text");
    assert_eq!(texts(format!("since={}", START + 180)).await, [json!("five"), json!("four")]);
    assert_eq!(texts(format!("until={}", START + 60)).await, [json!("two"), json!("one")]);
    assert_eq!(texts(format!("since={}&until={}", START + 60, START + 120)).await, [json!("three"), json!("two")]);
    assert_eq!(texts("since=2026-11-24".into()).await, Vec::<serde_json::Value>::new());
    threads.get("/me/threads?since=20&until=10").await.fails(100, None, "since must be less than until");
    threads.get("/me/threads?since=yesterday").await.fails(100, None, "since must be a unix timestamp");
}

#[tokio::test]
async fn a_list_can_lag_behind_what_is_there() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    threads.set(json!({"listing_lag_ms": 30_000})).await;
    let id = threads.say("one").await;
    assert_eq!(threads.get("/me/threads").await.ok().body["data"], json!([]));
    threads.get(&format!("/{id}?fields=permalink")).await.ok();
    world.pass(30);
    assert_eq!(column(&threads.get("/me/threads").await.ok(), "id"), [json!(id)]);
    world.fault(json!({"match": "GET /v1.0/me/threads", "instance": "threads", "kind": {"lag": {"ms": 1_000}}})).await;
    assert_eq!(threads.get("/me/threads").await.ok().body["data"], json!([]));
    assert_eq!(column(&threads.get("/me/threads").await.ok(), "id"), [json!(id)]);
    let entry = world.json("/_visible").await["visible"][0].clone();
    assert_eq!((&entry["at"], &entry["listed_at"]), (&json!("2026-11-23T08:00:00Z"), &json!("2026-11-23T08:00:30Z")));
}
