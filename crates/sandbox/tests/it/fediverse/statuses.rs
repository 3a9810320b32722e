//! Publishing: what goes out, what is refused, what keys do.

use serde_json::{Value, json};

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn a_status_is_published_read_and_deleted() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let made =
        fedi.post(json!({"status": "  Hello @tomas, see https://example.org #Bread ", "language": "en"})).await.ok();
    let id = made.text("id");
    assert_eq!(made.body["url"], format!("{}/@ada/{id}", fedi.origin));
    assert_eq!(made.body["application"], json!({"name": "Tests", "website": "https://client.example"}));
    assert_eq!((&made.body["visibility"], &made.body["language"]), (&json!("public"), &json!("en")));
    let content = made.text("content");
    assert!(content.starts_with("<p>Hello <span class=\"h-card\""), "spaces around are trimmed: {content}");
    assert_eq!(made.body["mentions"][0]["username"], "tomas");
    assert_eq!(made.body["tags"][0]["name"], "bread");
    assert_eq!(fedi.get(&format!("/api/v1/statuses/{id}")).await.ok().body["content"], content);
    let source = fedi.get(&format!("/api/v1/statuses/{id}/source")).await.ok();
    assert_eq!(source.body["text"], "Hello @tomas, see https://example.org #Bread");
    let gone = fedi.send("DELETE", &format!("/api/v1/statuses/{id}"), &Value::Null).await;
    gone.says(200, "Hello @tomas");
    fedi.get(&format!("/api/v1/statuses/{id}")).await.says(404, "Record not found");
    fedi.send("DELETE", &format!("/api/v1/statuses/{id}"), &Value::Null).await.says(404, "Record not found");
}

#[tokio::test]
async fn a_key_brings_back_the_same_status_for_an_hour() {
    let world = World::start().await;
    let (fedi, other) = (Fedi::login(&world, "mastodon", "ada").await, Fedi::login(&world, "mastodon", "tomas").await);
    let first = fedi.keyed("k-1", "once").await.ok().text("id");
    assert_eq!(fedi.keyed("k-1", "once").await.ok().text("id"), first);
    assert_eq!(fedi.keyed("k-1", "another text").await.ok().text("id"), first);
    assert_ne!(other.keyed("k-1", "once").await.ok().text("id"), first, "keys belong to an account");
    world.pass(3_599);
    assert_eq!(fedi.keyed("k-1", "once").await.ok().text("id"), first);
    world.pass(1);
    assert_ne!(fedi.keyed("k-1", "once").await.ok().text("id"), first);
}

#[tokio::test]
async fn the_sandboxs_own_clock_forgets_keys_too() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let first = fedi.keyed("k-1", "once").await.ok().text("id");
    let before = world.json("/_clock").await;
    let after = world.control("/_clock", json!({"advance_ms": 3_600_000})).await.ok();
    assert_eq!((&before["now"], &after.body["now"]), (&json!("2026-11-23T08:00:00Z"), &json!("2026-11-23T09:00:00Z")));
    assert_ne!(fedi.keyed("k-1", "once").await.ok().text("id"), first);
    for wrong in [json!({}), json!({"advance_ms": -1}), json!({"advance_ms": 1, "to": 2})] {
        assert_eq!(world.control("/_clock", wrong).await.status, 400);
    }
}

#[tokio::test]
async fn a_key_whose_status_is_gone_makes_a_new_one() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let first = fedi.keyed("k-1", "once").await.ok().text("id");
    fedi.send("DELETE", &format!("/api/v1/statuses/{first}"), &Value::Null).await.ok();
    assert_ne!(fedi.keyed("k-1", "once").await.ok().text("id"), first);
}

#[tokio::test]
async fn length_is_counted_as_the_reference_does() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let long = "https://example.org/a/very/long/path/that/would/never/fit/if/it/counted/as/it/stands";
    let family = "👨‍👩‍👧‍👦";
    for (text, spoiler, fits) in [
        ("a".repeat(500), "", true),
        ("a".repeat(501), "", false),
        ("a".repeat(499), "b", true),
        ("a".repeat(499), "bb", false),
        (family.repeat(500), "", true),
        (format!("{}{long}", "a ".repeat(238)), "", true),
        (format!("{}{long}", "a ".repeat(239)), "", false),
        (format!("{} @bo@a.host.that.does.not.count", "a".repeat(496)), "", true),
    ] {
        let reply = fedi.post(json!({"status": text, "spoiler_text": spoiler})).await;
        match fits {
            true => assert_eq!(reply.status, 200, "{text} {spoiler}"),
            false => reply.says(422, "Validation failed: Text character limit of 500 exceeded"),
        }
    }
    fedi.set(json!({"max_characters": 3})).await;
    fedi.post(json!({"status": "four"})).await.says(422, "Text character limit of 3 exceeded");
}

