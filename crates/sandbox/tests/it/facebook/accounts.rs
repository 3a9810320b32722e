//! The Pages of a person, and portfolios with theirs.

use serde_json::json;

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn the_pages_of_a_person_come_with_tokens_tasks_and_instagram() {
    let world = World::start().await;
    let ada = Facebook::person(&world, "ada").await;
    let fields = "id,name,username,access_token,tasks,picture{url},instagram_business_account{id}";
    let pages = ada.get(&format!("/me/accounts?fields={fields}&limit=100")).await.ok();
    let names = ["Harbour Bakery", "Quay Street Market", "Okonkwo Photography", "Galway Town Council"];
    assert_eq!(column(&pages, "name"), names.map(|name| json!(name)));
    let bakery = &pages.body["data"][0];
    assert_eq!((&bakery["username"], &bakery["id"]), (&json!("harbourbakery"), &json!(BAKERY)));
    assert_eq!(bakery["instagram_business_account"], json!({"id": "17841405000000001"}));
    assert!(bakery["picture"]["data"]["url"].as_str().unwrap().ends_with("/avatar.png"));
    assert!(bakery["tasks"].as_array().unwrap().contains(&json!("CREATE_CONTENT")));
    let council = &pages.body["data"][3];
    assert_eq!(council["tasks"], json!(["ADVERTISE", "ANALYZE"]));
    assert!(council.get("instagram_business_account").is_none());
    let plain = ada.get("/me/accounts").await.ok();
    assert_eq!(plain.body["data"][0]["access_token"], bakery["access_token"], "the same token for the same parent");
    assert!(plain.body["data"][0]["category_list"].is_array());
    ada.get("/me/accounts?fields=nickname").await.fails(100, None, "nonexisting field (nickname) on node type (Page)");
    ada.get("/me/accounts?colour=red").await.fails(100, None, "colour is not a documented");
}

#[tokio::test]
async fn pages_are_paged() {
    let world = World::start().await;
    let ada = Facebook::person(&world, "ada").await;
    let first = ada.get("/me/accounts?fields=id&limit=3").await.ok();
    let after = first.body["paging"]["cursors"]["after"].as_str().unwrap();
    let second = ada.get(&format!("/me/accounts?fields=id&limit=3&after={after}")).await.ok();
    assert_eq!((column(&first, "id").len(), column(&second, "id")), (3, vec![json!(COUNCIL)]));
}

#[tokio::test]
async fn what_only_a_portfolio_shows_is_found_there() {
    let world = World::start().await;
    let ada = Facebook::person(&world, "ada").await;
    let fields = "id,name,owned_pages{id,name,access_token,tasks},client_pages{id,name}";
    let found = ada.get(&format!("/me/businesses?fields={fields}")).await.ok();
    let media = &found.body["data"][0];
    assert_eq!(media["name"], "Okonkwo Media");
    assert_eq!(media["owned_pages"]["data"][0]["name"], "Lighthouse Café");
    assert_eq!(media["client_pages"]["data"], json!([{"id": "104857600000006", "name": "Aran Ferries"}]));
    let id = media["id"].as_str().unwrap();
    let owned = ada.get(&format!("/{id}/owned_pages?fields=id,access_token")).await.ok();
    assert_eq!(owned.body["data"][0]["access_token"], media["owned_pages"]["data"][0]["access_token"]);
    assert_eq!(column(&ada.get(&format!("/{id}/client_pages")).await.ok(), "name"), [json!("Aran Ferries")]);
    assert_eq!(ada.get(&format!("/{id}")).await.ok().body["name"], "Okonkwo Media");
    // Its Page is published to like any other.
    let token = owned.body["data"][0]["access_token"].as_str().unwrap().to_owned();
    Facebook { token, ..ada.clone() }.say("From the lighthouse").await;
    let tomas = Facebook::person(&world, "tomas").await;
    assert_eq!(tomas.get("/me/businesses").await.ok().body["data"], json!([]));
    tomas.get(&format!("/{id}/owned_pages")).await.fails(100, 33, id);
}

#[tokio::test]
async fn each_list_needs_its_permission() {
    let world = World::start().await;
    let ada = Facebook::scoped(&world, "ada", "pages_read_engagement").await;
    ada.get("/me/accounts").await.fails(10, None, "pages_show_list");
    ada.get("/me/businesses").await.fails(10, None, "business_management");
    ada.get("/104857600000007").await.fails(100, 33, CERAMICS);
    ada.get(&format!("/{BAKERY}?fields=name,username")).await.ok();
}

#[tokio::test]
async fn an_account_of_instagram_is_a_node_of_this_host() {
    let world = World::start().await;
    let scopes = "pages_show_list,pages_read_engagement,instagram_basic";
    let ada = Facebook::scoped(&world, "ada", scopes).await;
    assert_eq!(ada.get("/17841405000000001").await.ok().body, json!({"id": "17841405000000001"}));
    ada.get("/17841405000000005").await.fails(100, 33, "17841405000000005");
    ada.post("/17841405000000001/media", &[]).await.fails(10, None, "instagram_content_publish");
    let mut nobody = ada.clone();
    nobody.token = "rubbish".into();
    nobody.get("/17841405000000001").await.fails(190, None, "Invalid OAuth");
}

#[tokio::test]
async fn pages_people_and_portfolios_can_be_added() {
    let world = World::start().await;
    let person = world.control("/_facebook/people", json!({"username": "noor", "name": "Noor Ali"})).await;
    assert_eq!(person.status, 201, "{person:?}");
    let business = world.control("/_facebook/businesses", json!({"name": "Noor & Co", "people": ["noor"]})).await;
    let page = json!({"username": "noors", "name": "Noor's", "instagram": "17841405000000099",
        "owner": business.text("id"), "roles": {"noor": {"tasks": ["CREATE_CONTENT"], "listed": false}}});
    let page = world.control("/_facebook/pages", page).await;
    assert_eq!(page.status, 201, "{page:?}");
    let noor = Facebook::page(&world, "noor", &page.text("id")).await;
    noor.say("Hello").await;
    assert_eq!(last(&world).await["account"], "noors");
    let changed = world.control("/_facebook/pages", json!({"username": "noors", "instagram": ""})).await.ok();
    assert_eq!((&changed.body["instagram"], &changed.body["name"]), (&json!(null), &json!("Noor's")));
}

#[tokio::test]
async fn a_page_subscribes_an_app_to_its_webhooks() {
    let world = World::start().await;
    let page = Facebook::page(&world, "ada", BAKERY).await;
    page.post("/me/subscribed_apps", &[("subscribed_fields", "feed,mention")]).await.ok();
    let rows = page.get("/me/subscribed_apps").await.ok();
    assert_eq!(rows.body["data"], json!([{"id": APP, "subscribed_fields": ["feed", "mention"]}]));
    page.post("/me/subscribed_apps", &[("subscribed_fields", "everything")]).await.fails(100, None, "everything");
    page.post("/me/subscribed_apps", &[]).await.fails(100, None, "subscribed_fields is required");
    page.delete("/me/subscribed_apps").await.ok();
    assert_eq!(page.get("/me/subscribed_apps").await.ok().body["data"], json!([]));
}
