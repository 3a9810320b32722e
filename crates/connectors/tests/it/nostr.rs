//! Nostr against relays of the `nostr` project, and a small media server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::put;
use axum::{Json, Router};
use base64::Engine as _;
use nostr_relay_builder::MockRelay;
use postrider_connector::client::Client;
use postrider_connector::guard::OpenHosts;
use postrider_connector::testkit::{Files, Ticks, part_input};
use postrider_connector::{Connector as _, Lookup, Outcome, PartInput, PlanCx, Request, Transport as _};
use postrider_connectors::nostr::Nostr;
use postrider_domain::content::Variant;
use postrider_domain::media::{MediaFacts, MediaKind, Mime};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::channel::{Channel, variant};

const SECRET: &str = "00000000000000000000000000000000000000000000000000000000decafbad";

/// Two relays, a media server and a client that may reach them.
struct World {
    relays: [MockRelay; 2],
    urls: Vec<String>,
    stored: Stored,
    server: String,
    ticks: Ticks,
    files: Files,
    client: Client,
}

type Stored = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// `PUT /upload` as BUD-01 and BUD-02 have it: a permission that names the file, and its hash.
async fn upload(State(stored): State<Stored>, headers: HeaderMap, body: Bytes) -> Result<Json<Value>, StatusCode> {
    let hash = Sha256::digest(&body).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let permission =
        header("authorization").strip_prefix("Nostr ").map(str::to_owned).ok_or(StatusCode::UNAUTHORIZED)?;
    let permission =
        base64::engine::general_purpose::STANDARD.decode(permission).map_err(|_| StatusCode::UNAUTHORIZED)?;
    let event: nostr::prelude::Event = serde_json::from_slice(&permission).map_err(|_| StatusCode::UNAUTHORIZED)?;
    let tag =
        |name: &str| event.tags.iter().find(|tag| tag.kind() == name).and_then(|tag| tag.content()).unwrap_or_default();
    let allowed = event.verify().is_ok() && event.kind.as_u16() == 24_242 && tag("t") == "upload" && tag("x") == hash;
    if !allowed || tag("expiration").is_empty() {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let url = format!("http://{}/{hash}", header("host"));
    let size = body.len();
    stored.lock().expect("unpoisoned").insert(hash.clone(), body.to_vec());
    Ok(Json(json!({"url": url, "sha256": hash, "size": size, "type": header("content-type"), "uploaded": 1})))
}

impl World {
    async fn new() -> Self {
        let relays = [MockRelay::run().await.expect("a relay"), MockRelay::run().await.expect("a relay")];
        let mut urls = Vec::new();
        for relay in &relays {
            urls.push(relay.url().await.to_string().trim_end_matches('/').to_owned());
        }
        let stored = Stored::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().route("/upload", put(upload)).with_state(Arc::clone(&stored));
        #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
        tokio::spawn(async move { axum::serve(listener, router).await });
        let open = urls.iter().chain([&server]).map(|url| url.split_once("://").expect("a scheme").1.to_owned());
        let client = Client::new(OpenHosts::new(open), "Postrider/test").expect("a client");
        Self { relays, urls, stored, server, ticks: Ticks::default(), files: Files::default(), client }
    }

    async fn channel(&self, quorum: &str) -> Channel<'_> {
        let relays = self.urls.join(" ");
        let form = [("nsec", SECRET), ("relays", &relays), ("quorum", quorum), ("media_server", &self.server)];
        let connected = Channel::connect((&self.client, &self.ticks), &Nostr, &form).await.expect("connected");
        Channel { files: self.files.clone(), ..connected }
    }

    /// All events of one relay that match.
    async fn events(&self, relay: usize, filter: Value) -> Vec<Value> {
        let message = json!(["REQ", "test", filter]).to_string();
        let ask = Request::socket(&self.urls[relay], true, message, &["EOSE"]);
        let response = self.client.exchange(&ask, None).await.expect("an answer");
        let messages: Vec<Value> = response.json().expect("messages");
        messages.into_iter().filter(|message| message[0] == "EVENT").map(|message| message[2].clone()).collect()
    }
}

