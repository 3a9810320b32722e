//! What a browser has to know of the instance before anybody has logged in.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use postrider_app::accounts::setup;
use postrider_app::{App, Simulated};
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
    /// What a demonstration offers to be connected; empty otherwise.
    simulated: Vec<SimulatedBody>,
}

/// An account or a server of a simulated network: the connect form, filled in.
#[derive(Serialize, ToSchema)]
#[schema(as = Simulated)]
pub(crate) struct SimulatedBody {
    /// The platform's id, as `/connectors` lists it.
    platform: String,
    /// What people call the account or the server.
    name: String,
    /// The form's fields by name. They open nothing outside the demonstration.
    fields: BTreeMap<String, String>,
}

impl From<&Simulated> for SimulatedBody {
    fn from(known: &Simulated) -> Self {
        let Simulated { platform, name, fields } = known.clone();
        Self { platform, name, fields }
    }
}

/// Shows what holds for the whole instance. Nobody has to log in for it.
#[utoipa::path(get, path = "/instance", tag = "setup", security(()), responses((status = 200, body = InstanceBody)))]
pub(crate) async fn get_instance(State(app): State<App>) -> Result<Json<InstanceBody>, Problem> {
    let setup_open = setup::is_open(&app).await?;
    let settings = &app.settings;
    let simulated: Vec<SimulatedBody> = settings.simulated.iter().map(Into::into).collect();
    let demo = !simulated.is_empty();
    Ok(Json(InstanceBody { version: settings.version, mail: settings.mail, setup_open, demo, simulated }))
}
