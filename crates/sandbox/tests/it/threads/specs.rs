//! Requests and answers against the published collection, where that is present.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::client::*;
use crate::support::*;

/// A file of the published description; `None`, with a printed notice, without it.
fn described(name: &str) -> Option<Value> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs");
    let root = std::env::var_os("POSTRIDER_SPECS").map_or_else(beside, PathBuf::from);
    match std::fs::read(root.join("threads").join(name)) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap()),
        Err(_) => {
            println!("skipped: no specs at {}", root.display());
            None
        }
    }
}

/// What is described and not simulated: reading other people, searching, figures.
const NOT_SIMULATED: [&str; 7] = [
    "/profile_lookup",
    "/profile_posts",
    "/keyword_search",
    "/me/mentions",
    "/oembed",
    "/me/threads_insights",
    "/{thread_id}/insights",
];

#[tokio::test]
async fn every_described_call_is_known_with_every_described_parameter() {
    let Some(spec) = described("openapi.converted.json") else { return };
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let mut seen = 0;
    for (path, verbs) in spec["paths"].as_object().unwrap() {
        for (verb, call) in verbs.as_object().unwrap() {
            let names = call["parameters"].as_array().unwrap().iter().filter(|parameter| parameter["in"] == "query");
            let names: Vec<_> = names.map(|parameter| parameter["name"].as_str().unwrap()).collect();
            let filled = path.split('/').map(|step| if step.starts_with('{') { "7" } else { step });
            let filled = filled.collect::<Vec<_>>().join("/");
            // Values that will not do: the refusal may be about a value, never about a name or a path.
            let pairs: Vec<_> = names.iter().filter(|name| **name != "access_token").map(|name| (*name, "?")).collect();
            let request = threads.request(&verb.to_uppercase(), &format!("{filled}?{}", encoded(&pairs)));
            let message = world.send(request).await.body["error"]["message"].as_str().unwrap_or_default().to_owned();
            let unknown = message.contains("Unknown path") || message.contains("is not a documented parameter");
            assert_eq!(unknown, NOT_SIMULATED.contains(&path.as_str()), "{verb} {path}: {message}");
            seen += 1;
        }
    }
    assert!(seen > 25, "{seen}");
}

#[tokio::test]
async fn every_described_field_of_a_post_can_be_asked_for() {
    let Some(collection) = described("threads-api.postman_collection.json") else { return };
    let variable = |name: &str| {
        let all = collection["variable"].as_array().unwrap();
        all.iter().find(|variable| variable["key"] == name).unwrap()["value"].as_str().unwrap().to_owned()
    };
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let poll = r#"{"option_a":"first","option_b":"second","option_c":"third","option_d":"fourth"}"#;
    let root = threads.posted(&[("media_type", "TEXT"), ("text", "a"), ("poll_attachment", poll)]).await;
    threads.posted(&[("media_type", "TEXT"), ("text", "b"), ("reply_to_id", &root)]).await;
    let container = threads.container(&[("media_type", "TEXT"), ("text", "c")]).await;
    for (path, fields) in [
        (format!("/{root}"), "fields_threads"),
        ("/me/threads".into(), "fields_threads"),
        (format!("/{root}/replies"), "fields_replies"),
        (format!("/{root}/conversation"), "fields_replies"),
        ("/me/replies".into(), "fields_replies"),
        ("/me".into(), "fields_profile"),
        (format!("/{container}/"), "fields_container"),
        ("/me/threads_publishing_limit".into(), "fields_quota"),
        ("/location_search".into(), "fields_location"),
    ] {
        let mut pairs = vec![("fields", variable(fields))];
        pairs.extend(path.contains("search").then(|| ("q", "Menlo Park".to_owned())));
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        threads.get(&format!("{path}?{}", encoded(&pairs))).await.ok();
    }
    let scopes: BTreeSet<_> = variable("scope").split(',').map(str::to_owned).collect();
    assert_eq!(scopes, SCOPES.split(',').map(str::to_owned).collect());
}

