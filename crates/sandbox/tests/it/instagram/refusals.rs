//! What a container may not be made from.

use serde_json::json;

use super::client::*;
use crate::support::*;

const PICTURE: (&str, &str) = ("image_url", "http://127.0.0.1:9/a.jpg");
const FILM: (&str, &str) = ("video_url", "http://127.0.0.1:9/a.mp4");
const REEL: (&str, &str) = ("media_type", "REELS");
const STORY: (&str, &str) = ("media_type", "STORIES");

#[tokio::test]
async fn a_kind_has_what_belongs_to_it_and_nothing_else() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    let requests: [(&[(&str, &str)], &str); 28] = [
        (&[("caption", "a")], "image_url is required"),
        (&[("media_type", "IMAGE")], "image_url is required"),
        (&[REEL], "video_url is required"),
        (&[STORY], "image_url is required"),
        (&[FILM], "media_type is required"),
        (&[PICTURE, FILM], "media_type is required"),
        (&[REEL, PICTURE], "video_url is required"),
        (&[REEL, PICTURE, FILM], "image_url does not go with"),
        (&[STORY, PICTURE, FILM], "image_url does not go with"),
        (&[("media_type", "CAROUSEL"), ("children", "1,2"), PICTURE], "image_url does not go with"),
        (&[PICTURE, ("children", "1,2")], "children does not go with"),
        (&[PICTURE, ("cover_url", "http://a")], "cover_url does not go with"),
        (&[PICTURE, ("thumb_offset", "1")], "thumb_offset does not"),
        (&[PICTURE, ("share_to_feed", "true")], "share_to_feed does not"),
        (&[PICTURE, ("audio_name", "a")], "audio_name does not"),
        (&[PICTURE, ("trial_params", "{}")], "trial_params does not"),
        (&[PICTURE, ("audio_configuration", "{}")], "audio_configuration does not"),
        (&[REEL, FILM, ("alt_text", "a")], "alt_text does not"),
        (&[STORY, PICTURE, ("alt_text", "a")], "alt_text does not"),
        (&[STORY, PICTURE, ("caption", "a")], "caption does not go with"),
        (&[STORY, FILM, ("collaborators", "[\"ada\"]")], "collaborators does not"),
        (&[STORY, FILM, ("cover_url", "http://a")], "cover_url does not"),
        (&[PICTURE, ("is_carousel_item", "yes")], "is_carousel_item must be true or false"),
        (&[PICTURE, ("is_ai_generated", "1")], "is_ai_generated must be"),
        (&[PICTURE, ("text", "a")], "text is not a documented parameter"),
        (&[PICTURE, ("published", "true")], "published is not a documented parameter"),
        (&[PICTURE, ("comment_enabled", "true")], "comment_enabled is not a documented parameter"),
        (&[REEL, FILM, ("share_to_feed", "perhaps")], "share_to_feed must be"),
    ];
    for (pairs, words) in requests {
        let reply = instagram.make(pairs).await;
        assert_eq!(reply.status, 400, "{pairs:?} {reply:?}");
        reply.fails(100, None, words);
    }
}

#[tokio::test]
async fn types_that_are_not_known_and_video_alone_are_refused() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    for kind in ["GIF", "reels", "CAROUSEL_ALBUM", "VIDEO"] {
        let pairs = [("media_type", kind), FILM];
        instagram.make(&pairs).await.fails(100, 2_207_023, "media type");
    }
}

#[tokio::test]
async fn what_the_other_log_in_has_is_refused_here() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    for (name, value) in [
        ("upload_type", "resumable"),
        ("location_id", "110843418940484"),
        ("product_tags", r#"[{"product_id":"7","x":0.5,"y":0.5}]"#),
        ("title", "a"),
        ("poll_attachment", "{}"),
        ("is_paid_partnership", "true"),
        ("branded_content_sponsor_ids", "[7]"),
        ("cross_post_to_threads", "true"),
    ] {
        let reply = instagram.make(&[PICTURE, (name, value)]).await;
        reply.fails(100, None, &format!("{name} is not supported with Instagram Login"));
    }
    let later = [PICTURE, ("scheduled_publish_time", "1795500000")];
    instagram.make(&later).await.fails(3, None, "User must be on whitelist");
}

