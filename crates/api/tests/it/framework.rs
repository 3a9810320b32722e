//! What holds for every request: bodies, keys, pages, headers, limits.

use axum::body::Body;
use axum::http::Method;
use postrider_api::Options;
use postrider_store::store_test;
use postrider_store::testkit::TestStore;
use serde_json::json;

use crate::support::{PASSWORD, TestApi, quiet};

#[tokio::test]
async fn a_malformed_body_is_refused_with_what_is_wrong() {
    let store = TestStore::sqlite().await;
    let ada = TestApi::new(&store).await.person("ada@example.org").await;
    let json = ada.with("content-type", "application/json");
    let send = |body: &'static str| json.raw(Method::POST, "/api/v1/workspaces", body);
    send("{").await.problem(400, "bad_body");
    send("").await.problem(400, "bad_body");
    send(r#"{"name":"A","zone":"UTC"} and more"#).await.problem(400, "bad_body");
    send("[]").await.problem(422, "invalid_fields");
    send(r#"{"name":"A"}"#).await.problem(422, "invalid_fields").issue("required", "/zone");
    send(r#"{"name":1,"zone":"UTC"}"#).await.problem(422, "invalid_fields").issue("bad_field", "/name");
    send(r#"{"name":"A","zone":"UTC","nmae":"B"}"#)
        .await
        .problem(422, "invalid_fields")
        .issue("unknown_field", "/nmae");
    let form = ada.with("content-type", "application/x-www-form-urlencoded");
    form.raw(Method::POST, "/api/v1/workspaces", "name=A").await.problem(415, "unsupported_media_type");
    let all = ada.post("/api/v1/workspaces", json!({ "name": " ", "zone": "Mars/Olympus" })).await;
    all.problem(422, "invalid_fields").issue("required", "/name").issue("zone_unknown", "/zone");
}

#[tokio::test]
async fn an_oversized_body_is_refused_and_the_largest_is_not() {
    let store = TestStore::sqlite().await;
    let ada = TestApi::new(&store).await.person("ada@example.org").await;
    let padded = |bytes: usize| {
        let head = r#"{"name":"A","zone":"UTC"}"#;
        format!("{head}{}", " ".repeat(bytes - head.len()))
    };
    let json = ada.with("content-type", "application/json");
    json.raw(Method::POST, "/api/v1/workspaces", padded(1024 * 1024)).await.expect(201);
    let refused = json.raw(Method::POST, "/api/v1/workspaces", padded(1024 * 1024 + 1)).await;
    refused.problem(413, "body_too_large");
    assert_eq!(refused.body["args"]["limit"], "1048576");
    // The same without a length in front, as a stream.
    let chunks = vec![Ok::<_, std::io::Error>(vec![b' '; 600_000]), Ok(vec![b' '; 600_000])];
    let stream = Body::from_stream(futures::stream::iter(chunks));
    json.raw(Method::POST, "/api/v1/workspaces", stream).await.problem(413, "body_too_large");
}

store_test!(the_same_idempotency_key_with_another_body_is_refused, |store| {
    let ada = TestApi::new(store).await.person("ada@example.org").await;
    let keyed = ada.with("idempotency-key", "k1");
    let body = json!({ "name": "A", "zone": "UTC" });
    let first = keyed.post("/api/v1/workspaces", body.clone()).await.expect(201).text("/id");
    let again = keyed.post("/api/v1/workspaces", body.clone()).await.expect(201).text("/id");
    assert_eq!(first, again);
    keyed.post("/api/v1/workspaces", json!({ "name": "B", "zone": "UTC" })).await.problem(422, "idempotency_mismatch");
    // Another address with the same body is another request too.
    let pause = format!("/api/v1/workspaces/{first}/pause");
    keyed.post(&pause, body).await.problem(422, "idempotency_mismatch");
    let own = ada.get("/api/v1/workspaces").await;
    assert_eq!(own.body["items"].as_array().map(Vec::len), Some(1), "{}", own.text);
});

store_test!(the_same_request_many_times_at_once_happens_once, |store| {
    let ada = TestApi::new(store).await.person("ada@example.org").await;
    let keyed = ada.with("idempotency-key", "k1");
    let body = json!({ "name": "A", "zone": "UTC" });
    let all = futures::future::join_all((0..8).map(|_| keyed.post("/api/v1/workspaces", body.clone()))).await;
    for answer in &all {
        match answer.status {
            201 => {}
            _ => {
                answer.problem(409, "idempotency_in_flight");
            }
        }
    }
    assert!(all.iter().any(|answer| answer.status == 201));
    let own = ada.get("/api/v1/workspaces").await;
    assert_eq!(own.body["items"].as_array().map(Vec::len), Some(1), "{}", own.text);
});

#[tokio::test]
async fn a_repeated_key_request_does_not_show_the_secret_again() {
    let store = TestStore::sqlite().await;
    let ada = TestApi::new(&store).await.person("ada@example.org").await;
    let path = format!("/api/v1/workspaces/{}/keys", ada.workspace("A").await);
    let keyed = ada.with("idempotency-key", "k1");
    let body = json!({ "name": "ci", "role": "writer" });
    let first = keyed.post(&path, body.clone()).await;
    first.expect(201).text("/secret");
    let again = keyed.post(&path, body).await;
    again.expect(201);
    assert_eq!(again.body["key"]["id"], first.body["key"]["id"]);
    assert!(again.body.get("secret").is_none(), "{}", again.text);
}

#[tokio::test]
async fn an_idempotency_key_is_visible_ascii() {
    let store = TestStore::sqlite().await;
    let ada = TestApi::new(&store).await.person("ada@example.org").await;
    let body = json!({ "name": "A", "zone": "UTC" });
    ada.with("idempotency-key", "a b").post("/api/v1/workspaces", body).await.problem(400, "idempotency_key_invalid");
}

#[tokio::test]
async fn an_unknown_address_and_an_unknown_method_are_problems() {
    let store = TestStore::sqlite().await;
    let nobody = TestApi::new(&store).await.nobody();
    nobody.get("/api/v1/nothing").await.problem(404, "not_found");
    nobody.get("/nothing").await.problem(404, "not_found");
    let put = nobody.send(Method::PUT, "/api/v1/workspaces", None).await;
    put.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn answers_carry_security_headers_and_a_correlation_id_of_their_own() {
    let store = TestStore::sqlite().await;
    let nobody = TestApi::new(&store).await.nobody();
    let mut ids = std::collections::BTreeSet::new();
    for path in ["/", "/healthz", "/api/v1/openapi.json", "/api/v1/me", "/nothing"] {
        let answer = nobody.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert!(ids.insert(answer.header("x-correlation-id").to_owned()), "{path}");
    }
}

#[tokio::test]
async fn a_caller_beyond_the_limit_is_told_when_to_come_back() {
    let store = TestStore::sqlite().await;
    let options = Options { rate_per_minute: 3, ..quiet() };
    let api =
        TestApi::with(&store, std::sync::Arc::new(postrider_connector::testkit::FakeTransport::default()), options)
            .await;
    let nobody = api.nobody();
    for left in ["2", "1", "0"] {
        let answer = nobody.get("/api/v1/setup").await;
        answer.expect(200);
        assert_eq!((answer.header("ratelimit-limit"), answer.header("ratelimit-remaining")), ("3", left));
    }
    let refused = nobody.get("/api/v1/setup").await;
    refused.problem(429, "too_many_requests");
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=20).contains(&wait), "{wait}");
    nobody.at("192.0.2.8").get("/api/v1/setup").await.expect(200);
    nobody.get("/healthz").await.expect(200);
}

#[tokio::test]
async fn a_list_comes_in_pages_that_meet() {
    let store = TestStore::sqlite().await;
    let ada = TestApi::new(&store).await.person("ada@example.org").await;
    let ws = ada.workspace("A").await;
    for _ in 0..4 {
        ada.key(&ws, "viewer").await;
    }
    let path = format!("/api/v1/workspaces/{ws}/audit");
    let whole = ada.get(&path).await;
    let expected: Vec<_> = whole.expect(200).body["items"].as_array().expect("a list").clone();
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = ada.get(&format!("{path}?limit=2{cursor}")).await;
        let items = page.expect(200).body["items"].as_array().expect("a list").clone();
        assert!(items.len() <= 2);
        found.extend(items);
        match page.body["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found, expected);
    assert_eq!(found.len(), 5, "the workspace and four keys");
    ada.get(&format!("{path}?cursor=nonsense")).await.problem(400, "bad_cursor").issue("bad_cursor", "cursor");
    ada.get(&format!("{path}?limit=201")).await.problem(422, "invalid_fields").issue("bad_field", "limit");
    ada.get(&format!("{path}?limit=many")).await.problem(422, "invalid_fields").issue("bad_field", "limit");
}

#[tokio::test]
async fn a_parameter_that_is_not_known_is_refused_by_its_name() {
    let store = TestStore::sqlite().await;
    let ada = TestApi::new(&store).await.person("ada@example.org").await;
    let base = format!("/api/v1/workspaces/{}", ada.workspace("A").await);
    for (path, code, field) in [
        (format!("{base}/posts?limt=1"), "unknown_field", "limt"),
        (format!("{base}/posts?show=everything"), "bad_field", "show"),
        (format!("{base}/posts?limit=1&limit=2"), "bad_field", "limit"),
        (format!("{base}/deliveries?state=gone"), "bad_field", "state"),
        (format!("{base}/deliveries?channel=nonsense"), "bad_field", "channel"),
        (format!("{base}/deliveries?from=yesterday"), "time_invalid", "from"),
        (format!("{base}/calendar?until=2026-03-01T00:00:00"), "time_missing_offset", "until"),
        (format!("{base}/channels?all=perhaps"), "bad_field", "all"),
        ("/api/v1/me?verbose=true".to_owned(), "unknown_field", "verbose"),
    ] {
        ada.get(&path).await.problem(422, "invalid_fields").issue(code, field);
    }
    let made = ada.post(&format!("{base}/labels?x=1"), json!({ "name": "a", "colour": "#000000" })).await;
    made.problem(422, "invalid_fields").issue("unknown_field", "x");
    ada.get("/healthz?x=1").await.expect(200);
}

store_test!(what_a_repeated_request_made_may_be_gone, |store| {
    let ada = TestApi::new(store).await.person("ada@example.org").await;
    let base = format!("/api/v1/workspaces/{}", ada.workspace("A").await);
    for (path, body, id) in [
        ("posts", json!({ "parts": [{ "text": "hello" }] }), "/id"),
        ("labels", json!({ "name": "bread", "colour": "#000000" }), "/id"),
        ("keys", json!({ "name": "k", "role": "viewer" }), "/key/id"),
        ("invitations", json!({ "email": "x@example.org", "role": "viewer" }), "/invitation/id"),
    ] {
        let keyed = ada.with("idempotency-key", path);
        let list = format!("{base}/{path}");
        let id = keyed.post(&list, body.clone()).await.expect(201).text(id);
        ada.delete(&format!("{list}/{id}")).await.expect(204);
        let again = keyed.post(&list, body).await;
        assert_eq!(again.expect(201).body, json!({ "id": id }), "{path}");
        assert_eq!(again.header("location"), "", "{path}");
    }
});

store_test!(a_location_answers, |store| {
    let ada = TestApi::new(store).await.person("ada@example.org").await;
    let ws = ada.workspace("A").await;
    let base = format!("/api/v1/workspaces/{ws}");
    let mut made = vec![ada.post("/api/v1/workspaces", json!({ "name": "B", "zone": "UTC" })).await];
    for (path, body) in [
        ("posts", json!({ "parts": [{ "text": "hello" }] })),
        ("labels", json!({ "name": "bread", "colour": "#000000" })),
        ("keys", json!({ "name": "k", "role": "viewer" })),
        ("invitations", json!({ "email": "x@example.org", "role": "viewer" })),
    ] {
        made.push(ada.post(&format!("{base}/{path}"), body).await);
    }
    made.push(ada.post("/api/v1/sessions", json!({ "email": "ada@example.org", "password": PASSWORD })).await);
    let mut shown = 0;
    for answer in made {
        answer.expect(201);
        if !answer.header("location").is_empty() {
            ada.get(answer.header("location")).await.expect(200);
            shown += 1;
        }
    }
    assert_eq!(shown, 3, "a workspace, a post and a label are shown by themselves");
});

store_test!(an_edit_needs_the_version_it_is_based_on, |store| {
    let ada = TestApi::new(store).await.person("ada@example.org").await;
    let path = format!("/api/v1/workspaces/{}", ada.workspace("A").await);
    let tag = ada.get(&path).await.expect(200).header("etag").to_owned();
    let body = json!({ "name": "B" });
    ada.patch(&path, body.clone()).await.problem(428, "version_required");
    let edited = ada.with("if-match", &tag).patch(&path, body.clone()).await;
    assert_eq!(edited.expect(200).text("/name"), "B");
    ada.with("if-match", &tag).patch(&path, body).await.problem(412, "stale_version");
    let next = edited.header("etag").to_owned();
    ada.with("if-match", &next).patch(&path, json!({ "missed_window_s": 59 })).await.problem(422, "invalid_fields");
    ada.with("if-match", &next).patch(&path, json!({ "missed_window_s": 60 })).await.expect(200);
});
