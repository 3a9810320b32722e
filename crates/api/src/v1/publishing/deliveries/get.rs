//! One delivery.

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_domain::id::{DeliveryId, WorkspaceId};

use super::{DeliveryBody, shown};
use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;

/// Shows a delivery with its parts, what is known about it, and what can be done.
#[utoipa::path(get, path = "/workspaces/{ws}/deliveries/{delivery}", tag = "deliveries",
    responses((status = 200, body = DeliveryBody)))]
pub(crate) async fn get_delivery(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, delivery)): Ids<(WorkspaceId, DeliveryId)>,
) -> Result<Json<DeliveryBody>, Problem> {
    shown(&app, &caller, ws, delivery).await
}
