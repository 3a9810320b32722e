//! The committed OpenAPI document: no drift, nothing broken.
//!
//! After a change: `UPDATE=1 cargo nextest run -p postrider-api contract` writes
//! `docs/openapi.json`. At a release, `UPDATE=baseline` makes it the baseline that
//! later versions are compared with.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

fn docs(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

#[expect(clippy::disallowed_methods, reason = "a person asks for a new file by the environment")]
fn update() -> String {
    std::env::var("UPDATE").unwrap_or_default()
}

fn current() -> String {
    postrider_api::document().to_pretty_json().expect("plain data") + "\n"
}

fn drift(committed: &str, current: &str) -> Option<String> {
    if committed == current {
        return None;
    }
    let line = committed.lines().zip(current.lines()).take_while(|(a, b)| a == b).count() + 1;
    Some(format!(
        "docs/openapi.json differs from the handlers, first on line {line}; \
         write it with UPDATE=1 cargo nextest run -p postrider-api contract"
    ))
}

#[test]
fn the_committed_document_is_what_the_handlers_say() {
    if !update().is_empty() {
        std::fs::write(docs("openapi.json"), current()).expect("writes");
    }
    let committed = std::fs::read_to_string(docs("openapi.json")).unwrap_or_default();
    assert_eq!(drift(&committed, &current()), None);
}

#[test]
fn a_planted_drift_is_found() {
    let planted = current().replacen("\"operationId\": \"get_me\"", "\"operationId\": \"fetch_me\"", 1);
    let message = drift(&planted, &current()).expect("differs");
    assert!(message.contains("docs/openapi.json differs") && message.contains("UPDATE=1"), "{message}");
}

#[test]
fn nothing_in_the_baseline_is_broken() {
    if update() == "baseline" {
        std::fs::write(docs("openapi.baseline.json"), current()).expect("writes");
    }
    let baseline = std::fs::read_to_string(docs("openapi.baseline.json")).expect("the baseline is committed");
    let found = breaks(&parsed(&baseline), &parsed(&current()));
    assert!(found.is_empty(), "{found:#?}");
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// Changes that a client of `old` would notice, one sentence each.
fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (path, old_item) in old["paths"].as_object().into_iter().flatten() {
        let Some(new_item) = new["paths"].get(path) else {
            found.push(format!("{path} is gone"));
            continue;
        };
        for (method, old_operation) in old_item.as_object().into_iter().flatten() {
            match new_item.get(method) {
                None => found.push(format!("{method} {path} is gone")),
                Some(operation) => {
                    let mut check = Check { old, new, seen: BTreeSet::new(), found: &mut found };
                    check.operation(&format!("{method} {path}"), old_operation, operation);
                }
            }
        }
    }
    found
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Request,
    Response,
}

struct Check<'a> {
    old: &'a Value,
    new: &'a Value,
    seen: BTreeSet<String>,
    found: &'a mut Vec<String>,
}

