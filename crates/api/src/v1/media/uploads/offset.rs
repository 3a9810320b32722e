//! How far is an upload?

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use postrider_app::App;
use postrider_app::media::uploads;
use postrider_domain::id::{MediaId, WorkspaceId};

use super::tus;
use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;

/// Says how far an upload is, so that a client goes on from there.
#[utoipa::path(head, path = "/workspaces/{ws}/uploads/{media}", tag = "media",
    params(("Tus-Resumable" = String, Header, description = "1.0.0")),
    responses((status = 200, description = "`Upload-Offset` of `Upload-Length` bytes have arrived.")))]
pub(crate) async fn upload_offset(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, media)): Ids<(WorkspaceId, MediaId)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    tus::version(&headers)?;
    let file = uploads::progress(&app, &caller, ws, media).await?;
    let mut response = StatusCode::OK.into_response();
    tus::description(&file, response.headers_mut());
    Ok(response)
}
