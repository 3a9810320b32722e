//! Editing, and what is remembered of it.

use serde_json::{Value, json};

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn an_edit_replaces_the_content_and_keeps_the_history() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let made = fedi.post(json!({"status": "one", "language": "en", "visibility": "unlisted"})).await.ok();
    let path = format!("/api/v1/statuses/{}", made.text("id"));
    assert_eq!(made.body["edited_at"], Value::Null);
    world.pass(60);
    let edited = fedi.send("PUT", &path, &json!({"status": "two", "spoiler_text": "w"})).await.ok();
    assert_eq!(edited.body["id"], made.body["id"]);
    assert_eq!(
        (&edited.body["content"], &edited.body["edited_at"]),
        (&json!("<p>two</p>"), &json!("2026-11-23T08:01:00.000Z"))
    );
    assert_eq!((&edited.body["language"], &edited.body["visibility"]), (&json!("en"), &json!("unlisted")));
    let history = fedi.get(&format!("{path}/history")).await.ok();
    let texts: Vec<_> = history.body.as_array().unwrap().iter().map(|v| (&v["content"], &v["created_at"])).collect();
    assert_eq!(
        texts,
        [
            (&json!("<p>one</p>"), &json!("2026-11-23T08:00:00.000Z")),
            (&json!("<p>two</p>"), &json!("2026-11-23T08:01:00.000Z")),
        ]
    );
    world.pass(60);
    let same = fedi.send("PUT", &path, &json!({"status": "two", "spoiler_text": "w"})).await.ok();
    assert_eq!(same.body["edited_at"], edited.body["edited_at"], "an edit that changes nothing is none");
    let ledger = world.json("/_visible").await;
    let actions: Vec<_> = ledger["visible"].as_array().unwrap().iter().map(|e| (&e["action"], &e["text"])).collect();
    assert_eq!(actions, [(&json!("create"), &json!("one")), (&json!("update"), &json!("two"))]);
}

#[tokio::test]
async fn an_edit_is_checked_like_a_new_status() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let id = fedi.post(json!({"status": "one"})).await.ok().text("id");
    let path = format!("/api/v1/statuses/{id}");
    for (body, status, words) in [
        (json!({"status": ""}), 422, "Text can't be blank"),
        (json!({"status": "a".repeat(501)}), 422, "limit of 500"),
        (json!({"status": "a", "visibility": "public"}), 422, "visibility is not a documented"),
        (json!({"status": "a", "media_ids": ["7"]}), 422, "Media 7 not found"),
        (json!({"status": "a", "media_attributes": [{"id": "7", "description": "x"}]}), 404, "Record not found"),
        (json!({"status": "a", "media_attributes": [{"alt": "x"}]}), 422, "alt is not a documented"),
    ] {
        fedi.send("PUT", &path, &body).await.says(status, words);
    }
    fedi.send("PUT", "/api/v1/statuses/7", &json!({"status": "a"})).await.says(404, "Record not found");
    assert_eq!(fedi.get(&path).await.ok().body["content"], "<p>one</p>");
}

#[tokio::test]
async fn media_stays_changes_its_description_and_goes() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let (first, second) = (fedi.picture().await, fedi.picture().await);
    let id = fedi.post(json!({"status": "a", "media_ids": [first]})).await.ok().text("id");
    let path = format!("/api/v1/statuses/{id}");
    let attributes = json!([{"id": first, "description": "A better loaf"}]);
    let body = json!({"status": "a", "media_ids": [first, second], "media_attributes": attributes});
    let edited = fedi.send("PUT", &path, &body).await.ok();
    assert_eq!(edited.body["media_attachments"][0]["description"], "A better loaf");
    assert_eq!(edited.body["media_attachments"][1]["id"], second);
    fedi.post(json!({"status": "b", "media_ids": [second]})).await.says(422, "already attached to another post");
    let gone = fedi.send("PUT", &path, &json!({"status": "a"})).await.ok();
    assert_eq!(gone.body["media_attachments"], json!([]));
}

#[tokio::test]
async fn deleting_frees_the_media_for_writing_it_anew() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let media = fedi.picture().await;
    let id = fedi.post(json!({"status": "a", "media_ids": [media]})).await.ok().text("id");
    fedi.get(&format!("/api/v1/media/{media}")).await.says(404, "Record not found");
    let gone = fedi.send("DELETE", &format!("/api/v1/statuses/{id}"), &Value::Null).await.ok();
    assert_eq!((&gone.body["text"], &gone.body["media_attachments"][0]["id"]), (&json!("a"), &json!(media)));
    let id = fedi.post(json!({"status": "b", "media_ids": [media]})).await.ok().text("id");
    fedi.send("DELETE", &format!("/api/v1/statuses/{id}?delete_media=true"), &Value::Null).await.ok();
    fedi.get(&format!("/api/v1/media/{media}")).await.says(404, "Record not found");
    fedi.post(json!({"status": "c", "media_ids": [media]})).await.says(422, "not found");
}
