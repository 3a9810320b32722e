//! One post: its fields, and whose it is.

use serde_json::json;

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn a_post_shows_the_fields_that_are_asked_for() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let id = instagram.say(&shelf, "Bread & butter").await;
    let fields = "id,media_product_type,media_type,permalink,owner,username,caption,timestamp,shortcode,media_url,\
        comments_count,like_count,is_comment_enabled,is_shared_to_feed,thumbnail_url,alt_text,children";
    let post = instagram.get(&format!("/{id}?fields={fields}")).await.ok();
    let me = instagram.get("/me?fields=user_id").await.ok().text("user_id");
    let shortcode = post.text("shortcode");
    let want = json!({"id": id, "media_product_type": "FEED", "media_type": "IMAGE", "owner": {"id": me},
        "permalink": format!("{}/p/{shortcode}/", instagram.origin), "username": BAKERY,
        "caption": "Bread & butter", "timestamp": "2026-11-23T08:00:00+0000", "shortcode": shortcode,
        "media_url": format!("{}/media/{id}", instagram.origin), "comments_count": 0, "like_count": 0,
        "is_comment_enabled": true});
    assert_eq!(post.body, want);
    assert_eq!(instagram.get(&format!("/{id}")).await.ok().body, json!({"id": id}));
    let page = world.page_at(&post.text("permalink")).await;
    assert!(page.0 == 200 && page.1.contains("Bread &amp; butter"), "{page:?}");
}

#[tokio::test]
async fn fields_that_are_not_documented_here_are_refused() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let id = instagram.say(&shelf, "one").await;
    // The last four are of Facebook Login.
    for field in ["status_code", "text", "caption,colour", "ig_id", "view_count", "video_title", "has_poll"] {
        let reply = instagram.get(&format!("/{id}?fields={field}")).await;
        reply.fails(100, None, "Tried accessing nonexisting field (");
        assert_eq!(reply.body["error"]["type"], "OAuthException");
    }
    for field in ["account_kind", "ig_id", "shopping_review_status"] {
        instagram.get(&format!("/me?fields={field}")).await.fails(100, None, &format!("field ({field})"));
    }
}

#[tokio::test]
async fn other_peoples_posts_are_not_there() {
    let world = World::start().await;
    let (bakery, photo) = (Instagram::quick(&world, BAKERY).await, Instagram::quick(&world, "okonkwophoto").await);
    let shelf = Shelf::open().await;
    let id = bakery.say(&shelf, "one").await;
    let reply = photo.get(&format!("/{id}?fields=caption")).await;
    reply.fails(100, 33, &id);
    assert_eq!(reply.body["error"]["type"], "GraphMethodException");
    bakery.get("/7").await.fails(100, 33, "'7'");
    bakery.get("/rubbish").await.fails(100, 33, "'rubbish'");
    // Instagram Login has no deletion.
    world.send(bakery.request("DELETE", &format!("/{id}"))).await.fails(100, 33, "does not support this operation");
    assert_eq!(visible(&world).await, 1);
}
