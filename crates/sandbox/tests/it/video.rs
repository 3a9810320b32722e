//! The service of videos, and the tokens that open it.

use serde_json::{Value, json};

use crate::fediverse::client::{mp4, png};
use crate::support::*;

const SERVICE_AUTH: &str = "com.atproto.server.getServiceAuth";
const LIMITS: &str = "app.bsky.video.getUploadLimits";
const UPLOAD: &str = "app.bsky.video.uploadVideo";
const STATUS: &str = "app.bsky.video.getJobStatus";
const BLOB: &str = "com.atproto.repo.uploadBlob";

impl World {
    /// The server's own name for its address.
    fn here(&self) -> String {
        format!("did:web:{}", self.running.addr.to_string().replace(':', "%3A"))
    }

    async fn service_auth(&self, user: &User, params: &[(&str, &str)]) -> Reply {
        self.send(self.query(SERVICE_AUTH, params).bearer_auth(&user.access)).await
    }

    async fn service_token(&self, user: &User, lxm: &str) -> String {
        let exp = (self.now() + 1_800).to_string();
        let params = [("aud", self.here()), ("lxm", lxm.to_owned()), ("exp", exp)];
        let params: Vec<_> = params.iter().map(|(key, value)| (*key, value.as_str())).collect();
        self.service_auth(user, &params).await.ok().text("token")
    }

    async fn video_with(&self, token: &str, did: &str, bytes: Vec<u8>) -> Reply {
        let url = self.url(&format!("/xrpc/{UPLOAD}?did={did}&name=bread.mp4"));
        self.send(self.http.post(url).bearer_auth(token).header("content-type", "video/mp4").body(bytes)).await
    }

    async fn video(&self, user: &User, bytes: Vec<u8>) -> Reply {
        let token = self.service_token(user, BLOB).await;
        self.video_with(&token, &user.did, bytes).await
    }

    async fn job(&self, id: &str) -> Value {
        self.ask(STATUS, &[("jobId", id)]).await.ok().body["jobStatus"].clone()
    }
}

#[tokio::test]
async fn a_video_goes_through_its_states_and_can_be_posted() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.control("/_video", json!({"processing_ms": 60_000})).await.ok();
    let made = world.video(&ada, mp4(5_000)).await.ok();
    // The service answers without the wrapping of the lexicon.
    assert_eq!((&made.body["state"], &made.body["did"]), (&json!("JOB_STATE_CREATED"), &json!(ada.did)));
    let id = made.text("jobId");
    let mut states = Vec::new();
    for _ in 0..7 {
        let job = world.job(&id).await;
        states.push(job["state"].as_str().unwrap().strip_prefix("JOB_STATE_").unwrap().to_owned());
        assert_eq!(job["blob"].is_object(), job["state"] == "JOB_STATE_COMPLETED");
        world.pass(10);
    }
    assert_eq!(states, ["CREATED", "ENCODING", "ENCODED", "SCANNING", "SCANNED", "UPLOADING", "COMPLETED"]);
    let job = world.job(&id).await;
    assert_eq!((&job["blob"]["mimeType"], &job["blob"]["size"]), (&json!("video/mp4"), &json!(5_000)));
    let mut record = post("moving");
    record["embed"] = json!({"$type": "app.bsky.embed.video", "video": job["blob"], "alt": "Bread rising",
        "aspectRatio": {"width": 16, "height": 9}});
    world.put(&ada, KEYS[0], record).await.ok();
    let (_, html) = world.page("/bluesky/ada.sandbox.test").await;
    assert!(html.contains("<video controls src=\"/files/") && html.contains("Bread rising"));
}

