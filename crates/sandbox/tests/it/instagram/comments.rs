//! Comments: the first one, and the one that was refused and made.

use serde_json::json;

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn a_first_comment_stands_under_its_post() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let post = instagram.say(&shelf, "Bread").await;
    let path = format!("/{post}/comments");
    let first = instagram.post(&path, &[("message", "Open at <7>")]).await.ok();
    assert_eq!(first.body.as_object().unwrap().len(), 1);
    let first = first.text("id");
    world.pass(60);
    let second = instagram.post(&path, &[("message", "And on Sunday"), ("fields", "id,text")]).await.ok();
    assert_eq!(second.text("text"), "And on Sunday");
    let listed = instagram.get(&format!("{path}?fields=id,text,timestamp,username")).await.ok();
    assert_eq!(column(&listed, "text"), [json!("And on Sunday"), json!("Open at <7>")]);
    assert_eq!(column(&listed, "username"), [json!(BAKERY), json!(BAKERY)]);
    assert_eq!(listed.body["data"][1]["timestamp"], "2026-11-23T08:00:00+0000");
    assert_eq!(instagram.get(&format!("{path}?limit=1")).await.ok().body["data"].as_array().unwrap().len(), 1);
    let node = instagram.get(&format!("/{first}?fields=text,media,from,hidden,like_count")).await.ok();
    let me = instagram.get("/me?fields=user_id").await.ok().text("user_id");
    let want = json!({"id": first, "text": "Open at <7>", "media": {"id": post}, "hidden": false, "like_count": 0,
        "from": {"id": me, "username": BAKERY}});
    assert_eq!(node.body, want);
    let count = instagram.get(&format!("/{post}?fields=comments_count,comments{{text}}")).await.ok();
    assert_eq!((&count.body["comments_count"], &count.body["comments"]["data"][1]["id"]), (&json!(2), &json!(first)));
    let entry = world.json("/_visible").await["visible"][1].clone();
    assert_eq!((&entry["reply_to"], &entry["id"], &entry["key"]), (&json!(post), &json!(first), &json!(null)));
    let link = instagram.get(&format!("/{post}?fields=permalink")).await.ok().text("permalink");
    assert!(world.page_at(&link).await.1.contains("Open at &lt;7&gt;"));
    instagram.get(&format!("/{first}?fields=replies_count")).await.fails(100, None, "nonexisting field");
}

#[tokio::test]
async fn a_comment_with_a_field_that_is_not_there_is_refused_and_made() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let post = instagram.say(&shelf, "Bread").await;
    let path = format!("/{post}/comments");
    for _ in 0..3 {
        let reply = instagram.post(&path, &[("message", "again"), ("fields", "id,permalink")]).await;
        reply.fails(100, None, "nonexisting field (permalink)");
    }
    assert_eq!(visible(&world).await, 4);
    // The same by a rule, for a client that sends no fields.
    let kind = json!({"status": {"code": 400, "after_accept": true}});
    world.fault(json!({"match": format!("POST /v26.0{path}"), "instance": "instagram", "kind": kind})).await;
    instagram.post(&path, &[("message", "once more")]).await.fails(1, None, "unknown error");
    assert_eq!(visible(&world).await, 5);
}

#[tokio::test]
async fn comments_have_a_text_an_own_post_and_its_leave() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let photo = Instagram::login(&world, "okonkwophoto").await;
    let shelf = Shelf::open().await;
    let post = instagram.say(&shelf, "Bread").await;
    let path = format!("/{post}/comments");
    instagram.post(&path, &[]).await.fails(100, None, "message is required");
    instagram.post(&path, &[("message", "a"), ("text", "b")]).await.fails(100, None, "text is not a documented");
    photo.post(&path, &[("message", "a")]).await.fails(100, 33, &post);
    photo.get(&path).await.fails(100, 33, &post);
    instagram.post("/7/comments", &[("message", "a")]).await.fails(100, 33, "'7'");
    let switch = async |value: &str| instagram.post(&format!("/{post}"), &[("comment_enabled", value)]).await;
    assert_eq!(switch("false").await.ok().body, json!({"success": true}));
    instagram.post(&path, &[("message", "a")]).await.fails(10, None, "comments are disabled");
    let shown = instagram.get(&format!("/{post}?fields=is_comment_enabled")).await.ok();
    assert_eq!(shown.body["is_comment_enabled"], false);
    switch("true").await.ok();
    let id = instagram.post(&path, &[("message", "a")]).await.ok().text("id");
    switch("maybe").await.fails(100, None, "comment_enabled must be true or false");
    instagram.post(&format!("/{post}"), &[]).await.fails(100, None, "comment_enabled is required");
    // Answers to comments, hiding and deleting are of Facebook Login only.
    instagram.post(&format!("/{id}/replies"), &[("message", "a")]).await.fails(100, 33, &id);
    instagram.post(&format!("/{id}"), &[("hide", "true")]).await.fails(100, 33, &id);
    world.send(instagram.request("DELETE", &format!("/{id}"))).await.fails(100, 33, &id);
    photo.get(&format!("/{id}")).await.fails(100, 33, &id);
}
