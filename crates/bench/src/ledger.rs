//! A migrated ledger with a workspace in it, opened in this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use postrider_domain::id::{UserId, WorkspaceId};
use postrider_domain::role::Role;
use postrider_domain::source::Entropy;
use postrider_store::repo::users::{self, NewUser};
use postrider_store::repo::workspaces::{self, Profile};
use postrider_store::repo::{instance, members};
use postrider_store::seal::{InstanceKeys, KeyBytes, KeyRing};
use postrider_store::{Options, Place, Store, Tx};

use crate::raw::Raw;

/// The operating system's randomness.
#[derive(Debug)]
struct System;

impl Entropy for System {
    fn fill(&self, out: &mut [u8]) {
        rand::Rng::fill_bytes(&mut rand::rng(), out);
    }
}

/// Which database is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    /// The address of a server; each measurement makes a database of its own there.
    Postgres(String),
}

static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Kind {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Kind::Sqlite => "SQLite",
            Kind::Postgres(_) => "PostgreSQL",
        }
    }

    /// A server that does not write its log through measures something else.
    pub(crate) async fn check(&self) -> anyhow::Result<()> {
        let Kind::Postgres(server) = self else { return Ok(()) };
        let mut raw = Raw::open(&Place::Postgres(server.clone())).await?;
        let fsync = raw.text("SHOW fsync").await?;
        if fsync != "on" {
            println!("note: fsync is {fsync} on this PostgreSQL, so commits cost less here than they will elsewhere");
        }
        Ok(())
    }

    /// The address of a new database; `None` where it is a file.
    pub(crate) async fn database(&self) -> anyhow::Result<Option<String>> {
        let Kind::Postgres(server) = self else { return Ok(None) };
        let name = format!("bench_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
        Raw::open(&Place::Postgres(server.clone())).await?.execute(&format!("CREATE DATABASE {name}")).await?;
        let (front, _) = server.rsplit_once('/').context("an address with a database")?;
        Ok(Some(format!("{front}/{name}")))
    }

    /// Removes a database that [`Kind::database`] made.
    pub(crate) async fn drop(&self, url: Option<&str>) -> anyhow::Result<()> {
        let (Kind::Postgres(server), Some(url)) = (self, url) else { return Ok(()) };
        let (_, name) = url.rsplit_once('/').context("an address with a database")?;
        let gone = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        Raw::open(&Place::Postgres(server.clone())).await?.execute(&gone).await?;
        Ok(())
    }
}

/// A ledger to measure.
pub(crate) struct Ledger {
    pub(crate) store: Store,
    pub(crate) user: UserId,
    kind: Kind,
    place: Place,
    ring: KeyRing,
    _folder: tempfile::TempDir,
}

impl Ledger {
    pub(crate) async fn new(kind: &Kind) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let place = match kind.database().await? {
            Some(url) => Place::Postgres(url),
            None => Place::File(folder.path().join("bench.db")),
        };
        let ring = KeyRing::first(KeyBytes::random(&System));
        let store = open(&place, &ring).await?;
        store.migrate().await?;
        instance::ensure(&store).await.context("the instance")?;
        let mut tx = store.write().await?;
        let new = NewUser { email: "bench@example.org", name: "Bench", password_hash: "-", operator: true };
        let user = users::create(&mut tx, new).await?.id;
        tx.commit().await?;
        Ok(Self { store, user, kind: kind.clone(), place, ring, _folder: folder })
    }

    /// The same ledger as another process would open it.
    pub(crate) async fn again(&self) -> anyhow::Result<Store> {
        open(&self.place, &self.ring).await
    }

    /// A connection beside the store, for what no product does.
    pub(crate) async fn raw(&self) -> anyhow::Result<Raw> {
        Raw::open(&self.place).await
    }

    /// Another workspace with the same person.
    pub(crate) async fn workspace(&self, tx: &mut Tx) -> anyhow::Result<WorkspaceId> {
        let profile = Profile { name: "Bench", zone: "UTC", missed_window: Duration::from_secs(86_400) };
        let workspace = workspaces::create(tx, profile).await?.id;
        members::add(tx, workspace, self.user, Role::Owner).await?;
        Ok(workspace)
    }

    /// Removes what outlives the process.
    pub(crate) async fn finish(self) -> anyhow::Result<()> {
        self.store.close().await;
        let url = match &self.place {
            Place::Postgres(url) => Some(url.as_str()),
            Place::File(_) => None,
        };
        self.kind.drop(url).await
    }
}

async fn open(place: &Place, ring: &KeyRing) -> anyhow::Result<Store> {
    let keys = InstanceKeys::fixed(ring.clone());
    let options = Options { place: place.clone(), keys, entropy: Arc::new(System), max_connections: 16 };
    Ok(Store::open(options).await?)
}
