//! Reels: the upload host, processing, and what becomes of an accepted `finish`.

use serde_json::{Value, json};

use super::client::*;
use crate::support::*;
use crate::threads::film::Film;

#[tokio::test]
async fn an_accepted_reel_is_not_yet_published() {
    let world = World::start().await;
    let page = Facebook::page(&world, "ada", BAKERY).await;
    let (video, url) = page.begin("video_reels").await;
    assert_eq!(page.status(&video).await["uploading_phase"]["status"], "not_started");
    let sent = page.whole(&url, Film::default().bytes()).await.ok();
    assert_eq!(sent.body, json!({"success": true, "message": "Upload successful."}));
    assert_eq!(page.status(&video).await["video_status"], "upload_complete");
    assert_eq!(page.status(&video).await["publishing_phase"]["status"], "not_started");
    let pairs = [("video_state", "PUBLISHED"), ("description", "Kneading"), ("title", "Dough")];
    assert_eq!(page.finish("video_reels", &video, &pairs).await.ok().body, json!({"success": true}));
    let status = page.status(&video).await;
    assert_eq!((&status["video_status"], visible(&world).await), (&json!("processing"), 0));
    assert_eq!(status["processing_phase"]["status"], "in_progress");
    assert_eq!(status["publishing_phase"]["status"], "in_progress");
    world.pass(5);
    let status = page.status(&video).await;
    assert_eq!(
        (&status["video_status"], &status["publishing_phase"]["status"]),
        (&json!("ready"), &json!("in_progress"))
    );
    let shown = page.get(&format!("/{video}?fields=published,post_id")).await.ok();
    assert_eq!(shown.body, json!({"published": false, "id": video}));
    world.pass(2);
    let shown = page.get(&format!("/{video}?fields=status,published,permalink_url,post_id")).await.ok();
    assert_eq!(shown.body["status"]["publishing_phase"]["status"], "complete");
    assert_eq!(
        (&shown.body["published"], shown.text("permalink_url")),
        (&json!(true), format!("{}/reel/{video}", page.origin))
    );
    let entry = last(&world).await;
    assert_eq!(
        (&entry["text"], &entry["key"], &entry["at"]),
        (&json!("Kneading"), &json!(video), &json!("2026-11-23T08:00:07Z"))
    );
    assert!(world.page_at(&shown.text("permalink_url")).await.1.contains("Title: Dough"));
    // Reels are in no list of posts, and are not read as posts.
    assert_eq!(page.get("/me/published_posts").await.ok().body["data"], json!([]));
    page.get(&format!("/{}", shown.text("post_id"))).await.fails(100, 33, "does not exist");
    let listed = page.get(&format!("/me/video_reels?fields=description&since={START}")).await.ok();
    assert_eq!(column(&listed, "description"), [json!("Kneading")]);
}

#[tokio::test]
async fn finishing_twice_publishes_once_and_too_early_not_at_all() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let (video, url) = page.begin("video_reels").await;
    page.finish("video_reels", &video, &[]).await.fails(6_000, None, "problem uploading");
    let bytes = Film::default().bytes();
    let (half, size) = (bytes.len() / 2, bytes.len().to_string());
    page.bytes(&url, &[("offset", "0"), ("file_size", &size)], bytes[..half].to_vec()).await.ok();
    page.finish("video_reels", &video, &[]).await.fails(6_000, None, "not complete");
    page.bytes(&url, &[("offset", &half.to_string()), ("file_size", &size)], bytes[half..].to_vec()).await.ok();
    page.finish("video_reels", &video, &[("video_state", "PUBLISHED")]).await.ok();
    page.finish("video_reels", &video, &[("video_state", "PUBLISHED")]).await.ok();
    assert_eq!(visible(&world).await, 1);
    page.finish("video_reels", "7", &[]).await.fails(100, 33, "'7'");
    page.post("/me/video_reels", &[("upload_phase", "finish")]).await.fails(100, None, "video_id is required");
    page.post("/me/video_reels", &[("upload_phase", "transfer")]).await.fails(100, None, "start or finish");
    page.post("/me/video_reels", &[]).await.fails(100, None, "upload_phase is required");
    let market = Facebook::page(&world, "ada", MARKET).await;
    market.finish("video_reels", &video, &[]).await.fails(100, 33, &video);
}

