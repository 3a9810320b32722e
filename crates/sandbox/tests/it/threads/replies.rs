//! Replies: chains, who may answer, reading them, hiding them.

use serde_json::json;

use super::client::*;
use crate::support::*;

async fn answer(threads: &Threads<'_>, to: &str, text: &str) -> Reply {
    threads.make(&[("media_type", "TEXT"), ("text", text), ("reply_to_id", to)]).await
}

async fn answered(threads: &Threads<'_>, to: &str, text: &str) -> String {
    threads.posted(&[("media_type", "TEXT"), ("text", text), ("reply_to_id", to)]).await
}

#[tokio::test]
async fn a_chain_is_a_post_and_answers_to_it() {
    let world = World::start().await;
    let (ada, tomas) = (Threads::quick(&world, "ada").await, Threads::quick(&world, "tomas").await);
    let root = ada.say("one").await;
    let second = answered(&ada, &root, "two").await;
    let third = answered(&ada, &second, "three").await;
    let foreign = answered(&tomas, &root, "nice").await;
    let fields = "fields=text,is_reply,is_reply_owned_by_me,root_post,replied_to,has_replies,hide_status";
    let shown = ada.get(&format!("/{third}?{fields}")).await.ok().body;
    let want = json!({"id": third, "text": "three", "is_reply": true, "is_reply_owned_by_me": true,
        "root_post": {"id": root}, "replied_to": {"id": second}, "has_replies": false, "hide_status": "NOT_HUSHED"});
    assert_eq!(shown, want);
    let top = ada.get(&format!("/{root}?{fields}")).await.ok().body;
    assert_eq!((&top["is_reply"], &top["has_replies"], &top["root_post"]), (&json!(false), &json!(true), &json!(null)));
    let direct = ada.get(&format!("/{root}/replies?fields=text,is_reply_owned_by_me")).await.ok();
    assert_eq!(column(&direct, "text"), [json!("nice"), json!("two")]);
    assert_eq!(column(&direct, "is_reply_owned_by_me"), [json!(false), json!(true)]);
    let all = ada.get(&format!("/{root}/conversation?fields=text&reverse=false")).await.ok();
    assert_eq!(column(&all, "text"), [json!("two"), json!("three"), json!("nice")]);
    let below = ada.get(&format!("/{second}/conversation?fields=text")).await.ok();
    assert_eq!(column(&below, "text"), [json!("three")]);
    let own = ada.get("/me/replies?fields=text").await.ok();
    assert_eq!(column(&own, "text"), [json!("three"), json!("two")]);
    assert_eq!(column(&ada.get("/me/threads?fields=text").await.ok(), "text"), [json!("one")]);
    tomas.get(&format!("/{root}/replies")).await.fails(100, 33, &root);
    ada.get(&format!("/{foreign}/replies")).await.fails(100, 33, &foreign);
    ada.get("/me/replies?reverse=false").await.fails(100, None, "reverse");
    let ledger = world.json("/_visible").await;
    assert_eq!(ledger["visible"][2]["reply_to"], second);
}

#[tokio::test]
async fn the_author_says_who_may_answer() {
    let world = World::start().await;
    let (ada, tomas) = (Threads::quick(&world, "ada").await, Threads::quick(&world, "tomas").await);
    let post = async |control: &str, text: &str| {
        ada.posted(&[("media_type", "TEXT"), ("text", text), ("reply_control", control)]).await
    };
    let refused = "the author does not let you reply";
    let open = post("everyone", "a").await;
    answer(&tomas, &open, "b").await.ok();
    let named = post("mentioned_only", "Ask @Tomas, please").await;
    answer(&tomas, &named, "b").await.ok();
    let unnamed = post("mentioned_only", "Ask @tomasso").await;
    answer(&tomas, &unnamed, "b").await.fails(10, None, refused);
    let followed = post("accounts_you_follow", "a").await;
    answer(&tomas, &followed, "b").await.fails(10, None, refused);
    world.control("/_threads/people", json!({"username": "ada", "follows": ["tomas"]})).await.ok();
    answer(&tomas, &followed, "b").await.ok();
    let followers = post("followers_only", "a").await;
    answer(&tomas, &followers, "b").await.fails(10, None, refused);
    world.control("/_threads/people", json!({"username": "tomas", "follows": ["ada"]})).await.ok();
    answer(&tomas, &followers, "b").await.ok();
    let theirs = tomas.say("root").await;
    let closed =
        [("media_type", "TEXT"), ("text", "a"), ("reply_to_id", &theirs), ("reply_control", "parent_post_author_only")];
    let closed = ada.posted(&closed).await;
    answer(&tomas, &closed, "b").await.ok();
    let bakery = Threads::login(&world, "bakery").await;
    answer(&bakery, &closed, "b").await.fails(10, None, refused);
    answer(&ada, &unnamed, "Authors may always answer themselves").await.ok();
}

#[tokio::test]
async fn an_answer_to_what_is_gone_is_not_published() {
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let root = threads.say("one").await;
    let id = answer(&threads, &root, "two").await.ok().text("id");
    threads.delete(&root).await.ok();
    threads.publish(&id).await.fails(100, None, "reply_to_id names a post that is not there any more");
    answer(&threads, &root, "three").await.fails(100, None, "reply_to_id names a post that does not exist");
    assert_eq!(visible(&world).await, 2);
}

#[tokio::test]
async fn top_level_answers_can_be_hidden_and_shown_again() {
    let world = World::start().await;
    let (ada, tomas) = (Threads::quick(&world, "ada").await, Threads::quick(&world, "tomas").await);
    let root = ada.say("one").await;
    let reply = answered(&tomas, &root, "spam").await;
    let nested = answered(&ada, &reply, "no").await;
    let hide = async |id: &str, value: &str| ada.post(&format!("/{id}/manage_reply"), &[("hide", value)]).await;
    assert_eq!(hide(&reply, "true").await.ok().body, json!({"success": true}));
    let link = ada.get(&format!("/{root}?fields=permalink")).await.ok().text("permalink");
    let page = async || world.page_at(&link).await.1;
    assert!(!page().await.contains("spam"));
    let listed = ada.get(&format!("/{root}/replies?fields=hide_status")).await.ok();
    assert_eq!(column(&listed, "hide_status"), [json!("HIDDEN")]);
    hide(&reply, "false").await.ok();
    assert!(page().await.contains("spam"));
    hide(&nested, "true").await.fails(100, 33, "does not exist");
    hide(&root, "true").await.fails(100, 33, "does not exist");
    hide(&reply, "perhaps").await.fails(100, None, "hide must be true or false");
    ada.post(&format!("/{reply}/manage_reply"), &[]).await.fails(100, None, "hide is required");
    tomas.post(&format!("/{reply}/manage_reply"), &[("hide", "true")]).await.fails(100, 33, &reply);
}
