//! Tags of people and of products, and words with a sign before them.

use serde_json::{Map, Value};

use crate::graph::error::{GraphError, Kind};
use crate::graph::ids;
use crate::graph::params::Params;

/// How many people can be tagged in a post, and named in a caption (error codes, 2026-06-02).
pub(super) const MOST: usize = 20;

/// How many products a picture can be tagged with. The table of errors has a subcode for too many and no number;
/// five is prior knowledge.
const PRODUCTS: usize = 5;

/// 100/2207040.
pub(super) fn too_many() -> GraphError {
    let error = GraphError::new(Kind::OAuth, 100, "(#100) Cannot use more than 20 tags per created media.");
    error.with_subcode(2_207_040).telling("Too many tags", "The post has too many @ tags.")
}

/// How many words of a text begin with a sign.
pub(super) fn words(text: &str, sign: char) -> usize {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let begins = |(at, _): &(usize, &str)| {
        let free = text[..*at].chars().next_back().is_none_or(|before| !part(before));
        free && text[at + sign.len_utf8()..].chars().next().is_some_and(part)
    };
    text.match_indices(sign).filter(begins).count()
}

/// Whether a user name looks like one.
pub(super) fn username(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
    (1..=30).contains(&name.len()) && name.bytes().all(allowed)
}

/// `user_tags`: who is to be seen, and where on a picture.
pub(super) fn people(params: &Params, picture: bool) -> Result<Vec<Value>, GraphError> {
    const NAME: &str = "user_tags";
    let tags = list(params, NAME)?;
    if tags.len() > MOST {
        return Err(too_many());
    }
    for tag in &tags {
        known(NAME, tag, &["username", "x", "y"])?;
        if !tag.get("username").and_then(Value::as_str).is_some_and(username) {
            return Err(GraphError::param(NAME, "must have a username in each of its members"));
        }
        place(NAME, tag, picture)?;
    }
    Ok(tags.into_iter().map(Value::Object).collect())
}

/// `product_tags`, with a subcode for each way to be wrong; which is for which is read from their order in the table.
pub(super) fn products(params: &Params, picture: bool) -> Result<Vec<Value>, GraphError> {
    const NAME: &str = "product_tags";
    let tags = list(params, NAME)?;
    if tags.len() > PRODUCTS {
        return Err(GraphError::param(NAME, "has too many products").with_subcode(2_207_037));
    }
    for tag in &tags {
        known(NAME, tag, &["product_id", "x", "y"])?;
        let id = tag.get("product_id").and_then(Value::as_str);
        if id.and_then(ids::read).is_none() {
            return Err(GraphError::param(NAME, "names a product that is not valid").with_subcode(2_207_035));
        }
        place(NAME, tag, picture).map_err(|error| error.with_subcode(2_207_036))?;
    }
    Ok(tags.into_iter().map(Value::Object).collect())
}

fn list(params: &Params, name: &str) -> Result<Vec<Map<String, Value>>, GraphError> {
    let wrong = || GraphError::param(name, "must be a list of objects");
    let Some(given) = params.json(name)? else {
        return Ok(Vec::new());
    };
    let object = |value: &Value| value.as_object().cloned().ok_or_else(wrong);
    given.as_array().ok_or_else(wrong)?.iter().map(object).collect()
}

fn known(name: &str, tag: &Map<String, Value>, members: &[&str]) -> Result<(), GraphError> {
    match tag.keys().find(|key| !members.contains(&key.as_str())) {
        Some(key) => Err(GraphError::param(name, &format!("has the member {key}, which is not documented"))),
        None => Ok(()),
    }
}

/// Where on a picture: both numbers from 0 to 1 there, and none or both elsewhere.
fn place(name: &str, tag: &Map<String, Value>, picture: bool) -> Result<(), GraphError> {
    let inside = |value: &Value| value.as_f64().is_some_and(|number| (0.0..=1.0).contains(&number));
    match (tag.get("x"), tag.get("y")) {
        (None, None) if !picture => Ok(()),
        (Some(x), Some(y)) if inside(x) && inside(y) => Ok(()),
        _ => Err(GraphError::param(name, "must have x and y from 0 to 1")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_after_anything_but_a_word() {
        assert_eq!(words("#one #two#three (#four) a#five # #ünf", '#'), 4);
        assert_eq!(words("@ada, mail bo@example.org", '@'), 1);
        assert_eq!(words("", '#'), 0);
    }

    #[test]
    fn user_names_have_letters_digits_dots_and_underscores() {
        assert!(username("harbour.bakery_1") && !username("") && !username("a b") && !username(&"a".repeat(31)));
    }
}
