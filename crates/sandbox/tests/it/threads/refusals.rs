//! What a container may not be made from.

use super::client::*;
use crate::support::*;

const ADDRESS: &str = "http://127.0.0.1:9/a.jpg";

/// Each request with the parameter that its refusal names.
async fn refused(threads: &Threads<'_>, requests: &[(&[(&str, &str)], &str)]) {
    for (pairs, words) in requests {
        let reply = threads.make(pairs).await;
        assert_eq!(reply.status, 400, "{pairs:?} {reply:?}");
        reply.fails(100, None, words);
    }
}

#[tokio::test]
async fn a_kind_is_needed_and_what_belongs_to_it() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let requests: [(&[(&str, &str)], &str); 18] = [
        (&[("text", "a")], "media_type is required"),
        (&[("media_type", "GIF"), ("text", "a")], "media_type must be"),
        (&[("media_type", "text"), ("text", "a")], "media_type must be"),
        (&[("media_type", "TEXT")], "text is required"),
        (&[("media_type", "TEXT"), ("text", "")], "text is required"),
        (&[("media_type", "IMAGE")], "image_url is required"),
        (&[("media_type", "VIDEO"), ("text", "a")], "video_url is required"),
        (&[("media_type", "IMAGE"), ("video_url", ADDRESS)], "video_url does not go with"),
        (&[("media_type", "TEXT"), ("text", "a"), ("image_url", ADDRESS)], "image_url does not go with"),
        (&[("media_type", "TEXT"), ("text", "a"), ("alt_text", "b")], "alt_text does not go with"),
        (&[("media_type", "TEXT"), ("text", "a"), ("is_spoiler_media", "true")], "is_spoiler_media does not"),
        (&[("media_type", "TEXT"), ("text", "a"), ("is_carousel_item", "true")], "is_carousel_item goes with"),
        (&[("media_type", "IMAGE"), ("image_url", ADDRESS), ("is_ghost_post", "true")], "is_ghost_post does not"),
        (&[("media_type", "IMAGE"), ("image_url", ADDRESS), ("auto_publish_text", "true")], "auto_publish_text"),
        (&[("media_type", "IMAGE"), ("image_url", ADDRESS), ("is_carousel_item", "true"), ("text", "a")], "text does"),
        (
            &[("media_type", "IMAGE"), ("image_url", ADDRESS), ("is_carousel_item", "true"), ("video_url", ADDRESS)],
            "video_url does not",
        ),
        (&[("media_type", "TEXT"), ("text", "a"), ("caption", "b")], "caption is not a documented parameter"),
        (&[("media_type", "TEXT"), ("text", "a"), ("auto_publish_text", "yes")], "auto_publish_text must be true"),
    ];
    refused(&threads, &requests).await;
}

#[tokio::test]
async fn a_text_counts_its_emoji_as_bytes() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let text = async |text: String| threads.make(&[("media_type", "TEXT"), ("text", &text)]).await;
    text("ü".repeat(500)).await.ok();
    text("ü".repeat(501)).await.fails(100, None, "text must be at most 500 characters");
    text("👍".repeat(125)).await.ok();
    text("👍".repeat(126)).await.fails(100, None, "text must be at most 500 characters");
    text(format!("{}👩‍👩‍👧‍👦", "a".repeat(475))).await.ok();
    text(format!("{}👩‍👩‍👧‍👦", "a".repeat(476))).await.fails(100, None, "text must be at most 500 characters");
}

#[tokio::test]
async fn a_sixth_different_link_is_too_many() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let five = (1..=5).map(|n| format!("https://{n}.example/")).collect::<Vec<_>>().join(" ");
    let six = format!("{five} http://6.example");
    let make = async |text: &str, link: &str| {
        let pairs = [("media_type", "TEXT"), ("text", text), ("link_attachment", link)];
        threads.make(&pairs).await
    };
    make(&five, "").await.ok();
    make(&format!("{five} https://1.example/"), "https://2.example").await.ok();
    make(&six, "").await.fails(100, None, "THREADS_API__LINK_LIMIT_EXCEEDED");
    make(&five, "https://6.example").await.fails(100, None, "THREADS_API__LINK_LIMIT_EXCEEDED");
    make("", "https://6.example").await.ok();
}

