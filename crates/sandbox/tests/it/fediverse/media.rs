//! Uploads: what is taken, how it is processed, what becomes of it.

use serde_json::{Value, json};

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn a_picture_is_usable_at_once_with_its_description_and_focus() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let fields = [("description", "A loaf"), ("focus", "0.5,-0.25")];
    let made = fedi.upload("image/png", png(640, 480), &fields).await.ok();
    let id = made.text("id");
    assert_eq!((&made.body["type"], &made.body["description"]), (&json!("image"), &json!("A loaf")));
    assert_eq!(made.body["url"], format!("{}/media/{id}", fedi.origin));
    assert_eq!(
        (&made.body["meta"]["original"]["width"], &made.body["meta"]["focus"]),
        (&json!(640), &json!({"x": 0.5, "y": -0.25}))
    );
    let described = fedi.send("PUT", &format!("/api/v1/media/{id}"), &json!({"description": "Bread"})).await.ok();
    assert_eq!((&described.body["description"], &described.body["meta"]["focus"]["x"]), (&json!("Bread"), &json!(0.5)));
    let made = fedi.post(json!({"media_ids": [id]})).await.ok();
    assert_eq!(made.body["media_attachments"][0]["description"], "Bread");
    for (verb, path) in [("GET", format!("/api/v1/media/{id}")), ("PUT", format!("/api/v1/media/{id}"))] {
        fedi.send(verb, &path, &json!({})).await.says(404, "Record not found");
    }
    fedi.send("DELETE", &format!("/api/v1/media/{id}"), &Value::Null).await.says(422, "currently used by a status");
    fedi.post(json!({"status": "again", "media_ids": [id]})).await.says(422, "already attached to another post");
    let file = world.http.get(format!("{}/media/{id}", fedi.origin)).send().await.unwrap();
    assert_eq!(file.headers()["content-type"], "image/png");
    assert_eq!(file.bytes().await.unwrap(), png(640, 480));
}

#[tokio::test]
async fn a_video_is_processed_before_it_can_be_posted() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    fedi.set(json!({"processing_ms": 5_000})).await;
    let made = fedi.upload("video/mp4", mp4(5_000), &[]).await;
    assert_eq!(made.status, 202, "{made:?}");
    assert_eq!((&made.body["url"], &made.body["type"]), (&Value::Null, &json!("video")));
    let id = made.text("id");
    let look = format!("/api/v1/media/{id}");
    world.pass(4);
    assert_eq!(fedi.get(&look).await.status, 206);
    fedi.post(json!({"status": "a", "media_ids": [id]}))
        .await
        .says(422, "have not finished processing. Try again in a moment!");
    world.pass(1);
    assert_eq!(fedi.get(&look).await.ok().body["url"], format!("{}/media/{id}", fedi.origin));
    fedi.post(json!({"status": "a", "media_ids": [id]})).await.ok();
    let moving = [b"GIF89a\x01\0\x01\0".as_slice(), b"\x21\xff\x0bNETSCAPE2.0"].concat();
    let gif = fedi.upload("image/gif", moving, &[]).await;
    assert_eq!((gif.status, &gif.body["type"]), (202, &json!("gifv")));
    let sound = fedi.upload("audio/mpeg", b"ID3\x03".to_vec(), &[]).await;
    assert_eq!((sound.status, &sound.body["type"]), (202, &json!("audio")));
    let still = fedi.upload("image/gif", b"GIF89a\x01\0\x01\0".to_vec(), &[]).await;
    assert_eq!((still.status, &still.body["type"]), (200, &json!("image")));
}

#[tokio::test]
async fn the_older_way_waits_until_the_file_is_usable() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let part = Part { field: "file", mime: "video/mp4", bytes: mp4(100) };
    let made = fedi.send_form("POST", "/api/v1/media", &[], &[part]).await.ok();
    fedi.post(json!({"media_ids": [made.text("id")]})).await.ok();
}

#[tokio::test]
async fn processing_that_fails_is_told_when_it_is_asked_for() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    world.fault(json!({"match": "POST /api/v2/media", "count": 2, "kind": "fail_processing"})).await;
    let made = fedi.upload("video/mp4", mp4(100), &[]).await;
    assert_eq!(made.status, 202);
    let id = made.text("id");
    world.pass(2);
    fedi.get(&format!("/api/v1/media/{id}")).await.says(422, "Error processing thumbnail for uploaded media");
    fedi.post(json!({"status": "a", "media_ids": [id]})).await.says(422, "not finished processing");
    fedi.upload("image/png", png(1, 1), &[]).await.says(422, "Error processing thumbnail");
    fedi.upload("image/png", png(1, 1), &[]).await.ok();
}

