//! What an answer of the service means for us.

use std::error::Error as _;

use object_store::Error;

use crate::error::BlobError;

/// Error codes of S3 and of services like it (read 2026-11-23 in
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>; `XMinio…` are MinIO's own), with what they
/// come to. The first that the answer contains counts.
const CODES: &[(&str, Into)] = &[
    ("NoSuchBucket", refused),
    ("NoSuchUpload", |_| BlobError::LostPart),
    ("InvalidPart", |_| BlobError::LostPart),
    ("EntityTooSmall", |_| BlobError::LostPart),
    ("EntityTooLarge", |_| BlobError::TooLarge { limit: crate::MAX_BYTES }),
    ("XMinioStorageFull", |_| BlobError::NoSpace),
    ("XMinioAdminBucketQuotaExceeded", |_| BlobError::NoSpace),
    ("QuotaExceeded", |_| BlobError::NoSpace),
    ("InsufficientStorage", |_| BlobError::NoSpace),
    ("RequestTimeout", unavailable),
    ("SlowDown", unavailable),
    ("RequestTimeTooSkewed", refused),
];

type Into = fn(Error) -> BlobError;

/// Sorts an error by what to do about it. The library's own type for an HTTP answer is private, so its text is read;
/// a test against a real service and a proxy that injects faults holds the texts.
pub(super) fn classified(error: Error) -> BlobError {
    let text = chain(&error);
    if let Some((_, into)) = CODES.iter().find(|(code, _)| text.contains(code)) {
        return into(error);
    }
    match error {
        Error::NotFound { .. } => BlobError::NotFound,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => refused(error),
        // Somebody else writes the same key at this moment.
        Error::AlreadyExists { .. } | Error::Precondition { .. } => unavailable(error),
        Error::Generic { .. } => match status(&text) {
            Some(507) => BlobError::NoSpace,
            // 429 is overload; other 4xx and redirects mean that something is configured wrongly.
            Some(300..=428 | 430..=499) => refused(error),
            _ if text.contains("redirect without LOCATION") => refused(error),
            _ => unavailable(error),
        },
        _ => refused(error),
    }
}

/// Deleting what is not there is done.
pub(super) fn not_found_is_fine(result: Result<(), Error>) -> Result<(), BlobError> {
    match result.map_err(classified) {
        Err(BlobError::NotFound | BlobError::LostPart) => Ok(()),
        other => other,
    }
}

/// Whether a range begins behind the object's end.
pub(super) fn is_bad_range(error: &Error) -> bool {
    let text = chain(error);
    status(&text) == Some(416) || text.contains("InvalidRange") || text.contains("beyond")
}

fn refused(error: Error) -> BlobError {
    BlobError::Refused(error.into())
}

fn unavailable(error: Error) -> BlobError {
    BlobError::Unavailable(error.into())
}

/// The error and its sources as one text.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push('\n');
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// The HTTP status that a text mentions.
fn status(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("status code: ")?;
    rest.get(..3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(text: &str) -> Error {
        Error::Generic { store: "S3", source: text.to_owned().into() }
    }

    fn kind(error: Error) -> &'static str {
        match classified(error) {
            BlobError::NotFound => "not found",
            BlobError::NoSpace => "no space",
            BlobError::Unavailable(_) => "unavailable",
            BlobError::Refused(_) => "refused",
            BlobError::LostPart => "lost",
            _ => "other",
        }
    }

    #[test]
    fn answers_are_sorted_by_what_to_do() {
        for (text, expected) in [
            ("Server returned non-2xx status code: 503 Service Unavailable: ", "unavailable"),
            ("Server returned non-2xx status code: 429 Too Many Requests: ", "unavailable"),
            ("Server returned non-2xx status code: 500 Internal Server Error: ", "unavailable"),
            ("Server returned non-2xx status code: 507 Insufficient Storage: ", "no space"),
            ("Server returned non-2xx status code: 400 Bad Request: <Code>InvalidPart</Code>", "lost"),
            ("Server returned non-2xx status code: 400 Bad Request: <Code>RequestTimeout</Code>", "unavailable"),
            ("Server returned non-2xx status code: 400 Bad Request: <Code>AuthorizationHeaderMalformed", "refused"),
            ("Received redirect without LOCATION, this normally indicates", "refused"),
            ("HTTP error: error sending request", "unavailable"),
        ] {
            assert_eq!(kind(generic(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_missing_bucket_is_no_missing_object() {
        let missing = |text: &str| Error::NotFound { path: "a".into(), source: text.to_owned().into() };
        assert_eq!(kind(missing("<Code>NoSuchKey</Code>")), "not found");
        assert_eq!(kind(missing("<Code>NoSuchBucket</Code>")), "refused");
        assert_eq!(kind(missing("<Code>NoSuchUpload</Code>")), "lost");
    }
}
