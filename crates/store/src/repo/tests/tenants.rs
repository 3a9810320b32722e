use std::time::Duration;

use postrider_domain::entitlement::Meter;
use postrider_domain::role::Role;
use serde_json::json;

use super::media::cat;
use super::{is_missing, is_taken, minutes, two_worlds, write};
use crate::repo::media::{self, MediaState};
use crate::repo::settings::{self, Scope};
use crate::repo::workspaces::{self, ApprovalPolicy, Profile};
use crate::repo::{budgets, channels, data_keys, entitlements, grants, labels, members, posts, tombstones, users};
use crate::sql::sql;
use crate::store_test;
use crate::testkit::fixtures;
use crate::{StoreError, Tx};

store_test!(a_workspace_is_made_changed_and_paused, |store| {
    let mut tx = write(store).await;
    let profile = Profile { name: "Ann's", zone: "Europe/Vienna", missed_window: Duration::from_secs(3600) };
    let made = workspaces::create(&mut tx, profile).await.expect("makes");
    assert_eq!((made.approval_policy, made.missed_window), (ApprovalPolicy::None, Duration::from_secs(3600)));
    let changed = Profile { name: "Office", zone: "UTC", missed_window: Duration::from_secs(60) };
    let changed = workspaces::update(&mut tx, made.id, changed).await.expect("changes");
    assert_eq!((changed.name.as_str(), changed.zone.as_str()), ("Office", "UTC"));
    workspaces::set_paused(&mut tx, made.id, true).await.expect("pauses");
    assert_eq!(workspaces::get(&mut tx, made.id).await.expect("reads").paused_at, Some(tx.now()));
    workspaces::set_paused(&mut tx, made.id, false).await.expect("resumes");
    assert_eq!(workspaces::get(&mut tx, made.id).await.expect("reads").paused_at, None);
    assert_eq!(workspaces::ids(&mut tx).await.expect("reads"), [made.id]);
    let nobody = tx.new_id();
    assert!(is_missing(workspaces::get(&mut tx, nobody).await));
    assert!(is_missing(workspaces::update(&mut tx, nobody, profile).await));
    assert!(is_missing(workspaces::set_paused(&mut tx, nobody, true).await));
    assert!(is_missing(workspaces::lock(&mut tx, nobody).await));
});

/// A workspace with something of everything, and a lane that a delivery of it occupies.
async fn furnished(tx: &mut Tx, world: fixtures::World) -> channels::Channel {
    let channel = fixtures::channel(tx, world, "acct").await;
    super::posts::published(tx, world, &channel).await;
    tx.execute(sql("UPDATE lanes SET busy_delivery = (SELECT id FROM deliveries)")).await.expect("occupies");
    settings::set(tx, Scope::Workspace(world.workspace), "x", &json!(1)).await.expect("sets");
    entitlements::consume(tx, world.workspace, Meter::Channels, 1).await.expect("counts");
    let spending = budgets::Scope::Workspace(world.workspace.uuid());
    budgets::set(tx, spending, "posts", Some(5), None).await.expect("sets");
    channel
}

store_test!(a_deleted_workspace_leaves_no_key_and_no_row, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let channel = furnished(&mut tx, ann).await;
    let grant = grants::get(&mut tx, ann.workspace, channel.grant_id.expect("has one")).await.expect("reads");
    workspaces::delete(&mut tx, ann.workspace).await.expect("deletes");
    assert!(is_missing(workspaces::get(&mut tx, ann.workspace).await));
    assert!(is_missing(workspaces::delete(&mut tx, ann.workspace).await));
    assert!(matches!(data_keys::open(&mut tx, grant.data_key_id).await, Err(StoreError::Sealed(_))));
    for table in ["grants", "channels", "posts", "deliveries", "parts", "attempts", "settings", "counters", "budgets"] {
        let left = tx.opt(sql(format!("SELECT 1 AS found FROM {table}"))).await.expect("reads");
        assert!(left.is_none(), "{table}");
    }
    let lane = crate::repo::lanes::get(&mut tx, channel.lane_id).await.expect("is shared, so it stays");
    assert_eq!(lane.busy_delivery, None, "and is free");
    workspaces::get(&mut tx, bob.workspace).await.expect("is not harmed");
    users::get(&mut tx, ann.user).await.expect("a person is not a workspace");
    tx.commit().await.expect("commits");
});