#[tokio::test]
async fn the_upload_host_is_particular_about_its_headers() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let (video, url) = page.begin("video_reels").await;
    let bytes = Film::default().bytes();
    let size = bytes.len().to_string();
    let both = [("offset", "0"), ("file_size", size.as_str())];
    let wrong = "ParameterValidationError";
    let bearer = world.http.post(&url).bearer_auth(&page.token).header("offset", "0").header("file_size", &size);
    world.send(bearer.body(bytes.clone())).await.bounced(wrong, "OAuth");
    let none = world.http.post(&url).header("offset", "0").header("file_size", &size);
    world.send(none.body(bytes.clone())).await.bounced(wrong, "access token");
    page.bytes(&url, &both[..1], bytes.clone()).await.bounced(wrong, "file_size is required");
    page.bytes(&url, &both[1..], bytes.clone()).await.bounced(wrong, "offset is required");
    page.bytes(&url, &[("offset", "5"), both[1]], bytes.clone()).await.bounced(wrong, "expected offset 0");
    page.bytes(&url, &[both[0], ("file_size", "10")], bytes.clone()).await.bounced(wrong, "smaller than what was sent");
    let market = Facebook::page(&world, "ada", MARKET).await;
    market.bytes(&url, &both, bytes.clone()).await.bounced(wrong, "does not exist");
    page.bytes(&url, &both, Vec::new()).await.bounced(wrong, "body");
    assert_eq!(page.status(&video).await["uploading_phase"]["bytes_transferred"], 0);
    page.bytes(&url, &both, bytes.clone()).await.ok();
    page.bytes(&url, &both, bytes).await.bounced(wrong, "complete");
}

#[tokio::test]
async fn an_upload_that_broke_off_goes_on_behind_what_arrived() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let (video, url) = page.begin("video_reels").await;
    let bytes = Film { data: 3_000_000, ..Film::default() }.bytes();
    let size = bytes.len().to_string();
    world.fault(json!({"match": "POST /video-upload/", "kind": "cut"})).await;
    let request = world.http.post(&url).header("authorization", format!("OAuth {}", page.token));
    let request = request.header("offset", "0").header("file_size", &size).body(bytes.clone());
    assert!(world.try_send(request).await.is_err());
    let phase = page.status(&video).await["uploading_phase"].clone();
    assert_eq!((&phase["status"], &phase["source_file_size"]), (&json!("in_progress"), &json!(bytes.len())));
    let came = phase["bytes_transferred"].as_u64().unwrap();
    assert!(came > 0 && came < bytes.len() as u64, "{phase}");
    let rest = bytes[usize::try_from(came).unwrap()..].to_vec();
    page.bytes(&url, &[("offset", &came.to_string()), ("file_size", &size)], rest).await.ok();
    page.finish("video_reels", &video, &[("description", "whole")]).await.ok();
    let shown = last(&world).await["media"][0].clone();
    assert_eq!(shown["bytes"], bytes.len());
    let link = page.get(&format!("/{video}?fields=source")).await.ok().text("source");
    assert_eq!(world.http.get(link).send().await.unwrap().bytes().await.unwrap(), bytes);
}

#[tokio::test]
async fn an_answer_that_was_lost_leaves_the_bytes_there() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let (video, url) = page.begin("video_reels").await;
    let bytes = Film::default().bytes();
    let size = bytes.len().to_string();
    for (after, came) in [(false, 0), (true, bytes.len())] {
        world
            .fault(json!({"match": "POST /video-upload/", "kind": {"status": {"code": 500, "after_accept": after}}}))
            .await;
        let reply = page.bytes(&url, &[("offset", "0"), ("file_size", &size)], bytes.clone()).await;
        assert_eq!((reply.status, &reply.body["debug_info"]["retriable"]), (500, &json!(true)), "{reply:?}");
        assert_eq!(page.status(&video).await["uploading_phase"]["bytes_transferred"], came);
    }
}

#[tokio::test]
async fn a_file_is_fetched_from_an_address_where_that_is_taken() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let shelf = Shelf::open().await;
    let address = shelf.put("film.mp4", Film::default().bytes());
    let (video, url) = page.begin("video_reels").await;
    page.set(json!({"file_url_uploads": false})).await;
    let refused = page.bytes(&url, &[("file_url", &address)], Vec::new()).await;
    refused.bounced("ParameterValidationError", "required headers");
    page.set(json!({"file_url_uploads": true, "fetch_ms": 3_000})).await;
    let missing = page.bytes(&url, &[("file_url", &shelf.url("nothing.mp4"))], Vec::new()).await;
    missing.bounced("ProcessingFailedError", "could not be fetched");
    page.bytes(&url, &[("file_url", &address)], Vec::new()).await.ok();
    assert_eq!(page.status(&video).await["uploading_phase"]["status"], "in_progress");
    page.finish("video_reels", &video, &[]).await.ok();
    world.pass(3);
    assert_eq!(page.status(&video).await["publishing_phase"]["status"], "complete");
}

