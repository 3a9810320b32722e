//! Each outgoing request of Instagram against what Meta's own code generator knows, converted to OpenAPI.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use postrider_connector::Request;
use postrider_connector::http::Method;
use postrider_connector::testkit::{Cut, Ending, FakeTransport, Recovery, Samples as _, run};
use postrider_connectors::instagram::Instagram;
use serde_json::{Value, json};
use url::Url;

use crate::samples::InstagramSamples;

/// The document, or `None` with a line that says so.
fn document() -> Option<Value> {
    let path = crate::specs::path("meta/openapi.graph-instagram.json")?;
    Some(serde_json::from_str(&fs::read_to_string(path).expect("readable")).expect("JSON"))
}

/// Lists that the manual has and the document leaves out, with all that they are asked with ("IG User: stories" and "IG
/// Media: comments", read 2026-11-23).
const ALSO: &[&str] = &["get /{ig_user_id}/stories", "get /{ig_media_id}/comments"];
const ASKED_WITH: &[&str] = &["fields", "limit", "access_token"];

/// The operation of a request: a path of words goes before one with a variable.
fn operation<'a>(document: &'a Value, request: &Request) -> (Option<&'a Value>, String) {
    let url = Url::parse(&request.url).expect("an address");
    let path = url.path().strip_prefix("/v26.0").expect("a version");
    let (path, method) = (path.split('/').collect::<Vec<_>>(), request.method.as_str().to_lowercase());
    let fits = |template: &str| {
        let template: Vec<&str> = template.split('/').collect();
        template.len() == path.len() && template.iter().zip(&path).all(|(t, p)| t == p || t.starts_with('{'))
    };
    let paths = document["paths"].as_object().expect("paths");
    let found = paths.iter().filter(|(template, item)| fits(template) && item.get(&method).is_some());
    if let Some((template, item)) = found.min_by_key(|(template, _)| template.matches('{').count()) {
        return (Some(&item[&method]), format!("{method} {template}"));
    }
    let also = ALSO.iter().find(|name| name.strip_prefix(&format!("{method} ")).is_some_and(fits));
    (None, (*also.unwrap_or_else(|| panic!("{method} {} is in no document", url.path()))).to_owned())
}

/// A field of a form as the value that it stands for: lists of ids by commas, objects and other lists as JSON.
fn meant(value: &str, schema: &Value) -> Value {
    let as_json = || serde_json::from_str(value).unwrap_or_else(|_| json!(value));
    match (schema["type"].as_str(), value.starts_with('[')) {
        (Some("array"), false) => json!(value.split(',').collect::<Vec<_>>()),
        (Some("array" | "object" | "boolean" | "integer"), _) => as_json(),
        _ => json!(value),
    }
}

/// Checks one request; says which operation it is, and with which fields.
fn check(document: &Value, request: &Request) -> (String, BTreeSet<String>) {
    let (operation, name) = operation(document, request);
    let url = Url::parse(&request.url).expect("an address");
    let in_query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let in_form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
    assert!(in_query.iter().any(|(field, _)| field == "access_token"), "{name}: no token");
    let body = request.method == Method::Post;
    assert!(body || in_form.is_empty(), "{name}: a body");
    assert!(!body || in_query.len() == 1, "{name}: only the token stands in the address of a form");
    let said = in_query.into_iter().chain(in_form);
    let mut fields = BTreeSet::new();
    for (field, value) in said {
        match operation.map(|operation| known(operation, body)) {
            Some(known) => {
                let schema = known.get(&field).unwrap_or_else(|| panic!("{name}: the document knows no {field}"));
                let validator = jsonschema::validator_for(schema).expect("a schema");
                let value = meant(&value, schema);
                assert!(validator.is_valid(&value), "{name}: {field} = {value}, the document says {schema}");
            }
            None => assert!(ASKED_WITH.contains(&field.as_str()), "{name}: {field} is in no document"),
        }
        fields.insert(field);
    }
    (name, fields)
}

/// What an operation knows, by name.
fn known(operation: &Value, body: bool) -> BTreeMap<String, &Value> {
    if body {
        let schema = &operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
        let properties = schema["properties"].as_object().expect("properties").iter();
        return properties.map(|(name, schema)| (name.clone(), schema)).collect();
    }
    let parameters = operation["parameters"].as_array().expect("parameters").iter();
    let name = |parameter: &Value| parameter["name"].as_str().expect("a name").to_owned();
    parameters.map(|parameter| (name(parameter), &parameter["schema"])).collect()
}

#[tokio::test]
async fn everything_that_instagram_is_sent_is_in_its_document() {
    let Some(document) = document() else { return };
    let mut seen = BTreeMap::<String, BTreeSet<String>>::new();
    for (kind, variant) in InstagramSamples.variants() {
        // Some answer that is lost is that to the publication, or to a comment, which is then asked about.
        for cut in (0..20).map(Cut::AnswerLost) {
            let network = FakeTransport::serving(InstagramSamples.platform());
            let run = run(&Instagram::default(), &InstagramSamples, &variant, &network, (cut, Recovery::Ask)).await;
            assert!(matches!(run.ending, Ending::Done(_)), "{kind}: {:?}", run.ending);
            for (name, fields) in network.requests().iter().map(|request| check(&document, request)) {
                seen.entry(name).or_default().extend(fields);
            }
        }
    }
    let names: Vec<&str> = seen.keys().map(String::as_str).collect();
    let expected = [
        "get /{ig_container_id}",
        "get /{ig_media_id}/comments",
        "get /{ig_user_id}/content_publishing_limit",
        "get /{ig_user_id}/media",
        "get /{ig_user_id}/stories",
        "post /{ig_media_id}/comments",
        "post /{ig_user_id}/media",
        "post /{ig_user_id}/media_publish",
    ];
    assert_eq!(names, expected);
    let of_media: Vec<&str> = seen["post /{ig_user_id}/media"].iter().map(String::as_str).collect();
    let every = [
        "access_token",
        "alt_text",
        "audio_name",
        "caption",
        "children",
        "collaborators",
        "cover_url",
        "image_url",
        "is_carousel_item",
        "media_type",
        "share_to_feed",
        "thumb_offset",
        "trial_params",
        "user_tags",
        "video_url",
    ];
    assert_eq!(of_media, every, "each field that is offered was tried");
}
