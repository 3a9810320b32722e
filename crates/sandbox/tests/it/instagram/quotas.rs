//! What an account may publish in a day, and what an app may ask.

use serde_json::{Value, json};

use super::client::*;
use crate::support::*;

const LIMIT: &str = "/me/content_publishing_limit?fields=quota_usage,config";

#[tokio::test]
async fn fifty_posts_in_any_day_and_no_more() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let config = json!({"quota_total": 50, "quota_duration": 86_400});
    let limit = instagram.get(LIMIT).await.ok();
    assert_eq!(limit.body, json!({"data": [{"quota_usage": 0, "config": config}]}));
    instagram.say(&shelf, "first").await;
    world.pass(100);
    for _ in 1..50 {
        instagram.say(&shelf, "more").await;
    }
    let id = instagram.container(&[("image_url", &shelf.url("loaf.jpg"))]).await;
    let over = instagram.publish(&id).await;
    over.fails(9, 2_207_042, "request limit reached");
    assert_eq!(instagram.status(&id).await, "FINISHED", "it is made and waits");
    assert_eq!(instagram.get(LIMIT).await.ok().body["data"][0]["quota_usage"], 50);
    assert_eq!(visible(&world).await, 50);
    let since = format!("{LIMIT}&since={}", START + 50);
    assert_eq!(instagram.get(&since).await.ok().body["data"][0]["quota_usage"], 49);
    let late = format!("{LIMIT}&since={}", START + 100 - 86_401);
    instagram.get(&late).await.fails(100, None, "since must not be more than 24 hours ago");
    instagram.get("/me/content_publishing_limit?fields=quota").await.fails(100, None, "nonexisting field (quota)");
    assert_eq!(instagram.get("/me/content_publishing_limit").await.ok().body["data"], json!([{"quota_usage": 50}]));
    // The window rolls: the first one is a day old, the others are not.
    world.pass(86_300);
    let again = instagram.container(&[("image_url", &shelf.url("loaf.jpg"))]).await;
    instagram.publish(&again).await.ok();
    let next = instagram.container(&[("image_url", &shelf.url("loaf.jpg"))]).await;
    instagram.publish(&next).await.fails(9, 2_207_042, "request limit reached");
    Instagram::quick(&world, "okonkwophoto").await.say(&shelf, "mine").await;
}

#[tokio::test]
async fn stories_count_or_do_not() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    instagram.set(json!({"posts_per_day": 1, "stories_count": false})).await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    let story = [("media_type", "STORIES"), ("image_url", url.as_str())];
    instagram.posted(&story).await;
    instagram.say(&shelf, "post").await;
    instagram.posted(&story).await;
    assert_eq!(instagram.get(LIMIT).await.ok().body["data"][0]["quota_usage"], 1);
    instagram.set(json!({"stories_count": true})).await;
    let third = instagram.container(&story).await;
    instagram.publish(&third).await.fails(9, 2_207_042, "request limit reached");
}

#[tokio::test]
async fn four_hundred_containers_in_any_day_and_no_more() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    for _ in 0..400 {
        instagram.container(&[("image_url", &url)]).await;
    }
    instagram.make(&[("image_url", &url)]).await.fails(9, None, "limit of containers");
    world.pass(86_400);
    instagram.make(&[("image_url", &url)]).await.ok();
}

#[tokio::test]
async fn calls_are_counted_and_the_headers_say_so() {
    let world = World::start().await;
    let (bakery, photo) = (Instagram::login(&world, BAKERY).await, Instagram::login(&world, "okonkwophoto").await);
    bakery.set(json!({"calls_per_day": 4})).await;
    let used =
        |reply: &Reply| serde_json::from_str::<Value>(reply.header("x-app-usage")).unwrap()["call_count"].clone();
    assert_eq!(used(&bakery.get("/me").await.ok()), 25);
    assert_eq!(used(&bakery.get("/7").await), 50, "refused calls count too");
    bakery.get("/me").await.ok();
    bakery.get("/me").await.ok();
    let over = bakery.get("/me").await;
    over.fails(80_002, None, "too many calls to this Instagram account");
    assert_eq!((used(&over), &over.body["error"]["is_transient"]), (json!(100), &json!(true)));
    let wait: Value = serde_json::from_str(over.header("x-business-use-case-usage")).unwrap();
    assert_eq!(wait["17841405000000001"][0]["estimated_time_to_regain_access"], 1_440);
    assert_eq!(wait["17841405000000001"][0]["type"], "instagram");
    for code in [4, 17, 32, 613] {
        bakery.set(json!({"throttle_code": code})).await;
        bakery.get("/me").await.fails(code, None, "");
    }
    photo.get("/me").await.ok();
    world.pass(86_400);
    bakery.get("/me").await.ok();
    bakery.set(json!({"calls_per_day": null})).await;
    assert!(bakery.get("/me").await.ok().headers.get("x-app-usage").is_none());
}
