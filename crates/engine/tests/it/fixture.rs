//! A workspace with one channel, an engine, and short waits.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use postrider_connector::{Credentials, Descriptor};
use postrider_domain::content::{ChannelContent, Content, PartContent};
use postrider_domain::delivery::State;
use postrider_domain::id::{ChannelId, DeliveryId, GrantId, NodeId, PostId, UserId, WorkspaceId};
use postrider_domain::role::Role;
use postrider_engine::media::Kit;
use postrider_engine::{Config, Engine, Metrics, Running};
use postrider_store::repo::apps;
use postrider_store::repo::attempts::{self, Attempt};
use postrider_store::repo::channels::{self, NewChannel};
use postrider_store::repo::deliveries::{self, Delivery, NewDelivery};
use postrider_store::repo::grants::{self, NewGrant};
use postrider_store::repo::members;
use postrider_store::repo::posts::{self, NewPost};
use postrider_store::repo::users::{self, NewUser};
use postrider_store::repo::workspaces::{self, Profile};
use postrider_store::testkit::TestStore;
use postrider_store::{Bell, Store};

use crate::fake::{Net, registry};

pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) net: Arc<Net>,
    pub(crate) kit: Option<Kit>,
    pub(crate) workspace: WorkspaceId,
    pub(crate) user: UserId,
    pub(crate) grant: GrantId,
    pub(crate) channel: ChannelId,
}

pub(crate) fn quick() -> Config {
    Config {
        heartbeat: Duration::from_millis(200),
        poll: Duration::from_millis(50),
        rescue_every: Duration::from_millis(50),
        ..Config::default()
    }
}

pub(crate) fn node(n: u128) -> NodeId {
    NodeId::from_uuid(uuid::Uuid::from_u128(n))
}

impl Fixture {
    pub(crate) async fn new(store: &TestStore, platform: &'static Descriptor) -> Self {
        let store: Store = (**store).clone();
        postrider_store::repo::instance::ensure(&store).await.unwrap();
        let net = Arc::new(Net::default());
        let mut tx = store.write().await.unwrap();
        let user = NewUser { email: "ada@example.org", name: "Ada", password_hash: "-", operator: true };
        let user = users::create(&mut tx, user).await.unwrap().id;
        let profile = Profile { name: "Ada's", zone: "UTC", missed_window: Duration::from_secs(3600) };
        let workspace = workspaces::create(&mut tx, profile).await.unwrap().id;
        members::add(&mut tx, workspace, user, Role::Owner).await.unwrap();
        let tokens = Credentials::default().with("access", "token-000000").with("refresh", "refresh-secret");
        let grant = NewGrant {
            platform: platform.id,
            platform_app: None,
            host: "https://fake.example",
            person_id: "person",
            scopes: &[],
            plain: &serde_json::to_vec(&tokens).unwrap(),
            expires_at: None,
            refresh_at: None,
            created_by: user,
        };
        let grant = grants::create(&mut tx, workspace, grant).await.unwrap().id;
        let channel = Self::add_channel(&mut tx, workspace, grant, platform, "account").await;
        tx.commit().await.unwrap();
        Self { store, net, kit: None, workspace, user, grant, channel }
    }

    /// The same at noon UTC of some day, for tests that count days.
    pub(crate) async fn at_noon(store: &TestStore, platform: &'static Descriptor) -> Self {
        let now = store.now().await.unwrap().as_second();
        store.advance(SignedDuration::from_secs((12 * 3600 - now).rem_euclid(24 * 3600)));
        Self::new(store, platform).await
    }

    pub(crate) async fn add_channel(
        tx: &mut postrider_store::Tx,
        workspace: WorkspaceId,
        grant: GrantId,
        platform: &'static Descriptor,
        account: &str,
    ) -> ChannelId {
        let facts = serde_json::json!({});
        let channel = Self::channel_of(grant, platform, account, &facts);
        channels::upsert(tx, workspace, channel).await.unwrap().id
    }

    /// Another account of the same person, through an app of the instance.
    pub(crate) async fn add_app_channel(
        &self,
        platform: &'static Descriptor,
        app: postrider_domain::id::PlatformAppId,
        account: &str,
    ) -> ChannelId {
        let mut tx = self.store.write().await.unwrap();
        let mine = grants::get(&mut tx, self.workspace, self.grant).await.unwrap();
        let plain = grants::open_credentials(&mut tx, &mine).await.unwrap();
        let grant = NewGrant {
            platform: platform.id,
            platform_app: Some(app),
            host: "https://fake.example",
            person_id: account,
            scopes: &[],
            plain: &plain,
            expires_at: None,
            refresh_at: None,
            created_by: self.user,
        };
        let grant = grants::create(&mut tx, self.workspace, grant).await.unwrap().id;
        let id = Self::add_channel(&mut tx, self.workspace, grant, platform, account).await;
        tx.commit().await.unwrap();
        id
    }

