//! Authorisations in progress at a platform: 15 minutes, one use, and the same
//! answer when the callback comes twice.

use jiff::{SignedDuration, Timestamp};
use postrider_domain::id::{OauthStateId, PlatformAppId, SessionId, UserId, WorkspaceId};

use super::data_keys::{self, Place};
use crate::sql::{Row, json, sql};
use crate::{Result, Tx};

/// How long a person may take at the platform.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(15);

const VERIFIER: Place = Place { table: "oauth_states", column: "verifier_sealed" };

/// An authorisation that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OauthState {
    /// Its id.
    pub id: OauthStateId,
    /// Where the channel will belong.
    pub workspace_id: WorkspaceId,
    /// Who started it.
    pub user_id: UserId,
    /// The session it was started from: the callback must come with the same
    /// one, or ask for a click first.
    pub session_id: Option<SessionId>,
    /// The app it goes through.
    pub platform_app_id: PlatformAppId,
    /// The server.
    pub host: String,
    /// Where the platform sends the person back to.
    pub redirect_uri: String,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// An authorisation to be.
#[derive(Clone, Copy)]
pub struct NewState<'a> {
    /// SHA-256 of the `state` parameter.
    pub state_hash: [u8; 32],
    /// Who starts it.
    pub user: UserId,
    /// From which session.
    pub session: Option<SessionId>,
    /// Through which app.
    pub platform_app: PlatformAppId,
    /// At which server.
    pub host: &'a str,
    /// What must stay secret until the callback, such as the PKCE verifier.
    pub verifier: &'a [u8],
    /// Where the platform sends the person back to.
    pub redirect_uri: &'a str,
}

/// What a callback is.
#[derive(Debug, Clone, PartialEq)]
pub enum Callback {
    /// The first: go on, then [`finish`]. The verifier is plain.
    First(OauthState, Vec<u8>),
    /// A repetition while the first is being handled.
    Running(OauthState),
    /// A repetition: answer the same.
    Done(OauthState, serde_json::Value),
    /// It came too late.
    Expired(OauthState),
    /// Nobody started it.
    Unknown,
}

const COLUMNS: &str = "id, workspace_id, user_id, session_id, platform_app_id, host, redirect_uri, created_at, \
                       expires_at, used_at, result, verifier_sealed";

fn state(row: &Row) -> Result<OauthState> {
    Ok(OauthState {
        id: row.id("id")?,
        workspace_id: row.id("workspace_id")?,
        user_id: row.id("user_id")?,
        session_id: row.opt_id("session_id")?,
        platform_app_id: row.id("platform_app_id")?,
        host: row.get("host")?,
        redirect_uri: row.get("redirect_uri")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
    })
}

/// Starts an authorisation.
pub async fn create(tx: &mut Tx, workspace: WorkspaceId, new: NewState<'_>) -> Result<OauthState> {
    let (id, now) = (tx.new_id::<OauthStateId>(), tx.now());
    let key_id = tx.one(sql("SELECT data_key_id FROM workspaces WHERE id = $1").id(workspace)).await?;
    let key = data_keys::open(tx, key_id.id("data_key_id")?).await?;
    let verifier = VERIFIER.seal(tx, &key, id, new.verifier)?;
    let expires_at = now.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX);
    let text = format!(
        "INSERT INTO oauth_states (id, state_hash, workspace_id, user_id, session_id, platform_app_id, host, \
         verifier_sealed, redirect_uri, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING {COLUMNS}"
    );
    let insert = sql(text).id(id).bind(new.state_hash).id(workspace).id(new.user).opt_id(new.session);
    let insert = insert.id(new.platform_app).bind(new.host).bind(verifier).bind(new.redirect_uri);
    state(&tx.one(insert.bind(now).bind(expires_at)).await?)
}

/// Looks without using: for the page that asks for a click.
pub async fn peek(tx: &mut Tx, state_hash: &[u8; 32]) -> Result<Option<OauthState>> {
    let text = format!("SELECT {COLUMNS} FROM oauth_states WHERE state_hash = $1");
    tx.opt(sql(text).bind(*state_hash)).await?.as_ref().map(state).transpose()
}

/// Takes a callback. Of several at once exactly one is [`Callback::First`].
pub async fn begin_callback(tx: &mut Tx, state_hash: &[u8; 32]) -> Result<Callback> {
    let now = tx.now();
    let text = format!(
        "UPDATE oauth_states SET used_at = $1 WHERE state_hash = $2 AND used_at IS NULL AND expires_at > $3 \
         RETURNING {COLUMNS}"
    );
    if let Some(row) = tx.opt(sql(text).bind(now).bind(*state_hash).bind(now)).await? {
        let found = state(&row)?;
        let verifier = open_verifier(tx, &found, &row).await?;
        return Ok(Callback::First(found, verifier));
    }
    let text = format!("SELECT {COLUMNS} FROM oauth_states WHERE state_hash = $1");
    let Some(row) = tx.opt(sql(text).bind(*state_hash)).await? else { return Ok(Callback::Unknown) };
    let found = state(&row)?;
    Ok(match (row.opt_json("result")?, row.opt_time("used_at")?) {
        (Some(result), _) => Callback::Done(found, result),
        (None, Some(_)) => Callback::Running(found),
        (None, None) => Callback::Expired(found),
    })
}

async fn open_verifier(tx: &mut Tx, state: &OauthState, row: &Row) -> Result<Vec<u8>> {
    let key = tx.one(sql("SELECT data_key_id FROM workspaces WHERE id = $1").id(state.workspace_id)).await?;
    VERIFIER.open(tx, key.id("data_key_id")?, state.id, &row.get::<Vec<u8>>("verifier_sealed")?).await
}

/// Keeps the answer for repetitions; it must hold no secret.
pub async fn finish(tx: &mut Tx, id: OauthStateId, result: &serde_json::Value) -> Result<()> {
    tx.execute_one(sql("UPDATE oauth_states SET result = $1 WHERE id = $2").bind(json(result)?).id(id)).await
}

/// Deletes every authorisation, as after a restore.
pub(crate) async fn delete_all(tx: &mut Tx) -> Result<u64> {
    tx.execute(sql("DELETE FROM oauth_states")).await
}

/// Deletes authorisations that ended before an instant.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(sql("DELETE FROM oauth_states WHERE expires_at <= $1").bind(before)).await
}
