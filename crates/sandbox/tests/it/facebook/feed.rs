//! Texts, links, many photos, and when they are public.

use serde_json::json;

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn a_text_is_public_at_once_and_its_fields_can_come_with_the_answer() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let pairs = [("message", "Bread, by @[104857600000007]"), ("link", "https://a.example/x"), ("place", MARKET)];
    let fields = "id,message,message_tags,permalink_url,place{name},attachments{type,target{url}},is_published";
    let said = page.post(&format!("/{BAKERY}/feed?fields={fields}"), &pairs).await.ok();
    let id = said.text("id");
    assert!(id.starts_with(&format!("{BAKERY}_")), "{id}");
    assert_eq!(said.body["message"], "Bread, by Ferreira Ceramics");
    assert_eq!(said.body["message_tags"][0]["id"], CERAMICS);
    assert_eq!(said.body["place"], json!({"name": "Quay Street Market"}));
    assert_eq!(said.body["attachments"]["data"][0], json!({"type": "share", "target": {"url": "https://a.example/x"}}));
    let entry = last(&world).await;
    assert_eq!((&entry["platform"], &entry["account"]), (&json!("facebook"), &json!("harbourbakery")));
    assert_eq!((&entry["text"], &entry["id"]), (&json!("Bread, by Ferreira Ceramics"), &json!(id)));
    let (status, html) = world.page_at(&said.text("permalink_url")).await;
    assert!(status == 200 && html.contains("Bread, by Ferreira Ceramics"), "{html}");
    assert_eq!(page.post("/me/feed", &[("message", "plain")]).await.ok().body.as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn something_must_be_said_and_not_too_much_of_it() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    page.post("/me/feed", &[]).await.fails(100, None, "message is required");
    page.post("/me/feed", &[("message", "")]).await.fails(100, None, "message is required");
    page.post_json("/me/feed", json!({"message": "ü".repeat(63_206)})).await.ok();
    page.post_json("/me/feed", json!({"message": "ü".repeat(63_207)})).await.fails(100, None, "63206 characters");
    page.post("/me/feed", &[("message", "a"), ("colour", "red")]).await.fails(100, None, "colour is not a documented");
    page.post("/me/feed", &[("message", "a"), ("method", "delete")]).await.fails(100, None, "method is not");
    page.post("/me/feed", &[("message", "a"), ("place", "7")]).await.fails(100, None, "place");
    page.post("/me/feed?message=b", &[("message", "a")]).await.fails(100, None, "given twice");
    assert_eq!(visible(&world).await, 1);
}

#[tokio::test]
async fn the_same_text_twice_in_a_row_is_refused() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    page.say("one").await;
    page.post("/me/feed", &[("message", "one")]).await.fails(506, None, "Duplicate");
    page.say("two").await;
    page.say("one").await;
    let market = Facebook::page(&world, "ada", MARKET).await;
    market.say("one").await;
    assert_eq!(visible(&world).await, 4);
}

#[tokio::test]
async fn links_and_backgrounds_have_refusals_of_their_own() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    page.post("/me/feed", &[("link", "https://www.facebook.com/x")]).await.fails(100, 1_609_008, "facebook.com");
    page.post("/me/feed", &[("link", "not a link")]).await.fails(100, 2_061_006, "invalid");
    let background = async |id: &str| page.post("/me/feed", &[("message", "a"), ("text_format_preset_id", id)]).await;
    background("blue").await.fails(100, None, "text_format_preset_id");
    let retired = background("7").await;
    assert_eq!((retired.status, &retired.body["error"]["code"]), (500, &json!(1)), "{retired:?}");
    background("106018623298955").await.ok();
}

