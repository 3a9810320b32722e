//! `/workspaces/{ws}/uploads`: tus 1.0.0, so that every client of that protocol works.
//!
//! Extensions: creation, creation-with-upload, termination, checksum, expiration.

mod append;
mod begin;
mod discover;
mod end;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz;
mod offset;
mod tus;

use axum::http::{HeaderValue, StatusCode};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{options, post};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(begin::create_upload))
        .routes(routes!(offset::upload_offset, append::append_upload, end::end_upload))
        // What the protocol asks for beside its calls; the document has those.
        .route("/workspaces/{ws}/uploads", options(discover::discover))
        .route("/workspaces/{ws}/uploads/{media}", options(discover::discover))
        .route("/workspaces/{ws}/uploads/{media}", post(append::append_by_post))
        .layer(map_response(speak_tus))
}

/// Every answer says which version it speaks; a refused version learns which ones there are.
async fn speak_tus(mut response: Response) -> Response {
    let version = HeaderValue::from_static(tus::VERSION);
    if response.status() == StatusCode::PRECONDITION_FAILED {
        response.headers_mut().insert("tus-version", version.clone());
    }
    response.headers_mut().insert("tus-resumable", version);
    response
}
