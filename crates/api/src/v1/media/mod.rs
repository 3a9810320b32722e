//! Files: uploads by tus 1.0.0, imports, and what people do with them.

mod files;
mod import;
mod link;
pub(crate) mod uploads;
mod wire;

use utoipa_axum::router::OpenApiRouter;

use crate::Api;

/// The routes below `/api/v1`, with full paths from there.
pub(crate) fn router() -> OpenApiRouter<Api> {
    uploads::router().merge(files::router()).merge(import::router()).merge(link::router())
}
