//! The fault panel: what is refused, delayed, dropped or revoked, and what was
//! taken in nevertheless.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::{Duration, Instant};

use postrider_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::support::*;

async fn posts(world: &World) -> usize {
    world.feed().await["records"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_dropped_connection_before_accepting_leaves_nothing() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.fault(json!({"match": PUT, "kind": {"drop": {"after_accept": false}}})).await;
    let body = json!({"repo": ada.did, "collection": POST, "rkey": KEYS[0], "record": post("one")});
    let request = || world.procedure(PUT, &body).bearer_auth(&ada.access);
    let error = world.try_send(request()).await.unwrap_err();
    assert!(error.is_request(), "{error:?}");
    assert_eq!(posts(&world).await, 0);
    world.send(request()).await.ok();
    assert_eq!(posts(&world).await, 1);
}

#[tokio::test]
async fn a_dropped_connection_after_accepting_leaves_exactly_one_copy() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.fault(json!({"match": PUT, "kind": {"drop": {"after_accept": true}}})).await;
    let body = json!({"repo": ada.did, "collection": POST, "rkey": KEYS[0], "record": post("one")});
    let request = || world.procedure(PUT, &body).bearer_auth(&ada.access);
    assert!(world.try_send(request()).await.is_err());
    world.get(&ada, KEYS[0]).await.ok();
    world.send(request()).await.ok();
    let feed = world.feed().await;
    assert_eq!(feed["ever"].as_array().unwrap().len(), 1);
    assert_eq!(feed["records"][0]["repeats"], 1);
    let log = world.json(&format!("/_requests?method={PUT}")).await;
    let first = &log["requests"][0];
    assert_eq!((&first["status"], &first["accepted"]), (&Value::Null, &json!(true)));
    assert_eq!((&first["fault"], &first["account"]), (&json!(1), &json!("ada.sandbox.test")));
    assert_eq!(log["requests"][1]["status"], 200);
}

#[tokio::test]
async fn a_status_before_and_after_accepting() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.fault(json!({"match": PUT, "kind": {"status": {"code": 503}}})).await;
    let reply = world.put(&ada, KEYS[0], post("one")).await;
    reply.refused(503, "NotEnoughResources", "");
    assert_eq!(posts(&world).await, 0);

    world.fault(json!({"match": PUT, "kind": {"status": {"code": 502, "after_accept": true}}})).await;
    let reply = world.put(&ada, KEYS[0], post("one")).await;
    reply.refused(502, "UpstreamFailure", "Upstream Failure");
    assert_eq!(posts(&world).await, 1);

    // What is refused was not accepted, so the refusal stands.
    world.fault(json!({"match": PUT, "kind": {"status": {"code": 500, "after_accept": true}}})).await;
    let reply = world.put(&ada, "bad-key", post("one")).await;
    reply.refused(400, "InvalidRequest", "Invalid record key");
}

#[tokio::test]
async fn a_status_may_bring_its_own_body() {
    let world = World::start().await;
    let ada = world.ada().await;
    let odd = json!({"error": "AccountTakedown", "message": "Account has been taken down"});
    world.fault(json!({"match": PUT, "kind": {"status": {"code": 401, "body": odd}}})).await;
    world.put(&ada, KEYS[0], post("one")).await.refused(401, "AccountTakedown", "taken down");
    let page = "<html>Bad gateway</html>";
    world.fault(json!({"match": PUT, "kind": {"status": {"code": 502, "body": page}}})).await;
    let reply = world.put(&ada, KEYS[0], post("one")).await;
    assert_eq!((reply.status, reply.body), (502, Value::Null));
}

#[tokio::test]
async fn rate_limits_say_when_to_come_back() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.fault(json!({"match": "com.atproto.repo.*", "kind": {"rate_limit": {"retry_after_s": 90}}})).await;
    let reply = world.put(&ada, KEYS[0], post("one")).await;
    reply.refused(429, "RateLimitExceeded", "Rate Limit Exceeded");
    assert_eq!(reply.header("ratelimit-reset"), (world.now() + 90).to_string());
    assert_eq!(reply.header("ratelimit-remaining"), "0");
    assert!(reply.headers.get("retry-after").is_none());
    assert_eq!(posts(&world).await, 0);
}

#[tokio::test]
async fn delays_hold_the_answer_back() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.fault(json!({"match": PUT, "kind": {"delay": {"ms": 300}}})).await;
    let begun = Instant::now();
    world.put(&ada, KEYS[0], post("one")).await.ok();
    assert!(begun.elapsed() >= Duration::from_millis(300));

    // A client that gives up while the request was taken in: one copy, no answer.
    world.fault(json!({"match": PUT, "kind": {"delay": {"ms": 60_000, "after_accept": true}}})).await;
    let body = json!({"repo": ada.did, "collection": POST, "rkey": KEYS[1], "record": post("two")});
    let request = world.procedure(PUT, &body).bearer_auth(&ada.access);
    let error = world.try_send(request.timeout(Duration::from_millis(300))).await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    world.get(&ada, KEYS[1]).await.ok();
}

