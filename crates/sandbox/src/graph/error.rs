//! The error body of all three networks.
//!
//! Shape: Instagram's page "Error codes" of 2026-06-02. Nearly every refusal is HTTP
//! 400; a client decides by code and subcode, not by the status.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use crate::gate::json_response;

/// The `type` of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    OAuth,
    /// Of an object that is not there, or not to be seen.
    GraphMethod,
    /// Threads' own, seen for unknown fields (2026-04-05).
    Threads,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::OAuth => "OAuthException",
            Self::GraphMethod => "GraphMethodException",
            Self::Threads => "THApiException",
        }
    }
}

/// A refused call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GraphError {
    status: StatusCode,
    kind: Kind,
    pub(crate) code: u32,
    pub(crate) subcode: Option<u32>,
    pub(crate) message: String,
    transient: bool,
    /// What a person may be told: title and text.
    told: Option<(String, String)>,
    /// What a program may read besides: `error_data`.
    data: Option<Value>,
}

impl GraphError {
    /// An error with a code and without a subcode.
    pub(crate) fn new(kind: Kind, code: u32, message: impl Into<String>) -> Self {
        let (subcode, message) = (None, message.into());
        Self { status: StatusCode::BAD_REQUEST, kind, code, subcode, message, transient: false, told: None, data: None }
    }

    /// A parameter that will not do.
    pub(crate) fn param(name: &str, why: &str) -> Self {
        Self::new(Kind::OAuth, 100, format!("(#100) Param {name} {why}"))
    }

    /// An object that is not there, or that this token does not see; both look the same.
    pub(crate) fn gone(id: &str) -> Self {
        let message = format!(
            "Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to missing \
             permissions, or does not support this operation."
        );
        Self::new(Kind::GraphMethod, 100, message).with_subcode(33)
    }

    /// A token that opens nothing, with the reason.
    pub(crate) fn token(why: &str) -> Self {
        Self::new(Kind::OAuth, 190, why)
    }

    /// A permission that the person did not give, or a reply that the author does not want.
    pub(crate) fn permission(what: &str) -> Self {
        Self::new(Kind::OAuth, 10, format!("(#10) Application does not have permission for this action: {what}"))
    }

    /// A path that is not there. The code is not in the documents; it is the one of malformed calls.
    pub(crate) fn no_path(path: &str) -> Self {
        Self::new(Kind::OAuth, 2500, format!("Unknown path components: {path}"))
    }

    /// What is told when nothing better is known about an HTTP status. Code 1 comes with 400
    /// and code 2 with 5xx: both mean that a publishing call may have been carried out.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let error = match status.as_u16() {
            401 => Self::token("Invalid OAuth 2.0 Access Token"),
            403 => Self::permission("it is not allowed"),
            404 => Self::gone("0"),
            413 => Self::new(Kind::OAuth, 1, "The request is too large."),
            429 => Self::throttled(),
            500.. => {
                Self::new(Kind::OAuth, 2, "An unexpected error has occurred. Please retry your request later.").soon()
            }
            _ => Self::new(Kind::OAuth, 1, "An unknown error has occurred."),
        };
        Self { status, ..error }
    }

    /// Too many calls. 4, 17, 32 and 613 all mean it; which one Threads sends is not documented.
    pub(crate) fn throttled() -> Self {
        Self::new(Kind::OAuth, 4, "(#4) Application request limit reached").soon()
    }

    /// The same with a subcode.
    pub(crate) fn with_subcode(self, subcode: u32) -> Self {
        Self { subcode: Some(subcode), ..self }
    }

    /// The same with something that a person may be told.
    pub(crate) fn telling(self, title: &str, text: &str) -> Self {
        Self { told: Some((title.to_owned(), text.to_owned())), ..self }
    }

    /// The same with something for a program to read.
    pub(crate) fn with_data(self, data: Value) -> Self {
        Self { data: Some(data), ..self }
    }

    /// The same under another HTTP status.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The same, said to pass by itself.
    pub(crate) fn soon(self) -> Self {
        Self { transient: true, ..self }
    }

    /// The answer; `trace` is what Meta's support would be given.
    pub(crate) fn response(&self, trace: &str) -> Response {
        json_response(self.status, Some(&self.body(trace)))
    }

    fn body(&self, trace: &str) -> Value {
        let mut error = json!({
            "message": self.message,
            "type": self.kind.name(),
            "code": self.code,
            "is_transient": self.transient,
            "fbtrace_id": trace,
        });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = subcode.into();
        }
        if let Some((title, text)) = &self.told {
            error["error_user_title"] = title.clone().into();
            error["error_user_msg"] = text.clone().into();
        }
        if let Some(data) = &self.data {
            error["error_data"] = data.clone();
        }
        json!({"error": error})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_has_every_documented_member() {
        let error = GraphError::new(Kind::OAuth, 36_000, "The image size is too large.").with_subcode(2_207_004);
        let body = error.telling("Image size too large", "Choose a smaller one.").body("A6L");
        let want = json!({"error": {
            "message": "The image size is too large.", "type": "OAuthException", "code": 36000,
            "error_subcode": 2207004, "is_transient": false, "error_user_title": "Image size too large",
            "error_user_msg": "Choose a smaller one.", "fbtrace_id": "A6L"}});
        assert_eq!(body, want);
        let bare = GraphError::token("over").body("A");
        assert!(bare["error"].get("error_subcode").is_none() && bare["error"].get("error_user_msg").is_none());
    }

    #[test]
    fn a_status_that_leaves_open_what_happened_says_so_in_its_code() {
        let code = |status: u16| GraphError::of_status(StatusCode::from_u16(status).expect("a status")).code;
        assert_eq!([400, 401, 403, 404, 429, 500, 503].map(code), [1, 190, 10, 100, 4, 2, 2]);
        assert!(GraphError::of_status(StatusCode::BAD_GATEWAY).transient);
        assert_eq!(GraphError::of_status(StatusCode::BAD_GATEWAY).status, StatusCode::BAD_GATEWAY);
    }
}
