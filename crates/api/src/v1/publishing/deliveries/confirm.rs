//! It is there.

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::requests;
use postrider_domain::id::{DeliveryId, WorkspaceId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{DeliveryBody, shown};
use crate::auth::Authed;
use crate::extract::{Ids, Posted};
use crate::problem::Problem;

/// Where the uncertain part is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmDelivery {
    /// Its link as copied from the platform, or the platform's own id.
    link: String,
}

/// Says that the uncertain part is there, and where; the rest goes on.
#[utoipa::path(post, path = "/workspaces/{ws}/deliveries/{delivery}/confirm", tag = "deliveries",
    request_body = ConfirmDelivery, responses((status = 200, body = DeliveryBody)))]
pub(crate) async fn confirm_delivery(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, delivery)): Ids<(WorkspaceId, DeliveryId)>,
    posted: Posted<ConfirmDelivery>,
) -> Result<Json<DeliveryBody>, Problem> {
    let once = posted.once(&caller);
    requests::confirm(&app, &caller, ws, delivery, &posted.body.link, once.as_ref()).await?;
    shown(&app, &caller, ws, delivery).await
}
