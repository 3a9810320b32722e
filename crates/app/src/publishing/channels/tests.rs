//! Connecting to the sandbox and to hostile addresses, and disconnecting, on both databases.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use postrider_connector::client::Client;
use postrider_connector::guard::OpenHosts;
use postrider_connector::testkit::{FakeTransport, answer};
use postrider_connector::{ConnectError, Request, Response, Transport, TransportError};
use postrider_domain::Code;
use postrider_domain::delivery::{HoldReason, State};
use postrider_domain::entitlement::Meter;
use postrider_domain::role::Role;
use postrider_domain::secret::Secret;
use postrider_sandbox::seed::Person;
use postrider_sandbox::{Options, Running, Sandbox};
use postrider_store::repo::{audit, entitlements, grants, idempotency, jobs, page, posts as post_rows};
use postrider_store::store_test;
use serde_json::json;
use tokio::sync::Notify;

use super::{Connection, Revoked};
use crate::publishing::testkit::{Scene, code, issues};
use crate::publishing::{channels, posts, requests};
use crate::{AppError, Idempotency, Result};

const PASSWORD: &str = "q3fz-2mna-wd7k-ehx5";

/// A simulated server with one account, and a client that may reach it.
async fn sandbox(store: &postrider_store::Store) -> (Scene, Running) {
    let clock = Arc::new(|| Timestamp::from_second(1_800_000_000).expect("in range"));
    let sandbox = Sandbox::new(Options::new(clock, 1));
    sandbox.add_account(&Person::new("ada.sandbox.test", "Ada", PASSWORD)).expect("an account");
    let running = sandbox.serve("127.0.0.1:0").await.expect("serves");
    let open = OpenHosts::new([running.addr.to_string()]);
    let client = Client::new(open, "test").expect("a client");
    (Scene::on(store, Arc::new(client)).await, running)
}

fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, Secret> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect()
}

fn ada(host: &str) -> BTreeMap<String, Secret> {
    fields(&[("host", host), ("identifier", "ada.sandbox.test"), ("password", PASSWORD)])
}

impl Scene {
    async fn connect(&self, platform: &str, given: BTreeMap<String, Secret>) -> Result<Connection> {
        let asked = channels::ask(&self.app, &self.caller, self.workspace, platform, given).await?;
        let mut tx = self.tx().await;
        let kept = channels::keep(&self.app, &mut tx, &self.caller, self.workspace, &asked).await?;
        tx.commit().await.expect("commits");
        Ok(kept)
    }

    async fn grant_count(&self) -> usize {
        grants::list(&mut self.tx().await, self.workspace).await.expect("a list").len()
    }
}

fn connect_error(result: Result<Connection>) -> ConnectError {
    match result.expect_err("is refused") {
        AppError::Connect(error) => error,
        other => panic!("refused otherwise: {other:?}"),
    }
}

store_test!(an_account_is_connected_once_and_again, |store| {
    let (scene, running) = sandbox(store).await;
    let first = scene.connect("bluesky", ada(&running.url())).await.expect("connects");
    let channel = &first.channels[0];
    assert_eq!((channel.handle.as_str(), channel.state), ("ada.sandbox.test", "connected"));
    assert!(channel.health.expires_at.is_some());
    let again = scene.connect("bluesky", ada(&running.url())).await.expect("connects again");
    assert_eq!(again.channels[0].id, channel.id, "the same account is the same channel");
    assert_eq!(scene.grant_count().await, 1, "the same person is the same grant");
    let mut tx = scene.tx().await;
    let used = entitlements::used(&mut tx, scene.workspace, Meter::Channels).await.expect("a figure");
    assert_eq!(used, 1);
    let grant = grants::list(&mut tx, scene.workspace).await.expect("a list").remove(0);
    assert!(grant.refresh_at < grant.expires_at);
    let plain = grants::open_credentials(&mut tx, &grant).await.expect("opens");
    assert!(String::from_utf8(plain).expect("text").contains("refresh"));
    let log = audit::list(&mut tx, scene.workspace, page::Cursor::NEWEST, 10).await.expect("a log");
    assert_eq!(log.iter().filter(|entry| entry.action == "channel.connect").count(), 2);
    drop(tx);
    let listed = channels::list(&scene.app, &scene.caller, scene.workspace, false).await.expect("a list");
    assert_eq!(listed.len(), 1);
    let one = channels::get(&scene.app, &scene.caller, scene.workspace, channel.id).await.expect("a channel");
    assert_eq!(one, listed[0]);
    running.shutdown().await;
});

