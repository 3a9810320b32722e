//! What a server's refusals mean.

use jiff::Timestamp;
use postrider_connector::error::{ConnectorError, Failure, Scope, Until};
use postrider_connector::{Cx, Response};
use postrider_domain::Code;
use serde::Deserialize;

/// `{"error": "…"}`, with more words in some places.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ErrorBody {
    pub(super) error: Option<String>,
    pub(super) error_description: Option<String>,
}

impl ErrorBody {
    /// The error of an answer; empty when the body is none.
    pub(super) fn of(response: &Response) -> Self {
        response.json().unwrap_or_default()
    }

    /// The words, or an empty text.
    pub(super) fn words(&self) -> &str {
        self.error.as_deref().or(self.error_description.as_deref()).unwrap_or_default()
    }
}

/// What a 422 says in its words (documentation 2903485, 2026-07-02, and mastodon/mastodon, `post_status_service`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unprocessable {
    /// A file is still being processed; nothing was posted.
    NotProcessed,
    /// A file is not free: it may be on the status that we are asking about.
    MaybePosted,
    /// A rule is broken; nothing was posted.
    Invalid,
    /// Other words.
    Other,
}

/// Beginnings of words that name a broken rule.
const INVALID: &[&str] = &["Validation failed", "Cannot attach", "Text can't be blank"];

/// Reads the words of a 422.
pub(super) fn unprocessable(words: &str) -> Unprocessable {
    if words.contains("have not finished processing") {
        Unprocessable::NotProcessed
    } else if words.contains("not found or already attached") {
        Unprocessable::MaybePosted
    } else if INVALID.iter().any(|start| words.starts_with(start)) {
        Unprocessable::Invalid
    } else {
        Unprocessable::Other
    }
}

/// What an answer that is no success comes to while something is written. `repeatable` says that the same request again
/// is harmless: within the life of a key that the server honours, or for uploads, which nobody sees.
pub(super) fn refusal(cx: &Cx<'_>, response: &Response, doing: &str, repeatable: bool) -> ConnectorError {
    let body = ErrorBody::of(response);
    let unsure = if repeatable { Failure::Transient } else { Failure::Ambiguous };
    let failure = match response.status {
        401 => Failure::Reauth,
        403 => forbidden(body.words()),
        404 | 410 => Failure::Rejected { code: Code::PlatformRefused, field: String::new() },
        413 | 415 => Failure::Rejected { code: Code::PlatformRefused, field: "/media".to_owned() },
        422 => match unprocessable(body.words()) {
            Unprocessable::Invalid => {
                Failure::Rejected { code: Code::PlatformRefused, field: field(body.words()).to_owned() }
            }
            Unprocessable::NotProcessed => Failure::Transient,
            Unprocessable::MaybePosted | Unprocessable::Other => Failure::Ambiguous,
        },
        429 => limited(response),
        500.. => unsure,
        _ => Failure::Ambiguous,
    };
    said(cx, response, &body, failure, doing)
}

/// What an answer that is no success comes to when something was only asked.
pub(super) fn unanswered(cx: &Cx<'_>, response: &Response, doing: &str) -> ConnectorError {
    let body = ErrorBody::of(response);
    let failure = match response.status {
        401 => Failure::Reauth,
        403 => forbidden(body.words()),
        429 => limited(response),
        _ => Failure::Transient,
    };
    said(cx, response, &body, failure, doing)
}

fn said(cx: &Cx<'_>, response: &Response, body: &ErrorBody, failure: Failure, doing: &str) -> ConnectorError {
    let words = Some(cx.words(body.words())).filter(|words| !words.is_empty());
    let detail = format!("{doing} was answered with status {}", response.status);
    ConnectorError::new(failure, detail).said(response.status, None, words.as_deref())
}

/// A token without the scope must be renewed by its owner; a closed account opened.
fn forbidden(words: &str) -> Failure {
    if words.contains("outside the authorized scopes") {
        Failure::Reauth
    } else {
        Failure::UserAction { code: Code::AccountUnavailable }
    }
}

/// The account's limits; the reset is a time (ISO 8601), not a number.
pub(super) fn limited(response: &Response) -> Failure {
    let until = reset(response).map(Until::At).or_else(|| response.retry_after());
    Failure::RateLimited { until: until.unwrap_or(Until::Unsaid), scope: Scope::Account }
}

/// When the window starts again.
pub(super) fn reset(response: &Response) -> Option<Timestamp> {
    response.header("x-ratelimit-reset")?.trim().parse().ok()
}

/// The field that words are about.
fn field(words: &str) -> &'static str {
    let lower = words.to_lowercase();
    let known = [
        ("text", "/text"),
        ("poll", "/settings/poll"),
        ("attach", "/media"),
        ("file", "/media"),
        ("media", "/media"),
        ("language", "/settings/language"),
        ("quot", "/settings/quote"),
    ];
    known.iter().find(|(word, _)| lower.contains(word)).map_or("", |(_, field)| field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_422_decide() {
        for (words, expected) in [
            ("Validation failed: Text character limit of 500 exceeded", Unprocessable::Invalid),
            ("Cannot attach more than 4 files", Unprocessable::Invalid),
            (
                "Cannot attach files that have not finished processing. Try again in a moment!",
                Unprocessable::NotProcessed,
            ),
            ("Media 1 not found or already attached to another post", Unprocessable::MaybePosted),
            ("Etwas anderes", Unprocessable::Other),
            ("", Unprocessable::Other),
        ] {
            assert_eq!(unprocessable(words), expected, "{words}");
        }
        assert_eq!(field("Validation failed: Text character limit of 500 exceeded"), "/text");
        assert_eq!(field("Validation failed: Poll options is too long"), "/settings/poll");
        assert_eq!(field("Validation failed: something"), "");
    }
}
