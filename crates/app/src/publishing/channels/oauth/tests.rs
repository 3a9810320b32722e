//! Connecting by consent against a made-up platform, on both databases.

mod failures;
mod links;
mod pages;

use std::collections::BTreeMap;
use std::sync::Arc;

use postrider_connector::Registry;
use postrider_connector::testkit::consent::{CONSENT, CONSENT_STATIC, Consent, ConsentNet};
use postrider_domain::delivery::{HoldReason, State};
use postrider_domain::role::Role;
use postrider_domain::secret::Secret;
use postrider_store::repo::{audit, channels as rows, deliveries, grants, page};
use postrider_store::{Store, store_test};
use serde_json::json;

use super::*;
use crate::publishing::channels::{self, Revoked};
use crate::publishing::testkit::{Scene, code};
use crate::{Idempotency, Via};

/// A workspace on a network with the made-up platform.
pub(crate) struct World {
    pub(crate) scene: Scene,
    pub(crate) net: ConsentNet,
}

impl World {
    pub(crate) async fn new(store: &Store) -> Self {
        Self::on(store, ConsentNet::default()).await
    }

    /// The same network seen from another workspace.
    pub(crate) async fn another(&self) -> Self {
        Self::on(&self.scene.app.store, self.net.clone()).await
    }

    async fn on(store: &Store, net: ConsentNet) -> Self {
        let mut scene = Scene::on(store, Arc::new(net.clone())).await;
        scene.app.registry = Registry::new(vec![Arc::new(Consent(&CONSENT)), Arc::new(Consent(&CONSENT_STATIC))]);
        Self { scene, net }
    }

    /// What connects an account at a server.
    pub(crate) fn at(server: &str) -> Start {
        let fields = BTreeMap::from([("server".to_owned(), Secret::new(server))]);
        Start { platform: "consentnet".to_owned(), fields, return_to: Some("/channels".to_owned()) }
    }

    pub(crate) async fn start(&self) -> Started {
        self.try_start(&Self::at("one.example")).await.expect("starts")
    }

    pub(crate) async fn try_start(&self, new: &Start) -> Result<Started> {
        start(&self.scene.app, &self.scene.caller, self.scene.workspace, new, None).await
    }

    /// The starter comes back to this address.
    pub(crate) async fn back(&self, url: &str) -> Result<Answer> {
        self.back_as(Some(&self.scene.caller), url).await
    }

    pub(crate) async fn back_as(&self, who: Option<&Caller>, url: &str) -> Result<Answer> {
        callback(&self.scene.app, who, place(url), &came(url)).await
    }

    /// From start to finish.
    pub(crate) async fn connect(&self) -> Vec<ChannelId> {
        let started = self.start().await;
        let url = self.net.consent(&started.authorize_url).expect("consents");
        connected(&self.back(&url).await.expect("comes back"))
    }

    pub(crate) async fn progress(&self, id: OauthStateId) -> Stage {
        progress(&self.scene.app, &self.scene.caller, self.scene.workspace, id).await.expect("reads").stage
    }

    pub(crate) async fn audited(&self) -> Vec<String> {
        let mut tx = self.scene.tx().await;
        let log = audit::list(&mut tx, self.scene.workspace, page::Cursor::NEWEST, 50).await.expect("reads");
        log.into_iter().map(|entry| entry.action).collect()
    }
}

/// What a browser brings from an address.
pub(crate) fn came(url: &str) -> Came {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let mut said: BTreeMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let mut take = |name: &str| said.remove(name).unwrap_or_default();
    Came {
        state: Secret::new(take("state")),
        code: Secret::new(take("code")),
        error: take("error"),
        description: take("error_description"),
        browser: None,
        address: "192.0.2.9".to_owned(),
        correlation: "c0ffee".to_owned(),
    }
}

/// The channels of an answer that says that it worked.
pub(crate) fn connected(answer: &Answer) -> Vec<ChannelId> {
    match answer {
        Answer::Ended { ended: Ended::Connected { channels, .. }, .. } => channels.clone(),
        other => panic!("not connected: {other:?}"),
    }
}

