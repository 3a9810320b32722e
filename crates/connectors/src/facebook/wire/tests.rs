use super::*;

fn video(status: Value, published: Option<bool>) -> Stands {
    let video: Video =
        serde_json::from_value(json!({"id": "1", "status": status, "published": published})).expect("a video");
    video.stands()
}

#[test]
fn ready_is_not_published() {
    let phases = |uploading: &str, publishing: &str| {
        json!({"video_status": "ready", "uploading_phase": {"status": uploading},
               "processing_phase": {"status": "complete"}, "publishing_phase": {"status": publishing}})
    };
    assert_eq!(video(phases("complete", "not_started"), Some(false)), Stands::Waiting { uploaded: true });
    assert_eq!(video(phases("complete", "in_progress"), Some(false)), Stands::Working);
    assert_eq!(video(phases("complete", "complete"), Some(true)), Stands::Out);
    assert_eq!(video(phases("complete", "complete"), None), Stands::Out);
    // A draft was accepted and is shown to nobody.
    assert_eq!(video(phases("complete", "complete"), Some(false)), Stands::Working);
    assert_eq!(video(json!({"video_status": "processing"}), None), Stands::Waiting { uploaded: false });
    assert_eq!(video(json!({"video_status": "upload_complete"}), None), Stands::Waiting { uploaded: true });
    let broken = json!({"video_status": "error", "processing_phase": {"status": "error",
        "errors": [{"code": 1, "message": "The video is too short"}]}});
    assert_eq!(video(broken, None), Stands::Broken("The video is too short".to_owned()));
    assert_eq!(video(json!({"video_status": "expired"}), None), Stands::Broken(String::new()));
}

#[test]
fn offsets_are_numbers_or_digits() {
    let read = |body: Value| serde_json::from_value::<Session>(body).map(|session| session.end_offset);
    assert_eq!(read(json!({"start_offset": "0", "end_offset": "52428800"})).expect("offsets"), 52_428_800);
    assert_eq!(read(json!({"start_offset": 0, "end_offset": 7})).expect("offsets"), 7);
    assert!(read(json!({"start_offset": 0, "end_offset": "many"})).is_err());
}

#[test]
fn links_with_the_number_of_a_post_are_read_and_no_others() {
    let named = |link: &str| receipt_from_link("100", link).map(|receipt| (kind_of(&receipt), receipt.remote_id));
    let (post, video) = (Some((Kind::Post, "100_77".to_owned())), Some((Kind::Video, "77".to_owned())));
    for (link, expected) in [
        ("https://www.facebook.com/bakery/posts/77", post.clone()),
        ("https://www.facebook.com/bakery/posts/fresh-bread/77/", post.clone()),
        ("https://m.facebook.com/permalink.php?story_fbid=77&id=100", post),
        ("https://www.facebook.com/reel/77", video.clone()),
        ("https://www.facebook.com/watch/?v=77", video.clone()),
        ("https://www.facebook.com/bakery/videos/77/", video),
        ("https://www.facebook.com/bakery/posts/pfbid02abc", None),
        ("https://www.facebook.com/bakery", None),
        ("http://www.facebook.com/reel/77", None),
        ("https://evil.example/reel/77", None),
        ("77", None),
        (" 100_77 ", Some((Kind::Post, "100_77".to_owned()))),
        ("77_5", Some((Kind::Comment, "77_5".to_owned()))),
        ("77_", None),
    ] {
        assert_eq!(named(link), expected, "{link}");
    }
}

#[test]
fn what_a_post_shows_is_found_below_its_albums() {
    let post: Post = serde_json::from_value(json!({
        "id": "100_1", "created_time": "2026-11-23T13:30:00+0000",
        "attachments": {"data": [{"target": {"id": "9"}, "subattachments": {"data": [
            {"target": {"id": "10"}}, {"target": {}}, {}]}}]},
    }))
    .expect("a post");
    assert_eq!(post.targets(), ["9", "10"]);
    assert_eq!(post.created_time.map(|at| at.to_string()).as_deref(), Some("2026-11-23T13:30:00Z"));
}
