//! Facebook Pages, from consenting to the public page, against the sandbox over HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use postrider_connector::auth::oauth::{Client as App, Driver, Identity, OAuth as _, Probe, Server, Tokens};
use postrider_connector::auth::{AuthCx, ConnectError, ConnectFields};
use postrider_connector::client::Client;
use postrider_connector::cx::Question;
use postrider_connector::guard::OpenHosts;
use postrider_connector::testkit::{Files, Ticks, part_input};
use postrider_connector::{
    Account, Change, Connector as _, ConnectorError, Credentials, Cx, Failure, Lookup, MachineState, Outcome,
    PartInput, PlanCx, Receipt, Request, Subject, Transport as _,
};
use postrider_connectors::facebook::Facebook;
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

const REDIRECT: &str = "https://postrider.example/connect/callback/facebook";

const BAKERY: &str = "104857600000001";
const MARKET: &str = "104857600000002";

struct World {
    running: Running,
    client: Client,
    ticks: Ticks,
    ahead: Arc<AtomicI64>,
    facebook: Facebook,
    files: Files,
    used: BTreeMap<&'static str, MediaRef>,
}

fn facts(kind: MediaKind, mime: Mime, (width, height): (u32, u32)) -> MediaFacts {
    let (duration_ms, codec) = match kind {
        MediaKind::Video => (Some(10_000), Some("avc1".to_owned())),
        _ => (None, None),
    };
    MediaFacts { kind, mime, bytes: 0, width, height, duration_ms, fps: None, codec, audio: false }
}

impl World {
    async fn new() -> Self {
        let noon: Timestamp = "2026-11-23T12:00:30Z".parse().expect("a time");
        let ahead = Arc::new(AtomicI64::new(0));
        let offset = Arc::clone(&ahead);
        let clock = move || noon + SignedDuration::from_secs(offset.load(Ordering::Relaxed));
        let sandbox = Sandbox::new(Options::new(Arc::new(clock), 7));
        sandbox.allow_facebook_redirect(REDIRECT);
        let running = sandbox.serve("127.0.0.1:0").await.expect("a free port");
        let mut files = Files::default();
        let upright = film::Film::default().bytes();
        let wide = film::Film { width: 1_280, height: 720, ..film::Film::default() }.bytes();
        let mut used = BTreeMap::new();
        for (name, facts, bytes) in [
            ("cat", facts(MediaKind::Image, Mime::Png, (640, 480)), png_of(640, 480, 7)),
            ("dog", facts(MediaKind::Image, Mime::Png, (480, 640)), png_of(480, 640, 9)),
            ("upright", facts(MediaKind::Video, Mime::Mp4, (720, 1_280)), upright),
            ("wide", facts(MediaKind::Video, Mime::Mp4, (1_280, 720)), wide),
        ] {
            used.insert(name, files.add(bytes, facts, name));
        }
        let open = OpenHosts::new(running.addresses().map(|addr| addr.to_string()));
        let client = Client::new(open, "Postrider/test").expect("a client").with_blobs(Arc::new(files.clone()));
        let facebook = Facebook::at(&running.instance("facebook").expect("the network")).expect("an address");
        Self { running, client, ticks: Ticks::default(), ahead, facebook, files, used }
    }

    async fn control(&self, path: &str, body: &Value) -> Value {
        let request = Request::post_json(format!("{}{path}", self.running.url()), body);
        let response = self.client.exchange(&request, None).await.expect("an answer");
        assert!(response.is_success(), "{path}: {}", String::from_utf8_lossy(&response.body));
        response.json().unwrap_or_default()
    }

    /// What is public of a Page, as the ledger has it, oldest first: what was created and not deleted.
    async fn shown(&self) -> Vec<Value> {
        let request = Request::get(format!("{}/_visible", self.running.url()));
        let all: Value = self.client.exchange(&request, None).await.expect("an answer").json().expect("JSON");
        let mut shown: Vec<Value> = Vec::new();
        for entry in all["visible"].as_array().expect("a list") {
            match entry["action"].as_str() {
                Some("create") => shown.push(entry.clone()),
                Some("update") => {
                    let known = shown.iter_mut().find(|one| one["id"] == entry["id"]).expect("it is there");
                    *known = entry.clone();
                }
                _ => shown.retain(|one| one["id"] != entry["id"]),
            }
        }
        shown
    }