#[tokio::test]
async fn wrong_uploads_are_refused() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    fedi.set(json!({"image_size_limit": 100, "video_size_limit": 200, "image_matrix_limit": 1_000})).await;
    let long = "d".repeat(1_501);
    for (mime, bytes, fields, words) in [
        ("text/plain", b"hello".to_vec(), vec![], "File content type is invalid, File is invalid"),
        ("image/svg+xml", b"<svg xmlns='x'/>".to_vec(), vec![], "File content type is invalid"),
        ("image/jpeg", png(1, 1), vec![], "File content type is invalid"),
        ("image/png", vec![], vec![], "File content type is invalid"),
        ("image/png", [png(1, 1), vec![0; 100]].concat(), vec![], "File must be less than 100 bytes"),
        ("video/mp4", mp4(201), vec![], "File must be less than 200 bytes"),
        ("image/png", png(40, 26), vec![], "more than 1000 pixels"),
        ("image/png", png(1, 1), vec![("description", long.as_str())], "Description is too long (maximum is 1500"),
        ("image/png", png(1, 1), vec![("focus", "2,0")], "Focus"),
        ("image/png", png(1, 1), vec![("focus", "left")], "Focus"),
        ("image/png", png(1, 1), vec![("alt", "x")], "alt is not a documented"),
    ] {
        fedi.upload(mime, bytes, &fields).await.says(422, words);
    }
    fedi.send("POST", "/api/v2/media", &json!({"file": "x"})).await.says(422, "Content type");
    fedi.send_form("POST", "/api/v2/media", &[("description", "x")], &[]).await.says(422, "File can't be blank");
    let part = |field| Part { field, mime: "image/png", bytes: png(1, 1) };
    fedi.send_form("POST", "/api/v2/media", &[], &[part("picture")]).await.says(422, "picture is not a documented");
    fedi.send_form("POST", "/api/v2/media", &[], &[part("file"), part("file")]).await.says(400, "parsing");
    fedi.send_form("POST", "/api/v2/media", &[], &[part("file"), part("thumbnail")]).await.ok();
    fedi.upload("image/png", [png(1, 1), vec![0; 71]].concat(), &[]).await.ok();
}

#[tokio::test]
async fn an_upload_says_how_long_it_is() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let chunked = || {
        let body = multipart(&[], &[Part { field: "file", mime: "image/png", bytes: png(1, 1) }]);
        let body = reqwest::Body::wrap_stream(futures::stream::iter([Ok::<_, std::io::Error>(body)]));
        let request = fedi.request("POST", "/api/v2/media").header("content-type", "multipart/form-data; boundary=XX");
        world.send(request.body(body))
    };
    chunked().await.says(411, "Length Required");
    fedi.set(json!({"chunked_uploads": true})).await;
    chunked().await.ok();
}

#[tokio::test]
async fn how_many_and_which_together() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    fedi.set(json!({"processing_ms": 0})).await;
    let mut pictures = Vec::new();
    for _ in 0..5 {
        pictures.push(fedi.picture().await);
    }
    fedi.post(json!({"media_ids": pictures})).await.says(422, "Cannot attach more than 4 files");
    let video = fedi.upload("video/mp4", mp4(100), &[]).await.ok().text("id");
    let mixed = json!({"media_ids": [pictures[0], video]});
    fedi.post(mixed.clone()).await.says(422, "Cannot attach a video to a post that already contains images");
    let other = Fedi::login(&world, "mastodon", "tomas").await;
    other.post(json!({"media_ids": [video]})).await.says(422, "not found or already attached");
    other.get(&format!("/api/v1/media/{video}")).await.says(404, "Record not found");
    fedi.post(json!({"media_ids": &pictures[..4]})).await.ok();
    let lenient = Fedi::login(&world, "gotosocial", "ada").await;
    lenient.set(json!({"processing_ms": 0})).await;
    let (video, picture) = (lenient.upload("video/mp4", mp4(100), &[]).await.ok(), lenient.picture().await);
    lenient.post(json!({"media_ids": [picture, video.body["id"]]})).await.ok();
}

#[tokio::test]
async fn a_file_that_nobody_posts_is_forgotten_after_a_day() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let (used, unused) = (fedi.picture().await, fedi.picture().await);
    let id = fedi.post(json!({"media_ids": [used]})).await.ok().text("id");
    world.pass(86_399);
    fedi.get(&format!("/api/v1/media/{unused}")).await.ok();
    world.pass(1);
    fedi.get(&format!("/api/v1/media/{unused}")).await.says(404, "Record not found");
    let status = fedi.get(&format!("/api/v1/statuses/{id}")).await.ok();
    assert_eq!(status.body["media_attachments"][0]["id"], used);
    let gone = fedi.picture().await;
    fedi.send("DELETE", &format!("/api/v1/media/{gone}"), &Value::Null).await.ok();
    fedi.send("DELETE", &format!("/api/v1/media/{gone}"), &Value::Null).await.says(404, "Record not found");
}

#[tokio::test]
async fn thirty_uploads_in_half_an_hour_and_no_more() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    for _ in 0..30 {
        fedi.picture().await;
    }
    let over = fedi.upload("image/png", png(1, 1), &[]).await;
    over.says(429, "Too many requests");
    assert_eq!((over.header("x-ratelimit-limit"), over.header("x-ratelimit-remaining")), ("30", "0"));
    assert_eq!(over.header("x-ratelimit-reset"), "2026-11-23T08:30:00.000000Z");
    assert!(over.headers.get("retry-after").is_none());
    Fedi::login(&world, "mastodon", "tomas").await.picture().await;
    world.pass(1_800);
    fedi.picture().await;
}

#[tokio::test]
async fn the_bytes_of_a_large_file_are_counted_and_not_kept() {
    let world = World::keeping(1_000).await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    fedi.set(json!({"processing_ms": 0})).await;
    let id = fedi.upload("video/mp4", mp4(3_000_000), &[]).await.ok().text("id");
    fedi.post(json!({"status": "large", "media_ids": [id]})).await.ok();
    fedi.get(&format!("/media/{id}")).await.says(404, "Record not found");
    let ledger = world.json("/_visible").await;
    let shown = &ledger["visible"][0]["media"][0];
    let want = {
        use sha2::Digest as _;
        sha2::Sha256::digest(mp4(3_000_000)).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    assert_eq!((&shown["bytes"], &shown["sha256"]), (&json!(3_000_000), &json!(want)));
    assert!(world.page_at(&format!("{}/@ada", fedi.origin)).await.1.contains("not kept"));
}
