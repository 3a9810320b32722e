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

/// The first of the shipped migrations.
fn first(migrator: &Migrator, count: usize) -> Migrator {
    Migrator::with_migrations(migrator.iter().take(count).cloned().collect())
}

fn id(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(n)
}

/// Two workspaces with a channel of one account id each, at different servers and on one
/// lane, as it was before lanes knew the server.
async fn before_lanes_knew_hosts(store: &Store) {
    store.migrate_with(&first(&SQLITE, 4), &first(&POSTGRES, 4)).await.expect("migrates");
    let mut tx = store.write().await.expect("writes");
    let lane = "INSERT INTO lanes (id, platform, remote_account_id, busy_delivery, ready_at, min_gap_us, created_at) \
                VALUES ($1, 'net', 'acct', $2, 9, 7, 1)";
    tx.execute(sql(lane).bind(id(1)).bind(id(41))).await.expect("a lane");
    for (n, host) in [(1, "https://a.example"), (2, "https://b.example")] {
        for text in [
            "INSERT INTO workspaces (id, name, zone, approval_policy, missed_window_s, event_seq, data_key_id, \
             created_at, updated_at) VALUES ($1, 'W', 'UTC', 'none', 60, 0, $1, 1, 1)",
            "INSERT INTO posts (id, workspace_id, revision_id, version, draft, created_at, updated_at) \
             VALUES ($1, $1, $1, 1, FALSE, 1, 1)",
        ] {
            tx.execute(sql(text).bind(id(20 + n))).await.expect("a row");
        }
        let channel = "INSERT INTO channels (id, workspace_id, lane_id, platform, host, remote_id, handle, name, facts, \
                       state, created_at, updated_at) VALUES ($1, $2, $3, 'net', $4, 'acct', '', '', '{}', 'connected', $5, 1)";
        let channel = sql(channel).bind(id(30 + n)).bind(id(20 + n)).bind(id(1)).bind(host);
        tx.execute(channel.bind(i64::try_from(n).expect("small"))).await.expect("a channel");
    }
    for (n, channel, state) in [(41, 31, "running"), (42, 32, "running"), (43, 32, "held")] {
        let delivery = "INSERT INTO deliveries (id, workspace_id, post_id, channel_id, lane_id, occurrence, state, \
                        scheduled_at, due_at, missed_window_s, lease_epoch, failures, rescues, stop_requested, \
                        incomplete, created_at, updated_at) \
                        VALUES ($1, $2, $2, $3, $4, $5, $6, 1, 1, 60, 0, 0, 0, FALSE, FALSE, 1, 1)";
        let delivery = sql(delivery).bind(id(n)).bind(id(channel - 10)).bind(id(channel)).bind(id(1));
        tx.execute(delivery.bind(n.to_string()).bind(state)).await.expect("a delivery");
        let part = "INSERT INTO parts (id, workspace_id, delivery_id, lane_id, position, state) \
                    VALUES ($1, $2, $1, $3, 0, 'pending')";
        tx.execute(sql(part).bind(id(n)).bind(id(channel - 10)).bind(id(1))).await.expect("a part");
    }
    tx.commit().await.expect("commits");
}

async fn lanes_are_split(store: &Store) {
    before_lanes_knew_hosts(store).await;
    store.migrate().await.expect("migrates");
    let mut tx = store.read().await.expect("reads");
    let all = sql("SELECT id, host, ready_at, min_gap_us, busy_delivery FROM lanes ORDER BY host");
    let lanes = tx.rows(all).await.expect("reads");
    let host = |n: usize| lanes[n].get::<String>("host").expect("a host");
    assert_eq!((lanes.len(), host(0).as_str(), host(1).as_str()), (2, "https://a.example", "https://b.example"));
    let old = |name| lanes[0].get::<i64>(name).expect("a number");
    assert_eq!((old("ready_at"), old("min_gap_us")), (9, 7));
    let new = |name| lanes[1].get::<i64>(name).expect("a number");
    assert_eq!((new("ready_at"), new("min_gap_us")), (0, 7), "what the other server said does not count here");
    let (one, two): (uuid::Uuid, uuid::Uuid) = (id(1), lanes[1].get("id").expect("an id"));
    assert_eq!(lanes[0].get::<uuid::Uuid>("id").expect("an id"), one);
    let mut on = Vec::new();
    for (table, n) in [("channels", 31), ("channels", 32), ("deliveries", 41), ("deliveries", 42), ("deliveries", 43)] {
        let text = format!("SELECT lane_id FROM {table} WHERE id = $1");
        on.push(tx.one(sql(text).bind(id(n))).await.expect("a row").get::<uuid::Uuid>("lane_id").expect("an id"));
    }
    assert_eq!(on, [one, two, one, one, two], "what is being sent stays where it was claimed");
    for (n, lane) in [(42, one), (43, two)] {
        let part = tx.one(sql("SELECT lane_id FROM parts WHERE id = $1").bind(id(n))).await.expect("a part");
        assert_eq!(part.get::<uuid::Uuid>("lane_id").expect("an id"), lane);
    }
}

#[tokio::test]
async fn lanes_that_were_shared_across_servers_are_split_on_sqlite() {
    let store = TestStore::sqlite_without_tables().await;
    lanes_are_split(&store).await;
    let mut tx = store.read().await.expect("reads");
    assert!(tx.rows(sql("PRAGMA foreign_key_check")).await.expect("checks").is_empty());
}

#[tokio::test]
async fn lanes_that_were_shared_across_servers_are_split_on_postgres() {
    if let Some(store) = TestStore::postgres_without_tables().await {
        lanes_are_split(&store).await;
        store.finish().await;
    }
}