store_test!(tombstones_delete_again_what_a_backup_brings_back, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let kept = fixtures::channel(&mut tx, ann, "kept").await;
    let gone = fixtures::channel(&mut tx, ann, "gone").await;
    let blanked = fixtures::channel(&mut tx, ann, "blanked").await;
    let again = fixtures::channel(&mut tx, ann, "again").await;
    let post = fixtures::post(&mut tx, ann, "hello", &[kept.id]).await;
    let file = media::create(&mut tx, ann.workspace, cat(ann, 5)).await.expect("makes");
    tx.commit().await.expect("commits");

    // The backup is as of now; then these are deleted.
    let mut lines = Vec::new();
    crate::portable::export(store, |text| {
        lines.extend_from_slice(text);
        Ok(())
    })
    .await
    .expect("exports");
    store.advance(minutes(5));
    let mut tx = write(store).await;
    channels::disconnect(&mut tx, ann.workspace, gone.id).await.expect("disconnects");
    channels::disconnect(&mut tx, ann.workspace, blanked.id).await.expect("disconnects");
    channels::purge_identity(&mut tx, ann.workspace, blanked.id).await.expect("purges");
    channels::disconnect(&mut tx, ann.workspace, blanked.id).await.expect("once more is no harm, and forgets nothing");
    channels::disconnect(&mut tx, ann.workspace, again.id).await.expect("disconnects");
    posts::delete(&mut tx, ann.workspace, post.id).await.expect("deletes");
    media::mark_purged(&mut tx, ann.workspace, file.id).await.expect("purges");
    workspaces::delete(&mut tx, bob.workspace).await.expect("deletes");
    users::delete(&mut tx, bob.user).await.expect("deletes");
    let stones = tombstones::list(&mut tx).await.expect("reads");
    tx.commit().await.expect("commits");
    store.advance(minutes(5));
    let mut tx = write(store).await;
    let back = fixtures::channel(&mut tx, ann, "again").await;
    assert_eq!(back.id, again.id, "connected again, in its old row");
    assert_eq!(tombstones::replay(&mut tx).await.expect("replays"), 0, "here nothing came back");
    assert_eq!(channels::get(&mut tx, ann.workspace, back.id).await.expect("reads").state, back.state);
    assert_eq!(tombstones::list(&mut tx).await.expect("reads"), stones, "the list does not change by replaying");
    tx.commit().await.expect("commits");

    let restored = restore(store, &lines).await;
    let mut tx = write(&restored).await;
    for stone in stones {
        tombstones::put(&mut tx, stone).await.expect("takes over");
    }
    assert!(tombstones::replay(&mut tx).await.expect("replays") >= 6);
    assert!(is_missing(users::get(&mut tx, bob.user).await));
    assert!(is_missing(workspaces::get(&mut tx, bob.workspace).await));
    assert!(is_missing(posts::get(&mut tx, ann.workspace, post.id).await));
    let grant = gone.grant_id.expect("had one");
    assert!(is_missing(grants::get(&mut tx, ann.workspace, grant).await));
    assert_eq!(channels::get(&mut tx, ann.workspace, blanked.id).await.expect("stays").handle, "");
    assert_eq!(media::get(&mut tx, ann.workspace, file.id).await.expect("stays").state, MediaState::Purged);
    assert!(channels::get(&mut tx, ann.workspace, kept.id).await.expect("reads").grant_id.is_some(), "not harmed");
    assert_eq!(tombstones::replay(&mut tx).await.expect("replays"), 0, "a second time is nothing");
    drop(tx);
    restored.finish().await;
});

/// A fresh store of the same kind with an export in it.
async fn restore(store: &crate::testkit::TestStore, lines: &[u8]) -> crate::testkit::TestStore {
    use crate::testkit::TestStore;
    let other =
        if store.is_shared() { TestStore::postgres().await.expect("answers") } else { TestStore::sqlite().await };
    let text = String::from_utf8(lines.to_vec()).expect("text");
    let lines = text.lines().map(|line| Ok(line.to_owned()));
    crate::portable::import(&other, lines).await.expect("imports");
    other
}

