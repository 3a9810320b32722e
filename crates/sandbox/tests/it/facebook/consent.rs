//! The consent screen: what can be clicked, what is sent back.

use serde_json::json;

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn the_screen_can_be_clicked_with_pages_and_scopes_unticked() {
    let world = World::start().await;
    let facebook = Facebook::at(&world).await;
    let dialog = facebook.dialog(&[]);
    let page = world.http.get(&dialog).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(!policy.contains("form-action"), "browsers would stop the redirect");
    let html = page.text().await.unwrap();
    for part in [
        "Postrider",
        "value=\"public_profile\" checked disabled",
        "value=\"pages_manage_posts\" checked>",
        "<legend>Pages of Ada Okonkwo</legend>",
        "name=\"page\" value=\"104857600000001\" checked> Harbour Bakery",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    let action = html.split("action=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let url = url::Url::parse(&dialog).unwrap().join(&action).unwrap();
    // The screen shows everybody's Pages, so those of others come along and count for nothing.
    let form = [
        ("account", "ada"),
        ("decision", "allow"),
        ("choose", "on"),
        ("grant", "pages_show_list"),
        ("page", BAKERY),
        ("page", MARKET),
        ("page", CERAMICS),
    ];
    let back = facebook.decide(url.as_str(), &form).await;
    assert_eq!(found(&back, "state"), "s t&te");
    assert!(back.header("location").ends_with("#_"), "Meta cuts the address off like this: {back:?}");
    let token = facebook.redeem(&found(&back, "code"), &[]).await.ok().text("access_token");
    let facebook = Facebook { token, ..facebook };
    let pages = facebook.get("/me/accounts?fields=id").await.ok();
    assert_eq!(column(&pages, "id"), [json!(BAKERY), json!(MARKET)]);
    let rows = facebook.get("/me/permissions").await.ok().body["data"].as_array().unwrap().clone();
    let of = |name: &str| rows.iter().find(|row| row["permission"] == name).unwrap()["status"].clone();
    assert_eq!((of("public_profile"), of("pages_show_list")), (json!("granted"), json!("granted")));
    assert_eq!(of("pages_manage_posts"), "declined");
}

#[tokio::test]
async fn a_script_chooses_all_pages_or_names_some() {
    let world = World::start().await;
    let facebook = Facebook::at(&world).await;
    for (named, count) in [(vec![], 4), (vec![("page", MARKET)], 1), (vec![("choose", "on"), ("page", CERAMICS)], 0)] {
        let form = [&[("account", "ada"), ("decision", "allow"), ("grant", "pages_show_list")][..], &named].concat();
        let back = facebook.decide(&facebook.dialog(&[]), &form).await;
        let token = facebook.redeem(&found(&back, "code"), &[]).await.ok().text("access_token");
        let facebook = Facebook { token, ..facebook.clone() };
        let pages = facebook.get("/me/accounts").await.ok();
        assert_eq!(pages.body["data"].as_array().unwrap().len(), count, "{named:?}");
    }
    let form = [("account", "ada"), ("decision", "allow"), ("page", "7")];
    assert_eq!(facebook.decide(&facebook.dialog(&[]), &form).await.status, 400);
}

#[tokio::test]
async fn denying_leads_back_with_metas_three_words() {
    let world = World::start().await;
    let facebook = Facebook::at(&world).await;
    let back = facebook.decide(&facebook.dialog(&[]), &[("account", "ada"), ("decision", "deny")]).await;
    assert_eq!((found(&back, "error"), found(&back, "error_reason")), ("access_denied".into(), "user_denied".into()));
    assert_eq!(found(&back, "state"), "s t&te");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_sent_nowhere() {
    let world = World::start().await;
    let facebook = Facebook::at(&world).await;
    let slash = format!("{CALLBACK}/");
    for (changes, why) in [
        ([("client_id", "1")], "App ID"),
        ([("client_id", "")], "client_id"),
        ([("redirect_uri", slash.as_str())], "redirect_uri"),
        ([("response_type", "token")], "response_type"),
        ([("scope", "pages_everything")], "pages_everything"),
    ] {
        let dialog = facebook.dialog(&changes);
        let (status, html) = world.page_at(&dialog).await;
        assert!(status == 400 && html.contains(why), "{changes:?}: {status} {html}");
        assert_eq!(facebook.decide(&dialog, &[("account", "ada"), ("decision", "allow")]).await.status, 400);
    }
    for form in [
        [("account", "nobody"), ("decision", "allow")],
        [("account", "ada"), ("decision", "perhaps")],
        [("acount", "ada"), ("decision", "allow")],
    ] {
        assert_eq!(facebook.decide(&facebook.dialog(&[]), &form).await.status, 400, "{form:?}");
    }
}

#[tokio::test]
async fn the_dialog_is_there_without_a_version_and_without_scopes_too() {
    let world = World::start().await;
    let facebook = Facebook::at(&world).await;
    let dialog = facebook.dialog(&[("scope", ""), ("response_type", "code")]).replace("/v26.0/", "/");
    let back = facebook.decide(&dialog, &[("account", "mei"), ("decision", "allow")]).await;
    let token = facebook.redeem(&found(&back, "code"), &[]).await.ok().text("access_token");
    let facebook = Facebook { token, ..facebook };
    assert_eq!(facebook.get("/me").await.ok().body["name"], "Mei Lindqvist");
    let granted = facebook.get("/me/permissions").await.ok();
    assert_eq!(granted.body["data"], json!([{"permission": "public_profile", "status": "granted"}]));
}

#[tokio::test]
async fn the_apps_own_address_is_allowed_from_rust_too() {
    let seconds = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(START));
    let sandbox = postrider_sandbox::Sandbox::new(postrider_sandbox::Options::new(clock(&seconds), 7));
    sandbox.allow_facebook_redirect(CALLBACK);
    sandbox.allow_facebook_redirect(CALLBACK);
    let world = World::over(sandbox, seconds).await;
    assert_eq!(world.json("/_facebook").await["apps"][0]["redirect_uris"], json!([CALLBACK]));
}

#[tokio::test]
async fn a_dialog_for_other_permissions_takes_none_away() {
    let world = World::start().await;
    let facebook = Facebook::at(&world).await;
    for scope in ["pages_show_list,pages_manage_posts", "pages_show_list,instagram_basic"] {
        facebook.redeem(&facebook.code("ada", scope).await, &[]).await.ok();
    }
    let token = facebook.short("ada", "pages_show_list").await;
    let facebook = Facebook { token, ..facebook };
    let rows = facebook.get("/me/permissions").await.ok().body["data"].as_array().unwrap().clone();
    for name in ["pages_manage_posts", "instagram_basic"] {
        let row = rows.iter().find(|row| row["permission"] == name).unwrap();
        assert_eq!(row["status"], "granted", "{name}");
    }
}
