//! One post: its fields, what it quotes or repeats, its end.

use serde_json::{Value, json};

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn a_post_shows_the_fields_that_are_asked_for() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let pairs = [
        ("media_type", "TEXT"),
        ("text", "See https://a.example/x and https://b.example"),
        ("topic_tag", "Bread"),
        ("location_id", "110843418940484"),
    ];
    let id = threads.posted(&pairs).await;
    let fields = "id,media_product_type,media_type,permalink,owner,username,text,timestamp,shortcode,is_quote_post,\
        has_replies,link_attachment_url,location_id,topic_tag,is_verified,children,poll_attachment,quoted_post,media_url";
    let post = threads.get(&format!("/{id}?fields={fields}")).await.ok();
    let me = threads.get("/me").await.ok().text("id");
    let shortcode = post.text("shortcode");
    let want = json!({"id": id, "media_product_type": "THREADS", "media_type": "TEXT_POST", "owner": {"id": me},
        "permalink": format!("{}/@ada/post/{shortcode}", threads.origin), "username": "ada",
        "text": "See https://a.example/x and https://b.example", "timestamp": "2026-11-23T08:00:00+0000",
        "shortcode": shortcode, "is_quote_post": false, "has_replies": false, "location_id": "110843418940484",
        "link_attachment_url": "https://a.example/x", "topic_tag": "Bread", "is_verified": false});
    assert_eq!(post.body, want);
    assert_eq!(threads.get(&format!("/{id}")).await.ok().body, json!({"id": id}));
    let page = world.page_at(&post.text("permalink")).await;
    assert!(page.0 == 200 && page.1.contains("See https://a.example/x"), "{page:?}");
}

#[tokio::test]
async fn the_status_of_a_post_cannot_be_asked_for() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let id = threads.say("one").await;
    for field in ["status", "caption", "text,statuses"] {
        let reply = threads.get(&format!("/{id}?fields={field}")).await;
        reply.fails(100, None, "Tried accessing nonexisting field (");
        assert_eq!(reply.body["error"]["type"], "THApiException");
    }
}

#[tokio::test]
async fn other_peoples_posts_are_not_there() {
    let world = World::start().await;
    let (ada, tomas) = (Threads::quick(&world, "ada").await, Threads::quick(&world, "tomas").await);
    let id = ada.say("one").await;
    let reply = tomas.get(&format!("/{id}?fields=text")).await;
    reply.fails(100, 33, &id);
    assert_eq!(reply.body["error"]["type"], "GraphMethodException");
    tomas.delete(&id).await.fails(100, 33, &id);
    ada.get("/7").await.fails(100, 33, "'7'");
    ada.get("/rubbish").await.fails(100, 33, "'rubbish'");
    assert_eq!(visible(&world).await, 1);
}

#[tokio::test]
async fn a_quote_shows_what_it_quotes_while_that_is_there() {
    let world = World::start().await;
    let (ada, tomas) = (Threads::quick(&world, "ada").await, Threads::quick(&world, "tomas").await);
    let original = tomas.say("original").await;
    let quote = ada.posted(&[("media_type", "TEXT"), ("text", "Look"), ("quote_post_id", &original)]).await;
    let ask = async || ada.get(&format!("/{quote}?fields=is_quote_post,quoted_post{{text,username}}")).await.ok().body;
    let want = json!({"id": original, "text": "original", "username": "tomas"});
    assert_eq!(ask().await, json!({"id": quote, "is_quote_post": true, "quoted_post": want}));
    tomas.delete(&original).await.ok();
    assert_eq!(ask().await, json!({"id": quote, "is_quote_post": true}));
    ada.make(&[("media_type", "TEXT"), ("text", "a"), ("quote_post_id", &original)]).await.fails(
        100,
        None,
        "quote_post_id",
    );
}