store_test!(a_limit_is_the_most_generous_and_none_is_unlimited, |store| {
    let mut tx = write(store).await;
    let ws = fixtures::world(&mut tx, "ann").await.workspace;
    let meter = Meter::Channels;
    assert_eq!(entitlements::limit(&mut tx, ws, meter).await.expect("reads"), None);
    entitlements::set(&mut tx, ws, meter, "plan", Some(2)).await.expect("sets");
    entitlements::set(&mut tx, ws, meter, "gift", Some(3)).await.expect("sets");
    assert_eq!(entitlements::limit(&mut tx, ws, meter).await.expect("reads"), Some(3));
    entitlements::consume(&mut tx, ws, meter, 3).await.expect("fits");
    let over = entitlements::consume(&mut tx, ws, meter, 1).await;
    assert!(matches!(over, Err(StoreError::Exceeded { meter: Meter::Channels, limit: 3, used: 3 })), "{over:?}");
    entitlements::release(&mut tx, ws, meter, 1).await.expect("releases");
    entitlements::consume(&mut tx, ws, meter, 1).await.expect("fits again");
    entitlements::release(&mut tx, ws, meter, 9).await.expect("releases");
    assert_eq!(entitlements::used(&mut tx, ws, meter).await.expect("reads"), 0, "never below zero");
    entitlements::clear(&mut tx, ws, "gift").await.expect("clears");
    assert_eq!(entitlements::limit(&mut tx, ws, meter).await.expect("reads"), Some(2));
    entitlements::set(&mut tx, ws, meter, "plan", None).await.expect("sets");
    assert_eq!(entitlements::limit(&mut tx, ws, meter).await.expect("reads"), None);
    entitlements::set(&mut tx, ws, Meter::UploadBytes, "plan", Some(10)).await.expect("sets");
    for _ in 0..3 {
        entitlements::consume(&mut tx, ws, Meter::UploadBytes, 10).await.expect("each upload by itself");
    }
    assert!(entitlements::consume(&mut tx, ws, Meter::UploadBytes, 11).await.is_err());
});

store_test!(of_many_who_want_the_last_ones_as_many_as_fit_get_them, |store| {
    let mut tx = write(store).await;
    let ws = fixtures::world(&mut tx, "ann").await.workspace;
    entitlements::set(&mut tx, ws, Meter::PostsPerMonth, "plan", Some(3)).await.expect("sets");
    tx.commit().await.expect("commits");
    let take = || async {
        let mut tx = write(store).await;
        entitlements::consume(&mut tx, ws, Meter::PostsPerMonth, 1).await?;
        tx.commit().await
    };
    let taken = futures::future::join_all((0..8).map(|_| take())).await;
    assert_eq!(taken.iter().filter(|result| result.is_ok()).count(), 3, "{taken:?}");
    let mut tx = write(store).await;
    assert_eq!(entitlements::used(&mut tx, ws, Meter::PostsPerMonth).await.expect("reads"), 3);
});

store_test!(settings_are_kept_per_scope, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let scopes = [Scope::Instance, Scope::Workspace(world.workspace), Scope::User(world.user)];
    for (number, scope) in scopes.into_iter().enumerate() {
        assert_eq!(settings::get(&mut tx, scope, "x").await.expect("reads"), None);
        settings::set(&mut tx, scope, "x", &json!("old")).await.expect("sets");
        settings::set(&mut tx, scope, "x", &json!({ "number": number })).await.expect("sets");
    }
    for (number, scope) in scopes.into_iter().enumerate() {
        assert_eq!(settings::get(&mut tx, scope, "x").await.expect("reads"), Some(json!({ "number": number })));
    }
    settings::remove(&mut tx, Scope::Instance, "x").await.expect("removes");
    assert!(settings::all(&mut tx, Scope::Instance).await.expect("reads").is_empty());
    assert_eq!(settings::all(&mut tx, Scope::User(world.user)).await.expect("reads").len(), 1);
});

store_test!(a_label_is_unique_in_its_workspace, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let news = labels::create(&mut tx, ann.workspace, "news", "red").await.expect("makes");
    let blog = labels::create(&mut tx, ann.workspace, "blog", "blue").await.expect("makes");
    assert!(is_taken(labels::create(&mut tx, ann.workspace, "news", "green").await, "label"));
    labels::create(&mut tx, bob.workspace, "news", "red").await.expect("elsewhere it is free");
    assert!(is_taken(labels::update(&mut tx, ann.workspace, blog.id, "news", "blue").await, "label"));
    let renamed = labels::update(&mut tx, ann.workspace, blog.id, "Blog", "teal").await.expect("changes");
    assert_eq!((renamed.name.as_str(), renamed.colour.as_str()), ("Blog", "teal"));
    assert_eq!(labels::list(&mut tx, ann.workspace).await.expect("reads").len(), 2);
    assert!(is_missing(labels::get(&mut tx, bob.workspace, news.id).await));
    assert!(is_missing(labels::update(&mut tx, bob.workspace, news.id, "x", "x").await));
    assert!(is_missing(labels::delete(&mut tx, bob.workspace, news.id).await));
    labels::delete(&mut tx, ann.workspace, news.id).await.expect("deletes");
    assert_eq!(labels::list(&mut tx, ann.workspace).await.expect("reads"), [renamed]);
});

store_test!(a_tenant_sees_its_members_only, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let listed = members::list(&mut tx, ann.workspace).await.expect("reads");
    assert_eq!(listed.iter().map(|m| (m.user_id, m.role)).collect::<Vec<_>>(), [(ann.user, Role::Owner)]);
    assert_eq!(members::role(&mut tx, ann.workspace, bob.user).await.expect("reads"), None);
});
