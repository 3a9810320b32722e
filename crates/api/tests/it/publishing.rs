//! Channels, posts, deliveries and the calendar over HTTP, on both databases.

mod isolation;
mod live;
mod racing;
mod screens;
mod series;
mod zones;

pub(crate) use isolation::body;

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use jiff::Timestamp;
use postrider_connector::client::Client as Network;
use postrider_connector::guard::OpenHosts;
use postrider_connector::testkit::FakeTransport;
use postrider_connector::{Credentials, TransportError};
use postrider_domain::Code;
use postrider_domain::delivery::{Event, HoldReason};
use postrider_domain::id::{ChannelId, NodeId, WorkspaceId};
use postrider_sandbox::seed::Person;
use postrider_sandbox::{Options, Running, Sandbox};
use postrider_store::repo::channels::{self, NewChannel};
use postrider_store::repo::deliveries::{self, Ending, Lease};
use postrider_store::repo::grants::{self, NewGrant};
use postrider_store::repo::{members, nodes, parts, steps};
use postrider_store::{Store, store_test};
use serde_json::{Value, json};

use crate::support::{Answer, Client, TestApi, quiet};

const PASSWORD: &str = "q3fz-2mna-wd7k-ehx5";

/// An owner in a workspace of theirs.
pub(crate) struct Desk {
    pub(crate) owner: Client,
    pub(crate) ws: String,
    pub(crate) base: String,
}

impl Desk {
    pub(crate) async fn new(store: &Store) -> Self {
        Self::of(TestApi::new(store).await).await
    }

    async fn of(api: TestApi) -> Self {
        let owner = api.operator().await;
        let ws = owner.workspace("Bakery").await;
        let base = format!("/api/v1/workspaces/{ws}");
        Self { owner, ws, base }
    }

    /// On a simulated server with one account.
    async fn in_sandbox(store: &Store) -> (Self, Running) {
        let clock = Arc::new(|| Timestamp::from_second(1_800_000_000).expect("in range"));
        let sandbox = Sandbox::new(Options::new(clock, 1));
        sandbox.add_account(&Person::new("ada.sandbox.test", "Ada", PASSWORD)).expect("an account");
        let running = sandbox.serve("127.0.0.1:0").await.expect("serves");
        let network = Network::new(OpenHosts::new([running.addr.to_string()]), "test").expect("a client");
        (Self::of(TestApi::with(store, Arc::new(network), quiet()).await).await, running)
    }

    fn store(&self) -> &Store {
        &self.owner.api.app.store
    }

    fn workspace(&self) -> WorkspaceId {
        self.ws.parse().expect("a workspace id")
    }

    /// A connected account, planted without asking anybody.
    pub(crate) async fn channel(&self, handle: &str) -> ChannelId {
        self.channel_on("bluesky", handle).await
    }

    /// The same on another platform.
    async fn channel_on(&self, platform: &str, handle: &str) -> ChannelId {
        let mut tx = self.store().write().await.expect("a transaction");
        let did = format!("did:plc:{handle}");
        let plain = serde_json::to_vec(&Credentials::default().with("access", "a-secret").with("refresh", "b-secret"));
        let owner = members::list(&mut tx, self.workspace()).await.expect("members")[0].user_id;
        let grant = NewGrant {
            platform,
            platform_app: None,
            host: "https://pds.example",
            person_id: &did,
            scopes: &[],
            plain: &plain.expect("serialises"),
            expires_at: None,
            refresh_at: None,
            created_by: owner,
        };
        let grant = grants::create(&mut tx, self.workspace(), grant).await.expect("a grant").id;
        let new = NewChannel {
            grant: Some(grant),
            platform,
            host: "https://pds.example",
            remote_id: &did,
            handle,
            name: handle,
            picture: None,
            url: None,
            facts: &json!({}),
            min_gap: Duration::ZERO,
        };
        let id = channels::upsert(&mut tx, self.workspace(), new).await.expect("a channel").id;
        tx.commit().await.expect("commits");
        id
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.owner.post(&format!("{}{path}", self.base), body).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.owner.get(&format!("{}{path}", self.base)).await
    }

