//! What can go wrong with stored bytes, by what to do about it.

use std::io;

use postrider_domain::{Code, Issue};

/// The cause of a failure, for the log and never for an answer.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// There is no such object.
    #[error("there is no such object")]
    NotFound,
    /// There is no room, or the floor of free space is reached. What did not fit was taken back.
    #[error("there is no room left")]
    NoSpace,
    /// The store did not answer, was overloaded or lost the connection: the same call may be tried again.
    #[error("the store is unavailable")]
    Unavailable(#[source] Cause),
    /// The store refuses us: credentials, permissions, a missing bucket or folder. The operator must act.
    #[error("the store refuses access")]
    Refused(#[source] Cause),
    /// Bytes that the session counts are gone, or another store holds them: the upload must begin again.
    #[error("a part of the upload is lost")]
    LostPart,
    /// The store holds something else than what was written.
    #[error("the object is damaged: {found} bytes instead of {expected}")]
    Corrupt {
        /// Bytes that were written.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// An append at another place than where the upload stands.
    #[error("the upload stands at {expected}")]
    WrongOffset {
        /// Where it stands.
        expected: u64,
    },
    /// A range that begins behind the object's end.
    #[error("the range begins behind the end, {len}")]
    BadRange {
        /// The object's length.
        len: u64,
    },
    /// More bytes than an object may have ([`crate::MAX_BYTES`], or [`crate::PART_BYTES`] at once).
    #[error("more than {limit} bytes")]
    TooLarge {
        /// The most.
        limit: u64,
    },
    /// The body broke off or could not be read. What arrived before is kept and counted.
    #[error("the body broke off")]
    Body(#[source] io::Error),
}

impl BlobError {
    /// Whether the same call may be tried again, without anybody doing anything.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// What to tell people.
    pub fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::NotFound,
            Self::NoSpace => Code::StorageFull,
            Self::Unavailable(_) => Code::StorageUnavailable,
            Self::Refused(_) => Code::StorageRefused,
            Self::LostPart => Code::UploadLost,
            Self::Corrupt { .. } => Code::MediaDamaged,
            Self::WrongOffset { .. } => Code::UploadOffset,
            Self::BadRange { .. } => Code::RangeInvalid,
            Self::TooLarge { .. } => Code::UploadTooLarge,
            Self::Body(_) => Code::UploadInterrupted,
        }
    }

    /// The same as an issue at a field, with the figures that its message names.
    pub fn issue(&self, field: &str) -> Issue {
        let issue = Issue::error(self.code(), field);
        match self {
            Self::WrongOffset { expected } => issue.with("expected", expected),
            Self::BadRange { len } => issue.with("len", len),
            Self::TooLarge { limit } => issue.with("limit", limit),
            Self::NotFound
            | Self::NoSpace
            | Self::Unavailable(_)
            | Self::Refused(_)
            | Self::LostPart
            | Self::Corrupt { .. }
            | Self::Body(_) => issue,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_gets_the_figures_it_names() {
        let messages = include_str!("../../../locales/en.ftl");
        for error in [
            BlobError::NotFound,
            BlobError::NoSpace,
            BlobError::Unavailable("x".into()),
            BlobError::Refused("x".into()),
            BlobError::LostPart,
            BlobError::Corrupt { expected: 2, found: 1 },
            BlobError::WrongOffset { expected: 1 },
            BlobError::BadRange { len: 1 },
            BlobError::TooLarge { limit: 1 },
            BlobError::Body(io::ErrorKind::UnexpectedEof.into()),
        ] {
            let id = format!("{} = ", error.code().as_str().replace('_', "-"));
            let message = messages.lines().find_map(|line| line.strip_prefix(&id)).unwrap();
            let named = message.split("{ $").skip(1).map(|rest| rest.split(' ').next().unwrap());
            let issue = error.issue("/file");
            assert_eq!(
                issue.args.keys().map(String::as_str).collect::<Vec<_>>(),
                named.collect::<Vec<_>>(),
                "{error:?}"
            );
            assert_eq!(error.is_retryable(), matches!(error, BlobError::Unavailable(_)));
        }
    }
}
