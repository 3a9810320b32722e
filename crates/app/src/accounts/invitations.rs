//! Inviting people: a one-use link to copy and hand over, and mailed where mail is sent.

use jiff::SignedDuration;
use postrider_domain::Code;
use postrider_domain::entitlement::Meter;
use postrider_domain::id::{InvitationId, UserId, WorkspaceId};
use postrider_domain::role::{Right, Role};
use postrider_domain::secret::Secret;
use postrider_store::repo::invitations::{self, NewInvitation};
use postrider_store::repo::users::{self, NewUser};
use postrider_store::repo::{entitlements, mail, members, throttles};
use postrider_store::{StoreError, Tx};
use serde_json::json;

pub use postrider_store::repo::invitations::Invitation;

use super::members::may_touch;
use super::resets::{Link, link};
use super::sessions::{self, LoggedIn, Origin};
use super::{changed, later, note, note_by};
use crate::fields::Check;
use crate::token::{self, Token};
use crate::{App, AppError, Begun, Caller, Idempotency, Made, Result, password};

/// How long an invitation stands.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Invites somebody, by mail too where it is sent. The link comes once: a repeated request gets the invitation
/// without it.
pub async fn create(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    email: &str,
    role: Role,
    once: Option<&Idempotency>,
) -> Result<Made<(Invitation, Option<Link>), InvitationId>> {
    let mut form = Check::default();
    let email = form.email(email, "/email");
    form.done()?;
    let mut tx = match app.begin_write::<InvitationId>(once).await? {
        Begun::Replay(id) => {
            let found = find(app, caller, workspace, id).await;
            let found = found.map(|invitation| (invitation, None));
            return Made::found_in(app, caller, workspace, id, found).await;
        }
        Begun::Run(tx) => tx,
    };
    let actor = caller.member(&mut tx, workspace, Right::Manage).await?;
    // Else an expiring key could bring in a member who stays.
    caller.person()?;
    may_touch(&actor, role)?;
    if let Some((known, _)) = users::by_email(&mut tx, email).await?
        && members::role(&mut tx, workspace, known.id).await?.is_some()
    {
        return Err(AppError::of(Code::AlreadyMember));
    }
    let token = Token::new(tx.entropy(), "");
    let expires_at = later(tx.now(), LIFETIME);
    let new = NewInvitation { email, role, token_hash: token.hash, invited_by: actor.user, expires_at };
    let invitation = invitations::create(&mut tx, workspace, new).await?;
    if app.settings.mail {
        ask_mail(&mut tx, &invitation, &token).await?;
    }
    note(&mut tx, Some(workspace), caller, "invitation.create", invitation.id).await?;
    changed(&mut tx, workspace, "invitation.changed", json!({ "invitation": invitation.id })).await?;
    app.finish(tx, once, &invitation.id).await?;
    Ok(Made::There((invitation, Some(link(app, "invite", token, expires_at)))))
}

/// Asks for the mail, unless too many went out: the link can be handed over all the same.
async fn ask_mail(tx: &mut Tx, invitation: &Invitation, token: &Token) -> Result<()> {
    for (allowance, subject) in throttles::invitation_mails(invitation.workspace_id, &invitation.email) {
        if throttles::charge(tx, allowance, &subject).await?.is_some() {
            tracing::info!(invitation = %invitation.id, "too many invitations: this one is not mailed");
            return Ok(());
        }
    }
    let token = mail::seal_token(tx, invitation.id, &token.plain)?;
    let workspace = invitation.workspace_id;
    let wanted = json!({ "workspace": workspace, "invitation": invitation.id, "token": token });
    Ok(mail::ask(tx, mail::INVITATION, Some(workspace), wanted).await?)
}

async fn find(app: &App, caller: &Caller, workspace: WorkspaceId, id: InvitationId) -> Result<Invitation> {
    let all = list(app, caller, workspace).await?;
    all.into_iter().find(|invitation| invitation.id == id).ok_or_else(AppError::not_found)
}

/// Invitations that can still be accepted, newest first.
pub async fn list(app: &App, caller: &Caller, workspace: WorkspaceId) -> Result<Vec<Invitation>> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::Manage).await?;
    Ok(invitations::list(&mut tx, workspace).await?)
}

