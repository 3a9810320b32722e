//! Threads with the whole product: it fetches files from the running instance, through the addresses that were signed.

use serde_json::{Value, json};

use crate::album::png_of;
use crate::harness::{Database, text};
use crate::networks::{Desk, World, bytes_of, ids, json_of};

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
