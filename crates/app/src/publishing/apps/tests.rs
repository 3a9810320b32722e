//! Platform apps: entered well or not at all, never shown, checked, and not taken away under a channel.

use std::sync::Arc;

use postrider_connector::Registry;
use postrider_connector::testkit::consent::{CONSENT, CONSENT_SIBLING, CONSENT_STATIC, Consent, Fault};
use postrider_domain::role::Role;
use postrider_store::repo::audit as log;
use postrider_store::repo::page::Cursor;
use postrider_store::store_test;

use super::*;
use crate::publishing::channels::oauth::tests::{World, connected, refusal};
use crate::publishing::channels::oauth::{Start, Started, start};
use crate::publishing::testkit::{code, issues};
use crate::testkit::person;

const ID: &str = "shop.apps.example";
const SECRET: &str = "0123456789abcdef";

fn app_of(id: &str, secret: &str) -> NewApp {
    NewApp {
        platform: "staticnet".into(),
        fields: BTreeMap::new(),
        client_id: id.into(),
        client_secret: Secret::new(secret),
    }
}

impl World {
    fn own(&self) -> Owner {
        Owner::Workspace(self.scene.workspace)
    }

    async fn put(&self, id: &str, secret: &str) -> Result<AppView> {
        put(&self.scene.app, &self.scene.caller, self.own(), &app_of(id, secret)).await
    }

    async fn listed(&self) -> PlatformApps {
        let all = list(&self.scene.app, &self.scene.caller, self.own()).await.expect("lists");
        all.into_iter().find(|one| one.platform == "staticnet").expect("is there")
    }

    async fn start_static(&self) -> Result<Started> {
        let new = Start { platform: "staticnet".into(), fields: BTreeMap::new(), return_to: None };
        start(&self.scene.app, &self.scene.caller, self.scene.workspace, &new, None).await
    }

    async fn connect_static(&self) {
        let started = self.start_static().await.expect("starts");
        let url = self.net.consent(&started.authorize_url).expect("consents");
        connected(&self.back(&url).await.expect("comes back"));
    }
}

store_test!(without_an_app_nobody_is_sent_anywhere_and_the_redirect_address_is_named, |store| {
    let world = World::new(store).await;
    let error = refusal(world.start_static().await);
    assert_eq!((error.code, error.step), (Code::AppMissing, "find_app"));
    assert_eq!(error.args["redirect"], "http://localhost/connect/callback/staticnet");
    let listed = world.listed().await;
    assert_eq!((listed.ready, listed.apps.len()), (false, 0));
    assert_eq!(listed.redirect_uri, "http://localhost/connect/callback/staticnet");
    assert_eq!(listed.console, Some("https://static.example/developers"));
});

store_test!(keys_of_one_platform_serve_all_that_share_its_log_in, |store| {
    let mut world = World::new(store).await;
    let three = [&CONSENT, &CONSENT_STATIC, &CONSENT_SIBLING].map(|one| Arc::new(Consent(one)) as Arc<dyn Connector>);
    world.scene.app.registry = Registry::new(three.into());
    let shared = world.listed().await.shared_with;
    let sibling = SharedWith {
        platform: "siblingnet",
        platform_name: "Siblingnet",
        redirect_uri: "http://localhost/connect/callback/siblingnet".into(),
    };
    assert_eq!(shared, [sibling], "its address has to be entered too");
    for secret in [SECRET, "fedcba9876543210"] {
        let kept = world.put(ID, secret).await.expect("is kept");
        assert_eq!(kept.platform, "staticnet");
        let all = list(&world.scene.app, &world.scene.caller, world.own()).await.expect("lists");
        let ready: Vec<_> = all.iter().filter(|one| one.ready && one.console.is_some()).collect();
        assert_eq!(ready.len(), 2, "{all:#?}");
        assert!(ready.iter().all(|one| one.apps.len() == 1 && one.apps[0].client_id == ID), "a new secret for both");
        let mut tx = world.scene.tx().await;
        for row in rows::list(&mut tx, world.own().workspace()).await.expect("reads") {
            assert_eq!(rows::open_secret(&mut tx, &row).await.expect("opens"), secret.as_bytes(), "{}", row.platform);
        }
    }
    let own = world.listed().await.apps[0].id;
    delete(&world.scene.app, &world.scene.caller, world.own(), own).await.expect("goes");
    let left = rows::list(&mut world.scene.tx().await, world.own().workspace()).await.expect("reads");
    assert_eq!(left, [], "its secret is nowhere any more");
    // Somebody else's log-in is not touched.
    assert_eq!(World::new(store).await.listed().await.shared_with, []);
});

