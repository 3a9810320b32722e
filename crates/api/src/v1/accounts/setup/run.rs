//! Set the instance up.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use postrider_app::App;
use postrider_app::accounts::setup::{self, SetUp};
use postrider_domain::role::Role;
use postrider_domain::secret::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Client, start_cookie};
use crate::extract::Posted;
use crate::problem::Problem;
use crate::v1::accounts::me::UserBody;
use crate::v1::accounts::workspaces::WorkspaceBody;
use crate::wire::Created;

/// Who runs the instance, and its first workspace.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetupRequest {
    /// The one-use token that the server printed.
    #[schema(value_type = String)]
    token: Secret,
    /// The operator's e-mail address.
    email: String,
    /// The operator's name.
    name: String,
    /// The operator's password, at least 10 characters.
    #[schema(value_type = String, format = Password)]
    password: Secret,
    /// The first workspace's name.
    workspace: String,
    /// Its IANA time zone.
    #[schema(example = "Europe/Berlin")]
    zone: String,
}

/// The operator and the first workspace.
#[derive(Serialize, ToSchema)]
pub(crate) struct SetupDone {
    /// The operator, who is logged in by the cookie of this answer.
    user: UserBody,
    /// The first workspace.
    workspace: WorkspaceBody,
}

/// Makes the operator and the first workspace, and logs the operator in.
///
/// The token works once: a repetition is refused. Idempotency keys have no effect here,
/// because the answer holds a secret that is not kept.
#[utoipa::path(post, path = "/setup", tag = "setup", security(()), request_body = SetupRequest,
    responses((status = 201, body = SetupDone)))]
pub(crate) async fn run_setup(
    State(app): State<App>,
    Client(origin): Client,
    posted: Posted<SetupRequest>,
) -> Result<Response, Problem> {
    let SetupRequest { token, email, name, password, workspace, zone } = posted.body;
    let (logged_in, workspace) =
        setup::run(&app, &SetUp { token, email, name, password, workspace, zone }, &origin).await?;
    let body = SetupDone { user: logged_in.user.into(), workspace: WorkspaceBody::new(workspace, Role::Owner) };
    let location = format!("/api/v1/workspaces/{}", body.workspace.id);
    let cookie = start_cookie(&app, &logged_in.token);
    Ok(([(header::SET_COOKIE, cookie)], Created::at(location, body)).into_response())
}
