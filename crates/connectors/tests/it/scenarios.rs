//! Each content kind from connecting to the public page, against the sandbox over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use postrider_connector::auth::{Auth, AuthCx, ConnectError, Revocation};
use postrider_connector::client::Client;
use postrider_connector::error::{Failure, Until};
use postrider_connector::guard::OpenHosts;
use postrider_connector::testkit::{Files, Ticks, part_input};
use postrider_connector::{Connector, Cx, Effect, Lookup, Outcome, PlanCx, Request, Transport as _};
use postrider_connectors::{bluesky::Bluesky, webhook::Webhook};
use postrider_domain::Code;
use postrider_sandbox::seed::Person;
use postrider_sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};

use crate::channel::{Channel, Open, variant};
use crate::samples::SECRET;

const PASSWORD: &str = "q3fz-2mna-wd7k-ehx5";

/// A served sandbox, with a client that may reach it.
pub(crate) struct World {
    pub(crate) running: Running,
    pub(crate) client: Client,
    pub(crate) ticks: Ticks,
    /// How far the sandbox's clock is ahead, in seconds.
    ahead: Arc<AtomicI64>,
}

impl World {
    pub(crate) async fn new() -> Self {
        // Half a minute after the ticks begin: within the tolerance of every signature.
        let noon: Timestamp = "2026-11-23T12:00:30Z".parse().expect("a time");
        let ahead = Arc::new(AtomicI64::new(0));
        let offset = Arc::clone(&ahead);
        let clock = move || noon + SignedDuration::from_secs(offset.load(Ordering::Relaxed));
        let sandbox = Sandbox::new(Options::new(Arc::new(clock), 7));
        for handle in ["ada.sandbox.test", "bob.sandbox.test"] {
            sandbox.add_account(&Person::new(handle, "A Person", PASSWORD)).expect("an account");
        }
        let running = sandbox.serve("127.0.0.1:0").await.expect("a free port");
        let open = OpenHosts::new(running.addresses().map(|addr| addr.to_string()));
        let client = Client::new(open, "Postrider/test").expect("a client");
        Self { running, client, ticks: Ticks::default(), ahead }
    }

    pub(crate) fn hours_pass(&self, hours: i64) {
        self.ahead.fetch_add(hours * 3_600, Ordering::Relaxed);
    }

    pub(crate) async fn connect<'a>(
        &'a self,
        connector: &'a dyn Connector,
        pairs: &[(&str, &str)],
    ) -> Result<Channel<'a>, ConnectError> {
        Channel::connect((&self.client, &self.ticks), connector, pairs).await
    }

    pub(crate) async fn bluesky(&self, handle: &str) -> Channel<'_> {
        let host = self.running.url();
        let form = [("host", host.as_str()), ("identifier", handle), ("password", PASSWORD)];
        self.connect(&Bluesky, &form).await.expect("connected")
    }

    pub(crate) async fn webhook(&self, inbox: &str, deduplicates: bool) -> Channel<'_> {
        let settings = json!({"inbox": inbox, "secret": SECRET, "dedupe": deduplicates});
        assert_eq!(self.post("/_webhooks", &settings).await, 200);
        let url = format!("{}/webhook/{inbox}", self.running.url());
        let flag = if deduplicates { "true" } else { "false" };
        let form = [("url", url.as_str()), ("secret", SECRET), ("deduplicates", flag)];
        self.connect(&Webhook, &form).await.expect("connected")
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> u16 {
        let request = Request::post_json(format!("{}{path}", self.running.url()), body);
        self.client.exchange(&request, None).await.expect("an answer").status
    }

    /// The next call of this method, or under this path, goes wrong.
    pub(crate) async fn fault(&self, matching: &str, kind: Value) {
        assert_eq!(self.post("/_faults", &json!({"match": matching, "kind": kind})).await, 201);
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        let request = Request::get(format!("{}{path}", self.running.url()));
        self.client.exchange(&request, None).await.expect("an answer").json().expect("JSON")
    }

    /// Live records of a collection, and every write that ever gave one a value.
    pub(crate) async fn records(&self, handle: &str, collection: &str) -> (Vec<Value>, usize) {
        let feed = self.json(&format!("/bluesky/{handle}.json")).await;
        let of = |name: &str| -> Vec<Value> {
            let all = feed[name].as_array().expect("a list").iter();
            all.filter(|record| record["collection"] == collection).cloned().collect()
        };
        let mut live = of("records");
        live.sort_by_key(|record| record["rkey"].to_string());
        (live, of("ever").len())
    }
}

const POST: &str = "app.bsky.feed.post";
const GATE: &str = "app.bsky.feed.threadgate";

// Bluesky