/// The example answers of the collection by the name of their request.
fn examples(item: &Value, all: &mut Vec<(String, Value)>) {
    for item in item["item"].as_array().into_iter().flatten() {
        examples(item, all);
        for response in item["response"].as_array().into_iter().flatten() {
            let body = response["body"].as_str().and_then(|body| serde_json::from_str(body).ok());
            all.extend(body.map(|body| (item["name"].as_str().unwrap().to_owned(), body)));
        }
    }
}

/// Every member of the example is there, with a value of its kind.
fn like(example: &Value, answer: &Value, place: &str) {
    match (example, answer) {
        (Value::Object(wanted), Value::Object(given)) => {
            for (name, value) in wanted {
                let member = given.get(name).unwrap_or_else(|| panic!("{place} lacks {name}: {answer}"));
                like(value, member, &format!("{place}.{name}"));
            }
        }
        (Value::Array(wanted), Value::Array(given)) => {
            let (wanted, given) = (&wanted[0], given.first().unwrap_or_else(|| panic!("{place} is empty")));
            like(wanted, given, &format!("{place}[]"));
        }
        _ => assert_eq!(std::mem::discriminant(example), std::mem::discriminant(answer), "{place}: {example} {answer}"),
    }
}

#[tokio::test]
async fn answers_look_like_the_examples() {
    let Some(collection) = described("threads-api.postman_collection.json") else { return };
    let mut all = Vec::new();
    examples(&collection, &mut all);
    let check = |name: &str, answer: &Value| {
        let found = all.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no example of {name}"));
        like(&found.1, answer, name);
    };
    let world = World::start().await;
    let threads = Threads::quick(&world, "ada").await;
    let code = threads.code("ada", SCOPES).await;
    let short = threads.redeem(&code, &[]).await.ok();
    check("Exchange the Code For a Token", &short.body);
    check("Get Long-Lived Access Token", &threads.exchange(&short.text("access_token"), &[]).await.ok().body);
    let own = format!("/oauth/access_token?grant_type=client_credentials&client_id={APP}&client_secret={SECRET}");
    check("Get App Access Token", &threads.open(&own).await.ok().body);
    let poll = r#"{"option_a":"first","option_b":"second","option_c":"third","option_d":"fourth"}"#;
    let pairs = [("media_type", "TEXT"), ("text", "a"), ("poll_attachment", poll)];
    let made = threads.make(&pairs).await.ok();
    check("1.1 Create Text Container", &made.body);
    let published = threads.publish(&made.text("id")).await.ok();
    check("2. Publish Threads Post", &published.body);
    let (root, fields) = (
        published.text("id"),
        "id,media_product_type,media_type,permalink,owner,username,text,timestamp,\
        shortcode,is_quote_post,has_replies,is_reply,is_reply_owned_by_me,root_post,replied_to,poll_attachment",
    );
    let reply = threads.posted(&[("media_type", "TEXT"), ("text", "b"), ("reply_to_id", &root)]).await;
    let get = async |path: String| threads.get(&path).await.ok().body;
    check("Get Threads Post Details", &get(format!("/{root}?fields={fields}")).await);
    check("Get a List of All a User's Threads", &get(format!("/me/threads?fields={fields}")).await);
    check("Get a List of All a User's Replies", &get(format!("/me/replies?fields={fields}")).await);
    check("Get Threads Replies", &get(format!("/{root}/replies?fields={fields}")).await);
    check("Get Threads Conversations", &get(format!("/{root}/conversation?fields={fields}")).await);
    check(
        "Retrieve Publishing Quota Limit",
        &get("/me/threads_publishing_limit?fields=quota_usage,config,reply_quota_usage,reply_config".into()).await,
    );
    check("Check Container's Publishing Status", &get(format!("/{}?fields=id,status", made.text("id"))).await);
    check(
        "Get App-Scoped User's Profile Information",
        &get("/me?fields=username,name,threads_profile_picture_url,threads_biography".into()).await,
    );
    check("Hide Replies", &threads.post(&format!("/{reply}/manage_reply"), &[("hide", "true")]).await.ok().body);
    check("Repost Threads Post", &threads.post(&format!("/{root}/repost"), &[]).await.ok().body);
    let deleted = threads.delete(&root).await.ok().body;
    assert_eq!(deleted, json!({"success": true, "deleted_id": root}));
    check("Delete Threads Post", &deleted);
}
