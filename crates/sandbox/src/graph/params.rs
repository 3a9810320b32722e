//! The parameters of a call: from the query, and from a form, a multipart form or a JSON
//! object in the body, all in one place, as texts.
//!
//! Meta takes the same names in all of them. A name that comes twice is refused here,
//! because which of the two the real server takes is not documented.

use std::collections::BTreeMap;

use axum::http::header;
use serde_json::Value;

use super::error::GraphError;
use crate::gate::{Call, Upload};

/// The parameters of one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Params(BTreeMap<String, String>);

impl Params {
    /// From names and values; no name twice.
    pub(crate) fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, GraphError> {
        let mut map = BTreeMap::new();
        for (name, value) in pairs {
            if map.insert(name.clone(), value).is_some() {
                return Err(GraphError::param(&name, "is given twice"));
            }
        }
        Ok(Self(map))
    }

    /// From everything that a call carries.
    pub(crate) fn read(call: &Call) -> Result<Self, GraphError> {
        let mut pairs = call.params();
        pairs.extend(body(call)?);
        Self::from_pairs(pairs)
    }

    /// Refuses every parameter that no document names for this call.
    pub(crate) fn only(&self, known: &[&[&str]]) -> Result<(), GraphError> {
        let documented = |name: &str| known.iter().any(|names| names.contains(&name));
        match self.0.keys().find(|name| !documented(name)) {
            Some(name) => Err(GraphError::param(name, "is not a documented parameter of this call")),
            None => Ok(()),
        }
    }

    /// A text; an empty one counts as absent.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// A text that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<&str, GraphError> {
        self.text(name).ok_or_else(|| GraphError::param(name, "is required"))
    }

    /// A yes or no. The documents show `true` and `false` only.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, GraphError> {
        match self.text(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(GraphError::param(name, "must be true or false")),
        }
    }

    /// A whole number that is not negative.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, GraphError> {
        let wrong = |_| GraphError::param(name, "must be a number");
        self.text(name).map(|text| text.parse().map_err(wrong)).transpose()
    }

    /// A JSON value in a text.
    pub(crate) fn json(&self, name: &str) -> Result<Option<Value>, GraphError> {
        let wrong = |_| GraphError::param(name, "must be valid JSON");
        self.text(name).map(|text| serde_json::from_str(text).map_err(wrong)).transpose()
    }
}

/// Names and values of the body, whatever it is; a file in it is refused.
pub(crate) fn body(call: &Call) -> Result<Vec<(String, String)>, GraphError> {
    match &call.upload {
        Upload::Form(form) if !form.files.is_empty() => {
            Err(GraphError::param("file", "is not a documented parameter of this call"))
        }
        _ => fields(call),
    }
}

/// Names and values of the body, whatever it is; files are left to the caller.
pub(crate) fn fields(call: &Call) -> Result<Vec<(String, String)>, GraphError> {
    match &call.upload {
        Upload::Form(form) => return Ok(form.fields.clone()),
        Upload::Broken(why) => return Err(GraphError::param("body", why)),
        Upload::None | Upload::Raw(_) | Upload::Reel(_) | Upload::Container(_) => {}
    }
    let kind = call.header(header::CONTENT_TYPE);
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        _ if call.body.is_empty() => Ok(Vec::new()),
        "application/x-www-form-urlencoded" => Ok(url::form_urlencoded::parse(&call.body).into_owned().collect()),
        "application/json" => object(&call.body),
        other => Err(GraphError::param("body", &format!("has the content type {other:?}, which is not taken"))),
    }
}

/// The members of a JSON object; what is no text is written as one.
fn object(body: &[u8]) -> Result<Vec<(String, String)>, GraphError> {
    let Ok(Value::Object(map)) = serde_json::from_slice(body) else {
        return Err(GraphError::param("body", "must be a JSON object"));
    };
    let pair = |(name, value): (String, Value)| match value {
        Value::Null => None,
        Value::String(text) => Some((name, text)),
        other => Some((name, other.to_string())),
    };
    Ok(map.into_iter().filter_map(pair).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Result<Params, GraphError> {
        Params::from_pairs(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn texts_are_read_as_what_they_should_be() {
        let given = params(&[("a", "true"), ("b", "7"), ("c", ""), ("d", "[1]")]).expect("params");
        assert_eq!((given.flag("a"), given.number("b"), given.text("c")), (Ok(Some(true)), Ok(Some(7)), None));
        assert_eq!(given.json("d"), Ok(Some(serde_json::json!([1]))));
        assert!(given.flag("b").is_err() && given.number("a").is_err() && given.json("a").is_ok());
        assert!(given.required("c").is_err() && given.flag("z") == Ok(None));
        assert!(params(&[("a", "1"), ("a", "1")]).expect_err("twice").message.contains("twice"));
    }

    #[test]
    fn unknown_names_are_refused() {
        let given = params(&[("text", "a"), ("txt", "b")]).expect("params");
        assert!(given.only(&[&["text"], &["txt"]]).is_ok());
        assert!(given.only(&[&["text"]]).expect_err("refused").message.contains("Param txt"));
    }

    #[test]
    fn members_of_an_object_become_texts() {
        let pairs = object(br#"{"a": "x", "b": true, "c": null, "d": {"e": 1}}"#).expect("an object");
        let want = [("a", "x"), ("b", "true"), ("d", r#"{"e":1}"#)];
        assert_eq!(pairs, want.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(object(b"[]").is_err() && object(b"{").is_err());
    }
}
