//! Files of a Bluesky account: uploading, referring, vanishing, showing.

use serde_json::{Value, json};

use crate::fediverse::client::{mp4, png};
use crate::support::*;

pub(crate) const UPLOAD: &str = "com.atproto.repo.uploadBlob";
const GET_BLOB: &str = "com.atproto.sync.getBlob";

impl World {
    pub(crate) async fn upload(&self, user: &User, mime: &str, bytes: Vec<u8>) -> Reply {
        let request = self.http.post(self.url(&format!("/xrpc/{UPLOAD}"))).bearer_auth(&user.access);
        self.send(request.header("content-type", mime).body(bytes)).await
    }

    /// The reference to an uploaded picture.
    async fn picture(&self, user: &User, bytes: Vec<u8>) -> Value {
        self.upload(user, "image/png", bytes).await.ok().body["blob"].clone()
    }

    async fn blob(&self, user: &User, reference: &Value) -> Reply {
        let cid = reference["ref"]["$link"].as_str().unwrap();
        self.ask(GET_BLOB, &[("did", &user.did), ("cid", cid)]).await
    }
}

fn images(blobs: &[&Value]) -> Value {
    let images: Vec<_> = blobs.iter().map(|blob| json!({"image": blob, "alt": "A loaf"})).collect();
    json!({"$type": "app.bsky.embed.images", "images": images})
}

fn with(text: &str, embed: Value) -> Value {
    let mut record = post(text);
    record["embed"] = embed;
    record
}

#[tokio::test]
async fn a_picture_is_uploaded_posted_and_shown() {
    let world = World::start().await;
    let ada = world.ada().await;
    let blob = world.picture(&ada, png(640, 480)).await;
    assert_eq!((&blob["$type"], &blob["mimeType"], &blob["size"]), (&json!("blob"), &json!("image/png"), &json!(29)));
    world.blob(&ada, &blob).await.refused(400, "BlobNotFound", "Blob not found");
    world.put(&ada, KEYS[0], with("Bread", images(&[&blob]))).await.ok();
    let cid = blob["ref"]["$link"].as_str().unwrap();
    let url = world.url(&format!("/xrpc/{GET_BLOB}?did={}&cid={cid}", ada.did));
    let answer = world.http.get(&url).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "image/png");
    assert_eq!(answer.headers()["content-security-policy"], "default-src 'none'; sandbox");
    assert_eq!(answer.bytes().await.unwrap(), png(640, 480));
    let (_, html) = world.page("/bluesky/ada.sandbox.test").await;
    let entry = &world.json("/_visible").await["visible"][0];
    let sha256 = entry["media"][0]["sha256"].as_str().unwrap();
    assert!(html.contains(&format!("<img src=\"/files/{sha256}\" alt=\"A loaf\">")), "{html}");
    let file = world.http.get(world.url(&format!("/files/{sha256}"))).send().await.unwrap();
    assert_eq!(file.bytes().await.unwrap(), png(640, 480));
    assert_eq!(world.page("/files/nothing").await.0, 404);
    assert_eq!((&entry["media"][0]["description"], &entry["media"][0]["bytes"]), (&json!("A loaf"), &json!(29)));
}

#[tokio::test]
async fn a_file_without_a_record_vanishes_after_an_hour() {
    let world = World::start().await;
    let ada = world.ada().await;
    let (used, unused) = (world.picture(&ada, png(1, 1)).await, world.picture(&ada, png(2, 2)).await);
    world.put(&ada, KEYS[0], with("a", images(&[&used]))).await.ok();
    world.pass(3_599);
    world.put(&ada, KEYS[1], with("b", images(&[&used]))).await.ok();
    world.pass(1);
    let refused = world.put(&ada, KEYS[2], with("c", images(&[&unused]))).await;
    refused.refused(400, "BlobNotFound", "Could not find blob: bafkrei");
    world.picture(&ada, png(2, 2)).await;
    world.put(&ada, KEYS[2], with("c", images(&[&unused]))).await.ok();
}

