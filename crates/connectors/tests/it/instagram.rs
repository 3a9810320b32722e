//! Instagram, from consenting to the public page, against the sandbox over HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use postrider_connector::auth::oauth::{Client as App, Driver, Identity, OAuth, Server, Tokens};
use postrider_connector::auth::{Auth, AuthCx, ConnectError, ConnectFields};
use postrider_connector::client::Client;
use postrider_connector::cx::Question;
use postrider_connector::guard::OpenHosts;
use postrider_connector::testkit::{Files, Ticks, part_input};
use postrider_connector::{
    Account, Connector as _, ConnectorError, Credentials, Cx, Failure, Lookup, MachineState, Outcome, PartInput,
    PlanCx, Receipt, Request, Subject, Transport as _,
};
use postrider_connectors::instagram::Instagram;
use postrider_domain::Code;
use postrider_domain::content::{MediaRef, PartContent, Variant};
use postrider_domain::media::{MediaKind, Mime};
use postrider_domain::secret::Secret;
use postrider_sandbox::{Options, Running, Sandbox, seed};
use serde_json::{Value, json};

use crate::channel::Channel;
use crate::consent::consent;
use crate::film;
use crate::threads::{Shelf, facts, shelve};

/// A business of the sandbox.
const BAKERY: &str = "harbourbakery";

const REDIRECT: &str = "https://postrider.example/connect/callback/instagram";

/// The smallest thing that says of itself that it is a JPEG of this size.
fn jpeg_of(width: u16, height: u16) -> Vec<u8> {
    let mut data = vec![0xff, 0xd8];
    let mut segment = |marker: u8, body: &[u8]| {
        data.extend([0xff, marker]);
        data.extend((body.len() as u16 + 2).to_be_bytes());
        data.extend(body);
    };
    segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    let (height, width) = (height.to_be_bytes(), width.to_be_bytes());
    segment(0xc0, &[&[8][..], &height, &width, &[1, 1, 0x11, 0]].concat());
    segment(0xda, &[1, 1, 0, 0, 63, 0]);
    data.extend([0x7f, 0xff, 0xd9]);
    data
}

struct World {
    running: Running,
    client: Client,
    ticks: Ticks,
    ahead: Arc<AtomicI64>,
    instagram: Instagram,
    shelf: Shelf,
    files: Files,
    used: BTreeMap<&'static str, MediaRef>,
}

impl World {
    async fn new() -> Self {
        let noon: Timestamp = "2026-11-23T12:00:30Z".parse().expect("a time");
        let ahead = Arc::new(AtomicI64::new(0));
        let offset = Arc::clone(&ahead);
        let clock = move || noon + SignedDuration::from_secs(offset.load(Ordering::Relaxed));
        let sandbox = Sandbox::new(Options::new(Arc::new(clock), 7));
        sandbox.allow_instagram_redirect(REDIRECT);
        let running = sandbox.serve("127.0.0.1:0").await.expect("a free port");
        let open = OpenHosts::new(running.addresses().map(|addr| addr.to_string()));
        let client = Client::new(open, "Postrider/test").expect("a client");
        let instagram = Instagram::at(&running.instance("instagram").expect("the network")).expect("an address");
        let mut files = Files::default();
        let (mut used, mut served) = (BTreeMap::new(), BTreeMap::new());
        for (name, facts, bytes) in [
            ("cat", facts(MediaKind::Image, Mime::Jpeg, 640, 480), jpeg_of(640, 480)),
            ("dog", facts(MediaKind::Image, Mime::Jpeg, 480, 600), jpeg_of(480, 600)),
            ("film", facts(MediaKind::Video, Mime::Mp4, 720, 1_280), film::Film::default().bytes()),
        ] {
            let file = files.add(bytes.clone(), facts.clone(), name);
            served.insert(format!("{}.{}", file.id, facts.mime.extension()), bytes);
            used.insert(name, file);
        }
        let shelf = Shelf { origin: shelve(served).await, gone: Arc::default() };
        Self { running, client, ticks: Ticks::default(), ahead, instagram, shelf, files, used }
    }

