//! Take an invitation back.

use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::invitations;
use postrider_domain::id::{InvitationId, WorkspaceId};

use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;
use crate::wire::Done;

/// Takes an invitation back: its link stops working.
#[utoipa::path(delete, path = "/workspaces/{ws}/invitations/{invitation}", tag = "members",
    responses((status = 204)))]
pub(crate) async fn revoke_invitation(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, invitation)): Ids<(WorkspaceId, InvitationId)>,
) -> Result<Done, Problem> {
    invitations::revoke(&app, &caller, ws, invitation).await?;
    Ok(Done)
}
