//! How often an app may call.

use serde_json::{Value, json};

use super::client::*;
use crate::support::*;

fn used(reply: &Reply) -> Value {
    serde_json::from_str::<Value>(reply.header("x-app-usage")).unwrap()["call_count"].clone()
}

#[tokio::test]
async fn calls_of_people_are_counted_for_the_app() {
    let world = World::start().await;
    let ada = Facebook::person(&world, "ada").await;
    ada.set(json!({"user_calls_per_hour": 4})).await;
    assert_eq!(used(&ada.get("/me").await.ok()), 25);
    assert_eq!(used(&ada.get("/7").await), 50, "refused calls count too");
    ada.get("/me").await.ok();
    ada.get("/me").await.ok();
    let over = ada.get("/me").await;
    over.fails(4, None, "request limit reached");
    assert_eq!((used(&over), &over.body["error"]["is_transient"]), (json!(100), &json!(true)));
    // A second person makes the budget twice as large.
    let tomas = Facebook::person(&world, "tomas").await;
    tomas.get("/me").await.ok();
    world.pass(3_600);
    assert_eq!(used(&ada.get("/me").await.ok()), 12);
}

#[tokio::test]
async fn calls_of_a_page_are_counted_for_the_page() {
    let world = World::start().await;
    let ada = Facebook::person(&world, "ada").await;
    let (page, other) = (ada.as_page(BAKERY).await, ada.as_page(MARKET).await);
    page.set(json!({"page_calls_per_day": 2})).await;
    page.say("one").await;
    page.say("two").await;
    let over = page.post("/me/feed", &[("message", "three")]).await;
    over.fails(80_001, None, "too many calls to this Page");
    let wait: Value = serde_json::from_str(over.header("x-business-use-case-usage")).unwrap();
    assert_eq!(wait[BAKERY][0]["estimated_time_to_regain_access"], 1_440);
    other.say("mine").await;
    assert_eq!(visible(&world).await, 3);
    world.pass(86_400);
    page.say("three").await;
    page.set(json!({"page_calls_per_day": null})).await;
    assert!(page.get("/me").await.ok().headers.get("x-app-usage").is_none());
}
