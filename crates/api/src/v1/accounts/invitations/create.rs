//! Invite somebody.

use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::invitations;
use postrider_domain::id::WorkspaceId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::InvitationBody;
use crate::auth::Authed;
use crate::extract::{Ids, Posted};
use crate::problem::Problem;
use crate::v1::accounts::resets::LinkBody;
use crate::wire::{Created, Role};

/// Whom to invite.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateInvitation {
    /// Their e-mail address, which a new account gets.
    email: String,
    /// The role that awaits; not above the caller's own.
    role: Role,
}

/// An invitation with its link.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationMade {
    /// The invitation.
    invitation: InvitationBody,
    /// The link to hand over; absent when the request was repeated, because it is not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<LinkBody>,
}

/// Invites somebody; the answer has the link to hand over.
#[utoipa::path(post, path = "/workspaces/{ws}/invitations", tag = "members", request_body = CreateInvitation,
    responses((status = 201, body = InvitationMade)))]
pub(crate) async fn create_invitation(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    posted: Posted<CreateInvitation>,
) -> Result<Created<InvitationMade>, Problem> {
    let once = posted.once(&caller);
    let CreateInvitation { email, role } = posted.body;
    let made = invitations::create(&app, &caller, ws, &email, role.into(), once.as_ref()).await?;
    Ok(Created::of(made, |(invitation, link)| {
        (None, InvitationMade { invitation: invitation.into(), link: link.map(LinkBody::from) })
    }))
}
