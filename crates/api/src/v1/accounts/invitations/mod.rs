//! `/workspaces/{ws}/invitations` and `/invitations/accept`.

mod accept;
mod create;
mod list;
mod revoke;

use postrider_app::accounts::invitations::Invitation;
use postrider_domain::id::{InvitationId, UserId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::wire::{At, Role};

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(create::create_invitation, list::list_invitations))
        .routes(routes!(revoke::revoke_invitation))
        .routes(routes!(accept::accept_invitation))
}

/// An invitation that can still be accepted.
#[derive(Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(crate) struct InvitationBody {
    /// Its id.
    #[schema(value_type = String)]
    pub(crate) id: InvitationId,
    /// Whom it is meant for.
    email: String,
    /// The role that awaits.
    role: Role,
    /// Who invited.
    #[schema(value_type = String)]
    invited_by: UserId,
    /// When.
    created_at: At,
    /// When it ends.
    expires_at: At,
}

impl From<Invitation> for InvitationBody {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: invitation.id,
            email: invitation.email,
            role: invitation.role.into(),
            invited_by: invitation.invited_by,
            created_at: invitation.created_at.into(),
            expires_at: invitation.expires_at.into(),
        }
    }
}
