//! Codes and tokens: what they open, for how long, and what ends them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::client::*;
use crate::support::*;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

#[tokio::test]
async fn a_code_works_once_within_an_hour_for_its_app_and_address() {
    let world = World::start().await;
    let threads = Threads::at(&world).await;
    let code = threads.code("ada", "threads_basic").await;
    for (changes, words) in [
        ([("client_secret", "0123456789abcdef0123456789abcdef")], "client_secret"),
        ([("client_id", "1")], "client_secret"),
        ([("client_secret", "")], "client_secret is required"),
        ([("redirect_uri", "http://127.0.0.1:9/callback/")], "redirect_uri"),
        ([("redirect_uri", "")], "redirect_uri is required"),
        ([("grant_type", "password")], "grant_type"),
        ([("code", "AQrubbish")], "code is not a valid"),
        ([("scope", "threads_basic")], "scope is not a documented"),
    ] {
        threads.redeem(&code, &changes).await.fails(100, None, words);
    }
    let token = threads.redeem(&code, &[]).await.ok();
    assert!(token.text("user_id").parse::<u64>().is_ok() && token.body.get("expires_in").is_none(), "{token:?}");
    threads.redeem(&code, &[]).await.fails(100, None, "has been used");
    let late = threads.code("ada", "threads_basic").await;
    world.pass(HOUR);
    threads.redeem(&late, &[]).await.fails(100, None, "expired");
    let other = world.control("/_threads/apps", json!({"redirect_uris": [CALLBACK]})).await;
    assert_eq!(other.status, 201, "{other:?}");
    let (id, secret) = (other.text("id"), other.text("secret"));
    assert_eq!(secret.len(), 32);
    let mine = threads.code("ada", "threads_basic").await;
    let theirs = [("client_id", id.as_str()), ("client_secret", secret.as_str())];
    threads.redeem(&mine, &theirs).await.fails(100, None, "code is not a valid");
}

#[tokio::test]
async fn a_short_token_lives_an_hour_and_a_long_one_sixty_days() {
    let world = World::start().await;
    let threads = Threads::at(&world).await;
    let short = threads.short("ada", "threads_basic").await;
    threads.exchange(&short, &[("client_secret", "wrong")]).await.fails(100, None, "client_secret");
    threads.exchange(&short, &[("grant_type", "ig_exchange_token")]).await.fails(100, None, "grant_type");
    threads.exchange("THAArubbish", &[]).await.fails(190, None, "Invalid OAuth access token");
    let long = threads.exchange(&short, &[]).await.ok();
    assert_eq!((&long.body["token_type"], &long.body["expires_in"]), (&json!("bearer"), &json!(5_184_000)));
    let long = long.text("access_token");
    threads.exchange(&long, &[]).await.fails(100, None, "short-lived");
    let me = async |token: &str| threads.open(&format!("/v1.0/me?access_token={token}")).await;
    world.pass(HOUR - 1);
    me(&short).await.ok();
    world.pass(1);
    me(&short).await.fails(190, None, "Session has expired");
    threads.exchange(&short, &[]).await.fails(190, None, "Session has expired");
    world.pass(60 * DAY - HOUR - 1);
    me(&long).await.ok();
    world.pass(1);
    me(&long).await.fails(190, None, "Session has expired");
}

#[tokio::test]
async fn a_long_token_is_refreshed_between_its_first_day_and_its_end() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let short = threads.short("ada", "threads_basic").await;
    threads.refresh(&threads.token).await.fails(100, None, "24 hours old");
    threads.refresh(&short).await.fails(100, None, "long-lived");
    world.pass(DAY - 1);
    threads.refresh(&threads.token).await.fails(100, None, "24 hours old");
    world.pass(1);
    let next = threads.refresh(&threads.token).await.ok();
    assert_eq!(next.body["expires_in"], 5_184_000);
    let next = next.text("access_token");
    assert_ne!(next, threads.token);
    threads.refresh(&next).await.fails(100, None, "24 hours old");
    world.pass(60 * DAY - 1);
    threads.get("/me").await.fails(190, None, "expired");
    let last = threads.refresh(&next).await.ok().text("access_token");
    world.pass(60 * DAY);
    threads.refresh(&last).await.fails(190, None, "expired");
}

#[tokio::test]
async fn the_consent_of_a_private_profile_ends_after_ninety_days() {
    let world = World::start().await;
    let made = world.control("/_threads/people", json!({"username": "noor", "private": true})).await;
    assert_eq!((made.status, &made.body["private"]), (201, &json!(true)));
    let mut threads = Threads::login(&world, "noor").await;
    world.pass(59 * DAY);
    let next = threads.refresh(&threads.token).await.ok();
    assert_eq!(next.body["expires_in"], 31 * DAY);
    threads.token = next.text("access_token");
    world.pass(31 * DAY - 1);
    threads.get("/me").await.ok();
    world.pass(1);
    threads.get("/me").await.fails(190, None, "expired");
}

#[tokio::test]
async fn the_token_may_come_as_a_parameter_or_in_the_header_but_not_twice_differently() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    threads.open(&format!("/v1.0/me?access_token={}", threads.token)).await.ok();
    threads.get("/me").await.ok();
    threads.get(&format!("/me?access_token={}", threads.token)).await.ok();
    threads.get("/me?access_token=other").await.fails(100, None, "differs");
    threads.open("/v1.0/me").await.fails(190, None, "access token is required");
    threads.open("/v1.0/me?access_token=rubbish").await.fails(190, None, "Invalid OAuth access token");
    let form = [("access_token", threads.token.as_str()), ("media_type", "TEXT"), ("text", "a")];
    threads.form("/v1.0/me/threads", &form).await.ok();
    // No secret is written to the log, wherever it came.
    threads.exchange(&threads.token, &[]).await;
    let log = world.json("/_requests").await.to_string();
    assert!(!log.contains(&threads.token) && !log.contains(SECRET) && log.contains("ada@threads"), "{log}");
}

