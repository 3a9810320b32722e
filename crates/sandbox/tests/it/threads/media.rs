//! Pictures and videos: fetching them, and what they must be like.

use serde_json::{Value, json};

use super::client::*;
use super::film::Film;
use crate::fediverse::client::png;
use crate::support::*;

#[tokio::test]
async fn a_picture_is_fetched_when_its_container_is_made() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let shelf = Shelf::open().await;
    let bytes = png(640, 480);
    let url = shelf.put("loaf.png", bytes.clone());
    let pairs =
        [("media_type", "IMAGE"), ("image_url", url.as_str()), ("alt_text", "A loaf"), ("is_spoiler_media", "true")];
    let id = threads.posted(&pairs).await;
    let post = threads.get(&format!("/{id}?fields=media_type,media_url,alt_text,text")).await.ok();
    assert_eq!((&post.body["media_type"], &post.body["alt_text"]), (&json!("IMAGE"), &json!("A loaf")));
    assert!(post.body.get("text").is_none(), "{post:?}");
    let file = world.http.get(post.text("media_url")).send().await.unwrap();
    assert_eq!(file.headers()["content-type"], "image/png");
    assert_eq!(file.bytes().await.unwrap(), bytes);
    let shown = world.json("/_visible").await["visible"][0]["media"][0].clone();
    assert_eq!((&shown["bytes"], &shown["description"]), (&json!(bytes.len()), &json!("A loaf")));
}

#[tokio::test]
async fn a_picture_that_cannot_be_fetched_makes_no_container() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let shelf = Shelf::open().await;
    shelf.put("loaf.png", png(640, 480));
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/loaf.png", listener.local_addr().unwrap())
    };
    for url in [
        shelf.url("missing.png"),
        shelf.url("moved-loaf.png"),
        closed,
        "http://192.0.2.1/loaf.png".to_owned(),
        "loaf.png".to_owned(),
        "data:image/png;base64,AA==".to_owned(),
    ] {
        let reply = threads.make(&[("media_type", "IMAGE"), ("image_url", &url)]).await;
        reply.fails(1, 2_207_052, "The media could not be fetched from this URI");
    }
    threads.make(&[("media_type", "IMAGE"), ("image_url", &shelf.url("loaf.png"))]).await.ok();
}

#[tokio::test]
async fn pictures_have_limits() {
    let world = World::keeping(1_000).await;
    let threads = Threads::login(&world, "ada").await;
    let shelf = Shelf::open().await;
    let jpeg = b"\xff\xd8\xff\xc0\0\x11\x08\x01\xe0\x02\x80".to_vec();
    let padded = |bytes: usize| [png(640, 480), vec![0; bytes - png(640, 480).len()]].concat();
    for (bytes, words) in [
        (b"GIF89a\x80\x02\xe0\x01".to_vec(), "must be a JPEG or a PNG"),
        (b"hello".to_vec(), "must be a JPEG or a PNG"),
        (b"\x89PNG\r\n\x1a\n\0\0".to_vec(), "cannot be read"),
        (png(319, 300), "320 to 1440 pixels wide"),
        (png(1_441, 300), "320 to 1440 pixels wide"),
        (png(320, 3_201), "aspect ratio"),
        (png(1_440, 143), "aspect ratio"),
    ] {
        let url = shelf.put("file", bytes);
        threads.make(&[("media_type", "IMAGE"), ("image_url", &url)]).await.fails(100, None, words);
    }
    let url = shelf.put("file", padded((8 << 20) + 1));
    let large = threads.make(&[("media_type", "IMAGE"), ("image_url", &url)]).await;
    large.fails(36_000, 2_207_004, "The image size is too large");
    for bytes in [jpeg, png(320, 3_200), png(1_440, 144), padded(8 << 20)] {
        let url = shelf.put("file", bytes);
        threads.make(&[("media_type", "IMAGE"), ("image_url", &url)]).await.ok();
    }
}

#[tokio::test]
async fn a_video_is_processed_longer_and_shown() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let shelf = Shelf::open().await;
    let url = shelf.put("film.mp4", Film::default().bytes());
    let id = threads.container(&[("media_type", "VIDEO"), ("video_url", &url), ("text", "Baking")]).await;
    world.pass(9);
    assert_eq!(threads.status(&id).await.0, "IN_PROGRESS");
    threads.publish(&id).await.fails(24, 4_279_009, "does not exist");
    world.pass(1);
    assert_eq!(threads.status(&id).await.0, "FINISHED");
    let post = threads.publish(&id).await.ok().text("id");
    assert_eq!(threads.get(&format!("/{post}?fields=media_type")).await.ok().body["media_type"], "VIDEO");
    assert!(world.page_at(&format!("{}/@ada", threads.origin)).await.1.contains("<video controls"));
}

