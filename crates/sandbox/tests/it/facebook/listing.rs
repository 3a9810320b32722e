//! Lists: pages, times, lag.

use serde_json::json;

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn pages_lead_to_the_end_and_back() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    for text in ["one", "two", "three", "four", "five"] {
        page.say(text).await;
    }
    for edge in ["published_posts", "feed", "posts"] {
        let part =
            async |query: String| page.get(&format!("/{BAKERY}/{edge}?fields=message&limit=2{query}")).await.ok();
        let first = part(String::new()).await;
        assert_eq!(column(&first, "message"), [json!("five"), json!("four")]);
        let cursor = |reply: &Reply, which: &str| reply.body["paging"]["cursors"][which].as_str().unwrap().to_owned();
        let second = part(format!("&after={}", cursor(&first, "after"))).await;
        assert_eq!(column(&second, "message"), [json!("three"), json!("two")]);
        let back = part(format!("&before={}", cursor(&second, "before"))).await;
        assert_eq!(column(&back, "message"), [json!("five"), json!("four")]);
    }
    page.get("/me/feed?offset=2").await.fails(100, None, "offset is not a documented");
    page.get("/me/feed?fields=colour").await.fails(100, None, "nonexisting field (colour) on node type (PagePost)");
    page.get("/me/feed?limit=0").await.fails(100, None, "limit");
    page.get("/me/feed?after=rubbish").await.fails(100, None, "not a valid cursor");
}

#[tokio::test]
async fn a_list_can_lag_behind_what_is_there() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    page.set(json!({"listing_lag_ms": 30_000})).await;
    let id = page.say("one").await;
    let ids = async || column(&page.get("/me/published_posts?fields=id").await.ok(), "id");
    assert!(ids().await.is_empty());
    page.get(&format!("/{id}")).await.ok();
    let entry = last(&world).await;
    assert_eq!((&entry["at"], &entry["listed_at"]), (&json!("2026-11-23T08:00:00Z"), &json!("2026-11-23T08:00:30Z")));
    world.pass(30);
    assert_eq!(ids().await, [json!(id)]);
    let rule =
        json!({"match": "GET /v26.0/me/published_posts", "instance": "facebook", "kind": {"lag": {"ms": 1_000}}});
    world.fault(rule).await;
    assert!(ids().await.is_empty());
    assert_eq!(ids().await, [json!(id)]);
}

#[tokio::test]
async fn lists_are_for_those_who_may_read_the_page() {
    let world = World::start().await;
    let ada = Facebook::person(&world, "ada").await;
    let page = ada.as_page(BAKERY).await;
    page.say("one").await;
    // A person's own token reads as well.
    assert_eq!(column(&ada.get(&format!("/{BAKERY}/feed?fields=message")).await.ok(), "message"), [json!("one")]);
    for edge in ["feed", "videos", "video_reels", "stories", "scheduled_posts"] {
        ada.get(&format!("/{CERAMICS}/{edge}")).await.fails(100, 33, CERAMICS);
        page.get(&format!("/{MARKET}/{edge}")).await.fails(100, 33, MARKET);
    }
    let few = Facebook::only(&world, "ada", "pages_show_list").await;
    few.get(&format!("/{BAKERY}/feed")).await.fails(10, None, "pages_read_engagement");
}
