//! What went wrong with a call, decided where it is seen.

use std::time::Duration;

use jiff::Timestamp;
use postrider_domain::Code;

/// How wide a rate limit reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The platform app: every channel connected through it.
    App,
    /// The remote account: its lane.
    Account,
}

/// When a rate limit ends, in the platform's own terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// After this long, counted from the answer.
    After(Duration),
    /// At this instant by the platform's clock.
    At(Timestamp),
    /// It did not say.
    Unsaid,
}

/// What should happen next; closed, so that every caller decides for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Wait; it costs no attempt and holds everything on the same budget.
    RateLimited {
        /// When to come back.
        until: Until,
        /// What else has to wait.
        scope: Scope,
    },
    /// Nothing happened there, or it may be repeated freely: try again later.
    Transient,
    /// The token is not accepted: refresh once, then ask the owner to reconnect.
    Reauth,
    /// The account's owner must do something at the platform.
    UserAction {
        /// What.
        code: Code,
    },
    /// The platform app is broken: hold all its channels and tell the operator once.
    Operator {
        /// What.
        code: Code,
    },
    /// Refused before any effect, for good.
    Rejected {
        /// Why.
        code: Code,
        /// JSON pointer of the field to change, relative to the part; empty for the whole.
        field: String,
    },
    /// It may have happened: look, and never repeat blindly.
    Ambiguous,
    /// Our own fault, panics included.
    Bug,
}

impl Failure {
    /// A short stable name, for attempts and metrics.
    pub const fn class(&self) -> &'static str {
        match self {
            Failure::RateLimited { .. } => "rate_limited",
            Failure::Transient => "transient",
            Failure::Reauth => "reauth",
            Failure::UserAction { .. } => "user_action",
            Failure::Operator { .. } => "operator",
            Failure::Rejected { .. } => "rejected",
            Failure::Ambiguous => "ambiguous",
            Failure::Bug => "bug",
        }
    }
}

/// A failed call: what to do, and the evidence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", failure.class())]
pub struct ConnectorError {
    /// What should happen next.
    pub failure: Failure,
    /// The platform's own words, verbatim, for the person.
    pub words: Option<String>,
    /// The platform's own error name or number.
    pub platform_code: Option<String>,
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// For the log: what we were doing.
    pub detail: String,
}

impl ConnectorError {
    /// A failure with what we were doing.
    pub fn new(failure: Failure, detail: impl Into<String>) -> Self {
        Self { failure, words: None, platform_code: None, status: None, detail: detail.into() }
    }

    /// Our own fault.
    pub fn bug(detail: impl Into<String>) -> Self {
        Self::new(Failure::Bug, detail)
    }

    /// Adds what the platform said.
    #[must_use]
    pub fn said(mut self, status: u16, code: Option<&str>, words: Option<&str>) -> Self {
        self.status = Some(status);
        self.platform_code = code.map(str::to_owned);
        self.words = words.map(str::to_owned);
        self
    }
}

impl From<serde_json::Error> for ConnectorError {
    fn from(error: serde_json::Error) -> Self {
        Self::bug(format!("state or input is not what this connector wrote: {error}"))
    }
}