#[tokio::test]
async fn a_video_that_cannot_be_fetched_fails_later() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let shelf = Shelf::open().await;
    let id = threads.container(&[("media_type", "VIDEO"), ("video_url", &shelf.url("film.mp4"))]).await;
    assert_eq!(threads.status(&id).await, ("ERROR".into(), json!("FAILED_DOWNLOADING_VIDEO")));
    threads.publish(&id).await.fails(24, 4_279_009, "does not exist");
    shelf.put("film.mp4", Film::default().bytes());
    let again = threads.container(&[("media_type", "VIDEO"), ("video_url", &shelf.url("film.mp4"))]).await;
    assert_eq!(threads.status(&again).await, ("FINISHED".into(), Value::Null));
}

#[tokio::test]
async fn a_video_over_a_limit_fails_with_the_word_for_it() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let shelf = Shelf::open().await;
    let good = Film::default();
    let films = [
        (Film { seconds: 301, ..good }, "INVALID_DURATION"),
        (Film { width: 1_920, height: 191, ..good }, "INVALID_ASPEC_RATIO"),
        (Film { width: 1_921, height: 1_080, ..good }, "FAILED_PROCESSING_VIDEO"),
        (Film { frames_per_second: 22, ..good }, "INVALID_FRAME_RATE"),
        (Film { frames_per_second: 61, ..good }, "INVALID_FRAME_RATE"),
        (Film { seconds: 1, data: 3_200_000, ..good }, "INVALID_BIT_RATE"),
        (Film { codec: b"vp09", ..good }, "FAILED_PROCESSING_VIDEO"),
        (Film { sound: Some((b"Opus", 48_000, 2)), ..good }, "FAILED_PROCESSING_AUDIO"),
        (Film { sound: Some((b"mp4a", 65_535, 2)), ..good }, "FAILED_PROCESSING_AUDIO"),
        (Film { sound: Some((b"mp4a", 48_000, 6)), ..good }, "INVALID_AUDIO_CHANNELS"),
    ];
    let mut files: Vec<_> = films.iter().map(|(film, word)| (film.bytes(), *word)).collect();
    files.push((png(640, 480), "FAILED_PROCESSING_VIDEO"));
    files.push((crate::fediverse::client::mp4(5_000), "FAILED_PROCESSING_VIDEO"));
    for (bytes, word) in files {
        let url = shelf.put("film.mp4", bytes);
        let id = threads.container(&[("media_type", "VIDEO"), ("video_url", &url)]).await;
        assert_eq!(threads.status(&id).await, ("ERROR".into(), json!(word)));
    }
    let edges = [
        Film { seconds: 300, frames_per_second: 23, ..good },
        Film { width: 1_920, height: 192, frames_per_second: 60, ..good },
        Film { codec: b"hvc1", sound: Some((b"mp4a", 8_000, 1)), ..good },
        Film { sound: None, width: 10, height: 1_000, ..good },
        Film { seconds: 1, data: 3_100_000, ..good },
    ];
    for film in edges {
        let url = shelf.put("film.mp4", film.bytes());
        let id = threads.container(&[("media_type", "VIDEO"), ("video_url", &url)]).await;
        assert_eq!(threads.status(&id).await, ("FINISHED".into(), Value::Null));
    }
}

#[tokio::test]
async fn what_is_refused_anyway_is_not_fetched() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    // Nobody answers there; a call that fetched would say so.
    let pairs = [("media_type", "IMAGE"), ("image_url", "http://127.0.0.1:9/a"), ("topic_tag", "a.b")];
    threads.make(&pairs).await.fails(100, None, "topic_tag");
    threads.make(&pairs[..2]).await.fails(1, 2_207_052, "could not be fetched");
}

#[tokio::test]
async fn the_bytes_of_a_large_file_are_counted_and_not_kept() {
    let world = World::keeping(1_000).await;
    let threads = Threads::quick(&world, "ada").await;
    let shelf = Shelf::open().await;
    let film = Film { data: 3_000_000, ..Film::default() };
    let url = shelf.put("film.mp4", film.bytes());
    let id = threads.posted(&[("media_type", "VIDEO"), ("video_url", &url)]).await;
    let shown = world.json("/_visible").await["visible"][0]["media"][0].clone();
    assert_eq!(shown["bytes"], film.bytes().len());
    let media = threads.get(&format!("/{id}?fields=media_url")).await.ok().text("media_url");
    assert_eq!(world.page_at(&media).await.0, 404);
    assert!(world.page_at(&format!("{}/@ada", threads.origin)).await.1.contains("not kept"));
}
