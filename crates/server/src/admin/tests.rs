use std::path::Path;

use postrider_store::repo::data_keys::{self, Owner};
use postrider_store::repo::instance;
use postrider_store::repo::users::{self, NewUser};
use postrider_store::repo::workspaces::{self, Profile};

use super::keys::rotate_in;
use super::*;
use crate::config::{Origin, Sources, Values};
use crate::instance::{KeyError, KeySource};

fn config(data: &Path) -> Config {
    let mut flags = Values::default();
    flags.set("data", data.display().to_string(), Origin::Flag("--data".to_owned()));
    Config::load(Sources { flags, ..Sources::default() }).expect("loads")
}

async fn opened(config: &Config) -> Ledger {
    ledger::open(config, Access::Beside).await.expect("opens")
}

#[tokio::test]
async fn a_rotation_beside_an_open_ledger_leaves_one_key_that_opens_everything() {
    let keep = tempfile::tempdir().expect("a folder");
    let config = config(keep.path());
    let serving = opened(&config).await;
    let mut tx = serving.store.write().await.expect("a turn");
    let profile = Profile { name: "w", zone: "UTC", missed_window: std::time::Duration::from_secs(60) };
    let workspace = workspaces::create(&mut tx, profile).await.expect("created");
    let (id, key) = data_keys::create(&mut tx, Owner::Workspace(workspace.id)).await.expect("made");
    tx.commit().await.expect("committed");

    let beside = opened(&config).await;
    assert!(beside.lock.is_none(), "the first holds the lock");
    let rotated = rotate_in(&beside).await.expect("rotated");
    assert_eq!(rotated.version, 2);
    assert!(rotated.dropped && rotated.wrapped >= 1);
    let ring = KeySource::of(&config).read().expect("readable").expect("there");
    assert!(ring.get(1).is_none() && ring.current().0 == 2);

    let mut tx = serving.store.read().await.expect("a snapshot");
    let again = data_keys::open(&mut tx, id).await.expect("the running node reads the new key by itself");
    assert_eq!(again.expose(), key.expose());
    drop(tx);
    let third = opened(&config).await;
    let mut tx = third.store.read().await.expect("a snapshot");
    instance::check_key(&mut tx).await.expect("a new start has the new key alone");
}

#[tokio::test]
async fn a_rotation_that_was_broken_off_is_ended_by_the_next() {
    let keep = tempfile::tempdir().expect("a folder");
    let config = config(keep.path());
    let ledger = opened(&config).await;
    let file = ledger.key.file().expect("a file").clone();
    let ring = ledger.key.read().expect("readable").expect("there");
    let two = ring.with_next(postrider_store::seal::KeyBytes::new([5; 32]));
    file.replace(&two).expect("as far as a crash let it come");
    let rotated = rotate_in(&ledger).await.expect("rotated");
    assert_eq!(rotated.version, 2, "not a third key");
    let left = ledger.key.read().expect("readable").expect("there");
    assert_eq!(left.current().1.expose(), &[5; 32]);
}

#[tokio::test]
async fn a_key_that_does_not_open_the_database_stops_the_start_with_one_line() {
    let keep = tempfile::tempdir().expect("a folder");
    let config = config(keep.path());
    opened(&config).await.close().await;
    let other = postrider_store::seal::KeyRing::first(postrider_store::seal::KeyBytes::new([9; 32]));
    KeySource::of(&config).file().expect("a file").replace(&other).expect("replaced");
    let error = ledger::open(&config, Access::Exclusive).await.err().expect("is refused");
    assert!(matches!(error.downcast_ref::<KeyError>(), Some(KeyError::Wrong { .. })), "{error:?}");
    assert!(!error.to_string().contains('\n'));
}

#[tokio::test]
async fn a_key_is_never_made_for_a_database_that_has_one() {
    let keep = tempfile::tempdir().expect("a folder");
    let config = config(keep.path());
    opened(&config).await.close().await;
    let path = KeySource::of(&config).file().expect("a file").path().to_owned();
    std::fs::remove_file(&path).expect("removed");
    let error = ledger::open(&config, Access::Exclusive).await.err().expect("is refused");
    assert!(matches!(error.downcast_ref::<KeyError>(), Some(KeyError::Missing { .. })), "{error:?}");
    assert!(!path.exists());
}

#[tokio::test]
async fn a_database_of_another_instance_is_noticed_and_resume_takes_it_over() {
    let keep = tempfile::tempdir().expect("a folder");
    let config = config(keep.path());
    let ledger = opened(&config).await;
    assert!(!ledger.moved);
    let other = postrider_domain::id::InstanceId::from_uuid(uuid::Uuid::from_u128(7));
    ledger.folder.set_instance_id(other).expect("written");
    ledger.close().await;
    let ledger = opened(&config).await;
    assert!(ledger.moved);
    let mut tx = ledger.store.write().await.expect("a turn");
    instance::pause(&mut tx, "moved").await.expect("paused");
    let new = NewUser { email: "ann@example.org", name: "Ann", password_hash: "x", operator: false };
    let back = users::create(&mut tx, new).await.expect("a person");
    let deleted_at = tx.now();
    tx.commit().await.expect("committed");
    let gone = format!("{} user {deleted_at}\n", back.id.uuid());
    std::fs::write(ledger.folder.join(tombstones::FILE_NAME), gone).expect("written");
    assert_eq!(let_go_on(&ledger).await.expect("resumed").deleted, 1, "deleted here, and there again");
    ledger.close().await;
    let ledger = opened(&config).await;
    assert!(!ledger.moved);
    let mut tx = ledger.store.read().await.expect("a snapshot");
    assert_eq!(instance::get(&mut tx).await.expect("there").paused, None);
    assert!(users::by_email(&mut tx, "ann@example.org").await.expect("read").is_none());
}