/// Why an answer says that it did not work.
pub(crate) fn why(answer: &Answer) -> &Failed {
    match answer {
        Answer::Ended { ended: Ended::Failed(failed), .. } => failed,
        other => panic!("did not fail: {other:?}"),
    }
}

/// What the address of a callback names: a platform, or one server of it.
pub(crate) fn place(url: &str) -> &str {
    let path = url.split('?').next().expect("an address");
    path.split_once("/connect/callback/").expect("a callback").1
}

/// The code that a callback was refused with before there was anything to keep it with.
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T>) -> ConnectError {
    match result.expect_err("is refused") {
        AppError::Connect(error) => error,
        other => panic!("refused otherwise: {other:?}"),
    }
}

store_test!(an_account_is_connected_from_start_to_callback, |store| {
    let world = World::new(store).await;
    let started = world.start().await;
    assert_eq!(world.progress(started.id).await, Stage::Waiting);
    assert!(started.authorize_url.starts_with("https://one.example/consent?"), "{}", started.authorize_url);
    let url = world.net.consent(&started.authorize_url).expect("consents");
    assert!(url.starts_with("http://localhost/connect/callback/consentnet/"), "{url}");
    let answer = world.back(&url).await.expect("comes back");
    let Answer::Ended { ended, platform_name, handles, return_to, .. } = &answer else { panic!("{answer:?}") };
    assert_eq!(
        (*platform_name, handles.as_slice(), return_to.as_deref()),
        ("Consentnet", &["@ada".to_owned()][..], Some("/channels"))
    );
    let Ended::Connected { channels: ids, missing_scopes, .. } = ended else { panic!("{ended:?}") };
    assert_eq!((ids.len(), missing_scopes.as_slice()), (1, &[][..]));
    assert_eq!(world.progress(started.id).await, Stage::Ended(ended.clone()));
    let Scene { app, caller, workspace, .. } = &world.scene;
    let channel = channels::get(app, caller, *workspace, ids[0]).await.expect("the channel");
    assert_eq!((channel.remote_id.as_str(), channel.host.as_str()), ("ada@https://one.example", "https://one.example"));
    assert_eq!(channel.picture.as_deref(), Some("https://one.example/avatar/ada"));
    assert_eq!(channel.health.scopes, ["read", "write", "media"]);
    assert_eq!(world.audited().await.first().map(String::as_str), Some("channel.connect"));
});

store_test!(the_same_callback_again_gets_the_same_answer, |store| {
    let world = World::new(store).await;
    let started = world.start().await;
    let url = world.net.consent(&started.authorize_url).expect("consents");
    let (one, two) = tokio::join!(Box::pin(world.back(&url)), Box::pin(world.back(&url)));
    let (one, two) = (one.expect("answers"), two.expect("answers"));
    assert_eq!(one, two, "at once");
    assert_eq!(world.back(&url).await.expect("answers"), one, "and later");
    assert_eq!(world.net.consents(), 1, "the code was exchanged once");
    let denied = world.start().await;
    let url = world.net.deny(&denied.authorize_url).expect("denies");
    let first = world.back(&url).await.expect("answers");
    assert_eq!(world.back(&url).await.expect("answers"), first, "a failure too");
});

store_test!(starting_again_with_the_same_key_gets_the_same_address, |store| {
    let world = World::new(store).await;
    let Scene { app, caller, workspace, .. } = &world.scene;
    let once = Idempotency::new(caller, "k", "POST /start", b"{}");
    let new = World::at("one.example");
    let first = start(app, caller, *workspace, &new, Some(&once)).await.expect("starts");
    let again = start(app, caller, *workspace, &new, Some(&once)).await.expect("answers");
    assert_eq!(first, again);
    assert_eq!(world.net.registrations(), 1);
    // A try that failed frees its key.
    let once = Idempotency::new(caller, "k2", "POST /start", b"{}");
    let plain = start(app, caller, *workspace, &World::at("plain.example"), Some(&once)).await;
    assert_eq!(refusal(plain).code, Code::HostNotSupported);
    assert!(start(app, caller, *workspace, &new, Some(&once)).await.is_ok());
});

store_test!(an_instance_registers_once_at_each_server_for_every_workspace, |store| {
    let world = World::new(store).await;
    let other = world.another().await;
    world.start().await;
    world.start().await;
    other.start().await;
    assert_eq!(world.net.registrations(), 1);
    world.try_start(&World::at("two.example")).await.expect("starts");
    assert_eq!(world.net.registrations(), 2);
});

