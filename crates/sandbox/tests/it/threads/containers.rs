//! What becomes of a container: processing, the race, expiry, one post and no more.

use serde_json::{Value, json};

use super::client::*;
use crate::support::*;

const TEXT: [(&str, &str); 2] = [("media_type", "TEXT"), ("text", "Bread")];
const DAY: i64 = 86_400;

#[tokio::test]
async fn a_text_is_processed_then_not_found_for_a_while_then_published() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let id = threads.container(&TEXT).await;
    assert_eq!(threads.status(&id).await, ("IN_PROGRESS".into(), Value::Null));
    threads.publish(&id).await.fails(24, 4_279_009, "does not exist");
    world.pass(2);
    assert_eq!(threads.status(&id).await.0, "FINISHED");
    let early = threads.publish(&id).await;
    early.fails(24, 4_279_009, "does not exist");
    assert_eq!(early.body["error"]["error_user_title"], "Media Not Found");
    world.pass(5);
    let post = threads.publish(&id).await.ok().text("id");
    assert_ne!(post, id);
    assert_eq!(threads.status(&id).await, ("PUBLISHED".into(), Value::Null));
    assert_eq!(visible(&world).await, 1);
    let entry = world.json("/_visible").await["visible"][0].clone();
    let told = ["platform", "account", "action", "id", "text", "key"].map(|name| entry[name].clone());
    let want = [json!("threads"), json!("ada"), json!("create"), json!(post), json!("Bread"), json!(id)];
    assert_eq!(told, want);
}

#[tokio::test]
async fn the_container_is_asked_with_or_without_a_slash_and_shows_what_is_asked_for() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let id = threads.container(&TEXT).await;
    assert_eq!(threads.get(&format!("/{id}")).await.ok().body, json!({"id": id}));
    let all = threads.get(&format!("/{id}/?fields=id,status,error_message")).await.ok();
    assert_eq!(all.body, json!({"id": id, "status": "IN_PROGRESS"}));
    threads.get(&format!("/{id}?fields=text")).await.fails(100, None, "Tried accessing nonexisting field (text)");
    threads.get(&format!("/{id}?fields=status{{")).await.fails(2500, None, "Syntax error");
}

#[tokio::test]
async fn what_is_not_published_within_a_day_expires() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let (late, done) = (threads.container(&TEXT).await, threads.container(&TEXT).await);
    world.pass(DAY - 1);
    threads.publish(&done).await.ok();
    assert_eq!(threads.status(&late).await.0, "FINISHED");
    world.pass(1);
    assert_eq!(threads.status(&late).await, ("EXPIRED".into(), Value::Null));
    threads.publish(&late).await.fails(24, 4_279_009, "does not exist");
    assert_eq!(threads.status(&done).await.0, "PUBLISHED");
    assert_eq!(visible(&world).await, 1);
}

#[tokio::test]
async fn a_failed_container_says_why_and_is_never_published() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    for (word, want) in
        [(Value::Null, "UNKNOWN"), (json!("INVALID_AUDIO_CHANNEL_LAYOUT"), "INVALID_AUDIO_CHANNEL_LAYOUT")]
    {
        threads.set(json!({"fail_with": word})).await;
        world.fault(json!({"match": "POST /v1.0/me/threads", "kind": "fail_processing"})).await;
        let id = threads.container(&TEXT).await;
        assert_eq!(threads.status(&id).await, ("IN_PROGRESS".into(), Value::Null));
        world.pass(7);
        assert_eq!(threads.status(&id).await, ("ERROR".into(), json!(want)));
        threads.publish(&id).await.fails(24, 4_279_009, "does not exist");
    }
    assert_eq!(visible(&world).await, 0);
}

#[tokio::test]
async fn a_container_makes_one_post_whatever_is_said_of_the_second() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let id = threads.container(&TEXT).await;
    let post = threads.publish(&id).await.ok().text("id");
    threads.publish(&id).await.fails(24, 4_279_009, "does not exist");
    threads.set(json!({"republish": "refused"})).await;
    threads.publish(&id).await.fails(100, None, "has been published");
    threads.set(json!({"republish": "same_id"})).await;
    assert_eq!(threads.publish(&id).await.ok().text("id"), post);
    threads.delete(&post).await.ok();
    assert_eq!(threads.publish(&id).await.ok().text("id"), post, "a deleted post does not come back");
    threads.get(&format!("/{post}")).await.fails(100, 33, "does not exist");
    let ledger = world.json("/_visible").await;
    let actions: Vec<_> = ledger["visible"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, [&json!("create"), &json!("delete")]);
}

