//! What a browser has to know of the instance before anybody has logged in.

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::setup;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::problem::Problem;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get_instance))
}

/// The instance, as everybody may see it.
#[derive(Serialize, ToSchema)]
#[schema(as = Instance)]
pub(crate) struct InstanceBody {
    /// The product's version.
    version: &'static str,
    /// Whether it sends e-mail: where not, only the operator can help with a forgotten password.
    mail: bool,
    /// Whether it still waits for its first person.
    setup_open: bool,
    /// Whether it is a demonstration with simulated networks.
    demo: bool,
}

/// Shows what holds for the whole instance. Nobody has to log in for it.
#[utoipa::path(get, path = "/instance", tag = "setup", security(()), responses((status = 200, body = InstanceBody)))]
pub(crate) async fn get_instance(State(app): State<App>) -> Result<Json<InstanceBody>, Problem> {
    let setup_open = setup::is_open(&app).await?;
    let settings = &app.settings;
    Ok(Json(InstanceBody { version: settings.version, mail: settings.mail, setup_open, demo: settings.demo }))
}
