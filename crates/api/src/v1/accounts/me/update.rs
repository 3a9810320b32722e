//! Change my name, address or password.

use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::me::{self, Changes};
use postrider_domain::secret::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::UserBody;
use crate::auth::Authed;
use crate::docs::IfMatchHeader;
use crate::etag::{IfMatch, Tagged};
use crate::extract::Json;
use crate::problem::Problem;

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateMe {
    /// The name others see.
    name: Option<String>,
    /// The address to log in with; needs `current_password`.
    email: Option<String>,
    /// Another password; needs `current_password` and ends all other sessions.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Secret>,
    /// The present password.
    #[schema(value_type = Option<String>, format = Password)]
    current_password: Option<Secret>,
}

/// Changes the caller's name, address or password.
#[utoipa::path(patch, path = "/me", tag = "me", request_body = UpdateMe, params(IfMatchHeader),
    responses((status = 200, body = UserBody, headers(("ETag" = String, description = "Version of the account.")))))]
pub(crate) async fn update_me(
    State(app): State<App>,
    Authed(caller): Authed,
    IfMatch(version): IfMatch,
    Json(body): Json<UpdateMe>,
) -> Result<Tagged<UserBody>, Problem> {
    let UpdateMe { name, email, password, current_password } = body;
    let changes = Changes { name, email, password, current_password };
    let user = me::update(&app, &caller, version, &changes).await?;
    Ok(Tagged(me::version(&user), user.into()))
}
