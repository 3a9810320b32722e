//! `/api/v1/statuses` and what belongs to it.

pub(super) mod create;
pub(super) mod edit;
pub(super) mod listing;
pub(super) mod read;
pub(super) mod scheduled;

use jiff::Timestamp;

use super::model::{Draft, Status, later};
use super::{Scene, Wrong};
use crate::state::Action;
use crate::visible::{Shown, Visible};

/// Makes a draft a public status and writes it into the ledger; its key.
pub(super) fn publish(scene: &mut Scene<'_>, draft: Draft, at: Timestamp) -> u64 {
    let instance = scene.at_mut();
    let key = instance.next_key(at);
    for media in &draft.content.media {
        if let Some(media) = instance.media.get_mut(media) {
            media.status = Some(key);
        }
    }
    let listed_at = later(at, instance.settings.lag());
    let status =
        Status { key, draft, created_at: at, edited_at: None, listed_at, replies: 0, quotes: 0, versions: Vec::new() };
    instance.insert(status.clone());
    record(scene, &status, Action::Create, at);
    key
}

/// Publishes what was scheduled for a moment that has come.
pub(super) fn publish_due(scene: &mut Scene<'_>) {
    let now = scene.now;
    let due = |(key, scheduled): (&u64, &super::model::Scheduled)| (scheduled.at <= now).then_some(*key);
    let due: Vec<u64> = scene.at().scheduled.iter().filter_map(due).collect();
    for key in due {
        if let Some(scheduled) = scene.at_mut().scheduled.remove(&key) {
            publish(scene, scheduled.draft, scheduled.at);
        }
    }
}

/// Writes a change of a status into the ledger.
fn record(scene: &mut Scene<'_>, status: &Status, action: Action, at: Timestamp) {
    let (instance, draft) = (scene.at(), &status.draft);
    let media = draft.content.media.iter().filter_map(|key| instance.media.get(key)).map(|media| Shown {
        sha256: media.sha256.clone(),
        mime: media.mime.clone(),
        bytes: media.bytes,
        description: media.description.clone().unwrap_or_default(),
    });
    let gone = action == Action::Delete;
    let entry = Visible {
        seq: 0,
        at,
        listed_at: status.listed_at.max(at),
        platform: "mastodon".to_owned(),
        instance: Some(scene.name.to_owned()),
        account: draft.author.clone(),
        action,
        id: instance.id(status.key),
        reply_to: draft.reply_to.map(|key| instance.id(key)),
        visibility: serde_json::to_value(draft.visibility).ok().and_then(|v| v.as_str().map(str::to_owned)),
        text: if gone { String::new() } else { draft.content.text.clone() },
        media: if gone { Vec::new() } else { media.collect() },
        key: draft.idempotency.clone(),
    };
    scene.state.ledger.add(entry);
}

/// The status the path names, if the caller may see it.
fn seen<'a>(scene: &'a Scene<'_>) -> Result<&'a Status, Wrong> {
    let status = scene.at().status(&scene.id).ok_or(Wrong::NotFound)?;
    match status.draft.visibility.open() || scene.me().is_ok_and(|me| visible_to(status, me)) {
        true => Ok(status),
        false => Err(Wrong::NotFound),
    }
}

/// Whether a person may see a status that is not open: its author, or somebody named in it.
/// Nobody follows anybody here.
fn visible_to(status: &Status, me: &str) -> bool {
    status.draft.author == me || status.draft.content.text.to_lowercase().contains(&format!("@{me}"))
}

/// The caller's own status that the path names.
fn own<'a>(scene: &'a Scene<'_>) -> Result<&'a Status, Wrong> {
    let me = scene.me()?;
    scene.at().status(&scene.id).filter(|status| status.draft.author == me).ok_or(Wrong::NotFound)
}
