use std::sync::{Arc, Mutex};

use postrider_domain::id::InstanceId;
use serde_json::json;

use super::{is_missing, two_worlds, write};
use crate::StoreError;
use crate::repo::data_keys::{self, Owner};
use crate::repo::{apps, grants, instance};
use crate::seal::{InstanceKeys, KeyBytes, KeyRing};
use crate::sql::sql;
use crate::store_test;
use crate::testkit::{fixtures, test_keys};

store_test!(an_instance_is_made_once, |store| {
    assert!(!instance::has_canary(store).await.expect("reads"));
    let first = instance::ensure(store).await.expect("makes");
    assert!(instance::has_canary(store).await.expect("reads"));
    let other = store.another(2).await;
    assert_eq!(instance::ensure(&other).await.expect("finds"), first);
    assert_eq!(first.tzdb_version, postrider_domain::schedule::tzdb_version());
    assert_eq!((first.key_version, first.setup_token_hash, &first.paused), (1, None, &None));
    other.close().await;
});

store_test!(nodes_that_start_at_once_agree_on_one_instance, |store| {
    let started = futures::future::join_all((0..4).map(|_| instance::ensure(store))).await;
    let ids: Vec<InstanceId> = started.into_iter().map(|made| made.expect("makes").id).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
});

#[tokio::test]
async fn a_ledger_without_tables_has_no_canary() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = crate::Options {
        place: crate::Place::File(folder.path().join("new.db")),
        keys: InstanceKeys::fixed(test_keys()),
        entropy: Arc::new(crate::testkit::Seeded::new(1)),
        max_connections: 1,
    };
    let store = crate::Store::open(options).await.expect("opens");
    assert!(!instance::has_canary(&store).await.expect("reads"));
    store.close().await;
}

store_test!(a_node_with_another_key_is_told_so, |store| {
    instance::ensure(store).await.expect("makes");
    let wrong = KeyRing::first(KeyBytes::new([8; 32]));
    let stranger = store.another_with(2, InstanceKeys::fixed(wrong)).await;
    let mut tx = stranger.read().await.expect("reads");
    assert!(matches!(instance::check_key(&mut tx).await, Err(StoreError::Sealed(_))));
    drop(tx);
    assert!(matches!(instance::ensure(&stranger).await, Err(StoreError::Sealed(_))));
    stranger.close().await;
    let mut tx = store.read().await.expect("reads");
    instance::check_key(&mut tx).await.expect("the right key still opens it");
});

store_test!(what_an_instance_keeps_can_be_changed, |store| {
    let made = instance::ensure(store).await.expect("makes");
    let mut tx = write(store).await;
    instance::set_setup_token(&mut tx, Some([5; 32])).await.expect("sets");
    instance::set_tzdb_version(&mut tx, "2031a").await.expect("sets");
    instance::pause(&mut tx, "restored").await.expect("pauses");
    let id: InstanceId = tx.new_id();
    instance::set_instance_id(&mut tx, id).await.expect("sets");
    let changed = instance::get(&mut tx).await.expect("reads");
    assert_ne!(changed.id, made.id);
    assert_eq!((changed.id, changed.setup_token_hash, changed.tzdb_version.as_str()), (id, Some([5; 32]), "2031a"));
    let pause = changed.paused.expect("is paused");
    assert_eq!((pause.at, pause.why.as_str()), (tx.now(), "restored"));
    instance::check_key(&mut tx).await.expect("the canary does not depend on the id");
    instance::set_setup_token(&mut tx, None).await.expect("closes");
    instance::resume(&mut tx).await.expect("resumes");
    let after = instance::get(&mut tx).await.expect("reads");
    assert_eq!((after.setup_token_hash, after.paused), (None, None));
});

/// Keys of a node that reads them from a file, which is `file`.
fn reading(file: &Arc<Mutex<KeyRing>>) -> InstanceKeys {
    let source = Arc::clone(file);
    let ring = file.lock().expect("not poisoned").clone();
    InstanceKeys::new(ring, Box::new(move || Some(source.lock().expect("not poisoned").clone())))
}

store_test!(a_rotation_needs_no_downtime_and_the_old_key_may_go, |store| {
    instance::ensure(store).await.expect("makes");
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let mut made = Vec::new();
    for number in 0..205 {
        made.push(fixtures::grant(&mut tx, world, &format!("person {number}"), b"credentials").await);
    }
    tx.commit().await.expect("commits");

    // A node that is running meanwhile, and knows the old ring only.
    let file = Arc::new(Mutex::new(test_keys()));
    let node = store.another_with(3, reading(&file)).await;
    let next = test_keys().with_next(KeyBytes::new([9; 32]));
    *file.lock().expect("not poisoned") = next.clone();
    let rewrapped = data_keys::rotate(store, &next).await.expect("rotates");
    assert_eq!(rewrapped, 206, "the workspace's and each grant's");

    let mut tx = node.write().await.expect("writes");
    let grant = grants::get(&mut tx, world.workspace, made[200].id).await.expect("reads");
    assert_eq!(grants::open_credentials(&mut tx, &grant).await.expect("opens"), b"credentials");
    let fresh = fixtures::grant(&mut tx, world, "later", b"fresh").await;
    instance::check_key(&mut tx).await.expect("opens");
    tx.commit().await.expect("commits");
    node.close().await;

    // The old key is thrown away.
    let only_new = store.another_with(4, InstanceKeys::fixed(next.only_current())).await;
    let mut tx = only_new.read().await.expect("reads");
    instance::check_key(&mut tx).await.expect("opens");
    for id in [made[0].id, made[204].id] {
        let grant = grants::get(&mut tx, world.workspace, id).await.expect("reads");
        assert_eq!(grants::open_credentials(&mut tx, &grant).await.expect("opens"), b"credentials");
    }
    let fresh = grants::get(&mut tx, world.workspace, fresh.id).await.expect("reads");
    assert_eq!(grants::open_credentials(&mut tx, &fresh).await.expect("opens"), b"fresh");
    drop(tx);
    assert_eq!(data_keys::rotate(&only_new, &next).await.expect("is done"), 0);
    let back = data_keys::rotate(&only_new, &test_keys()).await;
    assert!(matches!(back, Err(StoreError::Sealed(_))), "never back: {back:?}");
    only_new.close().await;
});

