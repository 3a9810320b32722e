//! Who gets in: passwords, sessions, keys, other sites.

use std::sync::Arc;

use axum::http::Method;
use jiff::SignedDuration;
use postrider_app::Settings;
use postrider_store::store_test;
use postrider_store::testkit::TestStore;
use serde_json::json;

use crate::support::{Client, PASSWORD, TestApi, quiet};

async fn guess(client: &Client, email: &str, password: &str) -> crate::support::Answer {
    client.post("/api/v1/sessions", json!({ "email": email, "password": password })).await
}

store_test!(wrong_password, |store| {
    let api = TestApi::new(store).await;
    api.person("ada@example.org").await;
    let nobody = api.nobody();
    let wrong = guess(&nobody, "ada@example.org", "wrong password").await;
    wrong.problem(401, "wrong_credentials");
    let unknown = guess(&nobody, "nobody@example.org", "wrong password").await;
    unknown.problem(401, "wrong_credentials");
    assert_eq!(wrong.text("/detail"), unknown.text("/detail"), "who exists is not told");
    guess(&nobody, " ADA@Example.org ", PASSWORD).await.expect(201);
});

store_test!(hostile_addresses_are_wrong_credentials_and_nothing_more, |store| {
    let api = TestApi::new(store).await;
    let root = api.operator().await;
    for email in ["bell\u{7}@example.org".to_owned(), "x".repeat(300), String::new(), "' OR 1=1 --".to_owned()] {
        guess(&api.nobody(), &email, PASSWORD).await.problem(401, "wrong_credentials");
        let body = json!({ "email": email });
        root.post("/api/v1/password-resets", body).await.problem(404, "not_found");
    }
    guess(&api.nobody(), "nul\u{0}@example.org", PASSWORD).await.problem(400, "bad_body");
    let named = json!({ "name": "bell\u{7}", "zone": "bell\u{7}" });
    let refused = root.post("/api/v1/workspaces", named).await;
    refused.problem(422, "invalid_fields").issue("bad_field", "/name").issue("zone_unknown", "/zone");
});

store_test!(throttled_log_in, |store| {
    let api = TestApi::new(store).await;
    api.person("ada@example.org").await;
    // From changing addresses, so that it is the account that counts.
    for n in 1..=5 {
        let client = api.nobody().at(&format!("198.51.100.{n}"));
        guess(&client, "ada@example.org", "wrong password").await.problem(401, "wrong_credentials");
    }
    let elsewhere = api.nobody().at("198.51.100.99");
    let blocked = guess(&elsewhere, "ada@example.org", PASSWORD).await;
    blocked.problem(429, "login_throttled");
    let wait: i64 = blocked.header("retry-after").parse().expect("seconds");
    assert!((14 * 60..=15 * 60 + 1).contains(&wait), "{wait}");
    assert!(blocked.text("/detail").contains(&wait.to_string()), "{}", blocked.text);
    store.advance(SignedDuration::from_secs(wait));
    guess(&elsewhere, "ada@example.org", PASSWORD).await.expect(201);
});

store_test!(log_ins_to_many_accounts_are_throttled_by_address, |store| {
    let api = TestApi::new(store).await;
    api.person("ada@example.org").await;
    let stranger = api.nobody().at("198.51.100.1");
    for n in 0..20 {
        guess(&stranger, &format!("user{n}@example.org"), "wrong password").await.problem(401, "wrong_credentials");
    }
    guess(&stranger, "ada@example.org", PASSWORD).await.problem(429, "login_throttled");
    guess(&api.nobody().at("198.51.100.2"), "ada@example.org", PASSWORD).await.expect(201);
});

store_test!(one_ipv6_customer_is_one_address, |store| {
    let api = TestApi::new(store).await;
    api.person("ada@example.org").await;
    for n in 0..20 {
        let client = api.nobody().at(&format!("[2001:db8:1:2:{n:x}::7]"));
        guess(&client, &format!("user{n}@example.org"), "wrong password").await.problem(401, "wrong_credentials");
    }
    let same = api.nobody().at("[2001:db8:1:2:ffff::1]");
    guess(&same, "ada@example.org", PASSWORD).await.problem(429, "login_throttled");
    guess(&api.nobody().at("[2001:db8:1:3::1]"), "ada@example.org", PASSWORD).await.expect(201);
});

