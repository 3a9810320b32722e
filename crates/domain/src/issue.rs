//! What is wrong with something a person or a program gave us.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::id::ChannelId;
use crate::text::Unit;

/// Whether an issue stops scheduling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Must be fixed first.
    Error,
    /// Worth knowing; does not stop anything.
    Warning,
}

/// What would put an issue right, for a program to apply to the field it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fix {
    /// Cut the picture to this ratio around its focal point.
    Crop {
        /// Width of the ratio.
        width: u32,
        /// Height of the ratio.
        height: u32,
    },
    /// Make the picture or video smaller in pixels or bytes.
    Resize,
    /// Encode it in a format that is taken.
    Reencode,
    /// Split the text into parts of a thread.
    SplitThread {
        /// How the platform counts.
        unit: Unit,
        /// The most that fits into a part.
        max: usize,
    },
    /// Take tracking parameters out of links.
    ShortenLinks,
}

/// One thing that is wrong, where, and with which figures.
///
/// The sentence a person reads comes from the message of `code` with `args`
/// filled in; the issue itself carries no prose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// What is wrong.
    pub code: Code,
    /// Whether it stops scheduling.
    pub severity: Severity,
    /// JSON pointer of the field in what was given, such as `/parts/0/text`; empty for the whole.
    pub field: String,
    /// The channel it concerns, if it concerns one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub channel: Option<ChannelId>,
    /// Figures and names for the message, such as `limit` and `used`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub args: BTreeMap<String, String>,
    /// What would put it right, where that can be said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fix: Option<Fix>,
}

impl Issue {
    /// An error at a field.
    pub fn error(code: Code, field: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, field: field.into(), channel: None, args: BTreeMap::new(), fix: None }
    }

    /// A warning at a field.
    pub fn warning(code: Code, field: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, field) }
    }

    /// Adds a figure or a name for the message.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.args.insert(name.to_owned(), value.to_string());
        self
    }

    /// Says what would put it right.
    #[must_use]
    pub fn fixed_by(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Says which channel it concerns.
    #[must_use]
    pub fn on(mut self, channel: ChannelId) -> Self {
        self.channel = Some(channel);
        self
    }
}

/// All the issues of one check; never only the first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Issues(pub Vec<Issue>);

impl Issues {
    /// Whether anything stops scheduling.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|issue| issue.severity == Severity::Error)
    }

    /// Adds one.
    pub fn push(&mut self, issue: Issue) {
        self.0.push(issue);
    }

    /// `Ok` when nothing stops, else all of them.
    pub fn into_result(self) -> Result<(), Issues> {
        if self.has_errors() { Err(self) } else { Ok(()) }
    }
}

impl Extend<Issue> for Issues {
    fn extend<I: IntoIterator<Item = Issue>>(&mut self, iter: I) {
        self.0.extend(iter);
    }
}

impl From<Issue> for Issues {
    fn from(issue: Issue) -> Self {
        Self(vec![issue])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_alone_does_not_stop() {
        let mut issues = Issues::from(Issue::warning(Code::TimePast, "/when"));
        assert!(!issues.has_errors());
        issues.push(Issue::error(Code::TextTooLong, "/parts/0/text").with("limit", 300));
        assert!(issues.has_errors());
        assert_eq!(issues.0[1].args["limit"], "300");
        assert!(issues.into_result().is_err());
    }
}
