//! A small validator of Lexicon 1 schemas, written from <https://atproto.com/specs/lexicon>.
//!
//! It shares nothing with the product: it reads the platform's own schema files and is
//! stricter than a server, because a field that the schema does not name is a mistake here.

use std::path::PathBuf;

use serde_json::{Map, Value};

/// The schema files.
pub(crate) struct Lexicons {
    root: PathBuf,
}

/// What is wrong, each with the place.
pub(crate) type Problems = Vec<String>;

/// Where a schema stands and where the value stands.
#[derive(Clone)]
struct At {
    document: String,
    place: String,
}

impl At {
    fn below(&self, name: &str) -> Self {
        Self { document: self.document.clone(), place: format!("{}.{name}", self.place) }
    }
}

impl Lexicons {
    /// The schemas of the specifications folder, if it is there.
    pub(crate) fn open() -> Option<Self> {
        crate::specs::path("bluesky/lexicons").map(|root| Self { root })
    }

    fn definition(&self, document: &str, name: &str) -> Value {
        let path = self.root.join(document.replace('.', "/")).with_extension("json");
        let path = if path.exists() { path } else { self.root.join(format!("{}.json", document.replace('.', "/"))) };
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file: Value = serde_json::from_str(&text).expect("a lexicon is JSON");
        assert_eq!(file["id"], document, "the file holds another lexicon");
        file["defs"].get(name).unwrap_or_else(|| panic!("{document} defines no {name}")).clone()
    }

    /// A record of this collection.
    pub(crate) fn record(&self, collection: &str, value: &Value) -> Problems {
        let main = self.definition(collection, "main");
        assert_eq!(main["type"], "record", "{collection} is no collection");
        let mut problems = Vec::new();
        let at = At { document: collection.to_owned(), place: "$".to_owned() };
        if value["$type"] != collection {
            problems.push(format!("$.$type is not {collection}"));
        }
        self.object(&main["record"], value, true, &at, &mut problems);
        problems
    }

    /// Which media type a procedure takes, if it takes a body.
    pub(crate) fn encoding(&self, method: &str) -> Option<String> {
        self.definition(method, "main")["input"]["encoding"].as_str().map(str::to_owned)
    }

    /// The JSON body of a procedure.
    pub(crate) fn input(&self, method: &str, value: &Value) -> Problems {
        let main = self.definition(method, "main");
        assert_eq!(main["type"], "procedure", "{method} is no procedure");
        let at = At { document: method.to_owned(), place: "input".to_owned() };
        let mut problems = Vec::new();
        match main.get("input") {
            Some(input) => self.check(&input["schema"], value, &at, &mut problems),
            None if *value == Value::Null => {}
            None => problems.push(format!("{method} takes no body")),
        }
        problems
    }

    /// The parameters of a query.
    pub(crate) fn parameters(&self, method: &str, value: &Value) -> Problems {
        let main = self.definition(method, "main");
        assert_eq!(main["type"], "query", "{method} is no query");
        let mut problems = Vec::new();
        let at = At { document: method.to_owned(), place: "parameters".to_owned() };
        match main.get("parameters") {
            Some(parameters) => self.object(parameters, value, false, &at, &mut problems),
            None if value.as_object().is_some_and(Map::is_empty) => {}
            None => problems.push(format!("{method} takes no parameters")),
        }
        problems
    }

    fn check(&self, schema: &Value, value: &Value, at: &At, problems: &mut Problems) {
        let mut wrong = |what: &str| problems.push(format!("{} {what}: {value}", at.place));
        match schema["type"].as_str().unwrap_or_default() {
            "object" => self.object(schema, value, false, at, problems),
            "ref" => self.reference(schema["ref"].as_str().expect("a ref"), value, false, at, problems),
            "union" => self.union(schema, value, at, problems),
            "array" => self.array(schema, value, at, problems),
            "string" => match value.as_str() {
                Some(text) => string(schema, text, at, problems),
                None => wrong("is no string"),
            },
            "integer" => match value.as_i64() {
                None => wrong("is no integer"),
                Some(n) => {
                    let low = schema["minimum"].as_i64().is_some_and(|minimum| n < minimum);
                    let high = schema["maximum"].as_i64().is_some_and(|maximum| n > maximum);
                    if low || high {
                        wrong("is out of bounds");
                    }
                }
            },
            "blob" if !is_blob(schema, value) => wrong("is no blob that fits"),
            "boolean" if !value.is_boolean() => wrong("is no boolean"),
            "unknown" if !value.is_object() => wrong("is no object"),
            "boolean" | "unknown" | "blob" => {}
            other => panic!("the validator does not know the type {other:?} at {}", at.place),
        }
    }