#[tokio::test]
async fn nostr_text_and_thread_are_on_every_relay_in_order() {
    let world = World::new().await;
    let channel = world.channel("2").await;
    let receipts = channel.publish(&variant(&["Grüße #größe", "zwei", "drei"], &json!({"language": "de"}))).await;
    for relay in 0..2 {
        let mut notes = world.events(relay, json!({"kinds": [1]})).await;
        notes.sort_by_key(|note| receipts.iter().position(|receipt| note["id"] == receipt.remote_id.as_str()));
        let texts: Vec<_> = notes.iter().map(|note| note["content"].as_str().unwrap_or_default()).collect();
        assert_eq!(texts, ["Grüße #größe", "zwei", "drei"]);
        let marks = |note: &Value| -> Vec<String> {
            let tags = note["tags"].as_array().into_iter().flatten();
            tags.filter(|tag| tag[0] == "e")
                .map(|tag| format!("{} {}", tag[1].as_str().unwrap_or_default(), tag[3]))
                .collect()
        };
        let id = |n: usize| receipts[n].remote_id.as_str();
        assert_eq!(marks(&notes[2]), [format!("{} \"root\"", id(0)), format!("{} \"reply\"", id(1))]);
    }
}

#[tokio::test]
async fn nostr_pictures_and_videos_are_links_to_what_was_sent() {
    let mut world = World::new().await;
    let picture = MediaFacts {
        kind: MediaKind::Image,
        mime: Mime::Png,
        bytes: 0,
        width: 4,
        height: 3,
        duration_ms: None,
        fps: None,
        codec: None,
        audio: false,
    };
    let bytes: Vec<u8> = (0..50_000_u32).flat_map(u32::to_be_bytes).collect();
    let used = world.files.add(bytes.clone(), picture.clone(), "Numbers");
    let video = MediaFacts { kind: MediaKind::Video, mime: Mime::Mp4, duration_ms: Some(1), ..picture };
    let moving = world.files.add(*b"a video", video, "It moves");
    world.client = world.client.clone().with_blobs(Arc::new(world.files.clone()));
    let channel = world.channel("1").await;
    let mut post: Variant = variant(&["look", "and this"], &json!({}));
    post.parts[0].media = vec![used];
    post.parts[1].media = vec![moving];
    let receipts = channel.publish(&post).await;
    let note = world.events(1, json!({"ids": [receipts[0].remote_id]})).await.remove(0);
    let imeta: Vec<&str> = note["tags"][0].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(
        imeta.contains(&"alt Numbers") && imeta.contains(&"dim 4x3") && imeta.contains(&"m image/png"),
        "{imeta:?}"
    );
    let hash = imeta.iter().find_map(|field| field.strip_prefix("x ")).expect("a hash");
    assert_eq!(note["content"], format!("look\n{}/{hash}", world.server));
    let stored = world.stored.lock().expect("unpoisoned");
    assert_eq!((stored.len(), stored[hash] == bytes), (2, true), "byte for byte");
}

#[tokio::test]
async fn nostr_a_repeat_is_no_copy_and_a_lookup_finds_it() {
    let world = World::new().await;
    let channel = world.channel("1").await;
    let post = variant(&["once"], &json!({}));
    let part = part_input(&Files::default(), &post, 0, &[]);
    let begun = channel.begin(&part);
    let Ok(Outcome::Next(signed)) = channel.step(&part, &begun).await else { panic!("not signed") };
    assert_eq!(channel.ask(&part, &signed).await, Lookup::Absent);
    let first = channel.finish(&part, signed.clone()).await;
    let again = channel.finish(&part, signed.clone()).await;
    assert_eq!(first.remote_id, again.remote_id);
    assert!(matches!(channel.ask(&part, &signed).await, Lookup::Found(_)));
    assert_eq!(world.events(0, json!({"kinds": [1]})).await.len(), 1);
}

#[tokio::test]
async fn nostr_goes_out_while_one_of_two_relays_is_down() {
    let world = World::new().await;
    let channel = world.channel("1").await;
    world.relays[0].shutdown();
    let receipts = channel.publish(&variant(&["half"], &json!({}))).await;
    assert_eq!(receipts[0].extra["relays"][&world.urls[0]], "silent");
    assert_eq!(receipts[0].extra["relays"][&world.urls[1]], "accepted");
    assert_eq!(world.events(1, json!({"ids": [receipts[0].remote_id]})).await.len(), 1);
}

#[tokio::test]
async fn nostr_a_deleted_note_is_gone_from_the_relays() {
    let world = World::new().await;
    let channel = world.channel("1").await;
    let receipt = channel.publish(&variant(&["oops"], &json!({}))).await.remove(0);
    let mut plan = PlanCx::new(world.ticks.now(), &world.ticks);
    let change = postrider_connector::Change::Delete;
    let begun = Nostr.begin_change(&mut plan, &channel.account, &receipt, &change).expect("offered").expect("begun");
    assert_eq!(channel.finish(&PartInput::default(), begun).await, receipt);
    for relay in 0..2 {
        assert_eq!(world.events(relay, json!({"kinds": [1]})).await, Vec::<Value>::new());
        assert_eq!(world.events(relay, json!({"kinds": [5]})).await.len(), 1, "the request is there");
    }
}
