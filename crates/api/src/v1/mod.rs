//! Version 1. A handler's file lies where its address does.

pub(crate) mod accounts;
pub(crate) mod media;
pub(crate) mod publishing;

use utoipa_axum::router::OpenApiRouter;

use crate::Api;

/// Every route below `/api/v1`.
pub(crate) fn router() -> OpenApiRouter<Api> {
    accounts::router().merge(publishing::router()).merge(media::router())
}
