//! Send a piece of an upload.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use postrider_app::media::uploads;
use postrider_app::{App, Caller};
use postrider_domain::Code;
use postrider_domain::id::{MediaId, WorkspaceId};

use super::tus;
use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;

/// Appends a piece to an upload, at the place where it stands.
///
/// With the last byte the file goes on to be looked at; `GET …/media/{media}` says what came of it.
#[utoipa::path(patch, path = "/workspaces/{ws}/uploads/{media}", tag = "media",
    request_body(content = String, content_type = "application/offset+octet-stream"),
    params(("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Offset" = u64, Header, description = "Where the piece begins: how far the upload is."),
        ("Upload-Checksum" = Option<String>, Header, description = "`sha1` or `sha256` and the hash in Base64.")),
    responses((status = 204, description = "It has arrived; `Upload-Offset` says how far the upload is now.")))]
pub(crate) async fn append_upload(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, media)): Ids<(WorkspaceId, MediaId)>,
    request: Request,
) -> Result<Response, Problem> {
    append(&app, &caller, ws, media, request).await
}

/// The same for clients whose network lets no PATCH through: they say so in `X-HTTP-Method-Override`.
pub(crate) async fn append_by_post(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, media)): Ids<(WorkspaceId, MediaId)>,
    request: Request,
) -> Result<Response, Problem> {
    let meant = request.headers().get("x-http-method-override").and_then(|value| value.to_str().ok());
    if meant.is_none_or(|meant| !meant.eq_ignore_ascii_case("PATCH")) {
        return Err(Problem::of(Code::MethodNotAllowed));
    }
    append(&app, &caller, ws, media, request).await
}

async fn append(
    app: &App,
    caller: &Caller,
    ws: WorkspaceId,
    media: MediaId,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    tus::version(&parts.headers)?;
    let piece = tus::piece(&parts.headers, body)?;
    let file = uploads::append(app, caller, ws, media, piece).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    tus::standing(&file, response.headers_mut());
    Ok(response)
}
