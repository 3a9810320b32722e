//! What a container refers to: the items of a carousel, a place.

use serde_json::Value;

use super::super::Scene;
use super::super::model::{Container, Status};
use super::matrix::Role;
use crate::graph::error::{GraphError, Kind};
use crate::graph::ids;
use crate::graph::params::Params;

/// How many pictures and videos a carousel has (facts of 2026-11-23).
const ITEMS: std::ops::RangeInclusive<usize> = 2..=10;

/// The containers of a carousel: the account's own items, finished, each once. Only the code for their number is
/// confirmed.
pub(super) fn children(scene: &Scene<'_>, role: Role) -> Result<Vec<u64>, GraphError> {
    if role != Role::Carousel {
        return Ok(Vec::new());
    }
    let given = named(scene.params.required("children")?);
    if !ITEMS.contains(&given.len()) {
        let error = GraphError::new(Kind::OAuth, 100, "(#100) The carousel must have 2 to 10 children.");
        return Err(error.with_subcode(2_207_028).telling("Carousel", "A carousel needs between 2 and 10 items."));
    }
    let mut children = Vec::with_capacity(given.len());
    for id in given {
        let container = item(scene, &id)?;
        if children.contains(&container.id) {
            return Err(GraphError::param("children", &format!("has {id} twice")));
        }
        children.push(container.id);
    }
    Ok(children)
}

/// Ids in a JSON list, or with commas between.
fn named(text: &str) -> Vec<String> {
    let id = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match serde_json::from_str(text) {
        Ok(Value::Array(list)) => list.iter().map(id).collect(),
        _ => text.split(',').map(str::trim).map(str::to_owned).collect(),
    }
}

fn item<'a>(scene: &'a Scene<'_>, id: &str) -> Result<&'a Container, GraphError> {
    let wrong = |why: &str| GraphError::param("children", &format!("has {id}, which {why}"));
    let owner = scene.account()?.username.as_str();
    let found = ids::read(id).and_then(|id| scene.at().containers.get(&id));
    let container = found.filter(|container| container.owner == owner);
    let container = container.ok_or_else(|| wrong("is no container of this account"))?;
    if !container.item {
        return Err(wrong("was not made with is_carousel_item"));
    }
    match scene.at().status(container, scene.now) {
        Status::Finished => Ok(container),
        _ => Err(wrong("is not FINISHED")),
    }
}

/// The Page of a place. Any number is one here: places are Facebook's.
pub(super) fn location(params: &Params) -> Result<Option<String>, GraphError> {
    let Some(id) = params.text("location_id") else {
        return Ok(None);
    };
    let known = ids::read(id).map(|id| Some(id.to_string()));
    known.ok_or_else(|| GraphError::param("location_id", "is not the id of a location"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_come_as_a_list_or_with_commas() {
        for text in [r#"["17","18"]"#, "[17, 18]", "17,18", "17, 18"] {
            assert_eq!(named(text), ["17", "18"], "{text}");
        }
        assert_eq!(named("17"), ["17"]);
    }
}
