//! What the programs do differently.

use serde_json::{Value, json};

use super::client::*;
use crate::support::*;

/// The body of a status that every program takes.
async fn body(fedi: &Fedi<'_>) -> Value {
    let media = fedi.picture().await;
    json!({"status": "Fresh bread", "media_ids": [media]})
}

#[tokio::test]
async fn the_same_picture_can_be_posted_everywhere() {
    let world = World::start().await;
    for name in ALL {
        let fedi = Fedi::login(&world, name, "bakery").await;
        let made = fedi.post(body(&fedi).await).await.ok();
        assert_eq!(made.body["media_attachments"][0]["description"], "A loaf", "{name}");
        assert_eq!(ids(&fedi.listing("").await), [made.text("id")], "{name}");
        let entry = world.json("/_visible").await["visible"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&entry["instance"], &entry["account"]), (&json!(name), &json!("bakery")));
        assert_eq!(entry["media"][0]["description"], "A loaf");
    }
}

#[tokio::test]
async fn ids_look_different_and_another_programs_id_is_nothing() {
    let world = World::start().await;
    let mut seen = Vec::new();
    for name in ALL {
        let fedi = Fedi::login(&world, name, "ada").await;
        seen.push(fedi.post(body(&fedi).await).await.ok().text("id"));
    }
    let digits = |id: &String| id.bytes().all(|byte| byte.is_ascii_digit());
    assert!(digits(&seen[0]) && seen[0].len() == 18 && digits(&seen[3]) && seen[3].len() < 3);
    assert!(seen[2].len() == 26 && !digits(&seen[2]) && seen[5].len() == 18 && !digits(&seen[5]));
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    for foreign in [&seen[2], &seen[5]] {
        fedi.get(&format!("/api/v1/statuses/{foreign}")).await.says(404, "Record not found");
    }
}

#[tokio::test]
async fn only_two_programs_honour_keys() {
    let world = World::start().await;
    for (name, honours) in ALL.into_iter().zip([true, false, false, false, false, true]) {
        let fedi = Fedi::login(&world, name, "ada").await;
        let send = async || {
            let request = fedi.request("POST", "/api/v1/statuses").header("idempotency-key", "k");
            world.send(request.json(&body(&fedi).await)).await.ok().text("id")
        };
        let (first, second) = (send().await, send().await);
        assert_eq!(first == second, honours, "{name}");
    }
    let fedi = Fedi::login(&world, "takahe", "ada").await;
    fedi.set(json!({"idempotency_s": 60})).await;
    let first = fedi.keyed("k", "a").await.ok().text("id");
    assert_eq!(fedi.keyed("k", "a").await.ok().text("id"), first, "a program can learn it");
}

#[tokio::test]
async fn pleroma_keeps_whole_answers_for_six_hours() {
    let world = World::start().await;
    let (ada, later) = (Fedi::login(&world, "pleroma", "ada").await, Fedi::login(&world, "pleroma", "ada").await);
    let refused = ada.keyed("k-1", "").await;
    refused.says(422, "Cannot post an empty status without attachments");
    ada.keyed("k-1", "a text this time").await.says(422, "Cannot post an empty status");
    let first = ada.keyed("k-2", "mine").await.ok().text("id");
    let again = ada.keyed("k-2", "mine").await.ok();
    assert_eq!((again.text("id"), again.header("idempotent-replayed")), (first.clone(), "true"));
    assert_ne!(later.keyed("k-2", "mine").await.ok().text("id"), first, "a new token begins anew");
    world.pass(6 * 3_600);
    assert_ne!(ada.keyed("k-2", "mine").await.ok().text("id"), first);
}

#[tokio::test]
async fn pixelfed_takes_no_text_alone_no_polls_and_nothing_direct() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "pixelfed", "ada").await;
    let refused = fedi.post(json!({"status": "only words"})).await;
    refused.says(422, "The media ids field is required.");
    assert!(refused.body["errors"]["media_ids"].is_array());
    let made = fedi.post(body(&fedi).await).await.ok();
    fedi.post(json!({"status": "a comment", "in_reply_to_id": made.body["id"]})).await.ok();
    let mut direct = body(&fedi).await;
    direct["visibility"] = "direct".into();
    fedi.post(direct).await.says(422, "visibility");
    let poll = json!({"status": "a", "poll": {"options": ["a", "b"], "expires_in": 300}});
    fedi.post(poll).await.says(422, "Polls are not supported");
    let mut placed = body(&fedi).await;
    placed["place_id"] = "7".into();
    fedi.post(placed).await.ok();
}