    async fn server(&self) -> Server {
        let none = Credentials::default();
        let cx = AuthCx(Cx::reading(&self.client, &none));
        self.facebook.discover(&cx, &ConnectFields::default()).await.expect("there is one")
    }

    fn app() -> App {
        App { id: seed::FACEBOOK_APP_ID.to_owned(), secret: Secret::new(seed::FACEBOOK_APP_SECRET) }
    }

    /// Consents as `name` and exchanges the code, as the driver does.
    async fn connect(&self, name: &str, also: &str) -> Result<(Identity, Tokens, Vec<String>), ConnectError> {
        let (server, app) = (self.server().await, Self::app());
        let form = format!("account={name}&decision=allow{also}");
        consent(&self.client, &self.facebook, (&server, &app, REDIRECT), &form).await
    }

    /// Ada's Page, with the token that a delivery gets: the Page's own.
    async fn channel(&self, page: &str) -> Channel<'_> {
        let (identity, _, _) = self.connect("ada", "").await.expect("connected");
        let found = identity.accounts.into_iter().find(|found| found.account.remote_id == page).expect("the Page");
        let mut credentials = Credentials::default();
        credentials.set_of_account(page, found.token);
        let account = Account {
            host: self.server().await.host,
            remote_id: found.account.remote_id,
            handle: found.account.handle,
            facts: found.account.facts,
        };
        let (client, ticks, files) = (&self.client, &self.ticks, self.files.clone());
        let credentials = credentials.for_account(page);
        Channel { client, ticks, connector: &self.facebook, account, credentials, files }
    }

    fn seconds_pass(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Goes on until `enough`, or the part is out, or refused; waits as long as it is told to.
    async fn drive(
        &self,
        page: &Channel<'_>,
        part: &PartInput,
        mut state: MachineState,
        enough: &str,
    ) -> Result<Result<Receipt, MachineState>, ConnectorError> {
        for _ in 0..60 {
            if state.0["at"] == enough {
                return Ok(Err(state));
            }
            match page.step(part, &state).await? {
                Outcome::Done(receipt) => return Ok(Ok(receipt)),
                Outcome::Next(next) => state = next,
                Outcome::Wait { state: next, after } => {
                    self.seconds_pass(i64::try_from(after.as_secs()).expect("seconds"));
                    state = next;
                }
            }
        }
        panic!("it goes round in circles: {state:?}")
    }

    async fn publish(&self, page: &Channel<'_>, variant: &Variant) -> Vec<Receipt> {
        let shelf = self.files.shelf();
        let issues = self.facebook.check(&Subject { variant, account: &page.account, shelf: &shelf });
        assert_eq!(issues.iter().filter(|issue| issue.code != Code::AltMissing).collect::<Vec<_>>(), Vec::<&_>::new());
        let mut receipts = Vec::new();
        for index in 0..variant.parts.len() {
            let part = part_input(&self.files, variant, index, &receipts);
            let begun = page.begin(&part);
            receipts.push(self.drive(page, &part, begun, "").await.expect("a step").expect("out"));
        }
        receipts
    }

    fn with_files(&self, text: &str, names: &[&str], settings: &Value) -> Variant {
        let media = names.iter().map(|name| self.used[name].clone()).collect();
        let mut variant = variant(&[text], settings);
        variant.parts = vec![PartContent { text: text.to_owned(), media, delay_s: 0 }];
        variant
    }

    async fn lookup(
        &self,
        page: &Channel<'_>,
        part: &PartInput,
        state: &MachineState,
    ) -> Result<Lookup, ConnectorError> {
        let intent_at = "2026-11-23T12:00:00Z".parse().expect("a time");
        let question = Question { intent_at, bound: Default::default() };
        let cx = Cx::asking(page.client, &page.credentials, question);
        self.facebook.reconcile(&cx, &page.account, part, state).await
    }
}