#[tokio::test]
async fn a_text_has_one_attachment_at_most_and_pictures_have_none() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let attachments = [
        ("link_attachment", "https://a.example"),
        ("poll_attachment", r#"{"option_a":"first","option_b":"second"}"#),
        ("text_attachment", r#"{"plaintext":"long"}"#),
        ("gif_attachment", r#"{"gif_id":"16185153483944881729","provider":"TENOR"}"#),
    ];
    for (number, attachment) in attachments.iter().enumerate() {
        let text = [("media_type", "TEXT"), ("text", "a"), *attachment];
        threads.make(&text).await.ok();
        let picture = [("media_type", "IMAGE"), ("image_url", ADDRESS), *attachment];
        threads.make(&picture).await.fails(100, None, attachment.0);
        let carousel = [("media_type", "CAROUSEL"), ("children", "1,2"), *attachment];
        threads.make(&carousel).await.fails(100, None, attachment.0);
        for other in &attachments[number + 1..] {
            threads.make(&[&text[..], &[*other]].concat()).await.fails(100, None, "does not go with");
        }
    }
}

#[tokio::test]
async fn attachments_have_their_documented_shape() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let long = format!(r#"{{"option_a":"{}","option_b":"b"}}"#, "a".repeat(26));
    let essay = format!(r#"{{"plaintext":"{}"}}"#, "a".repeat(10_001));
    for (name, value) in [
        ("poll_attachment", "a,b"),
        ("poll_attachment", r#"["a","b"]"#),
        ("poll_attachment", r#"{"option_a":"a"}"#),
        ("poll_attachment", r#"{"option_a":"a","option_b":""}"#),
        ("poll_attachment", r#"{"option_a":"a","option_b":2}"#),
        ("poll_attachment", r#"{"option_a":"a","option_b":"b","option_d":"d"}"#),
        ("poll_attachment", r#"{"option_a":"a","option_b":"b","option_e":"e"}"#),
        ("poll_attachment", &long),
        ("text_attachment", r#"{"plaintext":""}"#),
        ("text_attachment", r#"{"plaintext":"a","link_attachment_url":"a"}"#),
        (
            "text_attachment",
            r#"{"plaintext":"abcd","text_with_styling_info":[{"offset":2,"length":3,"styling_info":["bold"]}]}"#,
        ),
        (
            "text_attachment",
            r#"{"plaintext":"abcd","text_with_styling_info":[{"offset":0,"length":1,"styling_info":["red"]}]}"#,
        ),
        ("text_attachment", r#"{"plaintext":"abcd","text_with_styling_info":{}}"#),
        ("text_attachment", r#"{"plaintext":"a","title":"b"}"#),
        ("text_attachment", &essay),
        ("gif_attachment", r#"{"gif_id":"1"}"#),
        ("gif_attachment", r#"{"gif_id":"1","provider":"GIPHY"}"#),
        ("gif_attachment", r#"{"gif_id":"","provider":"TENOR"}"#),
        ("link_attachment", "a.example"),
        ("link_attachment", "ftp://a.example"),
        ("text_entities", r#"{"entity_type":"SPOILER"}"#),
        ("text_entities", r#"[{"entity_type":"SPOILER","offset":1,"length":4}]"#),
        ("text_entities", r#"[{"entity_type":"SPOILER","offset":0,"length":0}]"#),
        ("text_entities", r#"[{"entity_type":"BOLD","offset":0,"length":1}]"#),
        ("reply_control", "nobody"),
        ("topic_tag", "a.b"),
        ("topic_tag", "a&b"),
        ("topic_tag", &"t".repeat(51)),
        ("location_id", "7"),
        ("reply_to_id", "7"),
        ("quote_post_id", "rubbish"),
        ("allowlisted_country_codes", "US,Canada"),
        ("enable_reply_approvals", "1"),
        ("is_ghost_post", "maybe"),
    ] {
        let reply = threads.make(&[("media_type", "TEXT"), ("text", "abcd"), (name, value)]).await;
        assert_eq!(reply.status, 400, "{name}={value} {reply:?}");
        reply.fails(100, None, name);
    }
    for (name, value) in [
        ("poll_attachment", r#"{"option_a":"first","option_b":"second","option_c":"third","option_d":"fourth"}"#),
        (
            "text_attachment",
            r#"{"plaintext":"abcd","link_attachment_url":"https://meta.com","text_with_styling_info":[{"offset":1,"length":3,"styling_info":["bold","italic"]}]}"#,
        ),
        ("text_entities", r#"[{"entity_type":"SPOILER","offset":0,"length":4}]"#),
        ("reply_control", "accounts_you_follow"),
        ("topic_tag", &"t".repeat(50)),
        ("location_id", "110843418940484"),
        ("enable_reply_approvals", "true"),
        ("is_ghost_post", "true"),
        ("is_carousel_item", "false"),
    ] {
        let reply = threads.make(&[("media_type", "TEXT"), ("text", "abcd"), (name, value)]).await;
        assert_eq!(reply.status, 200, "{name}={value} {reply:?}");
    }
}

#[tokio::test]
async fn countries_need_an_account_that_may_choose_them() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let pairs = [("media_type", "TEXT"), ("text", "a"), ("allowlisted_country_codes", "US,CA")];
    threads.make(&pairs).await.fails(10, None, "geo gating");
    let may = serde_json::json!({"username": "ada", "geo_gating": true});
    world.control("/_threads/people", may).await.ok();
    threads.make(&pairs).await.ok();
    let me = threads.get("/me?fields=is_eligible_for_geo_gating").await.ok();
    assert_eq!(me.body["is_eligible_for_geo_gating"], true);
}
