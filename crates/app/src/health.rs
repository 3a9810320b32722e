//! Whether this node can work, and whether publishing moves.

use jiff::SignedDuration;
use postrider_domain::delivery::State;
use postrider_store::repo::deliveries::{self, Health};
use postrider_store::repo::instance::{self, Instance};
use postrider_store::repo::jobs;
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
    /// Counts by state.
    pub counts: Health,
    /// Publishing is paused by or for the operator, so that late deliveries are no surprise.
    pub paused: bool,
}

impl Publishing {
    /// Whether something is late that nobody can see a reason for.
    pub fn is_stuck(&self) -> bool {
        self.counts.overdue > 0 && !self.paused
    }
}

/// Counts deliveries by state.
pub async fn publishing(app: &App) -> Result<Publishing> {
    let mut tx = app.store.read().await?;
    let counts = deliveries::health(&mut tx, GRACE).await?;
    let Instance { paused, .. } = instance::get(&mut tx).await?;
    Ok(Publishing { counts, paused: paused.is_some() })
}

/// Figures for a monitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Deliveries by state.
    pub deliveries: Vec<(String, u64)>,
    /// Jobs by state.
    pub jobs: Vec<(String, u64)>,
    /// Overdue deliveries without a visible reason.
    pub overdue: u64,
    /// How late the oldest of them is, in seconds.
    pub oldest_overdue_s: u64,
}

/// Counts everything a monitor asks for. Every state is there, also with nothing in it.
pub async fn figures(app: &App) -> Result<Figures> {
    let mut tx = app.store.read().await?;
    let health = deliveries::health(&mut tx, GRACE).await?;
    let found = deliveries::counts(&mut tx).await?;
    let of = |state: State| found.iter().find(|(name, _)| name == state.as_str()).map_or(0, |(_, count)| *count);
    let oldest = health.oldest_due.map_or(0, |due| tx.now().duration_since(due).as_secs());
    Ok(Figures {
        deliveries: State::ALL.iter().map(|state| (state.as_str().to_owned(), of(*state))).collect(),
        jobs: jobs::counts(&mut tx).await?,
        overdue: health.overdue,
        oldest_overdue_s: u64::try_from(oldest).unwrap_or(0),
    })
}
