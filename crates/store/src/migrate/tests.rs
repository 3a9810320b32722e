use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType};

use super::*;
use crate::sql::sql;
use crate::store_test;
use crate::testkit::{Seeded, TestStore, fixtures, test_keys};

/// The shipped migrations and more.
fn with(more: &[(i64, &'static str)]) -> Migrator {
    let new = |&(version, text): &(i64, &'static str)| {
        Migration::new(version, "test".into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    Migrator::with_migrations(SQLITE.iter().cloned().chain(more.iter().map(new)).collect())
}

const GOOD: (i64, &str) = (9001, "CREATE TABLE extra (id INTEGER PRIMARY KEY) STRICT");
const BAD: (i64, &str) = (9002, "CREATE TABLE more (id INTEGER); INSERT INTO nowhere VALUES (1)");

async fn seeded() -> TestStore {
    let store = TestStore::sqlite().await;
    let mut tx = store.write().await.expect("writes");
    fixtures::user(&mut tx, "ann").await;
    tx.commit().await.expect("commits");
    store
}

fn snapshots(store: &TestStore) -> Vec<String> {
    let crate::Place::File(path) = store.place() else { panic!("a file") };
    let folder = std::fs::read_dir(path.parent().expect("a folder")).expect("reads");
    let names = folder.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter(|name| name.contains(".before-")).collect()
}

async fn count(store: &Store, text: &str) -> u64 {
    let mut tx = store.read().await.expect("reads");
    tx.one(sql(text)).await.expect("a row").count("n").expect("a count")
}

const EXTRA: &str = "SELECT count(*) AS n FROM sqlite_master WHERE name IN ('extra', 'more')";
const USERS: &str = "SELECT count(*) AS n FROM users";

#[tokio::test]
async fn a_failed_migration_puts_the_copy_back() {
    let store = seeded().await;
    let failed = store.migrate_with(&with(&[GOOD, BAD]), &POSTGRES).await.expect_err("the second one fails");
    assert!(matches!(failed, MigrateError::Restored(_)), "{failed:?}");
    let text = failed.to_string();
    assert!(text.contains("no such table: nowhere") && !text.contains('\n'), "{text}");
    assert_eq!(snapshots(&store), Vec::<String>::new());
    // The first one had succeeded: only the copy can have taken it away again.
    let again = store.another(2).await;
    assert_eq!(count(&again, EXTRA).await, 0);
    assert_eq!(count(&again, USERS).await, 1);
    again.migrate().await.expect("the version before goes on");
    again.close().await;
}

#[tokio::test]
async fn a_migration_that_succeeds_leaves_no_copy_behind() {
    let store = seeded().await;
    store.migrate_with(&with(&[GOOD]), &POSTGRES).await.expect("migrates");
    assert_eq!(count(&store, EXTRA).await, 1);
    assert_eq!(count(&store, USERS).await, 1);
    assert_eq!(snapshots(&store), Vec::<String>::new());
    assert_eq!(store.applied_migrations().await.expect("reads").last(), Some(&9001));
}

#[tokio::test]
async fn a_copy_that_cannot_be_made_stops_before_anything_changes() {
    let store = seeded().await;
    let crate::Place::File(path) = store.place() else { panic!("a file") };
    // A folder stands where the copy should go.
    std::fs::create_dir(beside(path, ".before-9001")).expect("a folder");
    let failed = store.migrate_with(&with(&[GOOD]), &POSTGRES).await.expect_err("no copy");
    assert!(matches!(failed, MigrateError::NoSnapshot(_)), "{failed:?}");
    assert_eq!(count(&store, EXTRA).await, 0);
}

#[tokio::test]
async fn a_ledger_of_a_newer_version_is_refused_by_name_and_untouched() {
    let store = seeded().await;
    store.migrate_with(&with(&[GOOD]), &POSTGRES).await.expect("migrates");
    let refused = store.migrate().await.expect_err("9001 is unknown");
    assert!(matches!(refused, MigrateError::Newer(9001)), "{refused:?}");
    let refused = store.migrate_with(&with(&[(9003, "SELECT 1")]), &POSTGRES).await.expect_err("9001 is unknown");
    assert!(matches!(refused, MigrateError::Newer(9001)), "{refused:?}");
    assert_eq!(snapshots(&store), Vec::<String>::new());
    assert_eq!(count(&store, USERS).await, 1, "the store is still open");
}

#[tokio::test]
async fn a_new_file_is_migrated_without_a_copy() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = crate::Options {
        place: crate::Place::File(folder.path().join("new.db")),
        keys: crate::seal::InstanceKeys::fixed(test_keys()),
        entropy: std::sync::Arc::new(Seeded::new(1)),
        max_connections: 1,
    };
    let store = Store::open(options).await.expect("opens");
    assert_eq!(store.applied_migrations().await.expect("reads"), Vec::<i64>::new());
    store.migrate().await.expect("migrates");
    assert_eq!(store.applied_migrations().await.expect("reads").len(), *MIGRATIONS);
    store.close().await;
}

store_test!(migrating_again_changes_nothing, |store| {
    let before = store.applied_migrations().await.expect("reads");
    store.migrate().await.expect("migrates");
    assert_eq!(store.applied_migrations().await.expect("reads"), before);
    assert_eq!(before.len(), *MIGRATIONS);
});

store_test!(a_changed_migration_is_refused_by_number, |store| {
    let mut tx = store.write().await.expect("writes");
    tx.execute(sql("UPDATE _sqlx_migrations SET checksum = $1").bind(vec![1u8])).await.expect("plants");
    tx.commit().await.expect("commits");
    assert!(matches!(store.migrate().await, Err(MigrateError::Changed(1))));
});
