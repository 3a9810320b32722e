//! Platform apps: an id, a secret, the addresses that Meta may send people and callbacks to.
//!
//! Each network has its own id and secret (Threads use case, 2025-09-09), so an app
//! here belongs to one network.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A registered app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct App {
    /// A number, as a text.
    pub(crate) id: String,
    /// 32 hexadecimal digits.
    pub(crate) secret: String,
    pub(crate) name: String,
    /// The exact addresses a consent may lead to.
    pub(crate) redirect_uris: Vec<String>,
    /// Where a `signed_request` goes when a person removes the app.
    pub(crate) deauthorize_url: Option<String>,
    /// Where one goes when a person asks for what is stored to be deleted.
    pub(crate) data_deletion_url: Option<String>,
}

/// All apps of a network by id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Apps(BTreeMap<String, App>);

impl Apps {
    /// The app with this id.
    pub(crate) fn get(&self, id: &str) -> Option<&App> {
        self.0.get(id)
    }

    /// The app with this id, if the secret is its own. A plain comparison: these secrets
    /// open nothing outside the simulation.
    pub(crate) fn proven(&self, id: &str, secret: &str) -> Option<&App> {
        self.get(id).filter(|app| app.secret == secret)
    }

    /// Adds an app, or puts another in its place; whether it is new.
    pub(crate) fn put(&mut self, app: App) -> bool {
        self.0.insert(app.id.clone(), app).is_none()
    }

    /// All of them, by id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &App> {
        self.0.values()
    }

    /// The app whose own token this is: `TH|id|secret`, as Meta's collection for Threads shows it (2026-01-02).
    pub(crate) fn of_own_token(&self, token: &str) -> Option<&App> {
        let (id, secret) = token.strip_prefix("TH|")?.split_once('|')?;
        self.proven(id, secret)
    }
}

impl App {
    /// The app's own token.
    pub(crate) fn own_token(&self) -> String {
        format!("TH|{}|{}", self.id, self.secret)
    }
}