store_test!(many_guesses_at_once_do_not_outrun_the_count, |store| {
    let api = TestApi::new(store).await;
    api.person("ada@example.org").await;
    let clients: Vec<_> = (1..=12).map(|n| api.nobody().at(&format!("198.51.100.{n}"))).collect();
    let guesses = clients.iter().map(|client| guess(client, "ada@example.org", "wrong password"));
    let answers = futures::future::join_all(guesses).await;
    let looked_at = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(looked_at, 5, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
});

store_test!(expired_key, |store| {
    let api = TestApi::new(store).await;
    let ada = api.person("ada@example.org").await;
    let ws = ada.workspace("A").await;
    let path = format!("/api/v1/workspaces/{ws}/keys");
    let end = store.now().await.expect("a clock") + SignedDuration::from_hours(1);
    let body = json!({ "name": "ci", "role": "viewer", "expires_at": end });
    let program = ada.bearer(&ada.post(&path, body).await.expect(201).text("/secret"));
    program.get("/api/v1/me").await.expect(200);
    store.advance(SignedDuration::from_hours(1));
    program.get("/api/v1/me").await.problem(401, "key_expired");
    let past = json!({ "name": "ci", "role": "viewer", "expires_at": end });
    ada.post(&path, past).await.problem(422, "invalid_fields").issue("time_past", "/expires_at");
});

store_test!(a_key_that_is_unknown_or_revoked_opens_nothing, |store| {
    let api = TestApi::new(store).await;
    let ada = api.person("ada@example.org").await;
    let ws = ada.workspace("A").await;
    let program = ada.key(&ws, "viewer").await;
    let keys = ada.get(&format!("/api/v1/workspaces/{ws}/keys")).await;
    let id = keys.expect(200).text("/items/0/id");
    assert!(!keys.text.contains("pr_"), "a list never shows a key: {}", keys.text);
    program.get(&format!("/api/v1/workspaces/{ws}")).await.expect(200);
    ada.delete(&format!("/api/v1/workspaces/{ws}/keys/{id}")).await.expect(204);
    program.get("/api/v1/me").await.problem(401, "key_unknown");
    for text in ["pr_unknown", "unknown", ""] {
        ada.bearer(text).get("/api/v1/me").await.problem(401, "key_unknown");
    }
    // A bad key is not overlooked where nobody is needed but somebody is meant.
    api.nobody().get("/api/v1/me").await.problem(401, "not_logged_in");
});

store_test!(a_key_reaches_its_own_workspace_with_its_own_role_only, |store| {
    let ada = TestApi::new(store).await.person("ada@example.org").await;
    let (own, other) = (ada.workspace("A").await, ada.workspace("B").await);
    let viewer = ada.key(&own, "viewer").await;
    let me = viewer.get("/api/v1/me").await;
    assert_eq!(me.expect(200).body["workspaces"].as_array().map(Vec::len), Some(1), "{}", me.text);
    assert_eq!(me.text("/workspaces/0/role"), "viewer");
    viewer.get(&format!("/api/v1/workspaces/{other}")).await.problem(404, "not_found");
    let paused = viewer.post(&format!("/api/v1/workspaces/{own}/pause"), json!({})).await;
    assert!(paused.problem(403, "forbidden").text("/detail").starts_with("As a viewer"));
    let admin = ada.key(&own, "admin").await;
    admin.post(&format!("/api/v1/workspaces/{own}/pause"), json!({})).await.expect(200);
    let new = json!({ "name": "k", "role": "viewer" });
    admin.post(&format!("/api/v1/workspaces/{own}/keys"), new).await.problem(403, "person_needed");
    admin.get("/api/v1/sessions").await.problem(403, "person_needed");
    admin.get("/api/v1/notifications").await.problem(403, "person_needed");
    admin.post("/api/v1/workspaces", json!({ "name": "C", "zone": "UTC" })).await.problem(403, "person_needed");
});

#[tokio::test]
async fn a_request_from_another_site_changes_nothing() {
    let store = TestStore::sqlite().await;
    let api = TestApi::new(&store).await;
    api.person("ada@example.org").await;
    let answer = guess(&api.nobody(), "ada@example.org", PASSWORD).await;
    let cookie = api.nobody().with("cookie", answer.expect(201).cookie());
    let body = json!({ "name": "A", "zone": "UTC" });
    let post = |client: Client| {
        let body = body.clone();
        async move { client.post("/api/v1/workspaces", body).await }
    };
    post(cookie.clone()).await.problem(403, "cross_site");
    for site in ["cross-site", "same-site", ""] {
        post(cookie.with("sec-fetch-site", site)).await.problem(403, "cross_site");
    }
    for origin in ["https://evil.test", "http://post.test.evil.test", "null"] {
        post(cookie.with("origin", origin)).await.problem(403, "cross_site");
    }
    post(cookie.with("sec-fetch-site", "same-origin")).await.expect(201);
    post(cookie.with("origin", "http://post.test")).await.expect(201);
    cookie.get("/api/v1/me").await.expect(200);
    let foreign = api.nobody().with("sec-fetch-site", "cross-site");
    guess(&foreign, "ada@example.org", PASSWORD).await.problem(403, "cross_site");
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_secure_on_https() {
    let store = TestStore::sqlite().await;
    let api = TestApi::new(&store).await;
    api.person("ada@example.org").await;
    let answer = guess(&api.nobody(), "ada@example.org", PASSWORD).await;
    let cookie = answer.header("set-cookie").to_owned();
    for part in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=2592000"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
    assert!(!answer.text.contains(&answer.cookie()["postrider_session=".len()..]), "the token is in the cookie only");
    let mut app = api.app.clone();
    app.settings = Arc::new(Settings::new("https://post.test", "0"));
    let https = TestApi { router: postrider_api::router(app.clone(), quiet()), app };
    let answer = guess(&https.nobody(), "ada@example.org", PASSWORD).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-postrider_session=") && cookie.contains("; Secure"), "{cookie}");
    https.nobody().browser(&answer).get("/api/v1/me").await.expect(200);
    let planted = answer.cookie().replace("__Host-", "");
    https.nobody().with("cookie", planted).get("/api/v1/me").await.problem(401, "not_logged_in");
}

store_test!(a_session_ends_when_it_is_not_used_and_lives_on_when_it_is, |store| {
    let api = TestApi::new(store).await;
    let ada = api.person("ada@example.org").await;
    store.advance(SignedDuration::from_hours(29 * 24));
    ada.get("/api/v1/me").await.expect(200);
    store.advance(SignedDuration::from_hours(29 * 24));
    ada.get("/api/v1/me").await.expect(200);
    store.advance(SignedDuration::from_hours(30 * 24));
    ada.get("/api/v1/me").await.problem(401, "session_expired");
});

store_test!(logging_out_ends_the_session_and_its_cookie, |store| {
    let api = TestApi::new(store).await;
    let ada = api.person("ada@example.org").await;
    let phone = api.nobody().log_in("ada@example.org").await;
    let listed = ada.get("/api/v1/sessions").await;
    let sessions = listed.expect(200).body["items"].as_array().cloned().expect("a list");
    assert_eq!(sessions.iter().filter(|session| session["current"] == true).count(), 1);
    let other = sessions.iter().find(|session| session["current"] == false).expect("the phone");
    let other = other["id"].as_str().expect("an id").to_owned();
    ada.delete(&format!("/api/v1/sessions/{other}")).await.expect(204);
    phone.get("/api/v1/me").await.problem(401, "session_expired");
    let out = ada.delete("/api/v1/sessions/current").await;
    assert!(out.expect(204).header("set-cookie").contains("Max-Age=0"));
    ada.get("/api/v1/me").await.problem(401, "session_expired");
});

#[tokio::test]
async fn a_forwarded_address_counts_only_behind_a_trusted_proxy() {
    let store = TestStore::sqlite().await;
    let plain = TestApi::new(&store).await;
    plain.person("ada@example.org").await;
    let seen = |api: TestApi| async move {
        let client = api.nobody().at("192.0.2.1").with("x-forwarded-for", "203.0.113.9");
        let client = client.with("x-forwarded-for", "198.51.100.3, 203.0.113.7");
        let me = client.log_in("ada@example.org").await;
        let listed = me.send(Method::GET, "/api/v1/sessions", None).await;
        let all = listed.body["items"].as_array().cloned().expect("a list");
        let current = all.into_iter().find(|session| session["current"] == true).expect("this one");
        current["address"].as_str().expect("an address").to_owned()
    };
    assert_eq!(seen(plain.clone()).await, "192.0.2.1");
    let behind = |proxy: &str| {
        let trusted_proxies = vec![proxy.parse().expect("a network")];
        let options = postrider_api::Options { trusted_proxies, ..quiet() };
        TestApi { router: postrider_api::router(plain.app.clone(), options), app: plain.app.clone() }
    };
    assert_eq!(seen(behind("192.0.2.0/24")).await, "203.0.113.7");
    assert_eq!(seen(behind("127.0.0.1")).await, "192.0.2.1", "another proxy is the trusted one");
}
