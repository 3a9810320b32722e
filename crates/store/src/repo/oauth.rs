//! Authorisations in progress at a platform: 15 minutes, one use, and the same
//! answer when the callback comes twice.

use jiff::{SignedDuration, Timestamp};
use postrider_domain::id::{ConnectLinkId, OauthStateId, PlatformAppId, SessionId, UserId, WorkspaceId};
use serde_json::Value;

use super::data_keys::{self, Place};
use crate::sql::{Row, json, sql};
use crate::{Result, StoreError, Tx};

/// How long a person may take at the platform, and again to choose accounts.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// How long an ended one is remembered, so that a late callback is told what happened.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

const VERIFIER: Place = Place { table: "oauth_states", column: "verifier_sealed" };
const PENDING: Place = Place { table: "oauth_states", column: "pending_sealed" };

/// An authorisation that was started.
#[derive(Debug, Clone, PartialEq)]
pub struct OauthState {
    /// Its id.
    pub id: OauthStateId,
    /// Where the channel will belong.
    pub workspace_id: WorkspaceId,
    /// Who started it, or made the link that it was started from.
    pub user_id: UserId,
    /// The session it was started from: the callback must come with the same
    /// one, or ask for a click first.
    pub session_id: Option<SessionId>,
    /// The link it was started from.
    pub link_id: Option<ConnectLinkId>,
    /// SHA-256 of what the browser of a link holds instead of a session.
    pub browser_hash: Option<[u8; 32]>,
    /// The platform.
    pub platform: String,
    /// The app it goes through.
    pub platform_app_id: PlatformAppId,
    /// The server.
    pub host: String,
    /// Where the platform sends the person back to.
    pub redirect_uri: String,
    /// The path of ours that the person wants to see afterwards.
    pub return_to: Option<String>,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When its callback came.
    pub used_at: Option<Timestamp>,
    /// SHA-256 of what that callback brought.
    pub code_hash: Option<[u8; 32]>,
    /// SHA-256 of the one-time token of its page, where a page waits for a click.
    pub page_hash: Option<[u8; 32]>,
    /// What it came to.
    pub result: Option<Value>,
}

/// An authorisation to be.
#[derive(Clone, Copy)]
pub struct NewState<'a> {
    /// SHA-256 of the `state` parameter.
    pub state_hash: [u8; 32],
    /// Who starts it, or made the link.
    pub user: UserId,
    /// From which session.
    pub session: Option<SessionId>,
    /// From which link.
    pub link: Option<ConnectLinkId>,
    /// SHA-256 of what the browser of a link holds.
    pub browser_hash: Option<[u8; 32]>,
    /// The platform.
    pub platform: &'a str,
    /// Through which app.
    pub platform_app: PlatformAppId,
    /// At which server.
    pub host: &'a str,
    /// What must stay secret until the callback, such as the PKCE verifier.
    pub verifier: &'a [u8],
    /// Where the platform sends the person back to.
    pub redirect_uri: &'a str,
    /// The path of ours that the person wants to see afterwards.
    pub return_to: Option<&'a str>,
}

/// What a callback is.
#[derive(Debug, Clone, PartialEq)]
pub enum Callback {
    /// The first: go on, then [`finish`]. The verifier is plain.
    First(Box<OauthState>, Vec<u8>),
    /// A repetition while the first is being handled.
    Running(Box<OauthState>),
    /// A repetition: answer the same.
    Done(Box<OauthState>, Value),
    /// Another answer of the platform came before.
    Used(Box<OauthState>),
    /// It came too late.
    Expired(Box<OauthState>),
    /// Nobody started it.
    Unknown,
}

const COLUMNS: &str = "id, workspace_id, user_id, session_id, link_id, browser_hash, platform, platform_app_id, host, \
                       redirect_uri, return_to, created_at, expires_at, used_at, code_hash, page_hash, result, \
                       verifier_sealed, pending_sealed";

fn state(row: &Row) -> Result<OauthState> {
    Ok(OauthState {
        id: row.id("id")?,
        workspace_id: row.id("workspace_id")?,
        user_id: row.id("user_id")?,
        session_id: row.opt_id("session_id")?,
        link_id: row.opt_id("link_id")?,
        browser_hash: hash(row, "browser_hash")?,
        platform: row.get("platform")?,
        platform_app_id: row.id("platform_app_id")?,
        host: row.get("host")?,
        redirect_uri: row.get("redirect_uri")?,
        return_to: row.get("return_to")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        used_at: row.opt_time("used_at")?,
        code_hash: hash(row, "code_hash")?,
        page_hash: hash(row, "page_hash")?,
        result: row.opt_json("result")?,
    })
}

