//! Codes and tokens: what they open, for how long, and what ends them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{KeyInit as _, Mac as _};
use serde_json::{Value, json};

use super::client::*;
use crate::support::*;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const BASIC: &str = "instagram_business_basic";

#[tokio::test]
async fn a_code_works_once_within_an_hour_for_its_app_and_address() {
    let world = World::start().await;
    let instagram = Instagram::at(&world).await;
    let code = instagram.code(BAKERY, BASIC).await;
    for (changes, words) in [
        ([("client_secret", "0123456789abcdef0123456789abcdef")], "client_secret"),
        ([("client_id", "1")], "client_secret"),
        ([("client_secret", "")], "client_secret is required"),
        ([("redirect_uri", "http://127.0.0.1:9/callback/")], "redirect_uri"),
        ([("redirect_uri", "")], "redirect_uri is required"),
        ([("grant_type", "password")], "grant_type"),
        ([("code", "AQrubbish")], "code is not a valid"),
        ([("scope", BASIC)], "scope is not a documented"),
    ] {
        instagram.redeem(&code, &changes).await.fails(100, None, words);
    }
    let token = instagram.redeem(&code, &[]).await.ok();
    assert_eq!((token.text("user_id"), token.text("permissions")), ("17841405000000001".into(), BASIC.into()));
    assert!(token.body.get("expires_in").is_none(), "{token:?}");
    instagram.redeem(&code, &[]).await.fails(100, None, "has been used");
    let late = instagram.code(BAKERY, BASIC).await;
    world.pass(HOUR);
    instagram.redeem(&late, &[]).await.fails(100, None, "expired");
    instagram.set(json!({"token_shape": "data"})).await;
    let code = instagram.code(BAKERY, BASIC).await;
    let listed = instagram.redeem(&code, &[]).await.ok().body["data"][0].clone();
    assert_eq!((&listed["user_id"], &listed["permissions"]), (&json!("17841405000000001"), &json!(BASIC)));
}

#[tokio::test]
async fn a_short_token_lives_an_hour_and_a_long_one_sixty_days() {
    let world = World::start().await;
    let instagram = Instagram::at(&world).await;
    let short = instagram.short(BAKERY, BASIC).await;
    instagram.exchange(&short, &[("client_secret", "wrong")]).await.fails(100, None, "client_secret");
    instagram.exchange(&short, &[("grant_type", "th_exchange_token")]).await.fails(100, None, "grant_type");
    instagram.exchange("IGAArubbish", &[]).await.fails(190, None, "Invalid OAuth access token");
    let long = instagram.exchange(&short, &[]).await.ok();
    assert_eq!((&long.body["token_type"], &long.body["expires_in"]), (&json!("bearer"), &json!(5_184_000)));
    let long = long.text("access_token");
    instagram.exchange(&long, &[]).await.fails(100, None, "short-lived");
    let me = async |token: &str| instagram.open(&format!("/v26.0/me?access_token={token}")).await;
    world.pass(HOUR - 1);
    me(&short).await.ok();
    world.pass(1);
    me(&short).await.fails(190, 463, "Session has expired");
    instagram.exchange(&short, &[]).await.fails(190, 463, "Session has expired");
    world.pass(60 * DAY - HOUR - 1);
    me(&long).await.ok();
    world.pass(1);
    me(&long).await.fails(190, 463, "Session has expired");
}

#[tokio::test]
async fn a_long_token_is_refreshed_between_its_first_day_and_its_end() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    let short = instagram.short(BAKERY, BASIC).await;
    instagram.refresh(&instagram.token).await.fails(100, None, "24 hours old");
    instagram.refresh(&short).await.fails(100, None, "long-lived");
    world.pass(DAY - 1);
    instagram.refresh(&instagram.token).await.fails(100, None, "24 hours old");
    world.pass(1);
    let next = instagram.refresh(&instagram.token).await.ok();
    assert_eq!((&next.body["expires_in"], &next.body["permissions"]), (&json!(5_184_000), &json!(SCOPES)));
    let next = next.text("access_token");
    assert_ne!(next, instagram.token);
    world.pass(60 * DAY - 1);
    instagram.get("/me").await.fails(190, 463, "expired");
    let last = instagram.refresh(&next).await.ok().text("access_token");
    world.pass(60 * DAY);
    instagram.refresh(&last).await.fails(190, 463, "expired");
}

#[tokio::test]
async fn tokens_are_given_out_with_and_without_a_version() {
    let world = World::start().await;
    let instagram = Instagram::at(&world).await;
    let short = instagram.short(BAKERY, BASIC).await;
    let query = encoded(&[("grant_type", "ig_exchange_token"), ("client_secret", SECRET), ("access_token", &short)]);
    instagram.open(&format!("/v25.0/access_token?{query}")).await.ok();
    instagram.open(&format!("/access_token?{query}")).await.ok();
    instagram.open(&format!("/v9/access_token?{query}")).await.fails(2500, None, "Unknown path");
}

