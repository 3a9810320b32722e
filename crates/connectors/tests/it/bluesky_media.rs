//! Files on Bluesky, against the sandbox: blobs, the video service, cards, and deleting.

use std::sync::Arc;

use postrider_connector::testkit::{Files, part_input};
use postrider_connector::{Change, Connector as _, Outcome, PartInput, PlanCx, Receipt, Request, Transport as _};
use postrider_connectors::bluesky::Bluesky;
use postrider_domain::content::{MediaRef, PartContent, Variant};
use postrider_domain::media::{MediaFacts, MediaKind, Mime};
use serde_json::{Value, json};

use crate::channel::Channel;
use crate::mastodon::{picture, png};
use crate::scenarios::World;

const POST: &str = "app.bsky.feed.post";
const ADA: &str = "ada.sandbox.test";

/// An MP4 as far as a first look goes: a `ftyp` box and some bytes.
fn mp4() -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 24];
    bytes.extend(b"ftypisom\0\0\x02\0isomiso2");
    bytes.extend((0..20_000_u32).flat_map(u32::to_be_bytes));
    bytes
}

fn video() -> MediaFacts {
    MediaFacts {
        kind: MediaKind::Video,
        mime: Mime::Mp4,
        width: 640,
        height: 360,
        duration_ms: Some(5_000),
        ..picture()
    }
}

/// A world whose client reads these files.
async fn world(files: &Files) -> World {
    let mut world = World::new().await;
    world.client = world.client.clone().with_blobs(Arc::new(files.clone()));
    world
}

async fn ada<'a>(world: &'a World, files: &Files) -> Channel<'a> {
    Channel { files: files.clone(), ..world.bluesky(ADA).await }
}

fn post(text: &str, media: Vec<MediaRef>, settings: &Value) -> Variant {
    let part = PartContent { text: text.to_owned(), media, delay_s: 0 };
    Variant { parts: vec![part], settings: settings.as_object().cloned().expect("an object") }
}

/// The only post's embed, and the bytes of a blob in it.
async fn embed(world: &World) -> Value {
    let (posts, _) = world.records(ADA, POST).await;
    assert_eq!(posts.len(), 1);
    posts[0]["value"]["embed"].clone()
}

async fn blob(world: &World, channel: &Channel<'_>, blob: &Value) -> Vec<u8> {
    let cid = blob["ref"]["$link"].as_str().expect("a link");
    let url =
        format!("{}/xrpc/com.atproto.sync.getBlob?did={}&cid={cid}", world.running.url(), channel.account.remote_id);
    world.client.exchange(&Request::get(url), None).await.expect("the blob").body
}

#[tokio::test]
async fn bluesky_pictures_come_through_byte_for_byte_with_their_descriptions() {
    let mut files = Files::default();
    let media = vec![files.add(png(3), picture(), "A cat"), files.add(png(4), picture(), "A dog, \"Rex\"")];
    let world = world(&files).await;
    let ada = ada(&world, &files).await;
    ada.publish(&post("two", media, &json!({}))).await;
    let embed = embed(&world).await;
    let images = embed["images"].as_array().expect("images");
    let alts: Vec<_> = images.iter().map(|image| image["alt"].as_str().unwrap_or_default()).collect();
    assert_eq!(alts, ["A cat", "A dog, \"Rex\""]);
    assert_eq!(images[0]["aspectRatio"], json!({"width": 1, "height": 1}));
    assert_eq!(blob(&world, &ada, &images[1]["image"]).await, png(4));
}

/// Publishes; whenever that waits, a minute passes.
async fn patiently(world: &World, channel: &Channel<'_>, variant: &Variant) -> Receipt {
    let part = part_input(&channel.files, variant, 0, &[]);
    let mut state = channel.begin(&part);
    loop {
        match channel.step(&part, &state).await.expect("a step") {
            Outcome::Done(receipt) => return receipt,
            Outcome::Next(next) => state = next,
            Outcome::Wait { state: next, .. } => {
                state = next;
                assert_eq!(world.post("/_clock", &json!({"advance_ms": 60_000})).await, 200);
            }
        }
    }
}

/// Connected with the simulated service of videos, or with none.
async fn with_videos<'a>(world: &'a World, files: &Files, service: bool) -> Channel<'a> {
    let host = world.running.url();
    let named = if service { host.clone() } else { "none".to_owned() };
    let form =
        [("host", host.as_str()), ("identifier", ADA), ("password", "q3fz-2mna-wd7k-ehx5"), ("video_service", &named)];
    Channel { files: files.clone(), ..world.connect(&Bluesky, &form).await.expect("connected") }
}

#[tokio::test]
async fn bluesky_a_video_goes_through_the_service_or_straight_to_the_server() {
    let mut files = Files::default();
    let media = vec![files.add(mp4(), video(), "They play")];
    for service in [true, false] {
        let world = world(&files).await;
        let ada = with_videos(&world, &files, service).await;
        let variant = post("it moves", media.clone(), &json!({}));
        let receipt = patiently(&world, &ada, &variant).await;
        assert!(receipt.remote_id.starts_with("at://"));
        let embed = embed(&world).await;
        assert_eq!((&embed["$type"], &embed["alt"]), (&json!("app.bsky.embed.video"), &json!("They play")));
        assert_eq!(embed["aspectRatio"], json!({"width": 640, "height": 360}));
        assert_eq!(embed["video"]["mimeType"], "video/mp4");
    }
}

