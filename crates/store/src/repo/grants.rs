//! Grants: one consent of one platform person, with sealed credentials under a
//! data key of their own.

use jiff::{SignedDuration, Timestamp};
use postrider_domain::id::{BootId, DataKeyId, GrantId, PlatformAppId, UserId, WorkspaceId};
use sha2::{Digest as _, Sha256};

use super::data_keys::{self, Owner, Place, Sealed};
use super::tombstones;
use crate::error::StoreError;
use crate::sql::{Row, json, sql};
use crate::{Result, Tx};

const CREDENTIALS: Place = Place { table: "grants", column: "credentials_sealed" };

/// Whether the credentials work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrantState {
    /// As far as we know.
    Active,
    /// The platform refuses them; a person must connect again.
    Reauth,
}

impl GrantState {
    /// The name stored and shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            GrantState::Active => "active",
            GrantState::Reauth => "reauth",
        }
    }

    /// The state with this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Reauth].into_iter().find(|state| state.as_str() == text)
    }
}

/// A consent; its credentials stay sealed until [`open_credentials`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// Where it was given.
    pub workspace_id: WorkspaceId,
    /// The platform.
    pub platform: String,
    /// The app it was given to; `None` where the platform has no apps.
    pub platform_app_id: Option<PlatformAppId>,
    /// The server.
    pub host: String,
    /// Who consented, as the platform calls them.
    pub person_id: String,
    /// What was allowed.
    pub scopes: Vec<String>,
    /// Whether it works.
    pub state: GrantState,
    /// When the access ends.
    pub expires_at: Option<Timestamp>,
    /// When it should be refreshed.
    pub refresh_at: Option<Timestamp>,
    /// Raised with every change of the credentials.
    pub version: i64,
    /// Since when it does not work.
    pub reauth_since: Option<Timestamp>,
    /// Who connected it.
    pub created_by: UserId,
    /// The key of its credentials.
    pub data_key_id: DataKeyId,
    /// When the person last consented.
    pub consented_at: Timestamp,
    /// When it was first given.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    sealed: Sealed,
}

/// A consent to be.
#[derive(Clone, Copy)]
pub struct NewGrant<'a> {
    /// The platform.
    pub platform: &'a str,
    /// The app it was given to.
    pub platform_app: Option<PlatformAppId>,
    /// The server.
    pub host: &'a str,
    /// Who consented, as the platform calls them.
    pub person_id: &'a str,
    /// What was allowed.
    pub scopes: &'a [String],
    /// The credentials, plain.
    pub plain: &'a [u8],
    /// When the access ends.
    pub expires_at: Option<Timestamp>,
    /// When it should be refreshed.
    pub refresh_at: Option<Timestamp>,
    /// Who connects it.
    pub created_by: UserId,
}

const COLUMNS: &str = "id, workspace_id, platform, platform_app_id, host, person_id, scopes, credentials_sealed, \
                       data_key_id, state, expires_at, refresh_at, version, reauth_since, created_by, consented_at, \
                       created_at, updated_at";

fn grant(row: &Row) -> Result<Grant> {
    Ok(Grant {
        id: row.id("id")?,
        workspace_id: row.id("workspace_id")?,
        platform: row.get("platform")?,
        platform_app_id: row.opt_id("platform_app_id")?,
        host: row.get("host")?,
        person_id: row.get("person_id")?,
        scopes: row.json("scopes")?,
        state: row.word("state", GrantState::parse)?,
        expires_at: row.opt_time("expires_at")?,
        refresh_at: row.opt_time("refresh_at")?,
        version: row.get("version")?,
        reauth_since: row.opt_time("reauth_since")?,
        created_by: row.id("created_by")?,
        data_key_id: row.id("data_key_id")?,
        consented_at: row.time("consented_at")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        sealed: Sealed(row.get("credentials_sealed")?),
    })
}

/// An empty value never overwrites a stored one.
fn not_empty(plain: &[u8]) -> Result<()> {
    if plain.is_empty() { Err(StoreError::corrupt("credentials_sealed", "empty credentials")) } else { Ok(()) }
}

