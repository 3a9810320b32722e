//! People, workspaces and what belongs to them: set-up, sessions, members,
//! invitations, keys, notifications, usage, audit log and events.

pub mod access;
pub mod audit;
pub mod choices;
pub mod events;
pub mod invitations;
pub mod keys;
pub mod me;
pub mod members;
pub mod notifications;
pub mod operator;
pub mod people;
pub mod resets;
pub mod sessions;
pub mod setup;
pub mod usage;
pub mod workspaces;

use jiff::{SignedDuration, Timestamp};
use postrider_domain::id::{UserId, WorkspaceId};
use postrider_domain::{Code, Issue};
use postrider_store::repo::{audit as log, events as changes};
use postrider_store::{StoreError, Tx};

use crate::{AppError, Caller, Result};

/// Notes a security-relevant act in the transaction that does it.
async fn note(
    tx: &mut Tx,
    workspace: Option<WorkspaceId>,
    caller: &Caller,
    action: &str,
    subject: impl ToString,
) -> Result<()> {
    note_by(tx, workspace, Some(caller.user), &caller.address, action, subject).await
}

/// The same for somebody who is not logged in yet.
async fn note_by(
    tx: &mut Tx,
    workspace: Option<WorkspaceId>,
    user: Option<UserId>,
    address: &str,
    action: &str,
    subject: impl ToString,
) -> Result<()> {
    let subject = subject.to_string();
    log::add(tx, log::NewEntry { workspace, user, action, subject: &subject, address }).await?;
    Ok(())
}

/// Tells open screens. The last write of a transaction: it takes the workspace's row.
async fn changed(tx: &mut Tx, workspace: WorkspaceId, kind: &str, ids: serde_json::Value) -> Result<()> {
    changes::append(tx, workspace, kind, &ids).await?;
    Ok(())
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// A taken address is a mistake in a field, with its own sentence.
fn email_taken(error: StoreError) -> AppError {
    match error {
        StoreError::Duplicate(_) => AppError::At(Issue::error(Code::EmailTaken, "/email")),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests;