#[tokio::test]
async fn a_file_goes_with_the_last_record_that_has_it() {
    let world = World::start().await;
    let ada = world.ada().await;
    let blob = world.picture(&ada, png(1, 1)).await;
    world.put(&ada, KEYS[0], with("a", images(&[&blob, &blob]))).await.ok();
    world.put(&ada, KEYS[1], with("b", images(&[&blob]))).await.ok();
    world.put(&ada, KEYS[0], with("a again", images(&[&blob]))).await.ok();
    let remove = |rkey: &str| world.call(DELETE, &ada, json!({"repo": ada.did, "collection": POST, "rkey": rkey}));
    remove(KEYS[0]).await.ok();
    assert_eq!(world.blob(&ada, &blob).await.status, 200);
    world.put(&ada, KEYS[1], post("without")).await.ok();
    world.blob(&ada, &blob).await.refused(400, "BlobNotFound", "");
    world.put(&ada, KEYS[2], with("c", images(&[&blob]))).await.refused(400, "BlobNotFound", "");
}

#[tokio::test]
async fn a_reference_says_what_the_file_is() {
    let world = World::start().await;
    let (ada, bo) = (world.ada().await, world.login("bo.sandbox.test").await);
    let blob = world.picture(&ada, png(1, 1)).await;
    let changed = |key: &str, value: Value| {
        let mut blob = blob.clone();
        blob[key] = value;
        blob
    };
    let jpeg = changed("mimeType", json!("image/jpeg"));
    for (blob, name, words) in [
        (&jpeg, "InvalidMimeType", "Expected: image/png, Got: image/jpeg"),
        (&changed("size", json!(7)), "InvalidSize", "Expected: 29, Got: 7"),
        (&changed("size", json!(2_000_001)), "InvalidRequest", "blob too big (maximum 2000000, got 2000001)"),
        (&changed("mimeType", json!("video/mp4")), "InvalidRequest", "Expected image/* blob (got \"video/mp4\")"),
        (&changed("$type", json!("file")), "InvalidRequest", "Expected blob value type"),
        (&changed("alt", json!("x")), "InvalidRequest", "Expected blob value type"),
        (&changed("ref", json!({"$link": "nonsense"})), "InvalidRequest", "Expected blob value type"),
        (&json!({"cid": "bafkrei", "mimeType": "image/png"}), "InvalidRequest", "Expected blob value type"),
    ] {
        world.put(&ada, KEYS[0], with("a", images(&[blob]))).await.refused(400, name, words);
    }
    let foreign = world.put(&bo, KEYS[0], with("a", images(&[&blob]))).await;
    foreign.refused(400, "BlobNotFound", "Could not find blob");
    assert_eq!(world.feed().await["ever"], json!([]));
}

#[tokio::test]
async fn embeds_are_checked_against_the_lexicon() {
    let world = World::start().await;
    let ada = world.ada().await;
    let blob = world.picture(&ada, png(1, 1)).await;
    let image = |extra: Value| {
        let mut image = json!({"image": blob, "alt": ""});
        image.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        image
    };
    let pictures = |images: Value| json!({"$type": "app.bsky.embed.images", "images": images});
    let gallery = |item: Value| json!({"$type": "app.bsky.embed.gallery", "items": [item]});
    let card = |card: Value| json!({"$type": "app.bsky.embed.external", "external": card});
    let ratio = json!({"width": 4, "height": 3});
    for (embed, words) in [
        (pictures(json!(vec![image(json!({})); 5])), "array too big (maximum 4, got 5)"),
        (pictures(json!([{"image": blob}])), "Missing required key \"alt\""),
        (pictures(json!([image(json!({"title": "x"}))])), "Unexpected key \"title\""),
        (pictures(json!([image(json!({"aspectRatio": {"width": 0, "height": 3}}))])), "integer too small"),
        (gallery(json!({"$type": "app.bsky.embed.gallery#image", "image": blob, "alt": ""})), "\"aspectRatio\""),
        (gallery(image(json!({"aspectRatio": ratio}))), "includes the \"$type\" property"),
        (card(json!({"uri": "example.org", "title": "t", "description": "d"})), "Invalid uri"),
        (card(json!({"uri": "https://example.org", "title": "t"})), "Missing required key \"description\""),
        (json!({"$type": "app.bsky.embed.video", "video": blob}), "Expected video/mp4 blob"),
        (
            json!({"$type": "app.bsky.embed.recordWithMedia", "media": pictures(json!([image(json!({}))]))}),
            "\"record\"",
        ),
        (json!({"$type": "app.bsky.embed.recordWithMedia", "record": {"record": 1}, "media": {}}), "\"$type\""),
    ] {
        world.put(&ada, KEYS[0], with("a", embed)).await.refused(400, "InvalidRequest", words);
    }
    let four = json!(vec![image(json!({"aspectRatio": ratio})); 4]);
    world.put(&ada, KEYS[0], with("", pictures(four))).await.ok();
    let item = json!({"$type": "app.bsky.embed.gallery#image", "image": blob, "alt": "g", "aspectRatio": ratio});
    world.put(&ada, KEYS[1], with("", gallery(item))).await.ok();
}

