//! What can be made to go wrong.

use serde_json::{Value, json};

use super::client::*;
use crate::support::*;
use crate::threads::film::Film;

const FEED: &str = "POST /v26.0/me/feed";

#[tokio::test]
async fn an_error_before_or_after_the_post_was_made() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    for (number, (code, error, after, count)) in
        [(500, 2, false, 0), (400, 1, false, 0), (400, 1, true, 1), (503, 2, true, 2)].into_iter().enumerate()
    {
        let kind = json!({"status": {"code": code, "after_accept": after}});
        world.fault(json!({"match": FEED, "kind": kind})).await;
        let reply = page.post("/me/feed", &[("message", &number.to_string())]).await;
        assert_eq!((reply.status, &reply.body["error"]["code"]), (code, &json!(error)), "{reply:?}");
        assert_eq!(visible(&world).await, count);
    }
    let html = json!("<html>Sorry, something went wrong.</html>");
    world.fault(json!({"match": "*", "instance": "facebook", "kind": {"status": {"code": 500, "body": html}}})).await;
    let reply = page.get("/me").await;
    assert_eq!((reply.status, &reply.body), (500, &Value::Null), "a page in place of JSON");
}

#[tokio::test]
async fn a_connection_that_closes_before_or_after() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    for (after, count) in [(false, 0), (true, 1)] {
        let kind = json!({"drop": {"after_accept": after}});
        world.fault(json!({"match": FEED, "account": "harbourbakery@facebook", "kind": kind})).await;
        let request = page.request("POST", "/me/feed?message=one");
        assert!(world.try_send(request).await.is_err());
        assert_eq!(visible(&world).await, count);
    }
}

#[tokio::test]
async fn a_finish_whose_answer_was_lost_published_once() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let (video, url) = page.begin("video_reels").await;
    page.whole(&url, Film::default().bytes()).await.ok();
    world
        .fault(
            json!({"match": "POST /v26.0/me/video_reels", "contains": "p1", "kind": {"drop": {"after_accept": true}}}),
        )
        .await;
    let finish = format!("/me/video_reels?upload_phase=finish&video_id={video}&description=p1");
    assert!(world.try_send(page.request("POST", &finish)).await.is_err());
    assert_eq!(page.status(&video).await["publishing_phase"]["status"], "complete");
    world.send(page.request("POST", &finish)).await.ok();
    assert_eq!(visible(&world).await, 1);
}

#[tokio::test]
async fn too_many_requests_with_and_without_a_time() {
    let world = World::start().await;
    let ada = Facebook::person(&world, "ada").await;
    let page = ada.as_page(BAKERY).await;
    for (hints, retry_after, usage) in
        [("platform", false, true), ("retry_after", true, false), ("both", true, true), ("nothing", false, false)]
    {
        let kind = json!({"rate_limit": {"retry_after_s": 90, "hints": hints}});
        world.fault(json!({"match": "GET /v26.0/me", "kind": kind})).await;
        let over = page.get("/me").await;
        over.fails(32, None, "request limit reached");
        assert_eq!(over.headers.contains_key("retry-after"), retry_after, "{hints}");
        assert_eq!(over.headers.contains_key("x-business-use-case-usage"), usage, "{hints}");
        if usage {
            let wait: Value = serde_json::from_str(over.header("x-business-use-case-usage")).unwrap();
            assert_eq!(wait[BAKERY][0]["estimated_time_to_regain_access"], 2);
        }
    }
    world.fault(json!({"match": "GET /v26.0/me", "kind": {"rate_limit": {"retry_after_s": 90}}})).await;
    ada.get("/me").await.fails(4, None, "request limit reached");
    page.get("/me").await.ok();
}

#[tokio::test]
async fn a_token_that_is_revoked_or_over_at_the_chosen_call() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let tomas = Facebook::page(&world, "tomas", CERAMICS).await;
    world.fault(json!({"match": "GET /v26.0/me", "account": "harbourbakery", "kind": "expire"})).await;
    page.get("/me").await.fails(190, 463, "expired");
    page.get("/me").await.ok();
    world.fault(json!({"match": FEED, "account": "harbourbakery", "kind": "revoke"})).await;
    tomas.say("mine").await;
    page.post("/me/feed", &[("message", "a")]).await.fails(190, 458, "has not authorized");
    page.get("/me").await.fails(190, 458, "has not authorized");
    tomas.get("/me").await.ok();
    assert_eq!(visible(&world).await, 1);
}

#[tokio::test]
async fn an_answer_that_breaks_off_and_a_body_that_is_too_large() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    world.fault(json!({"match": FEED, "kind": "truncate"})).await;
    let response = page.request("POST", "/me/feed?message=one").send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert!(response.bytes().await.is_err());
    assert_eq!(visible(&world).await, 1);
    let request = page.request("POST", "/me/feed").header("content-type", "application/json");
    let reply = world.send(request.body(vec![b'a'; 1_000_001])).await;
    assert_eq!((reply.status, &reply.body["error"]["code"]), (413, &json!(1)));
}

#[tokio::test]
async fn reset_empties_the_network_and_keeps_its_apps_people_and_pages() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    world.control("/_facebook/people", json!({"username": "noor"})).await;
    let id = page.say("one").await;
    assert_eq!(world.control("/_reset", json!({})).await.status, 204);
    assert_eq!(visible(&world).await, 0);
    page.get("/me").await.fails(190, None, "Invalid");
    let page = Facebook::quick(&world).await;
    assert_ne!(page.say("one").await, id);
    assert_eq!(world.json("/_facebook").await["people"].as_array().unwrap().len(), 4);
    assert_eq!(world.control("/_reset", json!({"accounts": true})).await.status, 204);
    let left = world.json("/_facebook").await;
    assert_eq!(left["people"].as_array().unwrap().len(), 3);
    assert_eq!(left["apps"][0]["redirect_uris"], json!([]));
}
