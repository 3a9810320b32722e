//! What becomes of a container: processing, expiry, one post and no more.

use serde_json::json;

use super::client::*;
use crate::support::*;

const DAY: i64 = 86_400;

async fn picture(instagram: &Instagram<'_>, shelf: &Shelf) -> String {
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    instagram.container(&[("image_url", &url), ("caption", "Bread")]).await
}

#[tokio::test]
async fn a_picture_is_processed_then_published() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let id = picture(&instagram, &shelf).await;
    assert_eq!(instagram.status(&id).await, "IN_PROGRESS");
    let early = instagram.publish(&id).await;
    early.fails(9_007, 2_207_027, "Media ID is not available");
    assert_eq!(early.body["error"]["error_user_title"], "Media not ready");
    world.pass(2);
    assert_eq!(instagram.status(&id).await, "FINISHED");
    let post = instagram.publish(&id).await.ok();
    assert_eq!(post.body.as_object().unwrap().len(), 1, "{post:?}");
    let post = post.text("id");
    assert_ne!(post, id);
    assert_eq!(instagram.status(&id).await, "PUBLISHED");
    let entry = world.json("/_visible").await["visible"][0].clone();
    let told = ["platform", "account", "action", "id", "text", "key"].map(|name| entry[name].clone());
    let want = [json!("instagram"), json!(BAKERY), json!("create"), json!(post), json!("Bread"), json!(id)];
    assert_eq!(told, want);
}

#[tokio::test]
async fn a_container_shows_what_is_asked_for_and_not_its_post() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let id = picture(&instagram, &shelf).await;
    assert_eq!(instagram.get(&format!("/{id}")).await.ok().body, json!({"id": id}));
    let all = instagram.get(&format!("/{id}/?fields=id,status,status_code,copyright_check_status,video_status")).await;
    let status = "In Progress: Media is still being processed.";
    assert_eq!(all.ok().body, json!({"id": id, "status": status, "status_code": "IN_PROGRESS"}));
    for field in ["media_id", "permalink", "caption"] {
        let reply = instagram.get(&format!("/{id}?fields={field}")).await;
        reply.fails(100, None, &format!("Tried accessing nonexisting field ({field})"));
    }
    instagram.get(&format!("/{id}?fields=status{{")).await.fails(2500, None, "Syntax error");
    let url = shelf.put("film.mp4", Film::default().bytes());
    let film = instagram.container(&[("media_type", "REELS"), ("video_url", &url)]).await;
    world.pass(10);
    let checked = instagram.get(&format!("/{film}?fields=copyright_check_status")).await.ok();
    assert_eq!(checked.body["copyright_check_status"], json!({"status": "completed", "matches_found": false}));
}

#[tokio::test]
async fn what_is_not_published_within_a_day_expires() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let (late, done) = (picture(&instagram, &shelf).await, picture(&instagram, &shelf).await);
    world.pass(DAY - 1);
    instagram.publish(&done).await.ok();
    assert_eq!(instagram.status(&late).await, "FINISHED");
    world.pass(1);
    assert_eq!(instagram.status(&late).await, "EXPIRED");
    instagram.publish(&late).await.fails(24, 2_207_008, "does not exist");
    assert_eq!(instagram.status(&done).await, "PUBLISHED");
    assert_eq!(visible(&world).await, 1);
}

#[tokio::test]
async fn a_failed_container_says_why_and_is_never_published() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    for (subcode, want) in [(json!(null), 2_207_053), (json!(2_207_001), 2_207_001)] {
        instagram.set(json!({"fail_with": subcode})).await;
        world.fault(json!({"match": "POST /v26.0/me/media", "kind": "fail_processing"})).await;
        let id = picture(&instagram, &shelf).await;
        assert_eq!(instagram.status(&id).await, "IN_PROGRESS");
        world.pass(2);
        instagram.failed(&id, want).await;
        instagram.publish(&id).await.fails(9_007, 2_207_027, "not available");
    }
    instagram.set(json!({"status_only": true})).await;
    world.fault(json!({"match": "POST /v26.0/me/media", "kind": "fail_processing"})).await;
    let id = picture(&instagram, &shelf).await;
    world.pass(2);
    let bare = instagram.get(&format!("/{id}?fields=status_code,status")).await.ok();
    let status = "Error: Media upload has failed with error code 2207001";
    assert_eq!(bare.body, json!({"id": id, "status": status}));
    assert_eq!(visible(&world).await, 0);
}

#[tokio::test]
async fn a_container_makes_one_post_whatever_is_said_of_the_second() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let id = picture(&instagram, &shelf).await;
    let post = instagram.publish(&id).await.ok().text("id");
    instagram.publish(&id).await.fails(9_007, 2_207_027, "not available");
    instagram.set(json!({"republish": "not_found"})).await;
    instagram.publish(&id).await.fails(24, 2_207_006, "does not exist");
    instagram.set(json!({"republish": "same_id"})).await;
    assert_eq!(instagram.publish(&id).await.ok().text("id"), post);
    assert_eq!(visible(&world).await, 1);
}

