//! The public pages, and the controls around them.

use serde_json::json;

use super::client::*;
use crate::fediverse::client::png;
use crate::support::*;

#[tokio::test]
async fn a_feed_shows_posts_with_what_belongs_to_them() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.png", png(640, 480));
    let id = threads
        .posted(&[("media_type", "IMAGE"), ("image_url", &url), ("alt_text", "A loaf"), ("text", "Bread <b>")])
        .await;
    let poll = r#"{"option_a":"rye","option_b":"wheat"}"#;
    threads
        .posted(&[("media_type", "TEXT"), ("text", "Which?"), ("poll_attachment", poll), ("topic_tag", "Baking")])
        .await;
    for url in [format!("{}/@ada", threads.origin), world.url("/threads/ada")] {
        let (status, html) = world.page_at(&url).await;
        assert_eq!(status, 200);
        let image = format!("<img src=\"{}/media/{id}\" alt=\"A loaf\">", threads.origin);
        for part in [image.as_str(), "Bread &lt;b&gt;", "Poll: rye / wheat", "Topic: Baking", "23 Nov 2026, 08:00 UTC"]
        {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert!(!html.contains("<b>"));
    }
    let twin = world.json("/threads/ada.json").await;
    assert_eq!((&twin["account"]["username"], &twin["posts"][0]["text"]), (&json!("ada"), &json!("Bread <b>")));
    assert_eq!(twin["posts"][0]["files"][0]["bytes"], png(640, 480).len());
    let there = world.send(world.http.get(format!("{}/@ada.json", threads.origin))).await.ok();
    assert_eq!(there.body, twin);
    for missing in ["/threads/nobody", "/threads/nobody.json"] {
        assert_eq!(world.page(missing).await.0, 404, "{missing}");
    }
    for missing in ["/@nobody", "/@nobody.json", "/@ada/post/AAA", "/media/7"] {
        assert_eq!(world.page_at(&format!("{}{missing}", threads.origin)).await.0, 404, "{missing}");
    }
}

#[tokio::test]
async fn a_post_stands_within_its_thread_and_can_be_dated_back() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let root = threads.say("Bread").await;
    let reply = threads.posted(&[("media_type", "TEXT"), ("text", "and butter"), ("reply_to_id", &root)]).await;
    for asked in [&root, &reply] {
        let link = threads.get(&format!("/{asked}?fields=permalink")).await.ok().text("permalink");
        let (_, html) = world.page_at(&link).await;
        assert!(html.find("Bread").unwrap() < html.find("and butter").unwrap(), "the post among its thread: {html}");
        assert!(html.contains(&format!("<article id=\"{asked}\" class=\"asked\">")), "{html}");
        world.control("/_backdate", json!({"url": link, "at": "2001-02-03T04:05:06Z"})).await.ok();
        assert!(world.page_at(&link).await.1.contains("3 Feb 2001, 04:05 UTC"));
    }
}

#[tokio::test]
async fn the_network_is_found_from_the_main_port() {
    let world = World::start().await;
    let origin = world.running.instance("threads").unwrap();
    let (_, html) = world.page("/").await;
    assert!(html.contains(&format!("href=\"{origin}\"")) && html.contains("/threads/ada"), "{html}");
    assert!(world.page_at(&origin).await.1.contains("/@ada"));
    let listed = world.json("/_instances").await["networks"][0].clone();
    assert_eq!((&listed["name"], &listed["origin"]), (&json!("threads"), &json!(origin)));
    assert!(world.running.instances().all(|(name, _)| name != "threads"), "it is no instance of the fediverse");
    assert!(world.running.addresses().any(|addr| format!("http://{addr}") == origin));
    let avatar = world.http.get(format!("{origin}/avatar.png")).send().await.unwrap();
    assert_eq!(avatar.headers()["content-type"], "image/png");
}

#[tokio::test]
async fn the_controls_refuse_nonsense() {
    let world = World::start().await;
    for (path, body, words) in [
        ("/_threads", json!({"race_s": 1}), "race_s"),
        ("/_threads", json!({"race_ms": "long"}), "invalid type"),
        ("/_threads/apps", json!({"id": "abc"}), "id must be digits"),
        ("/_threads/apps", json!({"secret": "short"}), "32 hexadecimal"),
        ("/_threads/apps", json!({"redirect_uri": "a"}), "redirect_uri"),
        ("/_threads/people", json!({"username": "Noor"}), "username"),
        ("/_threads/people", json!({"username": ""}), "username"),
        ("/_threads/people", json!({"user": "noor"}), "user"),
        ("/_threads/people/ada/revoke", json!({"app": "1"}), "app"),
    ] {
        let reply = world.control(path, body).await;
        assert_eq!(reply.status, 400, "{path} {reply:?}");
        assert!(reply.text("error").contains(words), "{path} {reply:?}");
    }
    let settings = world.control("/_threads", json!({})).await.ok();
    assert_eq!((&settings.body["race_ms"], &settings.body["posts_per_day"]), (&json!(7_000), &json!(250)));
}