#[tokio::test]
async fn a_poll_shows_its_answers() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let poll = r#"{"option_a":"rye","option_b":"wheat","option_c":"spelt"}"#;
    let id = threads.posted(&[("media_type", "TEXT"), ("text", "Which?"), ("poll_attachment", poll)]).await;
    let whole = threads.get(&format!("/{id}?fields=poll_attachment")).await.ok().body["poll_attachment"].clone();
    let want = json!({"option_a": "rye", "option_b": "wheat", "option_c": "spelt", "option_a_votes_percentage": 0.0,
        "option_b_votes_percentage": 0.0, "option_c_votes_percentage": 0.0,
        "expiration_timestamp": "2026-11-24T08:00:00+0000"});
    assert_eq!(whole, want);
    let part = threads.get(&format!("/{id}?fields=poll_attachment{{option_b,option_d}}")).await.ok();
    assert_eq!(part.body["poll_attachment"], json!({"option_b": "wheat"}));
    threads.get(&format!("/{id}?fields=poll_attachment{{option_e}}")).await.fails(100, None, "(option_e)");
}

#[tokio::test]
async fn a_post_is_reposted_once() {
    let world = World::start().await;
    let (ada, tomas) = (Threads::quick(&world, "ada").await, Threads::quick(&world, "tomas").await);
    let original = tomas.say("original").await;
    let id = ada.post(&format!("/{original}/repost"), &[]).await.ok().text("id");
    let shown = ada.get(&format!("/{id}?fields=media_type,text,reposted_post")).await.ok();
    assert_eq!(shown.body, json!({"id": id, "media_type": "REPOST_FACADE", "reposted_post": {"id": original}}));
    ada.post(&format!("/{original}/repost"), &[]).await.fails(100, None, "reposted already");
    ada.post("/7/repost", &[]).await.fails(100, 33, "'7'");
    assert_eq!(visible(&world).await, 2);
}

#[tokio::test]
async fn a_ghost_post_vanishes_after_a_day() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let id = threads.posted(&[("media_type", "TEXT"), ("text", "boo"), ("is_ghost_post", "true")]).await;
    world.pass(86_399);
    threads.get(&format!("/{id}")).await.ok();
    assert_eq!(column(&threads.get("/me/threads").await.ok(), "id"), [json!(id)]);
    world.pass(1);
    threads.get(&format!("/{id}")).await.fails(100, 33, &id);
    assert_eq!(threads.get("/me/threads").await.ok().body, json!({"data": []}));
    assert!(!world.page_at(&format!("{}/@ada", threads.origin)).await.1.contains("boo"));
}

#[tokio::test]
async fn a_deleted_post_is_gone_for_good() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let (id, kept) = (threads.say("one").await, threads.say("two").await);
    let gone = threads.delete(&id).await.ok();
    assert_eq!(gone.body, json!({"success": true, "deleted_id": id}));
    threads.delete(&id).await.fails(100, 33, &id);
    threads.get(&format!("/{id}?fields=permalink")).await.fails(100, 33, &id);
    assert_eq!(column(&threads.get("/me/threads").await.ok(), "id"), [json!(kept)]);
    let last = world.json("/_visible?since=2").await["visible"][0].clone();
    assert_eq!((&last["action"], &last["id"], &last["text"]), (&json!("delete"), &json!(id), &json!("")));
}

#[tokio::test]
async fn places_are_found_by_words_and_by_position() {
    let world = World::start().await;
    let threads = Threads::login(&world, "ada").await;
    let found = threads.get("/location_search?q=menlo&fields=id,name,city").await.ok();
    assert_eq!(column(&found, "name"), [json!("Menlo Park"), json!("Menlo Park Cafe")]);
    let near = threads.get("/location_search?latitude=53.27&longitude=-9.06").await.ok();
    assert_eq!(column(&near, "name"), [json!("Harbour Bakery")]);
    let id = near.body["data"][0]["id"].as_str().unwrap().to_owned();
    let place =
        threads.get(&format!("/{id}?fields=address,city,country,name,latitude,longitude,postal_code")).await.ok();
    assert_eq!((&place.body["city"], &place.body["latitude"]), (&json!("Galway"), &json!(53.2707)));
    threads.get("/location_search").await.fails(100, None, "q is required");
    threads.get("/location_search?latitude=53").await.fails(100, None, "longitude");
    threads.get("/location_search?q=a&fields=planet").await.fails(100, None, "nonexisting field (planet)");
    assert_eq!(threads.get("/location_search?q=nowhere").await.ok().body["data"], Value::Array(vec![]));
}