store_test!(a_key_made_while_nodes_disagree_is_wrapped_with_the_newest, |store| {
    instance::ensure(store).await.expect("makes");
    let next = test_keys().with_next(KeyBytes::new([9; 32]));
    let file = Arc::new(Mutex::new(test_keys()));
    let node = store.another_with(3, reading(&file)).await;
    *file.lock().expect("not poisoned") = next.clone();
    data_keys::rotate(store, &next).await.expect("rotates");
    // This node has not met the new version yet.
    assert_eq!(node.keys().current().0, 1);
    let mut tx = node.write().await.expect("writes");
    let owner = Owner::Workspace(tx.new_id());
    let (id, key) = data_keys::create(&mut tx, owner).await.expect("makes");
    let row = tx.one(sql("SELECT key_version FROM data_keys WHERE id = $1").id(id)).await.expect("reads");
    assert_eq!(row.count("key_version").expect("a version"), 2);
    assert_eq!(data_keys::open(&mut tx, id).await.expect("opens").expose(), key.expose());
    tx.commit().await.expect("commits");
    node.close().await;
});

store_test!(a_destroyed_key_opens_nothing, |store| {
    let mut tx = write(store).await;
    let owner = Owner::Grant(tx.new_id());
    let (id, _) = data_keys::create(&mut tx, owner).await.expect("makes");
    data_keys::destroy(&mut tx, id).await.expect("destroys");
    assert!(matches!(data_keys::open(&mut tx, id).await, Err(StoreError::Sealed(_))));
    let row = tx.one(sql("SELECT wrapped, destroyed_at FROM data_keys WHERE id = $1").id(id)).await.expect("reads");
    assert_eq!(row.get::<Option<Vec<u8>>>("wrapped").expect("reads"), None);
    assert_eq!(row.opt_time("destroyed_at").expect("reads"), Some(tx.now()));
});

store_test!(apps_are_the_instances_or_a_workspaces_own, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let shared = apps::NewApp {
        workspace: None,
        platform: fixtures::PLATFORM,
        host: "example.net",
        client_id: "shared",
        secret: b"one",
        server: Some(&json!({ "host": "example.net" })),
        redirect_uri: Some("https://postrider.example/back"),
    };
    let own = apps::NewApp { workspace: Some(ann.workspace), client_id: "own", secret: b"two", ..shared };
    let shared = apps::create(&mut tx, shared).await.expect("stores");
    assert_eq!(shared.server, Some(json!({ "host": "example.net" })));
    assert_eq!(shared.redirect_uri.as_deref(), Some("https://postrider.example/back"));
    let own = apps::create(&mut tx, own).await.expect("stores");
    let find = apps::find(&mut tx, ann.workspace, fixtures::PLATFORM, "example.net").await;
    assert_eq!(find.expect("reads"), Some(own.clone()), "its own comes first");
    let find = apps::find(&mut tx, bob.workspace, fixtures::PLATFORM, "example.net").await;
    assert_eq!(find.expect("reads"), Some(shared.clone()));
    assert!(is_missing(apps::get(&mut tx, bob.workspace, own.id).await), "somebody else's");
    assert_eq!(apps::get(&mut tx, bob.workspace, shared.id).await.expect("reads"), shared);
    assert_eq!(apps::list(&mut tx, None).await.expect("reads"), std::slice::from_ref(&shared));
    assert_eq!(apps::list(&mut tx, Some(ann.workspace)).await.expect("reads"), std::slice::from_ref(&own));
    assert_eq!(apps::open_secret(&mut tx, &own).await.expect("opens"), b"two");
    apps::set_server(&mut tx, own.id, &json!({ "host": "moved" })).await.expect("keeps");
    let moved = apps::get(&mut tx, ann.workspace, own.id).await.expect("reads");
    assert_eq!(moved.server, Some(json!({ "host": "moved" })));
    let code = postrider_domain::Code::OperatorMustAct;
    assert!(apps::mark_broken(&mut tx, own.id, code).await.expect("notes"), "news");
    assert!(!apps::mark_broken(&mut tx, own.id, code).await.expect("notes"), "told once");
    assert!(apps::mark_working(&mut tx, own.id).await.expect("notes"));
    assert!(!apps::mark_working(&mut tx, own.id).await.expect("notes"));
    apps::replace(&mut tx, &own, "newer", b"three").await.expect("replaces");
    let newer = apps::get(&mut tx, ann.workspace, own.id).await.expect("reads");
    assert_eq!(apps::open_secret(&mut tx, &newer).await.expect("opens"), b"three");
    assert!(is_missing(apps::delete(&mut tx, Some(bob.workspace), own.id).await));
    apps::delete(&mut tx, Some(ann.workspace), own.id).await.expect("deletes");
    assert!(matches!(apps::open_secret(&mut tx, &newer).await, Err(StoreError::Sealed(_))), "its key is gone");
    apps::delete(&mut tx, None, shared.id).await.expect("deletes");
});
