//! Each outgoing request of Threads against its official collection, converted to OpenAPI.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use postrider_connector::testkit::{Cut, Ending, FakeTransport, Recovery, Samples as _, Ticks, answer, run};
use postrider_connector::{Change, Connector as _, Cx, PlanCx, Receipt, Request};
use postrider_connectors::threads::Threads;
use serde_json::{Value, json};
use url::Url;

use crate::samples::ThreadsSamples;

/// The document, or `None` with a line that says so.
fn document() -> Option<Value> {
    let path = crate::specs::path("threads/openapi.converted.json")?;
    Some(serde_json::from_str(&fs::read_to_string(path).expect("readable")).expect("JSON"))
}

/// What a request says, in its address and its form: the interface takes either.
fn said(request: &Request) -> BTreeMap<String, String> {
    let url = Url::parse(&request.url).expect("an address");
    let in_form = url::form_urlencoded::parse(&request.body).into_owned();
    url.query_pairs().into_owned().chain(in_form).collect()
}

/// The operation of a request: a path of words goes before one with a variable.
fn operation<'a>(document: &'a Value, request: &Request) -> (&'a Value, String) {
    let url = Url::parse(&request.url).expect("an address");
    let path = url.path().strip_prefix("/v1.0").expect("a version");
    let (path, method) = (path.split('/').collect::<Vec<_>>(), request.method.as_str().to_lowercase());
    let fits = |template: &str| {
        let template: Vec<&str> = template.split('/').collect();
        template.len() == path.len() && template.iter().zip(&path).all(|(t, p)| t == p || t.starts_with('{'))
    };
    let paths = document["paths"].as_object().expect("paths");
    let found = paths.iter().filter(|(template, item)| fits(template) && item.get(&method).is_some());
    let best = found.min_by_key(|(template, _)| (template.matches('{').count(), !template.contains("thread_id")));
    let (template, item) = best.unwrap_or_else(|| panic!("{method} {} is not in the document", url.path()));
    (&item[&method], format!("{method} {template}"))
}

fn check(document: &Value, request: &Request) -> String {
    let (operation, name) = operation(document, request);
    let known: BTreeMap<&str, &Value> = operation["parameters"]
        .as_array()
        .expect("parameters")
        .iter()
        .map(|parameter| (parameter["name"].as_str().expect("a name"), &parameter["schema"]))
        .collect();
    for (field, value) in said(request) {
        let schema = known.get(field.as_str()).unwrap_or_else(|| panic!("{name}: the document knows no {field}"));
        let validator = jsonschema::validator_for(schema).expect("a schema");
        assert!(validator.is_valid(&json!(value)), "{name}: {field} = {value}, the document says {schema}");
    }
    assert!(said(request).contains_key("access_token"), "{name}: no token");
    name
}

#[tokio::test]
async fn everything_that_threads_is_sent_is_in_its_document() {
    let Some(document) = document() else { return };
    let mut seen = BTreeSet::new();
    for (kind, variant) in ThreadsSamples.variants() {
        // Some answer that is lost is that to the publication, which is then asked about.
        for cut in (0..8).map(Cut::AnswerLost) {
            let network = FakeTransport::serving(ThreadsSamples.platform());
            let run = run(&Threads::default(), &ThreadsSamples, &variant, &network, (cut, Recovery::Ask)).await;
            assert!(matches!(run.ending, Ending::Done(_)), "{kind}: {:?}", run.ending);
            seen.extend(network.requests().iter().map(|request| check(&document, request)));
        }
    }
    let expected = ["get /me/threads", "get /{thread_id}", "post /me/threads", "post /me/threads_publish"];
    let missing: Vec<_> = expected.iter().filter(|name| !seen.contains(**name)).collect();
    assert!(missing.is_empty(), "{missing:?} in {seen:?}");
}

#[tokio::test]
async fn a_deletion_is_in_the_document_of_threads() {
    let Some(document) = document() else { return };
    let (threads, ticks) = (Threads::default(), Ticks::default());
    let account = ThreadsSamples.account();
    let receipt = Receipt { remote_id: "17900000000000001".into(), url: None, extra: Value::Null };
    let mut plan = PlanCx::new(ticks.now(), &ticks);
    let begun = threads.begin_change(&mut plan, &account, &receipt, &Change::Delete);
    let state = begun.expect("offered").expect("begun");
    let part = postrider_connector::PartInput::default();
    let sends = threads.effect(&account, &part, &state).expect("an effect").sends().expect("sends");
    let (network, credentials) = (FakeTransport::always(answer(200, "{}")), ThreadsSamples.credentials());
    let cx = Cx::sending(&network, &credentials, &crate::channel::Open, sends);
    threads.step(&cx, &account, &part, &state).await.expect("deleted");
    assert_eq!(check(&document, &network.requests()[0]), "delete /{thread_id}");
}
