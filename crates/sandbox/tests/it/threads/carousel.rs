//! Carousels: items first, then the parent, each of them finished.

use serde_json::json;

use super::client::*;
use super::film::Film;
use crate::fediverse::client::png;
use crate::support::*;

async fn item(threads: &Threads<'_>, shelf: &Shelf, width: u32) -> String {
    let url = shelf.put(&format!("{width}.png"), png(width, 480));
    let alt = format!("Picture {width}");
    let pairs =
        [("media_type", "IMAGE"), ("image_url", url.as_str()), ("is_carousel_item", "true"), ("alt_text", &alt)];
    threads.container(&pairs).await
}

async fn parent(threads: &Threads<'_>, children: &str) -> Reply {
    threads.make(&[("media_type", "CAROUSEL"), ("children", children), ("text", "Two loaves")]).await
}

#[tokio::test]
async fn items_and_parent_are_waited_for_in_turn() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let shelf = Shelf::open().await;
    let first = item(&threads, &shelf, 400).await;
    let url = shelf.put("film.mp4", Film::default().bytes());
    let second = [("media_type", "VIDEO"), ("video_url", url.as_str()), ("is_carousel_item", "true")];
    let second = threads.container(&second).await;
    let children = format!("{second},{first}");
    world.pass(9);
    parent(&threads, &children).await.fails(100, None, "is not FINISHED");
    world.pass(1);
    let id = parent(&threads, &children).await.ok().text("id");
    threads.publish(&id).await.fails(24, 4_279_009, "does not exist");
    world.pass(7);
    threads.publish(&first).await.fails(100, None, "item of a carousel");
    let post = threads.publish(&id).await.ok().text("id");
    let fields = "media_type,text,children{media_type,media_url,alt_text}";
    let shown = threads.get(&format!("/{post}?fields={fields}")).await.ok();
    assert_eq!((&shown.body["media_type"], &shown.body["text"]), (&json!("CAROUSEL_ALBUM"), &json!("Two loaves")));
    let data = shown.body["children"]["data"].as_array().unwrap();
    let kinds: Vec<_> = data.iter().map(|child| (&child["media_type"], &child["alt_text"])).collect();
    assert_eq!(kinds, [(&json!("VIDEO"), &json!(null)), (&json!("IMAGE"), &json!("Picture 400"))]);
    let file = world.http.get(data[1]["media_url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(file.bytes().await.unwrap(), png(400, 480));
    let plain = threads.get(&format!("/{post}?fields=children")).await.ok();
    assert_eq!(plain.body["children"]["data"][0], json!({"id": data[0]["id"]}));
    let ledger = world.json("/_visible").await;
    assert_eq!(ledger["visible"].as_array().unwrap().len(), 1);
    assert_eq!(ledger["visible"][0]["media"][1]["description"], "Picture 400");
}

#[tokio::test]
async fn from_two_to_twenty_own_items_each_once() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let shelf = Shelf::open().await;
    let mut items = Vec::new();
    for number in 0..21 {
        items.push(item(&threads, &shelf, 400 + number).await);
    }
    parent(&threads, &items[0]).await.fails(100, None, "children must be 2 to 20");
    parent(&threads, &items.join(",")).await.fails(100, None, "children must be 2 to 20");
    parent(&threads, "").await.fails(100, None, "children is required");
    parent(&threads, &format!("{0},{0}", items[0])).await.fails(100, None, "twice");
    parent(&threads, &format!("{},7", items[0])).await.fails(100, None, "has 7, which is no container");
    let tomas = Threads::login(&world, "tomas").await;
    let foreign = item(&tomas, &shelf, 500).await;
    parent(&threads, &format!("{},{foreign}", items[0])).await.fails(100, None, "no container of this account");
    let alone = threads.container(&[("media_type", "IMAGE"), ("image_url", &shelf.url("400.png"))]).await;
    parent(&threads, &format!("{},{alone}", items[0])).await.fails(100, None, "not made with is_carousel_item");
    let id = parent(&threads, &items[..20].join(",")).await.ok().text("id");
    parent(&threads, &format!("{},{id}", items[0])).await.fails(100, None, "not made with is_carousel_item");
    let carousel = [("media_type", "CAROUSEL"), ("children", "1,2"), ("is_carousel_item", "true")];
    threads.make(&carousel).await.fails(100, None, "is_carousel_item goes with");
    threads.publish(&id).await.ok();
    let two = parent(&threads, &items[..2].join(", ")).await.ok().text("id");
    threads.publish(&two).await.ok();
    let usage = threads.get("/me/threads_publishing_limit?fields=quota_usage").await.ok();
    assert_eq!(usage.body["data"][0]["quota_usage"], 2, "a carousel counts as one");
}

#[tokio::test]
async fn an_item_that_failed_or_expired_cannot_be_used() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let shelf = Shelf::open().await;
    let good = item(&threads, &shelf, 400).await;
    let lost = [("media_type", "VIDEO"), ("video_url", "http://127.0.0.1:9/a"), ("is_carousel_item", "true")];
    let lost = threads.container(&lost).await;
    parent(&threads, &format!("{good},{lost}")).await.fails(100, None, "is not FINISHED");
    world.pass(86_400);
    let fresh = item(&threads, &shelf, 401).await;
    parent(&threads, &format!("{good},{fresh}")).await.fails(100, None, &format!("has {good}, which is not FINISHED"));
}
