//! How publishing stands in a workspace, for its members: is it moving, what is late and why,
//! what wants a person.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use postrider_domain::Code;
use postrider_domain::delivery::HoldReason;
use postrider_domain::id::{DeliveryId, UserId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_store::Tx;
use postrider_store::repo::channels::{self, ChannelState};
use postrider_store::repo::deliveries::{self, Delivery, Hindrance, Overdue, Standing};
use postrider_store::repo::{audit, instance, workspaces};

use super::deliveries::{DeliveryView, views};
use super::workspace_zone;
use crate::health::GRACE;
use crate::{App, Caller, Result};

/// How long a failure counts as recent.
const RECENT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How many late deliveries are named.
const NAMED: u32 = 20;

/// Whether publishing moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publishing {
    /// It does, or there is a reason for whatever is late.
    Ok,
    /// Somebody stopped it, here or on the whole instance.
    Paused,
    /// Something is late and nothing is in its way.
    Stuck,
}

/// Why nothing goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Since when.
    pub at: Timestamp,
    /// Who stopped it, where a member did and that is still known.
    pub by: Option<(UserId, String)>,
    /// The operator stopped the whole instance, and only the operator lets it go on.
    pub instance: bool,
}

/// A delivery that is late, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Late {
    /// The delivery.
    pub delivery: DeliveryView,
    /// Why.
    pub code: Code,
    /// Figures and names for the message of `code`.
    pub code_args: BTreeMap<String, String>,
}

/// How a workspace's publishing stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// In one word.
    pub publishing: Publishing,
    /// Why nothing goes out, while that is so.
    pub pause: Option<Pause>,
    /// How many deliveries are late.
    pub overdue: u64,
    /// Since when the oldest of them is due.
    pub oldest_due: Option<Timestamp>,
    /// The first of them.
    pub late: Vec<Late>,
    /// Held deliveries by reason.
    pub held: BTreeMap<HoldReason, u64>,
    /// Deliveries of which nobody knows whether they are out.
    pub unconfirmed: u64,
    /// Deliveries of the last seven days that failed and were not tried again.
    pub failed_recent: u64,
    /// Deliveries on their way now.
    pub running: u64,
    /// When the next one goes out.
    pub next_due: Option<Timestamp>,
    /// Channels that must be connected again.
    pub channels: u64,
}

impl Status {
    /// How much waits for a person: what is unconfirmed, failed of late or held for any reason but a pause,
    /// and channels without permission.
    pub fn attention(&self) -> u64 {
        let held = self.held.iter().filter(|(reason, _)| **reason != HoldReason::Paused).map(|(_, count)| count);
        self.unconfirmed + self.failed_recent + held.sum::<u64>() + self.channels
    }
}

/// How publishing stands in a workspace.
pub async fn status(app: &App, caller: &Caller, workspace: WorkspaceId) -> Result<Status> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    let before = |by: SignedDuration| tx.now().saturating_sub(by).unwrap_or(Timestamp::MIN);
    let (due, since) = (before(GRACE), before(RECENT));
    let pause = pause(&mut tx, workspace).await?;
    let counts = deliveries::standing(&mut tx, workspace, due, since).await?;
    let rows = deliveries::overdue(&mut tx, workspace, due, NAMED).await?;
    let late = late(app, &mut tx, workspace, rows).await?;
    let connected = channels::list(&mut tx, workspace).await?;
    let refused = connected.iter().filter(|channel| channel.state == ChannelState::NeedsReconnect).count();
    let Standing { overdue, oldest_due, unhindered, running, unconfirmed, held, failed, next_due } = counts;
    let publishing = match (&pause, unhindered) {
        (Some(_), _) => Publishing::Paused,
        (None, 1..) => Publishing::Stuck,
        (None, 0) => Publishing::Ok,
    };
    let channels = u64::try_from(refused).unwrap_or(u64::MAX);
    let failed_recent = failed;
    Ok(Status {
        publishing,
        pause,
        overdue,
        oldest_due,
        late,
        held,
        unconfirmed,
        failed_recent,
        running,
        next_due,
        channels,
    })
}

/// The operator's word comes first: nobody here can take it back.
async fn pause(tx: &mut Tx, workspace: WorkspaceId) -> Result<Option<Pause>> {
    if let Some(pause) = instance::get(tx).await?.paused {
        return Ok(Some(Pause { at: pause.at, by: None, instance: true }));
    }
    let Some(at) = workspaces::get(tx, workspace).await?.paused_at else { return Ok(None) };
    let by = audit::last_by(tx, workspace, "workspace.pause").await?;
    Ok(Some(Pause { at, by, instance: false }))
}

async fn late(app: &App, tx: &mut Tx, workspace: WorkspaceId, rows: Vec<Overdue>) -> Result<Vec<Late>> {
    let reasons: BTreeMap<DeliveryId, _> = rows.iter().map(|row| (row.delivery.id, why(row))).collect();
    let zone = workspace_zone(tx, workspace).await?;
    let found: Vec<Delivery> = rows.into_iter().map(|row| row.delivery).collect();
    let views = views(&app.registry, tx, workspace, zone, found).await?;
    let late = |delivery: DeliveryView| {
        let (code, code_args) = reasons.get(&delivery.id).cloned()?;
        Some(Late { delivery, code, code_args })
    };
    Ok(views.into_iter().filter_map(late).collect())
}

/// Why it is late. What another workspace does on the same account is said without a name.
fn why(row: &Overdue) -> (Code, BTreeMap<String, String>) {
    let plain = |code| (code, BTreeMap::new());
    match row.why {
        Hindrance::Paused => plain(Code::HeldPaused),
        Hindrance::Busy => plain(Code::OverdueBusy),
        Hindrance::Resting => (Code::OverdueResting, BTreeMap::from([("until".to_owned(), row.ready_at.to_string())])),
        Hindrance::Nothing => plain(Code::OverdueStuck),
    }
}

#[cfg(test)]
mod tests;
