//! The instance: which installation this ledger belongs to, and whether the key
//! beside it is the right one.

use jiff::Timestamp;
use postrider_domain::id::InstanceId;
use postrider_domain::schedule::tzdb_version;

use super::data_keys::version_of;
use crate::error::StoreError;
use crate::seal::{self, Spot};
use crate::sql::{Row, sql};
use crate::{Bell, Result, Store, Tx};

/// What the canary seals.
const CANARY: &[u8] = b"postrider canary";

/// The one row that describes the installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Which installation; `restore` gives a copy another one.
    pub id: InstanceId,
    /// The version of the instance key in use.
    pub key_version: u32,
    /// The release of the zone database that schedules were resolved with.
    pub tzdb_version: String,
    /// SHA-256 of the one-use set-up token; `None` when set-up is closed.
    pub setup_token_hash: Option<[u8; 32]>,
    /// Why and since when nothing is published.
    pub paused: Option<Pause>,
    /// First start.
    pub created_at: Timestamp,
}

/// A stop of all publishing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Since when.
    pub at: Timestamp,
    /// Why, for the operator.
    pub why: String,
}

/// The instance; at first start it is made, with a canary sealed by the current key.
pub async fn ensure(store: &Store) -> Result<Instance> {
    let mut tx = store.write().await?;
    let (version, key) = tx.shared().keys.current();
    let canary = seal::seal(&key, canary_spot(version), CANARY, tx.entropy())?;
    let (id, now) = (tx.new_id::<InstanceId>(), tx.now());
    tx.execute(
        sql("INSERT INTO instance (id, instance_id, canary, key_version, tzdb_version, created_at) \
             VALUES (1, $1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING")
        .id(id)
        .bind(canary)
        .bind(version)
        .bind(tzdb_version())
        .bind(now),
    )
    .await?;
    check_key(&mut tx).await?;
    let instance = get(&mut tx).await?;
    tx.commit().await?;
    Ok(instance)
}

/// Whether some key was ever used with this ledger. Works on a ledger without
/// tables too, so it can be asked before a key is made.
pub async fn has_canary(store: &Store) -> Result<bool> {
    if store.applied_migrations().await?.is_empty() {
        return Ok(false);
    }
    let mut tx = store.read().await?;
    Ok(tx.opt(sql("SELECT id FROM instance")).await?.is_some())
}

/// Fails with [`StoreError::Sealed`] when the node's key is not this ledger's.
pub async fn check_key(tx: &mut Tx) -> Result<()> {
    let row = tx.one(sql("SELECT canary, key_version FROM instance WHERE id = 1")).await?;
    let version = version_of(&row)?;
    let key = tx.shared().keys.get(version)?;
    let plain = seal::open(&key, canary_spot(version), &row.get::<Vec<u8>>("canary")?)?;
    if plain == CANARY { Ok(()) } else { Err(StoreError::Sealed("instance.canary")) }
}

fn canary_spot(key_version: u32) -> Spot<'static> {
    // Not the instance id: that one changes with a restore.
    Spot { table: "instance", row: "1", column: "canary", key_version }
}

/// Seals the canary with a newer key. The key in use until now must be known.
pub(crate) async fn reseal(tx: &mut Tx, version: u32) -> Result<()> {
    let text = format!("SELECT key_version FROM instance WHERE id = 1{}", tx.lock_clause(" FOR UPDATE"));
    let present = version_of(&tx.one(sql(text)).await?)?;
    check_key(tx).await?;
    if version < present {
        return Err(StoreError::Sealed("instance.canary"));
    }
    let key = tx.shared().keys.get(version)?;
    let canary = seal::seal(&key, canary_spot(version), CANARY, tx.entropy())?;
    tx.execute_one(sql("UPDATE instance SET canary = $1, key_version = $2 WHERE id = 1").bind(canary).bind(version))
        .await
}

/// The instance.
pub async fn get(tx: &mut Tx) -> Result<Instance> {
    let row = tx
        .one(sql("SELECT instance_id, key_version, tzdb_version, setup_token_hash, paused_at, paused_why, created_at \
                  FROM instance WHERE id = 1"))
        .await?;
    Ok(Instance {
        id: row.id("instance_id")?,
        key_version: version_of(&row)?,
        tzdb_version: row.get("tzdb_version")?,
        setup_token_hash: hash(&row, "setup_token_hash")?,
        paused: row.opt_time("paused_at")?.map(|at| pause_of(&row, at)).transpose()?,
        created_at: row.time("created_at")?,
    })
}

fn pause_of(row: &Row, at: Timestamp) -> Result<Pause> {
    let why: Option<String> = row.get("paused_why")?;
    Ok(Pause { at, why: why.unwrap_or_default() })
}

/// A stored SHA-256.
pub(crate) fn hash(row: &Row, name: &'static str) -> Result<Option<[u8; 32]>> {
    let bytes: Option<Vec<u8>> = row.get(name)?;
    let array = bytes.map(<[u8; 32]>::try_from).transpose();
    array.map_err(|_| StoreError::corrupt(name, "is not 32 bytes"))
}

/// Opens set-up with a one-use token, or closes it for good with `None`.
pub async fn set_setup_token(tx: &mut Tx, token_hash: Option<[u8; 32]>) -> Result<()> {
    tx.execute_one(sql("UPDATE instance SET setup_token_hash = $1 WHERE id = 1").bind(token_hash)).await
}

/// Makes this ledger another installation's, as `restore` does.
pub async fn set_instance_id(tx: &mut Tx, id: InstanceId) -> Result<()> {
    tx.execute_one(sql("UPDATE instance SET instance_id = $1 WHERE id = 1").id(id)).await
}

/// Notes with which zone database schedules are resolved now.
pub async fn set_tzdb_version(tx: &mut Tx, version: &str) -> Result<()> {
    tx.execute_one(sql("UPDATE instance SET tzdb_version = $1 WHERE id = 1").bind(version)).await
}

/// Stops all publishing; an earlier pause keeps its time and takes the new reason.
pub async fn pause(tx: &mut Tx, why: &str) -> Result<()> {
    let now = tx.now();
    tx.execute_one(
        sql("UPDATE instance SET paused_at = COALESCE(paused_at, $1), paused_why = $2 WHERE id = 1")
            .bind(now)
            .bind(why),
    )
    .await
}

/// Whether all publishing is stopped.
pub async fn is_paused(tx: &mut Tx) -> Result<bool> {
    Ok(tx.opt(sql("SELECT id FROM instance WHERE paused_at IS NOT NULL")).await?.is_some())
}

/// Lets publishing go on, with what was held meanwhile.
pub async fn resume(tx: &mut Tx) -> Result<()> {
    tx.ring(Bell::Due);
    tx.execute_one(sql("UPDATE instance SET paused_at = NULL, paused_why = NULL WHERE id = 1")).await?;
    super::deliveries::resume_paused(tx, None).await.map(|_| ())
}
