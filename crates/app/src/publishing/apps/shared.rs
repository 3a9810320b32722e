//! Platforms that share a log-in: one app lets people into all of them.

use postrider_connector::auth::oauth::{Notices, OAuth};

use super::{Platform, redirect_uri};
use crate::App;

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
