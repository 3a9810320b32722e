//! The bytes of a file, and a small picture of it.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use postrider_app::App;
use postrider_app::media::serve;
use postrider_domain::id::{MediaId, WorkspaceId};

use crate::auth::Authed;
use crate::bytes;
use crate::extract::Ids;
use crate::problem::Problem;

/// Downloads a file, or one stretch of it.
#[utoipa::path(get, path = "/workspaces/{ws}/media/{media}/file", tag = "media",
    params(("Range" = Option<String>, Header, description = "One stretch, such as `bytes=0-1023`.")),
    responses(
        (status = 200, description = "All bytes, with their real type.",
            content((String = "application/octet-stream"), (String = "image/*"), (String = "video/*"))),
        (status = 206, description = "The stretch.",
            content((String = "application/octet-stream"), (String = "image/*"), (String = "video/*"))),
        (status = 304, description = "`If-None-Match` names what there is.")))]
pub(crate) async fn download_media(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, media)): Ids<(WorkspaceId, MediaId)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let served = serve::file(&app, &caller, ws, media).await?;
    bytes::answer(&app, served, &headers).await
}

/// Shows a still WebP of at most 512 pixels a side.
#[utoipa::path(get, path = "/workspaces/{ws}/media/{media}/thumbnail", tag = "media",
    responses((status = 200, description = "The picture.", content_type = "image/webp")))]
pub(crate) async fn media_thumbnail(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, media)): Ids<(WorkspaceId, MediaId)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let served = serve::thumbnail(&app, &caller, ws, media).await?;
    bytes::answer(&app, served, &headers).await
}
