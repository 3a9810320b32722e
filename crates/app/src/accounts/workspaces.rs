//! Workspaces: the tenants.

use std::time::Duration;

use postrider_domain::entitlement::Meter;
use postrider_domain::id::{UserId, WorkspaceId};
use postrider_domain::role::{Right, Role};
use postrider_domain::{Code, Issue};
use postrider_store::Tx;
use postrider_store::repo::workspaces::{self, Profile};
use postrider_store::repo::{entitlements, members};
use serde_json::json;

pub use postrider_store::repo::workspaces::Workspace;

use super::{changed, me, note};
use crate::fields::Check;
use crate::{App, AppError, Begun, Caller, Idempotency, Made, Result};

/// How late a delivery may go out without asking, unless somebody says otherwise.
pub const DEFAULT_MISSED_WINDOW: Duration = Duration::from_secs(3_600);

/// The bounds of the missed window, in seconds: a minute to a week.
pub const MISSED_WINDOW_S: std::ops::RangeInclusive<u64> = 60..=7 * 86_400;

/// A workspace to be.
#[derive(Debug, Clone)]
pub struct NewWorkspace {
    /// Its name.
    pub name: String,
    /// Its IANA time zone.
    pub zone: String,
}

/// What changes about a workspace; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Its name; an owner's right.
    pub name: Option<String>,
    /// Its IANA time zone.
    pub zone: Option<String>,
    /// How late a delivery may go out without asking, in seconds.
    pub missed_window_s: Option<u64>,
}

/// The version of a workspace, for `If-Match`.
pub fn version(workspace: &Workspace) -> i64 {
    workspace.updated_at.as_microsecond()
}

/// Makes a workspace that the caller owns.
pub async fn create(
    app: &App,
    caller: &Caller,
    new: &NewWorkspace,
    once: Option<&Idempotency>,
) -> Result<Made<Workspace, WorkspaceId>> {
    let user = caller.person()?;
    let mut form = Check::default();
    let name = form.name(&new.name, "/name");
    let zone = form.zone(&new.zone, "/zone");
    form.done()?;
    let mut tx = match app.begin_write::<WorkspaceId>(once).await? {
        Begun::Replay(id) => return Made::found(id, get(app, caller, id).await.map(|(workspace, _)| workspace)),
        Begun::Run(tx) => tx,
    };
    let profile = Profile { name, zone: zone.as_str(), missed_window: DEFAULT_MISSED_WINDOW };
    let workspace = make(&mut tx, user, profile, Role::Owner).await?;
    note(&mut tx, Some(workspace.id), caller, "workspace.create", workspace.id).await?;
    app.finish(tx, once, &workspace.id).await?;
    Ok(Made::There(workspace))
}

/// Makes a workspace with its first member, in a transaction that may do so.
pub(crate) async fn make(tx: &mut Tx, user: UserId, profile: Profile<'_>, role: Role) -> Result<Workspace> {
    let workspace = workspaces::create(tx, profile).await?;
    entitlements::consume(tx, workspace.id, Meter::Members, 1).await?;
    members::add(tx, workspace.id, user, role).await?;
    Ok(workspace)
}

/// The caller's workspaces with the role in each, by name.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<(Workspace, Role)>> {
    Ok(me::get(app, caller).await?.workspaces)
}

/// One workspace and the caller's role in it.
pub async fn get(app: &App, caller: &Caller, id: WorkspaceId) -> Result<(Workspace, Role)> {
    let mut tx = app.store.read().await?;
    let member = caller.member(&mut tx, id, Right::View).await?;
    Ok((workspaces::get(&mut tx, id).await?, member.role))
}

/// Changes a workspace.
///
/// # Errors
/// [`Code::StaleVersion`] when somebody else was faster.
pub async fn update(
    app: &App,
    caller: &Caller,
    id: WorkspaceId,
    expected: i64,
    changes: &Changes,
) -> Result<(Workspace, Role)> {
    let mut tx = app.store.write().await?;
    let right = if changes.name.is_some() { Right::Own } else { Right::Manage };
    let member = caller.member(&mut tx, id, right).await?;
    workspaces::lock(&mut tx, id).await?;
    let before = workspaces::get(&mut tx, id).await?;
    if version(&before) != expected {
        return Err(AppError::of(Code::StaleVersion));
    }
    let mut form = Check::default();
    let name = form.name(changes.name.as_deref().unwrap_or(&before.name), "/name");
    let zone = form.zone(changes.zone.as_deref().unwrap_or(&before.zone), "/zone");
    let missed_window = changes.missed_window_s.unwrap_or(before.missed_window.as_secs());
    if !MISSED_WINDOW_S.contains(&missed_window) {
        let reason = format!("it goes from {} to {} seconds", MISSED_WINDOW_S.start(), MISSED_WINDOW_S.end());
        form.push(Issue::error(Code::BadField, "/missed_window_s").with("reason", reason));
    }
    form.done()?;
    let profile = Profile { name, zone: zone.as_str(), missed_window: Duration::from_secs(missed_window) };
    let workspace = workspaces::update(&mut tx, id, profile).await?;
    note(&mut tx, Some(id), caller, "workspace.update", id).await?;
    changed(&mut tx, id, "workspace.changed", json!({ "workspace": id })).await?;
    tx.commit().await?;
    Ok((workspace, member.role))
}

/// Stops all publishing of a workspace, or lets it go on.
pub async fn set_paused(
    app: &App,
    caller: &Caller,
    id: WorkspaceId,
    paused: bool,
    once: Option<&Idempotency>,
) -> Result<(Workspace, Role)> {
    let mut tx = match app.begin_write::<WorkspaceId>(once).await? {
        Begun::Replay(id) => return get(app, caller, id).await,
        Begun::Run(tx) => tx,
    };
    let member = caller.member(&mut tx, id, Right::Publish).await?;
    workspaces::set_paused(&mut tx, id, paused).await?;
    let workspace = workspaces::get(&mut tx, id).await?;
    note(&mut tx, Some(id), caller, if paused { "workspace.pause" } else { "workspace.resume" }, id).await?;
    changed(&mut tx, id, "workspace.changed", json!({ "workspace": id })).await?;
    app.finish(tx, once, &id).await?;
    Ok((workspace, member.role))
}