#[tokio::test]
async fn wrong_fields_and_values_are_refused() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    for (body, status, words) in [
        (json!({}), 422, "Validation failed: Text can't be blank"),
        (json!({"status": "  \n "}), 422, "Text can't be blank"),
        (json!({"status": "a", "via": "tests"}), 422, "via is not a documented parameter"),
        (json!({"status": "a", "visibility": "secret"}), 422, "Visibility is not included in the list"),
        (json!({"status": "a", "language": "english"}), 422, "Language"),
        (json!({"status": "a", "sensitive": "maybe"}), 422, "Sensitive"),
        (json!({"status": ["a"]}), 422, "Status must be a string"),
        (json!({"status": "a", "in_reply_to_id": "7"}), 404, "trying to reply to does not appear to exist"),
        (json!({"status": "a", "in_reply_to_id": 7}), 422, "In reply to"),
        (json!({"status": "a", "quoted_status_id": "7"}), 404, "trying to quote does not appear to exist"),
        (json!({"status": "a", "quote_approval_policy": "friends"}), 422, "Quote approval policy"),
        (json!({"status": "a", "media_ids": "7"}), 422, "Media ids must be a list"),
        (json!({"status": "a", "media_ids": [7]}), 422, "Media ids must be a list of strings"),
        (json!({"status": "a", "media_ids": ["7"]}), 422, "Media 7 not found or already attached to another post"),
        (json!({"status": "a", "poll": "x"}), 422, "Poll must be an object"),
    ] {
        fedi.post(body.clone()).await.says(status, words);
    }
    assert!(world.json("/_visible").await["visible"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn wrong_bodies_are_refused() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let send = |kind: &'static str, body: &'static str| {
        world.send(fedi.request("POST", "/api/v1/statuses").header("content-type", kind).body(body))
    };
    send("application/json", "{\"status\": ").await.says(400, "parsing request parameters");
    send("application/json", "[1]").await.says(400, "parsing");
    send("text/plain", "status=a").await.says(422, "Content type");
    send("application/x-www-form-urlencoded", "status=a&status=b").await.says(400, "parsing");
    send("application/x-www-form-urlencoded", "status=by+form&sensitive=1").await.ok();
    send("multipart/form-data; boundary=XX", "--XX nonsense").await.says(400, "parsing");
    let reply = fedi.send_form("POST", "/api/v1/statuses", &[("status", "by parts")], &[]).await.ok();
    assert_eq!(reply.body["content"], "<p>by parts</p>");
    let file = Part { field: "file", mime: "image/png", bytes: png(1, 1) };
    fedi.send_form("POST", "/api/v1/statuses", &[("status", "a")], &[file]).await.says(422, "file is not a documented");
    fedi.send("POST", "/api/v1/statuses?status=a", &json!({})).await.says(422, "status is not a documented");
    let large = json!({"status": "a".repeat(1_000_001)});
    fedi.post(large).await.says(413, "error");
    fedi.get("/api/v1/accounts/verify_credentials/").await.ok();
    fedi.get("/api/v1/everything").await.says(404, "isn't here");
    fedi.send("PATCH", "/api/v1/statuses", &json!({})).await.says(404, "isn't here");
}

#[tokio::test]
async fn a_warning_alone_becomes_the_text() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let warned = fedi.post(json!({"status": "boo", "spoiler_text": "careful"})).await.ok();
    assert_eq!((&warned.body["spoiler_text"], &warned.body["sensitive"]), (&json!("careful"), &json!(true)));
    let alone = fedi.post(json!({"status": "", "spoiler_text": "careful"})).await.ok();
    assert_eq!((&alone.body["spoiler_text"], &alone.body["content"]), (&json!(""), &json!("<p>careful</p>")));
}

#[tokio::test]
async fn threads_answer_and_quotes_quote() {
    let world = World::start().await;
    let (ada, tomas) = (Fedi::login(&world, "mastodon", "ada").await, Fedi::login(&world, "mastodon", "tomas").await);
    let root = ada.post(json!({"status": "one"})).await.ok().text("id");
    let second = ada.post(json!({"status": "two", "in_reply_to_id": root})).await.ok();
    assert_eq!(
        (&second.body["in_reply_to_id"], &second.body["in_reply_to_account_id"]),
        (&json!(root), &json!(ada.me().await))
    );
    let third = tomas.post(json!({"status": "three", "in_reply_to_id": second.text("id")})).await.ok();
    let context = ada.get(&format!("/api/v1/statuses/{}/context", second.text("id"))).await.ok();
    assert_eq!(context.body["ancestors"][0]["id"], root);
    assert_eq!(context.body["descendants"][0]["id"], third.body["id"]);
    assert_eq!(ada.get(&format!("/api/v1/statuses/{root}")).await.ok().body["replies_count"], 1);
    let quote =
        tomas.post(json!({"status": "look", "quoted_status_id": root, "quote_approval_policy": "nobody"})).await.ok();
    assert_eq!(
        (&quote.body["quote"]["state"], &quote.body["quote"]["quoted_status"]["id"]),
        (&json!("accepted"), &json!(root))
    );
    assert_eq!(quote.body["quote_approval"]["automatic"], json!([]));
    ada.send("DELETE", &format!("/api/v1/statuses/{root}"), &Value::Null).await.ok();
    let quote = tomas.get(&format!("/api/v1/statuses/{}", quote.text("id"))).await.ok();
    assert_eq!(quote.body["quote"]["state"], "deleted");
}