#[tokio::test]
async fn a_published_container_can_say_finished_for_a_while() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    instagram.set(json!({"published_lag_ms": 30_000})).await;
    let id = picture(&instagram, &shelf).await;
    instagram.publish(&id).await.ok();
    assert_eq!(instagram.status(&id).await, "FINISHED");
    instagram.publish(&id).await.fails(9_007, 2_207_027, "not available");
    world.pass(30);
    assert_eq!(instagram.status(&id).await, "PUBLISHED");
    assert_eq!(visible(&world).await, 1);
}

#[tokio::test]
async fn publishing_names_an_own_container() {
    let world = World::start().await;
    let (bakery, photo) = (Instagram::quick(&world, BAKERY).await, Instagram::quick(&world, "okonkwophoto").await);
    let shelf = Shelf::open().await;
    let id = picture(&bakery, &shelf).await;
    photo.publish(&id).await.fails(24, 2_207_006, "does not exist");
    photo.get(&format!("/{id}?fields=status_code")).await.fails(100, 33, "does not exist");
    let other = photo.get("/me?fields=user_id").await.ok().text("user_id");
    bakery.post(&format!("/{other}/media_publish"), &[("creation_id", &id)]).await.fails(100, 33, &other);
    bakery.post(&format!("/{other}/media"), &[("image_url", "http://127.0.0.1:9/a")]).await.fails(100, 33, &other);
    bakery.get(&format!("/{other}")).await.fails(100, 33, &other);
    for wrong in ["7", "rubbish"] {
        bakery.publish(wrong).await.fails(24, 2_207_006, "does not exist");
    }
    bakery.post("/me/media_publish", &[]).await.fails(100, None, "creation_id is required");
    let named = [("creation_id", id.as_str()), ("caption", "b")];
    bakery.post("/me/media_publish", &named).await.fails(100, None, "caption is not");
    bakery.post("/me/mediapublish", &[("creation_id", &id)]).await.fails(2500, None, "Unknown path");
    assert_eq!(visible(&world).await, 0);
    let own = bakery.get("/me?fields=user_id").await.ok().text("user_id");
    bakery.post(&format!("/{own}/media_publish"), &[("creation_id", &id)]).await.ok();
}

#[tokio::test]
async fn parameters_may_come_in_the_query_in_a_form_with_parts_or_as_json() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    let query = encoded(&[("image_url", &url), ("caption", "one & two")]);
    let query = instagram.request("POST", &format!("/me/media?{query}"));
    let parts = crate::fediverse::client::multipart(&[("image_url", &url), ("caption", "three")], &[]);
    let kind = "multipart/form-data; boundary=XX";
    let parts = instagram.request("POST", "/me/media").header("content-type", kind).body(parts);
    let tags = json!([{"username": "ada", "x": 0.5, "y": 1}]);
    let whole = json!({"image_url": url, "caption": "four", "is_carousel_item": false, "user_tags": tags});
    let json_body = instagram.request("POST", "/me/media").json(&whole);
    for request in [query, parts, json_body] {
        let id = world.send(request).await.ok().text("id");
        instagram.publish(&id).await.ok();
    }
    let listed = instagram.get("/me/media?fields=caption").await.ok();
    assert_eq!(column(&listed, "caption"), [json!("four"), json!("three"), json!("one & two")]);
    let twice = instagram.request("POST", "/me/media?caption=a").json(&json!({"caption": "a"}));
    world.send(twice).await.fails(100, None, "caption is given twice");
    let plain = instagram.request("POST", "/me/media").header("content-type", "text/plain").body("caption=a");
    world.send(plain).await.fails(100, None, "content type");
    let id = world.send(instagram.request("POST", "/me/media").json(&json!({"image_url": url}))).await.ok().text("id");
    let number: u64 = id.parse().unwrap();
    world.send(instagram.request("POST", "/me/media_publish").json(&json!({"creation_id": number}))).await.ok();
}

#[tokio::test]
async fn living_versions_are_answered_and_paths_without_one_only_when_a_test_says_so() {
    let world = World::start().await;
    let mut instagram = Instagram::login(&world, BAKERY).await;
    let me = async |prefix: &str| instagram.open(&format!("{prefix}/me?access_token={}", instagram.token)).await;
    // An ended version is answered by the oldest that lives.
    for prefix in ["/v22.0", "/v23.0", "/v24.0", "/v25.0", "/v26.0", "/v19.0"] {
        me(prefix).await.ok();
    }
    for prefix in ["", "/v27.0", "/v26", "/v1"] {
        me(prefix).await.fails(2500, None, "Unknown path components");
    }
    instagram.set(json!({"unversioned_paths": true})).await;
    me("").await.ok();
    instagram.get("/me/followers").await.fails(2500, None, "Unknown path");
    world.send(instagram.request("PUT", "/me")).await.fails(100, 33, "does not support this operation");
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    let pairs = [("image_url", url.as_str()), ("is_ai_generated", "true")];
    instagram.make(&pairs).await.ok();
    instagram.version = "v25.0";
    instagram.make(&pairs).await.fails(100, None, "is_ai_generated is not a documented parameter of this version");
}