#[tokio::test]
async fn many_photos_come_as_a_list_or_indexed() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let (one, two) = (page.photo().await, page.photo().await);
    assert_eq!(visible(&world).await, 0, "unpublished photos are seen by nobody");
    let media = |id: &str| json!({"media_fbid": id}).to_string();
    let (first, second) = (media(&one), media(&two));
    let indexed =
        [("message", "Two loaves"), ("attached_media[0]", first.as_str()), ("attached_media[1]", second.as_str())];
    let id = page.post("/me/feed", &indexed).await.ok().text("id");
    let entry = last(&world).await;
    assert_eq!((entry["media"].as_array().unwrap().len(), &entry["id"]), (2, &json!(id)));
    let post = page.get(&format!("/{id}?fields=attachments{{type,subattachments{{target{{id}}}}}}")).await.ok();
    let album = &post.body["attachments"]["data"][0];
    assert_eq!((&album["type"], &album["subattachments"]["data"][1]["target"]["id"]), (&json!("album"), &json!(two)));
    let photo = page.get(&format!("/{one}?fields=page_story_id,link")).await.ok();
    assert_eq!(photo.body["page_story_id"], json!(id));
    // The same photos again, a foreign one, one that is not there, one twice.
    let list = json!({"message": "again", "attached_media": [{"media_fbid": one}]});
    page.post_json("/me/feed", list).await.fails(100, 1_366_051, "already posted");
    let market = Facebook::page(&world, "ada", MARKET).await;
    let foreign = market.photo().await;
    let fresh = page.photo().await;
    for (media, words) in [
        (json!([{"media_fbid": foreign}]), "no photo of this Page"),
        (json!([{"media_fbid": "7"}]), "no photo of this Page"),
        (json!([{"media_fbid": fresh}, {"media_fbid": fresh}]), "twice"),
        (json!([{"media_fbid": fresh, "caption": "x"}]), "media_fbid"),
        (json!([]), "must be a list"),
        (json!({"media_fbid": fresh}), "must be a list"),
    ] {
        page.post_json("/me/feed", json!({"attached_media": media})).await.fails(100, None, words);
    }
    let gap = [("attached_media[1]", first.as_str())];
    page.post("/me/feed", &gap).await.fails(100, None, "without a gap");
    page.post_json("/me/feed", json!({"attached_media": [{"media_fbid": fresh}]})).await.ok();
}

#[tokio::test]
async fn a_scheduled_post_becomes_public_when_its_time_has_come() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let at = (START + 600).to_string();
    let pairs = [("message", "later"), ("published", "false"), ("scheduled_publish_time", at.as_str())];
    let id = page.post("/me/feed", &pairs).await.ok().text("id");
    let waiting = page.get("/me/scheduled_posts?fields=id,message,scheduled_publish_time").await.ok();
    assert_eq!(
        (column(&waiting, "id"), column(&waiting, "scheduled_publish_time")),
        (vec![json!(id)], vec![json!(START + 600)])
    );
    world.pass(599);
    page.say("meanwhile").await;
    assert_eq!(visible(&world).await, 1);
    world.pass(1_000);
    assert_eq!(visible(&world).await, 2);
    let entry = last(&world).await;
    assert_eq!((&entry["at"], &entry["text"]), (&json!("2026-11-23T08:10:00Z"), &json!("later")));
    let listed = page.get("/me/published_posts?fields=message,created_time").await.ok();
    assert_eq!(column(&listed, "message"), [json!("later"), json!("meanwhile")]);
    assert_eq!(listed.body["data"][0]["created_time"], "2026-11-23T08:10:00+0000");
    assert_eq!(page.get("/me/scheduled_posts").await.ok().body["data"], json!([]));
}

#[tokio::test]
async fn a_time_that_cannot_be_is_refused() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let month = 30 * 86_400;
    for (published, at, words) in [
        ("true", START + 3_600, "published=false"),
        ("false", START - 3_600, "at least 10 minutes"),
        ("false", START + 599, "at least 10 minutes"),
        ("false", START + month + 1, "within the allowed time"),
    ] {
        let at = at.to_string();
        let pairs = [("message", "a"), ("published", published), ("scheduled_publish_time", at.as_str())];
        page.post("/me/feed", &pairs).await.fails(100, None, words);
    }
    page.set(json!({"schedule_horizon_days": 75})).await;
    let at = (START + month + 1).to_string();
    let pairs = [("message", "a"), ("published", "false"), ("scheduled_publish_time", at.as_str())];
    page.post("/me/feed", &pairs).await.ok();
    assert_eq!(visible(&world).await, 0);
}

#[tokio::test]
async fn a_draft_is_seen_by_nobody_until_it_is_published() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let pairs = [("message", "draft"), ("published", "false"), ("unpublished_content_type", "DRAFT")];
    let id = page.post("/me/feed", &pairs).await.ok().text("id");
    let shown = page.get(&format!("/{id}?fields=is_published")).await.ok();
    assert_eq!(shown.body["is_published"], false);
    assert_eq!((visible(&world).await, page.get("/me/feed").await.ok().body), (0, json!({"data": []})));
    page.post(&format!("/{id}"), &[("is_published", "true")]).await.ok();
    assert_eq!((visible(&world).await, &last(&world).await["id"]), (1, &json!(id)));
}
