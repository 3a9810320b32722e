//! The webhook receiver.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::*;

const KEY: [u8; 32] = [7; 32];
const BODY: &str = r#"{"type":"post.published","data":{"text":"Grüße"}}"#;

fn signature(key: &[u8], id: &str, timestamp: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

async fn set_up(world: &World, dedupe: bool) {
    let secret = format!("whsec_{}", STANDARD.encode(KEY));
    let body = json!({"inbox": "orders", "secret": secret, "dedupe": dedupe});
    let reply = world.control("/_webhooks", body).await.ok();
    assert_eq!(reply.body["url"], "/webhook/orders");
}

fn signed(world: &World, id: &str, timestamp: i64, signature: &str) -> reqwest::RequestBuilder {
    world
        .http
        .post(world.url("/webhook/orders"))
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp.to_string())
        .header("webhook-signature", signature)
        .body(BODY)
}

async fn inbox(world: &World) -> Value {
    world.json("/webhook/orders.json").await
}

#[tokio::test]
async fn a_right_signature_is_kept_with_headers_and_raw_body() {
    let world = World::start().await;
    set_up(&world, false).await;
    let now = world.now();
    let request = signed(&world, "msg_1", now, &signature(&KEY, "msg_1", now, BODY));
    let reply = world.send(request.bearer_auth("sesame")).await.ok();
    assert_eq!(reply.body, json!({"received": true, "duplicate": false}));
    let inbox = inbox(&world).await;
    let delivery = &inbox["deliveries"][0];
    assert_eq!((&delivery["id"], &delivery["verified"]), (&json!("msg_1"), &json!(true)));
    assert_eq!(delivery["body"], BODY);
    assert_eq!(delivery["headers"]["content-type"], "application/json");
    assert_eq!(delivery["headers"]["authorization"], "[redacted]");
    assert!(!inbox.to_string().contains(&STANDARD.encode(KEY)));
}

#[tokio::test]
async fn while_a_secret_is_rotated_one_of_several_signatures_is_enough() {
    let world = World::start().await;
    set_up(&world, false).await;
    let now = world.now();
    let both = format!("{} v1a,ignored {}", signature(&[9; 32], "m", now, BODY), signature(&KEY, "m", now, BODY));
    world.send(signed(&world, "m", now, &both)).await.ok();
}

#[tokio::test]
async fn wrong_deliveries_are_refused_and_listed() {
    let world = World::start().await;
    set_up(&world, false).await;
    let now = world.now();
    let good = signature(&KEY, "m", now, BODY);
    let old = signature(&KEY, "m", now - 301, BODY);
    let edge = signature(&KEY, "m", now - 300, BODY);
    for (request, status, reason) in [
        (signed(&world, "m", now, &signature(&[9; 32], "m", now, BODY)), 401, "does not match"),
        (signed(&world, "other", now, &good), 401, "does not match"),
        (signed(&world, "m", now, &good).body("{}"), 401, "does not match"),
        (signed(&world, "m", now, &good["v1,".len()..]), 401, "does not match"),
        (signed(&world, "m", now - 301, &old), 400, "five minutes"),
        (world.http.post(world.url("/webhook/orders")).body(BODY), 400, "webhook-id is missing"),
    ] {
        let reply = world.send(request).await;
        assert_eq!(reply.status, status, "{reply:?}");
        assert!(reply.text("error").contains(reason), "{reply:?}");
    }
    world.send(signed(&world, "m", now - 300, &edge)).await.ok();
    let inbox = inbox(&world).await;
    assert_eq!(inbox["deliveries"].as_array().unwrap().len(), 1);
    assert_eq!(inbox["refused"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn repeats_are_kept_or_dropped_as_set() {
    let world = World::start().await;
    for (dedupe, kept, dropped) in [(false, 2, 0), (true, 1, 1)] {
        world.control("/_reset", json!({})).await;
        set_up(&world, dedupe).await;
        let now = world.now();
        for _ in 0..2 {
            let signature = signature(&KEY, "same", now, BODY);
            world.send(signed(&world, "same", now, &signature)).await.ok();
        }
        let inbox = inbox(&world).await;
        assert_eq!(inbox["deliveries"].as_array().unwrap().len(), kept);
        assert_eq!(inbox["duplicates"], dropped);
    }
}

#[tokio::test]
async fn an_inbox_opens_by_itself_and_takes_any_bytes() {
    let world = World::start().await;
    assert_eq!(world.page("/webhook/fresh").await.0, 404);
    let send = |path: &str, body: Vec<u8>| world.send(world.http.post(world.url(path)).body(body));
    send("/webhook/fresh", vec![0xff, 0]).await.ok();
    let inbox = world.json("/webhook/fresh.json").await;
    let delivery = &inbox["deliveries"][0];
    assert_eq!((&delivery["body"], &delivery["bodyIsBase64"]), (&json!("/wA="), &json!(true)));
    assert_eq!((&delivery["verified"], &inbox["signed"]), (&json!(false), &json!(false)));
    assert_eq!(send("/webhook/no.dots", vec![]).await.status, 404);
    assert_eq!(send("/webhook/fresh", vec![b'a'; 1_000_001]).await.status, 413);
    for wrong in [json!({}), json!({"inbox": "a b"}), json!({"inbox": "a", "secret": "short"})] {
        assert_eq!(world.control("/_webhooks", wrong.clone()).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn faults_apply_here_too() {
    let world = World::start().await;
    let deliver = || world.http.post(world.url("/webhook/orders")).body(BODY);
    world.fault(json!({"match": "/webhook/", "account": "orders", "kind": {"drop": {"after_accept": true}}})).await;
    world.fault(json!({"match": "/webhook/orders", "kind": {"rate_limit": {"retry_after_s": 30}}})).await;
    assert!(world.try_send(deliver()).await.is_err());
    let limited = world.send(deliver()).await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, "30"));
    world.send(deliver()).await.ok();
    assert_eq!(inbox(&world).await["deliveries"].as_array().unwrap().len(), 2);
    let log = world.json("/_requests?account=orders").await;
    assert_eq!(log["requests"][0]["body"]["type"], "post.published");
}