store_test!(a_server_that_forgot_us_is_registered_at_again, |store| {
    let world = World::new(store).await;
    world.start().await;
    world.net.forget_clients();
    let started = world.start().await;
    assert_eq!(world.net.registrations(), 2, "noticed when starting");
    // Noticed only when the code is exchanged.
    let url = world.net.consent(&started.authorize_url).expect("consents");
    world.net.forget_clients();
    let answer = world.back(&url).await.expect("answers");
    let failed = why(&answer);
    assert_eq!((failed.code, failed.step.as_str()), (Code::OauthClientForgotten, "exchange_code"));
    assert_eq!(world.connect().await.len(), 1);
    assert_eq!(world.net.registrations(), 3);
});

store_test!(another_redirect_address_is_registered_anew, |store| {
    let mut world = World::new(store).await;
    world.start().await;
    let settings = crate::Settings::new("https://moved.example", "0.0.0");
    world.scene.app.settings = Arc::new(settings);
    let started = world.start().await;
    assert_eq!(world.net.registrations(), 2);
    let url = world.net.consent(&started.authorize_url).expect("the address is registered");
    assert!(url.starts_with("https://moved.example/connect/callback/consentnet/"), "{url}");
    connected(&world.back(&url).await.expect("comes back"));
});

store_test!(reconnecting_keeps_channel_and_grant_and_what_waited_goes_on, |store| {
    let world = World::new(store).await;
    let channel = world.connect().await[0];
    let Scene { app, workspace, .. } = &world.scene;
    let post = world.scene.scheduled("hello", &[channel]).await;
    let mut tx = world.scene.tx().await;
    let before = rows::get(&mut tx, *workspace, channel).await.expect("reads");
    let grant = before.grant_id.expect("has one");
    let version = grants::get(&mut tx, *workspace, grant).await.expect("reads").version;
    assert!(grants::mark_reauth(&mut tx, *workspace, grant, version).await.expect("marks"));
    deliveries::hold_channel(&mut tx, *workspace, channel, HoldReason::Reconnect).await.expect("holds");
    tx.commit().await.expect("commits");
    let started = world.start().await;
    let url = world.net.consent(&started.authorize_url).expect("consents");
    let answer = world.back(&url).await.expect("comes back");
    assert_eq!(connected(&answer), [channel]);
    let Answer::Ended { ended: Ended::Connected { resumed, .. }, .. } = answer else { unreachable!() };
    assert_eq!(resumed, 1);
    let mut tx = app.store.read().await.expect("a transaction");
    let after = rows::get(&mut tx, *workspace, channel).await.expect("reads");
    assert_eq!((after.grant_id, after.state), (Some(grant), rows::ChannelState::Connected));
    assert_eq!(grants::list(&mut tx, *workspace).await.expect("reads").len(), 1);
    drop(tx);
    let delivery = world.scene.post(post).await.deliveries[0].id;
    assert_eq!(world.scene.delivery(delivery).await.state, State::Scheduled);
});

store_test!(reconnecting_through_another_registration_gives_the_old_tokens_back, |store| {
    let mut world = World::new(store).await;
    let channel = world.connect().await;
    let settings = crate::Settings::new("https://moved.example", "0.0.0");
    world.scene.app.settings = Arc::new(settings);
    assert_eq!(world.connect().await, channel, "the same channel");
    let mut tx = world.scene.tx().await;
    assert_eq!(grants::list(&mut tx, world.scene.workspace).await.expect("reads").len(), 1, "and the same grant");
    assert_eq!(world.net.consents(), 1, "the old consent is not left over");
});

store_test!(what_nothing_renews_is_used_until_it_ends, |store| {
    let world = World::new(store).await;
    world.net.tokens_live(Some(100_000));
    world.connect().await;
    let grant = async || {
        let mut tx = world.scene.tx().await;
        grants::list(&mut tx, world.scene.workspace).await.expect("reads").remove(0)
    };
    let renewed = grant().await;
    let early = renewed.expires_at.expect("ends").duration_since(renewed.refresh_at.expect("is renewed"));
    assert_eq!(early.as_secs(), 30_000, "at 70 % of its life");
    world.net.gives_nothing_to_renew();
    world.scene.pass(1);
    world.connect().await;
    let ends = grant().await;
    assert_eq!((ends.id, ends.refresh_at), (renewed.id, ends.expires_at));
    assert!(ends.consented_at > renewed.consented_at && ends.created_at == renewed.created_at);
});