store_test!(a_wrong_password_says_which_step_and_in_whose_words, |store| {
    let (scene, running) = sandbox(store).await;
    let url = running.url();
    let wrong = fields(&[("host", &url), ("identifier", "ada.sandbox.test"), ("password", "wrong-password")]);
    let error = connect_error(scene.connect("bluesky", wrong).await);
    assert_eq!((error.code, error.field), (Code::CredentialsRefused, "password"));
    assert!(error.words.is_some_and(|words| !words.is_empty() && !words.contains("wrong-password")));
    assert_eq!(scene.grant_count().await, 0);
    let missing = connect_error(scene.connect("bluesky", fields(&[("host", &url)])).await);
    assert_eq!((missing.code, missing.field), (Code::Required, "identifier"));
    let stray = scene.connect("bluesky", fields(&[("hots", &url)])).await;
    assert_eq!(issues(stray), [(Code::UnknownField, "/fields/hots".to_owned())]);
    let nowhere = scene.connect("myspace", fields(&[])).await;
    assert_eq!(issues(nowhere), [(Code::PlatformUnknown, "/platform".to_owned())]);
    running.shutdown().await;
});

store_test!(an_unknown_pds_is_named, |store| {
    let unknown = TransportError::UnknownHost { host: "pds.invalid".into() };
    let scene = Scene::on(store, Arc::new(FakeTransport::failing(Err(unknown)))).await;
    let error = connect_error(scene.connect("bluesky", ada("https://pds.invalid")).await);
    assert_eq!((error.code, error.field), (Code::HostUnknown, "host"));
    assert_eq!(error.args["host"], "pds.invalid");
});

