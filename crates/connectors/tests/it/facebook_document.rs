//! Each outgoing request of Facebook Pages against the specifications that Meta generates its own SDKs from.

use std::collections::BTreeSet;
use std::fs;

use postrider_connector::testkit::{Cut, Ending, FakeTransport, Recovery, Samples as _, Ticks, answer, run};
use postrider_connector::{Change, Connector as _, Cx, PartInput, PlanCx, Receipt, Request};
use postrider_connectors::facebook::Facebook;
use serde_json::{Value, json};
use url::Url;

use crate::samples::FacebookSamples;

/// Parameters of every call, which no edge lists.
const COMMON: &[&str] = &["access_token", "fields", "limit"];

/// The file of a photo, which the guide has and the specification leaves out because it is no parameter of its own
/// ("Pages API: posts", read 2026-11-23).
const FILES: &[(&str, &str)] = &[("photos", "source")];

/// A specification by the name of its node, or `None` with a line that says so.
fn node(name: &str) -> Option<Value> {
    let path = crate::specs::path(&format!("meta/codegen_specs/{name}.json"))?;
    Some(serde_json::from_str(&fs::read_to_string(path).expect("readable")).expect("JSON"))
}

/// Which node an address is of: ids of the samples tell.
fn name_of(id: &str) -> &'static str {
    match id {
        "100" => "Page",
        id if id.starts_with("100_") => "PagePost",
        id if id.starts_with('6') => "AdVideo",
        _ => "Comment",
    }
}

/// Names in a form, also in one with files.
fn names(request: &Request) -> Vec<String> {
    let url = Url::parse(&request.url).expect("an address");
    let in_query = url.query_pairs().map(|(name, _)| name.into_owned());
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let in_body: Vec<String> = if request.headers.get("content-type").is_some_and(|kind| kind.starts_with("multipart"))
    {
        body.split("; name=\"").skip(1).filter_map(|rest| rest.split('"').next().map(str::to_owned)).collect()
    } else {
        url::form_urlencoded::parse(request.body.as_slice()).map(|(name, _)| name.into_owned()).collect()
    };
    in_query.chain(in_body).collect()
}

/// `attached_media[0]` is an entry of `attached_media`; the name of a file is no field.
fn plain(name: &str) -> &str {
    name.split('[').next().unwrap_or(name)
}

/// Checks one request, and says which edge it is.
fn check(request: &Request) -> Option<String> {
    let url = Url::parse(&request.url).expect("an address");
    let path: Vec<&str> = url.path().trim_start_matches('/').split('/').collect();
    let (id, edge) = match path.as_slice() {
        ["v26.0", id] => (*id, ""),
        ["v26.0", id, edge] => (*id, *edge),
        // Bytes have a host and a shape of their own.
        ["video-upload", ..] => return Some("bytes".to_owned()),
        other => panic!("{other:?} is in no document"),
    };
    let (name, method) = (name_of(id), request.method.as_str());
    let own = match method {
        "GET" => "#get",
        "DELETE" => "#delete",
        _ => "#update",
    };
    let wanted = if edge.is_empty() { own } else { edge };
    let spec = node(name)?;
    let found = spec["apis"].as_array().expect("edges").iter().find(|one| {
        let known = one["endpoint"].as_str().or(one["name"].as_str());
        one["method"] == method && known == Some(wanted)
    });
    let found = found.unwrap_or_else(|| panic!("{name} has no {method} {wanted}"));
    let params = found["params"].as_array().expect("parameters");
    let params: BTreeSet<&str> = params.iter().filter_map(|param| param["name"].as_str()).collect();
    for field in names(request) {
        let field = plain(&field);
        let file = FILES.contains(&(edge, field));
        assert!(
            params.contains(field) || COMMON.contains(&field) || file,
            "{method} {name}/{wanted}: the specification knows no {field}"
        );
    }
    assert!(names(request).iter().any(|field| field == "access_token"), "{method} {name}/{wanted}: no token");
    if method == "GET" {
        fields(&url, &spec, edge);
    }
    Some(format!("{method} {name}/{wanted}"))
}

/// Fields that are asked of a node itself are those that it has.
fn fields(url: &Url, spec: &Value, edge: &str) {
    let known: BTreeSet<&str> =
        spec["fields"].as_array().expect("fields").iter().filter_map(|field| field["name"].as_str()).collect();
    let asked = url.query_pairs().find(|(name, _)| name == "fields").map(|(_, fields)| fields.into_owned());
    for field in asked.filter(|_| edge.is_empty()).unwrap_or_default().split(',').filter(|field| !field.is_empty()) {
        assert!(known.contains(field), "no field {field}");
    }
}

#[tokio::test]
async fn everything_that_facebook_is_sent_is_in_its_specification() {
    if node("Page").is_none() {
        return;
    }
    let mut seen = BTreeSet::new();
    for (kind, variant) in FacebookSamples.variants() {
        // Some answer that is lost is that to the publication, which is then asked about.
        for cut in (0..8).map(Cut::AnswerLost) {
            let network = FakeTransport::serving(FacebookSamples.platform());
            let run = run(&Facebook::default(), &FacebookSamples, &variant, &network, (cut, Recovery::Ask)).await;
            assert!(matches!(run.ending, Ending::Done(_)), "{kind}: {:?}", run.ending);
            seen.extend(network.requests().iter().filter_map(check));
        }
    }
    for expected in [
        "POST Page/feed",
        "POST Page/photos",
        "POST Page/photo_stories",
        "POST Page/videos",
        "POST Page/video_reels",
        "POST Page/video_stories",
        "POST PagePost/comments",
        "GET Page/published_posts",
        "GET Page/stories",
        "GET PagePost/comments",
        "GET AdVideo/#get",
        "bytes",
    ] {
        assert!(seen.contains(expected), "{expected} in {seen:?}");
    }
}

#[tokio::test]
async fn changes_of_a_page_are_in_its_specification() {
    if node("Page").is_none() {
        return;
    }
    let (facebook, ticks, account) = (Facebook::default(), Ticks::default(), FacebookSamples.account());
    let part = PartInput { text: "in other words".to_owned(), ..PartInput::default() };
    for (id, kind, edit) in [("100_7", "post", "POST PagePost/#update"), ("601", "video", "POST AdVideo/#update")] {
        let receipt = Receipt { remote_id: id.to_owned(), url: None, extra: json!({ "kind": kind }) };
        let delete = edit.replace("POST", "DELETE").replace("#update", "#delete");
        for (change, expected) in [(Change::Edit(Box::new(part.clone())), edit), (Change::Delete, delete.as_str())] {
            let mut plan = PlanCx::new(ticks.now(), &ticks);
            let begun = facebook.begin_change(&mut plan, &account, &receipt, &change).expect("offered");
            let state = begun.expect("begun");
            let sends = facebook.effect(&account, &part, &state).expect("an effect").sends().expect("sends");
            let network = FakeTransport::always(answer(200, r#"{"success": true}"#));
            let credentials = FacebookSamples.credentials();
            let cx = Cx::sending(&network, &credentials, &crate::channel::Open, sends);
            facebook.step(&cx, &account, &part, &state).await.expect("changed");
            assert_eq!(check(&network.requests()[0]).as_deref(), Some(expected));
        }
    }
}
