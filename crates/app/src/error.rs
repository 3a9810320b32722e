//! Why a use case refused, in terms that each edge can translate.

use std::collections::BTreeMap;

use postrider_blobs::BlobError;
use postrider_connector::ConnectError;
use postrider_domain::{Code, Issue, Issues};
use postrider_engine::media::Trouble;
use postrider_store::StoreError;

/// A refused or failed use case.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// Fields are wrong; all of them are listed.
    #[error("{} issues", .0.0.len())]
    Issues(Issues),
    /// A post breaks rules of its channels; all of them are listed.
    #[error("preflight: {} issues", .0.0.len())]
    Preflight(Issues),
    /// One thing stands in the way.
    #[error("{code}")]
    Refused {
        /// What.
        code: Code,
        /// Figures and names for its message.
        args: BTreeMap<String, String>,
    },
    /// One thing stands in the way, and it is this field.
    #[error("{} at {}", .0.code, .0.field)]
    At(Issue),
    /// Connecting an account failed at the platform.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The ledger failed.
    #[error(transparent)]
    Store(StoreError),
    /// Our own fault; the detail is for the log only.
    #[error("internal: {0}")]
    Internal(String),
}

impl AppError {
    /// One thing stands in the way.
    pub fn of(code: Code) -> Self {
        Self::Refused { code, args: BTreeMap::new() }
    }

    /// There is no such thing, or not for this caller.
    pub fn not_found() -> Self {
        Self::of(Code::NotFound)
    }

    /// What it comes to, as one code.
    pub fn code(&self) -> Code {
        match self {
            Self::Issues(_) => Code::InvalidFields,
            Self::Preflight(_) => Code::PreflightFailed,
            Self::Refused { code, .. } => *code,
            Self::At(issue) => issue.code,
            Self::Connect(error) => error.code,
            Self::Store(StoreError::Full(_)) => Code::StorageFull,
            Self::Store(error) if error.is_temporary() => Code::Unavailable,
            Self::Store(_) | Self::Internal(_) => Code::Internal,
        }
    }

    /// Adds a figure or a name for the message.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        if let Self::Refused { args, .. } = &mut self {
            args.insert(name.to_owned(), value.to_string());
        }
        self
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::not_found(),
            StoreError::Stale => Self::of(Code::StaleVersion),
            StoreError::Refused(code) => Self::of(code),
            StoreError::Duplicate(_) => Self::of(Code::Conflict),
            StoreError::Exceeded { meter, limit, used } => Self::of(Code::EntitlementExceeded)
                .with("meter", meter.as_str())
                .with("limit", limit)
                .with("used", used),
            other => Self::Store(other),
        }
    }
}

impl From<Trouble> for AppError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Final { code, args } => Self::Refused { code, args },
            Trouble::Later { code, why } => {
                tracing::warn!(%code, why, "a file could not be stored or read");
                Self::of(code)
            }
            Trouble::Store(error) => error.into(),
        }
    }
}

impl From<BlobError> for AppError {
    fn from(error: BlobError) -> Self {
        Trouble::from(error).into()
    }
}

impl From<Issues> for AppError {
    fn from(issues: Issues) -> Self {
        Self::Issues(issues)
    }
}

impl From<Issue> for AppError {
    fn from(issue: Issue) -> Self {
        Self::Issues(issue.into())
    }
}
