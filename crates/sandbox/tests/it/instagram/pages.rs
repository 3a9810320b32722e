//! What people see: profiles, posts, the index; and the controls.

use serde_json::json;

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn a_feed_shows_posts_with_what_belongs_to_them() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    let tags = r#"[{"username":"ada","x":0.5,"y":0.5}]"#;
    let pairs = [
        ("image_url", url.as_str()),
        ("alt_text", "A loaf"),
        ("caption", "Bread <b>"),
        ("user_tags", tags),
        ("collaborators", r#"["okonkwophoto"]"#),
        ("is_ai_generated", "true"),
    ];
    let id = instagram.posted(&pairs).await;
    instagram.post(&format!("/{id}/comments"), &[("message", "first")]).await.ok();
    for url in [format!("{}/{BAKERY}/", instagram.origin), world.url("/instagram/harbourbakery")] {
        let (status, html) = world.page_at(&url).await;
        assert_eq!(status, 200, "{url}");
        let image = format!("<img src=\"{}/media/{id}\" alt=\"A loaf\">", instagram.origin);
        for part in [
            image.as_str(),
            "Bread &lt;b&gt;",
            "People: ada",
            "Invited: okonkwophoto",
            "Made with AI: yes",
            "@harbourbakery: first",
            "23 Nov 2026, 08:00 UTC",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert!(!html.contains("<b>"));
    }
    let twin = world.json("/instagram/harbourbakery.json").await;
    assert_eq!(
        (&twin["account"]["account_type"], &twin["posts"][0]["caption"]),
        (&json!("BUSINESS"), &json!("Bread <b>"))
    );
    assert_eq!(twin["posts"][0]["content"]["user_tags"][0]["username"], "ada");
    assert_eq!(twin["posts"][0]["comments"][0]["text"], "first");
    let there = world.send(world.http.get(format!("{}/harbourbakery.json", instagram.origin))).await.ok();
    assert_eq!(there.body, twin);
    for missing in ["/instagram/nobody", "/instagram/nobody.json"] {
        assert_eq!(world.page(missing).await.0, 404, "{missing}");
    }
    for missing in ["/nobody", "/nobody.json", "/p/AAA", "/reel/AAA/", "/stories/ada/7", "/media/7", "/cover/7"] {
        assert_eq!(world.page_at(&format!("{}{missing}", instagram.origin)).await.0, 404, "{missing}");
    }
}

#[tokio::test]
async fn posts_can_be_dated_back() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let film = shelf.put("film.mp4", Film::default().bytes());
    let picture = instagram.say(&shelf, "Bread").await;
    let reel = instagram.posted(&[("media_type", "REELS"), ("video_url", &film)]).await;
    for id in [picture, reel] {
        let link = instagram.get(&format!("/{id}?fields=permalink")).await.ok().text("permalink");
        assert!(world.page_at(&link).await.1.contains(&format!("<article id=\"{id}\" class=\"asked\">")));
        world.control("/_backdate", json!({"url": link, "at": "2001-02-03T04:05:06Z"})).await.ok();
        assert!(world.page_at(&link).await.1.contains("3 Feb 2001, 04:05 UTC"));
    }
}

#[tokio::test]
async fn the_network_is_found_from_the_main_port() {
    let world = World::start().await;
    let origin = world.running.instance("instagram").unwrap();
    let (_, html) = world.page("/").await;
    assert!(html.contains(&format!("href=\"{origin}\"")) && html.contains("/instagram/okonkwophoto"), "{html}");
    assert!(world.page_at(&origin).await.1.contains("/harbourbakery"));
    let listed = world.json("/_instances").await["networks"].clone();
    let listed = listed.as_array().unwrap().iter().find(|network| network["name"] == "instagram").unwrap().clone();
    assert_eq!((&listed["origin"], &listed["controls"]), (&json!(origin), &json!("/_instagram")));
    assert!(world.running.instances().all(|(name, _)| name != "instagram"), "it is no instance of the fediverse");
    assert!(world.running.addresses().any(|addr| format!("http://{addr}") == origin));
}

#[tokio::test]
async fn the_controls_refuse_nonsense() {
    let world = World::start().await;
    for (path, body, words) in [
        ("/_instagram", json!({"race_ms": 1}), "race_ms"),
        ("/_instagram", json!({"spam": "often"}), "often"),
        ("/_instagram", json!({"throttle_code": 5}), "throttle_code"),
        ("/_instagram/apps", json!({"id": "abc"}), "id must be digits"),
        ("/_instagram/apps", json!({"secret": "short"}), "32 hexadecimal"),
        ("/_instagram/accounts", json!({"username": "Noor"}), "username"),
        ("/_instagram/accounts", json!({"username": "noor", "account_type": "SHOP"}), "SHOP"),
        ("/_instagram/accounts", json!({"user": "noor"}), "user"),
        ("/_instagram/accounts/ada/revoke", json!({"app": "1"}), "app"),
    ] {
        let reply = world.control(path, body).await;
        assert_eq!(reply.status, 400, "{path} {reply:?}");
        assert!(reply.text("error").contains(words), "{path} {reply:?}");
    }
    let settings = world.control("/_instagram", json!({})).await.ok();
    assert_eq!((&settings.body["posts_per_day"], &settings.body["spam"]), (&json!(50), &json!("off")));
    let made = world.control("/_instagram/accounts", json!({"username": "noor", "name": "Noor"})).await;
    assert_eq!((made.status, &made.body["account_type"]), (201, &json!("BUSINESS")));
}
