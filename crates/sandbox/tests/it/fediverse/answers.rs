//! What instances say about themselves, and the controls that change it.

use serde_json::json;

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn every_instance_has_an_origin_and_names_its_program() {
    let world = World::start().await;
    let listed = world.json("/_instances").await;
    for (number, name) in ALL.into_iter().enumerate() {
        let fedi = Fedi::at(&world, name).await;
        assert_eq!(listed["instances"].as_array().unwrap().iter().filter(|i| i["origin"] == fedi.origin).count(), 1);
        let links = fedi.get("/.well-known/nodeinfo").await.ok();
        let href = links.body["links"][0]["href"].as_str().unwrap().to_owned();
        let node = fedi.get(href.strip_prefix(&fedi.origin).unwrap()).await.ok();
        assert_eq!(node.body["software"]["name"], name);
        assert!(world.page_at(&fedi.origin).await.1.contains(name));
        assert_eq!(world.running.instances().nth(number).unwrap(), (name, fedi.origin));
    }
    // The main port, the instances, Threads, Facebook and Instagram.
    assert_eq!(world.running.addresses().count(), 4 + ALL.len());
    assert_eq!(world.running.instance("friendster"), None);
}

#[tokio::test]
async fn limits_are_in_both_instance_answers_and_change_at_run_time() {
    let world = World::start().await;
    let fedi = Fedi::at(&world, "mastodon").await;
    let both = async || (fedi.get("/api/v1/instance").await.ok().body, fedi.get("/api/v2/instance").await.ok().body);
    let (v1, v2) = both().await;
    assert_eq!(
        v2["configuration"]["statuses"],
        json!({"max_characters": 500, "max_media_attachments": 4, "characters_reserved_per_url": 23})
    );
    assert_eq!(v1["configuration"]["statuses"], v2["configuration"]["statuses"]);
    assert_eq!(v2["configuration"]["media_attachments"]["description_limit"], 1_500);
    assert_eq!((&v2["version"], &v2["api_versions"]["mastodon"]), (&json!("4.7.0"), &json!(10)));
    fedi.set(json!({"max_characters": 11_000, "poll_max_options": 9})).await;
    let (v1, v2) = both().await;
    assert_eq!(
        (&v1["configuration"]["statuses"]["max_characters"], &v2["configuration"]["polls"]["max_options"]),
        (&json!(11_000), &json!(9))
    );
    let wrong = world.control("/_instances/mastodon", json!({"max_chars": 1})).await;
    assert_eq!(wrong.status, 400);
    assert_eq!(world.control("/_instances/friendster", json!({})).await.status, 404);
}

#[tokio::test]
async fn forks_differ_in_what_they_tell() {
    let world = World::start().await;
    for (name, characters, media) in
        [("pixelfed", 500, 20), ("gotosocial", 5_000, 6), ("friendica", 200_000, 20), ("pleroma", 5_000, 1_000)]
    {
        let fedi = Fedi::at(&world, name).await;
        let v1 = fedi.get("/api/v1/instance").await.ok().body;
        let statuses = &v1["configuration"]["statuses"];
        assert_eq!(
            (&statuses["max_characters"], &statuses["max_media_attachments"]),
            (&json!(characters), &json!(media)),
            "{name}"
        );
        let v2 = fedi.get("/api/v2/instance").await.ok().body;
        assert!(v2.get("api_versions").is_none(), "{name}");
        assert!(v1["version"].as_str().unwrap().to_lowercase().contains(name), "{name}");
    }
    let pleroma = Fedi::at(&world, "pleroma").await.get("/api/v1/instance").await.ok().body;
    assert_eq!((&pleroma["max_toot_chars"], &pleroma["poll_limits"]["max_option_chars"]), (&json!(5_000), &json!(200)));
    let node = Fedi::at(&world, "pixelfed").await.get("/nodeinfo/2.0").await.ok().body;
    assert_eq!(node["metadata"]["config"]["uploader"]["album_limit"], 20);
}

#[tokio::test]
async fn people_are_found_and_can_be_added() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let new = json!({"username": "noor", "displayName": "Noor"});
    let made = world.control("/_instances/mastodon/residents", new.clone()).await;
    assert_eq!(made.status, 201);
    assert_eq!(world.control("/_instances/mastodon/residents", new).await.status, 200);
    let found = fedi.get("/api/v1/accounts/lookup?acct=@noor").await.ok();
    assert_eq!(found.body["id"], made.body["id"]);
    assert_eq!(fedi.get(&format!("/api/v1/accounts/{}", found.text("id"))).await.ok().body["display_name"], "Noor");
    fedi.get("/api/v1/accounts/lookup?acct=nobody").await.says(404, "Record not found");
    fedi.get("/api/v1/accounts/lookup").await.says(404, "Record not found");
    fedi.get("/api/v1/accounts/7").await.says(404, "Record not found");
    for wrong in [json!({"username": "Noor"}), json!({"username": ""}), json!({}), json!({"username": "a", "x": 1})] {
        assert_eq!(world.control("/_instances/mastodon/residents", wrong).await.status, 400);
    }
    assert_eq!(world.control("/_instances/friendster/residents", json!({"username": "a"})).await.status, 404);
    Fedi::login(&world, "mastodon", "noor").await.me().await;
}

