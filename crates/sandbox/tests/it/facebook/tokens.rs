//! Codes and tokens: what they open, for how long, and what ends them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::client::*;
use crate::support::*;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

#[tokio::test]
async fn a_code_works_once_for_its_app_and_address() {
    let world = World::start().await;
    let facebook = Facebook::at(&world).await;
    let code = facebook.code("ada", SCOPES).await;
    for (changes, words) in [
        ([("client_secret", "0123456789abcdef0123456789abcdef")], "client_secret"),
        ([("client_id", "1")], "client_secret"),
        ([("client_secret", "")], "client_secret is required"),
        ([("redirect_uri", "http://127.0.0.1:9/callback/")], "redirect_uri"),
        ([("redirect_uri", "")], "redirect_uri is required"),
        ([("grant_type", "password")], "grant_type"),
        ([("code", "AQrubbish")], "code is not a valid"),
        ([("scope", "pages_show_list")], "scope is not a documented"),
    ] {
        facebook.redeem(&code, &changes).await.fails(100, None, words);
    }
    let token = facebook.redeem(&code, &[]).await.ok();
    assert_eq!((&token.body["token_type"], &token.body["expires_in"]), (&json!("bearer"), &json!(HOUR)));
    facebook.redeem(&code, &[]).await.fails(100, None, "has been used");
    let late = facebook.code("ada", SCOPES).await;
    world.pass(HOUR);
    facebook.redeem(&late, &[]).await.fails(100, None, "expired");
}

#[tokio::test]
async fn a_short_token_takes_its_pages_tokens_with_it_and_a_long_one_does_not() {
    let world = World::start().await;
    let facebook = Facebook::at(&world).await;
    let short = Facebook { token: facebook.short("ada", SCOPES).await, ..facebook.clone() };
    let page = short.as_page(BAKERY).await;
    let pairs = [("grant_type", "fb_exchange_token"), ("fb_exchange_token", short.token.as_str())];
    let long = facebook.exchange(&pairs).await.ok();
    assert_eq!(long.body["expires_in"], 5_183_944);
    let long = Facebook { token: long.text("access_token"), ..facebook.clone() };
    let lasting = long.as_page(BAKERY).await;
    page.say("one").await;
    world.pass(HOUR);
    page.get("/me").await.fails(190, 463, "expired");
    short.get("/me").await.fails(190, 463, "expired");
    world.pass(61 * DAY);
    long.get("/me").await.fails(190, 463, "expired");
    lasting.say("two").await;
    world.pass(29 * DAY);
    // The data access of the app ends 90 days after the consent.
    lasting.get("/me").await.fails(190, 463, "expired");
}

#[tokio::test]
async fn there_is_no_refreshing() {
    let world = World::start().await;
    let ada = Facebook::person(&world, "ada").await;
    world.pass(30 * DAY);
    let again = ada.exchange(&[("grant_type", "fb_exchange_token"), ("fb_exchange_token", &ada.token)]).await.ok();
    assert_eq!(again.body["expires_in"], 5_183_944 - 30 * DAY);
    ada.exchange(&[("grant_type", "fb_exchange_token"), ("fb_exchange_token", "rubbish")]).await.fails(
        190,
        None,
        "Invalid OAuth",
    );
    let page = ada.as_page(BAKERY).await;
    ada.exchange(&[("grant_type", "fb_exchange_token"), ("fb_exchange_token", &page.token)]).await.fails(
        100,
        None,
        "not a person's token",
    );
}

#[tokio::test]
async fn a_changed_password_ends_everything_from_before() {
    let world = World::start().await;
    let ada = Facebook::person(&world, "ada").await;
    let page = ada.as_page(BAKERY).await;
    world.control("/_facebook/people/ada/password", json!({})).await.ok();
    ada.get("/me").await.fails(190, 460, "changed their password");
    page.post("/me/feed", &[("message", "a")]).await.fails(190, 460, "changed their password");
    world.pass(1);
    Facebook::page(&world, "ada", BAKERY).await.say("again").await;
    assert_eq!(world.control("/_facebook/people/nobody/password", json!({})).await.status, 404);
}

