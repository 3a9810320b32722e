//! Leave one time of a series out.

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::requests::{self, SeriesDecision};
use postrider_domain::id::{SeriesId, WorkspaceId};

use super::{OneOccurrence, SeriesBody, shown};
use crate::auth::Authed;
use crate::etag::Tagged;
use crate::extract::{Ids, Posted};
use crate::problem::Problem;

/// Leaves one time of a series out, whether its post is made yet or not. Refused once it is being published.
#[utoipa::path(post, path = "/workspaces/{ws}/series/{series}/skip", tag = "series", request_body = OneOccurrence,
    responses((status = 200, body = SeriesBody)))]
pub(crate) async fn skip_occurrence(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, series)): Ids<(WorkspaceId, SeriesId)>,
    posted: Posted<OneOccurrence>,
) -> Result<Tagged<SeriesBody>, Problem> {
    let once = posted.once(&caller);
    let decision = SeriesDecision::Skip(posted.body.occurrence);
    requests::decide_series(&app, &caller, ws, series, &decision, once.as_ref()).await?;
    shown(&app, &caller, ws, series).await
}
