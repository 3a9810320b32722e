//! Pictures and videos: fetching them, and what they must be like.

use serde_json::json;

use super::client::*;
use crate::fediverse::client::png;
use crate::support::*;

async fn picture(instagram: &Instagram<'_>, url: &str) -> Reply {
    instagram.make(&[("image_url", url)]).await
}

async fn reel(instagram: &Instagram<'_>, shelf: &Shelf, film: Film) -> String {
    let url = shelf.put("film.mp4", film.bytes());
    instagram.container(&[("media_type", "REELS"), ("video_url", &url)]).await
}

#[tokio::test]
async fn a_picture_is_fetched_when_its_container_is_made() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let bytes = jpeg(1_080, 1_350);
    let url = shelf.put("loaf.jpg", bytes.clone());
    let id = instagram.posted(&[("image_url", &url), ("alt_text", "A loaf")]).await;
    let post = instagram.get(&format!("/{id}?fields=media_type,media_url,alt_text,caption")).await.ok();
    assert_eq!((&post.body["media_type"], &post.body["alt_text"]), (&json!("IMAGE"), &json!("A loaf")));
    assert!(post.body.get("caption").is_none(), "{post:?}");
    let file = world.http.get(post.text("media_url")).send().await.unwrap();
    assert_eq!(file.headers()["content-type"], "image/jpeg");
    assert_eq!(file.bytes().await.unwrap(), bytes);
    let shown = world.json("/_visible").await["visible"][0]["media"][0].clone();
    assert_eq!((&shown["bytes"], &shown["description"]), (&json!(bytes.len()), &json!("A loaf")));
}