/// Stores a consent with its credentials sealed under a fresh data key.
pub async fn create(tx: &mut Tx, workspace: WorkspaceId, new: NewGrant<'_>) -> Result<Grant> {
    not_empty(new.plain)?;
    let (id, now) = (tx.new_id::<GrantId>(), tx.now());
    let (data_key, key) = data_keys::create(tx, Owner::Grant(id)).await?;
    let sealed = CREDENTIALS.seal(tx, &key, id, new.plain)?;
    let text = format!(
        "INSERT INTO grants (id, workspace_id, platform, platform_app_id, host, person_id, scopes, \
         credentials_sealed, data_key_id, state, expires_at, refresh_at, version, created_by, consented_at, created_at, \
         updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $14, $15, $16) RETURNING {COLUMNS}"
    );
    let insert = sql(text).id(id).id(workspace).bind(new.platform).opt_id(new.platform_app).bind(new.host);
    let insert = insert.bind(new.person_id).bind(json(new.scopes)?).bind(sealed).id(data_key);
    let insert = insert.bind(GrantState::Active.as_str()).bind(new.expires_at).bind(new.refresh_at);
    grant(&tx.one(insert.id(new.created_by).bind(now).bind(now).bind(now)).await?)
}

/// One grant.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: GrantId) -> Result<Grant> {
    let text = format!("SELECT {COLUMNS} FROM grants WHERE workspace_id = $1 AND id = $2");
    grant(&tx.one(sql(text).id(workspace).id(id)).await?)
}

/// All grants of a workspace, oldest first.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Grant>> {
    let text = format!("SELECT {COLUMNS} FROM grants WHERE workspace_id = $1 ORDER BY created_at, id");
    tx.map(sql(text).id(workspace), grant).await
}

/// The grants of every workspace, in the order of their ids, for what is done to all of them.
pub async fn everywhere(tx: &mut Tx) -> Result<Vec<(WorkspaceId, GrantId)>> {
    let all = sql("SELECT workspace_id, id FROM grants ORDER BY id");
    tx.map(all, |row| Ok((row.id("workspace_id")?, row.id("id")?))).await
}

/// The grant that a person gave before, through the same app and server.
pub async fn by_person(
    tx: &mut Tx,
    workspace: WorkspaceId,
    platform: &str,
    platform_app: Option<PlatformAppId>,
    host: &str,
    person_id: &str,
) -> Result<Option<Grant>> {
    let found = of_person_at(tx, workspace, platform, host, person_id).await?;
    Ok(found.into_iter().find(|grant| grant.platform_app_id == platform_app))
}

/// The grants that a person gave at a server, through whichever app, oldest first.
pub async fn of_person_at(
    tx: &mut Tx,
    workspace: WorkspaceId,
    platform: &str,
    host: &str,
    person_id: &str,
) -> Result<Vec<Grant>> {
    let text = format!(
        "SELECT {COLUMNS} FROM grants WHERE workspace_id = $1 AND platform = $2 AND host = $3 AND person_id = $4 \
         ORDER BY created_at, id"
    );
    tx.map(sql(text).id(workspace).bind(platform).bind(host).bind(person_id), grant).await
}

/// Every grant of a platform person in any workspace, for callbacks of the platform.
pub async fn of_person(tx: &mut Tx, platform: &str, person_id: &str) -> Result<Vec<(WorkspaceId, GrantId)>> {
    let found = sql("SELECT workspace_id, id FROM grants WHERE platform = $1 AND person_id = $2 ORDER BY id");
    tx.map(found.bind(platform).bind(person_id), |row| Ok((row.id("workspace_id")?, row.id("id")?))).await
}

/// What a person gave to an app, in any workspace, locked, in the order of workspaces.
pub async fn given_to(tx: &mut Tx, platform: &str, app: PlatformAppId, person_id: &str) -> Result<Vec<Grant>> {
    let text = format!(
        "SELECT {COLUMNS} FROM grants WHERE platform = $1 AND person_id = $2 AND platform_app_id = $3 \
         ORDER BY workspace_id, id{}",
        tx.lock_clause(" FOR UPDATE")
    );
    tx.map(sql(text).bind(platform).bind(person_id).id(app), grant).await
}

/// What a channel remembers of the consent that it was used with, once that is gone: whoever is told of the person
/// finds it again.
pub fn consent_hash(app: PlatformAppId, person_id: &str) -> [u8; 32] {
    Sha256::new().chain_update(app.uuid()).chain_update(person_id).finalize().into()
}

