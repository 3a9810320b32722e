//! Temporary stores for tests: the same test on SQLite and on PostgreSQL.

pub mod fixtures;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use postrider_domain::source::Entropy;

use crate::seal::{InstanceKeys, KeyBytes, KeyRing};
use crate::store::{Options, Place, Store};

/// Repeatable random bytes (SplitMix64).
#[derive(Debug)]
pub struct Seeded(AtomicU64);

impl Seeded {
    /// A source that always gives the same bytes for a seed.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A number below a bound, which is not 0.
    pub fn below(&self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn next(&self) -> u64 {
        let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Entropy for Seeded {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

/// The seed of a test that leaves things to chance. A test that fails while it holds one
/// says which it was; `POSTRIDER_TEST_SEED` repeats it, or tries another.
#[derive(Debug)]
pub struct Seed(u64);

impl Seed {
    /// This one, unless the environment names another.
    pub fn or(usual: u64) -> Self {
        #[expect(clippy::disallowed_methods, reason = "whoever repeats a run names its seed in the environment")]
        let named = std::env::var("POSTRIDER_TEST_SEED").ok();
        Self(named.map_or(usual, |seed| seed.parse().expect("POSTRIDER_TEST_SEED is a number")))
    }

    /// One of several sources that do not depend on each other's use.
    pub fn source(&self, stream: u64) -> Seeded {
        Seeded::new(self.0.wrapping_add(stream.wrapping_mul(0x2545_f491_4f6c_dd1d)))
    }
}

impl Drop for Seed {
    #[expect(clippy::print_stdout, reason = "a test that fails must say how to repeat it")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("POSTRIDER_TEST_SEED={}", self.0);
        }
    }
}

/// A migrated store that is removed afterwards.
pub struct TestStore {
    store: Store,
    place: Place,
    _folder: tempfile::TempDir,
    drop_database: Option<(String, String)>,
}

impl std::ops::Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl TestStore {
    /// A second connection to the same ledger, as another node has it.
    pub async fn another(&self, seed: u64) -> Store {
        open(self.place.clone(), seed).await
    }

    /// The same with keys of its own, as a node has them that reads them from a file.
    pub async fn another_with(&self, seed: u64, keys: InstanceKeys) -> Store {
        let entropy = Arc::new(Seeded::new(seed));
        let options = Options { place: self.place.clone(), keys, entropy, max_connections: 4 };
        Store::open(options).await.expect("opens")
    }

    /// Where the ledger is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// On SQLite.
    pub async fn sqlite() -> Self {
        Self::sqlite_without_tables().await.migrated().await
    }

    /// On SQLite, with nothing in it.
    pub async fn sqlite_without_tables() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let place = Place::File(folder.path().join("postrider.db"));
        let store = open(place.clone(), 1).await;
        Self { store, place, _folder: folder, drop_database: None }
    }

    async fn migrated(self) -> Self {
        self.store.migrate().await.expect("migrates");
        self
    }

    /// On PostgreSQL; `None` without a server, which is a failure when `CI` is set.
    pub async fn postgres() -> Option<Self> {
        Some(Self::postgres_without_tables().await?.migrated().await)
    }

    /// The same with nothing in it.
    pub async fn postgres_without_tables() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "the test server is named by the environment")]
        let (server, ci) = (std::env::var("POSTRIDER_TEST_PG"), std::env::var("CI"));
        let Ok(server) = server else {
            assert!(ci.is_err(), "POSTRIDER_TEST_PG is not set: PostgreSQL tests may not be skipped in CI");
            skipped("POSTRIDER_TEST_PG is not set");
            return None;
        };
        let name = format!("t_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
        admin(&server, &format!("DROP DATABASE IF EXISTS {name}")).await;
        admin(&server, &format!("CREATE DATABASE {name}")).await;
        let base = server.rsplit_once('/').expect("an address with a database").0.to_owned();
        let place = Place::Postgres(format!("{base}/{name}"));
        let store = open(place.clone(), 1).await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        Some(Self { store, place, _folder: folder, drop_database: Some((server, name)) })
    }

    /// Closes the store and removes its database.
    pub async fn finish(self) {
        self.store.close().await;
        if let Some((server, name)) = &self.drop_database {
            admin(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    }
}

#[expect(clippy::print_stdout, reason = "a test that is skipped must say so where its result is read")]
fn skipped(why: &str) {
    println!("skipped: {why}");
}

static DATABASES: AtomicU64 = AtomicU64::new(0);

async fn admin(server: &str, statement: &str) {
    use sqlx::Connection as _;
    let mut conn = sqlx::PgConnection::connect(server).await.expect("the test server answers");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut conn).await.expect("an admin statement");
    conn.close().await.expect("closes");
}

/// The instance key of every test store.
pub fn test_keys() -> KeyRing {
    KeyRing::first(KeyBytes([7; 32]))
}

async fn open(place: Place, seed: u64) -> Store {
    let options = Options {
        place,
        keys: InstanceKeys::fixed(test_keys()),
        entropy: Arc::new(Seeded::new(seed)),
        max_connections: 10,
    };
    Store::open(options).await.expect("opens")
}

/// Writes a test twice: as `name::sqlite` and as `name::postgres`.
///
/// ```ignore
/// store_test!(a_label_is_unique, |store| async move { … });
/// ```
#[macro_export]
macro_rules! store_test {
    ($(#[$meta:meta])* $name:ident, |$store:ident| $body:block) => {
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn body($store: &$crate::testkit::TestStore) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let store = $crate::testkit::TestStore::sqlite().await;
                body(&store).await;
                store.finish().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(store) = $crate::testkit::TestStore::postgres().await {
                    body(&store).await;
                    store.finish().await;
                }
            }
        }
    };
}
