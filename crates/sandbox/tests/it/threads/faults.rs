//! What can be made to go wrong.

use serde_json::{Value, json};

use super::client::*;
use crate::support::*;

const PUBLISH: &str = "POST /v1.0/me/threads_publish";
const TEXT: [(&str, &str); 2] = [("media_type", "TEXT"), ("text", "Bread p1")];

#[tokio::test]
async fn an_error_before_or_after_the_post_was_made() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    for (code, error, after, count) in [(500, 2, false, 0), (400, 1, false, 0), (400, 1, true, 1), (503, 2, true, 2)] {
        let id = threads.container(&TEXT).await;
        let kind = json!({"status": {"code": code, "after_accept": after}});
        world.fault(json!({"match": PUBLISH, "kind": kind})).await;
        let reply = threads.publish(&id).await;
        assert_eq!((reply.status, &reply.body["error"]["code"]), (code, &json!(error)), "{reply:?}");
        assert!(reply.body["error"]["fbtrace_id"].is_string());
        assert_eq!(visible(&world).await, count);
        // What became of it is to be read from the container.
        assert_eq!(threads.status(&id).await.0, if after { "PUBLISHED" } else { "FINISHED" });
    }
    let own = json!({"error": {"code": 613, "message": "slow down"}});
    world.fault(json!({"match": "*", "instance": "threads", "kind": {"status": {"code": 400, "body": own}}})).await;
    assert_eq!(threads.get("/me").await.body, own);
}

#[tokio::test]
async fn a_connection_that_closes_before_or_after() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    for (after, count) in [(false, 0), (true, 1)] {
        let id = threads.container(&TEXT).await;
        world
            .fault(json!({"match": PUBLISH, "account": "ada@threads", "kind": {"drop": {"after_accept": after}}}))
            .await;
        let request = threads.request("POST", &format!("/me/threads_publish?creation_id={id}"));
        assert!(world.try_send(request).await.is_err());
        assert_eq!(visible(&world).await, count);
    }
}

#[tokio::test]
async fn a_container_that_was_made_although_nobody_was_told() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    world.fault(json!({"match": "POST /v1.0/me/threads", "kind": {"drop": {"after_accept": true}}})).await;
    let request = threads.request("POST", "/me/threads?media_type=TEXT&text=a");
    assert!(world.try_send(request).await.is_err());
    assert_eq!(visible(&world).await, 0, "a container is not seen by anybody");
}

#[tokio::test]
async fn a_rule_waits_for_a_text_also_in_what_is_published() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    world.fault(json!({"match": PUBLISH, "contains": "p1", "kind": {"status": {"code": 500}}})).await;
    let (first, second) =
        (threads.container(&TEXT).await, threads.container(&[("media_type", "TEXT"), ("text", "p2")]).await);
    threads.publish(&second).await.ok();
    assert_eq!(threads.publish(&first).await.status, 500);
    threads.publish(&first).await.ok();
}

#[tokio::test]
async fn too_many_requests_with_and_without_a_time() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    for (hints, retry_after, usage) in
        [("platform", false, true), ("retry_after", true, false), ("both", true, true), ("nothing", false, false)]
    {
        let kind = json!({"rate_limit": {"retry_after_s": 90, "hints": hints}});
        world.fault(json!({"match": "GET /v1.0/me", "kind": kind})).await;
        let over = threads.get("/me").await;
        over.fails(4, None, "request limit reached");
        assert_eq!(over.headers.contains_key("retry-after"), retry_after, "{hints}");
        assert_eq!(over.headers.contains_key("x-app-usage"), usage, "{hints}");
        if usage {
            let wait: Value = serde_json::from_str(over.header("x-business-use-case-usage")).unwrap();
            assert_eq!(wait["threads"][0]["estimated_time_to_regain_access"], 2);
        }
    }
    threads.get("/me").await.ok();
}

#[tokio::test]
async fn a_token_that_is_revoked_or_over_at_the_chosen_call() {
    let world = World::start().await;
    let (ada, tomas) = (Threads::quick(&world, "ada").await, Threads::quick(&world, "tomas").await);
    world.fault(json!({"match": "GET /v1.0/me", "account": "ada", "kind": "expire"})).await;
    ada.get("/me").await.fails(190, None, "expired");
    ada.get("/me").await.ok();
    let id = ada.container(&TEXT).await;
    world.fault(json!({"match": PUBLISH, "account": "ada", "instance": "threads", "kind": "revoke"})).await;
    tomas.say("mine").await;
    ada.publish(&id).await.fails(190, None, "has not authorized application");
    ada.get("/me").await.fails(190, None, "has not authorized");
    tomas.get("/me").await.ok();
    assert_eq!(visible(&world).await, 1);
}

#[tokio::test]
async fn a_delay_and_an_answer_that_breaks_off() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let (first, second) = (threads.container(&TEXT).await, threads.container(&TEXT).await);
    world.fault(json!({"match": PUBLISH, "kind": {"delay": {"ms": 30_000, "after_accept": true}}})).await;
    let request = threads.request("POST", &format!("/me/threads_publish?creation_id={first}"));
    let error = world.try_send(request.timeout(std::time::Duration::from_millis(300))).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(threads.status(&first).await.0, "PUBLISHED");
    world.fault(json!({"match": PUBLISH, "kind": "truncate"})).await;
    let response = threads.request("POST", &format!("/me/threads_publish?creation_id={second}")).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert!(response.bytes().await.is_err());
    assert_eq!(visible(&world).await, 2);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_in_metas_words() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let request = threads.request("POST", "/me/threads").header("content-type", "application/json");
    let reply = world.send(request.body(vec![b'a'; 1_000_001])).await;
    assert_eq!((reply.status, &reply.body["error"]["code"]), (413, &json!(1)));
}

#[tokio::test]
async fn reset_empties_the_network_and_keeps_its_apps_and_people() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    world.control("/_threads/people", json!({"username": "noor"})).await;
    let id = threads.say("one").await;
    assert_eq!(world.control("/_reset", json!({})).await.status, 204);
    assert_eq!(visible(&world).await, 0);
    threads.get("/me").await.fails(190, None, "Invalid");
    let noor = Threads::quick(&world, "noor").await;
    assert_ne!(noor.say("two").await, id);
    assert_eq!(world.control("/_reset", json!({"accounts": true})).await.status, 204);
    let left = world.json("/_threads").await;
    assert_eq!(left["people"].as_array().unwrap().len(), 3);
    assert_eq!(left["apps"][0]["redirect_uris"], json!([]));
}

#[tokio::test]
async fn what_was_published_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let seconds = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(START));
    let open = || {
        let options = postrider_sandbox::Options::new(clock(&seconds), 7);
        postrider_sandbox::Sandbox::with_state_file(options, &path).unwrap()
    };
    let (token, waiting) = {
        let world = World::over(open(), std::sync::Arc::clone(&seconds)).await;
        let threads = Threads::quick(&world, "ada").await;
        threads.say("one").await;
        (threads.token.clone(), threads.container(&TEXT).await)
    };
    let world = World::over(open(), std::sync::Arc::clone(&seconds)).await;
    let mut threads = Threads::at(&world).await;
    threads.token = token;
    threads.publish(&waiting).await.ok();
    let listed = threads.get("/me/threads?fields=text").await.ok();
    assert_eq!(column(&listed, "text"), [json!("Bread p1"), json!("one")]);
}
