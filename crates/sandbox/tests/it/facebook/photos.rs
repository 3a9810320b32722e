//! Photos: from an address or a form, public or not.

use serde_json::json;

use super::client::*;
use crate::fediverse::client::png;
use crate::support::*;

#[tokio::test]
async fn a_photo_is_fetched_or_uploaded_and_makes_a_post() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.png", picture());
    let pairs = [("url", url.as_str()), ("caption", "A loaf"), ("alt_text_custom", "Brown bread")];
    let made = page.post("/me/photos", &pairs).await.ok();
    let entry = last(&world).await;
    assert_eq!((&entry["id"], &entry["text"]), (&made.body["post_id"], &json!("A loaf")));
    assert_eq!(entry["media"][0]["description"], "Brown bread");
    assert_eq!(entry["media"][0]["bytes"], picture().len());
    let fields = "name,alt_text_custom,page_story_id,images{source},width";
    let photo = page.get(&format!("/{}?fields={fields}", made.text("id"))).await.ok();
    assert_eq!((&photo.body["name"], &photo.body["width"]), (&json!("A loaf"), &json!(640)));
    assert_eq!(photo.body["page_story_id"], made.body["post_id"]);
    let source = photo.body["images"][0]["source"].as_str().unwrap();
    assert_eq!(world.http.get(source).send().await.unwrap().bytes().await.unwrap(), picture());
    let sent = page.upload("/me/photos", &[("caption", "Another")], "source", picture()).await.ok();
    assert_eq!(sent.body["post_id"], last(&world).await["id"]);
}

#[tokio::test]
async fn an_unpublished_photo_has_no_post() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let id = page.photo().await;
    let shown = page.get(&format!("/{id}?fields=page_story_id,link,id")).await.ok();
    assert_eq!(shown.body, json!({"id": id}));
    let pairs = [("published", "false"), ("temporary", "true")];
    page.upload("/me/photos", &pairs, "source", picture()).await.ok();
    page.upload("/me/photos", &[("temporary", "true")], "source", picture()).await.fails(100, None, "temporary");
    page.delete(&format!("/{id}")).await.ok();
    page.get(&format!("/{id}")).await.fails(100, 33, &id);
    assert_eq!(visible(&world).await, 0);
}

#[tokio::test]
async fn a_photo_that_will_not_do_is_refused() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let shelf = Shelf::open().await;
    page.post("/me/photos", &[("caption", "a")]).await.fails(100, None, "url is required");
    for url in [shelf.url("missing.png"), shelf.url("moved-loaf.png"), "http://192.0.2.1/a.png".into(), "a.png".into()]
    {
        page.post("/me/photos", &[("url", &url)]).await.fails(100, None, "could not be fetched");
    }
    let padded = |bytes: usize| [png(640, 480), vec![0; bytes - png(640, 480).len()]].concat();
    for bytes in [padded((4 << 20) + 1), b"RIFF\0\0\0\0WEBPVP8 ".to_vec(), b"hello".to_vec()] {
        let url = shelf.put("file", bytes.clone());
        page.post("/me/photos", &[("url", &url)]).await.fails(100, 1_366_046, "smaller than 4 MB");
        page.upload("/me/photos", &[], "source", bytes).await.fails(100, 1_366_046, "smaller than 4 MB");
    }
    page.upload("/me/photos", &[], "source", b"\x89PNG\r\n\x1a\n\0\0".to_vec()).await.fails(100, 2_069_019, "damaged");
    page.upload("/me/photos", &[("no_story", "true")], "source", picture()).await.fails(100, None, "no_story");
    page.upload("/me/photos", &[], "picture", picture()).await.fails(100, None, "picture is not a documented file");
    page.post("/me/photos", &[("provenance_info", "{}"), ("url", "a")]).await.fails(100, None, "provenance_info");
    assert_eq!(visible(&world).await, 0);
    for bytes in
        [b"II*\0".to_vec(), b"BM\x10\0\0\0\0\0\0\0".to_vec(), b"GIF89a\x80\x02\xe0\x01".to_vec(), padded(4 << 20)]
    {
        page.upload("/me/photos", &[], "source", bytes).await.ok();
    }
}

#[tokio::test]
async fn what_is_refused_anyway_is_not_fetched() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let pairs = [("url", "http://127.0.0.1:9/a"), ("scheduled_publish_time", "7")];
    page.post("/me/photos", &pairs).await.fails(100, None, "published=false");
    page.post("/me/photos", &pairs[..1]).await.fails(100, None, "could not be fetched");
}
