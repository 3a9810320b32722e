//! Is this instance waiting for its first person?

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::setup;
use postrider_domain::Code;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;

/// An instance without people.
#[derive(Serialize, ToSchema)]
pub(crate) struct SetupState {
    /// Always true; afterwards this address is gone.
    open: bool,
}

/// Says that the instance waits to be set up.
///
/// Gone (410) once it is.
#[utoipa::path(get, path = "/setup", tag = "setup", security(()), responses((status = 200, body = SetupState)))]
pub(crate) async fn show_setup(State(app): State<App>) -> Result<Json<SetupState>, Problem> {
    if setup::is_open(&app).await? {
        return Ok(Json(SetupState { open: true }));
    }
    Err(Problem::of(Code::SetupClosed))
}
