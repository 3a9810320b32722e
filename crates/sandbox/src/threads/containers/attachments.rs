//! What can be attached to a text, and the spoilers in it. All of it is JSON in a text.

use serde_json::{Map, Value};

use super::super::model::Poll;
use super::super::text;
use crate::graph::error::GraphError;
use crate::graph::params::Params;

/// How long an answer of a poll may be (one product's notes, facts of 2026-11-23).
const OPTION: usize = 25;

/// How long a text attachment may be (page of 2026-07-02).
const PLAINTEXT: usize = 10_000;

/// The styles of a text attachment that the collection shows.
const STYLES: [&str; 2] = ["bold", "italic"];

/// The one provider of moving pictures that the collection shows.
const PROVIDER: &str = "TENOR";

/// `link_attachment`: a web address.
pub(super) fn link(params: &Params) -> Result<Option<String>, GraphError> {
    let Some(link) = params.text("link_attachment") else {
        return Ok(None);
    };
    match text::web(link) {
        Some(_) => Ok(Some(link.to_owned())),
        None => Err(GraphError::param("link_attachment", "must be a valid URL")),
    }
}

/// `poll_attachment`: two to four answers under the names of their places, without a gap.
pub(super) fn poll(params: &Params) -> Result<Option<Poll>, GraphError> {
    const NAME: &str = "poll_attachment";
    let Some(given) = object(params, NAME, &["option_a", "option_b", "option_c", "option_d"])? else {
        return Ok(None);
    };
    let option = |letter| given.get(&format!("option_{letter}")).map(|value| value.as_str().unwrap_or_default());
    let all = ["a", "b", "c", "d"].map(option);
    let options: Vec<String> = all.iter().map_while(|option| option.map(str::to_owned)).collect();
    if options.len() < 2 || options.len() < given.len() {
        return Err(GraphError::param(NAME, "must have option_a, option_b and no gap after them"));
    }
    match options.iter().all(|option| (1..=OPTION).contains(&option.chars().count())) {
        true => Ok(Some(Poll { options })),
        false => Err(GraphError::param(NAME, "must have options of 1 to 25 characters")),
    }
}

/// `text_attachment`: a long text, perhaps with a link and styles.
pub(super) fn text(params: &Params) -> Result<Option<Value>, GraphError> {
    const NAME: &str = "text_attachment";
    let known = ["plaintext", "link_attachment_url", "text_with_styling_info"];
    let Some(given) = object(params, NAME, &known)? else {
        return Ok(None);
    };
    let plain = given.get("plaintext").and_then(Value::as_str).unwrap_or_default();
    let length = plain.chars().count();
    if !(1..=PLAINTEXT).contains(&length) {
        return Err(GraphError::param(NAME, "must have a plaintext of 1 to 10000 characters"));
    }
    let link = given.get("link_attachment_url");
    if link.is_some_and(|link| link.as_str().and_then(text::web).is_none()) {
        return Err(GraphError::param(NAME, "has a link_attachment_url that is no URL"));
    }
    let styles = given.get("text_with_styling_info").map_or(Some(&[][..]), |list| list.as_array().map(Vec::as_slice));
    match styles.is_some_and(|list| list.iter().all(|style| styled(style, length))) {
        true => Ok(Some(Value::Object(given))),
        false => Err(GraphError::param(NAME, "has styles that are malformed or outside the text")),
    }
}

fn styled(style: &Value, length: usize) -> bool {
    let names = style["styling_info"].as_array().map(Vec::as_slice).unwrap_or_default();
    let known = |name: &Value| name.as_str().is_some_and(|name| STYLES.contains(&name));
    inside(style, length) && !names.is_empty() && names.iter().all(known)
}

/// Whether `offset` and `length` lie in a text. In which unit they count is not documented; here in code points.
fn inside(range: &Value, length: usize) -> bool {
    let number = |name: &str| range[name].as_u64().and_then(|number| usize::try_from(number).ok());
    let end = number("offset").zip(number("length")).filter(|(_, length)| *length > 0);
    end.and_then(|(offset, length)| offset.checked_add(length)).is_some_and(|end| end <= length)
}

/// `gif_attachment`.
pub(super) fn gif(params: &Params) -> Result<Option<Value>, GraphError> {
    const NAME: &str = "gif_attachment";
    let Some(given) = object(params, NAME, &["gif_id", "provider"])? else {
        return Ok(None);
    };
    let id = given.get("gif_id").and_then(Value::as_str).unwrap_or_default();
    match !id.is_empty() && given.get("provider").is_some_and(|provider| provider == PROVIDER) {
        true => Ok(Some(Value::Object(given))),
        false => Err(GraphError::param(NAME, "must have a gif_id and the provider TENOR")),
    }
}

/// `text_entities`: spoilers in the text.
pub(super) fn entities(params: &Params) -> Result<Option<Value>, GraphError> {
    const NAME: &str = "text_entities";
    let Some(given) = params.json(NAME)? else {
        return Ok(None);
    };
    let length = params.text("text").unwrap_or_default().chars().count();
    let spoiler = |entity: &Value| entity["entity_type"] == "SPOILER" && inside(entity, length);
    match given.as_array().is_some_and(|list| list.iter().all(spoiler)) {
        true => Ok(Some(given)),
        false => Err(GraphError::param(NAME, "must be a list of SPOILER entities inside the text")),
    }
}

/// A JSON object without members that no document names.
fn object(params: &Params, name: &'static str, known: &[&str]) -> Result<Option<Map<String, Value>>, GraphError> {
    let Some(value) = params.json(name)? else {
        return Ok(None);
    };
    let Value::Object(map) = value else {
        return Err(GraphError::param(name, "must be a JSON object"));
    };
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(GraphError::param(name, &format!("has the member {key}, which is not documented"))),
        None => Ok(Some(map)),
    }
}
