//! Answers against the published description of the API, where that is present.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::client::*;
use crate::support::*;

/// The description; `None`, with a printed notice, without it.
fn description() -> Option<Value> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs");
    let root = std::env::var_os("POSTRIDER_SPECS").map_or_else(beside, PathBuf::from);
    let file = root.join("mastodon/openapi.publishing.json");
    match std::fs::read(&file) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap()),
        Err(_) => {
            println!("skipped: no specs at {}", root.display());
            None
        }
    }
}

/// What the description's examples of answers show, and servers send, but its schemas leave out.
fn in_examples_only(place: &str, key: &str) -> bool {
    key == "size" && (place.ends_with(".meta.original") || place.ends_with(".meta.small"))
}

/// The description's alternatives overlap: whatever is a `Quote` is a `ShallowQuote` too, and would be neither.
fn overlapping(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if let Some(either) = map.remove("oneOf") {
                map.insert("anyOf".to_owned(), either);
            }
            map.values_mut().for_each(overlapping);
        }
        Value::Array(items) => items.iter_mut().for_each(overlapping),
        _ => {}
    }
}

struct Spec(Value);

impl Spec {
    fn schema(&self, path: &str, verb: &str, status: u16) -> Value {
        let answers = &self.0["paths"][path][verb]["responses"];
        assert!(answers[status.to_string()].is_object(), "{verb} {path} has no {status}");
        let schema = |status: &str| &answers[status]["content"]["application/json"]["schema"];
        // Of a file that is being processed it only says in words that it looks the same.
        let like = if status == 206 { "200".to_owned() } else { status.to_string() };
        assert!(schema(&like).is_object(), "{verb} {path} describes no {like}");
        schema(&like).clone()
    }

    /// Checks an answer: types and required members, and that every member is a documented one.
    fn check(&self, path: &str, verb: &str, reply: &Reply) {
        let mut schema = self.schema(path, verb, reply.status);
        schema["components"] = self.0["components"].clone();
        overlapping(&mut schema);
        let validator = jsonschema::options().build(&schema).unwrap();
        let errors: Vec<_> =
            validator.iter_errors(&reply.body).map(|e| format!("{} at {}", e, e.instance_path())).collect();
        assert!(errors.is_empty(), "{verb} {path}: {errors:#?} in {:#}", reply.body);
        self.known(&schema, &reply.body, path);
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.strip_prefix("#/components/schemas/").unwrap();
            return self.resolve(&self.0["components"]["schemas"][name]);
        }
        let branches = ["oneOf", "anyOf", "allOf"].iter().flat_map(|key| schema[key].as_array().into_iter().flatten());
        let mut all: Vec<_> = branches.flat_map(|branch| self.resolve(branch)).collect();
        all.push(schema);
        all
    }

    fn known(&self, schema: &Value, value: &Value, place: &str) {
        let schemas = self.resolve(schema);
        match value {
            Value::Object(map) => {
                let described = schemas.iter().any(|schema| schema["properties"].is_object());
                for (key, member) in map.iter().filter(|(key, _)| described && !in_examples_only(place, key)) {
                    let found = schemas.iter().find(|schema| schema["properties"][key].is_object());
                    let found = found.unwrap_or_else(|| panic!("{place}.{key} is not documented"));
                    self.known(&found["properties"][key], member, &format!("{place}.{key}"));
                }
            }
            Value::Array(items) => {
                for item in items {
                    if let Some(schema) = schemas.iter().find(|schema| schema["items"].is_object()) {
                        self.known(&schema["items"], item, &format!("{place}[]"));
                    }
                }
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn answers_have_the_documented_shape() {
    let Some(spec) = description().map(Spec) else {
        return;
    };
    let world = World::start().await;
    let scopes = "read write profile";
    let mut fedi = Fedi::registered(&world, "mastodon", scopes).await;
    fedi.token = fedi.token_for("ada", scopes).await;
    let app =
        json!({"client_name": "T", "redirect_uris": [CALLBACK], "scopes": "read", "website": "https://a.example"});
    spec.check("/api/v1/apps", "post", &fedi.send("POST", "/api/v1/apps", &app).await);
    let code = fedi.code_for("ada", "read").await;
    spec.check("/oauth/token", "post", &fedi.exchange(&code, &[]).await);
    spec.check("/oauth/token", "post", &fedi.exchange(&code, &[]).await);
    let media = fedi.upload("image/png", png(4, 3), &[("description", "x"), ("focus", "0,0")]).await;
    let video = fedi.upload("video/mp4", mp4(99), &[]).await;
    spec.check("/api/v2/media", "post", &media);
    spec.check("/api/v2/media", "post", &video);
    let look = format!("/api/v1/media/{}", video.text("id"));
    spec.check("/api/v1/media/{id}", "get", &fedi.get(&look).await);
    let root = fedi.post(json!({"status": "@tomas #Bread https://a.example", "media_ids": [media.body["id"]]})).await;
    let poll = json!({"options": ["a", "b"], "expires_in": 300});
    let reply = json!({"status": "b", "in_reply_to_id": root.body["id"], "poll": poll, "spoiler_text": "w"});
    let reply = fedi.post(reply).await;
    let quote = fedi.post(json!({"status": "c", "quoted_status_id": root.body["id"]})).await;
    let later = json!({"status": "d", "scheduled_at": "2026-11-24T08:00:00Z", "poll": poll});
    let later = fedi.post(later).await;
    for answer in [&root, &reply, &quote, &later, &fedi.post(json!({})).await] {
        spec.check("/api/v1/statuses", "post", answer);
    }
    let path = format!("/api/v1/statuses/{}", reply.text("id"));
    spec.check("/api/v1/statuses/{id}", "put", &fedi.send("PUT", &path, &json!({"status": "e"})).await);
    let me = fedi.me().await;
    for (documented, asked) in [
        ("/api/v1/accounts/verify_credentials", "/api/v1/accounts/verify_credentials".to_owned()),
        ("/api/v1/accounts/lookup", "/api/v1/accounts/lookup?acct=ada".to_owned()),
        ("/api/v1/accounts/{id}/statuses", format!("/api/v1/accounts/{me}/statuses")),
        ("/api/v1/apps/verify_credentials", "/api/v1/apps/verify_credentials".to_owned()),
        ("/api/v1/instance", "/api/v1/instance".to_owned()),
        ("/api/v2/instance", "/api/v2/instance".to_owned()),
        ("/api/v1/statuses/{id}", path.clone()),
        ("/api/v1/statuses/{id}/source", format!("{path}/source")),
        ("/api/v1/statuses/{id}/history", format!("{path}/history")),
        ("/api/v1/statuses/{id}/context", format!("{path}/context")),
        ("/api/v1/scheduled_statuses", "/api/v1/scheduled_statuses".to_owned()),
        ("/api/v1/scheduled_statuses/{id}", format!("/api/v1/scheduled_statuses/{}", later.text("id"))),
        ("/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server".to_owned()),
        ("/api/v1/statuses/{id}", "/api/v1/statuses/7".to_owned()),
    ] {
        spec.check(documented, "get", &fedi.get(&asked).await);
    }
    spec.check("/api/v1/statuses/{id}", "delete", &fedi.send("DELETE", &path, &Value::Null).await);
}
