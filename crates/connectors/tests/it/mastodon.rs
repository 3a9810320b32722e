//! Mastodon and its dialects, from registering to the public page, against the sandbox over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use postrider_connector::auth::oauth::{About, Ask, Driver, Identity, OAuth as _};
use postrider_connector::auth::{AuthCx, ConnectError, ConnectFields};
use postrider_connector::client::Client;
use postrider_connector::cx::Question;
use postrider_connector::guard::OpenHosts;
use postrider_connector::http::Method;
use postrider_connector::testkit::{Files, Ticks, part_input};
use postrider_connector::{
    Account, Change, Connector as _, Credentials, Cx, Effect, Failure, Lookup, MachineState, Outcome, PartInput,
    PlanCx, Request, Transport as _,
};
use postrider_connectors::mastodon::Mastodon;
use postrider_domain::content::{PartContent, Variant};
use postrider_domain::media::{MediaFacts, MediaKind, Mime};
use postrider_domain::secret::Secret;
use postrider_sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};

use crate::channel::{Channel, variant};

const REDIRECT: &str = "https://postrider.example/connect/callback/mastodon";

struct World {
    running: Running,
    client: Client,
    ticks: Ticks,
    ahead: Arc<AtomicI64>,
}

impl World {
    async fn new() -> Self {
        let noon: Timestamp = "2026-11-23T12:00:30Z".parse().expect("a time");
        let ahead = Arc::new(AtomicI64::new(0));
        let offset = Arc::clone(&ahead);
        let clock = move || noon + SignedDuration::from_secs(offset.load(Ordering::Relaxed));
        let sandbox = Sandbox::new(Options::new(Arc::new(clock), 7));
        let running = sandbox.serve("127.0.0.1:0").await.expect("a free port");
        let open = OpenHosts::new(running.addresses().map(|addr| addr.to_string()));
        let client = Client::new(open, "Postrider/test").expect("a client");
        Self { running, client, ticks: Ticks::default(), ahead }
    }

    fn minutes_pass(&self, minutes: i64) {
        self.ahead.fetch_add(minutes * 60, Ordering::Relaxed);
    }

    fn origin(&self, instance: &str) -> String {
        self.running.instance(instance).expect("an instance of this name")
    }

    async fn control(&self, path: &str, body: &Value) {
        let request = Request::post_json(format!("{}{path}", self.running.url()), body);
        let response = self.client.exchange(&request, None).await.expect("an answer");
        assert!(response.is_success(), "{path}: {}", String::from_utf8_lossy(&response.body));
    }

    /// What is public on an instance's page of an account.
    async fn page(&self, instance: &str, name: &str) -> Value {
        let request = Request::get(format!("{}/mastodon/{instance}/{name}.json", self.running.url()));
        self.client.exchange(&request, None).await.expect("an answer").json().expect("JSON")
    }

    /// Registers, consents as `name` and exchanges the code, as the driver does.
    async fn connect(&self, instance: &str, name: &str) -> Result<(Identity, Credentials), ConnectError> {
        let none = Credentials::default();
        let server_field = [("server".to_owned(), Secret::new(self.origin(instance)))];
        let fields = ConnectFields(server_field.into_iter().collect());
        let server = Mastodon.discover(&AuthCx(Cx::reading(&self.client, &none)), &fields).await?;
        let about = About {
            name: "Postrider",
            website: "https://postrider.example",
            redirect_uri: REDIRECT,
            scopes: &server.scopes,
        };
        let app = Mastodon.register(&AuthCx(Cx::reading(&self.client, &none)), &server, &about).await?;
        let (state, verifier) = (Secret::new("st4te-0123456789abcdef"), Secret::new("v".repeat(64)));
        let ask = Ask { client_id: &app.id, redirect_uri: REDIRECT, state: &state, verifier: &verifier };
        let mut consent = Request::new(Method::Post, server.authorize_url(&ask)?);
        consent = consent.header("content-type", "application/x-www-form-urlencoded");
        consent.body = format!("account={name}&decision=allow").into_bytes();
        let answer = self.client.exchange(&consent, None).await.expect("a page");
        let back = url::Url::parse(answer.header("location").expect("sent back")).expect("an address");
        let code = back.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        let driver = Driver { transport: &self.client, server: &server, client: &app };
        let tokens = driver.exchange(&code, &verifier, REDIRECT).await?;
        let credentials = tokens.credentials();
        let identity = Mastodon.identify(&AuthCx(Cx::reading(&self.client, &credentials)), &server, &tokens).await?;
        assert!(server.scopes.iter().all(|scope| Mastodon.covers(&tokens.scopes, scope)), "{:?}", tokens.scopes);
        Ok((identity, credentials))
    }

