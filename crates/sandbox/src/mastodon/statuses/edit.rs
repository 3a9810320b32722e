//! Changing and removing a status.

use serde_json::json;

use super::create::content;
use super::{own, record};
use crate::mastodon::dialect::Deleted;
use crate::mastodon::model::Status;
use crate::mastodon::params::Params;
use crate::mastodon::{Answer, Scene, Stop, Wrong};
use crate::state::Action;

/// What the documents name for an edit.
const FIELDS: [&str; 9] = [
    "status",
    "spoiler_text",
    "sensitive",
    "language",
    "media_ids",
    "media_attributes",
    "poll",
    "quote_approval_policy",
    "content_type",
];

/// `PUT /api/v1/statuses/:id`. What is left out is gone, as in the reference, but the language stays.
pub(crate) fn edit(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&FIELDS)?;
    let before = own(scene)?.clone();
    let descriptions = described(scene, &before)?;
    let mut after = content(scene, before.draft.reply_to.is_none(), Some(before.key))?;
    if !scene.params.has("language") {
        after.language.clone_from(&before.draft.content.language);
    }
    let changed = after != before.draft.content || !descriptions.is_empty();
    for (key, description) in descriptions {
        if let Some(media) = scene.at_mut().media.get_mut(&key) {
            media.description = Some(description);
        }
    }
    let key = before.key;
    if changed {
        replace(scene, before, after);
    }
    Ok(Answer::json(scene.view().status(&scene.at().statuses[&key])))
}

fn replace(scene: &mut Scene<'_>, before: Status, after: crate::mastodon::model::Content) {
    let now = scene.now;
    let instance = scene.at_mut();
    for media in instance.media.values_mut() {
        if after.media.contains(&media.key) {
            media.status = Some(before.key);
        }
    }
    let mut status = before;
    let made_at = status.edited_at.unwrap_or(status.created_at);
    let former = std::mem::replace(&mut status.draft.content, after);
    status.versions.push((made_at, former));
    status.edited_at = Some(now);
    instance.statuses.insert(status.key, status.clone());
    record(scene, &status, Action::Update, now);
}

/// New descriptions of media that the status has, by key.
fn described(scene: &Scene<'_>, status: &Status) -> Result<Vec<(u64, String)>, Stop> {
    let one = |params: &Params| -> Result<Option<(u64, String)>, Wrong> {
        params.only(&["id", "description", "focus", "thumbnail"])?;
        let key = scene.at().key(params.required("id")?).filter(|key| status.draft.content.media.contains(key));
        let key = key.ok_or(Wrong::NotFound)?;
        Ok(params.text("description")?.map(|description| (key, description.to_owned())))
    };
    let given = scene.params.objects("media_attributes")?.unwrap_or_default();
    let found: Result<Vec<_>, _> = given.iter().map(one).collect();
    let unchanged = |key: &u64, text: &str| {
        scene.at().media.get(key).is_some_and(|media| media.description.as_deref() == Some(text))
    };
    Ok(found?.into_iter().flatten().filter(|(key, text)| !unchanged(key, text)).collect())
}

/// `DELETE /api/v1/statuses/:id`: answers with the source, for writing it anew.
pub(crate) fn delete(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&["delete_media"])?;
    let status = own(scene)?.clone();
    let with_media = scene.params.flag("delete_media")?.unwrap_or(false);
    let mut body = scene.view().status(&status);
    body["text"] = status.draft.content.text.clone().into();
    let now = scene.now;
    record(scene, &status, Action::Delete, now);
    let instance = scene.at_mut();
    instance.remove(status.key);
    // Media is free again for a while, so that the status can be written anew.
    for media in instance.media.values_mut().filter(|media| media.status == Some(status.key)) {
        media.status = None;
        media.uploaded_at = now;
    }
    if with_media {
        instance.media.retain(|key, _| !status.draft.content.media.contains(key));
    }
    Ok(match instance.dialect.facts().deleted {
        Deleted::Status => Answer::json(body),
        Deleted::EmptyArray => Answer::json(json!([])),
    })
}
