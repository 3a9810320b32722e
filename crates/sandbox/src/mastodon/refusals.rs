//! What goes wrong, in the words and shapes of each program.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::dialect::Dialect;
use crate::gate::json_response;

/// A refused call, as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

/// Why a call is refused, before a program puts it into words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// No token, or one that was never given out.
    Token,
    /// A token that was given out and taken back.
    Revoked,
    /// A token whose time is over.
    Expired,
    /// The token's scopes do not cover the call.
    Scope,
    /// The call needs a person, the token is an application's.
    Person,
    /// What the path names is not there, or not to be seen.
    NotFound,
    /// The status to answer is not there.
    ReplyGone,
    /// The status to quote is not there.
    QuoteGone,
    /// Neither text nor media nor poll.
    Blank,
    /// More characters than allowed.
    TooLong { max: u64, got: u64 },
    /// More files than allowed.
    TooManyFiles { max: usize, got: usize },
    /// Media and a poll.
    MediaAndPoll,
    /// A video or a sound that is not alone.
    Mixed,
    /// Media that is still being processed.
    NotReady,
    /// Media that is not there, or attached already: their ids.
    MediaGone(Vec<String>),
    /// Media whose processing failed.
    Processing,
    /// A program that takes no text without a picture.
    MediaRequired,
    /// A program without polls.
    NoPolls,
    /// A file of a kind that is not taken.
    FileType,
    /// A file that is too big: the limit in bytes.
    FileSize { max: u64 },
    /// A picture with too many pixels.
    FileMatrix { max: u64 },
    /// A field whose value will not do: the field, and why.
    Invalid { field: &'static str, why: String },
    /// A field that no document names.
    Unknown(String),
    /// A query or a body that cannot be read.
    Syntax(String),
    /// A content type that the call does not take.
    ContentType(String),
    /// An upload that does not say how long it is.
    NoLength,
    /// A file that is used by a status already.
    InUse,
    /// `scheduled_at` on a program that does not schedule.
    Schedules,
    /// Too many calls.
    TooMany,
    /// A path or verb that is not there.
    NoRoute,
}

impl Refusal {
    /// `{"error": …}` with a status.
    pub(crate) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, body: json!({"error": error.into()}) }
    }

    /// The refusal of an OAuth endpoint.
    pub(crate) fn oauth(status: StatusCode, error: &str, description: &str) -> Self {
        Self { status, body: json!({"error": error, "error_description": description}) }
    }

    /// What a program says when it has nothing better to say with `status`.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let words = match status.as_u16() {
            401 => "The access token is invalid",
            403 => "This action is not allowed",
            404 => "Record not found",
            410 => "Gone",
            422 => "Validation failed",
            429 => "Too many requests",
            503 => "There was a temporary problem serving your request, please try again",
            code if code >= 500 => "This resource could not be found or is temporarily unavailable",
            _ => "Bad request",
        };
        Self::new(status, words)
    }

    /// As an answer.
    pub(crate) fn response(&self) -> Response {
        json_response(self.status, Some(&self.body))
    }
}

impl Dialect {
    /// Puts a refusal into the program's words.
    pub(crate) fn refuse(self, wrong: &Wrong) -> Refusal {
        let (status, words) = reference(wrong);
        match self {
            Self::Mastodon | Self::Friendica => Refusal::new(status, words),
            Self::Pleroma => pleroma(wrong, status, words),
            Self::Gotosocial => gotosocial(wrong, status, words),
            Self::Takahe => takahe(wrong, status, words),
            Self::Pixelfed => pixelfed(wrong, status, words),
        }
    }
}