store_test!(keys_of_one_platform_do_not_take_the_place_of_others_at_another, |store| {
    let mut world = World::new(store).await;
    let both = [&CONSENT_STATIC, &CONSENT_SIBLING].map(|one| Arc::new(Consent(one)) as Arc<dyn Connector>);
    world.scene.app.registry = Registry::new(both.into());
    let (own, app, caller) = (world.own(), &world.scene.app, &world.scene.caller);
    let sibling = NewApp { platform: "siblingnet".into(), ..app_of("reviewed.apps.example", SECRET) };
    put(app, caller, own, &sibling).await.expect("is kept");
    let first = world.listed().await.apps;
    assert_eq!(first.len(), 1, "it was the first, so it serves both");
    put(app, caller, own, &app_of(ID, SECRET)).await.expect("is kept");
    let of = |platform: &'static str| async move {
        let all = list(app, caller, own).await.expect("lists");
        let one = all.into_iter().find(|one| one.platform == platform).expect("is there");
        one.apps.into_iter().map(|app| app.client_id).collect::<Vec<_>>()
    };
    assert_eq!(of("staticnet").await.len(), 2);
    assert_eq!(of("siblingnet").await, ["reviewed.apps.example"], "the app that is there goes on");
});

store_test!(what_was_copied_badly_never_reaches_a_consent_page, |store| {
    let world = World::new(store).await;
    for bad in ["", "undefined", "shop", "\"shop.apps.example\"", "shop .apps.example", "shop.apps.example/x"] {
        assert_eq!(issues(world.put(bad, SECRET).await), [(Code::ClientIdFormat, "/client_id".to_owned())], "{bad}");
    }
    for bad in ["", "null", "0123456789abcde", "0123456789abcdef0", "0123456789abcdeg", "'123456789abcde'"] {
        assert_eq!(
            issues(world.put(ID, bad).await),
            [(Code::ClientSecretFormat, "/client_secret".to_owned())],
            "{bad}"
        );
    }
    assert_eq!(issues(world.put("", "").await).len(), 2, "all at once");
    assert_eq!(world.listed().await.apps, []);
    assert_eq!(refusal(world.start_static().await).code, Code::AppMissing);
    let padded =
        world.put(&format!(" {ID}\n"), &format!("{SECRET} ")).await.expect("spaces around a copy do not count");
    assert_eq!(padded.client_id, ID);
});

store_test!(an_app_is_entered_checked_replaced_and_used, |store| {
    let world = World::new(store).await;
    let kept = world.put(ID, SECRET).await.expect("enters");
    assert_eq!((kept.shared, kept.registered, kept.host.as_str()), (false, false, "https://static.example"));
    assert!(!format!("{kept:?} {:?}", app_of(ID, SECRET)).contains(SECRET), "nothing shows the secret");
    let Owner::Workspace(_) = world.own() else { unreachable!() };
    let (app, caller) = (&world.scene.app, &world.scene.caller);
    let verdict = async || check(app, caller, world.own(), kept.id).await.expect("asks");
    let unknown = verdict().await;
    assert!(matches!(&unknown.verdict, Probe::Refused(words) if words.starts_with("invalid_client: ")), "{unknown:?}");
    assert_eq!(unknown.app.broken_code, Some(Code::OauthClientRefused));
    world.net.register_by_hand(ID, SECRET);
    let known = verdict().await;
    assert_eq!((known.verdict, known.app.broken_at), (Probe::Accepted, None));
    world.net.fault(Fault::TokenDown);
    assert!(matches!(verdict().await.verdict, Probe::Unknown(_)), "a server that is down says nothing of the app");
    world.net.mend();
    world.net.register_by_hand(ID, "fedcba9876543210");
    let again = world.put(ID, "fedcba9876543210").await.expect("replaces");
    assert_eq!(again.id, kept.id, "the same app with a new secret");
    world.connect_static().await;
    let listed = world.listed().await;
    assert_eq!((listed.ready, listed.apps.len()), (true, 1));
});

store_test!(an_app_is_not_taken_away_under_its_channels, |store| {
    let world = World::new(store).await;
    let (app, caller) = (&world.scene.app, &world.scene.caller);
    world.net.register_by_hand(ID, SECRET);
    let used = world.put(ID, SECRET).await.expect("enters");
    world.connect_static().await;
    let refused = delete(app, caller, world.own(), used.id).await;
    assert!(matches!(&refused, Err(AppError::Refused { args, .. }) if args["channels"] == "1"), "{refused:?}");
    assert_eq!(code(refused), Code::AppInUse);
    // Another id is another app; the one before goes on serving what was consented to it.
    let second = world.put("other.apps.example", SECRET).await.expect("enters");
    assert_ne!(second.id, used.id);
    delete(app, caller, world.own(), second.id).await.expect("nobody uses it");
    assert_eq!(code(delete(app, caller, world.own(), second.id).await), Code::NotFound);
    let actions: Vec<String> = log::list(&mut world.scene.tx().await, world.scene.workspace, Cursor::NEWEST, 10)
        .await
        .expect("reads")
        .into_iter()
        .map(|entry| entry.action)
        .collect();
    assert_eq!(&actions[..2], ["platform_app.delete", "platform_app.put"]);
});