fn hash(row: &Row, column: &'static str) -> Result<Option<[u8; 32]>> {
    let bytes: Option<Vec<u8>> = row.get(column)?;
    let sized = |bytes: Vec<u8>| <[u8; 32]>::try_from(bytes).map_err(|_| StoreError::corrupt(column, "not a SHA-256"));
    bytes.map(sized).transpose()
}

/// Starts an authorisation.
pub async fn create(tx: &mut Tx, workspace: WorkspaceId, new: NewState<'_>) -> Result<OauthState> {
    let (id, now) = (tx.new_id::<OauthStateId>(), tx.now());
    let verifier = seal(tx, workspace, VERIFIER, id, new.verifier).await?;
    let text = format!(
        "INSERT INTO oauth_states (id, state_hash, workspace_id, user_id, session_id, link_id, browser_hash, platform, \
         platform_app_id, host, verifier_sealed, redirect_uri, return_to, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING {COLUMNS}"
    );
    let insert = sql(text).id(id).bind(new.state_hash).id(workspace).id(new.user).opt_id(new.session);
    let insert = insert.opt_id(new.link).bind(new.browser_hash).bind(new.platform).id(new.platform_app);
    let insert = insert.bind(new.host).bind(verifier).bind(new.redirect_uri).bind(new.return_to);
    state(&tx.one(insert.bind(now).bind(end(now))).await?)
}

fn end(now: Timestamp) -> Timestamp {
    now.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX)
}

async fn data_key(tx: &mut Tx, workspace: WorkspaceId) -> Result<postrider_domain::id::DataKeyId> {
    tx.one(sql("SELECT data_key_id FROM workspaces WHERE id = $1").id(workspace)).await?.id("data_key_id")
}

async fn seal(tx: &mut Tx, workspace: WorkspaceId, place: Place, id: OauthStateId, plain: &[u8]) -> Result<Vec<u8>> {
    let key = data_key(tx, workspace).await?;
    let key = data_keys::open(tx, key).await?;
    place.seal(tx, &key, id, plain)
}

/// One authorisation of a workspace.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: OauthStateId) -> Result<OauthState> {
    let text = format!("SELECT {COLUMNS} FROM oauth_states WHERE workspace_id = $1 AND id = $2");
    state(&tx.one(sql(text).id(workspace).id(id)).await?)
}

/// Looks without using: for the page that asks for a click.
pub async fn peek(tx: &mut Tx, state_hash: &[u8; 32]) -> Result<Option<OauthState>> {
    let text = format!("SELECT {COLUMNS} FROM oauth_states WHERE state_hash = $1");
    tx.opt(sql(text).bind(*state_hash)).await?.as_ref().map(state).transpose()
}

/// What must stay secret until the callback, plain.
pub async fn open_verifier(tx: &mut Tx, workspace: WorkspaceId, id: OauthStateId) -> Result<Vec<u8>> {
    let found = sql("SELECT verifier_sealed FROM oauth_states WHERE workspace_id = $1 AND id = $2");
    let sealed: Vec<u8> = tx.one(found.id(workspace).id(id)).await?.get("verifier_sealed")?;
    let key = data_key(tx, workspace).await?;
    VERIFIER.open(tx, key, id, &sealed).await
}

/// Takes a callback that brings what hashes to `code_hash`. Of several at once
/// exactly one is [`Callback::First`].
pub async fn begin_callback(tx: &mut Tx, state_hash: &[u8; 32], code_hash: [u8; 32]) -> Result<Callback> {
    let now = tx.now();
    let text = format!(
        "UPDATE oauth_states SET used_at = $1, code_hash = $2, page_hash = NULL \
         WHERE state_hash = $3 AND used_at IS NULL AND expires_at > $4 RETURNING {COLUMNS}"
    );
    let taken = sql(text).bind(now).bind(code_hash).bind(*state_hash).bind(now);
    if let Some(row) = tx.opt(taken).await? {
        let found = state(&row)?;
        let verifier = open_verifier(tx, found.workspace_id, found.id).await?;
        return Ok(Callback::First(Box::new(found), verifier));
    }
    let Some(found) = peek(tx, state_hash).await? else { return Ok(Callback::Unknown) };
    let (same, found) = (found.code_hash == Some(code_hash), Box::new(found));
    Ok(match (found.used_at, found.result.clone()) {
        (None, _) => Callback::Expired(found),
        (Some(_), _) if !same => Callback::Used(found),
        (Some(_), Some(result)) => Callback::Done(found, result),
        (Some(_), None) => Callback::Running(found),
    })
}