#[tokio::test]
async fn a_video_that_is_known_is_told_by_409_and_gives_its_blob() {
    let world = World::start().await;
    let ada = world.ada().await;
    let first = world.video(&ada, mp4(100)).await.ok().text("jobId");
    let again = world.video(&ada, mp4(100)).await;
    assert_eq!(again.status, 409);
    assert_eq!((&again.body["error"], &again.body["jobId"]), (&json!("already_exists"), &json!(first)));
    assert!(again.body.get("blob").is_none());
    world.pass(3);
    let job = world.job(&first).await;
    assert_eq!((&job["error"], &job["blob"]["size"]), (&json!("already_exists"), &json!(100)));
    let bo = world.login("bo.sandbox.test").await;
    assert_ne!(world.video(&bo, mp4(100)).await.ok().text("jobId"), first);
    world.control("/_video", json!({"lexicon_answers": true})).await.ok();
    assert_eq!(world.video(&ada, mp4(100)).await.body["jobStatus"]["error"], "already_exists");
    assert!(world.video(&ada, mp4(101)).await.ok().body["jobStatus"]["jobId"].is_string());
}

#[tokio::test]
async fn processing_can_fail_and_the_service_can_be_too_late() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.fault(json!({"match": UPLOAD, "kind": "fail_processing"})).await;
    let id = world.video(&ada, mp4(100)).await.ok().text("jobId");
    world.pass(3);
    let job = world.job(&id).await;
    assert_eq!((&job["state"], &job["failureCode"]), (&json!("JOB_STATE_FAILED"), &json!("encoding_failure")));
    assert!(job["error"].as_str().unwrap().contains(&id) && job.get("blob").is_none());
    // The same bytes may be tried again, because they failed.
    assert_ne!(world.video(&ada, mp4(100)).await.ok().text("jobId"), id);
    world.control("/_video", json!({"processing_ms": 3_600_000})).await.ok();
    let late = world.video(&ada, mp4(101)).await.ok().text("jobId");
    world.pass(3_600);
    assert_eq!(world.job(&late).await["failureCode"], "pds_upload_failure");
}

#[tokio::test]
async fn a_finished_video_that_nobody_posts_vanishes() {
    let world = World::start().await;
    let ada = world.ada().await;
    let id = world.video(&ada, mp4(100)).await.ok().text("jobId");
    world.pass(3);
    let blob = world.job(&id).await["blob"].clone();
    world.pass(3_600);
    let mut record = post("too late");
    record["embed"] = json!({"$type": "app.bsky.embed.video", "video": blob});
    world.put(&ada, KEYS[0], record).await.refused(400, "BlobNotFound", "Could not find blob");
}

#[tokio::test]
async fn limits_are_told_and_kept() {
    let world = World::start().await;
    let ada = world.ada().await;
    let limits = async || {
        let token = world.service_token(&ada, LIMITS).await;
        world.send(world.query(LIMITS, &[]).bearer_auth(token)).await.ok().body
    };
    assert_eq!(
        limits().await,
        json!({"canUpload": true, "remainingDailyVideos": 25, "remainingDailyBytes": 10_000_000_000_u64})
    );
    world.control("/_video", json!({"daily_videos": 1})).await.ok();
    world.video(&ada, mp4(100)).await.ok();
    let spent = limits().await;
    assert_eq!((&spent["canUpload"], &spent["remainingDailyVideos"]), (&json!(false), &json!(0)));
    world.video(&ada, mp4(101)).await.refused(400, "DailyLimitExceeded", "");
    world.control("/_video", json!({"email_confirmed": false})).await.ok();
    assert_eq!(limits().await["error"], "unconfirmed_email");
    let refused = world.video(&ada, mp4(102)).await;
    assert_eq!((refused.status, &refused.body["jobStatus"]["error"]), (401, &json!("unconfirmed_email")));
    world.control("/_video", json!({"email_confirmed": true})).await.ok();
    world.pass(86_401);
    let ada = world.ada().await;
    world.video(&ada, mp4(103)).await.ok();
    assert_eq!(world.control("/_video", json!({"processing": 1})).await.status, 400);
    assert_eq!(world.json("/_video").await["daily_videos"], 1);
}

