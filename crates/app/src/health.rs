//! Whether this node can work, and whether publishing moves.

use jiff::{SignedDuration, Timestamp};
use postrider_store::repo::deliveries::{self, Health};
use postrider_store::repo::instance::{self, Instance};
use postrider_store::repo::nodes;
use postrider_store::{MIGRATIONS, StoreError};

use crate::{App, Result};

/// Overdue by more than this without a visible reason means that publishing is stuck.
pub const GRACE: SignedDuration = SignedDuration::from_secs(60);

/// What a node needs before it takes requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    /// The database answers.
    pub database: bool,
    /// Its tables are those of this version.
    pub migrations: bool,
    /// The instance key opens the canary.
    pub key: bool,
}

impl Readiness {
    /// Whether everything is there.
    pub fn is_ready(self) -> bool {
        self.database && self.migrations && self.key
    }
}

/// Looks at everything a node needs.
pub async fn readiness(app: &App) -> Readiness {
    let Ok(applied) = app.store.applied_migrations().await else {
        return Readiness { database: false, migrations: false, key: false };
    };
    let migrations = applied.len() == *MIGRATIONS;
    let key = migrations && key_opens(app).await.is_ok();
    Readiness { database: true, migrations, key }
}

async fn key_opens(app: &App) -> Result<(), StoreError> {
    let mut tx = app.store.read().await?;
    instance::check_key(&mut tx).await
}

/// How publishing stands on the whole instance.
#[derive(Debug, Clone)]
pub struct Publishing {
    /// What is late and why, and what is held, runs or asks.
    pub counts: Health,
    /// Publishing is paused by or for the operator, so that late deliveries are no surprise.
    pub paused: bool,
    /// Nodes that gave a sign of life of late.
    pub alive: u64,
}

/// A node that gave no sign of life for so long is not counted on; it gives one every two seconds.
pub const SILENT: SignedDuration = SignedDuration::from_secs(30);

impl Publishing {
    /// Whether something is late that nobody can see a reason for.
    pub fn is_stuck(&self) -> bool {
        self.counts.overdue() > 0
    }
}

/// Counts what is late, held or asks, and who is there to publish.
pub async fn publishing(app: &App) -> Result<Publishing> {
    let mut tx = app.store.read().await?;
    let counts = deliveries::health(&mut tx, GRACE).await?;
    let Instance { paused, .. } = instance::get(&mut tx).await?;
    let since = tx.now().saturating_sub(SILENT).unwrap_or(Timestamp::MIN);
    let alive = nodes::open(&mut tx).await?.iter().filter(|boot| boot.heartbeat_at > since).count() as u64;
    Ok(Publishing { counts, paused: paused.is_some(), alive })
}