store_test!(the_instances_app_serves_every_workspace_and_is_its_operators, |store| {
    let world = World::new(store).await;
    let other = world.another().await;
    let app = &world.scene.app;
    postrider_store::repo::instance::ensure(store).await.expect("an instance");
    let operator = person(app, "op@example.org", true).await;
    let kept = put(app, &operator, Owner::Instance, &app_of(ID, SECRET)).await.expect("enters");
    assert!(kept.shared);
    world.net.register_by_hand(ID, SECRET);
    world.connect_static().await;
    other.connect_static().await;
    assert_eq!(other.listed().await.apps, std::slice::from_ref(&kept));
    // Whoever is not the operator may use it and no more.
    let member = person(app, "member@example.org", false).await;
    assert_eq!(code(list(app, &member, Owner::Instance).await), Code::OperatorNeeded);
    assert_eq!(code(put(app, &member, Owner::Instance, &app_of(ID, SECRET)).await), Code::OperatorNeeded);
    assert_eq!(code(check(app, &member, Owner::Instance, kept.id).await), Code::NotFound);
    assert_eq!(code(delete(app, &member, Owner::Instance, kept.id).await), Code::NotFound);
    let refused = delete(app, &world.scene.caller, world.own(), kept.id).await;
    assert_eq!(code(refused), Code::NotFound, "it is not the workspace's");
    // A workspace's own comes first, and only there.
    world.net.register_by_hand("own.apps.example", SECRET);
    let own = world.put("own.apps.example", SECRET).await.expect("enters");
    assert!(world.start_static().await.expect("starts").authorize_url.contains("client_id=own.apps.example"));
    assert!(other.start_static().await.expect("starts").authorize_url.contains(&format!("client_id={ID}")));
    assert_eq!(code(check(app, &other.scene.caller, other.own(), own.id).await), Code::NotFound);
});

store_test!(only_those_who_may_connect_see_or_change_apps, |store| {
    let world = World::new(store).await;
    let app = &world.scene.app;
    let kept = world.put(ID, SECRET).await.expect("enters");
    let publisher = world.scene.member(Role::Publisher).await;
    assert_eq!(code(list(app, &publisher, world.own()).await), Code::Forbidden);
    assert_eq!(code(put(app, &publisher, world.own(), &app_of(ID, SECRET)).await), Code::Forbidden);
    assert_eq!(code(check(app, &publisher, world.own(), kept.id).await), Code::Forbidden);
    assert_eq!(code(delete(app, &publisher, world.own(), kept.id).await), Code::Forbidden);
    let stranger = world.another().await.scene.caller;
    assert_eq!(code(list(app, &stranger, world.own()).await), Code::NotFound);
});

store_test!(an_app_may_be_entered_by_hand_where_the_instance_could_register, |store| {
    let world = World::new(store).await;
    world.net.fault(Fault::Registration);
    let by_hand = NewApp {
        platform: "consentnet".into(),
        fields: BTreeMap::from([("server".to_owned(), Secret::new("one.example"))]),
        client_id: "by-hand".into(),
        client_secret: Secret::new("anything"),
    };
    let (app, caller) = (&world.scene.app, &world.scene.caller);
    let kept = put(app, caller, world.own(), &by_hand).await.expect("enters");
    assert_eq!((kept.host.as_str(), kept.registered), ("https://one.example", false));
    world.net.register_by_hand("by-hand", "anything");
    assert_eq!(world.connect().await.len(), 1);
    assert_eq!(world.net.registrations(), 0);
    let unknown = NewApp { platform: "nonet".into(), ..by_hand.clone() };
    assert_eq!(
        issues(put(app, caller, world.own(), &unknown).await),
        [(Code::PlatformUnknown, "/platform".to_owned())]
    );
    let plain = BTreeMap::from([("server".to_owned(), Secret::new("plain.example"))]);
    let wrong = put(app, caller, world.own(), &NewApp { fields: plain, ..by_hand }).await;
    assert_eq!(refusal(wrong).code, Code::HostNotSupported);
});
