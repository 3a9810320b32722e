//! Stories: photos and videos for a day.

use serde_json::json;

use super::client::*;
use crate::support::*;
use crate::threads::film::Film;

#[tokio::test]
async fn a_photo_becomes_a_story_for_a_day() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let photo = page.photo().await;
    let told = page.post("/me/photo_stories", &[("photo_id", &photo)]).await.ok();
    assert_eq!(told.body["success"], true);
    let row = page.get("/me/stories").await.ok().body["data"][0].clone();
    assert_eq!((&row["post_id"], &row["media_id"]), (&told.body["post_id"], &json!(photo)));
    assert_eq!((&row["status"], &row["media_type"]), (&json!("published"), &json!("photo")));
    assert_eq!(world.page_at(row["url"].as_str().unwrap()).await.0, 200);
    let wrong = format!("{}/stories/{}", page.origin, told.text("post_id"));
    assert_ne!(world.page_at(&wrong).await.0, 200, "the id of the post opens nothing");
    assert_eq!(page.get("/me/published_posts").await.ok().body["data"], json!([]));
    assert_eq!(page.get("/me/stories?fields=media_id").await.ok().body["data"], json!([{"media_id": photo}]));
    page.get("/me/stories?fields=colour").await.fails(100, None, "nonexisting field (colour)");
    world.pass(86_400);
    assert_eq!(page.get("/me/stories").await.ok().body["data"], json!([]));
    page.get(&format!("/{}", told.text("post_id"))).await.fails(100, 33, "does not exist");
    page.set(json!({"archive_stories": true})).await;
    assert_eq!(column(&page.get("/me/stories").await.ok(), "status"), [json!("archived")]);
}

#[tokio::test]
async fn a_photo_story_needs_an_unpublished_photo_by_id() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let story = async |pairs: &[(&str, &str)]| page.post("/me/photo_stories", pairs).await;
    story(&[]).await.fails(100, None, "photo_id is required");
    story(&[("url", "https://a.example/a.jpg")]).await.fails(1, None, "unknown error");
    story(&[("photo_id", "7")]).await.fails(100, None, "no photo of this Page");
    let photo = page.upload("/me/photos", &[], "source", picture()).await.ok().text("id");
    story(&[("photo_id", &photo)]).await.fails(100, 1_366_051, "already posted");
    let fresh = page.photo().await;
    story(&[("photo_id", &fresh), ("caption", "a")]).await.fails(100, None, "caption is not a documented");
    story(&[("photo_id", &fresh)]).await.ok();
    story(&[("photo_id", &fresh)]).await.fails(100, 1_366_051, "already posted");
}

#[tokio::test]
async fn a_video_becomes_a_story_once() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let (video, url) = page.begin("video_stories").await;
    page.finish("video_stories", &video, &[]).await.fails(6_000, None, "problem uploading");
    page.whole(&url, Film { seconds: 60, ..Film::default() }.bytes()).await.ok();
    let told = page.finish("video_stories", &video, &[]).await.ok();
    let again = page.finish("video_stories", &video, &[]).await.ok();
    assert_eq!((&told.body, visible(&world).await), (&again.body, 1));
    let row = page.get("/me/stories").await.ok().body["data"][0].clone();
    assert_eq!((&row["media_id"], &row["media_type"]), (&json!(video), &json!("video")));
    assert_eq!(row["post_id"], told.body["post_id"]);
    assert_eq!(last(&world).await["key"], json!(video));
}

#[tokio::test]
async fn a_story_has_at_most_a_minute_and_no_time_of_its_own() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let (video, url) = page.begin("video_stories").await;
    page.whole(&url, Film { seconds: 61, ..Film::default() }.bytes()).await.ok();
    assert_eq!(page.status(&video).await["video_status"], "error");
    let told = page.finish("video_stories", &video, &[]).await;
    assert_eq!(told.body["post_id"], json!(null), "{told:?}");
    page.finish("video_stories", &video, &[("video_state", "DRAFT")]).await.fails(100, None, "video_state");
    let (reel, url) = page.begin("video_reels").await;
    page.whole(&url, Film::default().bytes()).await.ok();
    page.finish("video_stories", &reel, &[]).await.fails(100, 33, &reel);
    assert_eq!(visible(&world).await, 0);
}
