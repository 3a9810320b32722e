//! Looking at one status.

use serde_json::json;

use super::{own, seen, visible_to};
use crate::mastodon::model::Status;
use crate::mastodon::{Answer, Scene, Stop};

/// `GET /api/v1/statuses/:id`.
pub(crate) fn show(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    Ok(Answer::json(scene.view().status(seen(scene)?)))
}

/// `GET /api/v1/statuses/:id/source`: the text as it was sent.
pub(crate) fn source(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    let status = own(scene)?;
    let content = &status.draft.content;
    Ok(Answer::json(json!({
        "id": scene.at().id(status.key),
        "text": content.text,
        "spoiler_text": content.spoiler,
    })))
}

/// `GET /api/v1/statuses/:id/history`.
pub(crate) fn history(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    Ok(Answer::json(scene.view().history(seen(scene)?)))
}

/// `GET /api/v1/statuses/:id/context`: what it answers, and what answers it.
pub(crate) fn context(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    let status = seen(scene)?;
    let (view, statuses) = (scene.view(), &scene.at().statuses);
    let may = |status: &&Status| status.draft.visibility.open() || scene.me().is_ok_and(|me| visible_to(status, me));
    let mut ancestors = Vec::new();
    let mut parent = status.draft.reply_to;
    while let Some(found) = parent.and_then(|key| statuses.get(&key)).filter(may) {
        ancestors.insert(0, view.status(found));
        parent = found.draft.reply_to;
    }
    let mut thread = vec![status.key];
    let mut descendants = Vec::new();
    // Keys rise, so an answer always comes after what it answers.
    for found in statuses.values().filter(may) {
        if found.draft.reply_to.is_some_and(|key| thread.contains(&key)) {
            thread.push(found.key);
            descendants.push(view.status(found));
        }
    }
    Ok(Answer::json(json!({"ancestors": ancestors, "descendants": descendants})))
}