#[tokio::test]
async fn what_cannot_be_fetched_makes_no_container() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/loaf.jpg", listener.local_addr().unwrap())
    };
    for url in [
        shelf.url("missing.jpg"),
        shelf.url("moved-loaf.jpg"),
        closed,
        "http://192.0.2.1/loaf.jpg".to_owned(),
        "http://127.0.0.1/löaf.jpg".to_owned(),
        "loaf.jpg".to_owned(),
    ] {
        picture(&instagram, &url).await.fails(9_004, 2_207_052, "");
        let film = [("media_type", "REELS"), ("video_url", url.as_str())];
        instagram.make(&film).await.fails(9_004, 2_207_052, "");
        let covered = [("media_type", "REELS"), ("video_url", url.as_str()), ("cover_url", url.as_str())];
        instagram.make(&covered).await.fails(9_004, 2_207_052, "");
    }
    picture(&instagram, &shelf.url("loaf.jpg")).await.ok();
    let log = world.json("/_instagram").await;
    assert_eq!(log["accounts"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn a_video_that_cannot_be_fetched_can_fail_later_instead() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    instagram.set(json!({"lost_video": "fails"})).await;
    let film = [("media_type", "REELS"), ("video_url", "http://127.0.0.1:9/film.mp4")];
    let id = instagram.container(&film).await;
    instagram.failed(&id, 2_207_077).await;
    picture(&instagram, "http://127.0.0.1:9/a.jpg").await.fails(9_004, 2_207_052, "");
}

#[tokio::test]
async fn pictures_have_limits() {
    let world = World::keeping(1_000).await;
    let instagram = Instagram::login(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let several = [jpeg(1_080, 1_080), b"\xff\xe2\0\x10MPF\0".to_vec()].concat();
    for bytes in
        [png(1_080, 1_080), b"GIF89a\x80\x02\xe0\x01".to_vec(), b"hello".to_vec(), b"\xff\xd8\xff".to_vec(), several]
    {
        picture(&instagram, &shelf.put("file", bytes)).await.fails(36_001, 2_207_005, "format");
    }
    let large = shelf.put("file", padded(1_080, 1_080, (8 << 20) + 1));
    picture(&instagram, &large).await.fails(36_000, 2_207_004, "The image size is too large");
    for (width, height) in [(1_079, 1_350), (1_080, 1_351), (1_911, 1_000), (1_920, 1_000), (320, 3_200)] {
        let url = shelf.put("file", jpeg(width, height));
        picture(&instagram, &url).await.fails(36_003, 2_207_009, "aspect ratio");
        let item = [("image_url", url.as_str()), ("is_carousel_item", "true")];
        instagram.make(&item).await.fails(36_003, 2_207_009, "aspect ratio");
        let story = [("media_type", "STORIES"), ("image_url", url.as_str())];
        instagram.make(&story).await.ok();
    }
    // What is too wide or too narrow is scaled.
    for (width, height) in [(1_080, 1_350), (1_910, 1_000), (100, 100), (4_000, 4_000)] {
        picture(&instagram, &shelf.put("file", jpeg(width, height))).await.ok();
    }
    picture(&instagram, &shelf.put("file", padded(1_080, 1_080, 8 << 20))).await.ok();
}

#[tokio::test]
async fn a_reel_is_processed_longer_and_has_a_cover() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let (film, cover) = (shelf.put("film.mp4", Film::default().bytes()), shelf.put("cover.jpg", jpeg(1_080, 1_920)));
    let pairs = [
        ("media_type", "REELS"),
        ("video_url", film.as_str()),
        ("cover_url", cover.as_str()),
        // The cover is taken, so this moment is not looked at.
        ("thumb_offset", "99000"),
        ("caption", "Baking"),
        ("audio_name", "Oven"),
        ("share_to_feed", "false"),
    ];
    let id = instagram.container(&pairs).await;
    world.pass(9);
    assert_eq!(instagram.status(&id).await, "IN_PROGRESS");
    instagram.publish(&id).await.fails(9_007, 2_207_027, "not available");
    world.pass(1);
    let post = instagram.publish(&id).await.ok().text("id");
    let fields = "media_type,media_product_type,thumbnail_url,permalink,is_shared_to_feed";
    let shown = instagram.get(&format!("/{post}?fields={fields}")).await.ok();
    assert_eq!((&shown.body["media_type"], &shown.body["media_product_type"]), (&json!("VIDEO"), &json!("REELS")));
    assert_eq!(shown.body["is_shared_to_feed"], false);
    let thumbnail = world.http.get(shown.text("thumbnail_url")).send().await.unwrap();
    assert_eq!(thumbnail.bytes().await.unwrap(), jpeg(1_080, 1_920));
    assert!(shown.text("permalink").contains("/reel/"), "{shown:?}");
    let html = world.page_at(&shown.text("permalink")).await.1;
    assert!(html.contains("<video controls") && html.contains("poster="), "{html}");
    for bytes in [png(1_080, 1_920), padded(1_080, 1_920, (8 << 20) + 1)] {
        let cover = shelf.put("wrong", bytes);
        let pairs = [("media_type", "REELS"), ("video_url", film.as_str()), ("cover_url", &cover)];
        assert_eq!(instagram.make(&pairs).await.status, 400);
    }
}

#[tokio::test]
async fn a_moment_behind_the_end_is_refused() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let film = shelf.put("film.mp4", Film::default().bytes());
    let make = async |moment: &str| {
        instagram.make(&[("media_type", "REELS"), ("video_url", &film), ("thumb_offset", moment)]).await
    };
    make("10000").await.ok();
    make("10001").await.fails(1, 2_207_057, "thumbnail offset");
    make("soon").await.fails(100, None, "thumb_offset must be a number");
    make("-1").await.fails(100, None, "thumb_offset must be a number");
}

#[tokio::test]
async fn a_video_that_is_not_supported_fails_while_it_is_processed() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let good = Film::default();
    for film in [
        Film { seconds: 2, ..good },
        Film { seconds: 901, ..good },
        Film { width: 1_921, height: 1_080, ..good },
        Film { width: 1_920, height: 191, ..good },
        Film { frames_per_second: 22, ..good },
        Film { frames_per_second: 61, ..good },
        Film { seconds: 3, data: 9_400_000, ..good },
        Film { codec: b"vp09", ..good },
        Film { sound: Some((b"Opus", 48_000, 2)), ..good },
        Film { sound: Some((b"mp4a", 65_535, 2)), ..good },
        Film { sound: Some((b"mp4a", 48_000, 6)), ..good },
        Film { index_last: true, ..good },
    ] {
        let id = reel(&instagram, &shelf, film).await;
        instagram.failed(&id, 2_207_026).await;
    }
    for bytes in [jpeg(1_080, 1_080), crate::fediverse::client::mp4(5_000)] {
        let url = shelf.put("file", bytes);
        let id = instagram.container(&[("media_type", "REELS"), ("video_url", &url)]).await;
        instagram.failed(&id, 2_207_026).await;
    }
    for film in [
        Film { seconds: 3, frames_per_second: 23, ..good },
        Film { seconds: 900, frames_per_second: 60, ..good },
        Film { width: 1_920, height: 192, ..good },
        Film { codec: b"hvc1", sound: Some((b"mp4a", 8_000, 1)), ..good },
        Film { sound: None, width: 10, height: 1_000, ..good },
        Film { seconds: 3, data: 9_300_000, ..good },
        Film { edited: true, ..good },
    ] {
        let id = reel(&instagram, &shelf, film).await;
        assert_eq!(instagram.status(&id).await, "FINISHED");
    }
    instagram.set(json!({"index_first": false, "refuse_edit_lists": true})).await;
    let last = reel(&instagram, &shelf, Film { index_last: true, ..good }).await;
    assert_eq!(instagram.status(&last).await, "FINISHED");
    let edited = reel(&instagram, &shelf, Film { edited: true, ..good }).await;
    instagram.failed(&edited, 2_207_026).await;
}