#[tokio::test]
async fn bluesky_text_with_facets_languages_and_labels() {
    let world = World::new().await;
    let ada = world.bluesky("ada.sandbox.test").await;
    let text = "Grüße 👩‍🚀 @bob.sandbox.test, @no.sandbox.test: https://example.com/ä #größe";
    let receipts = ada.publish(&variant(&[text], &json!({"langs": ["de"], "labels": ["nudity"]}))).await;
    let (posts, writes) = world.records("ada.sandbox.test", POST).await;
    assert_eq!((posts.len(), writes), (1, 1));
    assert_eq!((&posts[0]["uri"], &posts[0]["cid"]), (&json!(receipts[0].remote_id), &receipts[0].extra["cid"]));
    let value = &posts[0]["value"];
    assert_eq!((&value["text"], &value["langs"]), (&json!(text), &json!(["de"])));
    let features: Vec<String> = value["facets"]
        .as_array()
        .expect("facets")
        .iter()
        .map(|facet| {
            let at = |name: &str| facet["index"][name].as_u64().expect("an offset") as usize;
            text[at("byteStart")..at("byteEnd")].to_owned()
        })
        .collect();
    assert_eq!(features, ["@bob.sandbox.test", "https://example.com/ä", "#größe"]);
    assert_eq!(value["labels"]["values"], json!([{"val": "nudity"}]));
}

#[tokio::test]
async fn bluesky_thread_with_a_gate() {
    let world = World::new().await;
    let ada = world.bluesky("ada.sandbox.test").await;
    let receipts = ada.publish(&variant(&["one", "two", "three"], &json!({"reply_gate": ["followers"]}))).await;
    let (posts, writes) = world.records("ada.sandbox.test", POST).await;
    assert_eq!((posts.len(), writes, receipts.len()), (3, 3, 3));
    for (index, post) in posts.iter().enumerate() {
        assert_eq!(post["uri"], receipts[index].remote_id, "keys keep the order of the parts");
        if index > 0 {
            let reply = &post["value"]["reply"];
            assert_eq!(reply["root"]["uri"], receipts[0].remote_id);
            assert_eq!(reply["parent"]["uri"], receipts[index - 1].remote_id);
        }
    }
    let (gates, _) = world.records("ada.sandbox.test", GATE).await;
    assert_eq!((gates.len(), &gates[0]["value"]["post"]), (1, &json!(receipts[0].remote_id)));
    assert_eq!(gates[0]["value"]["allow"], json!([{"$type": "app.bsky.feed.threadgate#followerRule"}]));
}

#[tokio::test]
async fn bluesky_quotes_of_own_and_of_others_posts() {
    let world = World::new().await;
    let bob = world.bluesky("bob.sandbox.test").await;
    let original = bob.publish(&variant(&["the original"], &json!({}))).await.remove(0);
    let ada = world.bluesky("ada.sandbox.test").await;
    let by_link = json!({"quote": original.url});
    let first = ada.publish(&variant(&["look"], &by_link)).await.remove(0);
    ada.publish(&variant(&["look again"], &json!({"quote": first.remote_id}))).await;
    let (posts, _) = world.records("ada.sandbox.test", POST).await;
    assert_eq!(posts[0]["value"]["embed"]["record"]["uri"], original.remote_id);
    assert_eq!(posts[0]["value"]["embed"]["record"]["cid"], original.extra["cid"]);
    assert_eq!(posts[1]["value"]["embed"]["record"]["uri"], first.remote_id);
    let gone = variant(&["look"], &json!({"quote": format!("at://{}/{POST}/3kabcdefgh22a", bob.account.remote_id)}));
    let part = part_input(&Files::default(), &gone, 0, &[]);
    let error = ada.step(&part, &ada.begin(&part)).await.expect_err("not there");
    assert!(matches!(error.failure, Failure::Rejected { code: Code::QuoteNotFound, .. }), "{error}");
}

#[tokio::test]
async fn bluesky_answers_that_are_lost_leave_one_post() {
    let accepted = json!({"after_accept": true});
    let failing = json!({"code": 500, "after_accept": true});
    for kind in [json!({"drop": accepted}), json!({"status": failing}), json!({"drop": {}})] {
        let world = World::new().await;
        let ada = world.bluesky("ada.sandbox.test").await;
        let content = variant(&["once"], &json!({}));
        let part = part_input(&Files::default(), &content, 0, &[]);
        let state = ada.begin(&part);
        world.fault("com.atproto.repo.putRecord", kind.clone()).await;
        let error = ada.step(&part, &state).await.expect_err("the answer is lost");
        assert_eq!(error.failure, Failure::Transient, "{kind}: {error}");
        let there = kind.to_string().contains("true");
        match ada.ask(&part, &state).await {
            Lookup::Found(Outcome::Done(_)) => assert!(there, "{kind}"),
            Lookup::Absent => assert!(!there, "{kind}"),
            other => panic!("{kind}: {other:?}"),
        }
        let receipt = ada.finish(&part, state).await;
        let (posts, writes) = world.records("ada.sandbox.test", POST).await;
        assert_eq!((posts.len(), writes), (1, 1), "{kind}");
        assert_eq!(posts[0]["uri"], receipt.remote_id);
    }
}