    async fn create(&self, text: &str, channel: ChannelId, when: Value) -> Answer {
        self.post("/posts", json!({"parts": [{"text": text}], "channels": [{"channel": channel}], "when": when})).await
    }

    /// A post that is due now; its id and its delivery's.
    pub(crate) async fn due(&self, handle: &str) -> (String, String) {
        let channel = self.channel(handle).await;
        let made = self.create("hello", channel, json!({"now": true})).await;
        (made.expect(201).text("/id"), made.text("/deliveries/0/id"))
    }

    /// Takes what is due and commits the intent to send it, as the engine does.
    async fn intend(&self) -> Lease {
        let mut tx = self.store().write().await.expect("a transaction");
        let node = tx.new_id::<NodeId>();
        let boot = nodes::register(&mut tx, node, "host", "0.0.0").await.expect("a boot");
        let mut due = deliveries::candidates(&mut tx, 1).await.expect("candidates");
        // PostgreSQL undoes a refused request a moment after its answer; what it locked is skipped until then.
        while due.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
            due = deliveries::candidates(&mut tx, 1).await.expect("candidates");
        }
        let claimed = deliveries::claim(&mut tx, &due[0], boot, Duration::from_secs(25)).await.expect("claims");
        let (_, lease) = claimed.expect("is idle");
        let part = parts::begin(&mut tx, &lease, 0, &json!({"state": "ready"})).await.expect("a part");
        let intent = steps::Intent {
            effect: "once",
            honour_key: None,
            honoured_for: None,
            sends: &[7; 32],
            timeout: Duration::from_secs(15),
        };
        steps::intend(&mut tx, &lease, part, &intent).await.expect("an intent");
        tx.commit().await.expect("commits");
        lease
    }

    /// The engine could not tell whether what is due went out.
    async fn doubt(&self) {
        let lease = self.intend().await;
        let mut tx = self.store().write().await.expect("a transaction");
        let ending = Ending { evidence: Some(json!({"asked": "key"})), ..Ending::of(Code::OutcomeUnknown) };
        deliveries::fail(&mut tx, &lease, Event::Doubt, &ending).await.expect("ends");
        tx.commit().await.expect("commits");
    }
}

store_test!(a_post_from_first_draft_to_deletion, |store| {
    let desk = Desk::new(store).await;
    let channel = desk.channel("ada.example").await;
    let label = desk.post("/labels", json!({"name": "bread", "colour": "#2F6F4F"})).await.expect(201).text("/id");
    let draft = json!({"parts": [{"text": "hello"}], "channels": [{"channel": channel}], "labels": [label]});
    let made = desk.post("/posts", draft).await;
    let id = made.expect(201).text("/id");
    assert_eq!(made.header("location"), format!("{}/posts/{id}", desk.base));
    let path = format!("{}/posts/{id}", desk.base);
    let shown = desk.owner.get(&path).await;
    assert_eq!(shown.expect(200).text("/status"), "draft");
    let tag = shown.header("etag").to_owned();
    let change = json!({"parts": [{"text": "hello again"}]});
    desk.owner.patch(&path, change.clone()).await.problem(428, "version_required");
    let edited = desk.owner.with("if-match", &tag).patch(&path, change.clone()).await;
    assert_eq!(edited.expect(200).text("/parts/0/text"), "hello again");
    assert_ne!(edited.header("etag"), tag);
    assert_eq!(edited.body["labels"], json!([label]), "what is left out stays");
    desk.owner.with("if-match", &tag).patch(&path, change).await.problem(412, "stale_version");

    let when = json!({"when": {"local": "2099-07-01T09:00"}});
    let scheduled = desk.owner.post(&format!("{path}/schedule"), when.clone()).await;
    assert_eq!(scheduled.expect(200).text("/when/at"), "2099-07-01T07:00:00Z");
    assert_eq!(scheduled.text("/deliveries/0/local"), "2099-07-01T09:00:00");
    assert_eq!(scheduled.text("/deliveries/0/state"), "scheduled");
    desk.owner.post(&format!("{path}/schedule"), when.clone()).await.problem(409, "not_possible_now");
    let shown = desk.get("/calendar?from=2099-07-01T00:00:00%2B02:00&until=2099-07-02T00:00:00%2B02:00").await;
    assert_eq!(shown.expect(200).text("/items/0/excerpt"), "hello again");
    assert_eq!(
        (shown.text("/items/0/local"), shown.text("/zone")),
        ("2099-07-01T09:00:00".into(), "Europe/Berlin".into())
    );
    let later = json!({"when": {"at": "2099-07-02T09:00:00+02:00"}});
    let moved = desk.owner.post(&format!("{path}/reschedule"), later).await;
    assert_eq!(moved.expect(200).text("/deliveries/0/scheduled_at"), "2099-07-02T07:00:00Z");
    assert_eq!(desk.owner.post(&format!("{path}/unschedule"), json!({})).await.expect(200).text("/status"), "draft");
    desk.owner.post(&format!("{path}/schedule"), when).await.expect(200);
    assert_eq!(desk.owner.post(&format!("{path}/cancel"), json!({})).await.expect(200).text("/status"), "canceled");

    let copy = desk.owner.post(&format!("{path}/duplicate"), json!({})).await.expect(201).text("/id");
    let drafts = desk.get("/posts?show=draft").await;
    assert_eq!(drafts.expect(200).text("/items/0/id"), copy);
    let labelled = desk.get(&format!("/posts?label={label}&limit=1")).await;
    let cursor = labelled.expect(200).text("/next");
    let rest = desk.get(&format!("/posts?label={label}&limit=1&cursor={cursor}")).await;
    assert_eq!((rest.expect(200).text("/items/0/id"), &rest.body["next"]), (id.clone(), &Value::Null));
    desk.owner.delete(&path).await.expect(204);
    desk.owner.get(&path).await.problem(404, "not_found");
});

