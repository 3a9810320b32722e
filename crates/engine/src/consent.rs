//! Consents given through a platform app: its id and secret opened for calls, renewing,
//! and giving back what nobody finished.

use postrider_connector::auth::oauth::{Client, Driver, Server};
use postrider_connector::{Connected, ConnectorError, Credentials, Failure, Refreshed, Transport};
use postrider_domain::Code;
use postrider_domain::id::{OauthStateId, PlatformAppId, WorkspaceId};
use postrider_domain::secret::Secret;
use postrider_store::repo::apps::{self, PlatformApp};
use postrider_store::repo::grants::Grant;
use postrider_store::repo::jobs::Job;
use postrider_store::repo::notifications::NoteBody;
use postrider_store::repo::{channels, oauth};
use postrider_store::{Result, StoreError, Tx};
use serde_json::Value;

use crate::ctx::Ctx;
use crate::notice;

/// The kind of the job that gives back a consent which nobody finished. Its payload
/// names the authorisation: `{"oauth": id}`.
pub const ABANDON: &str = "abandon_consent";

/// A platform app, opened for calls to its server.
#[derive(Clone)]
pub struct OpenApp {
    /// Its row.
    pub id: PlatformAppId,
    /// Whether this instance registered it by itself.
    pub registered: bool,
    /// Whether its server refused it when it was last used.
    pub broken: bool,
    /// The server.
    pub server: Server,
    /// Id and secret.
    pub client: Client,
}

impl OpenApp {
    /// The driver of its calls.
    pub fn driver<'a>(&'a self, transport: &'a dyn Transport) -> Driver<'a> {
        Driver { transport, server: &self.server, client: &self.client }
    }
}

/// An app that the workspace may use; `None` when it is gone, or nobody can open it any more.
///
/// # Errors
/// The ledger's.
pub async fn open(tx: &mut Tx, workspace: WorkspaceId, id: PlatformAppId) -> Result<Option<OpenApp>> {
    match apps::get(tx, workspace, id).await {
        Ok(row) => open_row(tx, &row).await,
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The same for an app that was read; `None` also while its server is not known.
///
/// # Errors
/// The ledger's.
pub async fn open_row(tx: &mut Tx, row: &PlatformApp) -> Result<Option<OpenApp>> {
    let Some(server) = row.server.clone().and_then(|json| serde_json::from_value::<Server>(json).ok()) else {
        return Ok(None);
    };
    let secret = match apps::open_secret(tx, row).await {
        Ok(secret) => secret,
        Err(StoreError::Sealed(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let secret = String::from_utf8(secret).map_err(|error| StoreError::corrupt("secret_sealed", error))?;
    let client = Client { id: row.client_id.clone(), secret: Secret::new(secret) };
    let (registered, broken) = (row.redirect_uri.is_some(), row.broken_at.is_some());
    Ok(Some(OpenApp { id: row.id, registered, broken, server, client }))
}

/// Renews a grant's tokens through the app that it was given to.
pub(crate) async fn refresh(ctx: &Ctx, grant: &Grant, old: &Credentials) -> Result<Refreshed, ConnectorError> {
    let opened = async {
        let mut tx = ctx.store.read().await?;
        match grant.platform_app_id {
            Some(id) => open(&mut tx, grant.workspace_id, id).await,
            None => Ok(None),
        }
    };
    let opened = opened.await.map_err(|error| ConnectorError::new(Failure::Transient, error.to_string()))?;
    let Some(opened) = opened else {
        // Not a revocation: the app may be entered again.
        return Err(ConnectorError::new(Failure::Operator { code: Code::AppMissing }, "the platform app is gone"));
    };
    let renewed = opened.driver(ctx.transport.as_ref()).refresh(old).await;
    if let Err(error) = heard(ctx, grant, &opened, &renewed).await {
        tracing::warn!(app = %opened.id, %error, "could not note how the platform app fares");
    }
    renewed
}

/// Keeps whether the server takes the app, and tells the grant's owner once when it does not.
async fn heard(ctx: &Ctx, grant: &Grant, app: &OpenApp, renewed: &Result<Refreshed, ConnectorError>) -> Result<()> {
    let refused = match renewed {
        Ok(_) if app.broken => None,
        Err(ConnectorError { failure: Failure::Operator { code }, .. }) => Some(*code),
        _ => return Ok(()),
    };
    let mut tx = ctx.store.write().await?;
    let Some(code) = refused else {
        apps::mark_working(&mut tx, app.id).await?;
        return tx.commit().await;
    };
    if apps::mark_broken(&mut tx, app.id, code).await? {
        let known = channels::by_grant(&mut tx, grant.workspace_id, grant.id).await?;
        let channel = known.first();
        let platform =
            ctx.registry.get(&grant.platform).map_or(grant.platform.as_str(), |known| known.descriptor().name);
        let named = channel.map(|channel| ("channel".to_owned(), channel.handle.clone()));
        let body = NoteBody {
            code: Code::NoteOperator,
            args: named.into_iter().chain([("platform".to_owned(), platform.to_owned())]).collect(),
            post: None,
            delivery: None,
            channel: channel.map(|channel| channel.id),
        };
        notice::tell(&mut tx, grant.workspace_id, Some(grant.created_by), &body).await?;
    }
    tx.commit().await
}

/// Revokes and destroys what waited for a click or a choice that did not come.
pub(crate) async fn abandon(ctx: &Ctx, job: &Job) -> Result<()> {
    let workspace = job.workspace_id.ok_or_else(|| StoreError::corrupt("workspace_id", "missing"))?;
    let id: OauthStateId =
        serde_json::from_value(job.payload["oauth"].clone()).map_err(|error| StoreError::corrupt("payload", error))?;
    let mut tx = ctx.store.read().await?;
    let Some((app, plain)) = oauth::abandoned(&mut tx, workspace, id).await? else { return Ok(()) };
    let opened = open(&mut tx, workspace, app).await?;
    drop(tx);
    let pending: Value =
        serde_json::from_slice(&plain).map_err(|error| StoreError::corrupt("pending_sealed", error))?;
    let consent: Connected = serde_json::from_value(pending["connected"].clone())
        .map_err(|error| StoreError::corrupt("pending_sealed", error))?;
    if let Some(opened) = opened {
        let answer = opened.driver(ctx.transport.as_ref()).revoke(&consent.credentials).await;
        if let Err(error) = answer {
            // Destroyed here all the same; a server that does not answer is no reason to keep tokens.
            tracing::warn!(oauth = %id, %error, "a consent that nobody finished was not taken back there");
        }
    }
    let mut tx = ctx.store.write().await?;
    oauth::drop_pending(&mut tx, id).await?;
    tx.commit().await
}
