//! Videos in pieces through `/videos`.

use serde_json::{Value, json};

use super::client::*;
use crate::support::*;
use crate::threads::film::Film;

fn film() -> Vec<u8> {
    Film { width: 1_280, height: 720, data: 2_500, ..Film::default() }.bytes()
}

/// Begins an upload in pieces of 1,000 bytes.
async fn begun(page: &Facebook<'_>, bytes: &[u8]) -> (String, String) {
    page.set(json!({"chunk_bytes": 1_000})).await;
    let size = bytes.len().to_string();
    let begun = page.post("/me/videos", &[("upload_phase", "start"), ("file_size", &size)]).await.ok();
    assert_eq!((&begun.body["start_offset"], &begun.body["end_offset"]), (&json!("0"), &json!("1000")));
    (begun.text("video_id"), begun.text("upload_session_id"))
}

async fn piece(page: &Facebook<'_>, session: &str, from: &str, bytes: &[u8]) -> Reply {
    let pairs = [("upload_phase", "transfer"), ("upload_session_id", session), ("start_offset", from)];
    page.upload("/me/videos", &pairs, "video_file_chunk", bytes.to_vec()).await
}

async fn ended(page: &Facebook<'_>, session: &str, pairs: &[(&str, &str)]) -> Reply {
    let usual = [("upload_phase", "finish"), ("upload_session_id", session)];
    page.post("/me/videos", &[&usual[..], pairs].concat()).await
}

#[tokio::test]
async fn pieces_are_sent_until_both_offsets_are_equal_and_finished_once() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let bytes = film();
    let (video, session) = begun(&page, &bytes).await;
    let (mut from, mut to) = (0, 1_000);
    while from < to {
        let answer = piece(&page, &session, &from.to_string(), &bytes[from..to]).await.ok();
        let number = |name: &str| answer.text(name).parse::<usize>().unwrap();
        (from, to) = (number("start_offset"), number("end_offset"));
    }
    assert_eq!(from, bytes.len());
    assert_eq!(page.status(&video).await["video_status"], "ready");
    for _ in 0..2 {
        assert_eq!(
            ended(&page, &session, &[("description", "Whole"), ("title", "T")]).await.ok().body,
            json!({"success": true})
        );
    }
    assert_eq!(visible(&world).await, 1);
    let entry = last(&world).await;
    assert_eq!((&entry["text"], &entry["key"]), (&json!("Whole"), &json!(video)));
    let source = page.get(&format!("/{video}?fields=source")).await.ok().text("source");
    assert_eq!(world.http.get(source).send().await.unwrap().bytes().await.unwrap(), bytes);
}

#[tokio::test]
async fn a_piece_in_the_wrong_place_is_answered_with_the_right_one() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let bytes = film();
    let (video, session) = begun(&page, &bytes).await;
    piece(&page, &session, "0", &bytes[..1_000]).await.ok();
    for (from, part) in
        [("0", &bytes[..1_000]), ("2000", &bytes[2_000..]), ("1000", &bytes[1_000..2_001]), ("1000", &[])]
    {
        let wrong = piece(&page, &session, from, part).await;
        wrong.fails(100, 1_363_037, "expected start_offset");
        let want = json!({"start_offset": "1000", "end_offset": "2000"});
        assert_eq!(wrong.body["error"]["error_data"], want);
    }
    piece(&page, "7", "1000", &bytes[1_000..2_000]).await.fails(6_000, 1_363_037, "session");
    let market = Facebook::page(&world, "ada", MARKET).await;
    piece(&market, &session, "1000", &bytes[1_000..2_000]).await.fails(6_000, 1_363_037, "session");
    assert_eq!(page.status(&video).await["uploading_phase"]["bytes_transferred"], 1_000);
    ended(&page, &session, &[]).await.fails(6_000, None, "not complete");
    assert_eq!(visible(&world).await, 0);
}

#[tokio::test]
async fn what_belongs_to_a_phase_must_be_there() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let bytes = film();
    page.post("/me/videos", &[("upload_phase", "start")]).await.fails(100, None, "file_size is required");
    page.post("/me/videos", &[("upload_phase", "begin")]).await.fails(100, None, "upload_phase must be");
    let (video, session) = begun(&page, &bytes).await;
    ended(&page, &session, &[]).await.fails(6_000, None, "problem uploading");
    let pairs = [("upload_phase", "transfer"), ("upload_session_id", session.as_str())];
    page.post("/me/videos", &pairs).await.fails(100, None, "start_offset is required");
    let offset = [&pairs[..], &[("start_offset", "0")]].concat();
    page.post("/me/videos", &offset).await.fails(100, None, "video_file_chunk is required");
    page.post("/me/videos", &[("upload_phase", "transfer")]).await.fails(100, None, "upload_session_id is required");
    page.post("/me/videos", &[("upload_phase", "cancel"), ("upload_session_id", &session)]).await.ok();
    page.get(&format!("/{video}")).await.fails(100, 33, &video);
}

#[tokio::test]
async fn a_finish_that_got_lost_can_be_sent_again_and_a_restart_forgets_unfinished_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let seconds = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(START));
    let open = || {
        let options = postrider_sandbox::Options::new(clock(&seconds), 7);
        postrider_sandbox::Sandbox::with_state_file(options, &path).unwrap()
    };
    let (token, first, video) = {
        let world = World::over(open(), std::sync::Arc::clone(&seconds)).await;
        let page = Facebook::quick(&world).await;
        page.say("one").await;
        let (video, session) = begun(&page, &film()).await;
        piece(&page, &session, "0", &film()[..1_000]).await.ok();
        assert_eq!(page.status(&video).await["uploading_phase"]["bytes_transferred"], 1_000);
        (page.token.clone(), last(&world).await["id"].clone(), video)
    };
    let world = World::over(open(), std::sync::Arc::clone(&seconds)).await;
    let page = Facebook { token, ..Facebook::at(&world).await };
    assert_eq!(column(&page.get("/me/feed?fields=id").await.ok(), "id"), [first]);
    assert_eq!(page.status(&video).await["uploading_phase"]["bytes_transferred"], Value::from(0));
}