store_test!(text_over_300_graphemes_and_over_3000_bytes, |store| {
    let desk = Desk::new(store).await;
    let channel = desk.channel("ada.example").await;
    let refused = desk.create(&"x".repeat(301), channel, json!({"now": true})).await;
    refused.problem(422, "preflight_failed").issue("text_too_long", "/parts/0/text");
    let detail = refused.text("/issues/0/detail");
    assert!(detail.contains("301") && detail.contains("300") && detail.contains("Bluesky"), "{detail}");
    assert_eq!(refused.text("/issues/0/channel"), channel.to_string());
    let families = "👨\u{200d}👩\u{200d}👧\u{200d}👦".repeat(121);
    let refused = desk.create(&families, channel, json!({"now": true})).await;
    refused.problem(422, "preflight_failed").issue("text_too_many_bytes", "/parts/0/text");
    let checked =
        desk.post("/preflight", json!({"parts": [{"text": families}], "channels": [{"channel": channel}]})).await;
    assert_eq!(checked.expect(200).body["ok"], false);
    checked.issue("text_too_many_bytes", "/parts/0/text");
    assert_eq!(desk.get("/posts").await.expect(200).body["items"], json!([]), "nothing was saved");
});

store_test!(time_in_a_dst_gap, |store| {
    let desk = Desk::new(store).await;
    let channel = desk.channel("ada.example").await;
    let refused = desk.create("hello", channel, json!({"local": "2099-03-29T02:30"})).await;
    refused.problem(422, "preflight_failed").issue("time_in_gap", "/when/local");
    let detail = refused.text("/issues/0/detail");
    assert!(detail.contains("01:59") && detail.contains("03:00"), "{detail}");
});

store_test!(past_time, |store| {
    let desk = Desk::new(store).await;
    let channel = desk.channel("ada.example").await;
    let refused = desk.create("hello", channel, json!({"at": "2020-01-01T00:00:00Z"})).await;
    refused.problem(422, "preflight_failed").issue("time_past", "/when/at");
});

store_test!(offset_less_time, |store| {
    let desk = Desk::new(store).await;
    let channel = desk.channel("ada.example").await;
    let refused = desk.create("hello", channel, json!({"at": "2099-01-01T00:00:00"})).await;
    refused.problem(422, "preflight_failed").issue("time_missing_offset", "/when/at");
    desk.get("/calendar?from=2099-07-01T00:00:00&until=2099-07-02T00:00:00Z")
        .await
        .issue("time_missing_offset", "from");
    desk.create("hello", channel, json!({})).await.problem(422, "invalid_fields").issue("bad_field", "/when");
});

