//! What went wrong with a file, by what to do about it.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use postrider_blobs::BlobError;
use postrider_domain::{Code, Issue};
use postrider_media::{MediaError, Refusal};
use postrider_store::StoreError;
use tokio::task::JoinError;

/// Why something with a file did not work.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// It never will; this is what people read.
    #[error("{code}")]
    Final {
        /// The code.
        code: Code,
        /// Figures and names for its message.
        args: BTreeMap<String, String>,
    },
    /// It may work later.
    #[error("{why}")]
    Later {
        /// What to tell people when it never does.
        code: Code,
        /// For the log.
        why: String,
    },
    /// The ledger failed, or somebody else has the work by now.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Trouble {
    /// It never will work.
    pub fn of(code: Code) -> Self {
        Self::Final { code, args: BTreeMap::new() }
    }

    /// Adds a figure or a name for the message.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        if let Self::Final { args, .. } = &mut self {
            args.insert(name.to_owned(), value.to_string());
        }
        self
    }

    /// It may work later.
    pub(crate) fn later(why: impl std::fmt::Display) -> Self {
        Self::Later { code: Code::InternalFault, why: why.to_string() }
    }
}

impl From<MediaError> for Trouble {
    fn from(error: MediaError) -> Self {
        match &error {
            // What was read makes no sense: no disk's fault, and the same at every try.
            MediaError::Io(cause) if matches!(cause.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) => {
                tracing::info!(%error, %cause, "a file is not taken");
                return Self::of(Code::MediaDamaged);
            }
            // Disks are emptied and mended.
            MediaError::Io(cause) => return Self::Later { code: error.code(), why: format!("{error}: {cause}") },
            _ => {}
        }
        tracing::info!(%error, "a file is not taken");
        error.issue("").into()
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        MediaError::from(refusal).into()
    }
}

impl From<BlobError> for Trouble {
    fn from(error: BlobError) -> Self {
        match &error {
            BlobError::NoSpace | BlobError::Unavailable(_) | BlobError::Refused(_) | BlobError::Body(_) => {
                Self::Later { code: error.code(), why: chain(&error) }
            }
            _ => error.issue("").into(),
        }
    }
}

impl From<JoinError> for Trouble {
    fn from(error: JoinError) -> Self {
        // The same bytes would do it again.
        if error.is_panic() {
            tracing::error!(%error, "working on a file panicked; it is taken for damaged");
            return Self::of(Code::MediaDamaged);
        }
        Self::later(error)
    }
}

impl From<Issue> for Trouble {
    fn from(issue: Issue) -> Self {
        Self::Final { code: issue.code, args: issue.args }
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        MediaError::from(error).into()
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_go_with_the_code_and_passing_trouble_is_told_apart() {
        let Trouble::Final { code, args } = Trouble::from(MediaError::SideTooLong { side: 20_000, limit: 16_383 })
        else {
            panic!("is for good")
        };
        assert_eq!((code, args["side"].as_str(), args["limit"].as_str()), (Code::ImageSideTooLong, "20000", "16383"));
        assert!(matches!(Trouble::from(BlobError::LostPart), Trouble::Final { code: Code::UploadLost, .. }));
        for passing in [BlobError::NoSpace, BlobError::Unavailable("503".into()), BlobError::Refused("403".into())] {
            assert!(matches!(Trouble::from(passing), Trouble::Later { .. }));
        }
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        assert!(matches!(Trouble::from(full), Trouble::Later { code: Code::StorageFull, .. }));
        let nonsense = std::io::Error::from(ErrorKind::InvalidData);
        assert!(matches!(Trouble::from(nonsense), Trouble::Final { code: Code::MediaDamaged, .. }));
    }

    #[tokio::test]
    async fn what_panics_over_a_file_is_not_tried_for_ever() {
        let panicked = tokio::task::spawn_blocking(|| panic!("a decoder's mistake")).await.unwrap_err();
        assert!(matches!(Trouble::from(panicked), Trouble::Final { code: Code::MediaDamaged, .. }));
    }
}
