//! Lists: pages, times, lag.

use serde_json::json;

use super::client::*;
use crate::support::*;

async fn five(instagram: &Instagram<'_>) -> Vec<String> {
    let shelf = Shelf::open().await;
    let mut ids = Vec::new();
    for caption in ["one", "two", "three", "four", "five"] {
        ids.push(instagram.say(&shelf, caption).await);
        instagram.world.pass(60);
    }
    ids
}

#[tokio::test]
async fn pages_lead_to_the_end_and_back() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    five(&instagram).await;
    let page = async |query: String| instagram.get(&format!("/me/media?fields=caption&limit=2{query}")).await.ok();
    let first = page(String::new()).await;
    assert_eq!(column(&first, "caption"), [json!("five"), json!("four")]);
    let cursor = |reply: &Reply, which: &str| reply.body["paging"]["cursors"][which].as_str().unwrap().to_owned();
    let second = page(format!("&after={}", cursor(&first, "after"))).await;
    assert_eq!(column(&second, "caption"), [json!("three"), json!("two")]);
    let third = page(format!("&after={}", cursor(&second, "after"))).await;
    assert_eq!(column(&third, "caption"), [json!("one")]);
    let end = page(format!("&after={}", cursor(&third, "after"))).await;
    assert_eq!(end.body, json!({"data": []}));
    let back = page(format!("&before={}", cursor(&third, "before"))).await;
    assert_eq!(column(&back, "caption"), [json!("three"), json!("two")]);
    instagram.get("/me/media?after=rubbish").await.fails(100, None, "after is not a valid cursor");
    instagram.get("/me/media?limit=0").await.fails(100, None, "limit");
    instagram.get("/me/media?offset=2").await.fails(100, None, "offset is not a documented");
    instagram.get("/me/media?fields=status").await.fails(100, None, "nonexisting field (status)");
}

#[tokio::test]
async fn times_limit_a_list() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    five(&instagram).await;
    let captions = async |query: String| {
        column(&instagram.get(&format!("/me/media?fields=caption&{query}")).await.ok(), "caption")
    };
    assert_eq!(captions(format!("since={}", START + 180)).await, [json!("five"), json!("four")]);
    assert_eq!(captions(format!("until={}", START + 60)).await, [json!("two"), json!("one")]);
    assert_eq!(captions("since=2026-11-24".into()).await, Vec::<serde_json::Value>::new());
    instagram.get("/me/media?since=20&until=10").await.fails(100, None, "since must be less than until");
    instagram.get("/me/media?since=yesterday").await.fails(100, None, "since must be a unix timestamp");
}

#[tokio::test]
async fn a_list_can_lag_behind_what_is_there() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    instagram.set(json!({"listing_lag_ms": 30_000})).await;
    let id = instagram.say(&shelf, "one").await;
    assert_eq!(instagram.get("/me/media").await.ok().body["data"], json!([]));
    instagram.get(&format!("/{id}?fields=permalink")).await.ok();
    world.pass(30);
    assert_eq!(column(&instagram.get("/me/media").await.ok(), "id"), [json!(id)]);
    let lag = json!({"match": "GET /v26.0/me/media", "instance": "instagram", "kind": {"lag": {"ms": 1_000}}});
    world.fault(lag).await;
    assert_eq!(instagram.get("/me/media").await.ok().body["data"], json!([]));
    assert_eq!(column(&instagram.get("/me/media").await.ok(), "id"), [json!(id)]);
    let entry = world.json("/_visible").await["visible"][0].clone();
    assert_eq!((&entry["at"], &entry["listed_at"]), (&json!("2026-11-23T08:00:00Z"), &json!("2026-11-23T08:00:30Z")));
}
