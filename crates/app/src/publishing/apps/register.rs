//! The app to send people with: one that was entered, or this instance's own registration.

use postrider_connector::auth::AuthCx;
use postrider_connector::auth::oauth::{About, Probe, Server};
use postrider_connector::descriptor::Registration;
use postrider_connector::{ConnectError, Credentials, Cx};
use postrider_domain::Code;
use postrider_domain::id::WorkspaceId;
use postrider_engine::consent::{OpenApp, open_row};
use postrider_store::repo::apps::{self as rows, PlatformApp};

use super::{Platform, redirect_uri, redirect_uri_of, to_json};
use crate::{App, Result};

/// The name under which the product registers.
const NAME: &str = "Postrider";

/// The app with which this workspace sends people to a server.
///
/// Where a server takes registrations from anybody, this instance registers when it has
/// not yet, and again when the server forgot it, the redirect address has changed, or more
/// is to be asked for. Registrations before stay: consents were given to them.
pub(crate) async fn ensure(
    app: &App,
    workspace: WorkspaceId,
    platform: Platform<'_>,
    server: &Server,
) -> Result<OpenApp> {
    let redirect = match platform.registration {
        Registration::Dynamic => redirect_uri_of(app, platform.descriptor.id, &server.host),
        Registration::Static { .. } => redirect_uri(app, platform.descriptor.id),
    };
    let mut tx = app.store.read().await?;
    let row = rows::find(&mut tx, workspace, platform.descriptor.id, &server.host).await?;
    let opened = match &row {
        Some(row) => open_row(&mut tx, row).await?,
        None => None,
    };
    drop(tx);
    match (row, opened, platform.registration) {
        (Some(row), opened, _) if row.redirect_uri.is_none() => known(app, &row, opened, server).await,
        (Some(row), Some(opened), Registration::Dynamic) if is_current(&row, &opened, &redirect, server) => {
            let now = OpenApp { server: server.clone(), ..opened.clone() };
            match now.driver(app.transport.as_ref()).probe(&redirect).await {
                Probe::Refused(_) => {
                    forget(app, &now).await?;
                    register(app, platform, server, &redirect).await
                }
                // A server that cannot say so now is no reason to register once more.
                Probe::Accepted | Probe::Unknown(_) => known(app, &row, Some(opened), server).await,
            }
        }
        (_, _, Registration::Dynamic) => register(app, platform, server, &redirect).await,
        (_, _, Registration::Static { .. }) => Err(missing(server, &redirect).into()),
    }
}

fn missing(server: &Server, redirect: &str) -> ConnectError {
    ConnectError::step(Code::AppMissing, "find_app", "").with("host", &server.host).with("redirect", redirect)
}

/// An app that is there already; what its server says of itself now is kept with it.
async fn known(app: &App, row: &PlatformApp, opened: Option<OpenApp>, server: &Server) -> Result<OpenApp> {
    let redirect = redirect_uri(app, &row.platform);
    if let Some(opened) = opened.as_ref().filter(|opened| opened.server == *server) {
        return Ok(opened.clone());
    }
    let mut tx = app.store.write().await?;
    rows::set_server(&mut tx, row.id, &to_json(server)?).await?;
    let mut row = row.clone();
    row.server = Some(to_json(server)?);
    let opened = open_row(&mut tx, &row).await?.ok_or_else(|| missing(server, &redirect))?;
    tx.commit().await?;
    Ok(opened)
}

fn is_current(row: &PlatformApp, opened: &OpenApp, redirect: &str, server: &Server) -> bool {
    let asked = server.scopes.iter().all(|scope| opened.server.scopes.contains(scope));
    row.broken_at.is_none() && row.redirect_uri.as_deref() == Some(redirect) && asked
}

/// The server does not know the app any more; it is not used for new consents.
pub(crate) async fn forget(app: &App, opened: &OpenApp) -> Result<()> {
    let mut tx = app.store.write().await?;
    let code = if opened.registered { Code::OauthClientForgotten } else { Code::OauthClientRefused };
    rows::mark_broken(&mut tx, opened.id, code).await?;
    Ok(tx.commit().await?)
}

async fn register(app: &App, platform: Platform<'_>, server: &Server, redirect: &str) -> Result<OpenApp> {
    let about =
        About { name: NAME, website: app.settings.public_url.as_str(), redirect_uri: redirect, scopes: &server.scopes };
    let none = Credentials::default();
    let cx = AuthCx(Cx::reading(app.transport.as_ref(), &none));
    let client = platform.oauth.register(&cx, server, &about).await?;
    if client.id.is_empty() {
        let refused = ConnectError::step(Code::RegistrationRefused, "register", "");
        return Err(refused.with("host", &server.host).into());
    }
    let mut tx = app.store.write().await?;
    let new = rows::NewApp {
        workspace: None,
        platform: platform.descriptor.id,
        host: &server.host,
        client_id: &client.id,
        secret: client.secret.expose().as_bytes(),
        server: Some(&to_json(server)?),
        redirect_uri: Some(redirect),
    };
    let row = rows::create(&mut tx, new).await?;
    tx.commit().await?;
    tracing::info!(platform = platform.descriptor.id, host = server.host, app = %row.id, "registered at a server");
    Ok(OpenApp {
        id: row.id,
        own: row.workspace_id.is_some(),
        registered: true,
        broken: false,
        server: server.clone(),
        client,
    })
}
