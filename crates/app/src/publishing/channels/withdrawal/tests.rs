//! People who withdraw their consent at the platform or want their data deleted, on both databases.

use std::sync::Arc;

use postrider_connector::testkit::consent::{CONSENT_SIBLING, CONSENT_STATIC, Consent, notice};
use postrider_connector::{Connector, Registry};
use postrider_domain::delivery::{HoldReason, State};
use postrider_domain::entitlement::Meter;
use postrider_domain::id::{ChannelId, PlatformAppId};
use postrider_store::repo::channels::{self as rows, Channel};
use postrider_store::repo::page::Cursor;
use postrider_store::repo::{apps, entitlements, grants, jobs, notifications, tombstones};
use postrider_store::{Store, StoreError, store_test};

use super::*;
use crate::publishing::channels::oauth::tests::World;
use crate::publishing::testkit::{Scene, code as refusal};

const DAY: i64 = 86_400;

impl World {
    async fn hears(&self, wish: Wish, body: &str) -> Result<Option<Receipt>> {
        let told = Told { platform: "consentnet", wish, body: body.as_bytes(), address: "192.0.2.7" };
        hear(&self.scene.app, &told).await
    }

    /// What the platform writes now about the person who consents there.
    async fn told_now(&self) -> String {
        self.net.tells(self.scene.now().await)
    }

    async fn withdrawn(&self) -> String {
        let message = self.told_now().await;
        assert_eq!(self.hears(Wish::Withdraw, &message).await.expect("is heard"), None);
        message
    }

    async fn deleted(&self, message: &str) -> Secret {
        self.hears(Wish::Delete, message).await.expect("is heard").expect("a receipt").code
    }

    async fn deletion(&self, code: &Secret) -> Deletion {
        deletion(&self.scene.app, code).await.expect("has a page")
    }

    async fn channel(&self, id: ChannelId) -> Channel {
        rows::get(&mut self.scene.tx().await, self.scene.workspace, id).await.expect("the channel")
    }

    async fn consents_kept(&self) -> usize {
        grants::list(&mut self.scene.tx().await, self.scene.workspace).await.expect("reads").len()
    }

    /// What the person who connects here was told, newest first.
    async fn told(&self) -> Vec<Code> {
        let mut tx = self.scene.tx().await;
        let notes = notifications::list(&mut tx, self.scene.caller.user, false, Cursor::NEWEST, 50).await;
        notes.expect("reads").into_iter().map(|note| note.note.code).collect()
    }

    /// Runs what is due of blanking names.
    async fn blank(&self) -> usize {
        let mut tx = self.scene.tx().await;
        let boot = tx.new_id();
        let due = jobs::claim(&mut tx, boot, 100, std::time::Duration::from_secs(60)).await.expect("claims");
        let due: Vec<_> = due.into_iter().filter(|job| job.kind == "purge_identity").collect();
        for job in &due {
            let channel = serde_json::from_value(job.payload["channel"].clone()).expect("an id");
            rows::purge_identity(&mut tx, job.workspace_id.expect("has one"), channel).await.expect("blanks");
            jobs::finish(&mut tx, job).await.expect("finishes");
        }
        tx.commit().await.expect("commits");
        due.len()
    }
}

fn state(channel: &Channel) -> &'static str {
    channel.state.as_str()
}

store_test!(a_withdrawn_consent_is_destroyed_in_every_workspace_and_connecting_again_keeps_everything, |store| {
    let world = World::new(store).await;
    let other = world.another().await;
    let (ours, theirs) = (world.connect().await[0], other.connect().await[0]);
    let post = world.scene.scheduled("hello", &[ours]).await;
    let before = grants::list(&mut world.scene.tx().await, world.scene.workspace).await.expect("reads").remove(0);
    world.withdrawn().await;
    for (world, channel) in [(&world, ours), (&other, theirs)] {
        assert_eq!(world.consents_kept().await, 0);
        let channel = world.channel(channel).await;
        assert_eq!((state(&channel), channel.grant_id, channel.handle.as_str()), ("needs_reconnect", None, "@ada"));
        assert_eq!(world.told().await, [Code::NoteReconnect], "once");
        assert_eq!(world.audited().await.first().map(String::as_str), Some("grant.deauthorise"));
    }
    let mut tx = world.scene.tx().await;
    let opened = grants::open_credentials(&mut tx, &before).await;
    assert!(matches!(opened, Err(StoreError::Sealed(_))), "not even from a copy of the row");
    let stones = tombstones::list(&mut tx).await.expect("reads");
    assert_eq!(stones.iter().filter(|stone| stone.kind == tombstones::Kind::Grant).count(), 2);
    drop(tx);
    let held = world.scene.post(post).await.deliveries[0].clone();
    assert_eq!((held.state, held.hold_reason), (State::Held, Some(HoldReason::Reconnect)));
    assert_eq!(world.connect().await, [ours], "the same channel");
    let resumed = world.scene.delivery(held.id).await;
    assert_eq!((resumed.state, resumed.scheduled_at), (State::Scheduled, held.scheduled_at));
    assert_eq!(state(&world.channel(ours).await), "connected");
    let used = entitlements::used(&mut world.scene.tx().await, world.scene.workspace, Meter::Channels).await;
    assert_eq!(used.expect("a figure"), 1);
});

