//! End a series.

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::requests::{self, SeriesDecision};
use postrider_domain::id::{SeriesId, WorkspaceId};

use super::{SeriesBody, shown};
use crate::auth::Authed;
use crate::etag::Tagged;
use crate::extract::{Ids, PostedNothing};
use crate::problem::Problem;

/// Ends a series and withdraws its posts to come. What is out stays.
#[utoipa::path(post, path = "/workspaces/{ws}/series/{series}/end", tag = "series",
    responses((status = 200, body = SeriesBody)))]
pub(crate) async fn end_series(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, series)): Ids<(WorkspaceId, SeriesId)>,
    posted: PostedNothing,
) -> Result<Tagged<SeriesBody>, Problem> {
    let once = posted.once(&caller);
    let decision = SeriesDecision::End;
    requests::decide_series(&app, &caller, ws, series, &decision, once.as_ref()).await?;
    shown(&app, &caller, ws, series).await
}
