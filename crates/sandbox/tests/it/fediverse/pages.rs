//! The public pages of an instance.

use serde_json::json;

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn a_persons_posts_can_be_seen_with_pictures_polls_and_warnings() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let media = fedi.picture().await;
    let id =
        fedi.post(json!({"status": "Bread <b>", "media_ids": [media], "spoiler_text": "Food"})).await.ok().text("id");
    fedi.post(json!({"status": "Which?", "poll": {"options": ["rye", "wheat"], "expires_in": 300}})).await.ok();
    fedi.post(json!({"status": "not for all", "visibility": "private"})).await.ok();
    for url in [format!("{}/@ada", fedi.origin), world.url("/mastodon/mastodon/ada")] {
        let (status, html) = world.page_at(&url).await;
        assert_eq!(status, 200);
        assert!(html.contains(&format!("<img src=\"{}/media/{media}\" alt=\"A loaf\">", fedi.origin)), "{html}");
        for part in ["Bread &lt;b&gt;", "<summary>Food</summary>", "<li>rye</li>", "Poll: one answer"] {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains("not for all") && !html.contains("<b>"));
    }
    let (status, html) = world.page_at(&format!("{}/@ada/{id}", fedi.origin)).await;
    assert!(status == 200 && html.contains("Bread") && !html.contains("Which?"));
    let answer = json!({"status": "and butter", "in_reply_to_id": id});
    let answer = fedi.post(answer).await.ok().text("id");
    for asked in [&id, &answer] {
        let (_, html) = world.page_at(&format!("{}/@ada/{asked}", fedi.origin)).await;
        assert!(html.find("Bread").unwrap() < html.find("and butter").unwrap(), "the post among its thread: {html}");
        assert!(html.contains(&format!("<article id=\"{asked}\" class=\"asked\">")), "{html}");
    }
    for missing in ["/@nobody", "/@ada/7", "/@nobody.json"] {
        assert_eq!(world.page_at(&format!("{}{missing}", fedi.origin)).await.0, 404, "{missing}");
    }
    for missing in ["/mastodon/mastodon/nobody", "/mastodon/friendster/ada", "/mastodon/mastodon/nobody.json"] {
        assert_eq!(world.page(missing).await.0, 404, "{missing}");
    }
}

#[tokio::test]
async fn the_json_twin_has_the_text_and_the_files_as_they_were_sent() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let media = fedi.picture().await;
    fedi.post(json!({"status": "Bread\n#Rye", "media_ids": [media], "visibility": "private"})).await.ok();
    let twin = world.json("/mastodon/mastodon/ada.json").await;
    assert_eq!((&twin["statuses"][0]["text"], &twin["account"]["username"]), (&json!("Bread\n#Rye"), &json!("ada")));
    assert_eq!(twin["statuses"][0]["files"][0]["bytes"], png(1, 1).len());
    let there = fedi.get("/@ada.json").await.ok();
    assert_eq!(there.body, twin);
}

#[tokio::test]
async fn the_index_leads_to_every_instance() {
    let world = World::start().await;
    let (_, html) = world.page("/").await;
    for (name, origin) in world.running.instances() {
        assert!(
            html.contains(&format!("href=\"{origin}\"")) && html.contains(&format!("/mastodon/{name}/ada")),
            "{name}"
        );
    }
    let avatar =
        world.http.get(format!("{}/avatars/original/missing.png", world.running.instance("mastodon").unwrap()));
    let avatar = avatar.send().await.unwrap();
    assert_eq!(avatar.headers()["content-type"], "image/png");
}

#[tokio::test]
async fn every_network_is_in_the_ledger() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.put(&ada, KEYS[0], post("one")).await.ok();
    world.send(world.http.post(world.url("/webhook/orders")).body("{}")).await.ok();
    Fedi::login(&world, "takahe", "ada").await.post(json!({"status": "two"})).await.ok();
    let ledger = world.json("/_visible").await;
    let told: Vec<_> = ledger["visible"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["seq"].clone(), e["platform"].clone(), e["account"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (json!(1), json!("bluesky"), json!("ada.sandbox.test")),
            (json!(2), json!("webhook"), json!("orders")),
            (json!(3), json!("mastodon"), json!("ada")),
        ]
    );
    assert_eq!(world.json("/_visible?since=2").await["visible"].as_array().unwrap().len(), 1);
}