impl Grant {
    /// The same of this grant; `None` where the platform has no apps, and so none to tell.
    pub fn consent_hash(&self) -> Option<[u8; 32]> {
        self.platform_app_id.map(|app| consent_hash(app, &self.person_id))
    }
}

/// The plain credentials of a grant as it was read.
pub async fn open_credentials(tx: &mut Tx, grant: &Grant) -> Result<Vec<u8>> {
    CREDENTIALS.open(tx, grant.data_key_id, grant.id, &grant.sealed.0).await
}

/// Keeps refreshed credentials: raises the version, ends the refresh lease and
/// makes grant and channels work again. [`StoreError::Stale`] when somebody
/// else changed them since `expected_version`.
pub async fn save_credentials(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: GrantId,
    expected_version: i64,
    plain: &[u8],
    expires_at: Option<Timestamp>,
    refresh_at: Option<Timestamp>,
) -> Result<()> {
    not_empty(plain)?;
    let (grant, now) = (get(tx, workspace, id).await?, tx.now());
    let key = data_keys::open(tx, grant.data_key_id).await?;
    let sealed = CREDENTIALS.seal(tx, &key, id, plain)?;
    tx.execute_one(
        sql("UPDATE grants SET credentials_sealed = $1, expires_at = $2, refresh_at = $3, version = version + 1, \
             refresh_boot = NULL, refresh_until = NULL, reauth_since = NULL, warnings = 0, state = $4, updated_at = $5 \
             WHERE workspace_id = $6 AND id = $7 AND version = $8")
        .bind(sealed)
        .bind(expires_at)
        .bind(refresh_at)
        .bind(GrantState::Active.as_str())
        .bind(now)
        .id(workspace)
        .id(id)
        .bind(expected_version),
    )
    .await?;
    set_channels(tx, id, "needs_reconnect", "connected").await
}

/// What changes when the same person connects again.
#[derive(Clone, Copy)]
pub struct Replacement<'a> {
    /// The app it was given to this time.
    pub platform_app: Option<PlatformAppId>,
    /// What was allowed this time.
    pub scopes: &'a [String],
    /// The credentials, plain.
    pub plain: &'a [u8],
    /// When the access ends.
    pub expires_at: Option<Timestamp>,
    /// When it should be refreshed.
    pub refresh_at: Option<Timestamp>,
    /// Who connects again.
    pub by: UserId,
}

/// The same person connected again: the same grant goes on with new
/// credentials, whatever version it has.
pub async fn replace_credentials(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: GrantId,
    new: Replacement<'_>,
) -> Result<Grant> {
    let now = tx.now();
    let text = format!(
        "UPDATE grants SET scopes = $1, created_by = $2, platform_app_id = $3, consented_at = $4 \
         WHERE workspace_id = $5 AND id = $6 RETURNING {COLUMNS}"
    );
    let update = sql(text).bind(json(new.scopes)?).id(new.by).opt_id(new.platform_app).bind(now);
    let update = update.id(workspace).id(id);
    let present = grant(&tx.one(update).await?)?;
    save_credentials(tx, workspace, id, present.version, new.plain, new.expires_at, new.refresh_at).await?;
    get(tx, workspace, id).await
}

/// Takes the sole right to refresh until an instant. `None` while anybody holds
/// an unexpired one, another task of the same boot included; it ends with
/// [`save_credentials`], [`release_refresh`] or its time.
pub async fn claim_refresh(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: GrantId,
    boot: BootId,
    until: Timestamp,
) -> Result<Option<Grant>> {
    let now = tx.now();
    let text = format!(
        "UPDATE grants SET refresh_boot = $1, refresh_until = $2 WHERE workspace_id = $3 AND id = $4 \
         AND (refresh_until IS NULL OR refresh_until <= $5) RETURNING {COLUMNS}"
    );
    let claimed = tx.opt(sql(text).id(boot).bind(until).id(workspace).id(id).bind(now)).await?;
    match claimed {
        Some(row) => grant(&row).map(Some),
        None => get(tx, workspace, id).await.map(|_| None),
    }
}

/// Whether somebody began to refresh and never said what came of it: its process died, and
/// the platform may have rotated the tokens.
pub async fn was_refresh_lost(tx: &mut Tx, workspace: WorkspaceId, id: GrantId) -> Result<bool> {
    let now = tx.now();
    let lost = sql("SELECT 1 AS yes FROM grants WHERE workspace_id = $1 AND id = $2 AND refresh_boot IS NOT NULL \
                    AND refresh_until <= $3");
    Ok(tx.opt(lost.id(workspace).id(id).bind(now)).await?.is_some())
}

