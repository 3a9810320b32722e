//! Threads, from consenting to the public page, against the sandbox over HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use axum::extract::{Path, State};
use jiff::{SignedDuration, Timestamp};
use postrider_connector::auth::oauth::{Client as App, Driver, Identity, OAuth as _, Server, Tokens};
use postrider_connector::auth::{AuthCx, ConnectError, ConnectFields};
use postrider_connector::client::Client;
use postrider_connector::cx::{Links, Question};
use postrider_connector::guard::OpenHosts;
use postrider_connector::testkit::{Files, Ticks, part_input};
use postrider_connector::{
    Account, Change, Connector as _, ConnectorError, Credentials, Cx, Failure, Lookup, MachineState, MediaInput,
    Outcome, PartInput, PlanCx, Receipt, Request, Subject, Transport as _,
};
use postrider_connectors::threads::Threads;
use postrider_domain::Code;
use postrider_domain::content::{MediaRef, PartContent, Variant};
use postrider_domain::media::{MediaFacts, MediaKind, Mime};
use postrider_domain::secret::Secret;
use postrider_sandbox::{Options, Running, Sandbox, seed};
use serde_json::{Value, json};

use crate::channel::{Channel, variant};
use crate::consent::consent;
use crate::film;
use crate::mastodon::png_of;

const REDIRECT: &str = "https://postrider.example/connect/callback/threads";

/// Files that anybody may fetch, by name.
#[derive(Debug, Default, Clone)]
pub(crate) struct Shelf {
    pub(crate) origin: String,
    pub(crate) gone: Arc<AtomicBool>,
}

impl Links for Shelf {
    fn address(&self, file: &MediaInput, _: Timestamp) -> Option<String> {
        let name = if self.gone.load(Ordering::Relaxed) { "gone".to_owned() } else { file.id.to_string() };
        Some(format!("{}/{name}.{}", self.origin, file.mime.extension()))
    }
}

struct World {
    running: Running,
    client: Client,
    ticks: Ticks,
    ahead: Arc<AtomicI64>,
    threads: Threads,
    shelf: Shelf,
    files: Files,
    used: BTreeMap<&'static str, MediaRef>,
}

pub(crate) fn facts(kind: MediaKind, mime: Mime, width: u32, height: u32) -> MediaFacts {
    let (duration_ms, codec) = match kind {
        MediaKind::Video => (Some(10_000), Some("avc1".to_owned())),
        _ => (None, None),
    };
    MediaFacts { kind, mime, bytes: 0, width, height, duration_ms, fps: None, codec, audio: false }
}

/// Serves files by their id.
#[expect(clippy::disallowed_methods, reason = "this is the world around the product")]
pub(crate) async fn shelve(served: BTreeMap<String, Vec<u8>>) -> String {
    async fn get(
        State(files): State<Arc<BTreeMap<String, Vec<u8>>>>,
        Path(name): Path<String>,
    ) -> Result<Vec<u8>, u16> {
        files.get(&name).cloned().ok_or(404).map_err(|_: u16| 404)
    }
    let router = axum::Router::new()
        .route(
            "/{name}",
            axum::routing::get(|state, path| async {
                get(state, path).await.map_err(|_| axum::http::StatusCode::NOT_FOUND)
            }),
        )
        .with_state(Arc::new(served));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async { axum::serve(listener, router).await });
    origin
}

impl World {
    async fn new() -> Self {
        let noon: Timestamp = "2026-11-23T12:00:30Z".parse().expect("a time");
        let ahead = Arc::new(AtomicI64::new(0));
        let offset = Arc::clone(&ahead);
        let clock = move || noon + SignedDuration::from_secs(offset.load(Ordering::Relaxed));
        let sandbox = Sandbox::new(Options::new(Arc::new(clock), 7));
        sandbox.allow_threads_redirect(REDIRECT);
        let running = sandbox.serve("127.0.0.1:0").await.expect("a free port");
        let open = OpenHosts::new(running.addresses().map(|addr| addr.to_string()));
        let client = Client::new(open, "Postrider/test").expect("a client");
        let threads = Threads::at(&running.instance("threads").expect("the network")).expect("an address");
        let mut files = Files::default();
        let (mut used, mut served) = (BTreeMap::new(), BTreeMap::new());
        for (name, facts, bytes) in [
            ("cat", facts(MediaKind::Image, Mime::Png, 640, 480), png_of(640, 480, 7)),
            ("dog", facts(MediaKind::Image, Mime::Png, 480, 640), png_of(480, 640, 9)),
            ("film", facts(MediaKind::Video, Mime::Mp4, 720, 1_280), film::Film::default().bytes()),
        ] {
            let file = files.add(bytes.clone(), facts.clone(), name);
            served.insert(format!("{}.{}", file.id, facts.mime.extension()), bytes);
            used.insert(name, file);
        }
        let shelf = Shelf { origin: shelve(served).await, gone: Arc::default() };
        Self { running, client, ticks: Ticks::default(), ahead, threads, shelf, files, used }
    }

