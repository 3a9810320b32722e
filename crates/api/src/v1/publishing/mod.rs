//! Channels, labels, posts, deliveries and the calendar.

mod calendar;
mod channels;
mod connectors;
mod deliveries;
mod labels;
mod posts;
mod preflight;
pub(crate) mod wire;

use utoipa_axum::router::OpenApiRouter;

use crate::Api;

/// The routes below `/api/v1`, with full paths from there.
pub(crate) fn router() -> OpenApiRouter<Api> {
    connectors::router()
        .merge(channels::router())
        .merge(labels::router())
        .merge(preflight::router())
        .merge(posts::router())
        .merge(deliveries::router())
        .merge(calendar::router())
}
