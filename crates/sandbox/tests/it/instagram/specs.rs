//! Requests and answers against the published specifications, where those are present.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::client::*;
use crate::support::*;

/// A file of the published description; `None`, with a printed notice, without it.
pub(super) fn described(name: &str) -> Option<Value> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs");
    let root = std::env::var_os("POSTRIDER_SPECS").map_or_else(beside, PathBuf::from);
    match std::fs::read(root.join("meta").join(name)) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap()),
        Err(_) => {
            println!("skipped: no specs at {}", root.display());
            None
        }
    }
}

/// The parameters of a call, without those that the envelope of the conversion adds to every call.
fn names(call: &Value) -> Vec<String> {
    let query = call["parameters"].as_array().into_iter().flatten();
    let query = query.filter(|parameter| parameter["in"] == "query" && parameter["schema"]["x-meta-type"].is_string());
    let query = query.map(|parameter| parameter["name"].as_str().unwrap().to_owned());
    let form = &call["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]["properties"];
    let form = form.as_object().into_iter().flatten().filter(|(_, schema)| schema["x-meta-type"].is_string());
    query.chain(form.map(|(name, _)| name.clone())).collect()
}

#[tokio::test]
async fn every_described_call_is_known_with_every_described_parameter() {
    let Some(spec) = described("openapi.graph-instagram.json") else { return };
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let mut seen = 0;
    for (path, verbs) in spec["paths"].as_object().unwrap() {
        for (verb, call) in verbs.as_object().unwrap() {
            let filled =
                path.replace("{ig_user_id}", "me").replace("{ig_media_id}", "7").replace("{ig_container_id}", "7");
            // Values that will not do: the refusal may be about a value, never about a name or a path.
            for name in names(call).iter().filter(|name| *name != "access_token") {
                let request = instagram.request(&verb.to_uppercase(), &format!("{filled}?{name}=%3F"));
                let reply = world.send(request).await;
                let message = reply.body["error"]["message"].as_str().unwrap_or_default().to_owned();
                let unknown = message.contains("Unknown path") || message.contains("is not a documented parameter");
                assert!(!unknown, "{verb} {path} {name}: {message}");
            }
            seen += 1;
        }
    }
    assert!(seen >= 9, "{seen}");
}

#[tokio::test]
async fn every_described_field_can_be_asked_for() {
    let (Some(user), Some(media), Some(container)) = (
        described("codegen_specs/IGUserForIGOnlyAPI.json"),
        described("codegen_specs/IGMediaForIGOnlyAPI.json"),
        described("codegen_specs/ShadowIGMediaBuilder.json"),
    ) else {
        return;
    };
    let all = |spec: &Value| {
        let fields = spec["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap());
        fields.collect::<Vec<_>>().join(",")
    };
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let post = instagram.say(&shelf, "one").await;
    let made = instagram.container(&[("image_url", &shelf.url("loaf.jpg"))]).await;
    for (path, spec) in
        [("/me", &user), (&format!("/{post}"), &media), ("/me/media", &media), (&format!("/{made}"), &container)]
    {
        instagram.get(&format!("{path}?fields={}", all(spec))).await.ok();
    }
    let limit = described("codegen_specs/ContentPublishingLimitResponse.json").unwrap();
    instagram.get(&format!("/me/content_publishing_limit?fields={}", all(&limit))).await.ok();
}

#[tokio::test]
async fn tokens_have_the_described_members() {
    let (Some(exchange), Some(refresh)) = (
        described("codegen_specs/IGAccessTokenForIGOnlyAPI.json"),
        described("codegen_specs/IGRefreshAccessTokenForIGOnlyAPI.json"),
    ) else {
        return;
    };
    let world = World::start().await;
    let instagram = Instagram::at(&world).await;
    let short = instagram.short(BAKERY, SCOPES).await;
    let long = instagram.exchange(&short, &[]).await.ok();
    world.pass(86_400);
    let next = instagram.refresh(&long.text("access_token")).await.ok();
    for (spec, reply) in [(exchange, long), (refresh, next)] {
        for field in spec["fields"].as_array().unwrap() {
            let value = &reply.body[field["name"].as_str().unwrap()];
            let fits = if field["type"] == "int" { value.is_i64() } else { value.is_string() };
            assert!(fits, "{field} {reply:?}");
        }
        assert_eq!(reply.body.as_object().unwrap().len(), spec["fields"].as_array().unwrap().len(), "{reply:?}");
    }
    assert_eq!(json!(SCOPES.split(',').count()), 4);
}