#[tokio::test]
async fn facebook_finds_pages_and_those_of_portfolios_each_with_its_own_token() {
    let world = World::new().await;
    let (identity, _, granted) = world.connect("ada", "").await.expect("connected");
    assert!(world.server().await.scopes.iter().all(|scope| granted.contains(scope)), "{granted:?}");
    let found: Vec<_> = identity.accounts.iter().map(|one| (one.account.handle.as_str(), one.refused)).collect();
    let role = Some(Code::PageRoleMissing);
    let expected = [
        ("@harbourbakery", None),
        ("@quaystreetmarket", None),
        ("@okonkwophoto", None),
        ("@galwaytowncouncil", role),
        ("@lighthousecafe", None),
        ("@aranferries", None),
    ];
    assert_eq!(found, expected);
    let tokens: std::collections::BTreeSet<&str> =
        identity.accounts.iter().map(|one| one.token.expose()).filter(|token| !token.is_empty()).collect();
    assert_eq!(tokens.len(), identity.accounts.len(), "each has its own");
    // Without the permission for portfolios, their Pages are not asked for.
    let only = "&choose=on&grant=pages_show_list&grant=pages_read_engagement&grant=pages_manage_posts\
                &page=104857600000001&page=104857600000002";
    let (identity, _, granted) = world.connect("ada", only).await.expect("connected");
    assert!(!granted.iter().any(|scope| scope == "business_management"), "{granted:?}");
    let ids: Vec<&str> = identity.accounts.iter().map(|one| one.account.remote_id.as_str()).collect();
    assert_eq!(ids, [BAKERY, MARKET], "those that were chosen there");
}

#[tokio::test]
async fn facebook_a_wrong_secret_is_told_from_a_wrong_code() {
    let world = World::new().await;
    let server = world.server().await;
    for (secret, code) in
        [("0".repeat(32), Code::OauthClientRefused), (seed::FACEBOOK_APP_SECRET.to_owned(), Code::OauthCodeRefused)]
    {
        let app = App { secret: Secret::new(secret), ..World::app() };
        let driver = Driver { transport: &world.client, server: &server, client: &app };
        let error = driver.exchange("nobody-gave-it", &Secret::new("v"), REDIRECT).await.expect_err("refused");
        assert_eq!(error.code, code, "{error:?}");
        let probe = driver.probe(REDIRECT).await;
        assert_eq!(matches!(probe, Probe::Accepted), code == Code::OauthCodeRefused, "{probe:?}");
    }
}

#[tokio::test]
async fn facebook_text_link_and_place_and_comments_below() {
    let world = World::new().await;
    let bakery = world.channel(BAKERY).await;
    let rich = "Grüße & <alle>: https://example.com/a #eins 👩‍🚀";
    let receipts = world.publish(&bakery, &variant(&[rich, "the first comment", "zwei"], &json!({}))).await;
    world.publish(&bakery, &variant(&["look"], &json!({"link": "https://example.com/shop?a=1&b=2"}))).await;
    let shown = world.shown().await;
    let texts: Vec<&str> = shown.iter().filter_map(|one| one["text"].as_str()).collect();
    assert_eq!(texts, [rich, "the first comment", "zwei", "look"], "{shown:?}");
    let ids: Vec<&str> = shown.iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids[..3], receipts.iter().map(|receipt| receipt.remote_id.as_str()).collect::<Vec<_>>());
    let url = receipts[0].url.as_deref().expect("an address");
    assert!(url.contains("/posts/"), "{url}");
}

#[tokio::test]
async fn facebook_pictures_stand_in_one_post_with_their_descriptions() {
    let world = World::new().await;
    let bakery = world.channel(BAKERY).await;
    for names in [&["cat"][..], &["dog", "cat"]] {
        world.publish(&bakery, &world.with_files(&format!("{names:?}"), names, &json!({}))).await;
        let shown = world.shown().await;
        let last = shown.last().expect("a post");
        assert_eq!(last["text"], format!("{names:?}"), "{last}");
        assert!(last.to_string().contains(names[0]), "{last}");
    }
    assert_eq!(world.shown().await.len(), 2, "a picture is not a post of its own");
}

