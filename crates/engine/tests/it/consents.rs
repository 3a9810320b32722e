//! Consents through a platform app: renewed by rotation, told apart from a refused app, and
//! given back when nobody finishes them.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use postrider_connector::auth::oauth::{Ask, Client, Driver, OAuth as _, Server, pkce};
use postrider_connector::auth::{AuthCx, ConnectFields, Connected, Credentials};
use postrider_connector::testkit::consent::{CONSENT, Consent, ConsentNet, Fault};
use postrider_connector::{Cx, Registry};
use postrider_domain::Code;
use postrider_domain::id::{ChannelId, GrantId, PlatformAppId, UserId, WorkspaceId};
use postrider_domain::role::Role;
use postrider_domain::secret::Secret;
use postrider_engine::{Engine, Metrics, Running, consent};
use postrider_store::repo::channels::{self, ChannelState, NewChannel};
use postrider_store::repo::grants::{self, Grant, GrantState, NewGrant};
use postrider_store::repo::jobs::{self, NewJob};
use postrider_store::repo::page::Cursor;
use postrider_store::repo::users::{self, NewUser};
use postrider_store::repo::workspaces::{self, Profile};
use postrider_store::repo::{apps, members, notifications, oauth};
use postrider_store::{Store, store_test};
use serde_json::json;

use crate::fixture::{node, quick};

const BACK: &str = "https://post.example/connect/callback/consentnet";

/// A workspace with one channel that was connected by consent; its tokens live an hour.
struct World {
    store: Store,
    net: ConsentNet,
    workspace: WorkspaceId,
    user: UserId,
    app: PlatformAppId,
    server: Server,
    client: Client,
}

impl World {
    async fn new(store: &Store) -> Self {
        postrider_store::repo::instance::ensure(store).await.unwrap();
        let net = ConsentNet::default();
        net.tokens_live(Some(3_600));
        let none = Credentials::default();
        let fields = ConnectFields([("server".to_owned(), Secret::new("one.example"))].into());
        let server = Consent(&CONSENT).discover(&AuthCx(Cx::reading(&net, &none)), &fields).await.unwrap();
        let client = Client { id: "our-id".into(), secret: Secret::new("our-secret") };
        net.register_by_hand(&client.id, client.secret.expose());
        let mut tx = store.write().await.unwrap();
        let user = NewUser { email: "ada@example.org", name: "Ada", password_hash: "-", operator: true };
        let user = users::create(&mut tx, user).await.unwrap().id;
        let profile = Profile { name: "Ada's", zone: "UTC", missed_window: Duration::from_secs(3600) };
        let workspace = workspaces::create(&mut tx, profile).await.unwrap().id;
        members::add(&mut tx, workspace, user, Role::Owner).await.unwrap();
        let app = apps::NewApp {
            workspace: None,
            platform: "consentnet",
            host: &server.host,
            client_id: &client.id,
            secret: client.secret.expose().as_bytes(),
            server: Some(&serde_json::to_value(&server).unwrap()),
            redirect_uri: None,
        };
        let app = apps::create(&mut tx, app).await.unwrap().id;
        tx.commit().await.unwrap();
        Self { store: store.clone(), net, workspace, user, app, server, client }
    }

    /// A fresh consent.
    async fn consent(&self) -> Credentials {
        let (state, verifier) = (Secret::new("s"), pkce::verifier(self.store.entropy().as_ref()));
        let ask = Ask { client_id: &self.client.id, redirect_uri: BACK, state: &state, verifier: &verifier };
        let url = self.net.consent(&self.server.authorize_url(&ask).unwrap()).unwrap();
        let query = url.split_once('?').unwrap().1;
        let code = query.split('&').find_map(|pair| pair.strip_prefix("code=")).unwrap();
        let driver = Driver { transport: &self.net, server: &self.server, client: &self.client };
        driver.exchange(code, &verifier, BACK).await.unwrap().credentials()
    }

    /// A channel whose tokens are to be renewed now.
    async fn channel(&self) -> (GrantId, ChannelId) {
        let plain = serde_json::to_vec(&self.consent().await).unwrap();
        let mut tx = self.store.write().await.unwrap();
        let due = Some(tx.now());
        let grant = NewGrant {
            platform: "consentnet",
            platform_app: Some(self.app),
            host: &self.server.host,
            person_id: "person-1",
            scopes: &[],
            plain: &plain,
            expires_at: due,
            refresh_at: due,
            created_by: self.user,
        };
        let grant = grants::create(&mut tx, self.workspace, grant).await.unwrap().id;
        let channel = NewChannel {
            grant: Some(grant),
            platform: "consentnet",
            host: &self.server.host,
            remote_id: "ada",
            handle: "@ada",
            name: "Ada",
            picture: None,
            url: None,
            facts: &json!({}),
            min_gap: Duration::ZERO,
        };
        let channel = channels::upsert(&mut tx, self.workspace, channel).await.unwrap().id;
        tx.commit().await.unwrap();
        (grant, channel)
    }

    async fn engine(&self) -> Running {
        Engine {
            media: None,
            mail: None,
            metrics: Arc::new(Metrics::new(&self.store, &Registry::default())),
            alone: false,
            store: self.store.clone(),
            registry: Registry::new(vec![Arc::new(Consent(&CONSENT))]),
            transport: Arc::new(self.net.clone()),
            config: quick(),
            node: node(1),
            host: "test".into(),
            version: "0".into(),
        }
        .start()
        .await
        .unwrap()
    }

    async fn grant(&self, id: GrantId) -> Grant {
        grants::get(&mut self.store.read().await.unwrap(), self.workspace, id).await.unwrap()
    }