#[tokio::test]
async fn who_may_see_what() {
    let world = World::start().await;
    let (ada, tomas) = (Fedi::login(&world, "mastodon", "ada").await, Fedi::login(&world, "mastodon", "tomas").await);
    let nobody = Fedi::at(&world, "mastodon").await;
    for (visibility, text, others, open) in [
        ("public", "a", true, true),
        ("unlisted", "b", true, true),
        ("private", "c", false, false),
        ("direct", "@tomas d", true, false),
    ] {
        let id = ada.post(json!({"status": text, "visibility": visibility})).await.ok().text("id");
        let path = format!("/api/v1/statuses/{id}");
        assert_eq!(ada.get(&path).await.ok().body["visibility"], visibility);
        assert_eq!(tomas.get(&path).await.status == 200, others, "{visibility}");
        assert_eq!(nobody.get(&path).await.status == 200, open, "{visibility}");
        assert_eq!(world.page_at(&format!("{}/@ada/{id}", ada.origin)).await.0 == 200, open, "{visibility}");
        tomas.send("PUT", &path, &json!({"status": "mine"})).await.says(404, "Record not found");
        tomas.send("DELETE", &path, &Value::Null).await.says(404, "Record not found");
        tomas.get(&format!("{path}/source")).await.says(404, "Record not found");
    }
}

#[tokio::test]
async fn polls_are_made_and_checked() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let ask = |poll: Value| fedi.post(json!({"status": "which?", "poll": poll}));
    let made =
        ask(json!({"options": ["rye", "wheat"], "expires_in": 300, "multiple": true, "hide_totals": true})).await.ok();
    let poll = &made.body["poll"];
    assert_eq!((&poll["multiple"], &poll["expired"]), (&json!(true), &json!(false)));
    assert_eq!(
        poll["options"],
        json!([{"title": "rye", "votes_count": null}, {"title": "wheat", "votes_count": null}])
    );
    assert_eq!(poll["expires_at"], "2026-11-23T08:05:00.000Z");
    world.pass(300);
    let later = fedi.get(&format!("/api/v1/statuses/{}", made.text("id"))).await.ok();
    assert_eq!(
        (&later.body["poll"]["expired"], &later.body["poll"]["options"][0]["votes_count"]),
        (&json!(true), &json!(0))
    );
    let long = "o".repeat(51);
    for (poll, words) in [
        (json!({"options": ["one"], "expires_in": 300}), "must have more than one item"),
        (json!({"options": [], "expires_in": 300}), "must have more than one item"),
        (json!({"options": ["1", "2", "3", "4", "5"], "expires_in": 300}), "can't contain more than 4 items"),
        (json!({"options": ["a", "a"], "expires_in": 300}), "duplicate"),
        (json!({"options": ["a", " "], "expires_in": 300}), "blank"),
        (json!({"options": ["a", long], "expires_in": 300}), "can't be longer than 50 characters each"),
        (json!({"options": ["a", "b"], "expires_in": 299}), "too soon"),
        (json!({"options": ["a", "b"], "expires_in": 2_629_747}), "too far"),
        (json!({"options": ["a", "b"]}), "Expires at can't be blank"),
        (json!({"options": ["a", "b"], "expires_in": 300, "votes": 1}), "votes is not a documented"),
    ] {
        ask(poll).await.says(422, words);
    }
    let media = fedi.picture().await;
    let both = json!({"status": "a", "media_ids": [media], "poll": {"options": ["a", "b"], "expires_in": 300}});
    fedi.post(both).await.says(422, "Cannot attach more than 4 files");
    fedi.post(json!({"poll": {"options": ["a", "b"], "expires_in": 300}})).await.says(422, "Text can't be blank");
    let form = [("status", "by form"), ("poll[options][]", "a"), ("poll[options][]", "b"), ("poll[expires_in]", "300")];
    assert_eq!(fedi.form("/api/v1/statuses", &form).await.ok().body["poll"]["options"][1]["title"], "b");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn equal_requests_with_one_key_at_once_make_one_status() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let replies = futures::future::join_all((0..20).map(|_| fedi.keyed("k", "once"))).await;
    let ids: std::collections::BTreeSet<_> = replies.into_iter().map(|reply| reply.ok().text("id")).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(world.json("/_visible").await["visible"].as_array().unwrap().len(), 1);
}
