//! What Instagram says no with, beyond what all Graph APIs say.
//!
//! Numbers are from developers.facebook.com, "Instagram platform: error codes" (2026-06-02), unless a row names who saw it.

use postrider_connector::error::{ConnectorError, Failure, Scope, Until};
use postrider_connector::{Cx, Response};
use postrider_domain::Code;

use super::limits::{QUOTA_WAIT, SPAM_WAIT};
use crate::meta::{self, Doing, GraphError};

/// What a subcode means, wherever it is said: as an answer, or by a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// Another try with another container may do better.
    Again,
    /// The container is not there, or is over.
    Gone,
    /// It is not ready; it is asked after again.
    NotReady,
    /// The posts of the day are used up.
    Quota,
    /// What we send is taken for spam. Said of publishing, the post may be out all the same.
    Spam,
    /// The account is restricted; its owner has to see to it.
    Account,
    /// It will never be taken, because of what stands in this field.
    Refused(&'static str),
}

/// Every subcode that is known.
pub const SUBCODES: &[(i64, Means)] = &[
    (2_207_001, Means::Again),
    (2_207_003, Means::Again),
    (2_207_004, Means::Refused("/media")),
    (2_207_005, Means::Refused("/media")),
    (2_207_006, Means::Gone),
    (2_207_008, Means::Gone),
    (2_207_009, Means::Refused("/media")),
    (2_207_010, Means::Refused("/text")),
    (2_207_020, Means::Gone),
    (2_207_023, Means::Refused("")),
    (2_207_026, Means::Refused("/media")),
    (2_207_027, Means::NotReady),
    (2_207_028, Means::Refused("/media")),
    (2_207_032, Means::Again),
    (2_207_035, Means::Refused("")),
    (2_207_036, Means::Refused("")),
    (2_207_037, Means::Refused("")),
    (2_207_040, Means::Refused("/text")),
    (2_207_042, Means::Quota),
    (2_207_050, Means::Account),
    (2_207_051, Means::Spam),
    // Seen for one of six good pictures (postiz#1900 2026-08-17).
    (2_207_052, Means::Again),
    (2_207_053, Means::Again),
    (2_207_057, Means::Refused("/settings/cover_ms")),
    // On no page: postiz#1992 2026-08-30, postiz#2033 2026-09-07.
    (2_207_077, Means::Again),
    (2_207_081, Means::Refused("/settings/trial")),
    (2_207_082, Means::Again),
    (2_207_085, Means::Refused("/media")),
];

/// What a subcode means; `None` for one that is not listed.
pub(super) fn means(subcode: i64) -> Option<Means> {
    SUBCODES.iter().find(|(known, _)| *known == subcode).map(|(_, means)| *means)
}

/// Of what is gone: the token may be over, or a permission missing, where another container does not help.
pub(super) const NOT_FOUND: i64 = 2_207_006;

/// Of what is gone: it is tried again before another container is made.
pub(super) const MISSING: i64 = 2_207_008;

/// The first subcode in a container's words, such as *Error: Media upload has failed with error code 2207082*.
pub(super) fn subcode_in(words: &str) -> Option<i64> {
    let numbers = words.split(|c: char| !c.is_ascii_digit());
    numbers.filter(|digits| digits.len() == 7 && digits.starts_with("2207")).find_map(|digits| digits.parse().ok())
}

/// What an answer that is no success comes to.
pub(super) fn refusal(cx: &Cx<'_>, response: &Response, doing: Doing, what: &str) -> ConnectorError {
    meta::refusal(cx, response, doing, what, |error| own(error, doing))
}

fn own(error: &GraphError, doing: Doing) -> Option<Failure> {
    let rejected = |field: &str| Failure::Rejected { code: Code::PlatformRefused, field: field.to_owned() };
    let later = |after| Failure::RateLimited { until: Until::After(after), scope: Scope::Account };
    Some(match (means(error.subcode), doing) {
        (Some(Means::Quota), _) => later(QUOTA_WAIT),
        (Some(Means::Account), _) => Failure::UserAction { code: Code::AccountUnavailable },
        // The post may be live (postiz#1681 2026-07-06); a container is seen by nobody.
        (Some(Means::Spam), Doing::Publishing) => Failure::Ambiguous,
        (Some(Means::Spam), _) => later(SPAM_WAIT),
        (Some(Means::Refused(field)), Doing::Preparing) => rejected(field),
        // Listed for what is prepared. Of something that may be out it proves nothing.
        (Some(_), _) => doing.unsure(),
        (None, Doing::Preparing) if error.code == 100 => rejected(field_in(&error.message)),
        (None, _) => return None,
    })
}

/// The field that the words of *invalid parameter* are about.
fn field_in(message: &str) -> &'static str {
    const NAMES: &[(&str, &str)] = &[
        ("collaborator", "/settings/collaborators"),
        ("user_tags", "/settings/user_tags"),
        ("user tag", "/settings/user_tags"),
        ("location", "/settings/location_id"),
        ("trial", "/settings/trial"),
        ("caption", "/text"),
    ];
    let message = message.to_ascii_lowercase();
    NAMES.iter().find(|(name, _)| message.contains(name)).map_or("", |(_, field)| field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: i64, subcode: i64) -> GraphError {
        GraphError { code, subcode, ..GraphError::default() }
    }

    #[test]
    fn the_same_subcode_proves_less_of_what_people_see() {
        let class = |code, subcode, doing| own(&error(code, subcode), doing).map(|failure| failure.class());
        for (code, subcode, preparing, publishing) in [
            (-2, 2_207_003, "transient", "ambiguous"),
            (-1, 2_207_001, "transient", "ambiguous"),
            (1, 2_207_057, "rejected", "ambiguous"),
            (4, 2_207_051, "rate_limited", "ambiguous"),
            (9, 2_207_042, "rate_limited", "rate_limited"),
            (25, 2_207_050, "user_action", "user_action"),
            (352, 2_207_026, "rejected", "ambiguous"),
            (9_004, 2_207_052, "transient", "ambiguous"),
            (36_004, 2_207_010, "rejected", "ambiguous"),
        ] {
            let both = (class(code, subcode, Doing::Preparing), class(code, subcode, Doing::Publishing));
            assert_eq!(both, (Some(preparing), Some(publishing)), "{code}/{subcode}");
        }
        assert_eq!(class(100, 33, Doing::Asking), None, "left to what all Graph APIs say");
        assert_eq!(class(190, 463, Doing::Publishing), None);
    }

    #[test]
    fn words_about_a_parameter_lead_to_its_field() {
        let field = |message: &str| {
            let error = GraphError { code: 100, message: message.to_owned(), ..GraphError::default() };
            match own(&error, Doing::Preparing) {
                Some(Failure::Rejected { field, .. }) => field,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(field("Param collaborators is not allowed"), "/settings/collaborators");
        assert_eq!(field("INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID"), "/settings/location_id");
        assert_eq!(field("Invalid parameter"), "");
    }

    #[test]
    fn the_words_of_a_container_carry_a_subcode() {
        let words = "Error: Media upload has failed with error code 2207082";
        assert_eq!(subcode_in(words).and_then(means), Some(Means::Again));
        assert_eq!(subcode_in("Error: 22070821, 1234567, code 2207026."), Some(2_207_026));
        assert_eq!(subcode_in("Error: Something went wrong"), None);
        assert_eq!(means(2_209_999), None);
    }

    #[test]
    fn no_subcode_is_listed_twice() {
        let sorted = SUBCODES.windows(2).all(|pair| pair[0].0 < pair[1].0);
        assert!(sorted, "the table is in order, each number once");
    }
}
