//! The public pages, and the controls around them.

use serde_json::json;

use super::client::*;
use crate::support::*;
use crate::threads::film::Film;

#[tokio::test]
async fn a_feed_shows_posts_with_what_belongs_to_them() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let pairs = [("caption", "Bread <b>"), ("alt_text_custom", "A loaf"), ("place", MARKET)];
    let photo = page.upload("/me/photos", &pairs, "source", picture()).await.ok();
    let (video, url) = page.begin("video_reels").await;
    page.whole(&url, Film::default().bytes()).await.ok();
    page.finish("video_reels", &video, &[("description", "Dough")]).await.ok();
    for url in [
        format!("{}/harbourbakery", page.origin),
        format!("{}/{BAKERY}", page.origin),
        world.url("/facebook/harbourbakery"),
    ] {
        let (status, html) = world.page_at(&url).await;
        assert_eq!(status, 200);
        let image = format!("<img src=\"{}/media/{}\" alt=\"A loaf\">", page.origin, photo.text("id"));
        for part in [image.as_str(), "Bread &lt;b&gt;", "Place: Quay Street Market", "Kind: Reel", "<video controls"] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert!(!html.contains("<b>"));
    }
    let twin = world.json("/facebook/harbourbakery.json").await;
    assert_eq!((&twin["account"]["id"], &twin["posts"][0]["message"]), (&json!(BAKERY), &json!("Bread <b>")));
    let there = world.send(world.http.get(format!("{}/harbourbakery.json", page.origin))).await.ok();
    assert_eq!(there.body, twin);
    for missing in ["/facebook/nobody", "/facebook/nobody.json"] {
        assert_eq!(world.page(missing).await.0, 404, "{missing}");
    }
    for missing in ["/nobody", "/harbourbakery/posts/7", "/reel/7", "/stories/1/7", "/media/7"] {
        assert_eq!(world.page_at(&format!("{}{missing}", page.origin)).await.0, 404, "{missing}");
    }
}

#[tokio::test]
async fn the_network_is_found_from_the_main_port() {
    let world = World::start().await;
    let origin = world.running.instance("facebook").unwrap();
    let (_, html) = world.page("/").await;
    assert!(html.contains(&format!("href=\"{origin}\"")) && html.contains("/facebook/harbourbakery"), "{html}");
    assert!(world.page_at(&origin).await.1.contains("/harbourbakery"));
    let listed = world.json("/_instances").await["networks"][1].clone();
    assert_eq!((&listed["name"], &listed["controls"]), (&json!("facebook"), &json!("/_facebook")));
    let avatar = world.http.get(format!("{origin}/avatar.png")).send().await.unwrap();
    assert_eq!(avatar.headers()["content-type"], "image/png");
}

#[tokio::test]
async fn a_post_can_be_dated_back() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let id = page.say("Bread").await;
    let (video, url) = page.begin("video_reels").await;
    page.whole(&url, Film::default().bytes()).await.ok();
    page.finish("video_reels", &video, &[]).await.ok();
    for path in [format!("/{id}?fields=permalink_url"), format!("/{video}?fields=permalink_url")] {
        let link = page.get(&path).await.ok().text("permalink_url");
        world.control("/_backdate", json!({"url": link, "at": "2001-02-03T04:05:06Z"})).await.ok();
        assert!(world.page_at(&link).await.1.contains("3 Feb 2001, 04:05 UTC"));
    }
}

#[tokio::test]
async fn the_controls_refuse_nonsense() {
    let world = World::start().await;
    for (path, body, words) in [
        ("/_facebook", json!({"race_ms": 1}), "race_ms"),
        ("/_facebook", json!({"processing_ms": "long"}), "invalid type"),
        ("/_facebook", json!({"chunk_bytes": 0}), "chunk_bytes"),
        ("/_facebook/apps", json!({"id": "abc"}), "id must be digits"),
        ("/_facebook/apps", json!({"secret": "short"}), "32 hexadecimal"),
        ("/_facebook/people", json!({"username": "Noor"}), "username"),
        ("/_facebook/people", json!({"user": "noor"}), "user"),
        ("/_facebook/pages", json!({"username": "123"}), "username"),
        ("/_facebook/pages", json!({"username": "new", "roles": {"nobody": null}}), "no person nobody"),
        ("/_facebook/pages", json!({"username": "new", "owner": "7"}), "no portfolio 7"),
        ("/_facebook/businesses", json!({"name": "a", "people": ["nobody"]}), "no person nobody"),
        ("/_facebook/businesses", json!({"id": "7", "name": "a", "people": []}), "no portfolio 7"),
        ("/_facebook/people/ada/revoke", json!({"app": "1"}), "app"),
    ] {
        let reply = world.control(path, body).await;
        assert_eq!(reply.status, 400, "{path} {reply:?}");
        assert!(reply.text("error").contains(words), "{path} {reply:?}");
    }
    let settings = world.control("/_facebook", json!({})).await.ok();
    assert_eq!(settings.body["reels_per_day"], 30);
}
