//! Rate limits.

use postrider_sandbox::Limits;
use serde_json::json;

use crate::support::*;

#[tokio::test]
async fn writes_cost_points_and_the_answer_says_what_is_left() {
    let world = World::start().await;
    let ada = world.ada().await;
    let put = world.put(&ada, KEYS[0], post("one")).await.ok();
    assert_eq!(put.header("ratelimit-limit"), "5000");
    assert_eq!(put.header("ratelimit-remaining"), "4998");
    assert_eq!(put.header("ratelimit-policy"), "5000;w=3600");
    assert_eq!(put.header("ratelimit-reset"), (world.now() + 3_600).to_string());
    let body = json!({"repo": ada.did, "collection": POST, "record": post("two")});
    let create = world.call(CREATE, &ada, body).await.ok();
    assert_eq!(create.header("ratelimit-remaining"), "4995");
    let body = json!({"repo": ada.did, "collection": POST, "rkey": KEYS[0]});
    let delete = world.call(DELETE, &ada, body).await.ok();
    assert_eq!(delete.header("ratelimit-remaining"), "4994");
    assert!(world.get(&ada, KEYS[0]).await.headers.get("ratelimit-limit").is_none());
}

#[tokio::test]
async fn over_the_points_is_429_until_the_window_closes() {
    let limits = Limits { points_per_hour: Some(5), points_per_day: Some(7), ..Limits::default() };
    let world = World::with(limits).await;
    let (ada, bo) = (world.ada().await, world.login("bo.sandbox.test").await);
    world.put(&ada, KEYS[0], post("one")).await.ok();
    world.put(&ada, KEYS[1], post("two")).await.ok();
    let over = world.put(&ada, KEYS[2], post("three")).await;
    over.refused(429, "RateLimitExceeded", "Rate Limit Exceeded");
    assert_eq!(over.header("ratelimit-remaining"), "0");
    world.get(&ada, KEYS[2]).await.refused(400, "RecordNotFound", "");
    world.put(&bo, KEYS[0], post("mine")).await.ok();
    world.pass(3_600);
    // A new hour, but the refused put was charged to the day as well: 6 of 7 are spent.
    let over = world.put(&ada, KEYS[2], post("three")).await;
    over.refused(429, "RateLimitExceeded", "");
    assert_eq!(over.header("ratelimit-policy"), "7;w=86400");
    world.pass(86_400);
    let ada = world.ada().await;
    world.put(&ada, KEYS[2], post("three")).await.ok();
}

#[tokio::test]
async fn log_ins_are_limited_per_account_right_or_wrong() {
    let world = World::start().await;
    let log_in = |password: &str| {
        let body = json!({"identifier": "ada.sandbox.test", "password": password});
        world.send(world.procedure(LOGIN, &body))
    };
    for _ in 0..29 {
        log_in("wrong").await.refused(401, "AuthenticationRequired", "");
    }
    log_in(PASSWORD).await.ok();
    let over = log_in(PASSWORD).await;
    over.refused(429, "RateLimitExceeded", "Rate Limit Exceeded");
    assert_eq!(over.header("ratelimit-policy"), "30;w=300");
    world.login("bo.sandbox.test").await;
    world.pass(300);
    log_in(PASSWORD).await.ok();
}

#[tokio::test]
async fn limits_can_be_lifted_and_the_address_limit_set() {
    let world = World::with(Limits::lifted()).await;
    for _ in 0..31 {
        world.ada().await;
    }
    let limits = Limits { requests_per_5_minutes: Some(2), ..Limits::lifted() };
    let world = World::with(limits).await;
    let method = "com.atproto.server.describeServer";
    world.ask(method, &[]).await.ok();
    assert_eq!(world.ask(method, &[]).await.ok().header("ratelimit-remaining"), "0");
    world.ask(method, &[]).await.refused(429, "RateLimitExceeded", "");
    world.pass(300);
    world.ask(method, &[]).await.ok();
}