    fn object(&self, schema: &Value, value: &Value, typed: bool, at: &At, problems: &mut Problems) {
        let Some(fields) = value.as_object() else {
            problems.push(format!("{} is no object: {value}", at.place));
            return;
        };
        let named = |list: &str, name: &str| schema[list].as_array().is_some_and(|l| l.iter().any(|n| n == name));
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                problems.push(format!("{}.{name} is missing", at.place));
            }
        }
        for (name, field) in fields {
            match schema["properties"].get(name) {
                Some(_) if field.is_null() && named("nullable", name) => {}
                Some(property) => self.check(property, field, &at.below(name), problems),
                None if typed && name == "$type" => {}
                None => problems.push(format!("{}.{name} is an unknown field", at.place)),
            }
        }
    }

    fn reference(&self, target: &str, value: &Value, typed: bool, at: &At, problems: &mut Problems) {
        let (document, name) = target.split_once('#').unwrap_or((target, "main"));
        let document = if document.is_empty() { at.document.clone() } else { document.to_owned() };
        let definition = self.definition(&document, name);
        // A type may be said where none is needed, if it is the right one.
        let typed = typed || value["$type"] == target.trim_end_matches("#main");
        let inside = At { document, place: at.place.clone() };
        match definition["type"].as_str() {
            Some("object") => self.object(&definition, value, typed, &inside, problems),
            _ => self.check(&definition, value, &inside, problems),
        }
    }

    /// A value of a union says in `$type` which member it is.
    fn union(&self, schema: &Value, value: &Value, at: &At, problems: &mut Problems) {
        let name = value["$type"].as_str().unwrap_or_default();
        let full = |reference: &str| match reference.strip_prefix('#') {
            Some(local) => format!("{}#{local}", at.document),
            None => reference.to_owned(),
        };
        let members = schema["refs"].as_array().into_iter().flatten().filter_map(Value::as_str);
        match members.map(full).find(|member| member == name) {
            Some(member) => self.reference(&member, value, true, at, problems),
            None => problems.push(format!("{} is none of its union: {value}", at.place)),
        }
    }

    fn array(&self, schema: &Value, value: &Value, at: &At, problems: &mut Problems) {
        let Some(items) = value.as_array() else {
            problems.push(format!("{} is no array: {value}", at.place));
            return;
        };
        if schema["maxLength"].as_u64().is_some_and(|most| items.len() as u64 > most) {
            problems.push(format!("{} has {} items", at.place, items.len()));
        }
        for (index, item) in items.iter().enumerate() {
            self.check(&schema["items"], item, &at.below(&index.to_string()), problems);
        }
    }
}

/// A reference to a stored file, of a type and size that the place accepts.
fn is_blob(schema: &Value, value: &Value) -> bool {
    let accepts = |kind: &str| {
        let rules = schema["accept"].as_array().into_iter().flatten().filter_map(Value::as_str);
        schema["accept"].is_null()
            || rules.into_iter().any(|rule| {
                rule == "*/*" || rule == kind || rule.strip_suffix('*').is_some_and(|start| kind.starts_with(start))
            })
    };
    let size = value["size"].as_u64();
    value["$type"] == "blob"
        && value["ref"]["$link"].is_string()
        && value["mimeType"].as_str().is_some_and(accepts)
        && size.is_some_and(|size| schema["maxSize"].as_u64().is_none_or(|most| size <= most))
}

fn string(schema: &Value, text: &str, at: &At, problems: &mut Problems) {
    let mut wrong = |what: String| problems.push(format!("{} {what}: {text:?}", at.place));
    let bytes = text.len() as u64;
    if schema["maxLength"].as_u64().is_some_and(|most| bytes > most) {
        wrong(format!("has {bytes} bytes"));
    }
    let graphemes = postrider_domain::text::measure(text, postrider_domain::text::Unit::Graphemes) as u64;
    if schema["maxGraphemes"].as_u64().is_some_and(|most| graphemes > most) {
        wrong(format!("has {graphemes} graphemes"));
    }
    let listed = |name: &str| schema[name].as_array().is_none_or(|values| values.iter().any(|value| value == text));
    if !listed("enum") {
        wrong("is not in its enum".to_owned());
    }
    if let Some(format) = schema["format"].as_str()
        && !is_format(format, text)
    {
        wrong(format!("is no {format}"));
    }
}