impl Check<'_> {
    fn operation(&mut self, name: &str, old: &Value, new: &Value) {
        for (status, answer) in old["responses"].as_object().into_iter().flatten() {
            for (kind, content) in answer["content"].as_object().into_iter().flatten() {
                let now = &new["responses"][status]["content"][kind];
                if now.is_null() {
                    self.found.push(format!("{name}: the {status} answer of {kind} is gone"));
                    continue;
                }
                self.schema(&format!("{name}: {status}"), &content["schema"], &now["schema"], Side::Response);
            }
        }
        let body = |operation: &Value| operation["requestBody"]["content"]["application/json"]["schema"].clone();
        match (body(old), body(new)) {
            (Value::Null, Value::Null) => {}
            (Value::Null, _) => self.found.push(format!("{name}: needs a body now")),
            (before, now) => self.schema(&format!("{name}: body"), &before, &now, Side::Request),
        }
        self.parameters(name, old, new);
    }

    fn parameters(&mut self, name: &str, old: &Value, new: &Value) {
        let required = |operation: &Value| -> BTreeSet<String> {
            let all = operation["parameters"].as_array().cloned().unwrap_or_default();
            all.iter().filter(|one| one["required"] == true).map(|one| format!("{}", one["name"])).collect()
        };
        let known = required(old);
        for parameter in required(new).difference(&known) {
            self.found.push(format!("{name}: parameter {parameter} is needed now"));
        }
    }

    fn schema(&mut self, at: &str, old: &Value, new: &Value, side: Side) {
        let names = (reference(old), reference(new));
        if names.0.is_some() && !self.seen.insert(format!("{side:?} {names:?}", side = side as u8)) {
            return;
        }
        let (old, new) = (resolve(self.old, old), resolve(self.new, new));
        if kind(&old) != kind(&new) {
            self.found.push(format!("{at} was {} and is {}", kind(&old), kind(&new)));
            return;
        }
        self.fields(at, &old, &new, side);
        if old.get("items").is_some() {
            self.schema(&format!("{at}[]"), &old["items"], &new["items"], side);
        }
        for key in ["allOf", "oneOf", "anyOf"] {
            let (before, now) = (old[key].as_array().cloned(), new[key].as_array().cloned().unwrap_or_default());
            for (index, part) in before.into_iter().flatten().enumerate() {
                match now.get(index) {
                    None => self.found.push(format!("{at}: an alternative is gone")),
                    Some(other) => self.schema(at, &part, other, side),
                }
            }
        }
    }

    fn fields(&mut self, at: &str, old: &Value, new: &Value, side: Side) {
        for (field, before) in old["properties"].as_object().into_iter().flatten() {
            match new["properties"].get(field) {
                None => self.found.push(format!("{at}.{field} is gone")),
                Some(now) => self.schema(&format!("{at}.{field}"), before, now, side),
            }
        }
        let required = |schema: &Value| -> BTreeSet<String> {
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let (before, now) = (required(old), required(new));
        match side {
            Side::Request => {
                let new_ones = now.difference(&before).map(|field| format!("{at}.{field} is needed now"));
                self.found.extend(new_ones);
            }
            Side::Response => {
                let lost = before.difference(&now).filter(|field| new["properties"].get(field.as_str()).is_some());
                self.found.extend(lost.map(|field| format!("{at}.{field} may be absent now")));
            }
        }
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref").and_then(Value::as_str)
}

fn resolve(document: &Value, schema: &Value) -> Value {
    let found = reference(schema).and_then(|name| document.pointer(name.trim_start_matches('#')));
    found.unwrap_or(schema).clone()
}

/// The type as text; a schema without one is judged by its parts.
fn kind(schema: &Value) -> String {
    schema.get("type").map_or_else(|| "any".to_owned(), Value::to_string)
}

fn planted(edit: impl FnOnce(&mut Value)) -> Vec<String> {
    let old = parsed(&current());
    let mut new = old.clone();
    edit(&mut new);
    breaks(&old, &new)
}

fn object<'a>(document: &'a mut Value, pointer: &str) -> &'a mut serde_json::Map<String, Value> {
    document.pointer_mut(pointer).and_then(Value::as_object_mut).expect("an object")
}

#[test]
fn a_planted_removal_is_a_breaking_change() {
    let gone = planted(|new| {
        object(new, "/paths").remove("/api/v1/me");
    });
    assert_eq!(gone, ["/api/v1/me is gone"]);
    let gone = planted(|new| {
        object(new, "/paths/~1api~1v1~1me").remove("patch");
    });
    assert_eq!(gone, ["patch /api/v1/me is gone"]);
    let gone = planted(|new| {
        object(new, "/components/schemas/Workspace/properties").remove("zone");
    });
    assert!(gone.iter().any(|text| text.starts_with("get /api/v1/workspaces/{ws}: 200.zone is gone")), "{gone:?}");
}

#[test]
fn a_planted_demand_is_a_breaking_change() {
    let needed = planted(|new| {
        let required = new.pointer_mut("/components/schemas/CreateKey/required").and_then(Value::as_array_mut);
        required.expect("a list").push(json!("expires_at"));
    });
    assert_eq!(needed, ["post /api/v1/workspaces/{ws}/keys: body.expires_at is needed now"]);
    let needed = planted(|new| {
        let pointer = "/paths/~1api~1v1~1notifications/get/parameters";
        let all = new.pointer_mut(pointer).and_then(Value::as_array_mut).expect("a list");
        all.push(json!({ "name": "since", "in": "query", "required": true }));
    });
    assert_eq!(needed, ["get /api/v1/notifications: parameter \"since\" is needed now"]);
    let changed = planted(|new| {
        object(new, "/components/schemas/Usage/properties").insert("used".to_owned(), json!({ "type": "string" }));
    });
    assert!(changed.iter().any(|text| text.contains(".used was \"integer\" and is \"string\"")), "{changed:?}");
    let absent = planted(|new| {
        object(new, "/components/schemas/User").insert("required".to_owned(), json!(["id"]));
    });
    assert!(absent.iter().any(|text| text.ends_with(".email may be absent now")), "{absent:?}");
}

#[test]
fn additions_are_not_breaking() {
    let added = planted(|new| {
        object(new, "/paths").insert("/api/v1/new".to_owned(), json!({ "get": {} }));
        object(new, "/components/schemas/User/properties").insert("nick".to_owned(), json!({ "type": "string" }));
        object(new, "/components/schemas/CreateKey/properties").insert("note".to_owned(), json!({ "type": "string" }));
    });
    assert_eq!(added, [] as [String; 0]);
}
