//! `GET /{id}`: whatever has that id, as far as the caller may see it.

use serde_json::json;

use super::model::Kind;
use super::settings::ObjectReads;
use super::{Answer, Scene, accounts, tokens, view};
use crate::graph::error::GraphError;
use crate::graph::fields::Fields;
use crate::graph::ids;

/// A person, a Page, a portfolio, a post, a photo, a video or a comment.
pub(super) fn show(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let (id, fields) = (scene.id.clone(), Fields::read(scene.params.text("fields"))?);
    if let Ok(username) = tokens::me(scene, &id) {
        let username = username.to_owned();
        return person(scene, &username, &fields);
    }
    if let Ok(page) = scene.reads(&id) {
        let page = page.id;
        return accounts::one(scene, page, &fields, &["name", "id"]).map(Answer::Json);
    }
    if let Some(business) = accounts::business(scene, &id) {
        return accounts::portfolio(business, &fields).map(Answer::Json);
    }
    object(scene, &id, &fields)
}

/// What this network knows of a person: the id and the name.
fn person(scene: &Scene<'_>, username: &str, fields: &Fields) -> Result<Answer, GraphError> {
    let person = scene.at().people.get(username).ok_or_else(|| GraphError::gone(username))?;
    let first = person.name.split(' ').next().unwrap_or_default();
    let picture = json!({"data": {"url": format!("{}/avatar.png", scene.call.base), "is_silhouette": false}});
    let all = json!({"id": person.id.to_string(), "name": person.name, "first_name": first, "picture": picture});
    let all = all.as_object().cloned().unwrap_or_default();
    if fields.is_empty() {
        return Ok(Answer::Json(json!({"name": person.name, "id": person.id.to_string()})));
    }
    let unknown = fields.0.iter().find(|field| !all.contains_key(&field.name));
    if let Some(field) = unknown {
        return Err(super::errors::nonexisting(&field.name, "User"));
    }
    let mut shown = fields.pick(&all)?;
    shown["id"] = person.id.to_string().into();
    Ok(Answer::Json(shown))
}

/// Something that belongs to a Page. Reels are not read as posts, and neither are stories that are over
/// (reference "pagepost", read 2026-11-23).
fn object(scene: &Scene<'_>, id: &str, fields: &Fields) -> Result<Answer, GraphError> {
    let (at, gone) = (scene.at(), || GraphError::gone(id));
    let post = at.post(id);
    if post.is_some_and(|post| post.kind == Kind::Reel || post.over(scene.now)) {
        return Err(gone());
    }
    let number = ids::read(id);
    let page = post.map(|post| post.page);
    let page = page.or_else(|| number.and_then(|id| at.videos.get(&id)).map(|video| video.page));
    let page = page.or_else(|| number.and_then(|id| at.photos.get(&id)).map(|photo| photo.page));
    let page = page.or_else(|| at.comment(id).map(|comment| comment.page));
    page.filter(|page| scene.sees(*page)).ok_or_else(gone)?;
    scene.may_read("pages_read_engagement")?;
    match at.settings.object_reads {
        ObjectReads::Gone if scene.who()?.page.is_some() => return Err(gone()),
        ObjectReads::Denied if scene.who()?.page.is_some() => return Err(GraphError::permission("this object")),
        _ => {}
    }
    view::node(scene, id, fields).map(Answer::Json)
}
