//! What the person did not allow when they consented.

use postrider_domain::{Code, Issue};

use super::Subject;
use crate::descriptor::{Descriptor, ScopeReason};

/// The key in a channel's facts of the features that its consent leaves out.
pub const NOT_ALLOWED: &str = "not_allowed";

/// What of the variant needs a permission that was not given.
///
/// Features of other names have no trace in a variant; the platform refuses what needs them.
pub(super) fn missing(descriptor: &Descriptor, subject: &Subject<'_>) -> Vec<Issue> {
    let Some(off) = subject.account.facts[NOT_ALLOWED].as_array() else { return Vec::new() };
    let is_off = |reason: &&ScopeReason| off.iter().any(|feature| feature == reason.feature);
    let parts = &subject.variant.parts;
    let used = |reason: &ScopeReason| match reason.feature {
        "media" => parts.iter().position(|part| !part.media.is_empty()).map(|index| format!("/parts/{index}/media")),
        "thread" | "comment" => (parts.len() > 1).then(|| "/parts".to_owned()),
        _ => None,
    };
    let issue = |reason: &ScopeReason| {
        let issue = Issue::error(Code::PermissionMissing, used(reason)?);
        Some(issue.with("platform", descriptor.name).with("scope", reason.scope).with("feature", reason.feature))
    };
    descriptor.scopes.iter().filter(is_off).filter_map(issue).collect()
}
