//! Videos in one call: from a form or an address; pictures for them.

use serde_json::json;

use super::client::*;
use crate::support::*;
use crate::threads::film::Film;

/// A film that lies.
fn wide() -> Film {
    Film { width: 1_280, height: 720, ..Film::default() }
}

#[tokio::test]
async fn a_video_from_an_address_is_fetched_processed_and_published_by_the_clock() {
    let world = World::start().await;
    let page = Facebook::page(&world, "ada", BAKERY).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("film.mp4", wide().bytes());
    let pairs = [("file_url", url.as_str()), ("description", "Baking"), ("title", "Bread")];
    let made = page.post("/me/videos", &pairs).await.ok();
    assert_eq!(made.body.as_object().unwrap().len(), 1, "{made:?}");
    let id = made.text("id");
    for (seconds, uploading, processing, publishing) in [
        (0, "in_progress", "not_started", "in_progress"),
        (2, "complete", "in_progress", "in_progress"),
        (5, "complete", "complete", "in_progress"),
        (2, "complete", "complete", "complete"),
    ] {
        world.pass(seconds);
        let status = page.status(&id).await;
        let phase = |name: &str| status[format!("{name}_phase")]["status"].clone();
        assert_eq!([phase("uploading"), phase("processing"), phase("publishing")], [uploading, processing, publishing]);
    }
    let video = page.get(&format!("/{id}?fields=published,post_id,permalink_url,length,description")).await.ok();
    assert_eq!((&video.body["published"], &video.body["length"]), (&json!(true), &json!(10.0)));
    let listed = page.get("/me/published_posts?fields=id,message,attachments{target{id}}").await.ok();
    assert_eq!(
        (&listed.body["data"][0]["id"], &listed.body["data"][0]["message"]),
        (&video.body["post_id"], &json!("Baking"))
    );
    assert_eq!(listed.body["data"][0]["attachments"]["data"][0]["target"]["id"], json!(id));
    assert_eq!(world.page_at(&video.text("permalink_url")).await.0, 200);
    let listed = page.get("/me/videos?fields=description,published").await.ok();
    assert_eq!(listed.body["data"], json!([{"description": "Baking", "published": true, "id": id}]));
}

#[tokio::test]
async fn a_video_that_cannot_be_fetched_fails_later() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let shelf = Shelf::open().await;
    let id = page.post("/me/videos", &[("file_url", &shelf.url("missing.mp4"))]).await.ok().text("id");
    let status = page.status(&id).await;
    assert_eq!((&status["video_status"], &status["uploading_phase"]["status"]), (&json!("error"), &json!("error")));
    assert!(status["uploading_phase"]["errors"][0]["message"].as_str().unwrap().contains("could not be fetched"));
    let url = shelf.put("film.mp4", picture());
    let id = page.post("/me/videos", &[("file_url", &url)]).await.ok().text("id");
    assert_eq!(page.status(&id).await["processing_phase"]["status"], "error");
    page.post("/me/videos", &[("description", "a")]).await.fails(100, None, "file_url is required");
    page.post("/me/videos", &[("file_url", &url), ("colour", "red")]).await.fails(100, None, "colour");
    assert_eq!(visible(&world).await, 0);
}

#[tokio::test]
async fn a_video_comes_in_a_form_too() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let id = page.upload("/me/videos", &[("description", "a")], "source", wide().bytes()).await.ok().text("id");
    assert_eq!(page.status(&id).await["publishing_phase"]["status"], "complete");
    let hidden = [("description", "b"), ("published", "false")];
    let id = page.upload("/me/videos", &hidden, "source", wide().bytes()).await.ok().text("id");
    assert_eq!(page.status(&id).await["publishing_phase"]["publish_status"], "draft");
    page.post(&format!("/{id}"), &[("published", "true"), ("description", "c")]).await.ok();
    assert_eq!((visible(&world).await, &last(&world).await["text"]), (2, &json!("c")));
}

#[tokio::test]
async fn an_upright_video_lands_as_a_draft_unless_it_is_long() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let id = page.upload("/me/videos", &[], "source", Film::default().bytes()).await.ok().text("id");
    let status = page.status(&id).await["publishing_phase"].clone();
    assert_eq!((&status["publish_status"], visible(&world).await), (&json!("draft"), 0));
    assert_eq!(page.get(&format!("/{id}?fields=published")).await.ok().body["published"], false);
    let long = Film { seconds: 91, ..Film::default() };
    page.upload("/me/videos", &[], "source", long.bytes()).await.ok();
    page.set(json!({"upright_videos_become_drafts": false})).await;
    page.upload("/me/videos", &[], "source", Film::default().bytes()).await.ok();
    // The setting holds for the one that waited as well.
    assert_eq!(visible(&world).await, 3);
}

#[tokio::test]
async fn a_video_gets_pictures_the_preferred_one_first() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let id = page.upload("/me/videos", &[], "source", wide().bytes()).await.ok().text("id");
    let path = format!("/{id}/thumbnails");
    page.upload(&path, &[], "source", picture()).await.ok();
    page.upload(&path, &[("is_preferred", "true")], "source", crate::fediverse::client::png(320, 200)).await.ok();
    let listed = page.get(&format!("{path}?fields=is_preferred,width,uri")).await.ok();
    assert_eq!(column(&listed, "width"), [json!(320), json!(640)]);
    assert_eq!(column(&listed, "is_preferred"), [json!(true), json!(false)]);
    let uri = listed.body["data"][0]["uri"].as_str().unwrap();
    assert_eq!(world.http.get(uri).send().await.unwrap().status(), 200);
    page.post(&path, &[]).await.fails(100, None, "source is required");
    page.upload(&path, &[], "source", b"hello".to_vec()).await.fails(100, 1_366_046, "4 MB");
    page.upload("/7/thumbnails", &[], "source", picture()).await.fails(100, 33, "'7'");
}

#[tokio::test]
async fn the_bytes_of_a_large_file_are_counted_and_not_kept() {
    let world = World::keeping(1_000).await;
    let page = Facebook::quick(&world).await;
    let film = Film { data: 3_000_000, ..wide() };
    let shelf = Shelf::open().await;
    let url = shelf.put("film.mp4", film.bytes());
    let id = page.post("/me/videos", &[("file_url", &url)]).await.ok().text("id");
    assert_eq!(last(&world).await["media"][0]["bytes"], film.bytes().len());
    assert_eq!(world.page_at(&format!("{}/media/{id}", page.origin)).await.0, 404);
    assert!(world.page("/facebook/harbourbakery").await.1.contains("not kept"));
}
