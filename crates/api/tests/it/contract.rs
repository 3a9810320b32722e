//! The committed OpenAPI document: no drift, nothing broken.
//!
//! After a change: `UPDATE=1 cargo nextest run -p postrider-api contract` writes
//! `docs/openapi.json`. At a release, `UPDATE=baseline` makes it the baseline that
//! later versions are compared with.
//!
//! What breaks a client depends on the direction. A request may only come to take more: values,
//! forms, ways to log in. An answer may only come to say less that is new: a value of a closed
//! list that a client has never seen breaks it as surely as one that is refused.

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
        self.security(name, old, new);
        for (status, answer) in old["responses"].as_object().into_iter().flatten() {
            for header in answer["headers"].as_object().into_iter().flatten().map(|(header, _)| header) {
                if new["responses"][status]["headers"].get(header).is_none() {
                    self.found.push(format!("{name}: {status}: the header {header} is gone"));
                }
            }
        }
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

    /// Every way in that a client may use stays one.
    fn security(&mut self, name: &str, old: &Value, new: &Value) {
        let ways = |operation: &Value| operation["security"].as_array().cloned().unwrap_or_default();
        let now = ways(new);
        for way in ways(old).iter().filter(|way| !now.contains(way)) {
            let names: Vec<&String> = way.as_object().into_iter().flatten().map(|(scheme, _)| scheme).collect();
            self.found.push(match names.as_slice() {
                [] => format!("{name}: needs a log-in now"),
                names => format!("{name}: {names:?} does not open it any more"),
            });
        }
    }

    fn parameters(&mut self, name: &str, old: &Value, new: &Value) {
        let all = |operation: &Value| operation["parameters"].as_array().cloned().unwrap_or_default();
        for before in all(old) {
            let is_it = |one: &&Value| one["name"] == before["name"] && one["in"] == before["in"];
            let now = all(new);
            match now.iter().find(is_it) {
                None => self.found.push(format!("{name}: parameter {} is gone", before["name"])),
                Some(one) => {
                    let at = format!("{name}: parameter {}", before["name"]);
                    self.schema(&at, &before["schema"], &one["schema"], Side::Request);
                }
            }
        }
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
        // An answer that could be anything may say more of itself.
        let narrower = kind(&old) == "any" && matches!(side, Side::Response);
        if narrower {
            return;
        }
        if kind(&old) != kind(&new) {
            self.found.push(format!("{at} was {} and is {}", kind(&old), kind(&new)));
            return;
        }
        self.values(at, &old, &new, side);
        self.format(at, &old, &new, side);
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

    /// The values of a closed list.
    fn values(&mut self, at: &str, old: &Value, new: &Value, side: Side) {
        let values = |schema: &Value| -> Option<BTreeSet<String>> {
            Some(schema.get("enum")?.as_array()?.iter().map(Value::to_string).collect())
        };
        let (before, now) = (values(old), values(new));
        match (side, before, now) {
            (_, None, None) | (Side::Request, Some(_), None) | (Side::Response, None, Some(_)) => {}
            (Side::Request, None, Some(now)) => self.found.push(format!("{at} takes nothing but {now:?} now")),
            (Side::Response, Some(_), None) => self.found.push(format!("{at} may be anything now")),
            (Side::Request, Some(before), Some(now)) => {
                let gone = before.difference(&now).map(|value| format!("{at} does not take {value} any more"));
                self.found.extend(gone);
            }
            (Side::Response, Some(before), Some(now)) => {
                self.found.extend(now.difference(&before).map(|value| format!("{at} may be {value} now")));
            }
        }
    }

    /// The form of a text or number.
    fn format(&mut self, at: &str, old: &Value, new: &Value, side: Side) {
        let (before, now) = (old["format"].as_str(), new["format"].as_str());
        let narrower = match side {
            Side::Request => now.is_some(),
            Side::Response => before.is_some(),
        };
        if before != now && narrower {
            let name = |format: Option<&str>| format.unwrap_or("any form").to_owned();
            self.found.push(format!("{at} had {} and has {}", name(before), name(now)));
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
fn a_planted_change_of_a_closed_list_breaks_by_its_direction() {
    let list = |new: &mut Value, schema: &str, edit: fn(&mut Vec<Value>)| {
        let pointer = format!("/components/schemas/{schema}/enum");
        edit(new.pointer_mut(&pointer).and_then(Value::as_array_mut).expect("a closed list"));
    };
    let found = planted(|new| {
        list(new, "Role", |roles| roles.retain(|role| role != "writer"));
    });
    assert!(
        found.contains(&"post /api/v1/workspaces/{ws}/keys: body.role does not take \"writer\" any more".to_owned()),
        "{found:?}"
    );
    assert!(found.iter().all(|text| text.contains("body.role")), "an answer may say less: {found:?}");
    let found = planted(|new| {
        list(new, "DeliveryState", |states| states.push(json!("asleep")));
    });
    assert!(found.iter().any(|text| text.ends_with(".state may be \"asleep\" now")), "{found:?}");
    assert!(found.iter().all(|text| !text.contains("parameter")), "a request may take more: {found:?}");
}

#[test]
fn a_planted_change_of_a_form_breaks_by_its_direction() {
    let found = planted(|new| {
        let at = new.pointer_mut("/components/schemas/At").expect("an instant");
        at["format"] = json!("date");
    });
    assert!(found.iter().any(|text| text.contains("body.expires_at had date-time and has date")), "{found:?}");
    assert!(found.iter().any(|text| text.contains("created_at had date-time and has date")), "{found:?}");
    let found = planted(|new| {
        object(new, "/components/schemas/At").remove("format");
    });
    assert!(!found.is_empty() && found.iter().all(|text| !text.contains(": body")), "{found:?}");
    let found = planted(|new| {
        object(new, "/components/schemas/CreateKey/properties/name").insert("format".to_owned(), json!("uuid"));
    });
    assert_eq!(found, ["post /api/v1/workspaces/{ws}/keys: body.name had any form and has uuid"]);
}

#[test]
fn a_planted_loss_of_a_parameter_a_header_or_a_way_in_is_a_breaking_change() {
    let found = planted(|new| {
        let pointer = "/paths/~1api~1v1~1workspaces~1{ws}~1posts/get/parameters";
        let all = new.pointer_mut(pointer).and_then(Value::as_array_mut).expect("a list");
        all.retain(|one| one["name"] != "label");
    });
    assert_eq!(found, ["get /api/v1/workspaces/{ws}/posts: parameter \"label\" is gone"]);
    let found = planted(|new| {
        object(new, "/paths/~1api~1v1~1me/get/responses/200/headers").remove("ETag");
    });
    assert_eq!(found, ["get /api/v1/me: 200: the header ETag is gone"]);
    let found = planted(|new| {
        object(new, "/paths/~1api~1v1~1me/get").insert("security".to_owned(), json!([{ "session": [] }]));
    });
    assert_eq!(found, ["get /api/v1/me: [\"key\"] does not open it any more"]);
    let found = planted(|new| {
        object(new, "/paths/~1api~1v1~1setup/get").insert("security".to_owned(), json!([{ "session": [] }]));
    });
    assert_eq!(found, ["get /api/v1/setup: needs a log-in now"]);
}

#[test]
fn additions_are_not_breaking() {
    let added = planted(|new| {
        object(new, "/paths").insert("/api/v1/new".to_owned(), json!({ "get": {} }));
        object(new, "/components/schemas/User/properties").insert("nick".to_owned(), json!({ "type": "string" }));
        object(new, "/components/schemas/CreateKey/properties").insert("note".to_owned(), json!({ "type": "string" }));
        let ways = json!([{}, { "key": [] }, { "session": [] }]);
        object(new, "/paths/~1api~1v1~1me/get").insert("security".to_owned(), ways);
        let pointer = "/paths/~1api~1v1~1notifications/get/parameters";
        let all = new.pointer_mut(pointer).and_then(Value::as_array_mut).expect("a list");
        all.push(json!({ "name": "since", "in": "query", "required": false, "schema": { "type": "string" } }));
    });
    assert_eq!(added, [] as [String; 0]);
}

#[test]
fn an_answer_of_anything_may_say_more_of_itself_and_no_other() {
    let answer = "/paths/~1api~1v1~1workspaces~1{ws}~1media~1{media}~1file/get/responses/200/content";
    let typed = planted(|new| {
        let content = object(new, answer);
        content.insert("application/octet-stream".to_owned(), json!({ "schema": { "type": "string" } }));
    });
    assert_eq!(typed, [] as [String; 0]);
    let body = planted(|new| {
        let schema = object(new, "/components/schemas/CreateKey/properties/name");
        schema.insert("type".to_owned(), json!("integer"));
    });
    assert!(!body.is_empty());
}
