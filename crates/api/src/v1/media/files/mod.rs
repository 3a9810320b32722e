//! `/workspaces/{ws}/media`: files, what they look like, and where they are used.

mod content;
mod delete;
mod get;
mod list;
mod update;
mod usage;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_media))
        .routes(routes!(get::get_media, update::update_media, delete::delete_media))
        .routes(routes!(usage::media_usage))
        .routes(routes!(content::download_media))
        .routes(routes!(content::media_thumbnail))
}