/// Takes an invitation back.
pub async fn revoke(app: &App, caller: &Caller, workspace: WorkspaceId, id: InvitationId) -> Result<()> {
    let mut tx = app.store.write().await?;
    caller.member(&mut tx, workspace, Right::Manage).await?;
    invitations::revoke(&mut tx, workspace, id).await?;
    note(&mut tx, Some(workspace), caller, "invitation.revoke", id).await?;
    changed(&mut tx, workspace, "invitation.changed", json!({ "invitation": id })).await?;
    Ok(tx.commit().await?)
}

/// What somebody without an account fills in.
#[derive(Debug, Clone)]
pub struct Newcomer {
    /// The name others will see.
    pub name: String,
    /// The password.
    pub password: Secret,
}

/// Accepts as somebody who is logged in.
pub async fn accept(app: &App, caller: &Caller, given: &Secret) -> Result<WorkspaceId> {
    let user = caller.person()?;
    let mut tx = app.store.write().await?;
    let invitation = take(&mut tx, given).await?;
    join(&mut tx, &invitation, user, &caller.address).await?;
    tx.commit().await?;
    Ok(invitation.workspace_id)
}

/// Accepts as somebody new: makes the account for the invited address and logs it in.
///
/// # Errors
/// [`Code::EmailTaken`] when the address has an account, which must log in instead.
pub async fn accept_as_new(
    app: &App,
    given: &Secret,
    new: &Newcomer,
    origin: &Origin,
) -> Result<(LoggedIn, WorkspaceId)> {
    // Before the form is looked at: a stranger learns nothing and costs no hashing.
    let mut tx = app.store.read().await?;
    let invitation = invitations::by_token(&mut tx, &token::hash(given.expose())).await?;
    let open = invitation.filter(|invitation| invitation.is_open(tx.now()));
    stands(&mut tx, &open.ok_or(AppError::of(Code::LinkUsed))?).await?;
    drop(tx);
    let mut form = Check::default();
    let name = form.name(&new.name, "/name");
    form.push(password::check(&new.password, "/password"));
    form.done()?;
    let password_hash = password::hash(&new.password, app.store.entropy().as_ref()).await?;
    let mut tx = app.store.write().await?;
    let invitation = take(&mut tx, given).await?;
    let new = NewUser { email: &invitation.email, name, password_hash: &password_hash, operator: false };
    // No field of this form: the address is the invitation's.
    let user = users::create(&mut tx, new).await.map_err(|error| match error {
        StoreError::Duplicate(_) => AppError::of(Code::EmailTaken),
        other => other.into(),
    })?;
    join(&mut tx, &invitation, user.id, &origin.address).await?;
    let logged_in = sessions::start(&mut tx, user.id, origin).await?;
    tx.commit().await?;
    Ok((logged_in, invitation.workspace_id))
}

/// Uses an invitation up.
async fn take(tx: &mut Tx, given: &Secret) -> Result<Invitation> {
    let invitation = invitations::accept(tx, &token::hash(given.expose())).await?;
    let invitation = invitation.ok_or(AppError::of(Code::LinkUsed))?;
    stands(tx, &invitation).await?;
    Ok(invitation)
}

/// An invitation stands only as long as whoever sent it could still send it: the link of a
/// removed or demoted admin must not let anybody in.
async fn stands(tx: &mut Tx, invitation: &Invitation) -> Result<()> {
    let inviter = members::role(tx, invitation.workspace_id, invitation.invited_by).await?;
    match inviter.filter(|inviter| inviter.may_grant(invitation.role)) {
        Some(_) => Ok(()),
        None => Err(AppError::of(Code::LinkUsed)),
    }
}

async fn join(tx: &mut Tx, invitation: &Invitation, user: UserId, address: &str) -> Result<()> {
    let workspace = invitation.workspace_id;
    entitlements::consume(tx, workspace, Meter::Members, 1).await?;
    members::add(tx, workspace, user, invitation.role).await.map_err(|error| match error {
        StoreError::Duplicate(_) => AppError::of(Code::AlreadyMember),
        other => other.into(),
    })?;
    note_by(tx, Some(workspace), Some(user), address, "invitation.accept", invitation.id).await?;
    changed(tx, workspace, "member.changed", json!({ "user": user })).await
}
