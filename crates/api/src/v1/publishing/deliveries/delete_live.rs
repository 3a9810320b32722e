//! Delete it on its network.

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::requests;
use postrider_domain::id::{DeliveryId, WorkspaceId};

use super::{DeliveryBody, shown};
use crate::auth::Authed;
use crate::extract::{Ids, PostedNothing};
use crate::problem::Problem;

/// Asks that everything of it that is out is deleted on its network, a thread from its end. The
/// record here stays; `change` says how it fares. Deleting the *post* deletes it here only.
#[utoipa::path(post, path = "/workspaces/{ws}/deliveries/{delivery}/delete-live", tag = "deliveries",
    responses((status = 200, body = DeliveryBody)))]
pub(crate) async fn delete_live_delivery(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, delivery)): Ids<(WorkspaceId, DeliveryId)>,
    posted: PostedNothing,
) -> Result<Json<DeliveryBody>, Problem> {
    let once = posted.once(&caller);
    requests::delete_live(&app, &caller, ws, delivery, once.as_ref()).await?;
    shown(&app, &caller, ws, delivery).await
}
