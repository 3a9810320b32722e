//! Publishing that is suspected, refused and perhaps done; stories.

use serde_json::json;

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn under_suspicion_half_of_the_posts_are_live_although_all_are_refused() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    instagram.set(json!({"spam": "half"})).await;
    let mut live = 0;
    for _ in 0..20 {
        let id = instagram.container(&[("image_url", &url)]).await;
        instagram.publish(&id).await.fails(4, 2_207_051, "request limit reached");
        // The container knows.
        live += usize::from(instagram.status(&id).await == "PUBLISHED");
        assert_eq!(visible(&world).await, live);
    }
    assert!((4..=16).contains(&live), "{live} of 20");
    assert_eq!(column(&instagram.get("/me/media").await.ok(), "id").len(), live);
    for (spam, status) in [("live", "PUBLISHED"), ("blocked", "FINISHED")] {
        instagram.set(json!({"spam": spam})).await;
        let id = instagram.container(&[("image_url", &url)]).await;
        instagram.publish(&id).await.fails(4, 2_207_051, "request limit reached");
        assert_eq!(instagram.status(&id).await, status);
    }
    instagram.set(json!({"spam": "off", "spam_on_media": true})).await;
    instagram.make(&[("image_url", &url)]).await.fails(4, 2_207_051, "request limit reached");
}

#[tokio::test]
async fn a_story_is_seen_for_a_day_and_is_no_post_of_the_feed() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_920));
    let film = shelf.put("film.mp4", Film::default().bytes());
    let picture = instagram.posted(&[("media_type", "STORIES"), ("image_url", &url)]).await;
    world.pass(60);
    let second = instagram.posted(&[("media_type", "STORIES"), ("video_url", &film)]).await;
    let listed = instagram.get("/me/stories?fields=media_type,media_product_type,permalink,caption").await.ok();
    assert_eq!(column(&listed, "id"), [json!(second), json!(picture)]);
    assert_eq!(column(&listed, "media_type"), [json!("VIDEO"), json!("IMAGE")]);
    assert_eq!(column(&listed, "media_product_type"), [json!("STORY"), json!("STORY")]);
    assert_eq!(instagram.get("/me/media").await.ok().body, json!({"data": []}));
    assert_eq!(instagram.get("/me?fields=media_count").await.ok().body["media_count"], 0);
    let link = listed.body["data"][1]["permalink"].as_str().unwrap().to_owned();
    assert!(world.page_at(&link).await.1.contains("<img src="));
    instagram.get("/me/stories?since=1").await.fails(100, None, "since is not a documented");
    world.pass(86_340);
    assert_eq!(column(&instagram.get("/me/stories").await.ok(), "id"), [json!(second)]);
    instagram.get(&format!("/{picture}")).await.fails(100, 33, &picture);
    assert_eq!(world.page_at(&link).await.0, 404);
}

#[tokio::test]
async fn what_is_asked_of_a_new_post_is_answered_with_it() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    let made = instagram.make(&[("image_url", &url), ("fields", "status_code")]).await.ok();
    assert_eq!(made.text("status_code"), "FINISHED");
    let named = [("creation_id", made.text("id")), ("fields", "shortcode".to_owned())];
    let named: Vec<_> = named.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let post = instagram.post("/me/media_publish", &named).await.ok();
    assert!(!post.text("shortcode").is_empty());
    // What is wrong with the fields is found when the post is there.
    let id = instagram.container(&[("image_url", &url)]).await;
    let wrong = [("creation_id", id.as_str()), ("fields", "colour")];
    instagram.post("/me/media_publish", &wrong).await.fails(100, None, "nonexisting field (colour)");
    assert_eq!(instagram.status(&id).await, "PUBLISHED");
    assert_eq!(visible(&world).await, 2);
}