/// Mastodon's status and words.
fn reference(wrong: &Wrong) -> (StatusCode, String) {
    let status = status_of(wrong);
    let words = match wrong {
        Wrong::Token => "The access token is invalid".to_owned(),
        Wrong::Revoked => "The access token was revoked".to_owned(),
        Wrong::Expired => "The access token expired".to_owned(),
        Wrong::Scope => "This action is outside the authorized scopes".to_owned(),
        Wrong::Person => "This method requires an authenticated user".to_owned(),
        Wrong::NotFound => "Record not found".to_owned(),
        Wrong::ReplyGone => "The post you are trying to reply to does not appear to exist.".to_owned(),
        Wrong::QuoteGone => "The post you are trying to quote does not appear to exist.".to_owned(),
        Wrong::Blank => failed("Text can't be blank"),
        Wrong::TooLong { max, .. } => failed(&format!("Text character limit of {max} exceeded")),
        Wrong::TooManyFiles { max, .. } => format!("Cannot attach more than {max} files"),
        // The same sentence in the reference: a poll leaves no room for files.
        Wrong::MediaAndPoll => "Cannot attach more than 4 files".to_owned(),
        Wrong::Mixed => "Cannot attach a video to a post that already contains images".to_owned(),
        Wrong::NotReady => "Cannot attach files that have not finished processing. Try again in a moment!".to_owned(),
        Wrong::MediaGone(ids) => format!("Media {} not found or already attached to another post", ids.join(", ")),
        Wrong::Processing => "Error processing thumbnail for uploaded media".to_owned(),
        Wrong::MediaRequired => failed("Media can't be blank"),
        Wrong::NoPolls => failed("Polls are not supported"),
        Wrong::FileType => failed("File content type is invalid, File is invalid"),
        Wrong::FileSize { max } => failed(&format!("File must be less than {max} bytes")),
        Wrong::FileMatrix { max } => failed(&format!("File has more than {max} pixels, which is not supported")),
        Wrong::Invalid { field, why } => failed(&format!("{} {why}", title(field))),
        Wrong::Unknown(field) => failed(&format!("{field} is not a documented parameter")),
        Wrong::Syntax(_) => "Error occurred while parsing request parameters".to_owned(),
        Wrong::ContentType(kind) => failed(&format!("Content type {kind:?} is not supported here")),
        Wrong::NoLength => "Length Required".to_owned(),
        Wrong::InUse => "Media attachment is currently used by a status".to_owned(),
        Wrong::Schedules => "scheduled_at is not supported".to_owned(),
        Wrong::TooMany => "Too many requests".to_owned(),
        Wrong::NoRoute => "The page you are looking for isn't here.".to_owned(),
    };
    (status, words)
}