#[tokio::test]
async fn bluesky_rate_limits_say_when_to_come_back() {
    let world = World::new().await;
    let ada = world.bluesky("ada.sandbox.test").await;
    let content = variant(&["later"], &json!({}));
    let part = part_input(&Files::default(), &content, 0, &[]);
    world.fault("com.atproto.repo.putRecord", json!({"rate_limit": {"retry_after_s": 90}})).await;
    let error = ada.step(&part, &ada.begin(&part)).await.expect_err("limited");
    let Failure::RateLimited { until: Until::At(at), .. } = error.failure else { panic!("{error:?}") };
    assert_eq!(at.to_string(), "2026-11-23T12:02:00Z");
    let state = ada.begin(&part);
    let digest = ada.connector.effect(&ada.account, &part, &state).expect("an effect").sends().expect("a write");
    let cx = Cx::sending(&world.client, &ada.credentials, &Open, digest);
    ada.connector.step(&cx, &ada.account, &part, &state).await.expect("published");
    let hint = ada.connector.rate(&cx.answers()[0]).expect("rate headers");
    assert!(hint.remaining < 5_000 && hint.limit == Some(5_000), "{hint:?}");
}

#[tokio::test]
async fn bluesky_sessions_rotate_and_an_expired_token_is_renewed() {
    let world = World::new().await;
    let mut ada = world.bluesky("ada.sandbox.test").await;
    let first = ada.credentials.clone();
    world.hours_pass(3);
    let content = variant(&["after a while"], &json!({}));
    let part = part_input(&Files::default(), &content, 0, &[]);
    let state = ada.begin(&part);
    assert_eq!(ada.step(&part, &state).await.expect_err("expired").failure, Failure::Reauth);
    ada.refresh().await.expect("refreshed");
    assert_ne!(first.get("refresh"), ada.credentials.get("refresh"));
    ada.finish(&part, state).await;
    assert_eq!(world.records("ada.sandbox.test", POST).await.1, 1);
    // A crash between answer and commit: the old token is tried once more, and leads on.
    let second = std::mem::replace(&mut ada.credentials, first.clone());
    ada.refresh().await.expect("within the grace");
    world.hours_pass(3);
    ada.credentials = first;
    assert_eq!(ada.refresh().await.expect_err("used long ago").failure, Failure::Reauth);
    ada.credentials = second;
    ada.refresh().await.expect("the newest always works");
}

#[tokio::test]
async fn bluesky_sessions_end_when_revoked_or_logged_out() {
    let world = World::new().await;
    let mut ada = world.bluesky("ada.sandbox.test").await;
    assert_eq!(world.post("/_accounts/ada.sandbox.test/revoke", &json!({"password": true})).await, 200);
    let content = variant(&["not any more"], &json!({}));
    let part = part_input(&Files::default(), &content, 0, &[]);
    assert_eq!(ada.step(&part, &ada.begin(&part)).await.expect_err("revoked").failure, Failure::Reauth);
    assert_eq!(ada.refresh().await.expect_err("revoked").failure, Failure::Reauth);
    let bob = world.bluesky("bob.sandbox.test").await;
    let Auth::Session(auth) = bob.connector.auth() else { panic!("no session") };
    let cx = AuthCx(Cx::reading(&world.client, &bob.credentials));
    assert_eq!(auth.log_out(&cx, &bob.account.host).await, Ok(Revocation::Revoked));
    assert_eq!(auth.refresh(&cx, &bob.account.host).await.expect_err("ended").failure, Failure::Reauth);
    assert_eq!(auth.log_out(&cx, &bob.account.host).await, Ok(Revocation::Revoked), "a second time");
}

