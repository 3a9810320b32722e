//! `fields=id,text,poll_attachment{option_a,option_b}`: what a caller wants to see.

use serde_json::{Map, Value};

use super::error::{GraphError, Kind};

/// One wanted field, with what is wanted of the object behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) inner: Fields,
}

/// The wanted fields, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(pub(crate) Vec<Field>);

impl Fields {
    /// Reads a selection; an absent one is empty.
    pub(crate) fn read(text: Option<&str>) -> Result<Self, GraphError> {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Ok(Self::default());
        };
        let mut rest = text;
        let fields = list(&mut rest).filter(|_| rest.is_empty());
        fields.ok_or_else(|| {
            GraphError::new(Kind::OAuth, 2500, format!("Syntax error \"Field specified\" in fields: {text}"))
        })
    }

    /// Whether nothing is asked for by name.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The members of an object that are asked for, and its id; all of them if none is named.
    pub(crate) fn pick(&self, object: &Map<String, Value>) -> Result<Value, GraphError> {
        if self.is_empty() {
            return Ok(Value::Object(object.clone()));
        }
        let picked = self.0.iter().filter_map(|field| match object.get(&field.name) {
            None => Some(Err(nonexisting(&field.name))),
            Some(Value::Null) => None,
            Some(value) => Some(Ok((field.name.clone(), value.clone()))),
        });
        picked.collect::<Result<Map<_, _>, _>>().map(Value::Object)
    }
}

/// Seen for `status` of a post on 2026-04-05; taken for every unknown field here.
pub(crate) fn nonexisting(name: &str) -> GraphError {
    GraphError::new(Kind::Threads, 100, format!("Tried accessing nonexisting field ({name})"))
}

/// Fields with commas between, up to a closing brace or the end.
fn list(rest: &mut &str) -> Option<Fields> {
    let mut fields = Vec::new();
    loop {
        fields.push(field(rest)?);
        match rest.strip_prefix(',') {
            Some(more) => *rest = more,
            None => return Some(Fields(fields)),
        }
    }
}

fn field(rest: &mut &str) -> Option<Field> {
    let trimmed = rest.trim_start();
    let end = trimmed.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(trimmed.len());
    let (name, after) = trimmed.split_at(end);
    *rest = after.trim_start();
    if name.is_empty() {
        return None;
    }
    let mut inner = Fields::default();
    if let Some(inside) = rest.strip_prefix('{') {
        *rest = inside;
        inner = list(rest)?;
        *rest = rest.strip_prefix('}')?.trim_start();
    }
    Some(Field { name: name.to_owned(), inner })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn selections_nest() {
        let fields = Fields::read(Some("id, children{media_url,owner{id}},text")).expect("a selection");
        let names: Vec<_> = fields.0.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["id", "children", "text"]);
        assert_eq!(fields.0[1].inner.0[1].inner.0[0].name, "id");
        assert!(Fields::read(None).expect("none").is_empty() && Fields::read(Some("")).expect("none").is_empty());
    }

    #[test]
    fn malformed_selections_are_refused() {
        for text in [",", "id,", "id,,text", "id{", "id{}", "id}", "id{a}b", "a b", "a-b", "id{a}}"] {
            assert_eq!(Fields::read(Some(text)).expect_err(text).code, 2500, "{text}");
        }
    }

    #[test]
    fn only_what_was_asked_for_is_shown() {
        let object = json!({"id": "7", "status": "FINISHED", "error_message": null});
        let object = object.as_object().expect("an object");
        let pick = |text| Fields::read(Some(text)).expect("a selection").pick(object);
        assert_eq!(pick("status"), Ok(json!({"status": "FINISHED"})));
        assert_eq!(pick("status,error_message"), Ok(json!({"status": "FINISHED"})));
        assert_eq!(pick("text").expect_err("unknown").message, "Tried accessing nonexisting field (text)");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-z,{} ]{0,40}") {
            let _ = Fields::read(Some(&text));
        }
    }
}
