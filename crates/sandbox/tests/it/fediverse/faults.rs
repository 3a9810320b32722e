//! What can be made to go wrong, on an instance.

use serde_json::json;

use super::client::*;
use crate::support::*;

const POST_STATUS: &str = "POST /api/v1/statuses";

async fn seen(world: &World) -> usize {
    world.json("/_visible").await["visible"].as_array().unwrap().len()
}

#[tokio::test]
async fn an_error_before_or_after_the_status_was_taken() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    for (after, count) in [(false, 0), (true, 1)] {
        let kind = json!({"status": {"code": 503, "after_accept": after}});
        world.fault(json!({"match": POST_STATUS, "kind": kind})).await;
        fedi.keyed("k", "once").await.says(503, "temporary problem");
        assert_eq!(seen(&world).await, count);
    }
    fedi.keyed("k", "once").await.ok();
    assert_eq!(seen(&world).await, 1);
    let log = world.json("/_requests?method=/api/v1/statuses").await;
    let entries = log["requests"].as_array().unwrap();
    let told: Vec<_> = entries.iter().map(|entry| (&entry["accepted"], &entry["status"])).collect();
    assert_eq!(told, [(&json!(null), &json!(503)), (&json!(true), &json!(503)), (&json!(true), &json!(200))]);
    assert_eq!(
        (&entries[0]["account"], &entries[0]["instance"], &entries[0]["key"]),
        (&json!("ada@mastodon"), &json!("mastodon"), &json!("k"))
    );
    assert_eq!(entries[0]["body"]["status"], "once");
}

#[tokio::test]
async fn a_connection_that_closes_before_or_after() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    for (after, count) in [(false, 0), (true, 1)] {
        world
            .fault(json!({"match": POST_STATUS, "account": "ada@mastodon", "kind": {"drop": {"after_accept": after}}}))
            .await;
        let request =
            fedi.request("POST", "/api/v1/statuses").header("idempotency-key", "k").json(&json!({"status": "once"}));
        assert!(world.try_send(request).await.is_err());
        assert_eq!(seen(&world).await, count);
    }
    fedi.keyed("k", "once").await.ok();
    assert_eq!(seen(&world).await, 1);
}

#[tokio::test]
async fn an_answer_that_breaks_off_in_the_middle() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    world.fault(json!({"match": POST_STATUS, "kind": "truncate"})).await;
    let request = fedi.request("POST", "/api/v1/statuses").json(&json!({"status": "once"}));
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert!(response.content_length().unwrap() > 200);
    assert!(response.bytes().await.is_err());
    assert_eq!(seen(&world).await, 1);
}

#[tokio::test]
async fn too_many_requests_with_and_without_a_time() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    for (hints, retry_after, reset) in
        [("platform", false, true), ("retry_after", true, false), ("both", true, true), ("nothing", false, false)]
    {
        let kind = json!({"rate_limit": {"retry_after_s": 90, "hints": hints}});
        world.fault(json!({"match": POST_STATUS, "kind": kind})).await;
        let over = fedi.post(json!({"status": "a"})).await;
        over.says(429, "Too many requests");
        assert_eq!(over.headers.contains_key("retry-after"), retry_after, "{hints}");
        assert_eq!(over.headers.contains_key("x-ratelimit-reset"), reset, "{hints}");
    }
    assert_eq!(seen(&world).await, 0);
}

#[tokio::test]
async fn a_token_that_is_revoked_at_the_chosen_call() {
    let world = World::start().await;
    let (ada, tomas) = (Fedi::login(&world, "mastodon", "ada").await, Fedi::login(&world, "mastodon", "tomas").await);
    world
        .fault(json!({"match": POST_STATUS, "nth": 2, "account": "ada", "instance": "mastodon", "kind": "revoke"}))
        .await;
    ada.post(json!({"status": "one"})).await.ok();
    tomas.post(json!({"status": "one"})).await.ok();
    ada.post(json!({"status": "two"})).await.says(401, "The access token was revoked");
    ada.get("/api/v1/accounts/verify_credentials").await.says(401, "revoked");
    tomas.post(json!({"status": "two"})).await.ok();
    assert_eq!(seen(&world).await, 3);
}

#[tokio::test]
async fn a_delay_and_a_body_of_ones_own() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    world.fault(json!({"match": POST_STATUS, "kind": {"delay": {"ms": 30_000, "after_accept": true}}})).await;
    let request = fedi.request("POST", "/api/v1/statuses").json(&json!({"status": "once"}));
    let error = world.try_send(request.timeout(std::time::Duration::from_millis(300))).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(seen(&world).await, 1);
    let kind = json!({"status": {"code": 422, "body": {"error": "Validation failed: simulated"}}});
    world.fault(json!({"match": POST_STATUS, "kind": kind})).await;
    fedi.post(json!({"status": "a"})).await.says(422, "simulated");
}

#[tokio::test]
async fn secrets_are_not_in_the_log() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    fedi.picture().await;
    let log = world.json("/_requests").await.to_string();
    for secret in [fedi.token.as_str(), fedi.client_secret.as_str(), VERIFIER] {
        assert!(!log.contains(secret), "{secret}");
    }
    assert!(log.contains("sha256") && log.contains("A loaf"));
}

#[tokio::test]
async fn reset_empties_the_instances_and_keeps_their_people() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    world.control("/_instances/mastodon/residents", json!({"username": "noor"})).await;
    fedi.post(json!({"status": "one"})).await.ok();
    assert_eq!(world.control("/_reset", json!({})).await.status, 204);
    assert_eq!(seen(&world).await, 0);
    fedi.get("/api/v1/accounts/verify_credentials").await.says(401, "invalid");
    assert_eq!(Fedi::login(&world, "mastodon", "noor").await.listing("").await.body, json!([]));
}

#[tokio::test]
async fn the_fault_panel_reaches_the_instances() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "pleroma", "ada").await;
    let form = "match=POST+/api/v1/statuses&account=&instance=pleroma&skip=0&count=1&kind=rate_limit_silent";
    let request = world.http.post(world.url("/_faults")).body(form);
    request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    Fedi::login(&world, "mastodon", "ada").await.post(json!({"status": "a"})).await.ok();
    fedi.post(json!({"status": "a"})).await.says(429, "Throttled");
}