store_test!(everything_wrong_is_listed_at_once, |store| {
    let desk = Desk::new(store).await;
    let channel = desk.channel("ada.example").await;
    let wrong = json!({
        "parts": [{"text": "x".repeat(301)}],
        "channels": [{"channel": channel, "settings": {"nonsense": 1}}, {"channel": channel, "parts": [{"text": ""}]}],
        "labels": ["label_00000000000000000000000000"],
        "when": {"at": "2020-01-01T00:00:00Z"},
    });
    let refused = desk.post("/posts", wrong).await;
    refused
        .problem(422, "preflight_failed")
        .issue("text_too_long", "/parts/0/text")
        .issue("setting_unknown", "/channels/0/settings/nonsense")
        .issue("channel_twice", "/channels/1/channel")
        .issue("text_empty", "/channels/1/parts/0/text")
        .issue("label_unknown", "/labels/0")
        .issue("time_past", "/when/at");
    let misspelt = desk.post("/posts", json!({"parts": [{"txt": "a"}]})).await;
    misspelt.problem(422, "invalid_fields").issue("unknown_field", "/parts/0/txt");
    let another = desk.post("/posts", json!({"parts": [], "channels": [{"channel": "label_x"}]})).await;
    another.problem(422, "invalid_fields").issue("bad_field", "/channels/0/channel");
});

store_test!(the_same_key_makes_one_post, |store| {
    let desk = Desk::new(store).await;
    let channel = desk.channel("ada.example").await;
    let keyed = desk.owner.with("idempotency-key", "once");
    let path = format!("{}/posts", desk.base);
    let body = json!({"parts": [{"text": "hello"}], "channels": [{"channel": channel}], "when": {"now": true}});
    let first = keyed.post(&path, body.clone()).await;
    let again = keyed.post(&path, body).await;
    assert_eq!(first.expect(201).text("/id"), again.expect(201).text("/id"));
    assert_eq!(desk.get("/posts").await.body["items"].as_array().map(Vec::len), Some(1));
    keyed.post(&path, json!({"parts": [{"text": "other"}]})).await.problem(422, "idempotency_mismatch");
    let (_, delivery) = desk.due("bob.example").await;
    let cancel = format!("{}/deliveries/{delivery}/cancel", desk.base);
    let keyed = desk.owner.with("idempotency-key", "cancel");
    for _ in 0..2 {
        assert_eq!(keyed.post(&cancel, json!({})).await.expect(200).text("/state"), "canceled");
    }
    desk.owner.post(&cancel, json!({})).await.problem(409, "not_possible_now");
});

store_test!(once_sending_has_begun_changes_answer_409, |store| {
    let desk = Desk::new(store).await;
    let (post, delivery) = desk.due("ada.example").await;
    let path = format!("{}/posts/{post}", desk.base);
    let tag = desk.owner.get(&path).await.header("etag").to_owned();
    desk.intend().await;
    let expected = "already_publishing";
    let change = json!({"parts": [{"text": "other"}]});
    desk.owner.with("if-match", &tag).patch(&path, change).await.problem(409, expected);
    let later = json!({"when": {"at": "2099-07-02T09:00:00+02:00"}});
    desk.owner.post(&format!("{path}/reschedule"), later).await.problem(409, expected);
    desk.owner.post(&format!("{path}/unschedule"), json!({})).await.problem(409, expected);
    desk.owner.post(&format!("{path}/cancel"), json!({})).await.problem(409, expected);
    desk.owner.delete(&path).await.problem(409, expected);
    desk.post(&format!("/deliveries/{delivery}/cancel"), json!({})).await.problem(409, expected);
    assert_eq!(desk.owner.get(&path).await.expect(200).text("/status"), "publishing");
});