#[tokio::test]
async fn a_caption_has_limits() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    let make = async |caption: String| instagram.make(&[("image_url", &url), ("caption", &caption)]).await;
    make("ü".repeat(2_200)).await.ok();
    make("ü".repeat(2_201)).await.fails(36_004, 2_207_010, "The caption was too long");
    make(format!("{}a#b", "#tag ".repeat(30))).await.ok();
    make("#tag ".repeat(31)).await.fails(100, None, "at most 30 hashtags");
    make(format!("{}a@b", "@ada ".repeat(20))).await.ok();
    make("@ada ".repeat(21)).await.fails(100, 2_207_040, "20 tags");
    instagram.set(json!({"hashtags": 5})).await;
    make("#tag ".repeat(6)).await.fails(100, None, "at most 5 hashtags");
    let alt = async |text: String| instagram.make(&[("image_url", &url), ("alt_text", &text)]).await;
    alt("a".repeat(1_000)).await.ok();
    alt("a".repeat(1_001)).await.fails(100, None, "alt_text must be at most 1000");
}

#[tokio::test]
async fn tags_and_invitations_have_their_documented_shape() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    let many = |count: usize| json!(vec![json!({"username": "ada", "x": 0.5, "y": 0.5}); count]).to_string();
    for (name, value) in [
        ("user_tags", "ada"),
        ("user_tags", r#"{"username":"ada"}"#),
        ("user_tags", r#"["ada"]"#),
        ("user_tags", r#"[{"username":"ada"}]"#),
        ("user_tags", r#"[{"username":"ada","x":0.5}]"#),
        ("user_tags", r#"[{"username":"ada","x":0.5,"y":1.1}]"#),
        ("user_tags", r#"[{"username":"ada","x":"a","y":1}]"#),
        ("user_tags", r#"[{"username":"a b","x":0.5,"y":1}]"#),
        ("user_tags", r#"[{"x":0.5,"y":1}]"#),
        ("user_tags", r#"[{"username":"ada","x":0.5,"y":1,"z":1}]"#),
        ("collaborators", "ada"),
        ("collaborators", "[]"),
        ("collaborators", r#"["a","b","c","d"]"#),
        ("collaborators", "[7]"),
        ("collaborators", r#"{"a":"b"}"#),
    ] {
        let reply = instagram.make(&[("image_url", &url), (name, value)]).await;
        assert_eq!(reply.status, 400, "{name}={value} {reply:?}");
        reply.fails(100, None, name);
    }
    instagram.make(&[("image_url", &url), ("user_tags", &many(21))]).await.fails(100, 2_207_040, "20 tags");
    for (name, value) in [
        ("user_tags", many(20).as_str()),
        ("user_tags", r#"[{"username":"ada","x":0,"y":1}]"#),
        ("collaborators", r#"["a","b","c"]"#),
    ] {
        instagram.make(&[("image_url", &url), (name, value)]).await.ok();
    }
    // Only pictures have places.
    let story = [STORY, ("image_url", url.as_str()), ("user_tags", r#"[{"username":"ada"}]"#)];
    instagram.make(&story).await.ok();
}

#[tokio::test]
async fn reels_on_trial_need_an_account_that_has_them() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("film.mp4", Film::default().bytes());
    let make = async |params: &str| instagram.make(&[REEL, ("video_url", &url), ("trial_params", params)]).await;
    let manual = r#"{"graduation_strategy":"MANUAL"}"#;
    make(manual).await.fails(100, 2_207_081, "Trial reels are not available");
    instagram.settle(json!({"username": BAKERY, "trial_reels": true})).await;
    for wrong in [r#"{"graduation_strategy":"LATER"}"#, "{}", "MANUAL", r#"{"graduation_strategy":"MANUAL","a":1}"#] {
        make(wrong).await.fails(100, None, "trial_params must be");
    }
    make(r#"{"graduation_strategy":"SS_PERFORMANCE"}"#).await.ok();
    let id = make(manual).await.ok().text("id");
    instagram.publish(&id).await.ok();
    assert_eq!(world.json("/_visible").await["visible"][0]["visibility"], "trial");
}

#[tokio::test]
async fn a_restricted_account_does_nothing() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    let id = instagram.container(&[("image_url", &url)]).await;
    instagram.settle(json!({"username": BAKERY, "restricted": true})).await;
    instagram.make(&[("image_url", &url)]).await.fails(25, 2_207_050, "restricted");
    instagram.publish(&id).await.fails(25, 2_207_050, "restricted");
    instagram.settle(json!({"username": BAKERY, "restricted": false})).await;
    instagram.publish(&id).await.ok();
    assert_eq!(visible(&world).await, 1);
}