store_test!(a_pds_that_resolves_to_a_private_address_is_refused, |store| {
    let client = Client::new(OpenHosts::default(), "test").expect("a client");
    let scene = Scene::on(store, Arc::new(client)).await;
    for host in ["https://localhost:1", "https://127.0.0.1:1", "https://[::1]:1"] {
        let error = connect_error(scene.connect("bluesky", ada(host)).await);
        assert_eq!((error.code, error.field), (Code::HostPrivate, "host"), "{host}");
    }
    let hook = fields(&[
        ("url", "https://127.0.0.1:1/hook"),
        ("secret", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="),
    ]);
    let error = connect_error(scene.connect("webhook", hook).await);
    assert_eq!((error.code, error.field), (Code::HostPrivate, "url"));
});

store_test!(the_last_channel_fits_and_one_more_does_not, |store| {
    let (scene, running) = sandbox(store).await;
    let mut tx = scene.tx().await;
    entitlements::set(&mut tx, scene.workspace, Meter::Channels, "plan", Some(0)).await.expect("a limit");
    tx.commit().await.expect("commits");
    let asked = channels::ask(&scene.app, &scene.caller, scene.workspace, "bluesky", ada(&running.url())).await;
    let asked = asked.expect("the platform agrees");
    let mut tx = scene.tx().await;
    let refused = channels::keep(&scene.app, &mut tx, &scene.caller, scene.workspace, &asked).await;
    assert_eq!(code(refused), Code::EntitlementExceeded);
    drop(tx);
    channels::abandon(&scene.app, &asked).await;
    assert_eq!(scene.grant_count().await, 0);
    let mut tx = scene.tx().await;
    entitlements::set(&mut tx, scene.workspace, Meter::Channels, "plan", Some(1)).await.expect("a limit");
    tx.commit().await.expect("commits");
    scene.connect("bluesky", ada(&running.url())).await.expect("one fits");
    running.shutdown().await;
});

store_test!(only_admins_connect, |store| {
    let (scene, running) = sandbox(store).await;
    let publisher = scene.member(Role::Publisher).await;
    let refused = channels::ask(&scene.app, &publisher, scene.workspace, "bluesky", ada(&running.url())).await;
    assert_eq!(code(refused), Code::Forbidden);
    let stranger = scene.another().await.caller;
    let hidden = channels::ask(&scene.app, &stranger, scene.workspace, "bluesky", ada(&running.url())).await;
    assert_eq!(code(hidden), Code::NotFound);
    running.shutdown().await;
});

store_test!(disconnecting_spells_out_what_it_did_and_reconnecting_resumes, |store| {
    let (scene, running) = sandbox(store).await;
    let id = scene.connect("bluesky", ada(&running.url())).await.expect("connects").channels[0].id;
    let post = scene.scheduled("one", &[id]).await;
    let done = channels::disconnect(&scene.app, &scene.caller, scene.workspace, id).await.expect("disconnects");
    assert_eq!((done.destroyed, done.revoked, done.channel.state), (true, Revoked::Yes, "disconnected"));
    assert_eq!(done.held.iter().map(|(_, post)| *post).collect::<Vec<_>>(), [post]);
    assert_eq!(scene.grant_count().await, 0, "the tokens are gone at once");
    let held = scene.post(post).await;
    assert_eq!(held.deliveries[0].state, State::Held);
    assert_eq!(held.deliveries[0].hold_reason, Some(HoldReason::Reconnect));
    assert_eq!(held.deliveries[0].code, Some(Code::HeldReconnect));
    assert!(channels::list(&scene.app, &scene.caller, scene.workspace, false).await.expect("a list").is_empty());
    assert_eq!(channels::list(&scene.app, &scene.caller, scene.workspace, true).await.expect("a list").len(), 1);
    let again = scene.connect("bluesky", ada(&running.url())).await.expect("connects again");
    assert_eq!((again.channels[0].id, again.resumed), (id, 1));
    let resumed = scene.post(post).await;
    assert_eq!(resumed.deliveries[0].state, State::Scheduled);
    assert_eq!(resumed.deliveries[0].scheduled_at, held.deliveries[0].scheduled_at, "it keeps its time");
    running.shutdown().await;
});

store_test!(a_platform_that_does_not_answer_does_not_stop_destruction, |store| {
    let scene = Scene::on(store, Arc::new(FakeTransport::always(answer(500, "down")))).await;
    let id = scene.channel("ada.example").await;
    let done = channels::disconnect(&scene.app, &scene.caller, scene.workspace, id).await.expect("disconnects");
    assert!(matches!(done.revoked, Revoked::Failed { .. }), "{:?}", done.revoked);
    assert!(done.destroyed);
    assert_eq!(scene.grant_count().await, 0);
    let again = channels::disconnect(&scene.app, &scene.caller, scene.workspace, id).await.expect("nothing is left");
    assert_eq!((again.revoked, again.destroyed), (Revoked::Nothing, false));
    let mut tx = scene.tx().await;
    let used = entitlements::used(&mut tx, scene.workspace, Meter::Channels).await.expect("a figure");
    assert_eq!(used, 0);
    scene.pass(31 * 24 * 3600);
    drop(tx);
    let mut tx = scene.tx().await;
    let boot = tx.new_id();
    let due = jobs::claim(&mut tx, boot, 10, std::time::Duration::from_secs(60)).await.expect("jobs");
    let kinds: Vec<&str> = due.iter().map(|job| job.kind.as_str()).collect();
    assert!(kinds.contains(&"erase") && kinds.contains(&"purge_identity"), "{kinds:?}");
    let purge = due.iter().find(|job| job.kind == "purge_identity").expect("a job");
    assert_eq!(purge.payload["channel"], id.to_string());
});

store_test!(nothing_is_scheduled_for_a_disconnected_channel, |store| {
    let scene = Scene::new(store).await;
    let id = scene.channel("ada.example").await;
    let draft = scene.draft("one", &[id]).await;
    channels::disconnect(&scene.app, &scene.caller, scene.workspace, id).await.expect("disconnects");
    let mut tx = scene.tx().await;
    let now = crate::publishing::when::Timing::Now;
    let refused = posts::schedule(&scene.app, &mut tx, &scene.caller, scene.workspace, draft, &now).await;
    assert_eq!(issues(refused), [(Code::ChannelDisconnected, "/channels/0/channel".to_owned())]);
    let row = post_rows::get(&mut tx, scene.workspace, draft).await.expect("the draft stays");
    assert!(row.draft);
});

store_test!(what_is_being_sent_is_left_to_the_engine_when_its_channel_goes, |store| {
    let scene = Scene::new(store).await;
    let id = scene.channel("ada.example").await;
    let new = crate::publishing::testkit::new_post("one", &[id], Some(crate::publishing::when::Timing::Now));
    let post = scene.create(&new).await.expect("a post");
    scene.intend().await;
    let done = channels::disconnect(&scene.app, &scene.caller, scene.workspace, id).await.expect("disconnects");
    assert!(done.held.is_empty());
    assert_eq!(scene.post(post).await.deliveries[0].state, State::Running);
});

/// A network on which one kind of call waits until it is let go.
struct Slow {
    network: FakeTransport,
    call: &'static str,
    reached: Notify,
    go: Notify,
}

impl Slow {
    fn new(call: &'static str, answers: Vec<Response>) -> Arc<Self> {
        let network = FakeTransport::default();
        answers.into_iter().for_each(|answer| network.next(Ok(answer)));
        Arc::new(Self { network, call, reached: Notify::new(), go: Notify::new() })
    }

    fn called(&self) -> Vec<String> {
        let method = |request: Request| request.url.rsplit(['/', '.']).next().unwrap_or_default().to_owned();
        self.network.requests().into_iter().map(method).collect()
    }
}

#[async_trait]
impl Transport for Slow {
    async fn exchange(&self, request: &Request, authorization: Option<&str>) -> Result<Response, TransportError> {
        if request.url.ends_with(self.call) {
            self.reached.notify_one();
            self.go.notified().await;
        }
        self.network.exchange(request, authorization).await
    }
}

/// Begins a request and hangs up when its platform is being asked.
async fn hang_up<T>(slow: &Slow, request: impl Future<Output = T>) {
    tokio::select! {
        _ = request => panic!("it waits for the platform"),
        () = slow.reached.notified() => {}
    }
}

store_test!(a_client_that_hangs_up_does_not_stop_destruction_nor_revocation, |store| {
    let slow = Slow::new("deleteSession", vec![answer(200, "")]);
    let scene = Scene::on(store, slow.clone()).await;
    let id = scene.channel("ada.example").await;
    hang_up(&slow, channels::disconnect(&scene.app, &scene.caller, scene.workspace, id)).await;
    assert_eq!(scene.grant_count().await, 0, "destroyed before the platform is even asked");
    slow.go.notify_one();
    scene.app.tasks.close();
    scene.app.tasks.wait().await;
    assert_eq!(slow.called(), ["deleteSession"]);
});

fn session() -> String {
    json!({"accessJwt": "a.b.c", "refreshJwt": "d.e.f", "handle": "ada.test", "did": "did:plc:ada"}).to_string()
}

store_test!(a_session_that_nobody_waits_for_is_given_back, |store| {
    let server = answer(200, r#"{"did":"did:web:pds.example","availableUserDomains":[]}"#);
    let answers = vec![server, answer(200, session()), answer(400, "{}"), answer(200, "")];
    let slow = Slow::new("createSession", answers);
    let scene = Scene::on(store, slow.clone()).await;
    let once = Idempotency::new(&scene.caller, "k", "POST /channels", b"{}");
    let form = || fields(&[("host", "pds.example"), ("identifier", "ada.test"), ("password", PASSWORD)]);
    let connect = requests::connect(&scene.app, &scene.caller, scene.workspace, "bluesky", form(), Some(&once));
    hang_up(&slow, connect).await;
    slow.go.notify_one();
    scene.app.tasks.close();
    scene.app.tasks.wait().await;
    assert_eq!(slow.called().last().map(String::as_str), Some("deleteSession"), "{:?}", slow.called());
    assert_eq!(scene.grant_count().await, 0);
    let mut tx = scene.tx().await;
    let begun = idempotency::begin(&mut tx, &once.caller, &once.key, &once.request_hash).await.expect("asks");
    assert_eq!(begun, idempotency::Begun::New, "the same request may be sent again");
});

store_test!(names_are_kept_for_their_time_from_the_last_disconnecting, |store| {
    let scene = Scene::new(store).await;
    let id = scene.channel("ada.example").await;
    let disconnect =
        async || channels::disconnect(&scene.app, &scene.caller, scene.workspace, id).await.expect("disconnects");
    let due = async || {
        let mut tx = scene.tx().await;
        let boot = tx.new_id();
        let lease = std::time::Duration::from_secs(60);
        let due = jobs::claim(&mut tx, boot, 100, lease).await.expect("claims");
        tx.commit().await.expect("commits");
        due.iter().filter(|job| job.kind == "purge_identity").count()
    };
    const DAY: i64 = 86_400;
    disconnect().await;
    scene.pass(10 * DAY);
    assert_eq!(scene.channel("ada.example").await, id, "connected again");
    scene.pass(10 * DAY);
    let last = disconnect().await;
    scene.pass(11 * DAY);
    assert_eq!(due().await, 0, "31 days after the first time, 11 after the second");
    scene.pass(20 * DAY);
    assert!(last.identity_kept_until <= scene.now().await);
    assert_eq!(due().await, 1);
});