#[tokio::test]
async fn reels_have_limits_that_processing_finds() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let good = Film::default();
    let films = [
        (Film { seconds: 2, ..good }, "3 to 90 seconds"),
        (Film { seconds: 91, ..good }, "3 to 90 seconds"),
        (Film { width: 530, height: 950, ..good }, "540 by 960"),
        (Film { width: 1_080, height: 1_080, ..good }, "9:16"),
        (Film { frames_per_second: 23, ..good }, "24 to 60 frames"),
        (Film { sound: Some((b"Opus", 48_000, 2)), ..good }, "AAC"),
    ];
    let mut files: Vec<_> = films.iter().map(|(film, words)| (film.bytes(), *words)).collect();
    files.push((picture(), "cannot be read"));
    for (bytes, words) in files {
        let (video, url) = page.begin("video_reels").await;
        page.whole(&url, bytes).await.ok();
        page.finish("video_reels", &video, &[]).await.ok();
        let status = page.status(&video).await;
        let error = &status["processing_phase"]["errors"][0];
        assert!(error["message"].as_str().unwrap().contains(words), "{words}: {status}");
        assert_eq!((&status["video_status"], &error["code"]), (&json!("error"), &json!(6_000)));
        assert_eq!(status["publishing_phase"]["status"], "error");
    }
    world.fault(json!({"match": "POST /video-upload/", "kind": "fail_processing"})).await;
    let (video, url) = page.begin("video_reels").await;
    page.whole(&url, good.bytes()).await.ok();
    assert_eq!(page.status(&video).await["processing_phase"]["status"], "error");
    assert_eq!(visible(&world).await, 0);
}

#[tokio::test]
async fn a_reel_is_scheduled_or_kept_as_a_draft() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let (video, url) = page.begin("video_reels").await;
    page.whole(&url, Film::default().bytes()).await.ok();
    let at = (START + 1_000).to_string();
    let state = |state| [("video_state", state)];
    page.finish("video_reels", &video, &state("SCHEDULED")).await.fails(
        100,
        None,
        "scheduled_publish_time is required",
    );
    page.finish("video_reels", &video, &state("SOON")).await.fails(100, None, "video_state");
    page.finish("video_reels", &video, &[("scheduled_publish_time", &at)]).await.fails(
        100,
        None,
        "video_state=SCHEDULED",
    );
    let pairs = [("video_state", "SCHEDULED"), ("scheduled_publish_time", at.as_str())];
    page.finish("video_reels", &video, &pairs).await.ok();
    assert_eq!(page.status(&video).await["publishing_phase"]["publish_status"], "scheduled");
    world.pass(1_000);
    assert_eq!(page.status(&video).await["publishing_phase"]["publish_status"], "published");
    let (draft, url) = page.begin("video_reels").await;
    page.whole(&url, Film::default().bytes()).await.ok();
    page.finish("video_reels", &draft, &state("DRAFT")).await.ok();
    assert_eq!(page.status(&draft).await["publishing_phase"]["publish_status"], "draft");
    assert_eq!(visible(&world).await, 1);
}

#[tokio::test]
async fn thirty_reels_in_any_day_and_no_more() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    page.set(json!({"reels_per_day": 2})).await;
    let ready = async || {
        let (video, url) = page.begin("video_reels").await;
        page.whole(&url, Film::default().bytes()).await.ok();
        video
    };
    for _ in 0..2 {
        page.finish("video_reels", &ready().await, &[]).await.ok();
    }
    let third = ready().await;
    page.finish("video_reels", &third, &[]).await.fails(613, None, "rate limit");
    world.pass(86_400);
    page.finish("video_reels", &third, &[]).await.ok();
    assert_eq!(
        (visible(&world).await, world.json("/_facebook").await["settings"]["reels_per_day"].clone()),
        (3, Value::from(2))
    );
}

#[tokio::test]
async fn a_reel_can_be_thrown_away_before_it_is_finished() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let (video, _) = page.begin("video_reels").await;
    page.post("/me/video_reels", &[("upload_phase", "cancel"), ("video_id", &video)]).await.ok();
    page.get(&format!("/{video}")).await.fails(100, 33, &video);
}
