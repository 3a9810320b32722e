//! What Threads says no with, beyond what all Graph APIs say.
//!
//! Error numbers are from developers.facebook.com, "Threads API: troubleshooting" (read 2026-11-23), and from the
//! trackers of other products where the page is silent; each row says so.

use postrider_connector::error::{ConnectorError, Failure, Scope, Until};
use postrider_connector::{Cx, Response};
use postrider_domain::Code;

use crate::meta::{self, Doing, GraphError};

/// The container is not to be seen yet (24/4279009 "Media Not Found", seen of `threads_publish` for up to some seconds
/// even after FINISHED and for texts; trypost#280 2026-08-13, postiz#2047 2026-09-09). Nothing was published.
pub(super) const NOT_YET: (i64, i64) = (24, 4_279_009);

/// What an answer that is no success comes to.
pub(super) fn refusal(cx: &Cx<'_>, response: &Response, doing: Doing, what: &str) -> ConnectorError {
    meta::refusal(cx, response, doing, what, |error| own(error, doing))
}

fn own(error: &GraphError, doing: Doing) -> Option<Failure> {
    let rejected = |field: &str| Some(Failure::Rejected { code: Code::PlatformRefused, field: field.to_owned() });
    let preparing = doing == Doing::Preparing;
    if preparing && error.message.contains("THREADS_API__LINK_LIMIT_EXCEEDED") {
        return rejected("/text");
    }
    match (error.code, error.subcode) {
        // The file could not be fetched: later perhaps (postiz#1364 2026-04-02). Nobody sees a container.
        (_, 2_207_052) if preparing => Some(Failure::Transient),
        // Taken for spam: some time, and perhaps a person, is needed.
        (_, 2_207_051) => Some(Failure::RateLimited { until: Until::Unsaid, scope: Scope::Account }),
        // "User restricted" in one product, a limit of links in another: a person has to look.
        (_, 4_279_013) => Some(Failure::UserAction { code: Code::AccountUnavailable }),
        (100, _) if preparing && error.message.contains("at most") && error.message.contains("characters") => {
            rejected("/text")
        }
        _ => None,
    }
}

/// What a container's `error_message` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// Another container may do better.
    Again,
    /// The file is not what they take.
    File,
}

/// Messages of containers (the same page; `INVALID_ASPEC_RATIO` is theirs).
pub(super) const MESSAGES: &[(&str, Broken)] = &[
    ("FAILED_DOWNLOADING_VIDEO", Broken::Again),
    ("UNKNOWN", Broken::Again),
    ("FAILED_PROCESSING_AUDIO", Broken::File),
    ("FAILED_PROCESSING_VIDEO", Broken::File),
    ("INVALID_ASPEC_RATIO", Broken::File),
    ("INVALID_BIT_RATE", Broken::File),
    ("INVALID_DURATION", Broken::File),
    ("INVALID_FRAME_RATE", Broken::File),
    ("INVALID_AUDIO_CHANNELS", Broken::File),
    ("INVALID_AUDIO_CHANNEL_LAYOUT", Broken::File),
];

/// What a message means; one that no page names may be anything.
pub(super) fn broken(message: &str) -> Broken {
    MESSAGES.iter().find(|(known, _)| *known == message).map_or(Broken::Again, |(_, means)| *means)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: i64, subcode: i64, message: &str) -> GraphError {
        GraphError { code, subcode, message: message.to_owned(), ..GraphError::default() }
    }

    #[test]
    fn what_threads_alone_says_is_read_as_its_pages_mean_it() {
        let class = |error: GraphError, doing| own(&error, doing).map(|failure| failure.class());
        for (said, doing, expected) in [
            (error(1, 2_207_052, "The media could not be fetched"), Doing::Preparing, Some("transient")),
            (error(1, 2_207_052, "The media could not be fetched"), Doing::Publishing, None),
            (error(4, 2_207_051, "spam"), Doing::Publishing, Some("rate_limited")),
            (error(10, 4_279_013, "restricted"), Doing::Publishing, Some("user_action")),
            (error(100, 0, "text must be at most 500 characters"), Doing::Preparing, Some("rejected")),
            (error(100, 0, "(#100) THREADS_API__LINK_LIMIT_EXCEEDED"), Doing::Preparing, Some("rejected")),
            (error(190, 0, "expired"), Doing::Preparing, None),
        ] {
            assert_eq!(class(said.clone(), doing), expected, "{said:?}");
        }
    }

    #[test]
    fn a_message_that_nobody_lists_may_go_away() {
        assert_eq!((broken("INVALID_DURATION"), broken("SOMETHING_NEW")), (Broken::File, Broken::Again));
    }
}