#[tokio::test]
async fn a_quote_can_have_media_and_a_link_card_a_picture() {
    let world = World::start().await;
    let ada = world.ada().await;
    let blob = world.picture(&ada, png(1, 1)).await;
    let quoted = world.put(&ada, KEYS[0], post("the quoted one")).await.ok();
    let both = |record: Value| json!({"$type": "app.bsky.embed.recordWithMedia", "record": {"record": record}, "media": images(&[&blob])});
    let stale = json!({"uri": quoted.body["uri"], "cid": blob["ref"]["$link"]});
    let refused = world.put(&ada, KEYS[1], with("look", both(stale))).await;
    refused.refused(400, "InvalidRequest", "the record's cid is");
    world.put(&ada, KEYS[1], with("look", both(strong(&quoted)))).await.ok();
    let card = json!({"$type": "app.bsky.embed.external", "external": {"uri": "https://example.org/bread",
        "title": "All about bread", "description": "Really all", "thumb": blob}});
    world.put(&ada, KEYS[2], with("read", card)).await.ok();
    let (_, html) = world.page("/bluesky/ada.sandbox.test").await;
    assert!(html.contains("<blockquote><p class=\"meta\"><a href") && html.matches("<img").count() == 2, "{html}");
    assert!(html.contains("<a href=\"https://example.org/bread\">All about bread</a>"));
    let ledger = world.json("/_visible").await;
    assert_eq!(ledger["visible"][2]["media"][0]["description"], "All about bread");
}

#[tokio::test]
async fn what_the_bytes_show_wins_over_what_the_sender_says() {
    let world = World::start().await;
    let ada = world.ada().await;
    let said = |mime: &'static str, bytes: Vec<u8>| world.upload(&ada, mime, bytes);
    assert_eq!(said("image/jpeg", png(1, 1)).await.ok().body["blob"]["mimeType"], "image/png");
    assert_eq!(
        said("application/x-unknown", b"??".to_vec()).await.ok().body["blob"]["mimeType"],
        "application/x-unknown"
    );
    assert_eq!(said("*/*", mp4(50)).await.ok().body["blob"]["mimeType"], "video/mp4");
}

#[tokio::test]
async fn wrong_uploads_are_refused() {
    let world = World::keeping(1_000).await;
    world.control("/_accounts", json!({"handle": "ada.sandbox.test", "password": PASSWORD})).await;
    let ada = world.ada().await;
    let url = world.url(&format!("/xrpc/{UPLOAD}"));
    world.send(world.http.post(&url).header("content-type", "image/png").body("x")).await.refused(
        401,
        "AuthMissing",
        "",
    );
    let request = || world.http.post(&url).bearer_auth(&ada.access);
    world.send(request().body("x")).await.refused(400, "InvalidRequest", "(Content-Type) required");
    world.send(request().header("content-type", "image/png")).await.refused(400, "InvalidRequest", "body is expected");
    let query = world.http.post(format!("{url}?name=x")).bearer_auth(&ada.access).header("content-type", "a/b");
    world.send(query.body("x")).await.refused(400, "InvalidRequest", "Unexpected key \"name\"");
    let at_limit = world.upload(&ada, "image/png", vec![7; 52_428_800]).await.ok();
    assert_eq!(at_limit.body["blob"]["size"], 52_428_800);
    world.upload(&ada, "image/png", vec![7; 52_428_801]).await.refused(413, "PayloadTooLarge", "");
    let params = [("did", "did:plc:nobody"), ("cid", at_limit.body["blob"]["ref"]["$link"].as_str().unwrap())];
    world.ask(GET_BLOB, &params).await.refused(400, "RepoNotFound", "Could not find repo");
    world.ask(GET_BLOB, &[("did", &ada.did), ("cid", "x")]).await.refused(400, "InvalidRequest", "Invalid cid");
}