/// The answer to the first upload was lost, or the same film is posted again: the service says 409 and no more
/// than the name of the old job.
#[tokio::test]
async fn bluesky_a_video_that_the_service_has_already_is_posted_all_the_same() {
    let mut files = Files::default();
    let media = vec![files.add(mp4(), video(), "They play")];
    let world = world(&files).await;
    let ada = with_videos(&world, &files, true).await;
    for text in ["it moves", "it moves again"] {
        patiently(&world, &ada, &post(text, media.clone(), &json!({}))).await;
    }
    let (posts, _) = world.records(ADA, POST).await;
    let videos: Vec<_> = posts.iter().map(|post| &post["value"]["embed"]["video"]).collect();
    assert_eq!((videos.len(), videos[0]), (2, videos[1]));
    assert_eq!(blob(&world, &ada, videos[1]).await, mp4());
}

#[tokio::test]
async fn bluesky_a_card_with_its_picture_and_a_quote_beside_a_picture() {
    let mut files = Files::default();
    let thumb = files.add(png(5), picture(), "");
    let world = world(&files).await;
    let ada = ada(&world, &files).await;
    let card = json!({"card": {"url": "https://example.com/a", "title": "Title", "description": "About"}});
    let thumb = MediaRef { alt: Some("A thumbnail".to_owned()), ..thumb };
    let first = ada.publish(&post("read", vec![thumb.clone()], &card)).await.remove(0);
    let external = embed(&world).await["external"].clone();
    assert_eq!((&external["uri"], &external["title"]), (&json!("https://example.com/a"), &json!("Title")));
    assert_eq!(blob(&world, &ada, &external["thumb"]).await, png(5));
    ada.publish(&post("quoted", vec![thumb], &json!({"quote": first.remote_id}))).await;
    let (posts, _) = world.records(ADA, POST).await;
    let both = posts.iter().find(|post| post["value"]["text"] == "quoted").expect("the second");
    let embed = &both["value"]["embed"];
    assert_eq!(embed["$type"], "app.bsky.embed.recordWithMedia");
    assert_eq!(embed["record"]["record"]["uri"], first.remote_id.as_str());
    assert_eq!(embed["media"]["$type"], "app.bsky.embed.images");
}

#[tokio::test]
async fn bluesky_a_blob_that_was_collected_is_uploaded_again() {
    let mut files = Files::default();
    let media = vec![files.add(png(6), picture(), "A cat")];
    let world = world(&files).await;
    let ada = ada(&world, &files).await;
    let variant = post("late", media, &json!({}));
    let part = part_input(&files, &variant, 0, &[]);
    let Ok(Outcome::Next(uploaded)) = ada.step(&part, &ada.begin(&part)).await else { panic!("not uploaded") };
    // A blob that no record names is collected; the session would end as well, so the record is written at once after.
    assert_eq!(world.post("/_clock", &json!({"advance_ms": 90 * 60_000})).await, 200);
    let receipt = ada.finish(&part, uploaded).await;
    assert!(receipt.remote_id.starts_with("at://"));
    assert_eq!(embed(&world).await["images"].as_array().map(Vec::len), Some(1));
}

/// The service remembers what it gave the server and gives nothing a second time.
#[tokio::test]
async fn bluesky_a_video_that_the_server_threw_away_goes_there_straight() {
    let mut files = Files::default();
    let media = vec![files.add(mp4(), video(), "They play")];
    let world = world(&files).await;
    let ada = with_videos(&world, &files, true).await;
    let part = part_input(&files, &post("late", media, &json!({})), 0, &[]);
    let mut state = ada.begin(&part);
    while state.0["at"] != "put" {
        state = match ada.step(&part, &state).await.expect("a step") {
            Outcome::Next(next) | Outcome::Wait { state: next, .. } => next,
            Outcome::Done(_) => panic!("it is out"),
        };
        assert_eq!(world.post("/_clock", &json!({"advance_ms": 5_000})).await, 200);
    }
    assert_eq!(world.post("/_clock", &json!({"advance_ms": 90 * 60_000})).await, 200);
    let receipt = ada.finish(&part, state).await;
    assert!(receipt.remote_id.starts_with("at://"));
    let video = embed(&world).await["video"].clone();
    assert_eq!(blob(&world, &ada, &video).await, mp4());
}

#[tokio::test]
async fn bluesky_a_deleted_post_is_gone_and_deleting_again_is_no_error() {
    let files = Files::default();
    let world = world(&files).await;
    let ada = ada(&world, &files).await;
    let receipt = ada.publish(&post("oops", Vec::new(), &json!({}))).await.remove(0);
    let mut plan = PlanCx::new(world.ticks.now(), &world.ticks);
    let begun =
        Bluesky.begin_change(&mut plan, &ada.account, &receipt, &Change::Delete).expect("offered").expect("begun");
    for _ in 0..2 {
        assert_eq!(ada.finish(&PartInput::default(), begun.clone()).await, receipt);
        assert_eq!(world.records(ADA, POST).await.0.len(), 0);
    }
    let edit = Change::Edit(Box::default());
    assert!(Bluesky.begin_change(&mut plan, &ada.account, &receipt, &edit).is_none());
}
