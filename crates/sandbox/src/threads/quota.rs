//! How many posts, replies, deletions and searches a person has left today.

use serde_json::{Map, Value, json};

use super::model::{QUOTA_WINDOW, Quota};
use super::{Answer, Scene};
use crate::graph::error::{GraphError, Kind};
use crate::graph::fields::Fields;

/// The quotas with the names of their fields (collection of 2026-01-02).
const QUOTAS: [(Quota, &str, &str); 4] = [
    (Quota::Posts, "quota_usage", "config"),
    (Quota::Replies, "reply_quota_usage", "reply_config"),
    (Quota::Deletes, "delete_quota_usage", "delete_config"),
    (Quota::Searches, "location_search_quota_usage", "location_search_config"),
];

/// `GET /{user}/threads_publishing_limit`. What is shown without `fields` is not documented.
pub(super) fn show(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let me = scene.me(&scene.id)?.to_owned();
    let fields = Fields::read(Some(scene.params.text("fields").unwrap_or("quota_usage")))?;
    let mut all = Map::new();
    for (quota, usage, config) in QUOTAS {
        let total = scene.at().settings.allowed(quota);
        all.insert(usage.to_owned(), scene.at().used(&me, quota, scene.now).into());
        all.insert(config.to_owned(), json!({"quota_total": total, "quota_duration": QUOTA_WINDOW.as_secs()}));
    }
    let row: Value = fields.pick(&all)?;
    Ok(Answer::Json(json!({"data": [row]})))
}

/// Counts one more, or refuses it. With which code the real server does is not documented; 17 is
/// among those that mean "wait".
pub(super) fn take(scene: &mut Scene<'_>, quota: Quota) -> Result<(), GraphError> {
    let (me, now) = (scene.who()?.username.clone(), scene.now);
    if scene.at().used(&me, quota, now) >= scene.at().settings.allowed(quota) {
        let what = match quota {
            Quota::Posts => "posts",
            Quota::Replies => "replies",
            Quota::Deletes => "deletions",
            Quota::Searches => "location searches",
        };
        let error = GraphError::new(Kind::OAuth, 17, format!("(#17) User request limit reached: {what}"));
        let told = format!("You reached the maximum number of {what} within 24 hours.");
        return Err(error.telling("Limit reached", &told));
    }
    scene.at_mut().spend(&me, quota, now);
    Ok(())
}