    async fn control(&self, path: &str, body: &Value) -> Value {
        let request = Request::post_json(format!("{}{path}", self.running.url()), body);
        let response = self.client.exchange(&request, None).await.expect("an answer");
        assert!(response.is_success(), "{path}: {}", String::from_utf8_lossy(&response.body));
        response.json().unwrap_or_default()
    }

    /// What is public on the bakery's page, oldest first.
    async fn page(&self) -> Vec<Value> {
        let request = Request::get(format!("{}/instagram/{BAKERY}.json", self.running.url()));
        let page: Value = self.client.exchange(&request, None).await.expect("an answer").json().expect("JSON");
        let mut posts = page["posts"].as_array().unwrap_or_else(|| panic!("{page}")).clone();
        posts.sort_by_key(|post| post["id"].to_string());
        posts
    }

    fn oauth(&self) -> &dyn OAuth {
        match self.instagram.auth() {
            Auth::OAuth(oauth) => oauth,
            _ => panic!("people consent"),
        }
    }

    async fn server(&self) -> Server {
        let none = Credentials::default();
        let cx = AuthCx(Cx::reading(&self.client, &none));
        self.oauth().discover(&cx, &ConnectFields::default()).await.expect("there is one")
    }

    /// Consents as `name` and exchanges the code, as the driver does.
    async fn connect(&self, name: &str, also: &str) -> Result<(Identity, Tokens, Vec<String>), ConnectError> {
        let (server, app) = (self.server().await, app());
        let form = format!("account={name}&decision=allow{also}");
        consent(&self.client, self.oauth(), (&server, &app, REDIRECT), &form).await
    }