#[tokio::test]
async fn bluesky_log_ins_that_fail_say_why() {
    let world = World::new().await;
    let url = world.running.url();
    let failed = |host: String, password: &'static str| {
        let world = &world;
        async move {
            let form = [("host", host.as_str()), ("identifier", "ada.sandbox.test"), ("password", password)];
            world.connect(&Bluesky, &form).await.err().map(|error| (error.code, error.field, error.step))
        }
    };
    let wrong = failed(url.clone(), "wrong-password").await;
    assert_eq!(wrong, Some((Code::CredentialsRefused, "password", "log_in")));
    let private = failed("https://127.0.0.1:1".into(), PASSWORD).await;
    assert_eq!(private, Some((Code::HostPrivate, "host", "find_server")));
    world.fault("com.atproto.server.describeServer", json!({"status": {"code": 404, "body": "<html>"}})).await;
    assert_eq!(failed(url.clone(), PASSWORD).await, Some((Code::HostNotSupported, "host", "find_server")));
    world.fault("com.atproto.server.createSession", json!({"rate_limit": {"retry_after_s": 60}})).await;
    assert_eq!(failed(url.clone(), PASSWORD).await, Some((Code::RateLimited, "", "log_in")));
    assert_eq!(failed(url, PASSWORD).await, None);
}

// Webhooks

#[tokio::test]
async fn webhook_events_arrive_signed_one_for_each_part() {
    let world = World::new().await;
    let hook = world.webhook("orders", false).await;
    let receipts = hook.publish(&variant(&["one", "two"], &json!({"data": {"campaign": 7}}))).await;
    let inbox = world.json("/webhook/orders.json").await;
    assert_eq!(inbox["refused"], json!([]));
    let events = inbox["deliveries"].as_array().expect("deliveries");
    assert_eq!(events.len(), 2);
    for (index, event) in events.iter().enumerate() {
        assert_eq!((&event["id"], &event["verified"]), (&json!(receipts[index].remote_id), &json!(true)));
        let body: Value = serde_json::from_str(event["body"].as_str().expect("text")).expect("JSON");
        assert_eq!(body["data"]["text"], ["one", "two"][index]);
        assert_eq!(body["data"]["data"]["campaign"], 7);
        let parent = index.checked_sub(1).map(|before| receipts[before].remote_id.clone());
        assert_eq!(body["data"]["parent"], json!(parent));
    }
}

#[tokio::test]
async fn a_lost_answer_is_repeated_only_where_copies_are_dropped() {
    let world = World::new().await;
    let content = variant(&["once"], &json!({}));
    let part = part_input(&Files::default(), &content, 0, &[]);
    let (once, many) = (world.webhook("once", false).await, world.webhook("many", true).await);
    world.fault("/webhook/once", json!({"drop": {"after_accept": true}})).await;
    let state = once.begin(&part);
    assert_eq!(once.step(&part, &state).await.expect_err("lost").failure, Failure::Ambiguous);
    assert!(matches!(once.ask(&part, &state).await, Lookup::Unknown { .. }));
    assert_eq!(world.json("/webhook/once.json").await["deliveries"].as_array().map(Vec::len), Some(1));
    world.fault("/webhook/many", json!({"drop": {"after_accept": true}})).await;
    let state = many.begin(&part);
    assert!(matches!(many.connector.effect(&many.account, &part, &state), Ok(Effect::Idempotent { .. })));
    assert_eq!(many.step(&part, &state).await.expect_err("lost").failure, Failure::Transient);
    let mut plan = PlanCx::new(world.ticks.now(), &world.ticks);
    let renewed = many.connector.renew(&mut plan, &part, state).expect("renewed");
    many.finish(&part, renewed).await;
    let inbox = world.json("/webhook/many.json").await;
    assert_eq!((inbox["deliveries"].as_array().map(Vec::len), &inbox["duplicates"]), (Some(1), &json!(1)));
}

#[tokio::test]
async fn a_receiver_with_another_secret_refuses_and_nothing_is_kept() {
    let world = World::new().await;
    let mut hook = world.webhook("orders", false).await;
    hook.credentials = hook.credentials.with("secret", "another secret of 24 bytes and more");
    let content = variant(&["once"], &json!({}));
    let part = part_input(&Files::default(), &content, 0, &[]);
    let error = hook.step(&part, &hook.begin(&part)).await.expect_err("refused");
    assert!(matches!(error.failure, Failure::Rejected { code: Code::ReceiverRefused, .. }), "{error}");
    assert!(error.words.is_some_and(|words| words.contains("does not match")));
    assert_eq!(world.json("/webhook/orders.json").await["deliveries"], json!([]));
}

#[tokio::test]
async fn a_receiver_in_a_private_network_is_refused_when_connecting() {
    let world = World::new().await;
    let form = [("url", "https://127.0.0.1:1/hook"), ("secret", SECRET)];
    let error = world.connect(&Webhook, &form).await.err().expect("private");
    assert_eq!((error.code, error.field), (Code::HostPrivate, "url"));
    let plain = [("url", "http://example.com/hook"), ("secret", SECRET)];
    let error = world.connect(&Webhook, &plain).await.err().expect("not https");
    assert_eq!((error.code, error.field), (Code::UrlInvalid, "url"));
}
