//! End an upload.

use axum::extract::State;
use axum::http::HeaderMap;
use postrider_app::App;
use postrider_app::media::uploads;
use postrider_domain::id::{MediaId, WorkspaceId};

use super::tus;
use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;
use crate::wire::Done;

/// Ends an upload that is under way; what has arrived is deleted.
#[utoipa::path(delete, path = "/workspaces/{ws}/uploads/{media}", tag = "media",
    params(("Tus-Resumable" = String, Header, description = "1.0.0")), responses((status = 204)))]
pub(crate) async fn end_upload(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, media)): Ids<(WorkspaceId, MediaId)>,
    headers: HeaderMap,
) -> Result<Done, Problem> {
    tus::version(&headers)?;
    uploads::terminate(&app, &caller, ws, media).await?;
    Ok(Done)
}