    async fn channel(&self) -> Channel<'_> {
        let (identity, tokens, _) = self.connect(BAKERY, "").await.expect("connected");
        let found = identity.accounts.into_iter().next().expect("an account").account;
        let account = Account {
            host: self.server().await.host,
            remote_id: found.remote_id,
            handle: found.handle,
            facts: found.facts,
        };
        let (client, ticks, files) = (&self.client, &self.ticks, self.files.clone());
        Channel { client, ticks, connector: &self.instagram, account, credentials: tokens.credentials(), files }
    }

    fn seconds_pass(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    fn begin(&self, bakery: &Channel<'_>, part: &PartInput) -> MachineState {
        let mut plan = PlanCx::new(self.ticks.now(), &self.ticks).with_links(&self.shelf);
        self.instagram.begin(&mut plan, &bakery.account, part).expect("begun")
    }

    /// Goes on until `enough`, or the part is out, or refused; waits as long as it is told to.
    async fn drive(
        &self,
        bakery: &Channel<'_>,
        part: &PartInput,
        mut state: MachineState,
        enough: &str,
    ) -> Result<Result<Receipt, MachineState>, ConnectorError> {
        for _ in 0..80 {
            if state.0["at"] == enough {
                return Ok(Err(state));
            }
            match bakery.step(part, &state).await? {
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

    async fn publish(&self, bakery: &Channel<'_>, variant: &Variant) -> Vec<Receipt> {
        let shelf = postrider_connector::Shelf { served_at: Some(self.shelf.origin.clone()), ..self.files.shelf() };
        let subject = Subject { variant, account: &bakery.account, shelf: &shelf };
        assert_eq!(self.instagram.check(&subject), []);
        let mut receipts = Vec::new();
        for index in 0..variant.parts.len() {
            let part = part_input(&self.files, variant, index, &receipts);
            let begun = self.begin(bakery, &part);
            receipts.push(self.drive(bakery, &part, begun, "").await.expect("a step").expect("out"));
        }
        receipts
    }

    fn variant(&self, parts: &[(&str, &[&str])], settings: &Value) -> Variant {
        let parts = parts.iter().map(|(text, names)| {
            let media = names.iter().map(|name| self.used[name].clone()).collect();
            PartContent { text: (*text).to_owned(), media, delay_s: 0 }
        });
        Variant { parts: parts.collect(), settings: settings.as_object().cloned().unwrap_or_default() }
    }

    fn part(&self, text: &str, names: &[&str], settings: &Value) -> PartInput {
        part_input(&self.files, &self.variant(&[(text, names)], settings), 0, &[])
    }

    async fn lookup(
        &self,
        bakery: &Channel<'_>,
        part: &PartInput,
        state: &MachineState,
    ) -> Result<Lookup, ConnectorError> {
        let intent_at = "2026-11-23T12:00:00Z".parse().expect("a time");
        let question = Question { intent_at, bound: Default::default() };
        let cx = Cx::asking(bakery.client, &bakery.credentials, question);
        self.instagram.reconcile(&cx, &bakery.account, part, state).await
    }

    /// As if begun anew, which asks the container first.
    fn anew(&self, part: &PartInput, state: MachineState) -> MachineState {
        self.instagram.renew(&mut PlanCx::new(self.ticks.now(), &self.ticks), part, state).expect("renewed")
    }
}

fn app() -> App {
    App { id: seed::INSTAGRAM_APP_ID.to_owned(), secret: Secret::new(seed::INSTAGRAM_APP_SECRET) }
}

fn id_of(found: &Lookup) -> &str {
    match found {
        Lookup::Found(Outcome::Done(receipt)) => &receipt.remote_id,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn instagram_is_connected_with_a_token_of_sixty_days_that_renews_itself() {
    for shape in ["flat", "data"] {
        let world = World::new().await;
        world.control("/_instagram", &json!({ "token_shape": shape })).await;
        let (identity, tokens, granted) = world.connect(BAKERY, "").await.expect("connected");
        assert_eq!(tokens.lives_s, Some(5_184_000));
        let account = &identity.accounts[0].account;
        assert_eq!((account.handle.as_str(), account.remote_id.as_str()), ("@harbourbakery", "17841405000000001"));
        let server = world.server().await;
        assert!(server.scopes.iter().all(|scope| granted.contains(scope)), "{granted:?}");
        let app = app();
        let driver = Driver { transport: &world.client, server: &server, client: &app };
        let young = driver.refresh(&tokens.credentials()).await.expect_err("younger than a day");
        assert_ne!(young.failure, Failure::Reauth, "{young}");
        world.seconds_pass(30 * 86_400);
        let fresh = driver.refresh(&tokens.credentials()).await.expect("renewed");
        assert_eq!(fresh.lives_s, Some(5_184_000));
        world.seconds_pass(61 * 86_400);
        let over = driver.refresh(&fresh.credentials).await.expect_err("nobody renewed it");
        assert_eq!(over.failure, Failure::Reauth, "{over}");
    }
}

#[tokio::test]
async fn instagram_says_which_permissions_a_person_left_out() {
    let world = World::new().await;
    let only = "&choose=on&grant=instagram_business_basic&grant=instagram_business_content_publish";
    let (_, _, granted) = world.connect(BAKERY, only).await.expect("connected");
    assert_eq!(granted, ["instagram_business_basic", "instagram_business_content_publish"]);
}

#[tokio::test]
async fn instagram_a_wrong_secret_is_told_from_a_wrong_code() {
    let world = World::new().await;
    let server = world.server().await;
    for (secret, code) in
        [("0".repeat(32), Code::OauthClientRefused), (seed::INSTAGRAM_APP_SECRET.to_owned(), Code::OauthCodeRefused)]
    {
        let app = App { secret: Secret::new(secret), ..app() };
        let driver = Driver { transport: &world.client, server: &server, client: &app };
        let error = driver.exchange("nobody-gave-it", &Secret::new("v"), REDIRECT).await.expect_err("refused");
        assert_eq!(error.code, code, "{error:?}");
        let probe = driver.probe(REDIRECT).await;
        let accepted = matches!(probe, postrider_connector::auth::oauth::Probe::Accepted);
        assert_eq!(accepted, code == Code::OauthCodeRefused, "{probe:?}");
    }
}

#[tokio::test]
async fn instagram_a_picture_with_everything_that_it_may_have() {
    let world = World::new().await;
    let bakery = world.channel().await;
    let settings = json!({
        "collaborators": ["lighthousecafe"],
        "user_tags": [{"name": "okonkwophoto", "x": 0.25, "y": 0.75}],
    });
    let text = "Grüße & <alle>: https://example.com/a #eins 👩‍🚀";
    let receipts = world.publish(&bakery, &world.variant(&[(text, &["cat"])], &settings)).await;
    let shown = world.page().await;
    let [post] = shown.as_slice() else { panic!("{shown:?}") };
    assert_eq!((&post["caption"], &post["id"]), (&json!(text), &json!(receipts[0].remote_id)));
    let tagged = &post["content"]["user_tags"][0];
    assert_eq!((&tagged["username"], &tagged["x"], &tagged["y"]), (&json!("okonkwophoto"), &json!(0.25), &json!(0.75)));
    assert!(post["content"]["collaborators"].to_string().contains("lighthousecafe"), "{post}");
    assert_eq!(post["files"][0]["alt_text"], "cat");
    assert_eq!(receipts[0].url.as_deref(), post["permalink"].as_str());
}

#[tokio::test]
async fn instagram_reels_carousels_stories_and_first_comments() {
    let world = World::new().await;
    let bakery = world.channel().await;
    let reel = json!({"cover_ms": 500, "share_to_feed": true, "audio_name": "Rain & wind"});
    for (parts, settings, kind, comments) in [
        (&[("a film", &["film"][..])][..], reel, "REELS", 0),
        (&[("covered", &["film", "dog"])], json!({"kind": "reel"}), "REELS", 0),
        (&[("album", &["dog", "film", "cat"])], json!({}), "FEED", 0),
        (&[("", &["cat"]), ("", &["film"])], json!({"kind": "story"}), "STORY", 0),
        (&[("commented", &["cat"]), ("First! #one", &[]), ("Second", &[])], json!({}), "FEED", 2),
    ] {
        let receipts = world.publish(&bakery, &world.variant(parts, &settings)).await;
        assert_eq!(receipts.len(), parts.len());
        let shown = world.page().await;
        let post = shown.iter().find(|post| post["id"] == receipts[0].remote_id).expect("it is there");
        assert_eq!(post["content"]["media_product_type"], kind, "{post}");
        assert_eq!(post["comments"].as_array().map_or(0, Vec::len), comments, "{post}");
    }
}

#[tokio::test]
async fn instagram_shows_what_a_reel_and_a_carousel_were_made_with() {
    let world = World::new().await;
    let bakery = world.channel().await;
    let settings = json!({"cover_ms": 500, "share_to_feed": true, "audio_name": "Rain & wind"});
    world.publish(&bakery, &world.variant(&[("a film", &["film"])], &settings)).await;
    let tags = json!({"user_tags": [{"name": "okonkwophoto", "file": 3}]});
    world.publish(&bakery, &world.variant(&[("album", &["dog", "film", "cat"])], &tags)).await;
    let shown = world.page().await;
    let reel = &shown[0]["content"];
    assert_eq!((&reel["thumb_offset"], &reel["share_to_feed"]), (&json!(500), &json!(true)), "{reel}");
    assert_eq!(reel["audio_name"], "Rain & wind");
    let files = shown[1]["children"].as_array().or(shown[1]["files"].as_array()).expect("files");
    assert_eq!(files.len(), 3, "{}", shown[1]);
}

#[tokio::test]
async fn instagram_a_trial_reel_is_not_for_every_account() {
    let world = World::new().await;
    let bakery = world.channel().await;
    let part = world.part("a film", &["film"], &json!({"trial": "manual"}));
    let begun = world.begin(&bakery, &part);
    let error = world.drive(&bakery, &part, begun, "").await.expect_err("not for this one");
    let refused = Failure::Rejected { code: Code::PlatformRefused, field: "/settings/trial".to_owned() };
    assert_eq!(error.failure, refused, "{error}");
}

#[tokio::test]
async fn instagram_a_file_out_of_reach_is_tried_again_and_a_bad_one_refused() {
    let world = World::new().await;
    world.shelf.gone.store(true, Ordering::Relaxed);
    let bakery = world.channel().await;
    let part = world.part("a cat", &["cat"], &json!({}));
    let begun = world.begin(&bakery, &part);
    let error = world.drive(&bakery, &part, begun, "").await.expect_err("it cannot be fetched");
    assert_eq!(error.failure, Failure::Transient, "{error}");
    world.shelf.gone.store(false, Ordering::Relaxed);
    for (status_only, subcode, field) in [(false, 2_207_026, "/media"), (true, 2_207_085, "/media")] {
        world.control("/_instagram", &json!({"fail_with": subcode, "status_only": status_only})).await;
        let making = format!("POST /v26.0/{}/media", bakery.account.remote_id);
        world.control("/_faults", &json!({"match": making, "kind": "fail_processing"})).await;
        let part = world.part("a film", &["film"], &json!({}));
        let begun = world.begin(&bakery, &part);
        let error = world.drive(&bakery, &part, begun, "").await.expect_err("it is not taken");
        let refused = Failure::Rejected { code: Code::PlatformRefused, field: field.to_owned() };
        assert_eq!((&error.failure, error.platform_code), (&refused, Some(subcode.to_string())));
    }
    assert!(world.page().await.is_empty());
}

#[tokio::test]
async fn instagram_asks_the_container_what_became_of_it() {
    let world = World::new().await;
    let bakery = world.channel().await;
    let everything = [
        ("Is it there?", &["cat"][..], json!({})),
        ("And the film?", &["film", "dog"], json!({"kind": "reel"})),
        ("And all of them?", &["cat", "film", "dog"], json!({})),
        ("", &["film"], json!({"kind": "story"})),
    ];
    for (text, files, settings) in everything {
        let part = world.part(text, files, &settings);
        let begun = world.begin(&bakery, &part);
        let state = world.drive(&bakery, &part, begun, "publish").await.expect("a step").expect_err("not yet");
        assert_eq!(world.lookup(&bakery, &part, &state).await, Ok(Lookup::Absent), "it is still FINISHED");
        let receipt = world.drive(&bakery, &part, state.clone(), "").await.expect("a step").expect("out");
        let found = world.lookup(&bakery, &part, &state).await.expect("an answer");
        assert_eq!(id_of(&found), receipt.remote_id, "{text}");
    }
}

#[tokio::test]
async fn instagram_what_is_out_is_never_sent_again_whatever_publishing_says() {
    for republish in ["not_available", "not_found", "same_id"] {
        let world = World::new().await;
        world.control("/_instagram", &json!({ "republish": republish })).await;
        let bakery = world.channel().await;
        let part = world.part("once", &["cat"], &json!({}));
        let begun = world.begin(&bakery, &part);
        let state = world.drive(&bakery, &part, begun, "publish").await.expect("a step").expect_err("not yet");
        let receipt = world.drive(&bakery, &part, state.clone(), "").await.expect("a step").expect("out");
        // The answer was lost, and it is not known that there was one.
        match world.drive(&bakery, &part, state.clone(), "").await {
            Ok(Ok(again)) => assert_eq!(again.remote_id, receipt.remote_id, "{republish}"),
            Ok(Err(state)) => panic!("{republish}: {state:?}"),
            Err(error) => assert_eq!(error.failure, Failure::Ambiguous, "{republish}: {error}"),
        }
        // Begun anew, the container is asked first.
        let error =
            world.drive(&bakery, &part, world.anew(&part, state), "").await.expect_err("nothing is sent any more");
        assert_eq!(error.failure, Failure::Ambiguous, "{republish}: {error}");
        assert_eq!(world.page().await.len(), 1, "{republish}: one post");
    }
}

#[tokio::test]
async fn instagram_suspected_spam_may_be_live_and_is_asked_about() {
    for (spam, live) in [("live", true), ("blocked", false)] {
        let world = World::new().await;
        let bakery = world.channel().await;
        let part = world.part("too much alike", &["cat"], &json!({}));
        let begun = world.begin(&bakery, &part);
        let state = world.drive(&bakery, &part, begun, "publish").await.expect("a step").expect_err("not yet");
        world.control("/_instagram", &json!({ "spam": spam })).await;
        let error = world.drive(&bakery, &part, state.clone(), "").await.expect_err("blocked");
        assert_eq!((&error.failure, error.platform_code.as_deref()), (&Failure::Ambiguous, Some("4/2207051")));
        world.seconds_pass(75);
        let found = world.lookup(&bakery, &part, &state).await.expect("an answer");
        assert_eq!(found == Lookup::Absent, !live, "{found:?}");
        world.control("/_instagram", &json!({"spam": "off"})).await;
        match live {
            true => assert_eq!(id_of(&found), world.page().await[0]["id"].as_str().expect("an id")),
            false => {
                world.drive(&bakery, &part, world.anew(&part, state), "").await.expect("a step").expect("out");
            }
        }
        assert_eq!(world.page().await.len(), 1);
    }
    let world = World::new().await;
    let bakery = world.channel().await;
    world.control("/_instagram", &json!({"spam": "blocked", "spam_on_media": true})).await;
    let part = world.part("too much alike", &["cat"], &json!({}));
    let begun = world.begin(&bakery, &part);
    let error = world.drive(&bakery, &part, begun, "").await.expect_err("blocked");
    assert_eq!(error.failure.class(), "rate_limited", "{error}");
}

#[tokio::test]
async fn instagram_a_container_that_expired_is_made_again() {
    let world = World::new().await;
    let bakery = world.channel().await;
    let part = world.part("late", &["cat", "dog"], &json!({}));
    let begun = world.begin(&bakery, &part);
    let state = world.drive(&bakery, &part, begun, "publish").await.expect("a step").expect_err("not yet");
    world.seconds_pass(25 * 3_600);
    let Ok(Lookup::Found(Outcome::Next(next))) = world.lookup(&bakery, &part, &state).await else {
        panic!("{:?}", world.lookup(&bakery, &part, &state).await)
    };
    world.drive(&bakery, &part, next, "").await.expect("a step").expect("out");
    // Whoever publishes it without asking is told so, and makes another as well.
    world.drive(&bakery, &part, state, "").await.expect("a step").expect("out");
    assert_eq!(world.page().await.len(), 2);
}

#[tokio::test]
async fn instagram_the_posts_of_a_day_are_counted_by_the_account() {
    let world = World::new().await;
    let bakery = world.channel().await;
    world.control("/_instagram", &json!({"posts_per_day": 2})).await;
    for text in ["one", "two"] {
        world.publish(&bakery, &world.variant(&[(text, &["cat"])], &json!({}))).await;
    }
    let part = world.part("three", &["cat"], &json!({}));
    let begun = world.begin(&bakery, &part);
    let error = world.drive(&bakery, &part, begun, "").await.expect_err("used up");
    assert_eq!((error.failure.class(), error.platform_code), ("rate_limited", None), "nothing was sent");
    // Publishing says it as well.
    let story = world.part("", &["cat"], &json!({"kind": "story"}));
    let begun = world.begin(&bakery, &story);
    let error = world.drive(&bakery, &story, begun, "").await.expect_err("used up");
    assert_eq!((error.failure.class(), error.platform_code.as_deref()), ("rate_limited", Some("9/2207042")));
    world.seconds_pass(86_400);
    world.publish(&bakery, &world.variant(&[("tomorrow", &["cat"])], &json!({}))).await;
}

#[tokio::test]
async fn instagram_a_comment_whose_answer_was_lost_is_found_below_its_post() {
    let world = World::new().await;
    let bakery = world.channel().await;
    let variant = world.variant(&[("commented", &["cat"]), ("First!", &[])], &json!({}));
    let root = world.publish(&bakery, &world.variant(&[("commented", &["cat"])], &json!({}))).await;
    let part = part_input(&world.files, &variant, 1, &root);
    let state = world.begin(&bakery, &part);
    assert_eq!(world.lookup(&bakery, &part, &state).await, Ok(Lookup::Absent));
    let writing = format!("POST /v26.0/{}/comments", root[0].remote_id);
    let lost = json!({"match": writing, "kind": {"drop": {"after_accept": true}}});
    world.control("/_faults", &lost).await;
    let error = world.drive(&bakery, &part, state.clone(), "").await.expect_err("lost");
    assert_eq!(error.failure, Failure::Ambiguous, "{error}");
    let found = world.lookup(&bakery, &part, &state).await.expect("an answer");
    let shown = world.page().await;
    assert_eq!(shown[0]["comments"][0]["id"], id_of(&found), "{}", shown[0]);
    assert_eq!(shown[0]["comments"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn instagram_a_personal_account_is_not_connected() {
    let world = World::new().await;
    let error = world.connect("ada", "").await.expect_err("refused at the exchange");
    assert!(error.words.as_deref().is_some_and(|words| words.contains("business or creator")), "{error:?}");
    world.control("/_instagram", &json!({"personal": "calls"})).await;
    match world.connect("ada", "").await {
        Ok((identity, ..)) => assert_eq!(identity.accounts[0].refused, Some(Code::AccountPersonal)),
        Err(error) => assert!(error.words.is_some(), "{error:?}"),
    }
}

#[tokio::test]
async fn instagram_a_list_that_lags_is_asked_again() {
    let world = World::new().await;
    world.control("/_instagram", &json!({"listing_lag_ms": 50_000, "published_lag_ms": 20_000})).await;
    let bakery = world.channel().await;
    let part = world.part("slowly", &["cat"], &json!({}));
    let begun = world.begin(&bakery, &part);
    let state = world.drive(&bakery, &part, begun, "publish").await.expect("a step").expect_err("not yet");
    let id = match bakery.step(&part, &state).await.expect("published") {
        Outcome::Next(next) => next.0["id"].as_str().expect("an id").to_owned(),
        other => panic!("{other:?}"),
    };
    // The container says FINISHED still: that is why it is asked only after a minute.
    assert_eq!(world.lookup(&bakery, &part, &state).await, Ok(Lookup::Absent));
    world.seconds_pass(30);
    let lags = world.lookup(&bakery, &part, &state).await.expect_err("it is published, and not listed");
    assert_eq!(lags.failure, Failure::Transient, "{lags}");
    let delay = world.instagram.descriptor().visibility_delay.as_secs();
    world.seconds_pass(i64::try_from(delay).expect("seconds") - 30);
    assert_eq!(id_of(&world.lookup(&bakery, &part, &state).await.expect("listed")), id);
}

#[tokio::test]
async fn instagram_a_carousel_may_take_no_collaborators_and_says_so_at_their_setting() {
    let world = World::new().await;
    world.control("/_instagram", &json!({"carousel_collaborators": false})).await;
    let bakery = world.channel().await;
    let part = world.part("together", &["cat", "dog"], &json!({"collaborators": ["lighthousecafe"]}));
    let begun = world.begin(&bakery, &part);
    let error = world.drive(&bakery, &part, begun, "").await.expect_err("not with several files");
    let field = "/settings/collaborators".to_owned();
    assert_eq!(error.failure, Failure::Rejected { code: Code::PlatformRefused, field }, "{error} {:?}", error.words);
    assert!(world.page().await.is_empty());
}
