//! Every wrong request and its answer: the rows of "Sandbox must refuse" in the
//! collected facts that concern these methods, and what the server itself refuses.

use serde_json::{Value, json};

use crate::support::*;

fn put_body(user: &User) -> Value {
    json!({"repo": user.did, "collection": POST, "rkey": KEYS[0], "record": post("one")})
}

#[tokio::test]
async fn no_authorization() {
    let world = World::start().await;
    let ada = world.ada().await;
    for method in [CREATE, PUT, DELETE] {
        let reply = world.send(world.procedure(method, &put_body(&ada))).await;
        reply.refused(401, "AuthMissing", "Authentication Required");
    }
    world.ask(WHOAMI, &[]).await.refused(401, "AuthMissing", "Authentication Required");
    for method in [REFRESH, LOGOUT] {
        let reply = world.send(world.http.post(world.url(&format!("/xrpc/{method}")))).await;
        reply.refused(401, "AuthMissing", "Authentication Required");
    }
}

#[tokio::test]
async fn broken_and_foreign_tokens() {
    let world = World::start().await;
    let ada = world.ada().await;
    let mut broken = ada.access.clone();
    broken.replace_range(broken.len() - 4.., "AAAA");
    for token in ["rubbish", "a.b.c", &broken] {
        world.whoami(token).await.refused(400, "InvalidToken", "Token could not be verified");
    }
    let basic = world.query(WHOAMI, &[]).basic_auth("ada", Some("x"));
    world.send(basic).await.refused(400, "InvalidToken", "Unexpected authorization type");
    // A method that takes a token or none still refuses a bad one.
    let request = world.query("app.bsky.actor.getProfile", &[("actor", &ada.did)]).bearer_auth("rubbish");
    world.send(request).await.refused(400, "InvalidToken", "");
}

#[tokio::test]
async fn records_that_break_the_lexicon() {
    let world = World::start().await;
    let ada = world.ada().await;
    let family = "👨‍👩‍👧‍👦";
    for (change, words) in [
        (json!({"text": "a".repeat(301)}), "grapheme too big (maximum 300, got 301) at $.record.text"),
        (json!({"text": family.repeat(121)}), "string too big (maximum 3000, got 3025) at $.record.text"),
        (json!({"createdAt": "23/11/2026"}), "Invalid datetime"),
        (json!({"langs": ["en", "de", "fr", "pt"]}), "array too big (maximum 3, got 4) at $.record.langs"),
        (json!({"facets": [{"index": {"byteStart": 2, "byteEnd": 90}, "features": []}]}), "past the end of the text"),
        (json!({"embed": {"$type": "app.bsky.embed.images", "images": []}}), "holds at least one"),
        (json!({"via": "a tool"}), "Unexpected key \"via\""),
        (json!({"text": null}), "Expected string"),
    ] {
        let mut record = post("text");
        record.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        for method in [PUT, CREATE] {
            let mut body = put_body(&ada);
            body["record"] = record.clone();
            body["validate"] = false.into();
            let reply = world.call(method, &ada, body).await;
            reply.refused(400, "InvalidRequest", "Invalid app.bsky.feed.post record: ");
            reply.refused(400, "InvalidRequest", words);
        }
    }
    assert_eq!(world.feed().await["ever"], json!([]));
}

#[tokio::test]
async fn references_must_be_right() {
    let world = World::start().await;
    let ada = world.ada().await;
    let root = world.put(&ada, KEYS[0], post("root")).await.ok();
    let other = world.put(&ada, KEYS[1], post("other")).await.ok();
    let mixed = json!({"uri": root.body["uri"], "cid": other.body["cid"]});
    let mut reply = post("reply");
    reply["reply"] = json!({"root": strong(&root), "parent": mixed});
    let answer = world.put(&ada, KEYS[2], reply.clone()).await;
    answer.refused(400, "InvalidRequest", "the record's cid is");
    reply["reply"] = json!({"root": strong(&other), "parent": strong(&root)});
    let answer = world.put(&ada, KEYS[2], reply).await;
    answer.refused(400, "InvalidRequest", "the parent belongs to the thread of");
}

#[tokio::test]
async fn wrong_keys_repositories_and_collections() {
    let world = World::start().await;
    let (ada, bo) = (world.ada().await, world.login("bo.sandbox.test").await);
    let put = |change: Value| {
        let mut body = put_body(&ada);
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        world.call(PUT, &ada, body)
    };
    put(json!({"rkey": "my-post"})).await.refused(400, "InvalidRequest", "Invalid record key \"my-post\"");
    put(json!({"rkey": "a/b"})).await.refused(400, "InvalidRequest", "Invalid record-key");
    put(json!({"repo": bo.did})).await.refused(401, "AuthenticationRequired", "Authentication Required");
    put(json!({"repo": "did:plc:nobody"})).await.refused(400, "InvalidRequest", "Could not find repo");
    put(json!({"collection": "post"})).await.refused(400, "InvalidRequest", "Invalid nsid");
    put(json!({"collection": "app.bsky.feed.like"})).await.refused(400, "InvalidRequest", "Invalid $type: expected");
    let like = json!({"collection": "app.bsky.feed.like", "record": {"subject": 1}});
    put(like).await.refused(400, "InvalidRequest", "app.bsky.feed.like records are not simulated yet");
    put(json!({"swapCommit": "abc"})).await.refused(400, "InvalidRequest", "Invalid cid");
    put(json!({"swapCommit": null})).await.refused(400, "InvalidRequest", "Expected string");
    put(json!({"repost": true})).await.refused(400, "InvalidRequest", "Unexpected key \"repost\" at $");
    put(json!({"record": "text"})).await.refused(400, "InvalidRequest", "Expected object");
    world.call(PUT, &ada, json!({})).await.refused(400, "InvalidRequest", "Missing required key \"repo\" at $");
}

