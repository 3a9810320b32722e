//! One post: its fields, changing it, deleting it, and tokens that cannot see it.

use serde_json::json;

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn a_post_shows_the_fields_that_are_asked_for() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let id = page.say("Bread").await;
    let plain = page.get(&format!("/{id}")).await.ok();
    assert_eq!(plain.body, json!({"id": id, "message": "Bread", "created_time": "2026-11-23T08:00:00+0000"}));
    let fields = "from,status_type,is_published,permalink_url,shares,targeting,promotable_id";
    let shown = page.get(&format!("/{id}?fields={fields}")).await.ok();
    assert_eq!(shown.body["from"], json!({"id": BAKERY, "name": "Harbour Bakery"}));
    assert_eq!(shown.body["status_type"], "mobile_status_update");
    assert!(shown.body.get("shares").is_none(), "what has no value is left out");
    for field in ["colour", "id,colours", "from{colour}"] {
        page.get(&format!("/{id}?fields={field}")).await.fails(100, None, "Tried accessing nonexisting field (colo");
    }
    page.get(&format!("/{id}?fields=id,")).await.fails(2_500, None, "Syntax error");
    page.get("/7").await.fails(100, 33, "'7'");
    page.get("/rubbish").await.fails(100, 33, "'rubbish'");
    let market = Facebook::page(&world, "ada", MARKET).await;
    market.get(&format!("/{id}")).await.fails(100, 33, &id);
}

#[tokio::test]
async fn a_post_is_changed_and_deleted_for_good() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let id = page.say("Bread").await;
    page.post(&format!("/{id}"), &[("message", "Brown bread")]).await.ok();
    assert_eq!(page.get(&format!("/{id}?fields=message")).await.ok().body["message"], "Brown bread");
    let entry = last(&world).await;
    assert_eq!((&entry["action"], &entry["text"]), (&json!("update"), &json!("Brown bread")));
    page.post(&format!("/{id}"), &[("description", "a")]).await.fails(100, None, "description is not a documented");
    page.post(&format!("/{id}"), &[("colour", "a")]).await.fails(100, None, "colour is not a documented");
    let market = Facebook::page(&world, "ada", MARKET).await;
    market.post(&format!("/{id}"), &[("message", "a")]).await.fails(200, None, "this Page");
    market.delete(&format!("/{id}")).await.fails(200, None, "this Page");
    assert_eq!(page.delete(&format!("/{id}")).await.ok().body, json!({"success": true}));
    page.delete(&format!("/{id}")).await.fails(100, 33, &id);
    page.get(&format!("/{id}")).await.fails(100, 33, &id);
    let entry = last(&world).await;
    assert_eq!((&entry["action"], &entry["text"]), (&json!("delete"), &json!("")));
    assert_eq!(page.get("/me/feed").await.ok().body["data"], json!([]));
}

#[tokio::test]
async fn a_scheduled_post_is_moved_published_early_or_deleted_unseen() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let scheduled = async |text: &str| {
        let at = (world.now() + 700).to_string();
        let pairs = [("message", text), ("published", "false"), ("scheduled_publish_time", at.as_str())];
        page.post("/me/feed", &pairs).await.ok().text("id")
    };
    let moved = scheduled("moved").await;
    let at = (START + 2_000).to_string();
    page.post(&format!("/{moved}"), &[("scheduled_publish_time", &at)]).await.ok();
    let early = scheduled("early").await;
    page.post(&format!("/{early}"), &[("is_published", "true")]).await.ok();
    let gone = scheduled("gone").await;
    page.delete(&format!("/{gone}")).await.ok();
    world.pass(1_999);
    assert_eq!(visible(&world).await, 1);
    world.pass(1);
    assert_eq!((visible(&world).await, &last(&world).await["text"]), (2, &json!("moved")));
    page.post(&format!("/{moved}"), &[("scheduled_publish_time", &(START + 9_000).to_string())]).await.fails(
        100,
        None,
        "published",
    );
}

#[tokio::test]
async fn a_valid_token_of_a_page_may_be_blind_to_single_objects() {
    let world = World::start().await;
    let ada = Facebook::person(&world, "ada").await;
    let page = ada.as_page(BAKERY).await;
    let id = page.say("Bread").await;
    page.set(json!({"object_reads": "gone"})).await;
    page.get(&format!("/{id}")).await.fails(100, 33, &id);
    ada.get(&format!("/{id}")).await.ok();
    page.set(json!({"object_reads": "denied"})).await;
    page.get(&format!("/{id}")).await.fails(10, None, "permission");
    assert_eq!(column(&page.get("/me/feed?fields=id").await.ok(), "id"), [json!(id)], "lists still work");
}
