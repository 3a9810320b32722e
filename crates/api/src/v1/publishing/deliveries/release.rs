//! Let a held delivery go.

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::requests::{self, Decision};
use postrider_domain::id::{DeliveryId, WorkspaceId};

use super::{DeliveryBody, shown};
use crate::auth::Authed;
use crate::extract::{Ids, PostedNothing};
use crate::problem::Problem;

/// Lets a held delivery go: at once, or at its time when that is still to come.
#[utoipa::path(post, path = "/workspaces/{ws}/deliveries/{delivery}/release", tag = "deliveries",
    responses((status = 200, body = DeliveryBody)))]
pub(crate) async fn release_delivery(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, delivery)): Ids<(WorkspaceId, DeliveryId)>,
    posted: PostedNothing,
) -> Result<Json<DeliveryBody>, Problem> {
    let once = posted.once(&caller);
    requests::decide(&app, &caller, ws, delivery, Decision::Release, once.as_ref()).await?;
    shown(&app, &caller, ws, delivery).await
}
