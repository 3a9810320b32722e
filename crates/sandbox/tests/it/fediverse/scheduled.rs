//! Statuses that the instance publishes by itself.

use serde_json::{Value, json};

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn a_scheduled_status_goes_out_when_its_time_comes() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let media = fedi.picture().await;
    let body = json!({"status": "later", "media_ids": [media], "scheduled_at": "2026-11-23T08:10:00Z"});
    let made = fedi.post(body).await.ok();
    assert_eq!(
        (&made.body["scheduled_at"], &made.body["params"]["text"]),
        (&json!("2026-11-23T08:10:00.000Z"), &json!("later"))
    );
    assert_eq!(made.body["media_attachments"][0]["id"], media);
    fedi.get(&format!("/api/v1/media/{media}")).await.says(404, "");
    let path = format!("/api/v1/scheduled_statuses/{}", made.text("id"));
    assert_eq!(fedi.get(&path).await.ok().body["params"]["text"], "later");
    assert_eq!(ids(&fedi.get("/api/v1/scheduled_statuses").await.ok()), [made.text("id")]);
    assert_eq!(fedi.listing("").await.body, json!([]));
    world.pass(600);
    let listing = fedi.listing("").await;
    assert_eq!(
        (&listing.body[0]["content"], &listing.body[0]["created_at"]),
        (&json!("<p>later</p>"), &json!("2026-11-23T08:10:00.000Z"))
    );
    fedi.get(&path).await.says(404, "Record not found");
}

#[tokio::test]
async fn it_can_be_cancelled_and_its_key_is_kept_with_it() {
    let world = World::start().await;
    let (fedi, other) = (Fedi::login(&world, "mastodon", "ada").await, Fedi::login(&world, "mastodon", "tomas").await);
    let send = || {
        let request = fedi.request("POST", "/api/v1/statuses").header("idempotency-key", "k-9");
        world.send(request.json(&json!({"status": "later", "scheduled_at": "2026-11-23T09:00:00Z"})))
    };
    let made = send().await.ok();
    assert_eq!(made.body["params"]["idempotency"], "k-9");
    assert_eq!(send().await.ok().body["id"], made.body["id"]);
    let path = format!("/api/v1/scheduled_statuses/{}", made.text("id"));
    other.get(&path).await.says(404, "Record not found");
    other.send("DELETE", &path, &Value::Null).await.says(404, "Record not found");
    assert_eq!(fedi.send("DELETE", &path, &Value::Null).await.ok().body, json!({}));
    world.pass(7_200);
    assert_eq!(fedi.listing("").await.body, json!([]));
}

#[tokio::test]
async fn too_soon_too_many_and_nonsense_are_refused() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let at = |when: &str| fedi.post(json!({"status": "a", "scheduled_at": when}));
    at("2026-11-23T08:05:00Z").await.says(422, "The scheduled date must be in the future");
    at("tomorrow").await.says(422, "is not a valid date");
    for minute in 6..31 {
        at(&format!("2026-11-23T08:{minute:02}:00Z")).await.ok();
    }
    at("2026-11-23T09:00:00Z").await.says(422, "25 scheduled posts");
    at("2026-11-24T09:00:00Z").await.ok();
}

#[tokio::test]
async fn other_programs_refuse_or_ignore_it() {
    let world = World::start().await;
    let body = json!({"status": "now?", "scheduled_at": "2026-11-23T09:00:00Z"});
    let fedi = Fedi::login(&world, "takahe", "ada").await;
    let made = fedi.post(body.clone()).await.ok();
    assert_eq!(made.body["content"], "<p>now?</p>", "it is public at once");
    fedi.get("/api/v1/scheduled_statuses").await.says(404, "");
    let fedi = Fedi::login(&world, "gotosocial", "ada").await;
    fedi.post(body).await.says(501, "Not Implemented");
    assert_eq!(fedi.listing("").await.body, json!([]));
}
