//! Opening the ledger of an instance: folder, lock, key, tables, in that order.

use std::sync::Arc;

use anyhow::Context as _;
use postrider_domain::id::NodeId;
use postrider_store::repo::instance::{self, Instance};
use postrider_store::seal::{InstanceKeys, KeyBytes, KeyRing};
use postrider_store::{Options, Store, StoreError};

use crate::config::Config;
use crate::instance::{DataFolder, KeyError, KeySource, Lock, Locked, RingFile};
use crate::system::{SystemClock, SystemEntropy};

/// How a command uses the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nobody else may use the data folder meanwhile; tables are brought up to date.
    Exclusive,
    /// Beside a running `serve` when there is one; without one, as [`Access::Exclusive`].
    Beside,
}

/// An open ledger with what belongs to it on this machine.
pub struct Ledger {
    /// The database.
    pub store: Store,
    /// The data folder.
    pub folder: DataFolder,
    /// The node that this folder is.
    pub node: NodeId,
    /// Where the instance key comes from.
    pub key: KeySource,
    /// The instance's row.
    pub instance: Instance,
    /// Whether the data folder served another instance until now.
    pub moved: bool,
    /// Held as long as the ledger is open; `None` beside a running `serve`.
    pub lock: Option<Lock>,
}

/// Opens the ledger of the configuration.
///
/// # Errors
/// One line each: another process has the folder, the key is missing or wrong, the tables
/// are those of a newer version, the database does not answer.
pub async fn open(config: &Config, access: Access) -> anyhow::Result<Ledger> {
    let folder = DataFolder::open(&config.data)?;
    let lock = match folder.lock() {
        Ok(lock) => Some(lock),
        Err(error) if access == Access::Beside && error.is::<Locked>() => None,
        Err(error) => return Err(error),
    };
    let key = KeySource::of(config);
    let (store, made) = unlock(config, &key).await?;
    match settle(config, &store, &key, lock.is_some()).await {
        Ok(instance) => {
            let moved = beside_the_key(&folder, &instance)?;
            let node = folder.node_id(&SystemClock, &SystemEntropy)?;
            Ok(Ledger { store, folder, node, key, instance, moved, lock })
        }
        Err(error) => {
            // A key that seals nothing must not stay: the next start would take it for the real one.
            if let Some(file) = made.filter(|_| is_wrong_key(&error)) {
                file.remove();
            }
            store.close().await;
            Err(error)
        }
    }
}

/// Opens the database with its key. A key is made only when the database has none; then
/// the file that was written is returned too.
async fn unlock(config: &Config, key: &KeySource) -> anyhow::Result<(Store, Option<RingFile>)> {
    if let Some(ring) = key.read()? {
        return Ok((connect(config, key.keys(ring)).await?, None));
    }
    let Some(file) = key.file() else { unreachable_source(config, key)? };
    let ring = KeyRing::first(KeyBytes::random(&SystemEntropy));
    let store = connect(config, key.keys(ring.clone())).await?;
    if instance::has_canary(&store).await.with_context(|| cannot_open(config))? {
        store.close().await;
        return Err(KeyError::Missing { place: config.place_name(), file: file.path().to_owned() }.into());
    }
    file.create(&ring)?;
    tracing::info!(file = %file.path().display(), "made the instance key; keep a copy of it somewhere safe");
    Ok((store, Some(file.clone())))
}

/// Only a file can be missing; other sources answer or fail.
fn unreachable_source<T>(config: &Config, key: &KeySource) -> Result<T, KeyError> {
    Err(KeyError::Missing { place: config.place_name(), file: key.name().into() })
}

async fn connect(config: &Config, keys: InstanceKeys) -> anyhow::Result<Store> {
    let options = Options {
        place: config.place(),
        keys,
        entropy: Arc::new(SystemEntropy),
        max_connections: config.database_connections,
    };
    Store::open(options).await.with_context(|| cannot_open(config))
}

fn cannot_open(config: &Config) -> String {
    format!("cannot open the database {}", config.place_name())
}

/// Tables up to date, the instance's row there, the key the right one.
async fn settle(config: &Config, store: &Store, key: &KeySource, alone: bool) -> anyhow::Result<Instance> {
    if instance::has_canary(store).await.with_context(|| cannot_open(config))? {
        // Before the tables are touched: a wrong key must change nothing.
        let mut tx = store.read().await?;
        instance::check_key(&mut tx).await.map_err(|error| wrong_key(config, key, error))?;
    }
    if alone || store.is_shared() {
        store.migrate().await.with_context(|| format!("the database {}", config.place_name()))?;
    }
    instance::ensure(store).await.map_err(|error| wrong_key(config, key, error))
}

fn wrong_key(config: &Config, key: &KeySource, error: StoreError) -> anyhow::Error {
    match error {
        StoreError::Sealed(_) => KeyError::Wrong { origin: key.name(), place: config.place_name() }.into(),
        other => anyhow::Error::from(other).context(cannot_open(config)),
    }
}

fn is_wrong_key(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref::<KeyError>(), Some(KeyError::Wrong { .. }))
}

/// Whether the folder remembers another instance than the database has. A folder without
/// a memory takes over the database's.
fn beside_the_key(folder: &DataFolder, instance: &Instance) -> anyhow::Result<bool> {
    match folder.instance_id()? {
        Some(known) => Ok(known != instance.id),
        None => folder.set_instance_id(instance.id).map(|()| false),
    }
}

impl Ledger {
    /// Closes the database; the lock goes last.
    pub async fn close(self) {
        self.store.close().await;
    }
}
