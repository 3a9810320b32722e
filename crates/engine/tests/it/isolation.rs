//! One workspace, one account, one connector: what goes wrong there stays there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use postrider_connector::{Credentials, Registry, Request, Response, Transport, TransportError};
use postrider_domain::Code;
use postrider_domain::content::PartContent;
use postrider_domain::delivery::State;
use postrider_domain::id::ChannelId;
use postrider_domain::role::Role;
use postrider_engine::{Config, Engine, Running};
use postrider_store::repo::grants::{self, NewGrant};
use postrider_store::repo::members;
use postrider_store::repo::workspaces::{self, Profile};
use postrider_store::store_test;
use tokio::sync::watch;

use crate::fake::{IDEMPOTENT, Net};
use crate::fixture::{Fixture, quick};
use crate::rude::{BODIES, PANICS, RUDE, Rude, RudeNet};

/// What the crowd posts.
const CROWD: &str = "one of thousands";

/// A network that takes what the crowd uploads only once it is opened.
struct Slow {
    net: Arc<Net>,
    open: watch::Sender<bool>,
    under_way: AtomicUsize,
}

impl Slow {
    fn new(net: Arc<Net>) -> Arc<Self> {
        Arc::new(Self { net, open: watch::Sender::new(false), under_way: AtomicUsize::new(0) })
    }

    /// Waits until so many uploads hang.
    async fn until(&self, count: usize) {
        for _ in 0..600 {
            if self.under_way.load(Ordering::SeqCst) >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("only {} uploads", self.under_way.load(Ordering::SeqCst));
    }
}

#[async_trait]
impl Transport for Slow {
    async fn exchange(&self, request: &Request, authorization: Option<&str>) -> Result<Response, TransportError> {
        if String::from_utf8_lossy(&request.body).contains(CROWD) {
            self.under_way.fetch_add(1, Ordering::SeqCst);
            let mut open = self.open.subscribe();
            open.wait_for(|open| *open).await.expect("the network outlives its calls");
        }
        self.net.exchange(request, authorization).await
    }
}

/// A workspace of somebody else, with an account of its own.
async fn another(f: &Fixture) -> Fixture {
    let mut tx = f.store.write().await.unwrap();
    let profile = Profile { name: "Bob's", zone: "UTC", missed_window: Duration::from_secs(3600) };
    let workspace = workspaces::create(&mut tx, profile).await.unwrap().id;
    members::add(&mut tx, workspace, f.user, Role::Owner).await.unwrap();
    let tokens = Credentials::default().with("access", "token-000000").with("refresh", "refresh-secret");
    let grant = NewGrant {
        platform: IDEMPOTENT.id,
        platform_app: None,
        host: "https://fake.example",
        person_id: "another person",
        scopes: &[],
        plain: &serde_json::to_vec(&tokens).unwrap(),
        expires_at: None,
        refresh_at: None,
        created_by: f.user,
    };
    let grant = grants::create(&mut tx, workspace, grant).await.unwrap().id;
    let channel = Fixture::add_channel(&mut tx, workspace, grant, &IDEMPOTENT, "another account").await;
    tx.commit().await.unwrap();
    Fixture { store: f.store.clone(), net: f.net.clone(), kit: None, workspace, user: f.user, grant, channel }
}

/// 5,000 deliveries of the workspace that are due: 20 on each of 250 accounts.
async fn crowd(f: &Fixture) {
    let mut tx = f.store.write().await.unwrap();
    let mut accounts = Vec::new();
    for n in 0..250 {
        accounts.push(Fixture::add_channel(&mut tx, f.workspace, f.grant, &IDEMPOTENT, &format!("account {n}")).await);
    }
    let part = PartContent { text: CROWD.to_owned(), media: vec![], delay_s: 0 };
    let post = f.post(&mut tx, &accounts, vec![part]).await;
    let at = tx.now() - SignedDuration::from_secs(60);
    for channel in accounts {
        for n in 0..20 {
            f.deliver(&mut tx, post, channel, &format!("2026-01-01T00:00:{n:02}"), at).await;
        }
    }
    tx.commit().await.unwrap();
}

/// An engine on another network. Signs of life are as rare as shipped: a crowd gives many.
async fn engine_on(f: &Fixture, transport: Arc<dyn Transport>) -> Running {
    let config = Config { heartbeat: Config::default().heartbeat, ..quick() };
    let engine = Engine { transport, ..f.prepared(&f.store, 1, config) };
    engine.start().await.unwrap()
}

store_test!(thousands_of_slow_uploads_of_one_workspace_leave_room_for_another, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    let other = another(&f).await;
    crowd(&f).await;
    let slow = Slow::new(f.net.clone());
    let engine = engine_on(&f, slow.clone()).await;
    let seats = Config::default().slots;
    slow.until(seats).await;
    for text in ["mine", "mine too"] {
        let mine = other.schedule(&[text], 0).await;
        other.until(mine, State::Published).await;
    }
    assert_eq!(f.net.texts(), ["mine", "mine too"], "all of the crowd still hangs");
    assert_eq!(slow.under_way.load(Ordering::SeqCst), seats, "and has taken no seat more");
    slow.open.send_replace(true);
    slow.until(seats + 1).await;
    engine.stop().await.unwrap();
});