#[tokio::test]
async fn publishing_names_an_own_container() {
    let world = World::start().await;
    let (ada, tomas) = (Threads::quick(&world, "ada").await, Threads::quick(&world, "tomas").await);
    let id = ada.container(&TEXT).await;
    tomas.publish(&id).await.fails(100, 33, "does not exist");
    tomas.get(&format!("/{id}?fields=status")).await.fails(100, 33, "does not exist");
    let other = tomas.get("/me").await.ok().text("id");
    ada.post(&format!("/{other}/threads_publish"), &[("creation_id", &id)]).await.fails(100, 33, &other);
    ada.post(&format!("/{other}/threads"), &TEXT).await.fails(100, 33, &other);
    ada.get(&format!("/{other}")).await.fails(100, 33, &other);
    for wrong in ["7", "rubbish"] {
        ada.publish(wrong).await.fails(24, 4_279_009, "does not exist");
    }
    ada.post("/me/threads_publish", &[]).await.fails(100, None, "creation_id is required");
    ada.post("/me/threads_publish", &[("creation_id", &id), ("text", "b")]).await.fails(100, None, "text is not");
    assert_eq!(visible(&world).await, 0);
    let own = ada.get("/me").await.ok().text("id");
    ada.post(&format!("/{own}/threads_publish"), &[("creation_id", &id)]).await.ok();
}

#[tokio::test]
async fn a_text_can_be_published_at_once_and_leaves_a_post_to_ask_about() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let id = threads.make(&[&TEXT[..], &[("auto_publish_text", "true")]].concat()).await.ok().text("id");
    assert_eq!(threads.get(&format!("/{id}?fields=text")).await.ok().body["text"], "Bread");
    threads.get(&format!("/{id}?fields=status")).await.fails(100, None, "nonexisting field (status)");
    let waits = threads.make(&[&TEXT[..], &[("auto_publish_text", "false")]].concat()).await.ok().text("id");
    assert_eq!(threads.status(&waits).await.0, "IN_PROGRESS");
    assert_eq!(visible(&world).await, 1);
}

#[tokio::test]
async fn parameters_may_come_in_the_query_in_a_form_with_parts_or_as_json() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let query = threads.request("POST", "/me/threads?media_type=TEXT&text=one%20%26%20two");
    let parts = crate::fediverse::client::multipart(&[("media_type", "TEXT"), ("text", "three")], &[]);
    let parts =
        threads.request("POST", "/me/threads").header("content-type", "multipart/form-data; boundary=XX").body(parts);
    let json = threads.request("POST", "/me/threads").json(&json!({"media_type": "TEXT", "text": "four",
        "is_carousel_item": false, "poll_attachment": {"option_a": "a", "option_b": "b"}}));
    for request in [query, parts, json] {
        let id = world.send(request).await.ok().text("id");
        threads.publish(&id).await.ok();
    }
    let listed = threads.get("/me/threads?fields=text").await.ok();
    assert_eq!(column(&listed, "text"), [json!("four"), json!("three"), json!("one & two")]);
    let twice = threads.request("POST", "/me/threads?media_type=TEXT&text=a").json(&json!({"text": "a"}));
    world.send(twice).await.fails(100, None, "text is given twice");
    let plain = threads.request("POST", "/me/threads").header("content-type", "text/plain").body("text=a");
    world.send(plain).await.fails(100, None, "content type");
}

#[tokio::test]
async fn only_one_version_is_answered_and_paths_without_one_only_when_a_test_says_so() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let me = async |prefix: &str| threads.open(&format!("{prefix}/me?access_token={}", threads.token)).await;
    me("/v1.0").await.ok();
    for prefix in ["", "/v2.0", "/v26.0", "/v1"] {
        me(prefix).await.fails(2500, None, "Unknown path components");
    }
    threads.set(json!({"unversioned_paths": true})).await;
    me("").await.ok();
    // Tokens are given out with and without a version.
    let code = threads.code("ada", "threads_basic").await;
    let pairs = [
        ("client_id", APP),
        ("client_secret", SECRET),
        ("grant_type", "authorization_code"),
        ("redirect_uri", CALLBACK),
        ("code", code.as_str()),
    ];
    threads.form("/v1.0/oauth/access_token", &pairs).await.ok();
    world.send(threads.request("PUT", "/me")).await.fails(2500, None, "Unknown path");
    threads.get("/me/followers").await.fails(2500, None, "Unknown path");
}