    async fn control(&self, path: &str, body: &Value) -> Value {
        let request = Request::post_json(format!("{}{path}", self.running.url()), body);
        let response = self.client.exchange(&request, None).await.expect("an answer");
        assert!(response.is_success(), "{path}: {}", String::from_utf8_lossy(&response.body));
        response.json().unwrap_or_default()
    }

    /// What is public on an account's page, oldest first.
    async fn page(&self, name: &str) -> Vec<Value> {
        let request = Request::get(format!("{}/threads/{name}.json", self.running.url()));
        let page: Value = self.client.exchange(&request, None).await.expect("an answer").json().expect("JSON");
        let mut posts = page["posts"].as_array().unwrap_or_else(|| panic!("{page}")).clone();
        posts.sort_by_key(|post| post["id"].to_string());
        posts
    }

    async fn server(&self) -> Server {
        let none = Credentials::default();
        let cx = AuthCx(Cx::reading(&self.client, &none));
        self.threads.discover(&cx, &ConnectFields::default()).await.expect("there is one")
    }

    /// Consents as `name` and exchanges the code, as the driver does.
    async fn connect(&self, name: &str, also: &str) -> Result<(Identity, Tokens, Vec<String>), ConnectError> {
        let (server, app) = (
            self.server().await,
            App { id: seed::THREADS_APP_ID.to_owned(), secret: Secret::new(seed::THREADS_APP_SECRET) },
        );
        let form = format!("account={name}&decision=allow{also}");
        consent(&self.client, &self.threads, (&server, &app, REDIRECT), &form).await
    }

    async fn channel(&self, name: &str) -> Channel<'_> {
        let (identity, tokens, _) = self.connect(name, "").await.expect("connected");
        let found = identity.accounts.into_iter().next().expect("an account").account;
        let account = Account {
            host: self.server().await.host,
            remote_id: found.remote_id,
            handle: found.handle,
            facts: found.facts,
        };
        let (client, ticks, files) = (&self.client, &self.ticks, self.files.clone());
        Channel { client, ticks, connector: &self.threads, account, credentials: tokens.credentials(), files }
    }

    fn seconds_pass(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    fn begin(&self, ada: &Channel<'_>, part: &PartInput) -> MachineState {
        let mut plan = PlanCx::new(self.ticks.now(), &self.ticks).with_links(&self.shelf);
        self.threads.begin(&mut plan, &ada.account, part).expect("begun")
    }

    /// Goes on until `enough`, or the part is out, or refused; waits as long as it is told to.
    async fn drive(
        &self,
        ada: &Channel<'_>,
        part: &PartInput,
        mut state: MachineState,
        enough: &str,
    ) -> Result<Result<Receipt, MachineState>, ConnectorError> {
        for _ in 0..60 {
            if state.0["at"] == enough {
                return Ok(Err(state));
            }
            match ada.step(part, &state).await? {
                Outcome::Done(receipt) => return Ok(Ok(receipt)),
                Outcome::Next(next) => state = next,
                Outcome::Wait { state: next, after } => {
                    // Files arrive in real time; everything else is the sandbox's clock.
                    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
                    self.seconds_pass(i64::try_from(after.as_secs()).expect("seconds"));
                    state = next;
                }
            }
        }
        panic!("it goes round in circles: {state:?}")
    }

    async fn publish(&self, ada: &Channel<'_>, variant: &Variant) -> Vec<Receipt> {
        let shelf = postrider_connector::Shelf { served_at: Some(self.shelf.origin.clone()), ..self.files.shelf() };
        let subject = Subject { variant, account: &ada.account, shelf: &shelf };
        assert_eq!(self.threads.check(&subject), []);
        let mut receipts = Vec::new();
        for index in 0..variant.parts.len() {
            let part = part_input(&self.files, variant, index, &receipts);
            let begun = self.begin(ada, &part);
            receipts.push(self.drive(ada, &part, begun, "").await.expect("a step").expect("out"));
        }
        receipts
    }

    fn with_files(&self, text: &str, names: &[&str]) -> Variant {
        let media = names.iter().map(|name| self.used[name].clone()).collect();
        Variant { parts: vec![PartContent { text: text.to_owned(), media, delay_s: 0 }], settings: Default::default() }
    }

    async fn lookup(
        &self,
        ada: &Channel<'_>,
        part: &PartInput,
        state: &MachineState,
    ) -> Result<Lookup, ConnectorError> {
        let intent_at = "2026-11-23T12:00:00Z".parse().expect("a time");
        let question = Question { intent_at, bound: Default::default() };
        let cx = Cx::asking(ada.client, &ada.credentials, question);
        self.threads.reconcile(&cx, &ada.account, part, state).await
    }
}