store_test!(an_unconfirmed_delivery_is_decided_by_a_person, |store| {
    let desk = Desk::new(store).await;
    let (_, delivery) = desk.due("ada.example").await;
    desk.doubt().await;
    let path = format!("{}/deliveries/{delivery}", desk.base);
    let shown = desk.owner.get(&path).await;
    assert_eq!(
        (shown.expect(200).text("/state"), shown.text("/code")),
        ("unconfirmed".into(), "outcome_unknown".into())
    );
    assert_eq!(shown.body["actions"], json!(["confirm", "publish_again", "cancel"]));
    assert_eq!((shown.text("/doubt/effect"), shown.text("/doubt/evidence/asked")), ("once".into(), "key".into()));
    assert!(shown.text("/detail").contains("publish again"));
    let confirm = format!("{path}/confirm");
    let foreign = json!({"link": "https://bsky.app/profile/eve.example/post/3kabc"});
    desk.owner.post(&confirm, foreign).await.problem(422, "invalid_fields").issue("link_invalid", "/link");
    desk.owner.post(&confirm, json!({"link": ""})).await.issue("evidence_missing", "/link");
    let link = json!({"link": "https://bsky.app/profile/did:plc:ada.example/post/3kabc"});
    let done = desk.owner.post(&confirm, link).await;
    assert_eq!(done.expect(200).text("/parts/0/state"), "published");
    desk.owner.post(&format!("{path}/publish-again"), json!({})).await.problem(409, "not_possible_now");
    let tries = desk.owner.get(&format!("{path}/attempts")).await;
    assert_eq!(tries.expect(200).body["items"], json!([]));
});

store_test!(an_unconfirmed_delivery_is_published_again_when_a_person_says_so, |store| {
    let desk = Desk::new(store).await;
    desk.due("bob.example").await;
    desk.doubt().await;
    let listed = desk.get("/deliveries?state=unconfirmed").await;
    let second = listed.expect(200).text("/items/0/id");
    let again = desk.post(&format!("/deliveries/{second}/publish-again"), json!({})).await;
    assert_eq!(again.expect(200).text("/state"), "scheduled");
});

store_test!(held_deliveries_are_released_one_by_one_and_together, |store| {
    let desk = Desk::new(store).await;
    let (_, first) = desk.due("ada.example").await;
    let (_, second) = desk.due("bob.example").await;
    let mut tx = desk.store().write().await.expect("a transaction");
    for channel in channels::list(&mut tx, desk.workspace()).await.expect("channels") {
        deliveries::hold_channel(&mut tx, desk.workspace(), channel.id, HoldReason::Late).await.expect("holds");
    }
    tx.commit().await.expect("commits");
    let held = desk.get("/deliveries?state=held&hold_reason=late&limit=1").await;
    assert!(held.expect(200).body["next"].is_string());
    let one = desk.post(&format!("/deliveries/{first}/release"), json!({})).await;
    assert_eq!(one.expect(200).text("/state"), "scheduled");
    let rest = desk.post("/deliveries/release", json!({"hold_reason": "late"})).await;
    assert_eq!(rest.expect(200).body, json!({"released": [second], "skipped": [], "more": false}));
    let again = desk.post("/deliveries/release", json!({"ids": [second]})).await;
    assert_eq!(again.expect(200).text("/skipped/0/code"), "not_possible_now");
    desk.post("/deliveries/release", json!({})).await.problem(422, "invalid_fields");
    desk.post(&format!("/deliveries/{first}/retry"), json!({})).await.problem(409, "not_possible_now");
    desk.post(&format!("/deliveries/{first}/stop"), json!({})).await.problem(409, "not_possible_now");
    assert!(desk.get("/deliveries?state=sleeping").await.status >= 400);
});