#[tokio::test]
async fn service_tokens_are_short_and_bound() {
    let world = World::start().await;
    let ada = world.ada().await;
    let at = |seconds: i64| (world.now() + seconds).to_string();
    let (past, hour, more, minute) = (at(-1), at(3_600), at(3_601), at(61));
    for (params, name, words) in [
        (vec![("aud", "did:web:x"), ("exp", past.as_str())], "BadExpiration", "in past"),
        (vec![("aud", "did:web:x"), ("exp", more.as_str()), ("lxm", BLOB)], "BadExpiration", "more than an hour"),
        (vec![("aud", "did:web:x"), ("exp", minute.as_str())], "BadExpiration", "more than a minute"),
        (vec![("aud", "x")], "InvalidRequest", "aud must be a DID"),
        (vec![("aud", "did:web:x"), ("lxm", "com.atproto.admin.deleteAccount")], "InvalidRequest", "protected method"),
        (vec![("lxm", BLOB)], "InvalidRequest", "Missing required key \"aud\""),
        (vec![("aud", "did:web:x"), ("lxm", "nonsense")], "InvalidRequest", "Invalid nsid"),
    ] {
        world.service_auth(&ada, &params).await.refused(400, name, words);
    }
    world.service_auth(&ada, &[("aud", "did:web:x"), ("exp", &hour), ("lxm", BLOB)]).await.ok();
    world.ask(SERVICE_AUTH, &[("aud", "did:web:x")]).await.refused(401, "AuthMissing", "");
    let token = world.service_token(&ada, BLOB).await;
    let wrong_method = world.service_token(&ada, LIMITS).await;
    let elsewhere = world.service_auth(&ada, &[("aud", "did:web:x"), ("lxm", BLOB)]).await.ok().text("token");
    let bo = world.login("bo.sandbox.test").await;
    for (token, did, words) in [
        (wrong_method.as_str(), ada.did.as_str(), "bad jwt lexicon method"),
        (&elsewhere, &ada.did, "jwt audience does not match"),
        (&ada.access, &ada.did, "could not verify token"),
        ("rubbish", &ada.did, "could not verify token"),
        (&token, &bo.did, "another account's"),
    ] {
        world.video_with(token, did, mp4(10)).await.refused(401, "AuthenticationRequired", words);
    }
    world.whoami(&token).await.refused(400, "InvalidToken", "");
    world.pass(1_800);
    world.video_with(&token, &ada.did, mp4(10)).await.refused(401, "AuthenticationRequired", "jwt expired");
}

#[tokio::test]
async fn the_real_services_own_names_are_taken_too() {
    let world = World::start().await;
    let ada = world.ada().await;
    let server = world.ask("com.atproto.server.describeServer", &[]).await.ok().text("did");
    let token = world.service_auth(&ada, &[("aud", &server), ("lxm", BLOB)]).await.ok().text("token");
    world.video_with(&token, &ada.did, mp4(10)).await.ok();
    let limits = [("aud", "did:web:video.bsky.app"), ("lxm", LIMITS)];
    let token = world.service_auth(&ada, &limits).await.ok().text("token");
    world.send(world.query(LIMITS, &[]).bearer_auth(token)).await.ok();
}

#[tokio::test]
async fn wrong_videos_are_refused() {
    let world = World::start().await;
    let ada = world.ada().await;
    let token = world.service_token(&ada, BLOB).await;
    world.video_with(&token, &ada.did, png(1, 1)).await.refused(400, "UnsupportedContentType", "");
    let url = world.url(&format!("/xrpc/{UPLOAD}?did={}&name=x", ada.did));
    let request = || world.http.post(&url).bearer_auth(&token);
    let other = request().header("content-type", "video/quicktime").body("x");
    world.send(other).await.refused(400, "InvalidRequest", "Wrong request encoding");
    let chunks = reqwest::Body::wrap_stream(futures::stream::iter([Ok::<_, std::io::Error>(mp4(10))]));
    let chunked = request().header("content-type", "video/mp4").body(chunks);
    assert_eq!(world.send(chunked).await.status, 411);
    let nameless = world.url(&format!("/xrpc/{UPLOAD}?did={}", ada.did));
    let nameless = world.http.post(nameless).bearer_auth(&token).header("content-type", "video/mp4").body(mp4(10));
    world.send(nameless).await.refused(400, "InvalidRequest", "Missing required key \"name\"");
    world.ask(STATUS, &[("jobId", "nothing")]).await.refused(400, "InvalidRequest", "Job not found");
    world.ask(LIMITS, &[]).await.refused(401, "AuthMissing", "");
}