#[tokio::test]
async fn a_state_file_carries_the_instances_over_a_restart() {
    use std::sync::Arc;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sandbox.json");
    let seconds = Arc::new(std::sync::atomic::AtomicI64::new(START));
    let open =
        || postrider_sandbox::Sandbox::with_state_file(postrider_sandbox::Options::new(clock(&seconds), 7), &file);
    let first = World::over(open().unwrap(), Arc::clone(&seconds)).await;
    let fedi = Fedi::login(&first, "pleroma", "ada").await;
    let media = fedi.picture().await;
    let body = json!({"status": "kept", "media_ids": [media]});
    let request = fedi.request("POST", "/api/v1/statuses").header("idempotency-key", "k");
    let id = first.send(request.json(&body)).await.ok().text("id");
    fedi.set(json!({"max_characters": 7_000})).await;
    let (token, client_id) = (fedi.token.clone(), fedi.client_id.clone());
    first.running.shutdown().await;
    let second = World::over(open().unwrap(), seconds).await;
    let mut fedi = Fedi::at(&second, "pleroma").await;
    assert_ne!(fedi.client_id, client_id);
    fedi.token = token;
    let request = fedi.request("POST", "/api/v1/statuses").header("idempotency-key", "k");
    assert_eq!(second.send(request.json(&body)).await.ok().text("id"), id);
    assert_eq!(ids(&fedi.listing("").await), [id.as_str()]);
    let v1 = fedi.get("/api/v1/instance").await.ok();
    assert_eq!(v1.body["max_toot_chars"], 7_000);
    let file = second.http.get(format!("{}/media/{media}", fedi.origin)).send().await.unwrap();
    assert_eq!(file.bytes().await.unwrap(), png(640, 480));
}

#[tokio::test]
async fn a_taken_port_is_left_alone() {
    let main = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let next = std::net::SocketAddr::new(main.ip(), main.port() + 1);
    let taken = tokio::net::TcpListener::bind(next).await;
    let seconds = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(START));
    let sandbox = postrider_sandbox::Sandbox::new(postrider_sandbox::Options::new(clock(&seconds), 7));
    let running = sandbox.serve(main).await.unwrap();
    assert_eq!(running.addr, main);
    assert_ne!(running.instance("mastodon").unwrap(), format!("http://{next}"));
    for (name, origin) in running.instances() {
        let answer = reqwest::get(format!("{origin}/nodeinfo/2.0")).await.unwrap();
        assert!(answer.text().await.unwrap().contains(name), "{name}");
    }
    drop(taken);
    running.shutdown().await;
}

#[tokio::test]
async fn an_instance_can_be_mounted_elsewhere() {
    let seconds = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(START));
    let sandbox = postrider_sandbox::Sandbox::new(postrider_sandbox::Options::new(clock(&seconds), 7));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = sandbox.instance_router("takahe");
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let answer = reqwest::get(format!("{url}/nodeinfo/2.0")).await.unwrap();
    assert!(answer.text().await.unwrap().contains("takahe"));
    assert_eq!(postrider_sandbox::Sandbox::instance_names().collect::<Vec<_>>(), ALL);
    sandbox.advance(std::time::Duration::from_secs(60));
    server.abort();
}

#[tokio::test]
async fn three_hundred_calls_with_one_token_in_five_minutes() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let first = fedi.get("/api/v1/accounts/verify_credentials").await.ok();
    assert_eq!((first.header("x-ratelimit-limit"), first.header("x-ratelimit-remaining")), ("300", "299"));
    assert_eq!(first.header("x-ratelimit-reset"), "2026-11-23T08:05:00.000000Z");
    for _ in 0..299 {
        fedi.get("/api/v1/accounts/verify_credentials").await.ok();
    }
    fedi.get("/api/v1/accounts/verify_credentials").await.says(429, "Too many requests");
    let second = Fedi::login(&world, "mastodon", "ada").await;
    second.get("/api/v1/accounts/verify_credentials").await.ok();
    world.pass(300);
    fedi.get("/api/v1/accounts/verify_credentials").await.ok();
}

#[tokio::test]
async fn thirty_deletions_in_half_an_hour() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    for _ in 0..30 {
        let id = fedi.post(json!({"status": "short-lived"})).await.ok().text("id");
        fedi.send("DELETE", &format!("/api/v1/statuses/{id}"), &serde_json::Value::Null).await.ok();
    }
    let id = fedi.post(json!({"status": "stays"})).await.ok().text("id");
    fedi.send("DELETE", &format!("/api/v1/statuses/{id}"), &serde_json::Value::Null).await.says(429, "Too many");
    fedi.get(&format!("/api/v1/statuses/{id}")).await.ok();
}

#[tokio::test]
async fn userinfo_names_whoever_consented() {
    let world = World::start().await;
    let mut fedi = Fedi::registered(&world, "mastodon", "profile").await;
    fedi.token = fedi.token_for("ada", "profile").await;
    let about = fedi.get("/oauth/userinfo").await.ok();
    assert_eq!(about.text("preferred_username"), "ada");
    assert!(about.text("sub").ends_with("/users/ada") && about.text("profile").ends_with("/@ada"), "{about:?}");
}
