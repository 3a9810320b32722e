//! Comments: the first one below a post, answers, pictures, their list.

use serde_json::json;

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn a_first_comment_is_said_and_found_again() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let post = page.say("Bread").await;
    let path = format!("/{post}/comments");
    let id = page.post(&path, &[("message", "More at https://a.example")]).await.ok().text("id");
    let entry = last(&world).await;
    assert_eq!((&entry["reply_to"], &entry["id"]), (&json!(post), &json!(id)));
    assert_eq!((&entry["account"], &entry["text"]), (&json!("harbourbakery"), &json!("More at https://a.example")));
    let listed =
        page.get(&format!("{path}?fields=id,message,from,created_time&order=reverse_chronological")).await.ok();
    let want = json!({"id": id, "message": "More at https://a.example", "created_time": "2026-11-23T08:00:00+0000",
        "from": {"id": BAKERY, "name": "Harbour Bakery"}});
    assert_eq!(listed.body["data"][0], want);
    assert_eq!(page.get(&format!("/{id}?fields=object")).await.ok().body["object"]["id"], json!(post));
    let link = page.get(&format!("/{post}?fields=permalink_url")).await.ok().text("permalink_url");
    assert!(world.page_at(&link).await.1.contains("More at https://a.example"));
}

#[tokio::test]
async fn comments_are_answered_changed_and_deleted() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let post = page.say("Bread").await;
    let path = format!("/{post}/comments");
    let first = page.post(&path, &[("message", "one")]).await.ok().text("id");
    let second = page.post(&path, &[("message", "two")]).await.ok().text("id");
    let answer = page.post(&format!("/{first}/comments"), &[("message", "nested")]).await.ok().text("id");
    let ids = async |query: &str| column(&page.get(&format!("{path}?fields=id{query}")).await.ok(), "id");
    assert_eq!(ids("").await, [json!(first), json!(second)]);
    assert_eq!(ids("&order=reverse_chronological&limit=1").await, [json!(second)]);
    assert_eq!(ids("&filter=stream").await.len(), 3);
    page.get(&format!("{path}?order=best")).await.fails(100, None, "order");
    let nested = page.get(&format!("/{first}/comments?fields=parent{{id}}")).await.ok();
    assert_eq!(nested.body["data"], json!([{"id": answer, "parent": {"id": first}}]));
    page.post(&format!("/{second}"), &[("message", "changed")]).await.ok();
    assert_eq!(page.get(&format!("/{second}?fields=message")).await.ok().body["message"], "changed");
    page.delete(&format!("/{second}")).await.ok();
    page.get(&format!("/{second}")).await.fails(100, 33, &second);
    assert_eq!(last(&world).await["action"], "delete");
}

#[tokio::test]
async fn a_comment_may_have_a_picture_and_must_say_something() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let shelf = Shelf::open().await;
    let post = page.say("Bread").await;
    let path = format!("/{post}/comments");
    let url = shelf.put("loaf.png", picture());
    let id = page.post(&path, &[("attachment_url", &url)]).await.ok().text("id");
    let shown = page.get(&format!("/{id}?fields=attachment{{type,media}}")).await.ok();
    assert_eq!(shown.body["attachment"]["type"], "photo");
    let source = shown.body["attachment"]["media"]["image"]["src"].as_str().unwrap();
    assert_eq!(world.http.get(source).send().await.unwrap().bytes().await.unwrap(), picture());
    page.post(&path, &[]).await.fails(100, None, "message is required");
    page.post(&path, &[("message", &"a".repeat(8_001))]).await.fails(100, None, "8000 characters");
    page.post(&path, &[("message", "a"), ("colour", "red")]).await.fails(100, None, "colour");
    page.post(&path, &[("attachment_url", &shelf.url("missing"))]).await.fails(100, None, "could not be fetched");
    page.post("/7/comments", &[("message", "a")]).await.fails(100, 33, "'7'");
    let market = Facebook::page(&world, "ada", MARKET).await;
    market.post(&path, &[("message", "a")]).await.fails(200, None, "this Page");
    let few = "pages_show_list,pages_read_engagement,pages_manage_posts";
    let few = Facebook::only(&world, "ada", few).await.as_page(BAKERY).await;
    few.post(&path, &[("message", "a")]).await.fails(200, None, "pages_manage_engagement");
}