#[tokio::test]
async fn revoke_ends_the_session_at_the_chosen_call() {
    let world = World::start().await;
    let (ada, bo) = (world.ada().await, world.login("bo.sandbox.test").await);
    world.fault(json!({"match": PUT, "nth": 2, "account": "ada.sandbox.test", "kind": "revoke"})).await;
    world.put(&ada, KEYS[0], post("one")).await.ok();
    world.put(&bo, KEYS[0], post("not mine")).await.ok();
    let reply = world.put(&ada, KEYS[1], post("two")).await;
    reply.refused(400, "ExpiredToken", "Token has been revoked");
    world.bare(REFRESH, &ada.refresh).await.refused(400, "ExpiredToken", "Token has been revoked");
    world.put(&bo, KEYS[1], post("still fine")).await.ok();
}

#[tokio::test]
async fn too_many_requests_can_come_without_a_time() {
    let world = World::start().await;
    let ada = world.ada().await;
    for (hints, reset, retry_after) in
        [("platform", true, false), ("retry_after", false, true), ("both", true, true), ("nothing", false, false)]
    {
        let kind = json!({"rate_limit": {"retry_after_s": 60, "hints": hints}});
        world.fault(json!({"match": PUT, "kind": kind})).await;
        let over = world.put(&ada, KEYS[0], post("one")).await;
        over.refused(429, "RateLimitExceeded", "");
        assert_eq!(over.headers.contains_key("ratelimit-reset"), reset, "{hints}");
        assert_eq!(over.headers.contains_key("retry-after"), retry_after, "{hints}");
    }
    let wrong = json!({"match": PUT, "kind": {"rate_limit": {"retry_after_s": 60, "hints": "some"}}});
    assert_eq!(world.control("/_faults", wrong).await.status, 400);
}

#[tokio::test]
async fn rules_are_listed_spent_and_removed() {
    let world = World::start().await;
    let ada = world.ada().await;
    let kind = json!({"status": {"code": 500}});
    world
        .fault(json!({"match": "/xrpc/com.atproto.repo.", "skip": 1, "count": 2, "account": ada.did, "kind": kind}))
        .await;
    let mut seen = Vec::new();
    for key in KEYS {
        seen.push(world.put(&ada, key, post(key)).await.status);
    }
    assert_eq!(seen, [200, 500, 500, 200]);
    let rules = world.json("/_faults").await;
    assert_eq!((&rules["rules"][0]["fired"], &rules["rules"][0]["count"]), (&json!(2), &json!(0)));
    let remove = |path: &str| world.send(world.http.delete(world.url(path)));
    assert_eq!(remove("/_faults/1").await.status, 204);
    assert_eq!(remove("/_faults/1").await.status, 404);
    world.fault(json!({"match": "*", "kind": kind})).await;
    assert_eq!(remove("/_faults").await.status, 204);
    assert_eq!(world.json("/_faults").await, json!({"rules": []}));
    for wrong in [json!({}), json!({"match": "*", "kind": "nothing"}), json!({"match": "", "kind": "revoke"})] {
        assert_eq!(world.control("/_faults", wrong).await.status, 400);
    }
}

#[tokio::test]
async fn the_log_tells_requests_but_no_secrets() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.put(&ada, KEYS[0], post("one")).await.ok();
    world.bare(REFRESH, &ada.refresh).await.ok();
    let log = world.json("/_requests").await;
    let entries = log["requests"].as_array().unwrap();
    let methods: Vec<_> = entries.iter().map(|e| e["path"].as_str().unwrap().rsplit('.').next().unwrap()).collect();
    assert_eq!(methods, ["createSession", "putRecord", "refreshSession"]);
    assert_eq!(entries[0]["body"], json!({"identifier": "ada.sandbox.test", "password": "[redacted]"}));
    assert_eq!(entries[1]["body"]["record"]["text"], "one");
    let text = log.to_string();
    for secret in [PASSWORD, &ada.access, &ada.refresh] {
        assert!(!text.contains(secret));
    }
    assert_eq!(world.json("/_requests?since=2").await["requests"].as_array().unwrap().len(), 1);
    assert_eq!(world.json("/_requests?account=bo.sandbox.test").await["requests"], json!([]));
}

#[tokio::test]
async fn reset_keeps_the_accounts_unless_told_otherwise() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.put(&ada, KEYS[0], post("one")).await.ok();
    world.fault(json!({"match": "*", "kind": "revoke"})).await;
    assert_eq!(world.control("/_reset", json!({})).await.status, 204);
    world.whoami(&ada.access).await.refused(400, "ExpiredToken", "Token has been revoked");
    assert_eq!(world.ada().await.did, ada.did);
    let feed = world.feed().await;
    assert_eq!((&feed["records"], &feed["ever"]), (&json!([]), &json!([])));
    assert_eq!(world.control("/_reset", json!({"accounts": true})).await.status, 204);
    let body = json!({"identifier": "ada.sandbox.test", "password": PASSWORD});
    world.send(world.procedure(LOGIN, &body)).await.refused(401, "AuthenticationRequired", "");
}

