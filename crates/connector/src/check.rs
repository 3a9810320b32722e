//! The part of preflight that follows from the descriptor and the account's limits alone.

mod media;
mod permissions;
mod reach;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use postrider_domain::content::{PartContent, Variant};
use postrider_domain::id::MediaId;
use postrider_domain::media::MediaFacts;
use postrider_domain::text::{Unit, measure, without_tracking};
use postrider_domain::{Code, Fix, Issue};

use crate::descriptor::{Descriptor, Limits, MediaRules, TextLimit};
use crate::machine::{Account, Connector};

pub use permissions::NOT_ALLOWED;
pub use reach::is_on_the_internet;

/// What is checked: a variant on an account, with what is known of its files.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The post as it will be on the channel.
    pub variant: &'a Variant,
    /// The channel.
    pub account: &'a Account,
    /// The files it names.
    pub shelf: &'a Shelf,
}

/// The files that a post names, as far as they exist in its workspace.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    /// By id; one that is missing here does not exist.
    pub files: BTreeMap<MediaId, ShelvedFile>,
    /// Whether videos can be encoded anew on this instance.
    pub transcodes: bool,
    /// Where others can fetch files; `None` where nobody serves them.
    pub served_at: Option<String>,
}

/// One file.
#[derive(Debug, Clone, Default)]
pub struct ShelvedFile {
    /// What was found out about it; `None` until all of it is there.
    pub facts: Option<MediaFacts>,
    /// Its own alternative text, for parts that do not bring theirs.
    pub alt: String,
}

/// How long the text of a part is, as its network counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The part.
    pub part: usize,
    /// What it uses, with all that counts beside the text.
    pub used: usize,
    /// The most that is allowed.
    pub max: usize,
    /// How it is counted.
    pub unit: Unit,
}

/// The length of every part by the account's own limits; where several hold, by the one with the
/// smallest share left. Nothing for a network that counts nothing.
pub fn counts(connector: &dyn Connector, account: &Account, variant: &Variant) -> Vec<Count> {
    let (descriptor, limits) = (connector.descriptor(), connector.limits(account).text);
    let count = |part: usize, text: &str, limit: &TextLimit| {
        let used = measure(text, limit.unit) + connector.beside(account, variant, part, limit.unit);
        Count { part, used, max: limit.max, unit: limit.unit }
    };
    let tightest = |best: Count, other: Count| {
        // The first one named wins where nothing tells them apart.
        if other.used.saturating_mul(best.max) > best.used.saturating_mul(other.max) { other } else { best }
    };
    let of_part = |(part, content): (usize, &PartContent)| {
        text_limits(descriptor, &limits, part).iter().map(|limit| count(part, &content.text, limit)).reduce(tightest)
    };
    variant.parts.iter().enumerate().filter_map(of_part).collect()
}

/// The limits on the text of a part: a comment has its own.
fn text_limits<'a>(descriptor: &Descriptor, post: &'a [TextLimit], part: usize) -> &'a [TextLimit] {
    descriptor.comment_at(part).map_or(post, |comment| comment.text)
}

/// Everything in the variant that breaks the rules.
pub fn by_rules(descriptor: &Descriptor, limits: &Limits, subject: &Subject<'_>) -> Vec<Issue> {
    by_part(descriptor, limits, subject, |part| limits.media.filter(|_| descriptor.comment_at(part).is_none()))
}

/// The same where the rules for files are not those of the account for every part:
/// [`Connector::file_rules`](crate::Connector::file_rules).
pub fn by_part(
    descriptor: &Descriptor,
    limits: &Limits,
    subject: &Subject<'_>,
    files: impl Fn(usize) -> Option<MediaRules>,
) -> Vec<Issue> {
    let parts = &subject.variant.parts;
    let mut issues = thread(descriptor, parts);
    for (index, part) in parts.iter().enumerate() {
        issues.extend(text(descriptor, limits, part, index));
        let rules = files(index);
        issues.extend(media::of_part(descriptor, rules.as_ref(), part, index, subject.shelf));
        let fetched = rules.is_some_and(|rules| rules.fetched) && !part.media.is_empty();
        if fetched && !reach::can_fetch(&subject.account.host, subject.shelf.served_at.as_deref()) {
            let issue = Issue::error(Code::PublicUrlNeeded, format!("/parts/{index}/media"));
            issues.push(issue.with("platform", descriptor.name));
        }
    }
    issues.extend(settings(descriptor, subject.variant));
    issues.extend(permissions::missing(descriptor, subject));
    issues
}

fn thread(descriptor: &Descriptor, parts: &[PartContent]) -> Vec<Issue> {
    let mut issues = Vec::new();
    let max = descriptor.thread.map_or(1, |rules| rules.max_parts);
    if parts.is_empty() {
        issues.push(Issue::error(Code::TextEmpty, "/parts"));
    }
    if parts.len() > max {
        let code = if max == 1 { Code::PartsUnsupported } else { Code::PartsTooMany };
        issues.push(
            Issue::error(code, "/parts").with("limit", max).with("used", parts.len()).with("platform", descriptor.name),
        );
    }
    let max_delay = descriptor.thread.map_or(0, |rules| rules.max_delay_s);
    for (index, part) in parts.iter().enumerate().filter(|(_, part)| part.delay_s > max_delay) {
        issues.push(
            Issue::error(Code::PartDelayTooLong, format!("/parts/{index}/delay_s"))
                .with("limit", max_delay)
                .with("used", part.delay_s),
        );
    }
    issues
}

fn text(descriptor: &Descriptor, limits: &Limits, part: &PartContent, index: usize) -> Vec<Issue> {
    let field = format!("/parts/{index}/text");
    let needed = descriptor.text_required || descriptor.comment_at(index).is_some();
    if part.text.trim().is_empty() && part.media.is_empty() && needed {
        return vec![Issue::error(Code::TextEmpty, field)];
    }
    // What is too long for a post is no list of comments.
    let splits = descriptor.thread.is_some_and(|rules| rules.comment.is_none());
    let over = |limit| over(limit, &part.text, &field, descriptor.name);
    let short = without_tracking(&part.text);
    let fixed = |issue: Issue, limit: &TextLimit| match splits {
        // The least that helps: nobody misses what only follows readers around.
        _ if measure(&short, limit.unit) <= limit.max => issue.fixed_by(Fix::ShortenLinks),
        true => issue.fixed_by(Fix::SplitThread { unit: limit.unit, max: limit.max }),
        false => issue,
    };
    let limits = text_limits(descriptor, &limits.text, index).iter();
    limits.filter_map(|limit| over(limit).map(|issue| fixed(issue, limit))).collect()
}

fn over(limit: &TextLimit, text: &str, field: &str, platform: &str) -> Option<Issue> {
    let used = measure(text, limit.unit);
    let code = if limit.unit == Unit::Bytes { Code::TextTooManyBytes } else { Code::TextTooLong };
    (used > limit.max)
        .then(|| Issue::error(code, field).with("limit", limit.max).with("used", used).with("platform", platform))
}

fn settings(descriptor: &Descriptor, variant: &Variant) -> Vec<Issue> {
    let schema: serde_json::Value = serde_json::from_str(descriptor.settings).unwrap_or_default();
    let known = schema["properties"].as_object();
    variant
        .settings
        .keys()
        .filter(|name| !known.is_some_and(|known| known.contains_key(*name)))
        .map(|name| {
            Issue::error(Code::SettingUnknown, format!("/settings/{name}"))
                .with("name", name)
                .with("platform", descriptor.name)
        })
        .collect()
}
