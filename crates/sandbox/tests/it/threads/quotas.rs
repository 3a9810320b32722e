//! What a person may do in a day, and what an app may ask.

use serde_json::{Value, json};

use super::client::*;
use crate::support::*;

const LIMITS: &str = "/me/threads_publishing_limit?fields=quota_usage,config,reply_quota_usage,reply_config,\
    delete_quota_usage,delete_config,location_search_quota_usage,location_search_config";

#[tokio::test]
async fn two_hundred_and_fifty_posts_in_any_day_and_no_more() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let first = threads.say("first").await;
    world.pass(100);
    for _ in 1..250 {
        threads.say("more").await;
    }
    let id = threads.container(&[("media_type", "TEXT"), ("text", "last")]).await;
    threads.publish(&id).await.fails(17, None, "posts");
    assert_eq!(threads.status(&id).await.0, "FINISHED", "it is made and waits");
    threads.delete(&first).await.ok();
    threads.publish(&id).await.fails(17, None, "posts");
    let at_once = [("media_type", "TEXT"), ("text", "a"), ("auto_publish_text", "true")];
    threads.make(&at_once).await.fails(17, None, "posts");
    assert_eq!(visible(&world).await, 251);
    // The window rolls: the first one is a day old, the others are not.
    world.pass(86_300);
    threads.say("again").await;
    let over = threads.container(&[("media_type", "TEXT"), ("text", "over")]).await;
    threads.publish(&over).await.fails(17, None, "posts");
    Threads::login(&world, "tomas").await.say("mine").await;
}

#[tokio::test]
async fn replies_deletions_and_searches_are_counted_apart() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let whole = threads.get(LIMITS).await.ok().body["data"][0].clone();
    let config = |total: u64| json!({"quota_total": total, "quota_duration": 86_400});
    let want = json!({"quota_usage": 0, "config": config(250), "reply_quota_usage": 0, "reply_config": config(1_000),
        "delete_quota_usage": 0, "delete_config": config(100), "location_search_quota_usage": 0,
        "location_search_config": config(500)});
    assert_eq!(whole, want);
    threads.set(json!({"posts_per_day": 2, "replies_per_day": 2, "deletes_per_day": 2, "searches_per_day": 2})).await;
    let (root, other) = (threads.say("root").await, threads.say("other").await);
    let reply = [("media_type", "TEXT"), ("text", "a"), ("reply_to_id", root.as_str())];
    let (one, two) = (threads.posted(&reply).await, threads.posted(&reply).await);
    let third = threads.container(&reply).await;
    threads.publish(&third).await.fails(17, None, "replies");
    threads.delete(&one).await.ok();
    threads.delete(&two).await.ok();
    threads.delete(&other).await.fails(17, None, "deletions");
    for _ in 0..2 {
        threads.get("/location_search?q=menlo").await.ok();
    }
    threads.get("/location_search?q=menlo").await.fails(17, None, "location searches");
    let used = threads.get(LIMITS).await.ok().body["data"][0].clone();
    for name in ["quota_usage", "reply_quota_usage", "delete_quota_usage", "location_search_quota_usage"] {
        assert_eq!(used[name], 2, "{name}");
    }
    assert_eq!(used["config"], config(2));
    threads.get("/me/threads_publishing_limit?fields=quota").await.fails(100, None, "nonexisting field (quota)");
    assert_eq!(threads.get("/me/threads_publishing_limit").await.ok().body, json!({"data": [{"quota_usage": 2}]}));
}

#[tokio::test]
async fn calls_are_counted_and_the_headers_say_so() {
    let world = World::start().await;
    let (ada, tomas) = (Threads::login(&world, "ada").await, Threads::login(&world, "tomas").await);
    ada.set(json!({"calls_per_day": 4})).await;
    let used =
        |reply: &Reply| serde_json::from_str::<Value>(reply.header("x-app-usage")).unwrap()["call_count"].clone();
    assert_eq!(used(&ada.get("/me").await.ok()), 25);
    assert_eq!(used(&ada.get("/7").await), 50, "refused calls count too");
    ada.get("/me").await.ok();
    ada.get("/me").await.ok();
    let over = ada.get("/me").await;
    over.fails(4, None, "request limit reached");
    assert_eq!((used(&over), &over.body["error"]["is_transient"]), (json!(100), &json!(true)));
    let wait: Value = serde_json::from_str(over.header("x-business-use-case-usage")).unwrap();
    assert_eq!(wait["threads"][0]["estimated_time_to_regain_access"], 1_440);
    tomas.get("/me").await.ok();
    world.pass(86_400);
    ada.get("/me").await.ok();
    ada.set(json!({"calls_per_day": null})).await;
    assert!(ada.get("/me").await.ok().headers.get("x-app-usage").is_none());
}
