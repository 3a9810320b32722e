//! Data keys: one per grant, workspace and platform app, wrapped by the
//! instance key. Destroying one destroys all that was sealed with it.

use postrider_domain::id::{DataKeyId, GrantId, PlatformAppId, TypedId, WorkspaceId};
use uuid::Uuid;

use super::instance;
use crate::error::StoreError;
use crate::seal::{self, KeyBytes, KeyRing, Spot};
use crate::sql::sql;
use crate::{Result, Store, Tx};

/// Rows that a rotation wraps again in one transaction; between two of them
/// other writers have their turn.
const BATCH: u32 = 200;

/// A data key is replaced, never changed, so what it seals has one version.
const SEALED_VERSION: u32 = 1;

/// What a data key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The secrets of a workspace.
    Workspace(WorkspaceId),
    /// The tokens of a grant.
    Grant(GrantId),
    /// The client secret of a platform app.
    PlatformApp(PlatformAppId),
}

impl Owner {
    fn kind(self) -> &'static str {
        match self {
            Owner::Workspace(_) => "workspace",
            Owner::Grant(_) => "grant",
            Owner::PlatformApp(_) => "platform_app",
        }
    }

    fn uuid(self) -> Uuid {
        match self {
            Owner::Workspace(id) => id.uuid(),
            Owner::Grant(id) => id.uuid(),
            Owner::PlatformApp(id) => id.uuid(),
        }
    }
}

/// Makes a data key and stores it wrapped.
pub async fn create(tx: &mut Tx, owner: Owner) -> Result<(DataKeyId, KeyBytes)> {
    let (id, key, now) = (tx.new_id::<DataKeyId>(), KeyBytes::random(tx.entropy()), tx.now());
    let version = wrapping_version(tx).await?;
    let wrapped = wrap(tx, id, version, &key)?;
    tx.execute(
        sql("INSERT INTO data_keys (id, owner_kind, owner_id, wrapped, key_version, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6)")
        .id(id)
        .bind(owner.kind())
        .bind(owner.uuid())
        .bind(wrapped)
        .bind(version)
        .bind(now),
    )
    .await?;
    Ok((id, key))
}

/// The key itself. A destroyed one is [`StoreError::Sealed`].
pub async fn open(tx: &mut Tx, id: DataKeyId) -> Result<KeyBytes> {
    let row = tx.one(sql("SELECT wrapped, key_version FROM data_keys WHERE id = $1").id(id)).await?;
    let wrapped: Option<Vec<u8>> = row.get("wrapped")?;
    let wrapped = wrapped.ok_or(StoreError::Sealed("data_keys.wrapped"))?;
    unwrap(tx, id, version_of(&row)?, &wrapped)
}

/// Destroys a key: what it sealed can never be opened again.
pub async fn destroy(tx: &mut Tx, id: DataKeyId) -> Result<()> {
    let now = tx.now();
    tx.execute(
        sql("UPDATE data_keys SET wrapped = NULL, destroyed_at = $1 WHERE id = $2 AND destroyed_at IS NULL")
            .bind(now)
            .id(id),
    )
    .await?;
    Ok(())
}

/// Wraps every data key, and the canary, with the current key of `ring`, and
/// returns how many keys were wrapped again.
///
/// `ring` must still hold the key in use until now, and must already lie where
/// other nodes read it: they read their ring again as soon as they meet the new
/// version. Nothing stops meanwhile. After it returned, the old key may go.
pub async fn rotate(store: &Store, ring: &KeyRing) -> Result<u64> {
    store.keys().replace(ring.clone());
    let version = ring.current().0;
    let mut tx = store.write().await?;
    // From this commit on every new data key is wrapped with the new version.
    instance::reseal(&mut tx, version).await?;
    tx.commit().await?;
    let mut done = 0;
    loop {
        let mut tx = store.write().await?;
        let wrapped = rewrap_batch(&mut tx, version).await?;
        tx.commit().await?;
        if wrapped == 0 {
            return Ok(done);
        }
        done += wrapped;
    }
}

async fn rewrap_batch(tx: &mut Tx, version: u32) -> Result<u64> {
    let text = format!(
        "SELECT id, wrapped, key_version FROM data_keys WHERE wrapped IS NOT NULL AND key_version <> $1 \
         ORDER BY id LIMIT $2{}",
        tx.lock_clause(" FOR UPDATE")
    );
    let rows = tx.rows(sql(text).bind(version).bind(BATCH)).await?;
    for row in &rows {
        let id: DataKeyId = row.id("id")?;
        let key = unwrap(tx, id, version_of(row)?, &row.get::<Vec<u8>>("wrapped")?)?;
        let wrapped = wrap(tx, id, version, &key)?;
        tx.execute(
            sql("UPDATE data_keys SET wrapped = $1, key_version = $2 WHERE id = $3").bind(wrapped).bind(version).id(id),
        )
        .await?;
    }
    Ok(rows.len() as u64)
}

/// The version to wrap with: the instance's, which a rotation raises first. The
/// row is locked against that until this transaction ends, so no key slips past.
async fn wrapping_version(tx: &mut Tx) -> Result<u32> {
    let text = format!("SELECT key_version FROM instance WHERE id = 1{}", tx.lock_clause(" FOR SHARE"));
    match tx.opt(sql(text)).await? {
        Some(row) => version_of(&row),
        None => Ok(tx.shared().keys.current().0),
    }
}

pub(crate) fn version_of(row: &crate::sql::Row) -> Result<u32> {
    u32::try_from(row.count("key_version")?).map_err(|error| StoreError::corrupt("key_version", error))
}

fn wrap(tx: &Tx, id: DataKeyId, version: u32, key: &KeyBytes) -> Result<Vec<u8>> {
    let row = id.uuid().to_string();
    let instance_key = tx.shared().keys.get(version)?;
    seal::seal(&instance_key, wrapped_spot(&row, version), key.expose(), tx.entropy())
}

fn unwrap(tx: &Tx, id: DataKeyId, version: u32, wrapped: &[u8]) -> Result<KeyBytes> {
    let row = id.uuid().to_string();
    let instance_key = tx.shared().keys.get(version)?;
    let plain = zeroize::Zeroizing::new(seal::open(&instance_key, wrapped_spot(&row, version), wrapped)?);
    let bytes = plain.as_slice().try_into().map_err(|_| StoreError::Sealed("data_keys.wrapped"))?;
    Ok(KeyBytes::new(bytes))
}

fn wrapped_spot(row: &str, key_version: u32) -> Spot<'_> {
    Spot { table: "data_keys", row, column: "wrapped", key_version }
}

/// A column of a row that is sealed under a data key.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
}

impl Place {
    /// Seals `plain` for the row `id`.
    pub(crate) fn seal(self, tx: &Tx, key: &KeyBytes, id: impl TypedId, plain: &[u8]) -> Result<Vec<u8>> {
        seal::seal(key, self.spot(&id.uuid().to_string()), plain, tx.entropy())
    }

    /// Opens what was sealed for the row `id`.
    pub(crate) async fn open(self, tx: &mut Tx, key: DataKeyId, id: impl TypedId, sealed: &[u8]) -> Result<Vec<u8>> {
        let key = open(tx, key).await?;
        seal::open(&key, self.spot(&id.uuid().to_string()), sealed)
    }

    fn spot(self, row: &str) -> Spot<'_> {
        Spot { table: self.table, row, column: self.column, key_version: SEALED_VERSION }
    }
}

/// A sealed value that does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Sealed(pub(crate) Vec<u8>);

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[sealed]")
    }
}