#[tokio::test]
async fn threads_is_connected_with_a_token_of_sixty_days_that_renews_itself() {
    let world = World::new().await;
    let (identity, tokens, granted) = world.connect("ada", "").await.expect("connected");
    assert_eq!(tokens.lives_s, Some(5_184_000));
    let account = &identity.accounts[0].account;
    assert_eq!((account.handle.as_str(), &account.remote_id), ("@ada", &identity.person_id));
    let server = world.server().await;
    assert!(server.scopes.iter().all(|scope| granted.contains(scope)), "{granted:?}");
    let app = App { id: seed::THREADS_APP_ID.to_owned(), secret: Secret::new(seed::THREADS_APP_SECRET) };
    let driver = Driver { transport: &world.client, server: &server, client: &app };
    let young = driver.refresh(&tokens.credentials()).await.expect_err("younger than a day");
    assert_ne!(young.failure, Failure::Reauth, "{young}");
    world.seconds_pass(30 * 86_400);
    let fresh = driver.refresh(&tokens.credentials()).await.expect("renewed");
    assert_eq!(fresh.lives_s, Some(5_184_000));
    world.control("/_threads/people/ada/revoke", &json!({})).await;
    let gone = driver.refresh(&fresh.credentials).await.expect_err("the app was removed");
    assert_eq!(gone.failure, Failure::Reauth, "{gone}");
}

#[tokio::test]
async fn threads_says_which_permissions_a_person_left_out() {
    let world = World::new().await;
    let only = "&choose=on&grant=threads_basic&grant=threads_content_publish";
    let (_, _, granted) = world.connect("ada", only).await.expect("connected");
    assert_eq!(granted, ["threads_basic", "threads_content_publish"]);
}

#[tokio::test]
async fn threads_a_wrong_secret_is_told_from_a_wrong_code() {
    let world = World::new().await;
    let server = world.server().await;
    for (secret, code) in
        [("0".repeat(32), Code::OauthClientRefused), (seed::THREADS_APP_SECRET.to_owned(), Code::OauthCodeRefused)]
    {
        let app = App { id: seed::THREADS_APP_ID.to_owned(), secret: Secret::new(secret) };
        let driver = Driver { transport: &world.client, server: &server, client: &app };
        let error = driver.exchange("nobody-gave-it", &Secret::new("v"), REDIRECT).await.expect_err("refused");
        assert_eq!(error.code, code, "{error:?}");
        let probe = driver.probe(REDIRECT).await;
        let accepted = matches!(probe, postrider_connector::auth::oauth::Probe::Accepted);
        assert_eq!(accepted, code == Code::OauthCodeRefused, "{probe:?}");
    }
}

#[tokio::test]
async fn threads_text_and_thread_in_order_with_their_settings() {
    let world = World::new().await;
    let ada = world.channel("ada").await;
    let settings = json!({"reply_control": "followers_only", "topic": "Zürich"});
    let content = variant(&["Grüße & <alle>: https://example.com/a #eins 👩‍🚀", "zwei", "drei"], &settings);
    let written = content.parts[0].text.as_str();
    let receipts = world.publish(&ada, &content).await;
    let shown = world.page("ada").await;
    assert_eq!(shown.len(), 3, "{shown:?}");
    assert_eq!(shown[0]["text"], written);
    let content = &shown[0]["content"];
    assert_eq!((&content["topic_tag"], &content["reply_control"]), (&json!("Zürich"), &json!("followers_only")));
    let url = receipts[0].url.as_deref().expect("an address");
    assert!(url.contains("/@ada/post/"), "{url}");
    let parents: Vec<&str> = shown[1..].iter().filter_map(|post| post["content"]["reply_to_id"].as_str()).collect();
    assert_eq!(parents, [receipts[0].remote_id.as_str(), receipts[1].remote_id.as_str()]);
}

