//! The consent screen: what is asked for, what is granted, where it leads.

use serde_json::json;

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn a_person_consents_and_the_app_gets_a_token_that_works() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let fields =
        "id,username,name,is_verified,threads_profile_picture_url,threads_biography,is_eligible_for_geo_gating";
    let me = threads.get(&format!("/me?fields={fields}")).await.ok();
    assert_eq!((&me.body["username"], &me.body["name"]), (&json!("ada"), &json!("Ada Okonkwo")));
    let people = world.json("/_threads").await;
    let ada = people["people"].as_array().unwrap().iter().find(|person| person["username"] == "ada").unwrap().clone();
    assert_eq!(me.body["id"], ada["id"]);
    let by_id = threads.get(&format!("/{}", me.text("id"))).await.ok();
    assert_eq!(by_id.body, json!({"id": me.body["id"]}));
}

#[tokio::test]
async fn the_screen_can_be_clicked_and_optional_scopes_can_be_unticked() {
    let world = World::start().await;
    let threads = Threads::at(&world).await;
    let dialog = threads.dialog(&[("scope", "threads_basic,threads_content_publish threads_delete")]);
    let page = world.http.get(&dialog).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(!policy.contains("form-action"), "browsers would stop the redirect");
    let html = page.text().await.unwrap();
    for part in
        ["Postrider", "value=\"threads_basic\" checked disabled", "value=\"threads_delete\" checked>", "\"ada\""]
    {
        assert!(html.contains(part), "{part} in {html}");
    }
    let action = html.split("action=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let url = url::Url::parse(&dialog).unwrap().join(&action).unwrap();
    let form = [("account", "tomas"), ("decision", "allow"), ("choose", "on"), ("grant", "threads_delete")];
    let back = threads.decide(url.as_str(), &form).await;
    assert_eq!(found(&back, "state"), "s t&te");
    assert!(back.header("location").ends_with("#_"), "Meta cuts the address off like this: {back:?}");
    let token = threads.redeem(&found(&back, "code"), &[]).await.ok().text("access_token");
    let debug = threads.open(&format!("/v1.0/debug_token?input_token={token}&access_token=TH|{APP}|{SECRET}")).await;
    assert_eq!(debug.ok().body["data"]["scopes"], json!(["threads_basic", "threads_delete"]));
}

#[tokio::test]
async fn denying_leads_back_with_metas_three_words() {
    let world = World::start().await;
    let threads = Threads::at(&world).await;
    let back = threads.decide(&threads.dialog(&[]), &[("account", "ada"), ("decision", "deny")]).await;
    assert_eq!((found(&back, "error"), found(&back, "error_reason")), ("access_denied".into(), "user_denied".into()));
    assert_eq!(found(&back, "error_description"), "The user denied the request");
    assert_eq!(found(&back, "state"), "s t&te");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_sent_nowhere() {
    let world = World::start().await;
    let threads = Threads::at(&world).await;
    let slash = format!("{CALLBACK}/");
    for (changes, why) in [
        ([("client_id", "1")], "App ID"),
        ([("client_id", "")], "client_id"),
        ([("redirect_uri", slash.as_str())], "redirect_uri"),
        ([("response_type", "token")], "response_type"),
        ([("scope", "threads_basic,threads_everything")], "threads_everything"),
        ([("scope", "threads_content_publish")], "threads_basic is required"),
        ([("scope", "")], "scope"),
    ] {
        let dialog = threads.dialog(&changes);
        let (status, html) = world.page_at(&dialog).await;
        assert!(status == 400 && html.contains(why), "{changes:?}: {status} {html}");
        let decided = threads.decide(&dialog, &[("account", "ada"), ("decision", "allow")]).await;
        assert_eq!(decided.status, 400, "{decided:?}");
    }
    for form in [
        [("account", "nobody"), ("decision", "allow")],
        [("account", "ada"), ("decision", "perhaps")],
        [("acount", "ada"), ("decision", "allow")],
    ] {
        assert_eq!(threads.decide(&threads.dialog(&[]), &form).await.status, 400, "{form:?}");
    }
}

#[tokio::test]
async fn the_apps_own_address_is_allowed_from_rust_too() {
    let seconds = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(START));
    let sandbox = postrider_sandbox::Sandbox::new(postrider_sandbox::Options::new(clock(&seconds), 7));
    sandbox.allow_threads_redirect(CALLBACK);
    sandbox.allow_threads_redirect(CALLBACK);
    let world = World::over(sandbox, seconds).await;
    assert_eq!(world.json("/_threads").await["apps"][0]["redirect_uris"], json!([CALLBACK]));
}