/// Whether somebody is refreshing right now.
pub async fn is_refreshing(tx: &mut Tx, workspace: WorkspaceId, id: GrantId) -> Result<bool> {
    let now = tx.now();
    let flying = sql("SELECT 1 AS yes FROM grants WHERE workspace_id = $1 AND id = $2 AND refresh_until > $3");
    Ok(tx.opt(flying.id(workspace).id(id).bind(now)).await?.is_some())
}

/// Gives the right to refresh back without new credentials.
pub async fn release_refresh(tx: &mut Tx, workspace: WorkspaceId, id: GrantId, boot: BootId) -> Result<()> {
    let released = sql("UPDATE grants SET refresh_boot = NULL, refresh_until = NULL \
                        WHERE workspace_id = $1 AND id = $2 AND refresh_boot = $3");
    tx.execute(released.id(workspace).id(id).id(boot)).await?;
    Ok(())
}

/// Moves the next try to refresh, after one that failed for a passing reason.
pub async fn postpone_refresh(tx: &mut Tx, workspace: WorkspaceId, id: GrantId, until: Timestamp) -> Result<()> {
    let moved = sql("UPDATE grants SET refresh_at = $1 WHERE workspace_id = $2 AND id = $3 AND refresh_at < $4");
    tx.execute(moved.bind(until).id(workspace).id(id).bind(until)).await?;
    Ok(())
}

/// Notes that the platform refuses the credentials of a version; its channels need
/// connecting again. True when that is news, so that the owner is told once.
/// [`StoreError::Stale`] when there are other credentials by now: nothing is known of those.
pub async fn mark_reauth(tx: &mut Tx, workspace: WorkspaceId, id: GrantId, version: i64) -> Result<bool> {
    let now = tx.now();
    let marked = sql("UPDATE grants SET state = $1, reauth_since = $2, refresh_boot = NULL, refresh_until = NULL, \
                      updated_at = $3 WHERE workspace_id = $4 AND id = $5 AND version = $6 AND state <> $1");
    let marked = marked.bind(GrantState::Reauth.as_str()).bind(now).bind(now).id(workspace).id(id).bind(version);
    if tx.execute(marked).await? == 1 {
        set_channels(tx, id, "connected", "needs_reconnect").await?;
        return Ok(true);
    }
    match get(tx, workspace, id).await? {
        present if present.version == version => Ok(false),
        _ => Err(StoreError::Stale),
    }
}

async fn set_channels(tx: &mut Tx, id: GrantId, from: &str, to: &str) -> Result<()> {
    let now = tx.now();
    let moved = sql("UPDATE channels SET state = $1, updated_at = $2 WHERE grant_id = $3 AND state = $4");
    tx.execute(moved.bind(to).bind(now).id(id).bind(from)).await?;
    Ok(())
}

/// Working grants whose time to refresh has come and that nobody is refreshing,
/// the most urgent first.
pub async fn due_for_refresh(tx: &mut Tx, limit: u32) -> Result<Vec<(WorkspaceId, GrantId)>> {
    let now = tx.now();
    tx.map(
        sql("SELECT workspace_id, id FROM grants WHERE refresh_at <= $1 AND state = $2 \
             AND (refresh_until IS NULL OR refresh_until <= $3) ORDER BY refresh_at, id LIMIT $4")
        .bind(now)
        .bind(GrantState::Active.as_str())
        .bind(now)
        .bind(limit),
        |row| Ok((row.id("workspace_id")?, row.id("id")?)),
    )
    .await
}

/// Working grants that nothing renews and that end within a period, of which this many warnings are not given yet.
/// Nobody is warned of an end that was as near when the person consented.
pub async fn ending(tx: &mut Tx, within: SignedDuration, warning: i64, limit: u32) -> Result<Vec<Grant>> {
    let (now, period) = (tx.now(), within.as_micros());
    let period = i64::try_from(period).unwrap_or(i64::MAX);
    let until = now.saturating_add(within).unwrap_or(Timestamp::MAX);
    let text = format!(
        "SELECT {COLUMNS} FROM grants WHERE expires_at > $1 AND expires_at <= $2 AND refresh_at >= expires_at \
         AND state = $3 AND warnings < $4 AND expires_at > consented_at + $5 ORDER BY workspace_id, id LIMIT $6"
    );
    let ending = sql(text).bind(now).bind(until).bind(GrantState::Active.as_str()).bind(warning);
    tx.map(ending.bind(period).bind(limit), grant).await
}

