//! Accept an invitation.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use postrider_app::App;
use postrider_app::accounts::invitations::{self, Newcomer};
use postrider_domain::id::WorkspaceId;
use postrider_domain::secret::Secret;
use postrider_domain::{Code, Issue};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Client, Maybe, start_cookie};
use crate::extract::Posted;
use crate::problem::Problem;

/// The token, and who comes when nobody is logged in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptInvitation {
    /// The token in the link.
    #[schema(value_type = String)]
    token: Secret,
    /// The new account's name; leave it out when logged in.
    name: Option<String>,
    /// The new account's password; leave it out when logged in.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Secret>,
}

/// Where the invitation led.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationAccepted {
    /// The workspace that was joined.
    #[schema(value_type = String)]
    workspace: WorkspaceId,
}

/// Joins a workspace, as the person who is logged in or as a new account.
///
/// A new account gets the invited address and is logged in by the cookie of the
/// answer. The link works once: a repetition is refused. Idempotency keys have no effect
/// here, because the answer holds a secret that is not kept.
#[utoipa::path(post, path = "/invitations/accept", tag = "members", security((), ("session" = [])),
    request_body = AcceptInvitation, responses((status = 200, body = InvitationAccepted)))]
pub(crate) async fn accept_invitation(
    State(app): State<App>,
    Client(origin): Client,
    Maybe(caller): Maybe,
    posted: Posted<AcceptInvitation>,
) -> Result<Response, Problem> {
    let AcceptInvitation { token, name, password } = posted.body;
    if let Some(caller) = caller {
        let workspace = invitations::accept(&app, &caller, &token).await?;
        return Ok(Json(InvitationAccepted { workspace }).into_response());
    }
    let (Some(name), Some(password)) = (name, password) else {
        let issues = ["/name", "/password"].map(|field| Issue::error(Code::Required, field)).into();
        return Err(Problem { issues, ..Problem::of(Code::InvalidFields) });
    };
    let new = Newcomer { name, password };
    let (logged_in, workspace) = invitations::accept_as_new(&app, &token, &new, &origin).await?;
    let cookie = start_cookie(&app, &logged_in.token);
    Ok(([(header::SET_COOKIE, cookie)], Json(InvitationAccepted { workspace })).into_response())
}
