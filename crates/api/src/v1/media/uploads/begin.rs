//! Begin an upload.

use axum::extract::{OriginalUri, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use postrider_app::media::uploads;
use postrider_app::media::{Media, MediaState};
use postrider_app::{App, Caller, Idempotency};
use postrider_domain::id::{MediaId, WorkspaceId};

use super::tus;
use crate::auth::Authed;
use crate::extract::Ids;
use crate::idempotent;
use crate::problem::Problem;

/// Begins an upload by tus 1.0.0, and takes its first bytes where the request brings them.
///
/// `Upload-Length` and `Upload-Metadata` (`filename`, `filetype`, `alt`) describe the file; with the type
/// `application/offset+octet-stream` the body is its beginning. The address of the upload is in `Location`.
#[utoipa::path(post, path = "/workspaces/{ws}/uploads", tag = "media",
    params(("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Length" = u64, Header, description = "How many bytes the file has."),
        ("Upload-Metadata" = Option<String>, Header, description = "Keys with values in Base64.")),
    responses((status = 201, description = "It has begun; `Upload-Offset` says how far it is.")))]
pub(crate) async fn create_upload(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    OriginalUri(uri): OriginalUri,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    tus::version(&parts.headers)?;
    let new = tus::creation(&parts.headers)?;
    let said = format!("{}\n{}", new.bytes, new.meta.as_deref().unwrap_or_default());
    let key = idempotent::key(&parts.headers)?;
    let once = key.map(|key| Idempotency::new(&caller, &key, &format!("POST {uri}"), said.as_bytes()));
    let id = uploads::create(&app, &caller, ws, &new, once.as_ref()).await?;
    let mut file = uploads::progress(&app, &caller, ws, id).await?;
    let fresh = file.state == MediaState::Uploading && file.received == 0;
    if fresh && tus::brings_bytes(&parts.headers) {
        let piece = tus::first_piece(0, &parts.headers, body)?;
        file = first_bytes(&app, &caller, ws, id, piece).await?;
    }
    let mut response = StatusCode::CREATED.into_response();
    tus::standing(&file, response.headers_mut());
    if let Ok(location) = HeaderValue::from_str(&format!("/api/v1/workspaces/{ws}/uploads/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// The upload exists, whatever comes of its first bytes: the client learns its address and how far it is.
async fn first_bytes(
    app: &App,
    caller: &Caller,
    ws: WorkspaceId,
    id: MediaId,
    piece: uploads::Piece,
) -> Result<Media, Problem> {
    if let Err(error) = uploads::append(app, caller, ws, id, piece).await {
        tracing::info!(%error, "an upload began without its first bytes");
    }
    Ok(uploads::progress(app, caller, ws, id).await?)
}
