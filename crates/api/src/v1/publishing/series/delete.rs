//! Delete a series.

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::requests;
use postrider_domain::id::{SeriesId, WorkspaceId};

use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;
use crate::wire::Done;

/// Ends a series and forgets it. Its posts that are out stay.
#[utoipa::path(delete, path = "/workspaces/{ws}/series/{series}", tag = "series", responses((status = 204)))]
pub(crate) async fn delete_series(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, series)): Ids<(WorkspaceId, SeriesId)>,
) -> Result<Done, Problem> {
    requests::delete_series(&app, &caller, ws, series).await?;
    Ok(Done)
}
