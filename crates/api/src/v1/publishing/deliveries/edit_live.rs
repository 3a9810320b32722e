//! Make it say something else on its network.

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::deliveries::LiveEdit;
use postrider_app::publishing::requests;
use postrider_domain::id::{DeliveryId, WorkspaceId};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{DeliveryBody, shown};
use crate::auth::Authed;
use crate::extract::{Ids, Posted};
use crate::problem::Problem;

/// What it is to say: what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditLiveDelivery {
    /// One for each part that is live, root first.
    parts: Option<Vec<LivePart>>,
    /// The settings of the channel, all of them.
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
}

/// A part that is live. Its files stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LivePart {
    /// Its text.
    text: String,
}

impl From<EditLiveDelivery> for LiveEdit {
    fn from(body: EditLiveDelivery) -> Self {
        let texts = body.parts.map(|parts| parts.into_iter().map(|part| part.text).collect());
        Self { texts, settings: body.settings }
    }
}

/// Asks that it says something else on its network: the same number of parts, checked as a post is
/// before it is scheduled. The post stays as it is; `change` says how the edit fares.
#[utoipa::path(post, path = "/workspaces/{ws}/deliveries/{delivery}/edit-live", tag = "deliveries",
    request_body = EditLiveDelivery, responses((status = 200, body = DeliveryBody)))]
pub(crate) async fn edit_live_delivery(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, delivery)): Ids<(WorkspaceId, DeliveryId)>,
    posted: Posted<EditLiveDelivery>,
) -> Result<Json<DeliveryBody>, Problem> {
    let once = posted.once(&caller);
    requests::edit_live(&app, &caller, ws, delivery, &posted.body.into(), once.as_ref()).await?;
    shown(&app, &caller, ws, delivery).await
}