#[tokio::test]
async fn wrong_verbs_paths_and_parameters() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.ask(PUT, &[]).await.refused(400, "InvalidRequest", "Incorrect HTTP method (GET) expected POST");
    let reply = world.send(world.procedure(GET, &json!({}))).await;
    reply.refused(400, "InvalidRequest", "Incorrect HTTP method (POST) expected GET");
    world.ask("com.atproto.repo.importRepo", &[]).await.refused(501, "MethodNotImplemented", "Method Not Implemented");
    world.ask("rubbish", &[]).await.refused(400, "InvalidRequest", "invalid xrpc path");
    let ok = [("repo", ada.did.as_str()), ("collection", POST)];
    for (extra, words) in [
        (("limit", "0"), "integer too small (minimum 1, got 0)"),
        (("limit", "101"), "integer too big (maximum 100, got 101)"),
        (("limit", "ten"), "Expected integer"),
        (("reverse", "yes"), "Expected boolean"),
        (("rkeyStart", "a"), "Unexpected key \"rkeyStart\""),
        (("repo", "twice"), "Repeated parameter \"repo\""),
    ] {
        let params: Vec<_> = ok.iter().copied().chain([extra]).collect();
        world.ask(LIST, &params).await.refused(400, "InvalidRequest", words);
    }
    world.ask(GET, &ok).await.refused(400, "InvalidRequest", "Missing required key \"rkey\"");
    let stranger = [("repo", "did:plc:nobody"), ("collection", POST), ("rkey", KEYS[0])];
    world.ask(GET, &stranger).await.refused(400, "InvalidRequest", "Could not find repo");
    world.ask("app.bsky.actor.getProfile", &[("actor", "x.test")]).await.refused(
        400,
        "InvalidRequest",
        "Profile not found",
    );
    let request = world.procedure(&format!("{PUT}?x=1"), &put_body(&ada)).bearer_auth(&ada.access);
    world.send(request).await.refused(400, "InvalidRequest", "Unexpected key \"x\"");
}

#[tokio::test]
async fn wrong_bodies() {
    let world = World::start().await;
    let ada = world.ada().await;
    let url = world.url(&format!("/xrpc/{PUT}"));
    let post_as = |kind: Option<&str>, body: &str| {
        let mut request = world.http.post(&url).bearer_auth(&ada.access).body(body.to_owned());
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        world.send(request)
    };
    let json = Some("application/json");
    post_as(None, "{}").await.refused(400, "InvalidRequest", "(Content-Type) required");
    post_as(Some("text/plain"), "{}").await.refused(
        400,
        "InvalidRequest",
        "Wrong request encoding (Content-Type): text/plain",
    );
    post_as(json, "").await.refused(400, "InvalidRequest", "expected but none was provided");
    post_as(json, "{").await.refused(400, "InvalidRequest", "Invalid JSON body");
    post_as(json, "[]").await.refused(400, "InvalidRequest", "Expected object");
    let charset = Some("application/json; charset=utf-8");
    post_as(charset, &put_body(&ada).to_string()).await.ok();
    let with_body = world.procedure(REFRESH, &json!({})).bearer_auth(&ada.refresh);
    world.send(with_body).await.refused(400, "InvalidRequest", "provided when none was expected");
    world.bare(REFRESH, &ada.refresh).await.ok();
}

#[tokio::test]
async fn bodies_end_at_a_million_bytes() {
    let world = World::start().await;
    let ada = world.ada().await;
    let sized = |length: usize| {
        let body = put_body(&ada).to_string();
        let padding = " ".repeat(length - body.len());
        let request = world.http.post(world.url(&format!("/xrpc/{PUT}"))).bearer_auth(&ada.access);
        world.send(request.header("content-type", "application/json").body(body + &padding))
    };
    sized(1_000_000).await.ok();
    sized(1_000_001).await.refused(413, "PayloadTooLarge", "");
}

/// Bodies that are JSON but mean nothing, in every place where one is read.
#[tokio::test]
async fn nonsense_is_never_an_internal_error() {
    let world = World::start().await;
    let ada = world.ada().await;
    let deep = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!({"record": inner}));
    let nonsense = [
        json!(null),
        json!(0),
        json!("text"),
        json!([[[]]]),
        json!({"": ""}),
        json!({"$type": 5}),
        json!({"$link": "x"}),
        json!({"repo": [], "collection": {}, "rkey": 1.5, "record": null, "swapRecord": 0}),
        json!({"facets": [{"index": {"byteStart": u64::MAX, "byteEnd": -1}}]}),
        json!({"identifier": {}, "password": []}),
        deep(100),
    ];
    for method in [CREATE, PUT, DELETE, LOGIN, REFRESH, LOGOUT] {
        for body in &nonsense {
            let reply = world.call(method, &ada, body.clone()).await;
            assert!((400..500).contains(&reply.status), "{method} {body}: {reply:?}");
            assert!(reply.body["message"].is_string(), "{method} {body}: {reply:?}");
        }
    }
    for record in nonsense {
        let reply = world.put(&ada, KEYS[0], record.clone()).await;
        reply.refused(400, "InvalidRequest", "");
        for place in ["facets", "reply", "embed", "langs", "labels", "tags"] {
            let mut nested = post("text");
            nested[place] = record.clone();
            world.put(&ada, KEYS[0], nested).await.refused(400, "InvalidRequest", "Invalid app.bsky");
        }
    }
    assert_eq!(world.feed().await["ever"], json!([]));
}
