//! Each outgoing request against the platform's own machine-readable document.

use std::collections::BTreeSet;

use postrider_connector::auth::{Auth, AuthCx, ConnectFields};
use postrider_connector::http::Method;
use postrider_connector::testkit::{Cut, Ending, FakeTransport, Recovery, Samples as _, answer, run};
use postrider_connector::{Connector as _, Credentials, Cx, Request, Response};
use postrider_connectors::bluesky::Bluesky;
use postrider_domain::content::{PartContent, Variant};
use postrider_domain::secret::Secret;
use serde_json::{Map, Value, json};
use url::Url;

use crate::lexicon::Lexicons;
use crate::samples::BlueskySamples;

/// Variants that together use every field a record of ours can have.
fn variants() -> Vec<Variant> {
    let part = |text: &str| PartContent { text: text.to_owned(), ..PartContent::default() };
    let with = |settings: Value| Variant {
        parts: vec![part("a @bob.test (https://example.com/x_(y)) #ü"), part("b example.org/ä?q=1#f"), part("c")],
        settings: settings.as_object().cloned().unwrap_or_default(),
    };
    let quote = format!("at://{}/app.bsky.feed.post/3kabcdefgh22a", "did:plc:z72i7hdynmk6r22z27h6tvur");
    let own = [
        json!({}),
        json!({"langs": ["en", "pt-BR", "zh-Hant"], "labels": ["sexual", "nudity", "porn", "graphic-media"]}),
        json!({"reply_gate": "nobody"}),
        json!({"reply_gate": ["mentioned", "following", "followers"], "quote": quote}),
    ];
    let longest = Variant { parts: vec![part(&"é".repeat(300))], settings: Map::new() };
    let samples = BlueskySamples.variants().into_iter().map(|(_, variant)| variant);
    own.map(with).into_iter().chain([longest]).chain(samples).collect()
}

/// What a request of ours says, checked against the lexicon of its method; returns the method.
fn check(lexicons: &Lexicons, request: &Request) -> String {
    let url = Url::parse(&request.url).expect("an address");
    let method = url.path().strip_prefix("/xrpc/").expect("an XRPC call").to_owned();
    let problems = match request.method {
        Method::Get => {
            let typed = |text: &str| text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number));
            let params: Map<String, Value> = url.query_pairs().map(|(k, v)| (k.into_owned(), typed(&v))).collect();
            assert!(request.body.is_empty(), "{method}: a query with a body");
            lexicons.parameters(&method, &Value::Object(params))
        }
        Method::Post => {
            let sent = request.headers.get("content-type").map(String::as_str);
            let encoding = lexicons.encoding(&method);
            if let Some(files) = encoding.filter(|encoding| encoding != "application/json") {
                file(request, sent.expect("a file has a type"), &files)
            } else {
                assert_eq!(url.query(), None, "{method}: a procedure with a query string");
                json_body(lexicons, &method, request, sent)
            }
        }
        other => panic!("{method} by {other:?}"),
    };
    assert!(problems.is_empty(), "{method}: {problems:#?}\n{}", String::from_utf8_lossy(&request.body));
    method
}

/// A procedure that takes a file: its bytes are streamed and it says which type it has.
fn file(request: &Request, sent: &str, encoding: &str) -> Vec<String> {
    assert!(request.attached.is_some() && request.body.is_empty(), "a file is streamed");
    let fits = encoding == "*/*" || encoding == sent;
    if fits { Vec::new() } else { vec![format!("{sent} where {encoding} is expected")] }
}

fn json_body(lexicons: &Lexicons, method: &str, request: &Request, sent: Option<&str>) -> Vec<String> {
    assert_eq!(sent, (!request.body.is_empty()).then_some("application/json"), "{method}: content type");
    let body: Value = if request.body.is_empty() { Value::Null } else { from_body(request) };
    let mut problems = lexicons.input(method, &body);
    if let Some(collection) = body["collection"].as_str() {
        problems.extend(lexicons.record(collection, &body["record"]));
    }
    problems
}

fn from_body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).expect("a JSON body")
}