/// The string formats that our requests meet.
fn is_format(format: &str, text: &str) -> bool {
    let all = |text: &str, extra: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c));
    match format {
        "did" => text.strip_prefix("did:").is_some_and(|rest| rest.split(':').count() >= 2 && all(rest, ".:_%-")),
        "handle" => text.contains('.') && text.split('.').all(|label| !label.is_empty() && all(label, "-")),
        "at-identifier" => is_format("did", text) || is_format("handle", text),
        "nsid" => text.split('.').count() >= 3 && all(text, ".-"),
        "record-key" => (1..=512).contains(&text.len()) && all(text, "._:~-") && text != "." && text != "..",
        "tid" => text.len() == 13 && text.chars().all(|c| "234567abcdefghijklmnopqrstuvwxyz".contains(c)),
        "cid" => text.len() == 59 && text.starts_with("bafyrei") && all(text, ""),
        "at-uri" => text.strip_prefix("at://").is_some_and(|rest| {
            let parts: Vec<&str> = rest.split('/').collect();
            parts.len() == 3
                && is_format("at-identifier", parts[0])
                && is_format("nsid", parts[1])
                && is_format("record-key", parts[2])
        }),
        "datetime" => text.len() >= 20 && text.contains('T') && text.parse::<jiff::Timestamp>().is_ok(),
        "uri" => url::Url::parse(text).is_ok() && !text.contains(char::is_whitespace),
        "language" => text.split('-').all(|tag| (1..=8).contains(&tag.len()) && all(tag, "")),
        other => panic!("the validator does not know the format {other}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Makes one thing of a record wrong.
    type Mistake = fn(&mut Value);

    fn problems(change: impl Fn(&mut Value)) -> Problems {
        let Some(lexicons) = Lexicons::open() else { return vec!["no specs".into()] };
        let mut record = json!({
            "$type": "app.bsky.feed.post", "text": "a #b", "createdAt": "2026-11-23T12:00:00.000Z", "langs": ["en"],
            "facets": [{
                "index": {"byteStart": 2, "byteEnd": 4},
                "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "b"}],
            }],
            "embed": {"$type": "app.bsky.embed.record", "record": {
                "uri": "at://did:plc:abc/app.bsky.feed.post/3kabc",
                "cid": "bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy",
            }},
        });
        change(&mut record);
        lexicons.record("app.bsky.feed.post", &record)
    }

    #[test]
    fn a_right_record_has_no_problem() {
        if Lexicons::open().is_some() {
            assert_eq!(problems(|_| ()), Problems::new());
        }
    }

    #[test]
    fn each_planted_mistake_is_found() {
        let mistakes: [(&str, Mistake); 12] = [
            ("unknown field", |r| r["extra"] = json!(1)),
            ("graphemes", |r| r["text"] = json!("x".repeat(301))),
            ("bytes", |r| r["text"] = json!("👨\u{200d}👩\u{200d}👧\u{200d}👦".repeat(121))),
            ("missing", |r| r.as_object_mut().map(|o| o.remove("createdAt")).map_or((), drop)),
            ("no datetime", |r| r["createdAt"] = json!("2026-11-23")),
            ("items", |r| r["langs"] = json!(["a", "b", "c", "d"])),
            ("union", |r| r["facets"][0]["features"][0]["$type"] = json!("app.bsky.richtext.facet#bold")),
            ("unknown field", |r| r["facets"][0]["index"]["unit"] = json!("bytes")),
            ("bounds", |r| r["facets"][0]["index"]["byteStart"] = json!(-1)),
            ("no cid", |r| r["embed"]["record"]["cid"] = json!("bafy")),
            ("no at-uri", |r| r["embed"]["record"]["uri"] = json!("https://bsky.app")),
            ("$type", |r| r["$type"] = json!("app.bsky.feed.like")),
        ];
        if Lexicons::open().is_none() {
            return;
        }
        for (word, mistake) in mistakes {
            let found = problems(mistake);
            assert!(found.iter().any(|problem| problem.contains(word)), "{word} is not in {found:?}");
        }
    }
}