#[tokio::test]
async fn pages_of_other_sites_cannot_press_the_buttons() {
    let world = World::start().await;
    let rule = json!({"match": "*", "kind": "revoke"});
    let request = world.http.post(world.url("/_faults")).json(&rule);
    let reply = world.send(request.header("sec-fetch-site", "cross-site")).await;
    assert_eq!(reply.status, 403);
    assert_eq!(world.json("/_faults").await, json!({"rules": []}));
}

#[tokio::test]
async fn mounted_elsewhere_a_dropped_answer_breaks_off() {
    let sandbox = Sandbox::new(Options::new(clock(&Arc::new(AtomicI64::new(START))), 7));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, sandbox.router()).await });
    let client = reqwest::Client::new();
    let rule = json!({"match": "/webhook/a", "kind": {"drop": {"after_accept": true}}});
    client.post(format!("{url}/_faults")).json(&rule).send().await.unwrap();
    let answer = match client.post(format!("{url}/webhook/a")).body("{}").send().await {
        Ok(response) => response.bytes().await,
        Err(error) => Err(error),
    };
    assert!(answer.is_err(), "{answer:?}");
    let inbox = client.get(format!("{url}/webhook/a.json")).send().await.unwrap();
    assert_eq!(inbox.json::<Value>().await.unwrap()["deliveries"].as_array().unwrap().len(), 1);
    server.abort();
}

#[tokio::test]
async fn a_shut_down_sandbox_refuses_connections() {
    let world = World::start().await;
    let url = world.url("/xrpc/_health");
    world.http.get(&url).send().await.unwrap();
    world.running.shutdown().await;
    let error = reqwest::Client::new().get(&url).send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
}

#[tokio::test]
async fn a_cut_closes_the_connection_while_the_file_is_being_sent() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.fault(json!({"match": "com.atproto.repo.uploadBlob", "account": "ada.sandbox.test", "kind": "cut"})).await;
    let upload = || {
        let request = world.procedure("com.atproto.repo.uploadBlob", &json!({})).bearer_auth(&ada.access);
        request.header("content-type", "image/png").body(vec![7; 4 << 20])
    };
    assert!(world.try_send(upload()).await.is_err());
    let log = world.json("/_requests?method=com.atproto.repo.uploadBlob").await;
    let cut = &log["requests"][0];
    assert_eq!(
        (&cut["fault"], &cut["accepted"], &cut["account"]),
        (&json!(1), &json!(false), &json!("ada.sandbox.test"))
    );
    assert_eq!((&cut["status"], &cut["body"]), (&Value::Null, &Value::Null), "nobody saw what was in it");
}

#[tokio::test]
async fn an_access_token_that_is_over_is_renewed() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.fault(json!({"match": PUT, "kind": "expire"})).await;
    world.put(&ada, KEYS[0], post("one")).await.refused(400, "ExpiredToken", "Token has expired");
    assert_eq!(posts(&world).await, 0);
    let again = world.bare("com.atproto.server.refreshSession", &ada.refresh).await.ok();
    world.put(&user(&again), KEYS[0], post("one")).await.ok();
}

#[tokio::test]
async fn too_many_requests_after_accepting_leave_a_copy_behind() {
    let world = World::start().await;
    let ada = world.ada().await;
    let kind = json!({"rate_limit": {"retry_after_s": 9, "after_accept": true}});
    world.fault(json!({"match": PUT, "kind": kind})).await;
    world.put(&ada, KEYS[0], post("one")).await.refused(429, "RateLimitExceeded", "Rate Limit Exceeded");
    assert_eq!(posts(&world).await, 1);
}

#[tokio::test]
async fn a_rule_may_wait_for_a_text() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.fault(json!({"match": PUT, "contains": "two", "kind": {"status": {"code": 503}}})).await;
    world.put(&ada, KEYS[0], post("one")).await.ok();
    world.put(&ada, KEYS[1], post("two")).await.refused(503, "NotEnoughResources", "");
    world.put(&ada, KEYS[1], post("two")).await.ok();
}

#[tokio::test]
async fn latency_lies_on_both_sides_of_accepting() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.control("/_latency", json!({"ms": 400})).await.ok();
    let begun = Instant::now();
    world.put(&ada, KEYS[0], post("one")).await.ok();
    assert!(begun.elapsed() >= Duration::from_millis(400));
    let body = json!({"repo": ada.did, "collection": POST, "rkey": KEYS[1], "record": post("two")});
    let early = world.procedure(PUT, &body).bearer_auth(&ada.access).timeout(Duration::from_millis(50));
    assert!(world.try_send(early).await.unwrap_err().is_timeout());
    world.control("/_latency", json!({"ms": 0})).await.ok();
}