#[tokio::test]
async fn a_thousand_uploads_in_a_day() {
    let limits = postrider_sandbox::Limits { uploads_per_day: Some(2), ..postrider_sandbox::Limits::default() };
    let world = World::with(limits).await;
    let ada = world.ada().await;
    for size in [1, 2] {
        world.upload(&ada, "image/png", png(size, size)).await.ok();
    }
    world.upload(&ada, "image/png", png(3, 3)).await.refused(429, "RateLimitExceeded", "");
    assert_eq!(postrider_sandbox::Limits::default().uploads_per_day, Some(1_000));
}

#[tokio::test]
async fn faults_meet_uploads_and_listings_too() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.fault(json!({"match": UPLOAD, "kind": {"status": {"code": 502, "after_accept": true}}})).await;
    world.upload(&ada, "image/png", png(1, 1)).await.refused(502, "UpstreamFailure", "");
    let log = world.json(&format!("/_requests?method={UPLOAD}")).await;
    assert_eq!((&log["requests"][0]["accepted"], &log["requests"][0]["body"]["bytes"]), (&json!(true), &json!(29)));
    world.put(&ada, KEYS[0], post("late")).await.ok();
    let params = [("repo", ada.did.as_str()), ("collection", POST)];
    world.fault(json!({"match": LIST, "kind": {"lag": {"ms": 1_000}}})).await;
    assert_eq!(world.ask(LIST, &params).await.ok().body["records"], json!([]));
    assert_eq!(world.ask(LIST, &params).await.ok().body["records"].as_array().unwrap().len(), 1);
    world.fault(json!({"match": PUT, "kind": "truncate"})).await;
    let body = json!({"repo": ada.did, "collection": POST, "rkey": KEYS[1], "record": post("cut")});
    let request = world.procedure(PUT, &body).bearer_auth(&ada.access);
    assert!(request.send().await.unwrap().bytes().await.is_err());
    world.get(&ada, KEYS[1]).await.ok();
}

#[tokio::test]
async fn a_state_file_keeps_files_beside_it() {
    use std::sync::Arc;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sandbox.json");
    let seconds = Arc::new(std::sync::atomic::AtomicI64::new(START));
    let open =
        || postrider_sandbox::Sandbox::with_state_file(postrider_sandbox::Options::new(clock(&seconds), 7), &file);
    let sandbox = open().unwrap();
    sandbox.add_account(&postrider_sandbox::seed::Person::new("ada.sandbox.test", "Ada", PASSWORD)).unwrap();
    let mut world = World::over(sandbox, Arc::clone(&seconds)).await;
    let ada = world.ada().await;
    let blob = world.picture(&ada, png(1, 1)).await;
    world.put(&ada, KEYS[0], with("kept", images(&[&blob]))).await.ok();
    world.control("/_clock", json!({"advance_ms": 5_000})).await.ok();
    world.running.shutdown().await;
    world.running = open().unwrap().serve("127.0.0.1:0").await.unwrap();
    assert_eq!(world.blob(&ada, &blob).await.status, 200);
    assert_eq!(world.json("/_clock").await["now"], "2026-11-23T08:00:05Z");
    assert_eq!(world.json("/_visible").await["visible"][0]["text"], "kept");
}