fn status_of(wrong: &Wrong) -> StatusCode {
    match wrong {
        Wrong::Token | Wrong::Revoked | Wrong::Expired => StatusCode::UNAUTHORIZED,
        Wrong::Scope => StatusCode::FORBIDDEN,
        Wrong::NotFound | Wrong::ReplyGone | Wrong::QuoteGone | Wrong::NoRoute => StatusCode::NOT_FOUND,
        Wrong::Syntax(_) => StatusCode::BAD_REQUEST,
        Wrong::NoLength => StatusCode::LENGTH_REQUIRED,
        Wrong::TooMany => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn failed(why: &str) -> String {
    format!("Validation failed: {why}")
}

/// `spoiler_text` as the reference shows it in a sentence: `Spoiler text`.
fn title(field: &str) -> String {
    let spaced = field.replace('_', " ");
    let mut letters = spaced.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => spaced,
    }
}

fn pleroma(wrong: &Wrong, status: StatusCode, words: String) -> Refusal {
    let forbidden = StatusCode::FORBIDDEN;
    match wrong {
        Wrong::Token | Wrong::Revoked | Wrong::Expired | Wrong::Person => {
            Refusal::new(forbidden, "Invalid credentials.")
        }
        Wrong::Scope => Refusal::new(forbidden, "Insufficient permissions: write:statuses."),
        Wrong::Blank => Refusal::new(status, "Cannot post an empty status without attachments"),
        Wrong::TooLong { .. } => Refusal::new(status, "The status is over the character limit"),
        Wrong::NotFound => Refusal::new(status, "Record not found"),
        Wrong::Invalid { field, why } => Refusal::new(StatusCode::BAD_REQUEST, format!("{field} - {why}")),
        Wrong::TooMany => Refusal::new(status, "Throttled"),
        _ => Refusal::new(status, words),
    }
}

/// GoToSocial says 400 where the reference says 422, and puts the status' name first.
fn gotosocial(wrong: &Wrong, status: StatusCode, words: String) -> Refusal {
    let words = match wrong {
        Wrong::Blank => "no status, media, or poll provided".to_owned(),
        Wrong::MediaAndPoll => "can't post media + poll in same status".to_owned(),
        Wrong::TooLong { max, got } => {
            format!("status too long, {got} characters provided (including spoiler/content warning) but limit is {max}")
        }
        Wrong::TooManyFiles { max, got } => {
            format!("too many media files attached to status, {got} attached but limit is {max}")
        }
        Wrong::Token | Wrong::Revoked | Wrong::Expired | Wrong::Person => "token not supplied".to_owned(),
        Wrong::Scope => "token has insufficient scope permission".to_owned(),
        Wrong::Schedules => "scheduled_at is not yet implemented".to_owned(),
        Wrong::MediaGone(ids) => format!("media not found: {}", ids.join(", ")),
        _ => words,
    };
    let (status, name) = match status {
        StatusCode::UNPROCESSABLE_ENTITY if *wrong == Wrong::Person => (StatusCode::UNAUTHORIZED, "Unauthorized"),
        StatusCode::UNPROCESSABLE_ENTITY if *wrong == Wrong::Schedules => {
            (StatusCode::NOT_IMPLEMENTED, "Not Implemented")
        }
        StatusCode::UNPROCESSABLE_ENTITY => (StatusCode::BAD_REQUEST, "Bad Request"),
        other => (other, other.canonical_reason().unwrap_or("Error")),
    };
    Refusal::new(status, format!("{name}: {words}"))
}

fn takahe(wrong: &Wrong, status: StatusCode, words: String) -> Refusal {
    let bad = StatusCode::BAD_REQUEST;
    match wrong {
        Wrong::Blank => Refusal::new(bad, "Status is empty"),
        Wrong::TooLong { .. } => Refusal::new(bad, "Status is too long"),
        Wrong::Token | Wrong::Revoked | Wrong::Expired | Wrong::Person => {
            Refusal::new(StatusCode::UNAUTHORIZED, "identity_required")
        }
        Wrong::Scope => Refusal::new(StatusCode::FORBIDDEN, "insufficient_scope"),
        Wrong::MediaGone(_) => Refusal::new(StatusCode::NOT_FOUND, "Not Found"),
        Wrong::Invalid { field, why } => Refusal::new(bad, format!("invalid_input: {field} {why}")),
        _ => Refusal::new(status, words),
    }
}

/// Laravel's shapes: `message`, and `errors` by field where a field is wrong.
fn pixelfed(wrong: &Wrong, status: StatusCode, words: String) -> Refusal {
    let field = |field: &str, why: String| Refusal {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        body: json!({"message": why, "errors": {field: [why]}}),
    };
    match wrong {
        Wrong::Token | Wrong::Revoked | Wrong::Expired | Wrong::Person => {
            Refusal { status: StatusCode::UNAUTHORIZED, body: json!({"message": "Unauthenticated."}) }
        }
        Wrong::Scope => Refusal { status: StatusCode::FORBIDDEN, body: json!({"message": "Invalid permissions"}) },
        Wrong::NotFound | Wrong::ReplyGone => Refusal { status, body: json!({"message": "Record not found"}) },
        Wrong::Blank | Wrong::MediaRequired => field("media_ids", "The media ids field is required.".to_owned()),
        Wrong::TooLong { max, .. } => {
            field("status", format!("The status field must not be greater than {max} characters."))
        }
        Wrong::TooManyFiles { max, .. } => {
            field("media_ids", format!("The media ids field must not have more than {max} items."))
        }
        Wrong::Invalid { field: name, why } => field(name, format!("The {} field {why}.", name.replace('_', " "))),
        Wrong::TooMany => Refusal { status, body: json!({"message": "Too Many Attempts."}) },
        _ => Refusal::new(status, words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(dialect: Dialect, wrong: &Wrong) -> (u16, String) {
        let refusal = dialect.refuse(wrong);
        (refusal.status.as_u16(), refusal.body.to_string())
    }

    #[test]
    fn one_mistake_six_answers() {
        let long = Wrong::TooLong { max: 500, got: 501 };
        for (dialect, status, words) in [
            (Dialect::Mastodon, 422, "Validation failed: Text character limit of 500 exceeded"),
            (Dialect::Pixelfed, 422, "\"errors\":{\"status\":["),
            (Dialect::Gotosocial, 400, "Bad Request: status too long, 501 characters provided"),
            (Dialect::Friendica, 422, "Validation failed: Text character limit of 500 exceeded"),
            (Dialect::Takahe, 400, "Status is too long"),
            (Dialect::Pleroma, 422, "The status is over the character limit"),
        ] {
            let (got, body) = told(dialect, &long);
            assert_eq!(got, status, "{dialect:?}");
            assert!(body.contains(words), "{dialect:?}: {body}");
        }
    }

    #[test]
    fn a_token_that_does_not_work_is_401_or_pleromas_403() {
        for dialect in Dialect::ALL {
            let want = if dialect == Dialect::Pleroma { 403 } else { 401 };
            assert_eq!(told(dialect, &Wrong::Token).0, want, "{dialect:?}");
            assert_eq!(told(dialect, &Wrong::Scope).0, 403, "{dialect:?}");
        }
    }

    #[test]
    fn fields_are_named_in_sentences() {
        let wrong = Wrong::Invalid { field: "spoiler_text", why: "is too long".into() };
        assert!(told(Dialect::Mastodon, &wrong).1.contains("Validation failed: Spoiler text is too long"));
        assert!(told(Dialect::Pixelfed, &wrong).1.contains("The spoiler text field is too long."));
    }
}