#[tokio::test]
async fn threads_fetches_pictures_and_films_and_shows_them_in_order() {
    let world = World::new().await;
    let ada = world.channel("ada").await;
    for (names, kind) in [(&["cat"][..], "IMAGE"), (&["film"], "VIDEO"), (&["dog", "film", "cat"], "CAROUSEL")] {
        world.publish(&ada, &world.with_files(&format!("{names:?}"), names)).await;
        let shown = world.page("ada").await;
        let last = shown.last().expect("a post");
        assert_eq!(last["content"]["media_type"], kind, "{last}");
        let shown: Vec<&str> =
            last["files"].as_array().expect("files").iter().filter_map(|file| file["alt_text"].as_str()).collect();
        assert_eq!(shown, names, "in their order, with what they show");
    }
}

#[tokio::test]
async fn threads_a_poll_and_a_card_stand_in_the_place_of_files() {
    let world = World::new().await;
    let ada = world.channel("ada").await;
    world.publish(&ada, &variant(&["which?"], &json!({"poll": ["tea", "coffee"]}))).await;
    world.publish(&ada, &variant(&["look"], &json!({"link": "https://example.com/shop?a=1&b=2"}))).await;
    let shown = world.page("ada").await;
    assert_eq!(shown[0]["content"]["poll"], json!(["tea", "coffee"]), "{}", shown[0]);
    assert_eq!(shown[1]["content"]["link_attachment"], "https://example.com/shop?a=1&b=2", "{}", shown[1]);
}

#[tokio::test]
async fn threads_a_post_of_the_account_is_quoted_by_its_link_and_any_by_its_id() {
    let world = World::new().await;
    let (ada, bob) = (world.channel("ada").await, world.channel("bakery").await);
    let first = world.publish(&ada, &variant(&["the first"], &json!({}))).await.remove(0);
    world.publish(&ada, &variant(&["another"], &json!({}))).await;
    let quote = json!({"quote": first.url.as_deref().expect("a link")});
    world.publish(&ada, &variant(&["look again", "and below"], &quote)).await;
    let shown = world.page("ada").await;
    assert_eq!(shown[2]["content"]["quote_post_id"], json!(first.remote_id), "{shown:#?}");
    assert_eq!(shown[3]["content"]["quote_post_id"], Value::Null, "the first part alone quotes");
    world.publish(&bob, &variant(&["look"], &json!({"quote": first.remote_id}))).await;
    assert_eq!(world.page("bakery").await[0]["content"]["quote_post_id"], json!(first.remote_id));

    let parts = world.publish(&ada, &variant(&["one", "two"], &json!({}))).await;
    world.publish(&ada, &variant(&["see the second"], &json!({"quote": parts[1].url}))).await;
    assert_eq!(world.page("ada").await[6]["content"]["quote_post_id"], json!(parts[1].remote_id));

    let gone = json!({"quote": "https://www.threads.com/@ada/post/DCkkKl_OGb1"});
    let part = part_input(&world.files, &variant(&["look"], &gone), 0, &[]);
    let error = world.drive(&ada, &part, world.begin(&ada, &part), "").await.expect_err("it is not there");
    let expected = Failure::Rejected { code: Code::QuoteNotFound, field: "/settings/quote".to_owned() };
    assert_eq!(error.failure, expected, "{error}");
}

#[tokio::test]
async fn threads_a_file_out_of_reach_is_tried_again_and_a_bad_one_refused() {
    let world = World::new().await;
    world.shelf.gone.store(true, Ordering::Relaxed);
    let ada = world.channel("ada").await;
    let part = part_input(&world.files, &world.with_files("a cat", &["cat"]), 0, &[]);
    let begun = world.begin(&ada, &part);
    let error = world.drive(&ada, &part, begun, "").await.expect_err("it cannot be fetched");
    assert_eq!(error.failure, Failure::Transient, "{error}");
    world.shelf.gone.store(false, Ordering::Relaxed);
    world.control("/_threads", &json!({"fail_with": "INVALID_FRAME_RATE"})).await;
    world.control("/_faults", &json!({"match": "POST /v1.0/me/threads", "kind": "fail_processing"})).await;
    let part = part_input(&world.files, &world.with_files("a film", &["film"]), 0, &[]);
    let begun = world.begin(&ada, &part);
    let error = world.drive(&ada, &part, begun, "").await.expect_err("it is not taken");
    let refused = Failure::Rejected { code: Code::PlatformRefused, field: "/media".to_owned() };
    assert_eq!((error.failure, error.words.as_deref()), (refused, Some("INVALID_FRAME_RATE")));
    assert!(world.page("ada").await.is_empty());
}