store_test!(an_account_is_connected_listed_and_disconnected, |store| {
    let (desk, running) = Desk::in_sandbox(store).await;
    let fields = json!({"host": running.url(), "identifier": "ada.sandbox.test", "password": PASSWORD});
    let body = json!({"platform": "bluesky", "fields": fields});
    let keyed = desk.owner.with("idempotency-key", "connect");
    let path = format!("{}/channels", desk.base);
    let made = keyed.post(&path, body.clone()).await;
    let id = made.expect(201).text("/channels/0/id");
    assert_eq!(made.text("/channels/0/handle"), "ada.sandbox.test");
    assert_eq!(made.header("location"), format!("{path}/{id}"));
    assert!(!made.text.contains(PASSWORD), "no answer carries a secret");
    let again = keyed.post(&path, body).await;
    assert_eq!(again.expect(201).text("/channels/0/id"), id);
    let listed = desk.get("/channels").await;
    assert_eq!(
        (listed.expect(200).text("/items/0/id"), listed.text("/items/0/state")),
        (id.clone(), "connected".into())
    );
    assert_eq!(desk.get(&format!("/channels/{id}")).await.expect(200).text("/platform_name"), "Bluesky");
    let channel: ChannelId = id.parse().expect("an id");
    let post = desk.create("hello", channel, json!({"at": "2099-07-01T09:00:00+02:00"})).await.expect(201).text("/id");
    let gone = desk.owner.delete(&format!("{path}/{id}")).await;
    assert_eq!((gone.expect(200).text("/revocation"), gone.text("/held/0/post")), ("revoked".into(), post));
    assert_eq!(gone.body["tokens_destroyed"], true);
    assert_eq!(desk.get("/channels").await.body["items"], json!([]));
    assert_eq!(desk.get("/channels?all=true").await.text("/items/0/state"), "disconnected");
    running.shutdown().await;
});

store_test!(a_failed_connection_says_step_field_words_and_number_and_frees_its_key, |store| {
    let (desk, running) = Desk::in_sandbox(store).await;
    let path = format!("{}/channels", desk.base);
    let body = |password: &str| {
        let fields = json!({"host": running.url(), "identifier": "ada.sandbox.test", "password": password});
        json!({"platform": "bluesky", "fields": fields})
    };
    let keyed = desk.owner.with("idempotency-key", "connect");
    let wrong = keyed.post(&path, body("wrong-password")).await;
    wrong.problem(422, "credentials_refused").issue("credentials_refused", "/fields/password");
    assert!(!wrong.text("/step").is_empty() && !wrong.text("/words").is_empty() && !wrong.text("/instance").is_empty());
    assert!(!wrong.text.contains("wrong-password"));
    keyed.post(&path, body(PASSWORD)).await.expect(201);
    desk.post("/channels", json!({"platform": "myspace"})).await.issue("platform_unknown", "/platform");
    let stray = json!({"platform": "bluesky", "fields": {"hots": "x"}});
    desk.post("/channels", stray).await.problem(422, "invalid_fields").issue("unknown_field", "/fields/hots");
    running.shutdown().await;
});

store_test!(unknown_pds, |store| {
    let unknown = TransportError::UnknownHost { host: "pds.invalid".into() };
    let api = TestApi::with(store, Arc::new(FakeTransport::failing(Err(unknown))), quiet()).await;
    let desk = Desk::of(api).await;
    let fields = json!({"host": "https://pds.invalid", "identifier": "ada.example", "password": PASSWORD});
    let refused = desk.post("/channels", json!({"platform": "bluesky", "fields": fields})).await;
    refused.problem(422, "host_unknown").issue("host_unknown", "/fields/host");
    assert!(refused.text("/detail").contains("pds.invalid"));
});

store_test!(pds_that_resolves_to_a_private_address, |store| {
    let network = Network::new(OpenHosts::default(), "test").expect("a client");
    let desk = Desk::of(TestApi::with(store, Arc::new(network), quiet()).await).await;
    for host in ["https://localhost:1", "https://127.0.0.1:1"] {
        let fields = json!({"host": host, "identifier": "ada.example", "password": PASSWORD});
        let refused = desk.post("/channels", json!({"platform": "bluesky", "fields": fields})).await;
        refused.problem(422, "host_private").issue("host_private", "/fields/host");
    }
});

