//! What a request says about a post.

use std::time::Duration;

use postrider_domain::content::{ChannelContent, Content, PartContent};
use postrider_domain::id::{LabelId, WorkspaceId};
use postrider_domain::{Code, Issue, Issues};
use postrider_store::Tx;
use postrider_store::repo::labels;

use crate::Result;
use crate::publishing::when::Timing;

/// The longest window in which a late post still goes out, in seconds.
const LONGEST_WINDOW_S: u64 = 30 * 86_400;

/// The longest name of a source and of an id there, in characters.
const LONGEST_SOURCE: usize = 200;

/// A post to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewPost {
    /// What it says, and where.
    pub content: Content,
    /// Its labels.
    pub labels: Vec<LabelId>,
    /// When it goes out; `None` keeps it as a draft.
    pub timing: Option<Timing>,
    /// How late it may go out without asking, in seconds; `None` takes the workspace's.
    pub missed_window_s: Option<u64>,
    /// Where it is imported from.
    pub source: Option<String>,
    /// Its id there, unique with `source` in the workspace.
    pub external_id: Option<String>,
}

impl NewPost {
    /// What is wrong with everything but content and time.
    pub(super) async fn check(&self, tx: &mut Tx, workspace: WorkspaceId) -> Result<Issues> {
        let mut issues = check_labels(tx, workspace, &self.labels).await?;
        issues.extend(check_window(self.missed_window_s));
        for (field, value) in [("/source", &self.source), ("/external_id", &self.external_id)] {
            if value.as_ref().is_some_and(|value| value.chars().count() > LONGEST_SOURCE) {
                issues.push(Issue::error(Code::TooLong, field).with("limit", LONGEST_SOURCE));
            }
        }
        if self.external_id.is_some() && self.source.is_none() {
            issues.push(Issue::error(Code::Required, "/source").with("field", "source"));
        }
        Ok(issues)
    }
}

/// A change: what is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edit {
    /// Shared parts.
    pub parts: Option<Vec<PartContent>>,
    /// Channels with their own parts and settings.
    pub channels: Option<Vec<ChannelContent>>,
    /// Labels.
    pub labels: Option<Vec<LabelId>>,
    /// How late it may go out without asking, in seconds; `Some(None)` takes the workspace's.
    pub missed_window_s: Option<Option<u64>>,
}

impl Edit {
    /// The content after the change; `None` when it stays.
    pub(super) fn content(&self, before: &Content) -> Option<Content> {
        merged(before, self.parts.as_deref(), self.channels.as_deref())
    }

    /// What is wrong with everything but content.
    pub(super) async fn check(&self, tx: &mut Tx, workspace: WorkspaceId) -> Result<Issues> {
        let mut issues = check_labels(tx, workspace, self.labels.as_deref().unwrap_or_default()).await?;
        issues.extend(check_window(self.missed_window_s.flatten()));
        Ok(issues)
    }
}

/// Content with other parts and channels, where others are given; `None` when it stays.
pub(in crate::publishing) fn merged(
    before: &Content,
    parts: Option<&[PartContent]>,
    channels: Option<&[ChannelContent]>,
) -> Option<Content> {
    let after = Content {
        parts: parts.unwrap_or(&before.parts).to_vec(),
        channels: channels.unwrap_or(&before.channels).to_vec(),
    };
    (after != *before).then_some(after)
}

/// Labels that do not exist, each at its place.
pub(in crate::publishing) async fn check_labels(
    tx: &mut Tx,
    workspace: WorkspaceId,
    wanted: &[LabelId],
) -> Result<Issues> {
    if wanted.is_empty() {
        return Ok(Issues::default());
    }
    let known = labels::list(tx, workspace).await?;
    let missing = wanted.iter().enumerate().filter(|(_, id)| !known.iter().any(|label| label.id == **id));
    Ok(Issues(missing.map(|(index, _)| Issue::error(Code::LabelUnknown, format!("/labels/{index}"))).collect()))
}

/// A window that is too long.
pub(in crate::publishing) fn check_window(seconds: Option<u64>) -> Option<Issue> {
    let too_long = seconds.is_some_and(|seconds| seconds > LONGEST_WINDOW_S);
    too_long.then(|| Issue::error(Code::TooLong, "/missed_window_s").with("limit", LONGEST_WINDOW_S))
}

/// The window as the store takes it.
pub(in crate::publishing) fn window(seconds: Option<u64>) -> Option<Duration> {
    seconds.map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_keeps_what_it_does_not_name() {
        let part = |text: &str| PartContent { text: text.to_owned(), ..PartContent::default() };
        let before = Content { parts: vec![part("one")], channels: Vec::new() };
        assert_eq!(Edit::default().content(&before), None);
        let same = Edit { parts: Some(vec![part("one")]), ..Edit::default() };
        assert_eq!(same.content(&before), None, "the same content makes no revision");
        let other = Edit { parts: Some(vec![part("two")]), ..Edit::default() };
        assert_eq!(other.content(&before).expect("a change").parts[0].text, "two");
    }

    #[test]
    fn thirty_days_late_are_allowed_and_a_second_more_is_not() {
        assert!(check_window(Some(LONGEST_WINDOW_S)).is_none());
        assert!(check_window(None).is_none());
        let issue = check_window(Some(LONGEST_WINDOW_S + 1)).expect("is refused");
        assert_eq!((issue.code, issue.field.as_str()), (Code::TooLong, "/missed_window_s"));
    }
}