store_test!(the_last_to_fall_due_does_not_wait_for_thousands_before_it, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    let other = another(&f).await;
    crowd(&f).await;
    let mine = other.schedule(&["mine"], 0).await;
    let engine = f.engine_of(&f.store, 1, Config { heartbeat: Config::default().heartbeat, ..quick() }).await;
    other.until(mine, State::Published).await;
    let texts = f.net.texts();
    let before = texts.iter().position(|text| text == "mine").expect("it is out");
    // Those that are claimed with it, and what overtakes it on the way: far from the 5,000 that fell due before it.
    assert!(before < 500, "{before} went out first");
    engine.stop().await.unwrap();
});

/// A fixture of the rude platform, with one account for each of these names.
async fn rude(f: &Fixture, names: &[&str]) -> Vec<ChannelId> {
    let mut tx = f.store.write().await.unwrap();
    let mut accounts = Vec::new();
    for name in names {
        accounts.push(Fixture::add_channel(&mut tx, f.workspace, f.grant, &RUDE, name).await);
    }
    tx.commit().await.unwrap();
    accounts
}

async fn rude_engine(f: &Fixture) -> Running {
    let registry = Registry::new(vec![Arc::new(Rude)]);
    let transport = Arc::new(RudeNet::new(f.net.clone()));
    let engine = Engine { registry, transport, ..f.prepared(&f.store, 1, quick()) };
    engine.start().await.unwrap()
}

store_test!(an_answer_that_nobody_understands_costs_its_own_delivery_one_attempt, |store| {
    let f = Fixture::new(store, &RUDE).await;
    let accounts = rude(&f, &BODIES).await;
    let engine = rude_engine(&f).await;
    let mut hurt = Vec::new();
    for (channel, name) in accounts.iter().zip(BODIES) {
        hurt.push(f.schedule_on(*channel, &[name], 0, SignedDuration::ZERO).await);
    }
    let well = f.schedule(&["well"], 0).await;
    f.until(well, State::Published).await;
    assert_eq!(f.attempts(well).await.len(), 1);
    for (id, name) in hurt.iter().zip(BODIES) {
        let waiting = f.until(*id, State::Waiting).await;
        assert_eq!((waiting.failures, waiting.code), (1, Some(Code::PlatformDown)), "{name}");
        let attempts = f.attempts(*id).await;
        assert_eq!((attempts.len(), attempts[0].outcome.as_str()), (1, "transient"), "{name}: {attempts:?}");
        let kept = attempts[0].exchanges.as_ref().unwrap().to_string().len();
        assert!(kept < 20_000, "{name}: {kept} bytes are kept");
    }
    for (id, name) in hurt.into_iter().zip(BODIES) {
        f.until_advancing(id, State::Published).await;
        assert_eq!(f.net.texts().iter().filter(|text| *text == name).count(), 1, "{name}");
    }
    engine.stop().await.unwrap();
});

store_test!(a_connector_that_panics_anywhere_hurts_its_own_delivery_and_no_other, |store| {
    let f = Fixture::new(store, &RUDE).await;
    let accounts = rude(&f, &PANICS).await;
    let engine = rude_engine(&f).await;
    let mut hurt = Vec::new();
    for (channel, text) in accounts.iter().zip(PANICS) {
        hurt.push(f.schedule_on(*channel, &[text], 0, SignedDuration::ZERO).await);
    }
    let well = f.schedule(&["well"], 0).await;
    f.until(well, State::Published).await;
    for channel in accounts {
        let after = f.schedule_on(channel, &["after"], 0, SignedDuration::ZERO).await;
        f.until(after, State::Published).await;
    }
    // It is tried again within its window, and no longer.
    f.store.advance(SignedDuration::from_hours(2));
    for (id, text) in hurt.iter().zip(PANICS) {
        let ended = f.until_advancing(*id, State::Failed).await;
        assert!(ended.published_at.is_none() && ended.failures > 0, "{text}: {ended:?}");
    }
    assert_eq!(f.net.texts().iter().filter(|text| *text != "after").collect::<Vec<_>>(), ["well"]);
    engine.stop().await.unwrap();
});