    /// A platform app of the instance.
    pub(crate) async fn add_app(
        &self,
        platform: &'static Descriptor,
        client_id: &str,
    ) -> postrider_domain::id::PlatformAppId {
        let mut tx = self.store.write().await.unwrap();
        let host = "https://fake.example";
        let app = apps::NewApp {
            workspace: None,
            platform: platform.id,
            host,
            client_id,
            secret: b"secret",
            server: None,
            redirect_uri: None,
        };
        let id = apps::create(&mut tx, app).await.unwrap().id;
        tx.commit().await.unwrap();
        id
    }

    /// What is known about the fixture's account changes.
    pub(crate) async fn set_facts(&self, platform: &'static Descriptor, facts: &serde_json::Value) {
        let mut tx = self.store.write().await.unwrap();
        let channel = Self::channel_of(self.grant, platform, "account", facts);
        channels::upsert(&mut tx, self.workspace, channel).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn channel_of<'a>(
        grant: GrantId,
        platform: &'static Descriptor,
        account: &'a str,
        facts: &'a serde_json::Value,
    ) -> NewChannel<'a> {
        NewChannel {
            grant: Some(grant),
            platform: platform.id,
            host: "https://fake.example",
            remote_id: account,
            handle: account,
            name: account,
            picture: None,
            url: None,
            facts,
            min_gap: platform.min_gap,
        }
    }

    pub(crate) async fn engine(&self) -> Running {
        self.engine_of(&self.store, 1, quick()).await
    }

    pub(crate) async fn engine_of(&self, store: &Store, n: u128, config: Config) -> Running {
        self.prepared(store, n, config).start().await.unwrap()
    }

    /// An engine beside which others may run.
    pub(crate) fn prepared(&self, store: &Store, n: u128, config: Config) -> Engine {
        Engine {
            store: store.clone(),
            registry: registry(),
            transport: self.net.clone(),
            media: self.kit.clone(),
            mail: None,
            metrics: Arc::new(Metrics::new(store, &registry())),
            config,
            node: node(n),
            host: "test".into(),
            version: "0".into(),
            alone: false,
        }
    }

    /// Schedules a thread of these texts for now, with this delay between parts.
    pub(crate) async fn schedule(&self, texts: &[&str], delay_s: u32) -> DeliveryId {
        self.schedule_on(self.channel, texts, delay_s, SignedDuration::ZERO).await
    }

    pub(crate) async fn schedule_on(
        &self,
        channel: ChannelId,
        texts: &[&str],
        delay_s: u32,
        from_now: SignedDuration,
    ) -> DeliveryId {
        let part = |(i, text): (usize, &&str)| PartContent {
            text: (*text).to_owned(),
            media: vec![],
            delay_s: if i == 0 { 0 } else { delay_s },
        };
        self.schedule_parts(channel, texts.iter().enumerate().map(part).collect(), from_now).await
    }

    pub(crate) async fn schedule_parts(
        &self,
        channel: ChannelId,
        parts: Vec<PartContent>,
        from_now: SignedDuration,
    ) -> DeliveryId {
        let mut tx = self.store.write().await.unwrap();
        let at = tx.now() + from_now;
        let id = self.plant(&mut tx, channel, parts, at).await;
        tx.commit().await.unwrap();
        id
    }

    /// A delivery at an instant, one of many of a transaction.
    pub(crate) async fn plant(
        &self,
        tx: &mut postrider_store::Tx,
        channel: ChannelId,
        parts: Vec<PartContent>,
        at: jiff::Timestamp,
    ) -> DeliveryId {
        let post = self.post(tx, &[channel], parts).await;
        self.deliver(tx, post, channel, "2026-01-01T00:00:00", at).await
    }

    /// A post for these accounts, of which nothing goes out yet.
    pub(crate) async fn post(
        &self,
        tx: &mut postrider_store::Tx,
        channels: &[ChannelId],
        parts: Vec<PartContent>,
    ) -> PostId {
        let own = |&channel: &ChannelId| ChannelContent { channel, parts: None, settings: Default::default() };
        let content = Content { parts, channels: channels.iter().map(own).collect() };
        let new = NewPost {
            author: self.user,
            content: &content,
            draft: false,
            when: None,
            missed_window: None,
            labels: &[],
            source: None,
            external_id: None,
        };
        posts::create(tx, self.workspace, new).await.unwrap().id
    }

    /// A delivery of a post on one of its accounts.
    pub(crate) async fn deliver(
        &self,
        tx: &mut postrider_store::Tx,
        post: PostId,
        channel: ChannelId,
        occurrence: &str,
        at: jiff::Timestamp,
    ) -> DeliveryId {
        let lane = channels::get(tx, self.workspace, channel).await.unwrap().lane_id;
        let new = NewDelivery { post, channel, lane, occurrence, authorised_by: self.user, at, missed_window_s: 3600 };
        deliveries::create(tx, self.workspace, &new).await.unwrap()
    }

    pub(crate) async fn get(&self, id: DeliveryId) -> Delivery {
        deliveries::get(&mut self.store.read().await.unwrap(), self.workspace, id).await.unwrap()
    }

    pub(crate) async fn attempts(&self, id: DeliveryId) -> Vec<Attempt> {
        attempts::of_delivery(&mut self.store.read().await.unwrap(), self.workspace, id).await.unwrap()
    }

    /// Waits until the delivery is in a state; the clock stands still but for what is real.
    pub(crate) async fn until(&self, id: DeliveryId, state: State) -> Delivery {
        for _ in 0..600 {
            let delivery = self.get(id).await;
            if delivery.state == state {
                return delivery;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let stuck = self.get(id).await;
        panic!("wanted {state}, is {stuck:#?}; attempts: {:#?}", self.attempts(id).await)
    }

    /// Waits until a boot has taken the delivery, or had it and left it waiting.
    pub(crate) async fn until_taken(&self, id: DeliveryId, boot: postrider_domain::id::BootId) {
        for _ in 0..600 {
            let delivery = self.get(id).await;
            if delivery.lease_boot == Some(boot) || delivery.rescues > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{boot} never takes {:#?}", self.get(id).await)
    }

    /// Moves the clock to the time at which the delivery is due.
    pub(crate) async fn until_due(&self, delivery: &Delivery) {
        let left = self.store.now().await.unwrap().duration_until(delivery.due_at);
        self.store.advance(left.max(SignedDuration::ZERO));
        self.store.wake().ring(Bell::Due);
    }

    /// Waits until a waiting delivery was tried again and rests.
    pub(crate) async fn until_moved(&self, before: &Delivery) -> Delivery {
        for _ in 0..600 {
            let delivery = self.get(before.id).await;
            if delivery.lease_epoch != before.lease_epoch && delivery.state != State::Running {
                return delivery;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nothing happens to {before:#?}")
    }

    /// Goes from one due time to the next until the delivery no longer waits.
    pub(crate) async fn until_settled(&self, waiting: Delivery) -> Delivery {
        let mut delivery = waiting;
        while delivery.state == State::Waiting {
            self.until_due(&delivery).await;
            delivery = self.until_moved(&delivery).await;
        }
        delivery
    }

    /// Waits until a delivery was tried this often, moving the clock as it waits.
    pub(crate) async fn until_attempts(&self, id: DeliveryId, count: usize) {
        for _ in 0..200 {
            if self.attempts(id).await.len() >= count {
                return;
            }
            if self.get(id).await.state == State::Waiting {
                self.store.advance(SignedDuration::from_secs(5));
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        panic!("wanted {count} attempts: {:#?}", self.attempts(id).await)
    }

    /// Like [`Self::until`], moving the ledger's clock whenever nothing can happen otherwise.
    pub(crate) async fn until_advancing(&self, id: DeliveryId, state: State) -> Delivery {
        self.until_advancing_by(id, state, SignedDuration::from_secs(5)).await
    }

    pub(crate) async fn until_advancing_by(&self, id: DeliveryId, state: State, by: SignedDuration) -> Delivery {
        for _ in 0..200 {
            let delivery = self.get(id).await;
            if delivery.state == state {
                return delivery;
            }
            if delivery.state == State::Waiting {
                self.store.advance(by);
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        let stuck = self.get(id).await;
        panic!("wanted {state}, is {stuck:#?}; attempts: {:#?}", self.attempts(id).await)
    }
}
