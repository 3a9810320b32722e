//! Threads with the whole product: it fetches files from the running instance, through the addresses that were signed.

use serde_json::{Value, json};

use crate::album::png_of;
use crate::harness::{Database, text};
use crate::kill::until;
use crate::networks::{Desk, World, bytes_of, ids, json_of, removed, told};

/// The posts of somebody's page, oldest first.
async fn page(world: &World, user: &str) -> Vec<Value> {
    let page = json_of(&format!("{}/threads/{user}.json", world.running.url())).await;
    let mut posts = page["posts"].as_array().expect("posts").clone();
    posts.sort_by_key(|post| post["id"].to_string());
    posts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_shows_what_was_written_once_with_the_files_it_fetched() {
    let Some(world) = World::new(Database::Sqlite).await else { return };
    world.control("/_threads", &json!({ "processing_ms": 300, "video_processing_ms": 600, "race_ms": 6_000 })).await;
    let apis = format!("threads={}", world.origin("threads"));
    let node = world.instance.serve_in(&world.instance.data(), "", &[("POSTRIDER_APIS", &apis)]).await;
    let desk = Desk::at(&node).await;
    let channel = desk.threads(&world, "bakery").await;
    let (one, other) = (png_of(320, 200, 3), png_of(320, 200, 9));
    let (one, other) = (desk.upload("one.png", "One", &one).await, desk.upload("two.png", "", &other).await);
    let parts = json!([
        { "text": "Grüße <b> & 👩‍🚀 https://example.com/a", "media": [one.with_alt("Bread & butter"), { "id": other.id }] },
        { "text": "and more of it" },
    ]);
    let delivery = desk.publish(&channel, parts, json!({ "topic": "Zürich" })).await;
    let shown = page(&world, "bakery").await;
    assert_eq!(shown.iter().map(|post| text(post, "id")).collect::<Vec<_>>(), ids(&delivery), "{shown:#?}");
    assert_eq!(shown[0]["text"], "Grüße <b> & 👩‍🚀 https://example.com/a");
    assert_eq!(
        (&shown[0]["content"]["topic_tag"], &shown[0]["files"][0]["alt_text"]),
        (&json!("Zürich"), &json!("Bread & butter"))
    );
    assert_eq!(shown[1]["content"]["reply_to_id"], shown[0]["id"]);
    let sent = desk.sent(&one).await;
    let hash = crate::blossom::sha256(&sent);
    assert_eq!(shown[0]["files"][0]["sha256"], hash, "what was fetched is what the product says it sent");
    assert_eq!(shown[0]["files"].as_array().expect("files").len(), 2);
    nobody_else_gets_a_file(&node.url).await;
    node.stop().await;
    world.instance.finish().await;
}

/// An address that was not signed leads to nothing, whatever it names.
async fn nobody_else_gets_a_file(url: &str) {
    let forged = format!("{url}/media/media_00000000000000000000000000/file/4102444800/1-{}/media.png", "0".repeat(64));
    let answer = reqwest::get(&forged).await.expect("answers");
    assert!(answer.status().is_client_error(), "{}", answer.status());
    assert!(!bytes_of(url).await.is_empty(), "the product itself answers");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_tells_who_removed_the_app_and_who_wants_their_data_deleted() {
    for database in [Database::Sqlite, Database::Postgres] {
        told_of_people(database).await;
    }
}

async fn told_of_people(database: Database) {
    let Some(world) = World::new(database).await else { return };
    let apis = format!("threads={}", world.origin("threads"));
    let node = world.instance.serve_in(&world.instance.data(), "", &[("POSTRIDER_APIS", &apis)]).await;
    let desk = Desk::at(&node).await;
    let channel = desk.threads(&world, "bakery").await;
    let at = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1)).to_string();
    let in_an_hour = json!({
        "parts": [{ "text": "later" }], "channels": [{ "channel": channel }], "when": { "at": at },
    });
    let post = text(&node.ok("POST", &desk.posts(), Some(in_an_hour)).await, "id");
    let callbacks = removed(&world, "/_threads/people/bakery").await;
    let [deauthorize, deletion] = callbacks.as_slice() else { panic!("{callbacks:#?}") };
    let (url, signed) = (text(deauthorize, "url"), text(deauthorize, "signed_request"));

    // Another first character than it has: the last one is an A in one of sixteen signatures anyway.
    let other = if signed.starts_with('A') { 'B' } else { 'A' };
    let forged = format!("{other}{}", &signed[1..]);
    for (forged, address) in [(&forged, &url), (&forged, &text(deletion, "url"))] {
        let (status, said) = told(address, forged).await;
        assert_eq!((status, &said["code"]), (403, &json!("notice_refused")), "{said:#}");
    }
    assert_eq!(desk.state(&channel).await, "connected", "nothing changed");

    assert_eq!(told(&url, &signed).await, (200, json!({})));
    assert_eq!(desk.state(&channel).await, "needs_reconnect");
    let held = until(&node, &desk.ws, &post, "held", 10).await;
    assert_eq!(held["hold_reason"], "reconnect", "{held:#}");
    assert_eq!(desk.again("threads", "bakery").await, channel, "the same channel goes on");
    until(&node, &desk.ws, &post, "scheduled", 10).await;
    assert_eq!(told(&url, &signed).await, (200, json!({})), "sent again");
    assert_eq!(desk.state(&channel).await, "connected", "they came back");

    let again = removed(&world, "/_threads/people/bakery").await.pop().expect("the deletion");
    let (url, signed) = (text(&again, "url"), text(&again, "signed_request"));
    let (status, receipt) = told(&url, &signed).await;
    assert_eq!((status, receipt.as_object().map(serde_json::Map::len)), (200, Some(2)), "{receipt:#}");
    let code = text(&receipt, "confirmation_code");
    assert!(!code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{code}");
    assert_eq!(told(&url, &signed).await, (200, receipt.clone()), "the same again");
    assert_eq!(desk.state(&channel).await, "disconnected");
    let page = reqwest::Client::new().get(text(&receipt, "url")).header("accept", "text/html");
    let page = page.send().await.expect("answers").text().await.expect("a page");
    assert!(page.contains("The deletion has begun.") && page.contains(&code), "{page}");
    node.stop().await;
    let log = world.instance.log();
    assert!(log.contains("a message about a person was refused") && !log.contains(&signed), "{log}");
    world.instance.finish().await;
}
