//! One series.

use axum::extract::State;
use postrider_app::App;
use postrider_domain::id::{SeriesId, WorkspaceId};

use super::{SeriesBody, shown};
use crate::auth::Authed;
use crate::etag::Tagged;
use crate::extract::Ids;
use crate::problem::Problem;

/// Shows a series with its next times, and what is wrong with it now.
#[utoipa::path(get, path = "/workspaces/{ws}/series/{series}", tag = "series",
    responses((status = 200, body = SeriesBody)))]
pub(crate) async fn get_series(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, series)): Ids<(WorkspaceId, SeriesId)>,
) -> Result<Tagged<SeriesBody>, Problem> {
    shown(&app, &caller, ws, series).await
}
