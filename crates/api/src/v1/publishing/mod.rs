//! Channels, labels, posts, series, deliveries and the calendar.

mod calendar;
mod channels;
mod connect_links;
mod connectors;
mod deliveries;
mod labels;
mod platform_apps;
mod posts;
mod preflight;
mod review_kit;
mod series;
mod status;
pub(crate) mod wire;

use utoipa_axum::router::OpenApiRouter;

use crate::Api;

/// The routes below `/api/v1`, with full paths from there.
pub(crate) fn router() -> OpenApiRouter<Api> {
    connectors::router()
        .merge(channels::router())
        .merge(connect_links::router())
        .merge(platform_apps::router())
        .merge(review_kit::router())
        .merge(labels::router())
        .merge(preflight::router())
        .merge(posts::router())
        .merge(series::router())
        .merge(deliveries::router())
        .merge(calendar::router())
        .merge(status::router())
}