/// Expects a click on a page with a one-time token; a page made before no longer counts.
pub async fn expect_click(tx: &mut Tx, id: OauthStateId, page_hash: [u8; 32]) -> Result<()> {
    tx.execute_one(sql("UPDATE oauth_states SET page_hash = $1 WHERE id = $2").bind(page_hash).id(id)).await
}

/// The authorisation whose page has a one-time token.
pub async fn by_page(tx: &mut Tx, page_hash: &[u8; 32]) -> Result<Option<OauthState>> {
    let text = format!("SELECT {COLUMNS} FROM oauth_states WHERE page_hash = $1");
    tx.opt(sql(text).bind(*page_hash)).await?.as_ref().map(state).transpose()
}

/// Keeps the answer for repetitions, which must hold no secret, and destroys what waited. A
/// second click on the same page gets the answer too.
pub async fn finish(tx: &mut Tx, id: OauthStateId, result: &Value) -> Result<()> {
    let done = sql("UPDATE oauth_states SET result = $1, pending_sealed = NULL WHERE id = $2");
    tx.execute_one(done.bind(json(result)?).id(id)).await
}

/// Keeps what was found, sealed, until somebody chooses; there is time for that anew.
pub async fn pend(tx: &mut Tx, workspace: WorkspaceId, id: OauthStateId, pending: &[u8], result: &Value) -> Result<()> {
    let (sealed, ends) = (seal(tx, workspace, PENDING, id, pending).await?, end(tx.now()));
    let kept = sql("UPDATE oauth_states SET pending_sealed = $1, result = $2, expires_at = $3 WHERE id = $4");
    tx.execute_one(kept.bind(sealed).bind(json(result)?).bind(ends).id(id)).await
}

/// What waits for a choice, plain; `None` when nothing does, or no longer.
pub async fn pending(tx: &mut Tx, workspace: WorkspaceId, id: OauthStateId) -> Result<Option<Vec<u8>>> {
    let now = tx.now();
    let text = format!(
        "SELECT pending_sealed FROM oauth_states WHERE workspace_id = $1 AND id = $2 AND expires_at > $3{}",
        tx.lock_clause(" FOR UPDATE")
    );
    let row = tx.opt(sql(text).id(workspace).id(id).bind(now)).await?;
    let Some(sealed) = row.map(|row| row.get::<Option<Vec<u8>>>("pending_sealed")).transpose()?.flatten() else {
        return Ok(None);
    };
    let key = data_key(tx, workspace).await?;
    PENDING.open(tx, key, id, &sealed).await.map(Some)
}

/// What waited for a choice until its time was over, plain, with the app it came through.
pub async fn abandoned(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: OauthStateId,
) -> Result<Option<(PlatformAppId, Vec<u8>)>> {
    let now = tx.now();
    let found = sql("SELECT platform_app_id, pending_sealed FROM oauth_states WHERE workspace_id = $1 AND id = $2 \
                     AND expires_at <= $3 AND pending_sealed IS NOT NULL");
    let Some(row) = tx.opt(found.id(workspace).id(id).bind(now)).await? else { return Ok(None) };
    let sealed: Vec<u8> = row.get("pending_sealed")?;
    let key = data_key(tx, workspace).await?;
    Ok(Some((row.id("platform_app_id")?, PENDING.open(tx, key, id, &sealed).await?)))
}

/// Destroys what waited.
pub async fn drop_pending(tx: &mut Tx, id: OauthStateId) -> Result<()> {
    tx.execute(sql("UPDATE oauth_states SET pending_sealed = NULL WHERE id = $1").id(id)).await?;
    Ok(())
}

/// Deletes every authorisation, as after a restore.
pub(crate) async fn delete_all(tx: &mut Tx) -> Result<u64> {
    tx.execute(sql("DELETE FROM oauth_states")).await
}

/// Forgets authorisations a day after they ended; what is forgotten had ended before `before`.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    let before = before.saturating_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
    tx.execute(sql("DELETE FROM oauth_states WHERE expires_at <= $1").bind(before)).await
}