    /// Whether a try to renew has failed and the next one has its time.
    async fn is_put_off(&self, id: GrantId) -> bool {
        self.grant(id).await.refresh_at > Some(self.store.now().await.unwrap())
    }

    /// Waits for what housekeeping does by itself.
    async fn until(&self, what: &str, mut seen: impl AsyncFnMut() -> bool) {
        for _ in 0..600 {
            if seen().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("did not happen: {what}");
    }

    async fn notes(&self, code: Code) -> usize {
        let mut tx = self.store.read().await.unwrap();
        let notes = notifications::list(&mut tx, self.user, true, Cursor::NEWEST, 50).await.unwrap();
        notes.iter().filter(|note| note.note.code == code).count()
    }

    async fn channel_state(&self, id: ChannelId) -> ChannelState {
        channels::get(&mut self.store.read().await.unwrap(), self.workspace, id).await.unwrap().state
    }
}

store_test!(tokens_of_an_hour_outlive_days_with_failures_and_rotation, |store| {
    let world = World::new(store).await;
    let (grant, channel) = world.channel().await;
    let engine = world.engine().await;
    for turn in 1..=40_i64 {
        // Every eighth time the endpoint is down at first; a network error is not a revocation.
        let down = turn % 8 == 0;
        if down {
            let asked = world.net.asked().len();
            world.net.fault(Fault::TokenDown);
            world.store.advance(SignedDuration::from_mins(50));
            world.until("a try that fails", async || world.net.asked().len() > asked).await;
            world.until("put off", async || world.is_put_off(grant).await).await;
            world.net.mend();
        }
        world.store.advance(SignedDuration::from_mins(if down { 2 } else { 50 }));
        world.until("renewed", async || world.grant(grant).await.version > turn).await;
    }
    let now = world.grant(grant).await;
    assert_eq!((now.state, now.version), (GrantState::Active, 41));
    assert_eq!(
        (world.channel_state(channel).await, world.notes(Code::NoteReconnect).await),
        (ChannelState::Connected, 0)
    );
    engine.stop().await.unwrap();
});

store_test!(a_consent_that_was_withdrawn_asks_to_reconnect_once, |store| {
    let world = World::new(store).await;
    let (grant, channel) = world.channel().await;
    world.net.withdraw();
    let engine = world.engine().await;
    world.until("noticed", async || world.grant(grant).await.state == GrantState::Reauth).await;
    assert_eq!(world.channel_state(channel).await, ChannelState::NeedsReconnect);
    assert_eq!(world.notes(Code::NoteReconnect).await, 1);
    engine.stop().await.unwrap();
});

store_test!(an_app_that_is_refused_is_told_once_and_is_no_revocation, |store| {
    let world = World::new(store).await;
    let (grant, channel) = world.channel().await;
    world.net.forget_clients();
    let engine = world.engine().await;
    let broken = async || {
        let mut tx = world.store.read().await.unwrap();
        apps::get(&mut tx, world.workspace, world.app).await.unwrap().broken_code
    };
    world.until("noticed", async || broken().await == Some(Code::OauthClientRefused)).await;
    world.until("put off", async || world.is_put_off(grant).await).await;
    let asked = world.net.asked().len();
    world.store.advance(SignedDuration::from_mins(2));
    world.until("tried again", async || world.net.asked().len() > asked).await;
    world.until("put off again", async || world.is_put_off(grant).await).await;
    assert_eq!(
        (world.channel_state(channel).await, world.grant(grant).await.state),
        (ChannelState::Connected, GrantState::Active)
    );
    assert_eq!((world.notes(Code::NoteOperator).await, world.notes(Code::NoteReconnect).await), (1, 0));
    // The secret is put right: everything goes on by itself.
    world.net.register_by_hand(&world.client.id, world.client.secret.expose());
    world.store.advance(SignedDuration::from_mins(2));
    world.until("renewed", async || world.grant(grant).await.version == 2).await;
    assert_eq!(broken().await, None, "and the app counts as working");
    engine.stop().await.unwrap();
});

store_test!(a_consent_that_nobody_finished_is_given_back_when_its_time_is_over, |store| {
    let world = World::new(store).await;
    let credentials = world.consent().await;
    let connected = Connected {
        person_id: "person-1".into(),
        host: world.server.host.clone(),
        scopes: Vec::new(),
        credentials,
        lives_s: None,
        accounts: Vec::new(),
    };
    let mut tx = world.store.write().await.unwrap();
    let new = oauth::NewState {
        state_hash: [1; 32],
        user: world.user,
        session: None,
        link: None,
        browser_hash: None,
        platform: "consentnet",
        platform_app: world.app,
        host: &world.server.host,
        verifier: b"verifier",
        redirect_uri: BACK,
        return_to: None,
    };
    let state = oauth::create(&mut tx, world.workspace, new).await.unwrap();
    let pending = serde_json::to_vec(&json!({"connected": connected})).unwrap();
    oauth::pend(&mut tx, world.workspace, state.id, &pending, &json!({"status": "pick"})).await.unwrap();
    let job = NewJob {
        kind: consent::ABANDON,
        workspace: Some(world.workspace),
        payload: json!({"oauth": state.id}),
        once_key: None,
        due_at: state.expires_at,
    };
    jobs::enqueue(&mut tx, &job).await.unwrap();
    tx.commit().await.unwrap();
    let engine = world.engine().await;
    assert_eq!(world.net.consents(), 1);
    world.store.advance(SignedDuration::from_mins(15));
    world.until("given back", async || world.net.consents() == 0).await;
    let left =
        async || oauth::abandoned(&mut world.store.read().await.unwrap(), world.workspace, state.id).await.unwrap();
    world.until("destroyed", async || left().await.is_none()).await;
    engine.stop().await.unwrap();
});
