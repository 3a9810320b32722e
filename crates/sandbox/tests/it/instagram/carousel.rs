//! Carousels: items first, then the parent, each of them finished.

use serde_json::json;

use super::client::*;
use crate::support::*;

async fn item(instagram: &Instagram<'_>, shelf: &Shelf, width: u16) -> String {
    let url = shelf.put(&format!("{width}.jpg"), jpeg(width, 1_000));
    let alt = format!("Picture {width}");
    instagram.container(&[("image_url", &url), ("is_carousel_item", "true"), ("alt_text", &alt)]).await
}

async fn parent(instagram: &Instagram<'_>, children: &str) -> Reply {
    instagram.make(&[("media_type", "CAROUSEL"), ("children", children), ("caption", "Two loaves")]).await
}

#[tokio::test]
async fn items_and_parent_are_waited_for_in_turn() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let first = item(&instagram, &shelf, 1_080).await;
    let url = shelf.put("film.mp4", Film::default().bytes());
    let second = [("media_type", "VIDEO"), ("video_url", url.as_str()), ("is_carousel_item", "true")];
    let second = instagram.container(&second).await;
    let children = format!("{second},{first}");
    world.pass(9);
    parent(&instagram, &children).await.fails(100, None, "is not FINISHED");
    world.pass(1);
    let id = parent(&instagram, &children).await.ok().text("id");
    instagram.publish(&id).await.fails(9_007, 2_207_027, "not available");
    world.pass(2);
    instagram.publish(&first).await.fails(100, None, "item of a carousel");
    let post = instagram.publish(&id).await.ok().text("id");
    let fields = "media_type,media_product_type,caption,media_url,children{media_type,media_url,alt_text}";
    let shown = instagram.get(&format!("/{post}?fields={fields}")).await.ok();
    assert_eq!((&shown.body["media_type"], &shown.body["caption"]), (&json!("CAROUSEL_ALBUM"), &json!("Two loaves")));
    assert_eq!(shown.body["media_product_type"], "FEED");
    let data = shown.body["children"]["data"].as_array().unwrap();
    let kinds: Vec<_> = data.iter().map(|child| (&child["media_type"], &child["alt_text"])).collect();
    assert_eq!(kinds, [(&json!("VIDEO"), &json!(null)), (&json!("IMAGE"), &json!("Picture 1080"))]);
    assert_eq!(shown.body["media_url"], data[0]["media_url"], "the first of them stands for all");
    let file = world.http.get(data[1]["media_url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(file.bytes().await.unwrap(), jpeg(1_080, 1_000));
    let edge = instagram.get(&format!("/{post}/children?fields=media_type")).await.ok();
    assert_eq!(column(&edge, "media_type"), [json!("VIDEO"), json!("IMAGE")]);
    let child = data[0]["id"].as_str().unwrap();
    let alone = instagram.get(&format!("/{child}?fields=media_type,username")).await.ok();
    assert_eq!(alone.body, json!({"id": child, "media_type": "VIDEO", "username": BAKERY}));
    let ledger = world.json("/_visible").await;
    assert_eq!(ledger["visible"].as_array().unwrap().len(), 1);
    assert_eq!(ledger["visible"][0]["media"][1]["description"], "Picture 1080");
}

#[tokio::test]
async fn from_two_to_ten_own_items_each_once() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let mut items = Vec::new();
    for number in 0..11 {
        items.push(item(&instagram, &shelf, 1_000 + number).await);
    }
    for wrong in [items[0].clone(), items.join(",")] {
        parent(&instagram, &wrong).await.fails(100, 2_207_028, "2 to 10 children");
    }
    parent(&instagram, "").await.fails(100, None, "children is required");
    parent(&instagram, &format!("{0},{0}", items[0])).await.fails(100, None, "twice");
    parent(&instagram, &format!("{},7", items[0])).await.fails(100, None, "has 7, which is no container");
    let photo = Instagram::login(&world, "okonkwophoto").await;
    let foreign = item(&photo, &shelf, 1_050).await;
    parent(&instagram, &format!("{},{foreign}", items[0])).await.fails(100, None, "no container of this account");
    let alone = instagram.container(&[("image_url", &shelf.url("1000.jpg"))]).await;
    parent(&instagram, &format!("{},{alone}", items[0])).await.fails(100, None, "not made with is_carousel_item");
    let list = format!("[\"{}\"]", items[..10].join("\",\""));
    let id = parent(&instagram, &list).await.ok().text("id");
    instagram.publish(&id).await.ok();
    let whole = json!({"media_type": "CAROUSEL", "children": items[..2]});
    let two = world.send(instagram.request("POST", "/me/media").json(&whole)).await.ok().text("id");
    instagram.publish(&two).await.ok();
    let usage = instagram.get("/me/content_publishing_limit?fields=quota_usage").await.ok();
    assert_eq!(usage.body["data"][0]["quota_usage"], 2, "a carousel counts as one");
}

#[tokio::test]
async fn what_no_item_may_be() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let (picture, film) = ("http://127.0.0.1:9/a.jpg", "http://127.0.0.1:9/a.mp4");
    let make =
        async |pairs: &[(&str, &str)]| instagram.make(&[&[("is_carousel_item", "true")][..], pairs].concat()).await;
    for kind in ["REELS", "STORIES", "CAROUSEL"] {
        make(&[("media_type", kind), ("video_url", film)]).await.fails(100, None, &format!("does not go with {kind}"));
    }
    make(&[("image_url", picture), ("caption", "a")]).await.fails(100, None, "caption does not go with");
    make(&[("image_url", picture), ("collaborators", r#"["ada"]"#)]).await.fails(100, None, "collaborators does not");
    make(&[("image_url", picture), ("is_ai_generated", "true")]).await.fails(100, None, "is_ai_generated does not");
    make(&[("media_type", "VIDEO"), ("video_url", film), ("alt_text", "a")]).await.fails(100, None, "alt_text does");
    make(&[("video_url", film)]).await.fails(100, None, "image_url is required");
}

#[tokio::test]
async fn an_item_that_failed_or_expired_cannot_be_used() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let good = item(&instagram, &shelf, 1_000).await;
    let url = shelf.put("film.mp4", Film { codec: b"vp09", ..Film::default() }.bytes());
    let lost = [("media_type", "VIDEO"), ("video_url", url.as_str()), ("is_carousel_item", "true")];
    let lost = instagram.container(&lost).await;
    parent(&instagram, &format!("{good},{lost}")).await.fails(100, None, "is not FINISHED");
    world.pass(86_400);
    let fresh = item(&instagram, &shelf, 1_001).await;
    let both = format!("{good},{fresh}");
    parent(&instagram, &both).await.fails(100, None, &format!("has {good}, which is not FINISHED"));
}

#[tokio::test]
async fn collaborators_of_a_carousel_are_taken_or_refused() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let children = format!("{},{}", item(&instagram, &shelf, 1_000).await, item(&instagram, &shelf, 1_001).await);
    let pairs = [("media_type", "CAROUSEL"), ("children", children.as_str()), ("collaborators", r#"["ada"]"#)];
    instagram.make(&pairs).await.ok();
    instagram.set(json!({"carousel_collaborators": false})).await;
    instagram.make(&pairs).await.fails(100, None, "param collaborators is not allowed");
}