store_test!(whoever_was_told_already_is_not_told_again, |store| {
    let world = World::new(store).await;
    world.connect().await;
    let mut tx = world.scene.tx().await;
    let grant = grants::list(&mut tx, world.scene.workspace).await.expect("reads").remove(0);
    grants::mark_reauth(&mut tx, world.scene.workspace, grant.id, grant.version).await.expect("marks");
    tx.commit().await.expect("commits");
    world.withdrawn().await;
    assert_eq!(world.told().await, []);
    assert_eq!(world.consents_kept().await, 0);
});

store_test!(a_deletion_destroys_at_once_and_blanks_names_when_its_page_says, |store| {
    let world = World::new(store).await;
    let channel = world.connect().await[0];
    let post = world.scene.scheduled("hello", &[channel]).await;
    let message = world.told_now().await;
    let receipt = world.hears(Wish::Delete, &message).await.expect("is heard").expect("a receipt");
    let plain = receipt.code.expose();
    assert!(plain.len() == 32 && plain.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{plain}");
    assert_eq!(receipt.url, format!("http://localhost/connect/deletion/{plain}"));
    let begun = world.deletion(&receipt.code).await;
    assert_eq!((begun.platform_name.as_str(), begun.consents, begun.channels, begun.left), ("Consentnet", 1, 1, 1));
    let kept = begun.gone_at.expect("a time").duration_since(begun.received_at);
    assert_eq!(kept, world.scene.app.settings.identity_kept);
    assert_eq!(world.consents_kept().await, 0);
    assert_eq!(state(&world.channel(channel).await), "disconnected");
    assert_eq!(world.scene.post(post).await.deliveries[0].state, State::Held, "held, not lost");
    assert_eq!(world.told().await, [Code::NoteDataDeleted]);
    let log = world.audited().await;
    assert!(log[..2].iter().all(|action| action.ends_with(".delete_data")), "{log:?}");
    let used = entitlements::used(&mut world.scene.tx().await, world.scene.workspace, Meter::Channels).await;
    assert_eq!(used.expect("a figure"), 0);
    world.scene.pass(29 * DAY);
    assert_eq!(world.blank().await, 0);
    world.scene.pass(2 * DAY);
    assert_eq!(world.blank().await, 1);
    assert_eq!(world.deletion(&receipt.code).await.left, 0);
    let blank = world.channel(channel).await;
    assert_eq!((blank.handle.as_str(), blank.name.as_str(), blank.host.as_str()), ("", "", ""));
    assert_eq!(world.told().await, [], "what people were told of it goes along");
});

store_test!(a_deletion_that_comes_after_the_withdrawal_finds_what_is_left, |store| {
    let world = World::new(store).await;
    let other = world.another().await;
    let (cut_off, taken_away) = (world.connect().await[0], other.connect().await[0]);
    let Scene { app, caller, workspace, .. } = &other.scene;
    crate::publishing::channels::disconnect(app, caller, *workspace, taken_away).await.expect("disconnects");
    world.withdrawn().await;
    world.scene.pass(60);
    let code = world.deleted(&world.told_now().await).await;
    let page = world.deletion(&code).await;
    assert_eq!((page.consents, page.channels, page.left), (0, 2, 2));
    assert_eq!(state(&world.channel(cut_off).await), "disconnected");
    assert_eq!(other.told().await, [], "its owner took it away before");
    world.scene.pass(31 * DAY);
    assert_eq!(world.blank().await, 2);
    let later = world.deleted(&world.told_now().await).await;
    let page = world.deletion(&later).await;
    assert_eq!((page.consents, page.channels, page.gone_at), (0, 0, None), "there is nothing left to be found by");
});

store_test!(the_same_message_again_gets_the_same_code_and_cuts_off_nobody_who_came_back, |store| {
    let world = World::new(store).await;
    let channel = world.connect().await[0];
    let withdrawal = world.withdrawn().await;
    let code = world.deleted(&withdrawal).await;
    assert_eq!(world.deleted(&withdrawal).await, code);
    assert_eq!(world.connect().await, [channel], "they connect again");
    assert_eq!(world.deleted(&withdrawal).await, code);
    assert_eq!(world.hears(Wish::Withdraw, &withdrawal).await.expect("is heard"), None);
    assert_eq!((world.consents_kept().await, state(&world.channel(channel).await)), (1, "connected"));
    assert_eq!(world.told().await.iter().filter(|code| **code == Code::NoteReconnect).count(), 1);
    world.scene.pass(31 * DAY);
    assert_eq!(world.blank().await, 0, "the name stays with the new consent");
    assert_eq!(world.deleted(&withdrawal).await, code, "whatever its age");
    let (one, two) = (world.told_now().await, world.told_now().await);
    let both = tokio::join!(world.hears(Wish::Delete, &one), world.hears(Wish::Delete, &two));
    assert_eq!(both.0.expect("is heard"), both.1.expect("is heard"), "at once");
});

store_test!(a_message_that_was_written_before_the_consent_does_not_mean_it, |store| {
    let world = World::new(store).await;
    world.connect().await;
    let late = world.told_now().await;
    world.scene.pass(2);
    world.connect().await;
    world.hears(Wish::Withdraw, &late).await.expect("is heard");
    let code = world.deleted(&late).await;
    assert_eq!(world.consents_kept().await, 1);
    let page = world.deletion(&code).await;
    assert_eq!((page.consents, page.channels), (0, 0));
});

store_test!(a_forged_message_changes_nothing, |store| {
    let world = World::new(store).await;
    let channel = world.connect().await[0];
    let now = world.scene.now().await;
    let good = world.told_now().await;
    for forged in [notice("guessed", "person-1", now), good.replace("person-1", "person-2"), String::new()] {
        for wish in [Wish::Withdraw, Wish::Delete] {
            assert_eq!(refusal(world.hears(wish, &forged).await), Code::NoticeRefused, "{forged}");
        }
    }
    assert_eq!((world.consents_kept().await, state(&world.channel(channel).await)), (1, "connected"));
    assert_eq!(world.told().await, []);
});

store_test!(a_message_of_another_time_changes_nothing, |store| {
    let world = World::new(store).await;
    let long_ago = world.told_now().await;
    world.scene.pass(8 * DAY);
    world.connect().await;
    let now = world.scene.now().await;
    let ahead = world.net.tells(now + SignedDuration::from_mins(6));
    for message in [long_ago, ahead] {
        assert_eq!(refusal(world.hears(Wish::Delete, &message).await), Code::NoticeRefused);
    }
    assert_eq!(world.consents_kept().await, 1);
    let days_ago = world.net.tells(now - SignedDuration::from_hours(6 * 24));
    world.hears(Wish::Delete, &days_ago).await.expect("a platform sends again what was not taken");
});

store_test!(a_person_whom_nobody_knows_gets_a_page_that_says_so, |store| {
    let world = World::new(store).await;
    world.start().await;
    let code = world.deleted(&world.told_now().await).await;
    let page = world.deletion(&code).await;
    assert_eq!((page.consents, page.channels, page.left, page.gone_at), (0, 0, 0, None));
    let unknown = deletion(&world.scene.app, &Secret::new("0".repeat(32))).await;
    assert_eq!(refusal(unknown), Code::NotFound);
});

store_test!(a_platform_that_tells_nobody_has_no_such_address, |store| {
    let scene = Scene::new(store).await;
    for platform in ["bluesky", "mastodon", "myspace"] {
        let told = Told { platform, wish: Wish::Withdraw, body: b"x", address: "" };
        assert_eq!(refusal(hear(&scene.app, &told).await), Code::NotFound, "{platform}");
    }
});

const SECRET: &str = "0123456789abcdef";

/// An app that a workspace has registered by hand, with a consent of the person.
async fn own_app(world: &World, secret: &str, person: &str) -> PlatformAppId {
    app_of(world, "staticnet", secret, person).await
}

/// The same at one of the platforms that share a log-in.
async fn app_of(world: &World, platform: &str, secret: &str, person: &str) -> PlatformAppId {
    let mut tx = world.scene.tx().await;
    let workspace = world.scene.workspace;
    let new = apps::NewApp {
        workspace: Some(workspace),
        platform,
        host: "https://static.example",
        client_id: "shop.apps.example",
        secret: secret.as_bytes(),
        server: None,
        redirect_uri: None,
    };
    let app = apps::create(&mut tx, new).await.expect("an app").id;
    let grant = grants::NewGrant {
        platform,
        platform_app: Some(app),
        host: "https://static.example",
        person_id: person,
        scopes: &[],
        plain: b"{}",
        expires_at: None,
        refresh_at: None,
        created_by: world.scene.caller.user,
    };
    grants::create(&mut tx, workspace, grant).await.expect("a grant");
    tx.commit().await.expect("commits");
    app
}

store_test!(the_app_whose_secret_proves_it_is_the_one_that_is_meant, |store| {
    let world = World::new(store).await;
    let (same, other) = (world.another().await, world.another().await);
    own_app(&world, SECRET, "42").await;
    own_app(&same, SECRET, "42").await;
    own_app(&other, "fedcba9876543210", "42").await;
    let message = notice(SECRET, "42", world.scene.now().await);
    let told = Told { platform: "staticnet", wish: Wish::Withdraw, body: message.as_bytes(), address: "" };
    hear(&world.scene.app, &told).await.expect("is heard");
    let left = [world.consents_kept().await, same.consents_kept().await, other.consents_kept().await];
    assert_eq!(left, [0, 0, 1], "the same id in another app is another person");
});

/// A person who consented at both platforms of a log-in, and at one with another secret.
async fn of_one_login(store: &Store, person: &str) -> (World, [ChannelId; 3]) {
    let mut world = World::new(store).await;
    let both = [Arc::new(Consent(&CONSENT_STATIC)), Arc::new(Consent(&CONSENT_SIBLING))];
    world.scene.app.registry = Registry::new(both.map(|one| one as Arc<dyn Connector>).into());
    let mut channels = Vec::new();
    for (platform, secret) in [("staticnet", SECRET), ("siblingnet", SECRET), ("siblingnet", "fedcba9876543210")] {
        let app = app_of(&world, platform, secret, person).await;
        let mut tx = world.scene.tx().await;
        let grants = grants::list(&mut tx, world.scene.workspace).await.expect("reads");
        let grant = grants.iter().find(|grant| grant.platform_app_id == Some(app)).expect("was given").id;
        let remote_id = format!("{platform} {secret}");
        let new = rows::NewChannel {
            grant: Some(grant),
            platform,
            host: "https://static.example",
            remote_id: &remote_id,
            handle: "@ada",
            name: "Ada",
            picture: None,
            url: None,
            facts: &serde_json::json!({}),
            min_gap: std::time::Duration::ZERO,
        };
        channels.push(rows::upsert(&mut tx, world.scene.workspace, new).await.expect("a channel").id);
        entitlements::consume(&mut tx, world.scene.workspace, Meter::Channels, 1).await.expect("counts");
        tx.commit().await.expect("commits");
    }
    (world, channels.try_into().expect("three"))
}

store_test!(a_withdrawal_at_one_platform_means_every_one_that_shares_its_log_in, |store| {
    for (platform, person) in [("staticnet", "42"), ("siblingnet", "43")] {
        let (world, channels) = of_one_login(store, person).await;
        let message = notice(SECRET, person, world.scene.now().await);
        let told = Told { platform, wish: Wish::Withdraw, body: message.as_bytes(), address: "" };
        hear(&world.scene.app, &told).await.expect("is heard");
        assert_eq!(world.consents_kept().await, 1, "the same id in another app is another person");
        let mut states = Vec::new();
        for id in channels {
            states.push(state(&world.channel(id).await));
        }
        assert_eq!(states, ["needs_reconnect", "needs_reconnect", "connected"], "told to {platform}");
        world.scene.pass(60);
        let message = notice(SECRET, person, world.scene.now().await);
        let told = Told { platform, wish: Wish::Delete, body: message.as_bytes(), address: "" };
        let receipt = hear(&world.scene.app, &told).await.expect("is heard").expect("a receipt");
        assert_eq!(world.deletion(&receipt.code).await.channels, 2, "told to {platform}");
    }
});
