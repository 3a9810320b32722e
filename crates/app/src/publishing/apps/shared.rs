//! Platforms that share a log-in: one app lets people into all of them.

use postrider_connector::auth::oauth::{Notices, OAuth, Server};
use postrider_domain::id::PlatformAppId;
use postrider_store::Tx;
use postrider_store::repo::apps::{self as rows, PlatformApp};

use super::{Owner, Platform, redirect_uri};
use crate::{App, Result};

/// Another platform that an app lets people into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedWith {
    /// Its id.
    pub platform: &'static str,
    /// Its name.
    pub platform_name: &'static str,
    /// The redirect address to enter for it, exactly, beside that of the first.
    pub redirect_uri: String,
}

/// The other platforms that share the log-in of one.
pub(crate) fn others<'a>(app: &'a App, one: &Platform<'_>) -> Vec<Platform<'a>> {
    let login = |oauth: &dyn OAuth| oauth.notices().and_then(Notices::login);
    let Some(shared) = login(one.oauth) else { return Vec::new() };
    let all = app.registry.iter().filter_map(|connector| Platform::of(connector.as_ref()));
    all.filter(|other| other.descriptor.id != one.descriptor.id && login(other.oauth) == Some(shared)).collect()
}

/// The same as people see them.
pub(super) fn with(app: &App, one: &Platform<'_>) -> Vec<SharedWith> {
    let seen = |other: Platform<'_>| SharedWith {
        platform: other.descriptor.id,
        platform_name: other.descriptor.name,
        redirect_uri: redirect_uri(app, other.descriptor.id),
    };
    others(app, one).into_iter().map(seen).collect()
}

/// Whether keys that were entered for another platform serve this one: it has these already, or none.
pub(super) async fn may_take(
    tx: &mut Tx,
    owner: Owner,
    (platform, server): (&str, &Server),
    client_id: &str,
) -> Result<bool> {
    let of_platform = |row: &&PlatformApp| row.platform == platform && row.host == server.host;
    let own = rows::list(tx, owner.workspace()).await?;
    let own: Vec<&PlatformApp> = own.iter().filter(of_platform).collect();
    let shared = rows::list(tx, None).await?;
    let none = own.is_empty() && !shared.iter().any(|row| of_platform(&row));
    Ok(none || own.iter().any(|row| row.client_id == client_id))
}

/// The same app of the same owner, where it was kept for the other platforms that it lets people into.
pub(super) async fn same_app(app: &App, tx: &mut Tx, owner: Owner, row: &PlatformApp) -> Result<Vec<PlatformAppId>> {
    let Ok(platform) = Platform::find(app, &row.platform) else { return Ok(Vec::new()) };
    let siblings: Vec<&str> = others(app, &platform).iter().map(|other| other.descriptor.id).collect();
    let same = |other: &PlatformApp| siblings.contains(&other.platform.as_str()) && other.client_id == row.client_id;
    Ok(rows::list(tx, owner.workspace()).await?.into_iter().filter(same).map(|other| other.id).collect())
}
