//! `ETag` and `If-Match`: an edit says which version it is based on.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use postrider_domain::Code;
use serde::Serialize;

use crate::problem::Problem;

/// The version in `If-Match`; without one the edit is refused.
pub(crate) struct IfMatch(pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let value = parts.headers.get(header::IF_MATCH).ok_or_else(|| Problem::of(Code::VersionRequired))?;
        // A tag that we never gave out matches nothing.
        version(value).map(Self).ok_or_else(|| Problem::of(Code::StaleVersion))
    }
}

fn version(value: &HeaderValue) -> Option<i64> {
    value.to_str().ok()?.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

/// A body with its version as `ETag`.
pub(crate) struct Tagged<T>(pub(crate) i64, pub(crate) T);

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let tag = HeaderValue::from_str(&format!("\"{}\"", self.0)).ok();
        let mut response = Json(self.1).into_response();
        if let Some(tag) = tag {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tags_that_we_give_out_are_versions() {
        let of = |text: &'static str| version(&HeaderValue::from_static(text));
        assert_eq!(of("\"7\""), Some(7));
        assert_eq!(of(" \"-7\" "), Some(-7));
        for text in ["7", "W/\"7\"", "*", "\"x\"", "\"1\", \"2\""] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
