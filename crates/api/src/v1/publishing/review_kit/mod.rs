//! `…/connectors/{connector}/review-kit`: what the review of a platform app asks for.
//!
//! Below a workspace for its admins, else for the operator of the instance.

mod document;
mod get;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(get::get_review_kit))
        .routes(routes!(document::download_review_kit))
        .routes(routes!(get::get_instance_review_kit))
        .routes(routes!(document::download_instance_review_kit))
}
