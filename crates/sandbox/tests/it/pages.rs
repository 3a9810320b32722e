//! The pages that people look at.

use serde_json::json;

use crate::support::*;

#[tokio::test]
async fn the_index_lists_accounts_and_inboxes() {
    let world = World::start().await;
    world.send(world.http.post(world.url("/webhook/orders")).body("{}")).await.ok();
    let (status, html) = world.page("/").await;
    assert_eq!(status, 200);
    assert!(html.contains("<a href=\"/bluesky/ada.sandbox.test\">ada.sandbox.test</a>"));
    assert!(html.contains("Ada Okonkwo") && html.contains("<a href=\"/webhook/orders\">"));
    assert!(!html.contains(PASSWORD));
    assert_eq!(world.page("/bluesky/nobody.test").await.0, 404);
}

#[tokio::test]
async fn posts_are_shown_with_everything_they_carry() {
    let world = World::start().await;
    let (ada, bo) = (world.ada().await, world.login("bo.sandbox.test").await);
    let mut root = post("Grüße @bo https://example.com #fun");
    let feature =
        |name: &str, key: &str, value: &str| json!([{"$type": format!("app.bsky.richtext.facet#{name}"), key: value}]);
    root["facets"] = json!([
        {"index": {"byteStart": 8, "byteEnd": 11}, "features": feature("mention", "did", &bo.did)},
        {"index": {"byteStart": 12, "byteEnd": 31}, "features": feature("link", "uri", "https://example.com/?a=1&b=2")},
        {"index": {"byteStart": 32, "byteEnd": 36}, "features": feature("tag", "tag", "fun")},
    ]);
    root["langs"] = json!(["de", "en"]);
    root["labels"] = json!({"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "graphic-media"}]});
    let root = world.put(&ada, KEYS[0], root).await.ok();
    let gate = json!({"post": root.body["uri"], "createdAt": WHEN, "allow": []});
    let gate = json!({"repo": ada.did, "collection": "app.bsky.feed.threadgate", "rkey": KEYS[0], "record": gate});
    world.call(PUT, &ada, gate).await.ok();
    let mut quote = post("see");
    quote["embed"] = json!({"$type": "app.bsky.embed.record", "record": strong(&root)});
    world.put(&bo, KEYS[1], quote).await.ok();

    let (_, html) = world.page("/bluesky/ada.sandbox.test").await;
    for part in [
        "<h1>Ada Okonkwo</h1>",
        "Grüße <a href=\"/bluesky/bo.sandbox.test\">@bo</a> ",
        "<a href=\"https://example.com/?a=1&amp;b=2\">https://example.com</a>",
        "<a href=\"https://bsky.app/hashtag/fun\">#fun</a>",
        "Languages: de, en",
        "Content labels: graphic-media",
        "Who may reply: nobody",
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    let (_, html) = world.page("/bluesky/bo.sandbox.test").await;
    assert!(html.contains("<blockquote><p class=\"meta\"><a href=\"/bluesky/ada.sandbox.test\">"));
}

#[tokio::test]
async fn threads_are_nested_in_order() {
    let world = World::start().await;
    let ada = world.ada().await;
    let root = world.put(&ada, KEYS[0], post("first")).await.ok();
    let mut parent = strong(&root);
    for (key, text) in [(KEYS[1], "second"), (KEYS[2], "third")] {
        let mut reply = post(text);
        reply["reply"] = json!({"root": strong(&root), "parent": parent});
        parent = strong(&world.put(&ada, key, reply).await.ok());
    }
    let (_, html) = world.page("/bluesky/ada.sandbox.test").await;
    let at = |text: &str| html.find(&format!(">{text}</p>")).unwrap();
    assert!(at("first") < at("second") && at("second") < at("third"));
    assert_eq!(html.matches("<ol class=\"thread\">").count(), 3);
    assert_eq!(html.matches("<ol").count(), html.matches("</ol>").count());
    assert_eq!(html.matches("<li>").count(), html.matches("</li>").count());
}

#[tokio::test]
async fn a_post_has_a_page_of_its_own_where_the_web_client_would_have_it() {
    let world = World::start().await;
    let ada = world.ada().await;
    let root = world.put(&ada, KEYS[0], post("first")).await.ok();
    let mut reply = post("second");
    reply["reply"] = json!({"root": strong(&root), "parent": strong(&root)});
    world.put(&ada, KEYS[1], reply).await.ok();
    world.put(&ada, KEYS[2], post("another")).await.ok();
    for who in [ada.did.as_str(), "ada.sandbox.test"] {
        let (status, html) = world.page(&format!("/profile/{who}/post/{}", KEYS[1])).await;
        assert_eq!(status, 200, "{who}");
        assert!(html.contains("<h1>Post by Ada Okonkwo</h1>") && !html.contains(">another<"), "{html}");
        assert!(
            html.find(">first</p>").unwrap() < html.find(">second</p>").unwrap(),
            "the whole thread, from its start"
        );
        assert!(html.contains(&format!("<article id=\"{}\" class=\"asked\">", KEYS[1])));
        assert_eq!(html.matches("class=\"asked\"").count(), 1);
        assert!(html.contains(&format!("href=\"/profile/{}/post/{}\"", ada.did, KEYS[0])));
        assert_eq!(world.page(&format!("/profile/{who}")).await.0, 200, "the account's page as well");
    }
    for missing in ["/profile/nobody.test/post/x", "/profile/ada.sandbox.test/post/3kmissing2222"] {
        assert_eq!(world.page(missing).await.0, 404, "{missing}");
    }
}

#[tokio::test]
async fn text_cannot_become_markup_and_links_lead_to_the_web_only() {
    let world = World::start().await;
    let ada = world.ada().await;
    let mut evil = post("<script>alert(1)</script> click");
    evil["facets"] = json!([{"index": {"byteStart": 26, "byteEnd": 31},
        "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "javascript:alert(1)"}]}]);
    world.put(&ada, KEYS[0], evil).await.ok();
    let name = json!({"handle": "ada.sandbox.test", "password": PASSWORD, "displayName": "<b>\"A\""});
    world.control("/_accounts", name).await;
    let response = world.http.get(world.url("/bluesky/ada.sandbox.test")).send().await.unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'"));
    let html = response.text().await.unwrap();
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt; click"));
    assert!(!html.contains("<script") && !html.contains("href=\"javascript") && !html.contains("<b>"));
    let rule = json!({"match": "/\"><i>", "kind": "revoke"});
    world.fault(rule).await;
    let (_, panel) = world.page("/_faults").await;
    assert!(panel.contains("/&quot;&gt;&lt;i&gt;") && !panel.contains("<i>"));
    world.send(world.http.post(world.url("/webhook/a")).body("</pre><script>")).await.ok();
    assert!(!world.page("/webhook/a").await.1.contains("<script"));
}

#[tokio::test]
async fn the_fault_panel_works_by_form() {
    let world = World::start().await;
    let ada = world.ada().await;
    let (_, panel) = world.page("/_faults").await;
    assert!(panel.contains("<form method=\"post\" action=\"/_faults\">"));
    let form = format!("match={PUT}&account=&skip=0&count=1&kind=status&code=503&ms=1&retry_after_s=1");
    let request = world.http.post(world.url("/_faults")).body(form);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let response = request.send().await.unwrap();
    assert_eq!(response.url().path(), "/_faults");
    world.put(&ada, KEYS[0], post("one")).await.refused(503, "NotEnoughResources", "");
    world.http.post(world.url("/_faults/clear")).send().await.unwrap();
    assert_eq!(world.json("/_faults").await, json!({"rules": []}));
}

#[tokio::test]
async fn a_ring_of_replies_does_not_hang_the_page() {
    let world = World::start().await;
    let (ada, bo) = (world.ada().await, world.login("bo.sandbox.test").await);
    let root = world.put(&ada, KEYS[0], post("ring")).await.ok();
    let mut reply = post("answer");
    reply["reply"] = json!({"root": strong(&root), "parent": strong(&root)});
    let answer = world.put(&bo, KEYS[1], reply).await.ok();
    let mut ring = post("ring");
    ring["reply"] = json!({"root": strong(&root), "parent": strong(&answer)});
    world.put(&ada, KEYS[0], ring).await.ok();
    let (status, html) = world.page("/bluesky/ada.sandbox.test").await;
    assert_eq!((status, html.matches("<article").count()), (200, 2));
    let (status, html) = world.page(&format!("/profile/{}/post/{}", ada.did, KEYS[0])).await;
    assert_eq!((status, html.matches("<article").count()), (200, 2));
}
