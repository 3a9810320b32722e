//! Platform apps: a client id and secret at a platform, the instance's or a
//! workspace's own.

use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::id::{DataKeyId, PlatformAppId, WorkspaceId};
use serde_json::Value;

use super::data_keys::{self, Owner, Place, Sealed};
use super::deliveries;
use crate::error::StoreError;
use crate::sql::{Row, json, sql};
use crate::{Result, Tx};

const SECRET: Place = Place { table: "platform_apps", column: "secret_sealed" };

/// A client id at a platform; the secret stays sealed until [`open_secret`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformApp {
    /// Its id.
    pub id: PlatformAppId,
    /// Whose; `None` is the instance's, for every workspace.
    pub workspace_id: Option<WorkspaceId>,
    /// The platform.
    pub platform: String,
    /// The server it is registered at, for platforms with many.
    pub host: String,
    /// The public half.
    pub client_id: String,
    /// Where and how its server authorises, as the connector wrote it.
    pub server: Option<Value>,
    /// The redirect address that it registered itself with; `None` where a person registered it.
    pub redirect_uri: Option<String>,
    /// Since when the platform refuses it.
    pub broken_at: Option<Timestamp>,
    /// Why.
    pub broken_code: Option<Code>,
    /// When it was entered.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    secret: Sealed,
    data_key: DataKeyId,
}

/// A platform app to be.
#[derive(Clone, Copy)]
pub struct NewApp<'a> {
    /// Whose; `None` is the instance's.
    pub workspace: Option<WorkspaceId>,
    /// The platform.
    pub platform: &'a str,
    /// The server it is registered at.
    pub host: &'a str,
    /// The public half.
    pub client_id: &'a str,
    /// The secret half, plain.
    pub secret: &'a [u8],
    /// Where and how its server authorises, where that is known already.
    pub server: Option<&'a Value>,
    /// The redirect address that it registered itself with; `None` where a person registered it.
    pub redirect_uri: Option<&'a str>,
}

const COLUMNS: &str = "id, workspace_id, platform, host, client_id, secret_sealed, data_key_id, server, \
                       redirect_uri, broken_at, broken_code, created_at, updated_at";

fn app(row: &Row) -> Result<PlatformApp> {
    Ok(PlatformApp {
        id: row.id("id")?,
        workspace_id: row.opt_id("workspace_id")?,
        platform: row.get("platform")?,
        host: row.get("host")?,
        client_id: row.get("client_id")?,
        server: row.opt_json("server")?,
        redirect_uri: row.get("redirect_uri")?,
        broken_at: row.opt_time("broken_at")?,
        broken_code: row.opt_code("broken_code")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        secret: Sealed(row.get("secret_sealed")?),
        data_key: row.id("data_key_id")?,
    })
}

/// Stores an app with its secret sealed.
pub async fn create(tx: &mut Tx, new: NewApp<'_>) -> Result<PlatformApp> {
    let (id, now) = (tx.new_id::<PlatformAppId>(), tx.now());
    let (data_key, key) = data_keys::create(tx, Owner::PlatformApp(id)).await?;
    let secret = SECRET.seal(tx, &key, id, new.secret)?;
    let text = format!(
        "INSERT INTO platform_apps (id, workspace_id, platform, host, client_id, secret_sealed, data_key_id, server, \
         redirect_uri, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         RETURNING {COLUMNS}"
    );
    let insert = sql(text).id(id).opt_id(new.workspace).bind(new.platform).bind(new.host).bind(new.client_id);
    let insert = insert.bind(secret).id(data_key).bind(new.server.map(json).transpose()?).bind(new.redirect_uri);
    app(&tx.one(insert.bind(now).bind(now)).await?)
}

/// An app that the workspace may use: its own or the instance's.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: PlatformAppId) -> Result<PlatformApp> {
    let text =
        format!("SELECT {COLUMNS} FROM platform_apps WHERE id = $1 AND (workspace_id = $2 OR workspace_id IS NULL)");
    app(&tx.one(sql(text).id(id).id(workspace)).await?)
}

/// The app to connect with: the workspace's own before the instance's, newest first.
pub async fn find(tx: &mut Tx, workspace: WorkspaceId, platform: &str, host: &str) -> Result<Option<PlatformApp>> {
    let text = format!(
        "SELECT {COLUMNS} FROM platform_apps WHERE platform = $1 AND host = $2 \
         AND (workspace_id = $3 OR workspace_id IS NULL) \
         ORDER BY CASE WHEN workspace_id IS NULL THEN 1 ELSE 0 END, created_at DESC LIMIT 1"
    );
    tx.opt(sql(text).bind(platform).bind(host).id(workspace)).await?.as_ref().map(app).transpose()
}

