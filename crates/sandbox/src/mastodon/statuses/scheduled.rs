//! `/api/v1/scheduled_statuses`, on programs that schedule.

use serde_json::{Value, json};

use crate::mastodon::dialect::Schedules;
use crate::mastodon::model::Scheduled;
use crate::mastodon::{Answer, Scene, Stop, Wrong};

/// `GET /api/v1/scheduled_statuses`, the soonest first.
pub(crate) fn list(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&["limit", "max_id", "min_id", "since_id"])?;
    kept_here(scene)?;
    let me = scene.me()?;
    let limit = scene.params.number("limit")?.unwrap_or(20).clamp(1, 40);
    let own = scene.at().scheduled.iter().filter(|(_, scheduled)| scheduled.draft.author == me);
    let mut own: Vec<_> = own.collect();
    own.sort_by_key(|(_, scheduled)| scheduled.at);
    own.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let body: Value = own.into_iter().map(|(key, scheduled)| scene.view().scheduled(*key, scheduled)).collect();
    Ok(Answer::json(body))
}

/// `GET /api/v1/scheduled_statuses/:id`.
pub(crate) fn show(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    kept_here(scene)?;
    let (key, scheduled) = own(scene)?;
    Ok(Answer::json(scene.view().scheduled(key, scheduled)))
}

/// `DELETE /api/v1/scheduled_statuses/:id`.
pub(crate) fn cancel(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    kept_here(scene)?;
    let (key, _) = own(scene)?;
    let instance = scene.at_mut();
    instance.scheduled.remove(&key);
    for media in instance.media.values_mut().filter(|media| media.status == Some(key)) {
        media.status = None;
    }
    Ok(Answer::json(json!({})))
}

fn kept_here(scene: &Scene<'_>) -> Result<(), Wrong> {
    match scene.at().dialect.facts().schedules {
        Schedules::Kept => Ok(()),
        Schedules::Ignored | Schedules::Refused => Err(Wrong::NoRoute),
    }
}

fn own<'a>(scene: &'a Scene<'_>) -> Result<(u64, &'a Scheduled), Wrong> {
    let (key, me) = (scene.at().key(&scene.id).ok_or(Wrong::NotFound)?, scene.me()?);
    let found = scene.at().scheduled.get(&key).filter(|scheduled| scheduled.draft.author == me);
    found.map(|scheduled| (key, scheduled)).ok_or(Wrong::NotFound)
}