#[tokio::test]
async fn a_lost_role_ends_the_pages_token_only() {
    let world = World::start().await;
    let ada = Facebook::person(&world, "ada").await;
    let page = ada.as_page(BAKERY).await;
    let lost = json!({"username": "harbourbakery", "roles": {"ada": null}});
    world.control("/_facebook/pages", lost).await.ok();
    page.get("/me").await.fails(190, 492, "must be an administrator");
    assert_eq!(column(&ada.get("/me/accounts?fields=id").await.ok(), "id").len(), 3);
    let few = json!({"username": "harbourbakery", "roles": {"ada": {"tasks": ["ANALYZE"], "listed": true}}});
    world.control("/_facebook/pages", few).await.ok();
    page.post("/me/feed", &[("message", "a")]).await.fails(200, None, "CREATE_CONTENT");
    page.get("/me").await.ok();
}

#[tokio::test]
async fn a_person_who_removes_the_app_ends_its_tokens_and_meta_says_so_with_a_signature() {
    let world = World::start().await;
    let urls = json!({"id": APP, "deauthorize_url": "http://127.0.0.1:9/gone", "data_deletion_url": "http://127.0.0.1:9/delete"});
    let ada = Facebook::person(&world, "ada").await;
    let page = ada.as_page(BAKERY).await;
    world.control("/_facebook/apps", urls).await.ok();
    let code = ada.code("ada", SCOPES).await;
    let id = ada.get("/me").await.ok().text("id");
    let told = world.control("/_facebook/people/ada/revoke", json!({"delete_data": true})).await.ok();
    let callbacks = told.body["callbacks"].as_array().unwrap();
    assert_eq!((&callbacks[0]["kind"], &callbacks[1]["kind"]), (&json!("deauthorize"), &json!("data_deletion")));
    assert_eq!(callbacks[1]["url"], "http://127.0.0.1:9/delete");
    let (signature, payload) = callbacks[0]["signed_request"].as_str().unwrap().split_once('.').unwrap();
    let json: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    assert_eq!(json, json!({"algorithm": "HMAC-SHA256", "issued_at": world.now(), "user_id": id}));
    assert_eq!(URL_SAFE_NO_PAD.decode(signature).unwrap(), hmac(SECRET, payload));
    ada.get("/me").await.fails(190, 458, "has not authorized application");
    page.post("/me/feed", &[("message", "a")]).await.fails(190, 458, "has not authorized application");
    ada.redeem(&code, &[]).await.fails(100, None, "code is not a valid");
    let again = world.control("/_facebook/people/ada/revoke", json!({})).await.ok();
    assert_eq!(again.body["callbacks"], json!([]));
    assert_eq!(world.control("/_facebook/people/nobody/revoke", json!({})).await.status, 404);
}