/// Notes that a warning was given; false when somebody else was faster.
pub async fn warned(tx: &mut Tx, id: GrantId, warning: i64) -> Result<bool> {
    let noted = sql("UPDATE grants SET warnings = $1 WHERE id = $2 AND warnings < $1");
    Ok(tx.execute(noted.bind(warning).id(id)).await? == 1)
}

/// Keeps everybody else from changing a grant until the transaction ends.
pub async fn lock(tx: &mut Tx, id: GrantId) -> Result<()> {
    let text = format!("SELECT id FROM grants WHERE id = $1{}", tx.lock_clause(" FOR UPDATE"));
    tx.opt(sql(text).id(id)).await?;
    Ok(())
}

/// Seals what is left of the credentials under a fresh data key and destroys the one before, so that what was taken out
/// cannot be opened any more, not even from a copy of the row.
pub async fn seal_anew(tx: &mut Tx, workspace: WorkspaceId, id: GrantId, plain: &[u8]) -> Result<()> {
    not_empty(plain)?;
    let (grant, now) = (get(tx, workspace, id).await?, tx.now());
    let (data_key, key) = data_keys::create(tx, Owner::Grant(id)).await?;
    let sealed = CREDENTIALS.seal(tx, &key, id, plain)?;
    tx.execute_one(
        sql("UPDATE grants SET credentials_sealed = $1, data_key_id = $2, version = version + 1, updated_at = $3 \
             WHERE id = $4")
        .bind(sealed)
        .id(data_key)
        .bind(now)
        .id(id),
    )
    .await?;
    data_keys::destroy(tx, grant.data_key_id).await
}

/// Destroys a grant: its key, its sealed bytes, its row. Its channels stay, without it, and need connecting again.
pub async fn shred(tx: &mut Tx, workspace: WorkspaceId, id: GrantId) -> Result<()> {
    let grant = get(tx, workspace, id).await?;
    data_keys::destroy(tx, grant.data_key_id).await?;
    // Overwritten before it is deleted: with `secure_delete` the bytes are gone from the page as well.
    let blank = vec![0u8; grant.sealed.0.len()];
    tx.execute(sql("UPDATE grants SET credentials_sealed = $1 WHERE id = $2").bind(blank).id(id)).await?;
    // When it last changed stays: a restore compares that with when the channel itself was taken away.
    let left = sql("UPDATE channels SET grant_id = NULL, consent_hash = $1, state = CASE WHEN state = 'connected' \
                    THEN 'needs_reconnect' ELSE state END WHERE grant_id = $2");
    tx.execute(left.bind(grant.consent_hash()).id(id)).await?;
    tx.execute_one(sql("DELETE FROM grants WHERE id = $1").id(id)).await?;
    tombstones::add(tx, id.uuid(), tombstones::Kind::Grant).await
}

/// Whether another workspace holds a grant of the same person: then revoking at
/// a platform that revokes per person would cut that one off too.
pub async fn same_person_elsewhere(
    tx: &mut Tx,
    platform: &str,
    person_id: &str,
    not_workspace: WorkspaceId,
) -> Result<bool> {
    let found = sql("SELECT id FROM grants WHERE platform = $1 AND person_id = $2 AND workspace_id <> $3 LIMIT 1");
    Ok(tx.opt(found.bind(platform).bind(person_id).id(not_workspace)).await?.is_some())
}

/// The same, for grants through the same app at the same server.
pub async fn same_consent_elsewhere(tx: &mut Tx, grant: &Grant) -> Result<bool> {
    let same = of_person(tx, &grant.platform, &grant.person_id).await?;
    for (workspace, id) in same.into_iter().filter(|(workspace, _)| *workspace != grant.workspace_id) {
        let other = get(tx, workspace, id).await?;
        if other.host == grant.host && other.platform_app_id == grant.platform_app_id {
            return Ok(true);
        }
    }
    Ok(false)
}
