//! What of tus is spoken here?

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use postrider_app::App;

use super::tus;
use crate::problem::Problem;

/// Answers OPTIONS as the protocol wants it; anybody may ask.
pub(crate) async fn discover(State(app): State<App>) -> Result<Response, Problem> {
    let most = app.kit()?.rules.max_upload.to_string();
    let headers = [
        ("tus-version", tus::VERSION.to_owned()),
        ("tus-max-size", most),
        ("tus-extension", tus::EXTENSIONS.to_owned()),
        ("tus-checksum-algorithm", tus::ALGORITHMS.to_owned()),
    ];
    Ok((StatusCode::NO_CONTENT, headers.map(|(name, value)| (axum::http::HeaderName::from_static(name), value)))
        .into_response())
}