#[tokio::test]
async fn facebook_films_go_out_wide_upright_and_as_a_story() {
    let world = World::new().await;
    let bakery = world.channel(BAKERY).await;
    let wide = world.publish(&bakery, &world.with_files("wide", &["wide"], &json!({}))).await.remove(0);
    assert!(wide.url.as_deref().is_some_and(|url| url.contains("/videos/")), "{wide:?}");
    let reel = world.publish(&bakery, &world.with_files("upright", &["upright"], &json!({}))).await.remove(0);
    assert!(reel.url.as_deref().is_some_and(|url| url.contains("/reel/")), "{reel:?}");
    let story = json!({"format": "story"});
    for name in ["upright", "dog"] {
        let story = world.publish(&bakery, &world.with_files("", &[name], &story)).await.remove(0);
        assert!(story.url.as_deref().is_some_and(|url| url.contains("/stories/")), "{story:?}");
    }
    assert_eq!(world.shown().await.len(), 4);
}

#[tokio::test]
async fn facebook_a_film_goes_in_as_many_pieces_as_it_is_asked_for() {
    let world = World::new().await;
    world.control("/_facebook", &json!({"chunk_bytes": 200})).await;
    let bakery = world.channel(BAKERY).await;
    let part = part_input(&world.files, &world.with_files("wide", &["wide"], &json!({})), 0, &[]);
    let mut state = bakery.begin(&part);
    let mut pieces = 0;
    while state.0["at"] != "finish" {
        pieces += u32::from(state.0["at"] == "chunk");
        let Outcome::Next(next) = bakery.step(&part, &state).await.expect("a step") else { panic!("it waits") };
        state = next;
    }
    assert!(pieces > 2, "{pieces}");
    world.drive(&bakery, &part, state, "").await.expect("a step").expect("out");
}

#[tokio::test]
async fn facebook_settles_each_lost_answer_by_what_it_kept() {
    let world = World::new().await;
    let bakery = world.channel(BAKERY).await;
    for (names, settings, visible) in [
        (&[][..], json!({}), "feed"),
        (&["cat", "dog"], json!({}), "feed"),
        (&["wide"], json!({}), "finish"),
        (&["upright"], json!({}), "finish"),
        (&["dog"], json!({"format": "story"}), "photo_story"),
        (&["upright"], json!({"format": "story"}), "finish"),
    ] {
        let before = world.shown().await.len();
        let text = if settings["format"] == "story" { "" } else { visible };
        let text = format!("{text}{}", if text.is_empty() { String::new() } else { format!("{names:?}") });
        let part = part_input(&world.files, &world.with_files(&text, names, &settings), 0, &[]);
        let begun = bakery.begin(&part);
        let state = world.drive(&bakery, &part, begun, visible).await.expect("a step").expect_err("not yet");
        // Not sent yet: whoever asks hears that it is not there, and of a video asks twice.
        let mut unsent = world.lookup(&bakery, &part, &state).await.expect("an answer");
        if let Lookup::Found(Outcome::Next(again)) = &unsent {
            assert_eq!(again.0["ask"], "unseen", "{names:?} {settings}");
            unsent = world.lookup(&bakery, &part, again).await.expect("an answer");
        }
        match &unsent {
            Lookup::Found(Outcome::Next(next)) => {
                assert_eq!((&next.0["at"], &next.0["sent"]), (&json!("finish"), &json!(1)))
            }
            absent => assert_eq!((absent, visible == "finish"), (&Lookup::Absent, false), "{names:?} {settings}"),
        }
        // Sent, and nobody heard the answer.
        let receipt = world.drive(&bakery, &part, state.clone(), "").await.expect("a step").expect("out");
        let found = world.lookup(&bakery, &part, &state).await.expect("an answer");
        let Lookup::Found(outcome) = found else { panic!("{names:?} {settings}: {found:?}") };
        let again = match outcome {
            Outcome::Done(receipt) => receipt,
            Outcome::Next(state) | Outcome::Wait { state, .. } => {
                world.drive(&bakery, &part, state, "").await.expect("a step").expect("out")
            }
        };
        assert_eq!(again.url, receipt.url, "{names:?} {settings}");
        assert_eq!(world.shown().await.len(), before + 1, "{names:?} {settings}: once");
    }
}