#[tokio::test]
async fn everything_that_publishing_sends_fits_the_lexicons() {
    let Some(lexicons) = Lexicons::open() else { return };
    let mut methods = BTreeSet::new();
    let mut fields = BTreeSet::new();
    for variant in variants() {
        let (account, shelf) = (BlueskySamples.account(), BlueskySamples.files().shelf());
        let issues =
            Bluesky.check(&postrider_connector::Subject { variant: &variant, account: &account, shelf: &shelf });
        assert!(issues.is_empty(), "{issues:?}");
        for cut in [Cut::Never, Cut::AnswerLost(1), Cut::BeforeResult(0)] {
            let network = FakeTransport::serving(BlueskySamples.platform());
            let run = run(&Bluesky, &BlueskySamples, &variant, &network, (cut, Recovery::Ask)).await;
            assert!(matches!(run.ending, Ending::Done(_)), "{:?}", run.ending);
            for request in network.requests() {
                methods.insert(check(&lexicons, &request));
                let json = !request.body.is_empty() && request.attached.is_none();
                let record = if json { from_body(&request)["record"].clone() } else { Value::Null };
                fields.extend(record.as_object().into_iter().flat_map(Map::keys).cloned());
                assert!(is_in_bounds(&record), "a facet outside its text: {record}");
            }
        }
    }
    let called = [
        "app.bsky.video.getJobStatus",
        "app.bsky.video.uploadVideo",
        "com.atproto.identity.resolveHandle",
        "com.atproto.repo.getRecord",
        "com.atproto.repo.putRecord",
        "com.atproto.repo.uploadBlob",
        "com.atproto.server.getServiceAuth",
    ];
    assert_eq!(methods.iter().collect::<Vec<_>>(), called);
    let all = ["$type", "allow", "createdAt", "embed", "facets", "labels", "langs", "post", "reply", "text"];
    assert_eq!(fields.iter().collect::<Vec<_>>(), all, "the variants above use every field");
}

/// Facets lie on character boundaries of the text, in order and apart.
fn is_in_bounds(record: &Value) -> bool {
    let text = record["text"].as_str().unwrap_or_default();
    let mut end = 0;
    record["facets"].as_array().into_iter().flatten().all(|facet| {
        let at = |name: &str| facet["index"][name].as_u64().expect("an offset") as usize;
        let sound = at("byteStart") >= end && text.get(at("byteStart")..at("byteEnd")).is_some_and(|t| !t.is_empty());
        end = at("byteEnd");
        sound
    })
}

fn session() -> Response {
    let document = json!({"id": "did:plc:abc", "service": []});
    let body = json!({
        "accessJwt": "a.b.c", "refreshJwt": "d.e.f", "handle": "ada.test", "did": "did:plc:abc", "didDoc": document,
    });
    answer(200, body.to_string())
}

#[tokio::test]
async fn every_session_call_fits_the_lexicons() {
    let Some(lexicons) = Lexicons::open() else { return };
    let Auth::Session(auth) = Bluesky.auth() else { panic!("Bluesky has sessions") };
    let network = FakeTransport::default();
    let server = answer(200, r#"{"did":"did:web:pds.example","availableUserDomains":[]}"#);
    let profile = answer(400, r#"{"error":"RecordNotFound"}"#);
    for response in [server, session(), profile, session(), answer(200, "")] {
        network.next(Ok(response));
    }
    let credentials = Credentials::default().with("access", "a.b.c").with("refresh", "d.e.f");
    let cx = AuthCx(Cx::reading(&network, &credentials));
    let field = |name: &str, value: &str| (name.to_owned(), Secret::new(value));
    let form = [field("identifier", "ada.test"), field("password", "pass-word"), field("code", "123")];
    auth.log_in(&cx, &ConnectFields(form.into_iter().collect())).await.expect("connected");
    auth.refresh(&cx, "https://pds.example").await.expect("refreshed");
    auth.log_out(&cx, "https://pds.example").await.expect("logged out");
    let called: Vec<String> = network.requests().iter().map(|request| check(&lexicons, request)).collect();
    let expected = [
        "com.atproto.server.describeServer",
        "com.atproto.server.createSession",
        "com.atproto.repo.getRecord",
        "com.atproto.server.refreshSession",
        "com.atproto.server.deleteSession",
    ];
    assert_eq!(called, expected);
}