    async fn channel(&self, instance: &str) -> Channel<'_> {
        let (identity, credentials) = self.connect(instance, "ada").await.expect("connected");
        let found = identity.accounts.into_iter().next().expect("an account").account;
        let account = Account {
            host: self.origin(instance),
            remote_id: found.remote_id,
            handle: found.handle,
            facts: found.facts,
        };
        let (client, ticks) = (&self.client, &self.ticks);
        Channel { client, ticks, connector: &Mastodon, account, credentials, files: Files::default() }
    }
}

/// A small picture that is one.
pub(crate) fn png(shade: u8) -> Vec<u8> {
    png_of(1, 1, shade)
}

/// A picture that says this size and has one grey pixel; the checksum of the data follows from the shade.
pub(crate) fn png_of(width: u32, height: u32, shade: u8) -> Vec<u8> {
    let mut data = vec![0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];
    let mut chunk = |kind: &[u8; 4], body: &[u8]| {
        data.extend((body.len() as u32).to_be_bytes());
        data.extend(kind);
        data.extend(body);
        data.extend(crc(&[kind.as_slice(), body].concat()).to_be_bytes());
    };
    chunk(b"IHDR", &[&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat());
    let (a, b) = (1 + u32::from(shade), 2 + u32::from(shade));
    let adler = (b << 16 | a).to_be_bytes();
    chunk(b"IDAT", &[&[0x78, 0x01, 1, 2, 0, 0xfd, 0xff, 0, shade], adler.as_slice()].concat());
    chunk(b"IEND", &[]);
    data
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

pub(crate) fn picture() -> MediaFacts {
    MediaFacts {
        kind: MediaKind::Image,
        mime: Mime::Png,
        bytes: 0,
        width: 1,
        height: 1,
        duration_ms: None,
        fps: None,
        codec: None,
        audio: false,
    }
}

/// The statuses of a page, oldest first.
fn statuses(page: &Value) -> Vec<&Value> {
    let mut all: Vec<&Value> = page["statuses"].as_array().expect("statuses").iter().collect();
    all.sort_by_key(|status| status["id"].to_string());
    all
}

#[tokio::test]
async fn mastodon_is_connected_on_every_dialect_and_its_abilities_are_recorded() {
    let world = World::new().await;
    for (instance, keys) in [
        ("mastodon", true),
        ("pixelfed", false),
        ("gotosocial", false),
        ("friendica", false),
        ("takahe", false),
        ("pleroma", false),
    ] {
        let (identity, credentials) =
            world.connect(instance, "ada").await.unwrap_or_else(|e| panic!("{instance}: {e:?}"));
        let found = &identity.accounts[0].account;
        assert!(found.handle.starts_with("@ada@"), "{instance}: {}", found.handle);
        assert_eq!(found.facts["keys_honoured"], keys, "{instance}: {}", found.facts);
        assert!(credentials.get("access").is_some());
    }
}

#[tokio::test]
async fn mastodon_a_host_that_is_none_is_refused_before_anybody_is_sent_there() {
    let world = World::new().await;
    let none = Credentials::default();
    let fields = |server: String| ConnectFields([("server".to_owned(), Secret::new(server))].into_iter().collect());
    let cx = || AuthCx(Cx::reading(&world.client, &none));
    let error = Mastodon.discover(&cx(), &fields(world.running.url())).await.expect_err("no such server");
    assert_eq!((error.code.as_str(), error.field), ("host_not_supported", "server"));
    let error = Mastodon.discover(&cx(), &fields("127.0.0.1".to_owned())).await.expect_err("private");
    assert_eq!(error.code.as_str(), "host_private");
}

#[tokio::test]
async fn mastodon_text_and_thread_in_order_with_their_settings() {
    let world = World::new().await;
    let ada = world.channel("mastodon").await;
    let settings = json!({"visibility": "unlisted", "content_warning": "birds", "language": "de"});
    let receipts = ada.publish(&variant(&["Grüße <alle> & https://example.com/a #eins", "zwei"], &settings)).await;
    let page = world.page("mastodon", "ada").await;
    let shown = statuses(&page);
    assert_eq!(shown.len(), 2, "{page}");
    assert_eq!(
        (&shown[0]["id"], &shown[1]["in_reply_to_id"]),
        (&json!(receipts[0].remote_id), &json!(receipts[0].remote_id))
    );
    assert_eq!(
        (&shown[0]["spoiler_text"], &shown[0]["visibility"], &shown[0]["language"]),
        (&json!("birds"), &json!("unlisted"), &json!("de"))
    );
    assert!(receipts[0].url.as_ref().expect("a link").starts_with(&world.origin("mastodon")));
}

#[tokio::test]
async fn mastodon_pictures_come_through_byte_for_byte_with_their_descriptions() {
    let mut world = World::new().await;
    let mut files = Files::default();
    let cat = files.add(png(7), picture(), "A grey cat");
    let dog = files.add(png(9), picture(), "A \"grey\" dog");
    world.client = world.client.clone().with_blobs(Arc::new(files.clone()));
    let ada = Channel { files, ..world.channel("mastodon").await };
    let part = PartContent { text: "two".to_owned(), media: vec![cat, dog], delay_s: 0 };
    ada.publish(&Variant { parts: vec![part], settings: serde_json::Map::new() }).await;
    let page = world.page("mastodon", "ada").await;
    let attached = statuses(&page)[0]["media_attachments"].as_array().expect("files").clone();
    let described: Vec<_> = attached.iter().map(|file| file["description"].as_str().unwrap_or_default()).collect();
    assert_eq!(described, ["A grey cat", "A \"grey\" dog"]);
    let request = Request::get(attached[0]["url"].as_str().expect("an address"));
    assert_eq!(world.client.exchange(&request, None).await.expect("the file").body, png(7));
}

#[tokio::test]
async fn mastodon_a_poll_stands_in_the_place_of_files() {
    let world = World::new().await;
    let ada = world.channel("mastodon").await;
    let poll = json!({"poll": {"options": ["tea", "coffee"], "expires_in": 3_600}});
    ada.publish(&variant(&["which?"], &poll)).await;
    let page = world.page("mastodon", "ada").await;
    let options = statuses(&page)[0]["poll"]["options"].as_array().expect("a poll").clone();
    assert_eq!(
        options.iter().map(|option| option["title"].as_str().unwrap_or_default()).collect::<Vec<_>>(),
        ["tea", "coffee"]
    );
}

#[tokio::test]
async fn mastodon_the_same_key_again_is_no_second_status_for_an_hour() {
    let world = World::new().await;
    let ada = world.channel("mastodon").await;
    let content = variant(&["once"], &json!({}));
    let part = part_input(&Files::default(), &content, 0, &[]);
    let state = ada.begin(&part);
    let effect = Mastodon.effect(&ada.account, &part, &state).expect("an effect");
    assert!(matches!(effect, Effect::Idempotent { honoured_for: Some(life), .. } if life.as_secs() == 3_600));
    let first = ada.finish(&part, state.clone()).await;
    world.minutes_pass(50);
    assert_eq!(ada.finish(&part, state).await.remote_id, first.remote_id);
    assert_eq!(statuses(&world.page("mastodon", "ada").await).len(), 1);
}

/// What a lookup knows of the intent.
fn question(bound: &[&str]) -> Question {
    let intent_at = "2026-11-23T12:00:00Z".parse().expect("a time");
    Question { intent_at, bound: bound.iter().map(|id| (*id).to_owned()).collect() }
}

#[tokio::test]
async fn mastodon_after_the_hour_the_accounts_own_list_tells_what_became_of_it() {
    let world = World::new().await;
    for instance in ["mastodon", "takahe"] {
        let ada = world.channel(instance).await;
        let content = variant(&["Is it there? <b> & https://example.com/some/long/path?a=1&b=2"], &json!({}));
        let part = part_input(&Files::default(), &content, 0, &[]);
        let state = ada.begin(&part);
        let ask = |bound: Vec<String>| {
            let bound: Vec<&str> = bound.iter().map(String::as_str).collect();
            let question = question(&bound);
            let (ada, part, state) = (&ada, &part, &state);
            async move {
                let cx = Cx::asking(ada.client, &ada.credentials, question);
                Mastodon.reconcile(&cx, &ada.account, part, state).await.expect("an answer")
            }
        };
        assert_eq!(ask(Vec::new()).await, Lookup::Absent, "{instance}");
        let receipt = ada.finish(&part, state.clone()).await;
        let Lookup::Found(Outcome::Done(found)) = ask(Vec::new()).await else { panic!("{instance}: not found") };
        assert_eq!(found.remote_id, receipt.remote_id);
        assert!(!matches!(ask(vec![receipt.remote_id.clone()]).await, Lookup::Found(_)), "it belongs to another part");
    }
}

/// A part with one picture on an instance, and the state in which its status is about to be posted.
async fn about_to_post<'a>(ada: &Channel<'a>, content: &Variant) -> (PartInput, MachineState) {
    let part = part_input(&ada.files, content, 0, &[]);
    let mut state = ada.begin(&part);
    assert!(ada.connector.brings_file(&state));
    while state.0["at"] != "post" {
        let (Outcome::Next(next) | Outcome::Wait { state: next, .. }) = ada.step(&part, &state).await.expect("a step")
        else {
            panic!("posted too early")
        };
        state = next;
    }
    assert!(!ada.connector.brings_file(&state));
    (part, state)
}

#[tokio::test]
async fn mastodon_an_attached_file_finds_its_status_whatever_the_program_says_of_files() {
    let mut world = World::new().await;
    let mut files = Files::default();
    let cat = files.add(png(1), picture(), "A cat");
    world.client = world.client.clone().with_blobs(Arc::new(files.clone()));
    for instance in ["mastodon", "pixelfed", "gotosocial", "friendica", "takahe", "pleroma"] {
        let ada = Channel { files: files.clone(), ..world.channel(instance).await };
        let parts = vec![PartContent { text: "look".to_owned(), media: vec![cat.clone()], delay_s: 0 }];
        let content = Variant { parts, settings: serde_json::Map::new() };
        let (part, state) = about_to_post(&ada, &content).await;
        let ask = async || {
            let cx = Cx::asking(ada.client, &ada.credentials, question(&[]));
            Mastodon.reconcile(&cx, &ada.account, &part, &state).await.expect("an answer")
        };
        assert_eq!(ask().await, Lookup::Absent, "{instance}: nothing was posted");
        let Outcome::Done(receipt) = ada.step(&part, &state).await.expect("posts") else { panic!("{instance}") };
        let found = ask().await;
        let Lookup::Found(Outcome::Done(again)) = found else { panic!("{instance}: it is out, and {found:?}") };
        assert_eq!(again.remote_id, receipt.remote_id, "{instance}");
    }
}

#[tokio::test]
async fn mastodon_a_live_status_is_changed_and_deleted() {
    let world = World::new().await;
    let ada = world.channel("mastodon").await;
    let receipt = ada.publish(&variant(&["helo"], &json!({}))).await.remove(0);
    let mut plan = PlanCx::new(world.ticks.now(), &world.ticks);
    let content = variant(&["hello"], &json!({}));
    let corrected = part_input(&Files::default(), &content, 0, &[]);
    let change = Change::Edit(Box::new(corrected.clone()));
    let begun = Mastodon.begin_change(&mut plan, &ada.account, &receipt, &change).expect("offered").expect("begun");
    assert_eq!(ada.finish(&corrected, begun).await.remote_id, receipt.remote_id);
    let page = world.page("mastodon", "ada").await;
    assert!(statuses(&page)[0]["content"].as_str().expect("HTML").contains("hello"), "{page}");
    let begun =
        Mastodon.begin_change(&mut plan, &ada.account, &receipt, &Change::Delete).expect("offered").expect("begun");
    ada.finish(&PartInput::default(), begun.clone()).await;
    assert!(statuses(&world.page("mastodon", "ada").await).is_empty());
    ada.finish(&PartInput::default(), begun).await;
}

#[tokio::test]
async fn mastodon_a_revoked_token_says_so() {
    let world = World::new().await;
    let ada = world.channel("mastodon").await;
    world.control("/_instances/mastodon/residents/ada/revoke", &json!({})).await;
    let content = variant(&["too late"], &json!({}));
    let part = part_input(&Files::default(), &content, 0, &[]);
    let error = ada.step(&part, &ada.begin(&part)).await.expect_err("revoked");
    assert_eq!(error.failure, Failure::Reauth, "{error:?}");
}