fn hmac(key: &str, message: &str) -> Vec<u8> {
    use hmac::{KeyInit as _, Mac as _};
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[tokio::test]
async fn an_app_gives_back_one_permission_or_all() {
    let world = World::start().await;
    let ada = Facebook::person(&world, "ada").await;
    let page = ada.as_page(BAKERY).await;
    ada.delete("/me/permissions/pages_manage_posts").await.ok();
    page.post("/me/feed", &[("message", "a")]).await.fails(200, None, "pages_manage_posts");
    ada.delete("/me/permissions/everything").await.fails(100, 33, "everything");
    assert_eq!(ada.delete("/me/permissions").await.ok().body, json!({"success": true}));
    page.get("/me").await.fails(190, 458, "has not authorized");
}

#[tokio::test]
async fn a_proof_is_checked_when_it_is_given_and_needed_when_the_app_says_so() {
    let world = World::start().await;
    let ada = Facebook::person(&world, "ada").await;
    let proof: String = hmac(SECRET, &ada.token).iter().map(|byte| format!("{byte:02x}")).collect();
    let with = format!("/me?appsecret_proof={proof}");
    ada.get(&with).await.ok();
    ada.get("/me?appsecret_proof=00").await.fails(100, None, "appsecret_proof");
    ada.set(json!({"require_appsecret_proof": true})).await;
    ada.get("/me").await.fails(100, None, "appsecret_proof is required");
    ada.get(&with).await.ok();
    let log = world.json("/_requests").await.to_string();
    assert!(!log.contains(&ada.token) && !log.contains(SECRET) && !log.contains(&proof), "{log}");
    assert!(log.contains("ada@facebook"), "{log}");
}

#[tokio::test]
async fn tokens_can_be_looked_at() {
    let world = World::start().await;
    let ada = Facebook::person(&world, "ada").await;
    let page = ada.as_page(BAKERY).await;
    let own = ada.exchange(&[("grant_type", "client_credentials")]).await.ok().text("access_token");
    assert_eq!(own, format!("{APP}|{SECRET}"));
    let debug = async |token: &str| {
        let query = encoded(&[("input_token", token), ("access_token", &own)]);
        ada.open(&format!("/v26.0/debug_token?{query}")).await.ok().body["data"].clone()
    };
    let of_ada = debug(&ada.token).await;
    assert_eq!((&of_ada["type"], &of_ada["is_valid"], &of_ada["app_id"]), (&json!("USER"), &json!(true), &json!(APP)));
    assert_eq!(of_ada["expires_at"], world.now() + 5_183_944);
    assert_eq!(of_ada["data_access_expires_at"], world.now() + 90 * DAY);
    assert!(of_ada["scopes"].as_array().unwrap().contains(&json!("pages_manage_posts")));
    let of_page = debug(&page.token).await;
    assert_eq!(
        (&of_page["type"], &of_page["expires_at"], &of_page["profile_id"]),
        (&json!("PAGE"), &json!(0), &json!(BAKERY))
    );
    assert!(of_page["granular_scopes"][0]["target_ids"].as_array().unwrap().contains(&json!(BAKERY)));
    world.control("/_facebook/people/ada/revoke", json!({})).await.ok();
    let dead = debug(&page.token).await;
    assert_eq!((&dead["is_valid"], &dead["error"]["subcode"]), (&json!(false), &json!(458)));
    let query = encoded(&[("input_token", "rubbish"), ("access_token", own.as_str())]);
    ada.open(&format!("/v26.0/debug_token?{query}")).await.fails(100, None, "input_token");
}

#[tokio::test]
async fn the_token_may_come_as_a_parameter_or_in_the_header_but_not_twice_differently() {
    let world = World::start().await;
    let ada = Facebook::person(&world, "ada").await;
    ada.open(&format!("/v26.0/me?access_token={}", ada.token)).await.ok();
    ada.get(&format!("/me?access_token={}", ada.token)).await.ok();
    ada.get("/me?access_token=other").await.fails(100, None, "differs");
    ada.open("/v26.0/me").await.fails(190, None, "access token is required");
    ada.open("/v26.0/me?access_token=rubbish").await.fails(190, None, "Invalid OAuth access token");
}

#[tokio::test]
async fn versions_that_ended_are_answered_by_the_oldest_and_none_is_refused() {
    let world = World::start().await;
    let ada = Facebook::person(&world, "ada").await;
    for (version, answered) in [("v26.0", "v26.0"), ("v22.0", "v22.0"), ("v19.0", "v21.0"), ("v2.12", "v21.0")] {
        let reply = ada.open(&format!("/{version}/me?access_token={}", ada.token)).await.ok();
        assert_eq!(reply.header("facebook-api-version"), answered);
    }
    for path in ["/v27.0/me", "/v26/me", "/v24.5/me", "/oauth/access_token"] {
        let reply = ada.open(&format!("{path}?access_token={}", ada.token)).await;
        reply.fails(2_500, None, "Unknown path");
    }
    assert_eq!(ada.open(&format!("/me?access_token={}", ada.token)).await.status, 404, "a page that is not there");
    ada.set(json!({"unversioned_paths": true})).await;
    ada.open(&format!("/debug_token?access_token={0}&input_token={0}", ada.token)).await.ok();
}

#[tokio::test]
async fn writes_need_the_token_of_the_page_and_its_permissions() {
    let world = World::start().await;
    let ada = Facebook::person(&world, "ada").await;
    let feed = format!("/{BAKERY}/feed");
    let text = [("message", "a")];
    ada.post(&feed, &text).await.fails(200, None, "access token of this Page");
    ada.post(&format!("/{BAKERY}/photos"), &[("url", "http://127.0.0.1:9/a")]).await.fails(200, None, "this Page");
    let market = ada.as_page(MARKET).await;
    market.post(&feed, &text).await.fails(200, None, "access token of this Page");
    market.post("/7/feed", &text).await.fails(100, 33, "'7'");
    let council = ada.as_page(COUNCIL).await;
    council.post("/me/feed", &text).await.fails(200, None, "CREATE_CONTENT");
    let few = Facebook::only(&world, "ada", "pages_show_list,pages_read_engagement").await.as_page(BAKERY).await;
    few.post(&feed, &text).await.fails(200, None, "pages_manage_posts");
    few.post("/me/videos", &[("description", "a")]).await.fails(200, None, "pages_manage_posts");
    let nobody = Facebook { token: "rubbish".into(), ..ada };
    nobody.post(&feed, &text).await.fails(190, None, "Invalid OAuth");
    assert_eq!(visible(&world).await, 0);
}