#[tokio::test]
async fn facebook_what_a_page_token_may_not_read_is_never_absent() {
    let world = World::new().await;
    let bakery = world.channel(BAKERY).await;
    let part = part_input(&world.files, &world.with_files("wide", &["wide"], &json!({})), 0, &[]);
    let begun = bakery.begin(&part);
    let state = world.drive(&bakery, &part, begun, "finish").await.expect("a step").expect_err("not yet");
    for reads in ["gone", "denied"] {
        world.control("/_facebook", &json!({ "object_reads": reads })).await;
        let unknown = world.lookup(&bakery, &part, &state).await;
        assert!(!matches!(unknown, Ok(Lookup::Absent)), "{reads}: {unknown:?}");
    }
}

#[tokio::test]
async fn facebook_the_same_twice_in_a_row_may_be_ours() {
    let world = World::new().await;
    let bakery = world.channel(BAKERY).await;
    world.publish(&bakery, &variant(&["fresh bread"], &json!({}))).await;
    let part = part_input(&world.files, &variant(&["fresh bread"], &json!({})), 0, &[]);
    let begun = bakery.begin(&part);
    let error = world.drive(&bakery, &part, begun, "").await.expect_err("506");
    assert_eq!(error.failure, Failure::Ambiguous, "{error}");
    assert_eq!(world.shown().await.len(), 1);
}

#[tokio::test]
async fn facebook_text_is_changed_and_posts_go_away_and_both_may_be_repeated() {
    let world = World::new().await;
    let bakery = world.channel(BAKERY).await;
    let post = world.publish(&bakery, &world.with_files("a loaf", &["cat"], &json!({}))).await.remove(0);
    let film = world.publish(&bakery, &world.with_files("it turns", &["wide"], &json!({}))).await.remove(0);
    for (receipt, names) in [(&post, &["cat"][..]), (&film, &["wide"])] {
        let part = part_input(&world.files, &world.with_files("in other words", names, &json!({})), 0, &[]);
        for change in [Change::Edit(Box::new(part.clone())), Change::Delete] {
            let mut plan = PlanCx::new(world.ticks.now(), &world.ticks);
            let begun = world.facebook.begin_change(&mut plan, &bakery.account, receipt, &change);
            let state = begun.expect("offered").expect("begun");
            let part = if change == Change::Delete { PartInput::default() } else { part.clone() };
            for _ in 0..2 {
                assert_eq!(bakery.step(&part, &state).await, Ok(Outcome::Done(receipt.clone())), "{receipt:?}");
            }
            let shown = world.shown().await;
            let now = shown.iter().find(|one| [&one["id"], &one["key"]].contains(&&json!(receipt.remote_id)));
            let expected = if change == Change::Delete { None } else { Some("in other words") };
            assert_eq!(now.and_then(|one| one["text"].as_str()), expected, "{shown:?}");
        }
    }
    let other = part_input(&world.files, &world.with_files("x", &["dog"], &json!({})), 0, &[]);
    let mut plan = PlanCx::new(world.ticks.now(), &world.ticks);
    let begun = world.facebook.begin_change(&mut plan, &bakery.account, &post, &Change::Edit(Box::new(other)));
    let error = begun.expect("answered").expect_err("files cannot be changed");
    assert_eq!(error.failure, Failure::Rejected { code: Code::ChangeUnsupported, field: "/media".to_owned() });
}

#[tokio::test]
async fn facebook_a_consent_that_ended_is_told_and_nothing_is_sent() {
    let world = World::new().await;
    let bakery = world.channel(BAKERY).await;
    world.control("/_facebook/people/ada/revoke", &json!({})).await;
    let part = part_input(&world.files, &variant(&["too late"], &json!({})), 0, &[]);
    let begun = bakery.begin(&part);
    let error = world.drive(&bakery, &part, begun, "").await.expect_err("the app was removed");
    assert_eq!(error.failure, Failure::Reauth, "{error}");
    assert!(world.shown().await.is_empty());
}