#[tokio::test]
async fn an_app_has_a_token_of_its_own_and_can_look_at_those_of_its_people() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let query =
        |secret| format!("/oauth/access_token?grant_type=client_credentials&client_id={APP}&client_secret={secret}");
    threads.open(&query("wrong")).await.fails(100, None, "client_secret");
    let own = threads.open(&query(SECRET)).await.ok().text("access_token");
    assert_eq!(own, format!("TH|{APP}|{SECRET}"));
    threads.open(&format!("/v1.0/me?access_token={own}")).await.fails(190, None, "Invalid OAuth access token");
    let debug = async |by: &str, token: &str| {
        threads.open(&format!("/v1.0/debug_token?input_token={token}&access_token={by}")).await
    };
    for by in [own.as_str(), threads.token.as_str()] {
        let told = debug(by, &threads.token).await.ok().body["data"].clone();
        assert_eq!((&told["is_valid"], &told["app_id"], &told["type"]), (&json!(true), &json!(APP), &json!("USER")));
        assert_eq!(told["expires_at"], world.now() + 60 * DAY);
    }
    debug(&own, "rubbish").await.fails(100, None, "input_token");
    debug("TH|1|2", &threads.token).await.fails(190, None, "Invalid");
    world.pass(60 * DAY);
    assert_eq!(debug(&own, &threads.token).await.ok().body["data"]["is_valid"], false);
}

#[tokio::test]
async fn a_person_who_removes_the_app_ends_its_tokens_and_meta_says_so_with_a_signature() {
    let world = World::start().await;
    let urls = json!({"id": APP, "deauthorize_url": "http://127.0.0.1:9/gone", "data_deletion_url": "http://127.0.0.1:9/delete"});
    let threads = Threads::login(&world, "ada").await;
    let other = Threads::login(&world, "tomas").await;
    world.control("/_threads/apps", urls).await.ok();
    let code = threads.code("ada", "threads_basic").await;
    let id = threads.get("/me").await.ok().text("id");
    let told = world.control("/_threads/people/ada/revoke", json!({"delete_data": true})).await.ok();
    let callbacks = told.body["callbacks"].as_array().unwrap();
    let kinds: Vec<_> = callbacks.iter().map(|callback| (&callback["kind"], &callback["url"])).collect();
    let want = [("deauthorize", "http://127.0.0.1:9/gone"), ("data_deletion", "http://127.0.0.1:9/delete")];
    assert_eq!(kinds, want.map(|(kind, url)| (json!(kind), json!(url))).each_ref().map(|(kind, url)| (kind, url)));
    let (signature, payload) = callbacks[0]["signed_request"].as_str().unwrap().split_once('.').unwrap();
    let json: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    assert_eq!(json, json!({"algorithm": "HMAC-SHA256", "issued_at": world.now(), "user_id": id}));
    assert_eq!(URL_SAFE_NO_PAD.decode(signature).unwrap(), hmac(SECRET, payload));
    threads.get("/me").await.fails(190, None, "has not authorized application");
    threads.refresh(&threads.token).await.fails(190, None, "not authorized");
    threads.redeem(&code, &[]).await.fails(100, None, "code is not a valid");
    other.get("/me").await.ok();
    let again = world.control("/_threads/people/ada/revoke", json!({})).await.ok();
    assert_eq!(again.body["callbacks"], json!([]));
    assert_eq!(world.control("/_threads/people/nobody/revoke", json!({})).await.status, 404);
}

fn hmac(key: &str, message: &str) -> Vec<u8> {
    use hmac::{KeyInit as _, Mac as _};
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[tokio::test]
async fn each_call_needs_its_own_permission() {
    let world = World::start().await;
    let all = Threads::quick(&world, "ada").await;
    let post = all.say("one").await;
    let basic = Threads::scoped(&world, "ada", "threads_basic").await;
    let text = [("media_type", "TEXT"), ("text", "a")];
    basic.make(&text).await.fails(10, None, "threads_content_publish");
    basic.publish("7").await.fails(10, None, "threads_content_publish");
    basic.post(&format!("/{post}/repost"), &[]).await.fails(10, None, "threads_content_publish");
    basic.delete(&post).await.fails(10, None, "threads_delete");
    basic.get(&format!("/{post}/replies")).await.fails(10, None, "threads_read_replies");
    basic.get("/me/replies").await.fails(10, None, "threads_read_replies");
    basic.get(&format!("/{post}/conversation")).await.fails(10, None, "threads_read_replies");
    basic.post(&format!("/{post}/manage_reply"), &[("hide", "true")]).await.fails(10, None, "threads_manage_replies");
    basic.get("/location_search?q=menlo").await.fails(10, None, "threads_location_tagging");
    basic.get("/110843418940484").await.fails(10, None, "threads_location_tagging");
    let writer = Threads::scoped(&world, "ada", "threads_basic threads_content_publish").await;
    let placed = [("media_type", "TEXT"), ("text", "a"), ("location_id", "110843418940484")];
    writer.make(&placed).await.fails(10, None, "threads_location_tagging");
    writer.make(&text).await.ok();
    basic.get("/me/threads").await.ok();
    basic.get("/me/threads_publishing_limit").await.ok();
    assert_eq!(visible(&world).await, 1);
}
