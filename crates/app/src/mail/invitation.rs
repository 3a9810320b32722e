//! The mail that invites somebody to a workspace.

use postrider_domain::id::{InvitationId, WorkspaceId};
use postrider_engine::mail::Undelivered;
use postrider_store::repo::invitations;
use postrider_store::repo::jobs::Job;
use postrider_store::repo::mail::{self, SealedToken};
use postrider_store::repo::{users, workspaces};
use serde::Deserialize;

use super::Letter;
use super::letter::{Block, Draft, written};
use super::room::payload;
use super::words::Phrase;
use crate::App;

/// What the job of such a mail knows.
#[derive(Debug, Deserialize)]
struct Wanted {
    workspace: WorkspaceId,
    invitation: InvitationId,
    /// The token of its link.
    token: SealedToken,
}

/// The letter; `None` when the invitation was accepted, taken back or has ended.
pub(super) async fn letter(app: &App, job: &Job) -> Result<Option<Letter>, Undelivered> {
    let Wanted { workspace, invitation, token } = payload(job)?;
    let mut tx = app.store.read().await?;
    let invitation = invitations::get(&mut tx, workspace, invitation).await?;
    if !invitation.is_open(tx.now()) {
        return Ok(None);
    }
    let token = mail::open_token(&tx, invitation.id, &token)?;
    let workspace = workspaces::get(&mut tx, workspace).await?;
    let inviter = users::get(&mut tx, invitation.invited_by).await?.name;
    let url = format!("{}#{}", app.settings.page("/invite"), token.expose());
    let until = written(invitation.expires_at, &workspace.zone);
    let names = [("inviter", inviter.as_str()), ("workspace", workspace.name.as_str()), ("time", until.as_str())];
    let blocks = vec![
        Block::Words(Phrase::InvitationWhy.with(&names)),
        Block::Link(Phrase::InvitationLink.with(&names), url),
        Block::Words(Phrase::InvitationOtherwise.with(&names)),
    ];
    let subject = Phrase::InvitationSubject.with(&names);
    let draft = Draft { id: job.id, to: invitation.email, subject, blocks, chosen: false };
    Ok(Some(draft.write(&app.settings)))
}
