//! What a server's refusals mean, as one table.

use jiff::Timestamp;
use postrider_connector::error::{ConnectorError, Failure, Scope, Until};
use postrider_connector::{Cx, Response};
use postrider_domain::Code;

use super::wire::ErrorBody;

/// What an error name means, whatever the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// The token is not accepted.
    Reauth,
    /// Come back when the window starts again.
    Wait,
    /// The account's owner must act at the platform.
    UserAction,
    /// Refused before any effect, for good.
    Refused,
    /// Try again.
    Again,
}

impl Means {
    /// The class in our closed list of failures.
    pub const fn class(self) -> &'static str {
        match self {
            Means::Reauth => "reauth",
            Means::Wait => "rate_limited",
            Means::UserAction => "user_action",
            Means::Refused => "rejected",
            Means::Again => "transient",
        }
    }
}

/// Error names of the reference server and the lexicons, bluesky-social/atproto d6296a1, 2026-08-20.
///
/// Only names that are listed here as [`Means::Refused`] make a write final: schema
/// checks run before the repository is touched. `InvalidSwap`, `RecordNotFound` and
/// `HandleNotFound` are read by the call that can get them. `docs/errors.md` prints this
/// table; a test compares.
pub const ERRORS: &[(&str, Means)] = &[
    ("ExpiredToken", Means::Reauth),
    ("InvalidToken", Means::Reauth),
    ("AuthMissing", Means::Reauth),
    ("AuthenticationRequired", Means::Reauth),
    ("AccountTakedown", Means::UserAction),
    ("AccountDeactivated", Means::UserAction),
    ("AccountSuspended", Means::UserAction),
    ("AuthFactorTokenRequired", Means::UserAction),
    ("RateLimitExceeded", Means::Wait),
    ("InvalidRequest", Means::Refused),
    ("InvalidRecord", Means::Refused),
    ("PayloadTooLarge", Means::Refused),
    ("BlobTooLarge", Means::Refused),
    ("InvalidMimeType", Means::Refused),
    ("InvalidSize", Means::Refused),
    ("UnsupportedContentType", Means::Refused),
    ("VideoTooLarge", Means::Refused),
    ("VideoTooLong", Means::Refused),
    ("BadAspectRatio", Means::Refused),
    ("UploadForbidden", Means::UserAction),
    ("DailyLimitExceeded", Means::Wait),
    ("ServiceOverloaded", Means::Again),
    ("UpstreamFailure", Means::Again),
    ("UpstreamTimeout", Means::Again),
    ("InternalServerError", Means::Again),
];

/// Words in a schema complaint, and the field of the part they are about.
const FIELDS: &[(&str, &str)] = &[
    ("record.text", "/text"),
    ("record/text", "/text"),
    ("record.facets", "/text"),
    ("record/facets", "/text"),
    ("record.langs", "/settings/langs"),
    ("record/langs", "/settings/langs"),
    ("record.labels", "/settings/labels"),
    ("record/labels", "/settings/labels"),
    ("record.embed.record", "/settings/quote"),
    ("record/embed/record", "/settings/quote"),
    ("record.embed", "/media"),
    ("record/embed", "/media"),
];

/// What an answer that is no success comes to.
///
/// Names go before statuses. What neither the table nor the status tells is ambiguous on
/// a write, and worth another try on a read.
pub(super) fn refusal(cx: &Cx<'_>, response: &Response, doing: &str, write: bool) -> ConnectorError {
    let body = ErrorBody::of(response);
    let means = ERRORS.iter().find(|(name, _)| *name == body.name()).map(|(_, means)| *means);
    let failure = match means.or_else(|| by_status(response.status)) {
        Some(Means::Reauth) => Failure::Reauth,
        Some(Means::Wait) => limited(response),
        Some(Means::UserAction) => Failure::UserAction { code: Code::AccountUnavailable },
        // A question that is refused says nothing about the post.
        Some(Means::Refused) if !write => Failure::Transient,
        Some(Means::Refused) => {
            Failure::Rejected { code: Code::PlatformRefused, field: field(body.message.as_deref()).to_owned() }
        }
        Some(Means::Again) => Failure::Transient,
        None if write => Failure::Ambiguous,
        None => Failure::Transient,
    };
    let name = body.error.as_deref().map(|name| cx.words(name));
    let words = body.message.as_deref().map(|words| cx.words(words));
    ConnectorError::new(failure, format!("{doing} was answered with status {}", response.status)).said(
        response.status,
        name.as_deref(),
        words.as_deref(),
    )
}

/// Statuses that mean something without a name.
const fn by_status(status: u16) -> Option<Means> {
    match status {
        401 => Some(Means::Reauth),
        413 => Some(Means::Refused),
        429 => Some(Means::Wait),
        500.. => Some(Means::Again),
        _ => None,
    }
}

/// The limits of writes and log-ins are the account's.
pub(super) fn limited(response: &Response) -> Failure {
    let until = reset(response).map(Until::At).or_else(|| response.retry_after());
    Failure::RateLimited { until: until.unwrap_or(Until::Unsaid), scope: Scope::Account }
}

/// When the window starts again: `ratelimit-reset`, in seconds since the epoch.
pub(super) fn reset(response: &Response) -> Option<Timestamp> {
    let seconds = response.header("ratelimit-reset")?.trim().parse().ok()?;
    Timestamp::from_second(seconds).ok()
}

fn field(message: Option<&str>) -> &'static str {
    let message = message.unwrap_or_default();
    FIELDS.iter().find(|(words, _)| message.contains(words)).map_or("", |(_, field)| field)
}