#[tokio::test]
async fn threads_asks_the_container_what_became_of_it() {
    let world = World::new().await;
    let ada = world.channel("ada").await;
    let parts = part_input(&world.files, &world.with_files("Is it there?", &["cat"]), 0, &[]);
    let begun = world.begin(&ada, &parts);
    let state = world.drive(&ada, &parts, begun, "publish").await.expect("a step").expect_err("not yet");
    assert_eq!(world.lookup(&ada, &parts, &state).await, Ok(Lookup::Absent), "it is still FINISHED");
    let receipt = world.drive(&ada, &parts, state.clone(), "").await.expect("a step").expect("out");
    let Ok(Lookup::Found(Outcome::Done(found))) = world.lookup(&ada, &parts, &state).await else {
        panic!("{:?}", world.lookup(&ada, &parts, &state).await)
    };
    assert_eq!((&found.remote_id, &found.url), (&receipt.remote_id, &receipt.url));
    assert_eq!(world.page("ada").await.len(), 1);
}

#[tokio::test]
async fn threads_a_container_that_is_out_although_it_was_not_found_is_not_made_again() {
    let world = World::new().await;
    let ada = world.channel("ada").await;
    let part = part_input(&world.files, &variant(&["once"], &json!({})), 0, &[]);
    let begun = world.begin(&ada, &part);
    let state = world.drive(&ada, &part, begun, "publish").await.expect("a step").expect_err("not yet");
    let container = state.0.clone();
    let receipt = world.drive(&ada, &part, state.clone(), "").await.expect("a step").expect("out");
    // The answer was lost, and every other try hears that there is no such container.
    let error = world.drive(&ada, &part, state, "").await.expect_err("nothing is sent any more");
    assert_eq!(error.failure, Failure::Ambiguous, "{error}");
    // Which is asked in the state that knows that it is out, also much later.
    let out = json!({"v": 1, "at": "publish", "tries": 0, "out": true, "container": container["container"],
        "job": container["job"]});
    world.seconds_pass(3_600);
    let Ok(Lookup::Found(Outcome::Done(again))) = world.lookup(&ada, &part, &MachineState(out)).await else {
        panic!("it is out")
    };
    assert_eq!(again.remote_id, receipt.remote_id);
    assert_eq!(world.page("ada").await.len(), 1, "one post");
}

#[tokio::test]
async fn threads_a_container_that_expired_is_made_again() {
    let world = World::new().await;
    let ada = world.channel("ada").await;
    let part = part_input(&world.files, &variant(&["late"], &json!({})), 0, &[]);
    let begun = world.begin(&ada, &part);
    let state = world.drive(&ada, &part, begun, "publish").await.expect("a step").expect_err("not yet");
    world.seconds_pass(25 * 3_600);
    let Ok(Lookup::Found(Outcome::Next(next))) = world.lookup(&ada, &part, &state).await else { panic!("not told") };
    world.drive(&ada, &part, next, "").await.expect("a step").expect("out");
    assert_eq!(world.page("ada").await.len(), 1);
}

#[tokio::test]
async fn threads_a_deletion_may_be_repeated() {
    let world = World::new().await;
    let ada = world.channel("ada").await;
    let receipt = world.publish(&ada, &variant(&["away with it"], &json!({}))).await.remove(0);
    let mut plan = PlanCx::new(world.ticks.now(), &world.ticks);
    let begun = world.threads.begin_change(&mut plan, &ada.account, &receipt, &Change::Delete);
    let state = begun.expect("offered").expect("begun");
    for _ in 0..2 {
        let outcome = ada.step(&PartInput::default(), &state).await.expect("deleted");
        assert_eq!(outcome, Outcome::Done(receipt.clone()));
    }
    assert!(world.page("ada").await.is_empty());
    let pasted = Receipt { remote_id: "DCkkKl_OGb1".to_owned(), ..receipt };
    let begun = world.threads.begin_change(&mut plan, &ada.account, &pasted, &Change::Delete).expect("answered");
    let error = begun.expect_err("its id is not known");
    assert!(matches!(error.failure, Failure::Rejected { code: Code::ChangeUnsupported, .. }));
}
