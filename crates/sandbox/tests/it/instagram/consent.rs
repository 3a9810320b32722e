//! The consent screen: what is asked for, what is granted, where it leads.

use serde_json::json;

use super::client::*;
use crate::support::*;

const PROFILE: &str = "/me?fields=user_id,id,username,name,account_type,profile_picture_url";

#[tokio::test]
async fn an_account_consents_and_the_app_gets_a_token_that_works() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    let me = instagram.get(PROFILE).await.ok();
    assert_eq!((&me.body["username"], &me.body["account_type"]), (&json!(BAKERY), &json!("BUSINESS")));
    assert_eq!((&me.body["name"], &me.body["user_id"]), (&json!("Harbour Bakery"), &json!("17841405000000001")));
    let picture = world.http.get(me.text("profile_picture_url")).send().await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/png");
    // The id for the app is another one; both are taken in paths, unless a test says otherwise.
    let (own, scoped) = (me.text("user_id"), me.text("id"));
    assert_ne!(own, scoped);
    for id in [&own, &scoped] {
        assert_eq!(instagram.get(&format!("/{id}")).await.ok().body, json!({"id": scoped}));
        instagram.get(&format!("/{id}/media")).await.ok();
    }
    instagram.set(json!({"scoped_ids": false})).await;
    instagram.get(&format!("/{scoped}/media")).await.fails(100, 33, &scoped);
    instagram.get(&format!("/{own}/media")).await.ok();
    let creator = Instagram::login(&world, "okonkwophoto").await;
    assert_eq!(creator.get("/me?fields=account_type").await.ok().body["account_type"], "MEDIA_CREATOR");
}

#[tokio::test]
async fn the_screen_can_be_clicked_and_optional_scopes_can_be_unticked() {
    let world = World::start().await;
    let instagram = Instagram::at(&world).await;
    let scopes = "instagram_business_basic,instagram_business_content_publish instagram_business_manage_comments";
    let dialog = instagram.dialog(&[("scope", scopes)]);
    let html = world.page_at(&dialog).await.1;
    for part in [
        "Postrider",
        "value=\"instagram_business_basic\" checked disabled",
        "value=\"instagram_business_manage_comments\" checked>",
        "\"harbourbakery\"",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    let action = html.split("action=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let url = url::Url::parse(&dialog).unwrap().join(&action).unwrap();
    let grant = ("grant", "instagram_business_manage_comments");
    let form = [("account", BAKERY), ("decision", "allow"), ("choose", "on"), grant];
    let back = instagram.decide(url.as_str(), &form).await;
    assert_eq!(found(&back, "state"), "s t&te");
    assert!(back.header("location").ends_with("#_"), "{back:?}");
    let token = instagram.redeem(&found(&back, "code"), &[]).await.ok();
    assert_eq!(token.text("permissions"), "instagram_business_basic,instagram_business_manage_comments");
    let denied = instagram.decide(&dialog, &[("account", BAKERY), ("decision", "deny")]).await;
    assert_eq!((found(&denied, "error"), found(&denied, "state")), ("access_denied".into(), "s t&te".into()));
    assert_eq!(found(&denied, "error_reason"), "user_denied");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_sent_nowhere() {
    let world = World::start().await;
    let instagram = Instagram::at(&world).await;
    let slash = format!("{CALLBACK}/");
    for (changes, why) in [
        ([("client_id", "1")], "App ID"),
        ([("redirect_uri", slash.as_str())], "redirect_uri"),
        ([("response_type", "token")], "response_type"),
        ([("scope", "instagram_business_basic,business_content_publish")], "business_content_publish"),
        ([("scope", "instagram_business_basic,instagram_content_publishing")], "instagram_content_publishing"),
        ([("scope", "instagram_business_content_publish")], "instagram_business_basic is required"),
        ([("scope", "")], "scope"),
    ] {
        let dialog = instagram.dialog(&changes);
        let (status, html) = world.page_at(&dialog).await;
        assert!(status == 400 && html.contains(why), "{changes:?}: {status} {html}");
        let decided = instagram.decide(&dialog, &[("account", BAKERY), ("decision", "allow")]).await;
        assert_eq!(decided.status, 400, "{decided:?}");
    }
    let nobody = [("account", "nobody"), ("decision", "allow")];
    assert_eq!(instagram.decide(&instagram.dialog(&[]), &nobody).await.status, 400);
}

#[tokio::test]
async fn a_personal_account_is_turned_away_at_one_of_three_places() {
    let world = World::start().await;
    let mut instagram = Instagram::at(&world).await;
    let code = instagram.code("ada", SCOPES).await;
    instagram.redeem(&code, &[]).await.fails(10, None, "not an Instagram business or creator account");
    instagram.redeem(&code, &[]).await.fails(100, None, "has been used");
    instagram.set(json!({"personal": "consent"})).await;
    let page = instagram.decide(&instagram.dialog(&[]), &[("account", "ada"), ("decision", "allow")]).await;
    assert_eq!(page.status, 400);
    instagram.set(json!({"personal": "calls"})).await;
    instagram.token = instagram.short("ada", SCOPES).await;
    instagram.get(PROFILE).await.fails(10, None, "not an Instagram business or creator account");
    instagram.settle(json!({"username": "ada", "account_type": "MEDIA_CREATOR"})).await;
    instagram.get(PROFILE).await.ok();
}

#[tokio::test]
async fn the_apps_own_address_is_allowed_from_rust_too() {
    let seconds = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(START));
    let sandbox = postrider_sandbox::Sandbox::new(postrider_sandbox::Options::new(clock(&seconds), 7));
    sandbox.allow_instagram_redirect(CALLBACK);
    sandbox.allow_instagram_redirect(CALLBACK);
    let world = World::over(sandbox, seconds).await;
    assert_eq!(world.json("/_instagram").await["apps"][0]["redirect_uris"], json!([CALLBACK]));
}