#[tokio::test]
async fn gotosocial_counts_code_points_and_says_400() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "gotosocial", "ada").await;
    fedi.set(json!({"max_characters": 30})).await;
    fedi.post(json!({"status": "a".repeat(30)})).await.ok();
    let over = fedi.post(json!({"status": "see https://example.org/a/long/way"})).await;
    over.says(
        400,
        "Bad Request: status too long, 34 characters provided (including spoiler/content warning) but limit is 30",
    );
    fedi.post(json!({})).await.says(400, "no status, media, or poll provided");
    fedi.post(json!({"status": "a", "content_type": "text/markdown"})).await.ok();
    let stranger = Fedi::at(&world, "gotosocial").await;
    stranger.post(json!({"status": "a"})).await.says(401, "Unauthorized");
}

#[tokio::test]
async fn friendica_answers_a_deletion_with_nothing_and_knows_no_direct_messages() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "friendica", "ada").await;
    let id = fedi.post(json!({"status": "a".repeat(5_000)})).await.ok().text("id");
    let gone = fedi.send("DELETE", &format!("/api/v1/statuses/{id}"), &Value::Null).await.ok();
    assert_eq!(gone.body, json!([]));
    fedi.post(json!({"status": "a", "visibility": "direct"})).await.says(422, "Visibility");
    fedi.upload("video/mp4", mp4(100), &[]).await.says(422, "File content type is invalid");
}

#[tokio::test]
async fn one_text_is_written_in_several_ways() {
    let world = World::start().await;
    let mut seen = std::collections::BTreeSet::new();
    for name in ALL {
        let fedi = Fedi::login(&world, name, "ada").await;
        let media = fedi.picture().await;
        let text = "one\ntwo\n\nhttps://example.org/a/long/way/to/somewhere";
        let made = fedi.post(json!({"status": text, "media_ids": [media]})).await.ok();
        let content = made.text("content");
        assert!(content.contains("href=\"https://example.org/a/long/way/to/somewhere\""), "{name}: {content}");
        seen.insert(content);
    }
    assert_eq!(seen.len(), 5, "only two of them agree: {seen:#?}");
}

#[tokio::test]
async fn quotes_are_ignored_where_there_are_none() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "takahe", "ada").await;
    let first = fedi.post(json!({"status": "a"})).await.ok().text("id");
    let second = fedi.post(json!({"status": "b", "quoted_status_id": first})).await.ok();
    assert!(second.body.get("quote").is_none());
}

#[tokio::test]
async fn limits_are_told_in_six_ways() {
    let world = World::start().await;
    for name in ALL {
        let fedi = Fedi::login(&world, name, "ada").await;
        let reply = fedi.get("/api/v1/accounts/verify_credentials").await.ok();
        let tells = ["mastodon", "gotosocial", "pixelfed"].contains(&name);
        assert_eq!(reply.headers.contains_key("x-ratelimit-remaining"), tells, "{name}");
        let kind = json!({"rate_limit": {"retry_after_s": 90}});
        world.fault(json!({"match": "/api/v1/accounts/", "instance": name, "kind": kind})).await;
        let over = fedi.get("/api/v1/accounts/verify_credentials").await;
        assert_eq!(over.status, 429, "{name}");
        match name {
            "mastodon" | "gotosocial" => assert_eq!(over.header("x-ratelimit-reset"), "2026-11-23T08:01:30.000000Z"),
            "pixelfed" => {
                assert_eq!(over.header("retry-after"), "90");
                assert_eq!(over.header("x-ratelimit-reset"), (world.now() + 90).to_string());
            }
            _ => assert!(over.headers.get("x-ratelimit-reset").is_none()),
        }
    }
}