store_test!(connectors_say_what_a_form_needs, |store| {
    let desk = Desk::new(store).await;
    let listed = desk.owner.get("/api/v1/connectors").await;
    let all = listed.expect(200).body["items"].as_array().cloned().expect("a list");
    let bluesky = all.iter().find(|connector| connector["id"] == "bluesky").expect("is listed");
    let fields = bluesky["fields"].as_array().expect("a form");
    assert!(fields.iter().any(|field| field["name"] == "password" && field["secret"] == true));
    assert!(bluesky["settings"]["properties"].is_object());
    desk.owner.api.nobody().get("/api/v1/connectors").await.problem(401, "not_logged_in");
});

store_test!(labels_are_changed_and_deleted, |store| {
    let desk = Desk::new(store).await;
    let id = desk.post("/labels", json!({"name": "bread", "colour": "#2F6F4F"})).await.expect(201).text("/id");
    let again = desk.post("/labels", json!({"name": "bread", "colour": "#000000"})).await;
    again.problem(422, "invalid_fields").issue("conflict", "/name");
    let path = format!("{}/labels/{id}", desk.base);
    let cake = || Some(json!({"name": "cake", "colour": "#000000"}));
    desk.owner.send(Method::PUT, &path, cake()).await.problem(428, "version_required");
    let seen = desk.owner.get(&path).await.expect(200).header("etag").to_owned();
    let based = desk.owner.with("if-match", &seen);
    let changed = based.send(Method::PUT, &path, cake()).await;
    assert_eq!(changed.expect(200).text("/name"), "cake");
    assert_eq!(changed.header("etag"), desk.owner.get(&path).await.header("etag"));
    based.send(Method::PUT, &path, cake()).await.problem(412, "stale_version");
    assert_eq!(desk.get("/labels").await.expect(200).text("/items/0/name"), "cake");
    desk.owner.delete(&path).await.expect(204);
    desk.owner.delete(&path).await.problem(404, "not_found");
});

store_test!(a_writer_drafts_and_does_not_publish, |store| {
    let desk = Desk::new(store).await;
    let channel = desk.channel("ada.example").await;
    let writer = desk.owner.invite(&desk.ws, "writer@example.org", "writer").await;
    let path = format!("{}/posts", desk.base);
    let mut body = json!({"parts": [{"text": "hello"}], "channels": [{"channel": channel}]});
    let draft = writer.post(&path, body.clone()).await.expect(201).text("/id");
    body["when"] = json!({"now": true});
    writer.post(&path, body).await.problem(403, "forbidden");
    writer.post(&format!("{path}/{draft}/schedule"), json!({"when": {"now": true}})).await.problem(403, "forbidden");
    writer.delete(&format!("{}/channels/{channel}", desk.base)).await.problem(403, "forbidden");
});

store_test!(preflight_puts_right_what_it_can, |store| {
    let desk = Desk::new(store).await;
    let (one, two) = (desk.channel("ada.example").await, desk.channel("bob.example").await);
    let long = "One sentence that says something. ".repeat(15);
    let body = json!({"parts": [{"text": long}], "channels": [{"channel": one}]});
    let found = desk.post("/preflight", body.clone()).await;
    let fix = &found.expect(200).body["issues"][0]["fix"];
    assert_eq!(fix, &json!({"kind": "split_thread", "max": 300}));
    let fixed = desk.post("/preflight/fix", body).await;
    assert_eq!(fixed.expect(200).body["ok"], true, "{}", fixed.text);
    let parts = fixed.body["parts"].as_array().expect("parts");
    assert!(parts.len() == 2 && parts.iter().all(|part| part["text"].as_str().expect("a text").len() <= 300));
    assert_eq!(fixed.body["applied"][0]["code"], "text_too_long");
    // As it came back it can be scheduled.
    let again = json!({"parts": fixed.body["parts"], "channels": fixed.body["channels"], "when": {"now": true}});
    desk.post("/posts", again).await.expect(201);
    let tracked = format!("see https://a.example/?utm_source={}&id=7", "x".repeat(300));
    let body = json!({"parts": [{"text": tracked}], "channels": [{"channel": one}, {"channel": two}]});
    let fixed = desk.post("/preflight/fix", body).await;
    assert_eq!(fixed.expect(200).text("/parts/0/text"), "see https://a.example/?id=7");
    assert_eq!((fixed.body["ok"].clone(), fixed.body["channels"][0].get("parts")), (json!(true), None));
});