/// The apps of a workspace, or with `None` the instance's.
pub async fn list(tx: &mut Tx, workspace: Option<WorkspaceId>) -> Result<Vec<PlatformApp>> {
    let condition = if workspace.is_some() { "workspace_id = $1" } else { "workspace_id IS NULL" };
    let statement = sql(format!("SELECT {COLUMNS} FROM platform_apps WHERE {condition} ORDER BY platform, host, id"));
    let statement = workspace.into_iter().fold(statement, |statement, id| statement.id(id));
    tx.map(statement, app).await
}

/// Every app of a platform, of the instance and of every workspace, for callbacks of the platform.
pub async fn of_platform(tx: &mut Tx, platform: &str) -> Result<Vec<PlatformApp>> {
    let text = format!("SELECT {COLUMNS} FROM platform_apps WHERE platform = $1 ORDER BY created_at, id");
    tx.map(sql(text).bind(platform), app).await
}

/// The plain secret.
pub async fn open_secret(tx: &mut Tx, app: &PlatformApp) -> Result<Vec<u8>> {
    SECRET.open(tx, app.data_key, app.id, &app.secret.0).await
}

/// Replaces client id and secret; the app counts as working again, and what waited for it goes on.
pub async fn replace(tx: &mut Tx, app: &PlatformApp, client_id: &str, secret: &[u8]) -> Result<()> {
    let (key, now) = (data_keys::open(tx, app.data_key).await?, tx.now());
    let sealed = SECRET.seal(tx, &key, app.id, secret)?;
    tx.execute_one(
        sql("UPDATE platform_apps SET client_id = $1, secret_sealed = $2, broken_at = NULL, broken_code = NULL, \
             updated_at = $3 WHERE id = $4")
        .bind(client_id)
        .bind(sealed)
        .bind(now)
        .id(app.id),
    )
    .await?;
    deliveries::resume_app(tx, app.id).await.map(|_| ())
}

/// Why the platform refuses an app, if it does.
pub async fn broken(tx: &mut Tx, id: PlatformAppId) -> Result<Option<Code>> {
    let broken = sql("SELECT broken_code FROM platform_apps WHERE id = $1 AND broken_at IS NOT NULL");
    let row = tx.opt(broken.id(id)).await?;
    row.map(|row| Ok(row.opt_code("broken_code")?.unwrap_or(Code::OperatorMustAct))).transpose()
}

/// Keeps where and how its server authorises now.
pub async fn set_server(tx: &mut Tx, id: PlatformAppId, server: &Value) -> Result<()> {
    let now = tx.now();
    let set = sql("UPDATE platform_apps SET server = $1, updated_at = $2 WHERE id = $3");
    tx.execute_one(set.bind(json(server)?).bind(now).id(id)).await
}

/// How many channels are connected through an app, in all workspaces.
pub async fn channels_of(tx: &mut Tx, id: PlatformAppId) -> Result<u64> {
    let count = sql("SELECT count(*) AS n FROM channels c JOIN grants g ON g.id = c.grant_id \
                     WHERE g.platform_app_id = $1");
    tx.one(count.id(id)).await?.count("n")
}

/// Notes that the platform refuses the app; true when that is news, so that the
/// operator is told once.
pub async fn mark_broken(tx: &mut Tx, id: PlatformAppId, code: Code) -> Result<bool> {
    let now = tx.now();
    let marked = sql("UPDATE platform_apps SET broken_at = $1, broken_code = $2, updated_at = $3 \
                      WHERE id = $4 AND broken_at IS NULL");
    Ok(tx.execute(marked.bind(now).bind(code).bind(now).id(id)).await? == 1)
}

/// Notes that the app works; true when it was broken before: then what waited for it goes on.
pub async fn mark_working(tx: &mut Tx, id: PlatformAppId) -> Result<bool> {
    let now = tx.now();
    let marked = sql("UPDATE platform_apps SET broken_at = NULL, broken_code = NULL, updated_at = $1 \
                      WHERE id = $2 AND broken_at IS NOT NULL");
    let mended = tx.execute(marked.bind(now).id(id)).await? == 1;
    if mended {
        deliveries::resume_app(tx, id).await?;
    }
    Ok(mended)
}

/// Deletes an app and destroys its key. With `None` it must be the instance's.
pub async fn delete(tx: &mut Tx, workspace: Option<WorkspaceId>, id: PlatformAppId) -> Result<()> {
    let app = list(tx, workspace).await?.into_iter().find(|app| app.id == id).ok_or(StoreError::NotFound)?;
    data_keys::destroy(tx, app.data_key).await?;
    tx.execute_one(sql("DELETE FROM platform_apps WHERE id = $1").id(id)).await
}
