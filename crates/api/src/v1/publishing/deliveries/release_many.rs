//! Let many held deliveries go.

use axum::Json;
use axum::extract::State;
use postrider_app::publishing::deliveries::{Released, Which};
use postrider_app::publishing::requests;
use postrider_app::{App, messages};
use postrider_domain::id::{DeliveryId, WorkspaceId};
use postrider_domain::{Code, Issue};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Authed;
use crate::extract::{Ids, Posted};
use crate::problem::Problem;
use crate::v1::publishing::wire::HoldReason;

/// Which held deliveries: exactly one of `ids` and `hold_reason`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleaseDeliveries {
    /// These, at most 500.
    #[schema(value_type = Option<Vec<String>>)]
    ids: Option<Vec<DeliveryId>>,
    /// All that are held for this reason, 500 at a time.
    hold_reason: Option<HoldReason>,
}

impl ReleaseDeliveries {
    fn which(self) -> Result<Which, Problem> {
        match (self.ids, self.hold_reason) {
            (Some(ids), None) => Ok(Which::Ids(ids)),
            (None, Some(reason)) => Ok(Which::Reason(reason.into())),
            _ => {
                let issue =
                    Issue::error(Code::BadField, "").with("reason", "it has exactly one of ids and hold_reason");
                Err(Problem::field(issue))
            }
        }
    }
}

/// What letting many go did.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveriesReleased {
    /// Those that go on.
    #[schema(value_type = Vec<String>)]
    released: Vec<DeliveryId>,
    /// Those that do not.
    skipped: Vec<SkippedDelivery>,
    /// Whether more are held for the reason: ask again.
    more: bool,
}

/// One that was not let go.
#[derive(Serialize, ToSchema)]
pub(crate) struct SkippedDelivery {
    /// Which.
    #[schema(value_type = String)]
    id: DeliveryId,
    /// Why.
    code: &'static str,
    /// What that means and what to do next.
    detail: String,
}

impl From<Released> for DeliveriesReleased {
    fn from(done: Released) -> Self {
        let skipped = done.skipped.into_iter().map(|skipped| SkippedDelivery {
            id: skipped.id,
            code: skipped.code.as_str(),
            detail: messages::render(skipped.code, &Default::default()),
        });
        Self { released: done.released, skipped: skipped.collect(), more: done.more }
    }
}

/// Lets many held deliveries go; one that cannot go does not stop the others.
#[utoipa::path(post, path = "/workspaces/{ws}/deliveries/release", tag = "deliveries",
    request_body = ReleaseDeliveries, responses((status = 200, body = DeliveriesReleased)))]
pub(crate) async fn release_deliveries(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    posted: Posted<ReleaseDeliveries>,
) -> Result<Json<DeliveriesReleased>, Problem> {
    let once = posted.once(&caller);
    let which = posted.body.which()?;
    Ok(Json(requests::release_many(&app, &caller, ws, &which, once.as_ref()).await?.into()))
}
