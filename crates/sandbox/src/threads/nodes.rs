//! `GET /{id}`: whatever has that id, as far as it belongs to the caller.

use serde_json::{Map, Value, json};

use super::model::Container;
use super::posts::View;
use super::{Answer, Person, Scene, locations};
use crate::graph::error::GraphError;
use crate::graph::fields::Fields;
use crate::graph::ids;

/// A person, a place, a container or a post. Without `fields` only the id is shown.
pub(super) fn show(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let (id, fields) = (scene.id.as_str(), Fields::read(scene.params.text("fields"))?);
    let me = scene.person()?;
    if id == "me" || ids::read(id) == Some(me.id) {
        return person(scene, me, &fields).map(Answer::Json);
    }
    if let Some(place) = locations::show(id, scene.params.text("fields")) {
        scene.who()?.may("threads_location_tagging")?;
        return place.map(Answer::Json);
    }
    let gone = || GraphError::gone(id);
    let number = ids::read(id).ok_or_else(gone)?;
    if let Some(container) = scene.at().containers.get(&number).filter(|found| found.owner == me.username) {
        return picked(&fields, number, &state(container, scene)).map(Answer::Json);
    }
    let post = scene.at().post(number, scene.now).filter(|post| post.owner == me.username).ok_or_else(gone)?;
    View::of(scene).post(post, &fields).map(Answer::Json)
}

/// The asked for members, and the id, which is always there.
fn picked(fields: &Fields, id: u64, all: &Map<String, Value>) -> Result<Value, GraphError> {
    let mut shown = if fields.is_empty() { json!({}) } else { fields.pick(all)? };
    shown["id"] = id.to_string().into();
    Ok(shown)
}

/// The fields of a profile (collection of 2026-01-02).
fn person(scene: &Scene<'_>, person: &Person, fields: &Fields) -> Result<Value, GraphError> {
    let all = json!({
        "id": person.id.to_string(),
        "username": person.username,
        "name": person.shown(),
        "is_verified": person.verified,
        "threads_profile_picture_url": format!("{}/avatar.png", scene.call.base),
        "threads_biography": person.biography,
        "recently_searched_keywords": [],
        "is_eligible_for_geo_gating": person.geo_gating,
    });
    picked(fields, person.id, all.as_object().expect("it is written as an object above"))
}

/// The fields of a container: `id`, `status`, and `error_message` where it failed.
fn state(container: &Container, scene: &Scene<'_>) -> Map<String, Value> {
    let status = container.status(scene.now);
    let failed = container.failure.filter(|_| status == super::model::Status::Error);
    let all = json!({"id": container.id.to_string(), "status": status, "error_message": failed});
    all.as_object().cloned().expect("it is written as an object above")
}
