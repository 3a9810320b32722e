//! Publishing, reading, editing, deleting.

use serde_json::json;

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn a_status_is_published_read_and_deleted() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let made =
        fedi.post(json!({"status": "  Hello @tomas, see https://example.org #Bread ", "language": "en"})).await.ok();
    let id = made.text("id");
    assert_eq!(made.body["url"], format!("{}/@ada/{id}", fedi.origin));
    assert_eq!(made.body["application"], json!({"name": "Tests", "website": "https://client.example"}));
    assert_eq!((&made.body["visibility"], &made.body["language"]), (&json!("public"), &json!("en")));
    let content = made.text("content");
    assert!(content.starts_with("<p>Hello <span class=\"h-card\""), "spaces around are trimmed: {content}");
    assert_eq!(made.body["mentions"][0]["username"], "tomas");
    assert_eq!(made.body["tags"][0]["name"], "bread");
    assert_eq!(fedi.get(&format!("/api/v1/statuses/{id}")).await.ok().body["content"], content);
    let source = fedi.get(&format!("/api/v1/statuses/{id}/source")).await.ok();
    assert_eq!(source.body["text"], "Hello @tomas, see https://example.org #Bread");
    let gone = fedi.send("DELETE", &format!("/api/v1/statuses/{id}"), &json!({})).await;
    gone.says(200, "Hello @tomas");
    fedi.get(&format!("/api/v1/statuses/{id}")).await.says(404, "Record not found");
    fedi.send("DELETE", &format!("/api/v1/statuses/{id}"), &json!({})).await.says(404, "Record not found");
}

#[tokio::test]
async fn a_key_brings_back_the_same_status_for_an_hour() {
    let world = World::start().await;
    let (fedi, other) = (Fedi::login(&world, "mastodon", "ada").await, Fedi::login(&world, "mastodon", "tomas").await);
    let first = fedi.keyed("k-1", "once").await.ok().text("id");
    assert_eq!(fedi.keyed("k-1", "once").await.ok().text("id"), first);
    assert_eq!(fedi.keyed("k-1", "another text").await.ok().text("id"), first);
    assert_ne!(other.keyed("k-1", "once").await.ok().text("id"), first, "keys belong to an account");
    world.pass(3_599);
    assert_eq!(fedi.keyed("k-1", "once").await.ok().text("id"), first);
    world.pass(1);
    assert_ne!(fedi.keyed("k-1", "once").await.ok().text("id"), first);
}