store_test!(disconnecting_takes_the_consent_back_at_the_platform, |store| {
    let world = World::new(store).await;
    let channel = world.connect().await[0];
    let Scene { app, caller, workspace, .. } = &world.scene;
    let done = channels::disconnect(app, caller, *workspace, channel).await.expect("disconnects");
    assert_eq!((done.revoked, done.destroyed), (Revoked::Yes, true));
    assert_eq!(world.net.consents(), 0);
    let channel = world.connect().await[0];
    world.net.fault(postrider_connector::testkit::consent::Fault::Revocation);
    let done = channels::disconnect(app, caller, *workspace, channel).await.expect("disconnects");
    assert!(done.destroyed, "destroyed here whatever the platform says");
    let words = "temporarily_unavailable: Words about temporarily_unavailable.".to_owned();
    assert_eq!(done.revoked, Revoked::Failed { words });
});

store_test!(a_consent_that_another_workspace_uses_is_not_taken_from_it, |store| {
    let world = World::new(store).await;
    world.net.revokes_person();
    let other = world.another().await;
    let (ours, theirs) = (world.connect().await[0], other.connect().await[0]);
    let disconnect = async |world: &World, channel| {
        let Scene { app, caller, workspace, .. } = &world.scene;
        channels::disconnect(app, caller, *workspace, channel).await.expect("disconnects").revoked
    };
    assert_eq!(disconnect(&world, ours).await, Revoked::UsedElsewhere);
    assert_eq!(world.net.consents(), 2, "the platform was not asked");
    assert_eq!(disconnect(&other, theirs).await, Revoked::Yes);
    assert_eq!(world.net.consents(), 0, "with the last one everything goes");
});

store_test!(only_those_who_may_connect_start_or_look, |store| {
    let world = World::new(store).await;
    let Scene { app, workspace, .. } = &world.scene;
    let started = world.start().await;
    for role in [Role::Viewer, Role::Writer, Role::Publisher] {
        let member = world.scene.member(role).await;
        let refused = start(app, &member, *workspace, &World::at("one.example"), None).await;
        assert_eq!(code(refused), Code::Forbidden, "{role:?}");
        assert_eq!(code(progress(app, &member, *workspace, started.id).await), Code::Forbidden);
        assert_eq!(code(choices(app, &member, *workspace, started.id).await), Code::Forbidden);
    }
    let other = world.another().await;
    let Scene { caller, workspace: elsewhere, .. } = &other.scene;
    assert_eq!(code(progress(app, caller, *workspace, started.id).await), Code::NotFound);
    assert_eq!(code(progress(app, caller, *elsewhere, started.id).await), Code::NotFound);
});

store_test!(nothing_that_is_kept_of_a_connection_says_a_token, |store| {
    let world = World::new(store).await;
    world.net.accounts(json!([{"id": "ada", "handle": "@ada"}, {"id": "bob", "handle": "@bob"}]));
    let started = world.start().await;
    let url = world.net.consent(&started.authorize_url).expect("consents");
    world.back(&url).await.expect("comes back");
    let mut tx = world.scene.tx().await;
    let state = oauth::get(&mut tx, world.scene.workspace, started.id).await.expect("reads");
    let printed = format!("{state:?}");
    for secret in ["access-", "client-secret", "@ada", "code-"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
    let pending = oauth::pending(&mut tx, world.scene.workspace, started.id).await.expect("opens").expect("waits");
    assert!(String::from_utf8_lossy(&pending).contains("access-"), "sealed they are there");
});

/// Somebody in a browser; the session need not exist here.
pub(crate) fn browser(caller: &Caller, n: u128) -> Caller {
    let via = Via::Session(postrider_domain::id::SessionId::from_uuid(uuid::Uuid::from_u128(n)));
    Caller { via, ..caller.clone() }
}