#[tokio::test]
async fn a_story_is_shorter_than_a_reel_and_its_size_is_limited() {
    let world = World::keeping(1_000).await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let good = Film::default();
    let story = async |film: Film| {
        let url = shelf.put("film.mp4", film.bytes());
        instagram.container(&[("media_type", "STORIES"), ("video_url", &url)]).await
    };
    for film in [Film { seconds: 61, ..good }, Film { width: 99, height: 1_000, ..good }] {
        let id = story(film).await;
        instagram.failed(&id, 2_207_026).await;
    }
    let id = story(Film { seconds: 60, width: 100, height: 1_000, ..good }).await;
    assert_eq!(instagram.status(&id).await, "FINISHED");
    instagram.set(json!({"reel_megabytes": 1})).await;
    let id = reel(&instagram, &shelf, Film { data: 1 << 20, ..good }).await;
    instagram.failed(&id, 2_207_026).await;
    let id = story(Film { data: 2 << 20, ..good }).await;
    assert_eq!(instagram.status(&id).await, "FINISHED");
}

#[tokio::test]
async fn a_sound_cannot_be_mixed_with_one_that_is_not_there() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let silent = shelf.put("silent.mp4", Film { sound: None, ..Film::default() }.bytes());
    let loud = shelf.put("loud.mp4", Film::default().bytes());
    let make = async |url: &str, audio: &str| {
        let pairs = [("media_type", "REELS"), ("video_url", url), ("audio_configuration", audio)];
        instagram.make(&pairs).await
    };
    let id = make(&silent, r#"{"video_volume":50}"#).await.ok().text("id");
    instagram.failed(&id, 2_207_082).await;
    for (url, audio) in [(&silent, r#"{"video_volume":0}"#), (&loud, r#"{"video_volume":50}"#)] {
        let id = make(url, audio).await.ok().text("id");
        assert_eq!(instagram.status(&id).await, "FINISHED");
    }
    for wrong in ["loud", "50", r#"{"video_volume":"loud"}"#] {
        make(&loud, wrong).await.fails(100, None, "audio_configuration must be");
    }
}

#[tokio::test]
async fn what_is_refused_anyway_is_not_fetched() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    // Nobody answers there; a call that fetched would say so.
    let pairs = [("image_url", "http://127.0.0.1:9/a"), ("user_tags", "{}")];
    instagram.make(&pairs).await.fails(100, None, "user_tags");
    instagram.make(&pairs[..1]).await.fails(9_004, 2_207_052, "");
}

#[tokio::test]
async fn the_bytes_of_a_large_file_are_counted_and_not_kept() {
    let world = World::keeping(1_000).await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let film = Film { data: 3_000_000, ..Film::default() };
    let url = shelf.put("film.mp4", film.bytes());
    let id = instagram.posted(&[("media_type", "REELS"), ("video_url", &url)]).await;
    let shown = world.json("/_visible").await["visible"][0]["media"][0].clone();
    assert_eq!(shown["bytes"], film.bytes().len());
    let media = instagram.get(&format!("/{id}?fields=media_url")).await.ok().text("media_url");
    assert_eq!(world.page_at(&media).await.0, 404);
    assert!(world.page_at(&format!("{}/{BAKERY}", instagram.origin)).await.1.contains("not kept"));
}
