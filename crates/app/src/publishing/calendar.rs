//! The calendar: what goes out, and went out, between two instants.

mod planned;

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use postrider_domain::content::Approval;
use postrider_domain::delivery::{Event, HoldReason, State, next};
use postrider_domain::id::{ChannelId, DeliveryId, LabelId, MediaId, PostId, SeriesId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::schedule::ZoneName;
use postrider_domain::{Code, Issue, Issues};
use postrider_store::repo::calendar;

use super::workspace_zone;
use crate::{App, Caller, Result};

pub use planned::Planned;

/// The longest span that one request shows.
pub const LONGEST_DAYS: i64 = 62;

/// The span that is shown when none is asked for.
const USUAL: SignedDuration = SignedDuration::from_hours(31 * 24);

/// The most entries of one answer.
const LIMIT: u32 = 20_000;

/// How many characters of a text a cell shows.
const EXCERPT: usize = 120;

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The delivery.
    pub delivery: DeliveryId,
    /// Its post.
    pub post: PostId,
    /// Its channel.
    pub channel: ChannelId,
    /// The channel's platform.
    pub platform: String,
    /// The channel's handle.
    pub handle: String,
    /// Where it stands.
    pub state: State,
    /// Why it is held.
    pub hold_reason: Option<HoldReason>,
    /// What happened last.
    pub code: Option<Code>,
    /// It is published, but not all parts are out.
    pub incomplete: bool,
    /// The time people asked for.
    pub at: Timestamp,
    /// The same on the clock of the workspace's zone.
    pub local: DateTime,
    /// When its last part went out.
    pub published_at: Option<Timestamp>,
    /// The beginning of its text; empty once the content is purged.
    pub excerpt: String,
    /// How many parts it has.
    pub parts: usize,
    /// The first file of it.
    pub thumbnail: Option<MediaId>,
    /// How many files it has.
    pub files: usize,
    /// The post's version, from which a change starts.
    pub version: i64,
    /// Whether its revision may go out.
    pub approval: Approval,
    /// The post's labels.
    pub labels: Vec<LabelId>,
    /// The series that made the post, if one did.
    pub series: Option<SeriesId>,
    /// Whether it may be given another time, as far as its state says. What has begun to go out meanwhile refuses.
    pub movable: bool,
}

/// A stretch of the calendar.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// The zone of the local times.
    pub zone: ZoneName,
    /// What falls into it, earliest first.
    pub entries: Vec<Entry>,
    /// Times of series for which there is no post yet, computed, earliest first.
    pub planned: Vec<Planned>,
    /// Whether there is more than one answer holds: ask for a shorter stretch.
    pub truncated: bool,
}

/// What is to go out or went out in `from..until`: from now on and for 31 days
/// unless said otherwise. Withdrawn deliveries and what series leave out are left out.
pub async fn calendar(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<Calendar> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    let from = from.unwrap_or(tx.now());
    let until = until.unwrap_or_else(|| from.saturating_add(USUAL).unwrap_or(Timestamp::MAX));
    check_span(from, until)?;
    let zone = workspace_zone(&mut tx, workspace).await?;
    let mut rows = calendar::between(&mut tx, workspace, from, until, LIMIT + 1).await?;
    let limit = usize::try_from(LIMIT).unwrap_or(usize::MAX);
    let mut planned = planned::planned(&mut tx, workspace, zone, (from, until), limit).await?;
    let truncated = rows.len() > limit || planned.len() > limit;
    rows.truncate(limit);
    planned.truncate(limit);
    let mut labels: BTreeMap<PostId, Vec<LabelId>> = BTreeMap::new();
    for (post, label) in calendar::labels_between(&mut tx, workspace, from, until).await? {
        labels.entry(post).or_default().push(label);
    }
    let rules = zone.time_zone();
    let entries = rows.into_iter().map(|row| {
        let shown = rules.to_datetime(row.scheduled_at);
        let labels = labels.get(&row.post).cloned().unwrap_or_default();
        entry(row, shown, labels)
    });
    Ok(Calendar { zone, entries: entries.collect(), planned, truncated })
}

fn check_span(from: Timestamp, until: Timestamp) -> Result<(), Issues> {
    let span = until.duration_since(from);
    if span.is_negative() || span.is_zero() {
        return Err(Issue::error(Code::BadField, "until").with("reason", "it is not later than the beginning").into());
    }
    if span > SignedDuration::from_hours(LONGEST_DAYS * 24) {
        return Err(Issue::error(Code::TooLong, "until").with("limit", format!("{LONGEST_DAYS} days")).into());
    }
    Ok(())
}

fn entry(row: calendar::Entry, shown: DateTime, labels: Vec<LabelId>) -> Entry {
    Entry {
        movable: next(row.state, Event::Reschedule).is_some() && row.hold_reason != Some(HoldReason::Restored),
        thumbnail: row.thumbnail,
        files: row.files,
        version: row.version,
        approval: row.approval,
        labels,
        series: row.series,
        delivery: row.delivery,
        post: row.post,
        channel: row.channel,
        platform: row.platform,
        handle: row.handle,
        state: row.state,
        hold_reason: row.hold_reason,
        code: row.code,
        incomplete: row.incomplete,
        at: row.scheduled_at,
        local: shown,
        published_at: row.published_at,
        excerpt: row.text.as_deref().map(excerpt).unwrap_or_default(),
        parts: row.parts,
    }
}

/// The first words of a text on one line. What is beyond is not even looked at.
pub(crate) fn excerpt(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        // So many bytes are more characters than are shown, whichever they are.
        if line.len() > EXCERPT * char::MAX_LEN_UTF8 {
            break;
        }
    }
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_line_and_is_cut_between_characters() {
        assert_eq!(excerpt("one\n two\tthree "), "one two three");
        let long = "é".repeat(EXCERPT + 1);
        assert_eq!(excerpt(&long), format!("{}…", "é".repeat(EXCERPT)));
        assert_eq!(excerpt(&"é".repeat(EXCERPT)), "é".repeat(EXCERPT));
        // Of the shortest and of the longest characters, with words enough beyond what is shown.
        for word in ["a", "𝕒"] {
            let shown = [word].repeat(EXCERPT / 2).join(" ");
            assert_eq!(excerpt(&[word].repeat(EXCERPT * 9).join("\n")), format!("{shown}…"));
        }
    }

    #[test]
    fn sixty_two_days_are_shown_and_a_second_more_is_not() {
        let from: Timestamp = "2026-03-01T00:00:00Z".parse().expect("an instant");
        let after = |seconds: i64| from.saturating_add(SignedDuration::from_secs(seconds)).expect("in range");
        let day = 24 * 3600;
        assert!(check_span(from, after(LONGEST_DAYS * day)).is_ok());
        for (until, code) in
            [(after(LONGEST_DAYS * day + 1), Code::TooLong), (from, Code::BadField), (after(-1), Code::BadField)]
        {
            let issues = check_span(from, until).expect_err("is refused");
            assert_eq!((issues.0[0].code, issues.0[0].field.as_str()), (code, "until"));
        }
    }
}