#[tokio::test]
async fn the_token_may_come_as_a_parameter_or_in_the_header_and_with_a_proof() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    instagram.open(&format!("/v26.0/me?access_token={}", instagram.token)).await.ok();
    instagram.get(&format!("/me?access_token={}", instagram.token)).await.ok();
    instagram.get("/me?access_token=other").await.fails(100, None, "differs");
    instagram.open("/v26.0/me").await.fails(190, None, "access token is required");
    instagram.open("/v26.0/me?access_token=rubbish").await.fails(190, None, "Invalid OAuth access token");
    let url = "http://127.0.0.1:9/a.jpg";
    let form = [("access_token", instagram.token.as_str()), ("image_url", url)];
    instagram.form("/v26.0/me/media", &form).await.fails(9_004, 2_207_052, "");
    let proof: String = hmac(SECRET, &instagram.token).iter().map(|byte| format!("{byte:02x}")).collect();
    instagram.get(&format!("/me?appsecret_proof={proof}")).await.ok();
    instagram.get("/me?appsecret_proof=00").await.fails(100, None, "Invalid appsecret_proof");
    // No secret is written to the log, wherever it came.
    instagram.exchange(&instagram.token, &[]).await;
    let log = world.json("/_requests").await.to_string();
    assert!(!log.contains(&instagram.token) && !log.contains(SECRET), "{log}");
    assert!(log.contains("harbourbakery@instagram"), "{log}");
}

#[tokio::test]
async fn an_account_that_removes_the_app_ends_its_tokens_and_meta_says_so_with_a_signature() {
    let world = World::start().await;
    let urls = json!({"id": APP, "deauthorize_url": "http://127.0.0.1:9/gone",
        "data_deletion_url": "http://127.0.0.1:9/delete"});
    let instagram = Instagram::login(&world, BAKERY).await;
    let other = Instagram::login(&world, "okonkwophoto").await;
    world.control("/_instagram/apps", urls).await.ok();
    let code = instagram.code(BAKERY, BASIC).await;
    let id = instagram.get("/me").await.ok().text("id");
    let told = world.control("/_instagram/accounts/harbourbakery/revoke", json!({"delete_data": true})).await.ok();
    let callbacks = told.body["callbacks"].as_array().unwrap();
    let kinds: Vec<_> = callbacks.iter().map(|callback| callback["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["deauthorize", "data_deletion"]);
    let (signature, payload) = callbacks[0]["signed_request"].as_str().unwrap().split_once('.').unwrap();
    let read: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    assert_eq!(read, json!({"algorithm": "HMAC-SHA256", "issued_at": world.now(), "user_id": id}));
    assert_eq!(URL_SAFE_NO_PAD.decode(signature).unwrap(), hmac(SECRET, payload));
    instagram.get("/me").await.fails(190, 458, "has not authorized application");
    instagram.refresh(&instagram.token).await.fails(190, 458, "not authorized");
    instagram.redeem(&code, &[]).await.fails(100, None, "code is not a valid");
    other.set(json!({"callback_id": "user_id"})).await;
    let told = world.control("/_instagram/accounts/okonkwophoto/revoke", json!({"app_id": APP})).await.ok();
    let payload = told.body["callbacks"][0]["signed_request"].as_str().unwrap().split_once('.').unwrap().1;
    let read: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    assert_eq!(read["user_id"], "17841405000000003");
    assert_eq!(world.control("/_instagram/accounts/nobody/revoke", json!({})).await.status, 404);
}

fn hmac(key: &str, message: &str) -> Vec<u8> {
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[tokio::test]
async fn a_new_password_and_the_end_of_time_end_what_was_granted() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    world.control("/_instagram/accounts/harbourbakery/password", json!({})).await.ok();
    instagram.get("/me").await.fails(190, 460, "changed their password");
    instagram.refresh(&instagram.token).await.fails(190, 460, "changed their password");
    world.pass(1);
    let again = Instagram::login(&world, BAKERY).await;
    again.get("/me").await.ok();
    world.control("/_instagram/accounts/harbourbakery/expire", json!({})).await.ok();
    again.get("/me").await.fails(190, 463, "expired");
    for path in ["password", "expire"] {
        assert_eq!(world.control(&format!("/_instagram/accounts/nobody/{path}"), json!({})).await.status, 404);
    }
}

#[tokio::test]
async fn each_call_needs_its_own_permission() {
    let world = World::start().await;
    let shelf = Shelf::open().await;
    let all = Instagram::quick(&world, BAKERY).await;
    let post = all.say(&shelf, "one").await;
    let comment = all.post(&format!("/{post}/comments"), &[("message", "first")]).await.ok().text("id");
    let basic = Instagram::scoped(&world, BAKERY, BASIC).await;
    let picture = [("image_url", "http://127.0.0.1:9/a.jpg")];
    basic.make(&picture).await.fails(10, None, "instagram_business_content_publish");
    basic.publish("7").await.fails(10, None, "instagram_business_content_publish");
    let text = [("message", "a")];
    basic.post(&format!("/{post}/comments"), &text).await.fails(10, None, "instagram_business_manage_comments");
    basic.get(&format!("/{post}/comments")).await.fails(10, None, "instagram_business_manage_comments");
    basic.get(&format!("/{comment}")).await.fails(10, None, "instagram_business_manage_comments");
    basic.get(&format!("/{post}?fields=permalink")).await.ok();
    basic.get("/me/media").await.ok();
    basic.get("/me/content_publishing_limit").await.ok();
    assert_eq!(visible(&world).await, 2);
}
