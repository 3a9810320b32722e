//! Each outgoing request of Mastodon against its OpenAPI document.

use std::collections::BTreeSet;
use std::fs;

use postrider_connector::http::Method;
use postrider_connector::testkit::{Cut, Ending, FakeTransport, Recovery, Samples as _, run};
use postrider_connector::{Change, Connector as _, PlanCx, Receipt, Request};
use postrider_connectors::mastodon::Mastodon;
use serde_json::{Value, json};
use url::Url;

use crate::samples::MastodonSamples;

/// The document, or `None` with a line that says so.
fn document() -> Option<Value> {
    let path = crate::specs::path("mastodon/openapi.publishing.json")?;
    Some(serde_json::from_str(&fs::read_to_string(path).expect("readable")).expect("JSON"))
}

/// The operation of a request, as the document has it.
fn operation<'a>(document: &'a Value, request: &Request) -> (&'a Value, String) {
    let url = Url::parse(&request.url).expect("an address");
    let path: Vec<&str> = url.path().split('/').collect();
    let fits = |template: &str| {
        let template: Vec<&str> = template.split('/').collect();
        template.len() == path.len() && template.iter().zip(&path).all(|(t, p)| t == p || t.starts_with('{'))
    };
    let method = request.method.as_str().to_lowercase();
    let paths = document["paths"].as_object().expect("paths");
    let found = paths.iter().find(|(template, item)| fits(template) && item.get(&method).is_some());
    let (template, item) = found.unwrap_or_else(|| panic!("{method} {} is not in the document", url.path()));
    (&item[&method], format!("{method} {template}"))
}

/// Every property that a schema knows, through references and combinations.
fn properties(document: &Value, schema: &Value) -> BTreeSet<String> {
    if let Some(name) = schema["$ref"].as_str() {
        return properties(document, document.pointer(&name[1..]).expect("the reference leads somewhere"));
    }
    let own = schema["properties"].as_object().into_iter().flat_map(|map| map.keys().cloned());
    let parts = ["allOf", "oneOf", "anyOf"].into_iter().filter_map(|name| schema[name].as_array()).flatten();
    own.chain(parts.flat_map(|part| properties(document, part))).collect()
}

/// The names in a request's body.
fn names(request: &Request) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(&request.body);
    match request.headers.get("content-type").map(String::as_str) {
        None => BTreeSet::new(),
        Some("application/json") => {
            let body: Value = serde_json::from_str(&text).expect("JSON");
            body.as_object().expect("an object").keys().cloned().collect()
        }
        Some(form) => {
            assert!(form.starts_with("multipart/form-data"), "{form}");
            let fields = text.split("; name=\"").skip(1).filter_map(|rest| rest.split('"').next());
            fields.map(str::to_owned).collect()
        }
    }
}

fn check(document: &Value, request: &Request) -> String {
    let (operation, name) = operation(document, request);
    let content = &operation["requestBody"]["content"];
    let kind = request.headers.get("content-type").map_or("", |kind| kind.split(';').next().unwrap_or_default());
    let schema = &content[kind]["schema"];
    let known = properties(document, schema);
    let unknown: Vec<String> = names(request).difference(&known).cloned().collect();
    assert!(unknown.is_empty(), "{name}: unknown fields {unknown:?}; the document knows {known:?}");
    if kind == "application/json" {
        let mut root = schema.clone();
        root["components"] = document["components"].clone();
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        let validator = jsonschema::validator_for(&root).expect("a schema");
        // The three kinds of status overlap, so a body may fit more than one of them.
        let fits = schema["oneOf"].as_array().is_none_or(|kinds| {
            kinds.iter().any(|one| {
                let mut one = one.clone();
                one["components"] = document["components"].clone();
                jsonschema::validator_for(&one).expect("a schema").is_valid(&body)
            })
        });
        assert!(fits && (schema["oneOf"].is_array() || validator.is_valid(&body)), "{name}: {body}");
    }
    name
}

#[tokio::test]
async fn everything_that_mastodon_is_sent_is_in_its_document() {
    let Some(document) = document() else { return };
    let samples = MastodonSamples { keys_honoured: true };
    let mut seen = BTreeSet::new();
    for (kind, variant) in samples.variants() {
        let network = FakeTransport::serving(samples.platform());
        let run = run(&Mastodon, &samples, &variant, &network, (Cut::Never, Recovery::Repeat)).await;
        assert!(matches!(run.ending, Ending::Done(_)), "{kind}: {:?}", run.ending);
        for request in network.requests() {
            seen.insert(check(&document, &request));
            let key = request.headers.contains_key("idempotency-key");
            assert_eq!(key, request.method == Method::Post && request.url.ends_with("/statuses"), "{}", request.url);
        }
    }
    let expected = ["get /api/v1/media/{id}", "post /api/v1/statuses", "post /api/v2/media"];
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn changes_of_what_is_live_are_in_mastodons_document() {
    let Some(document) = document() else { return };
    let samples = MastodonSamples { keys_honoured: true };
    let ticks = postrider_connector::testkit::Ticks::default();
    let receipt = Receipt { remote_id: "4711".into(), url: None, extra: json!({"media": ["500"]}) };
    for (_, variant) in samples.variants() {
        let part = postrider_connector::testkit::part_input(&samples.files(), &variant, 0, &[]);
        for change in [Change::Edit(Box::new(part.clone())), Change::Delete] {
            let mut plan = PlanCx::new(ticks.now(), &ticks);
            let begun = Mastodon.begin_change(&mut plan, &samples.account(), &receipt, &change);
            let state = begun.expect("offered").expect("begun");
            let network = FakeTransport::always(postrider_connector::testkit::answer(200, "{}"));
            let credentials = samples.credentials();
            let sends = Mastodon.effect(&samples.account(), &part, &state).expect("an effect").sends().expect("sends");
            let cx = postrider_connector::Cx::sending(&network, &credentials, &crate::channel::Open, sends);
            Mastodon.step(&cx, &samples.account(), &part, &state).await.expect("changed");
            let name = check(&document, &network.requests()[0]);
            assert!(["put /api/v1/statuses/{id}", "delete /api/v1/statuses/{id}"].contains(&name.as_str()), "{name}");
        }
    }
}
