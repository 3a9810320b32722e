//! Parameters and fields against Meta's specifications, where those are present.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::client::*;
use crate::support::*;
use crate::threads::film::Film;

/// A published specification; `None`, with a printed notice, without it.
fn described(name: &str) -> Option<Value> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs");
    let root = std::env::var_os("POSTRIDER_SPECS").map_or_else(beside, PathBuf::from);
    match std::fs::read(root.join("meta/codegen_specs").join(name)) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap()),
        Err(_) => {
            println!("skipped: no specs at {}", root.display());
            None
        }
    }
}

fn names<'a>(list: &'a Value, name: &'a str) -> impl Iterator<Item = &'a str> {
    list[name].as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap())
}

/// What v26.0 took out, and files, which come in forms only (SDK 26.0.3).
fn gone(edge: &str, name: &str) -> bool {
    matches!((edge, name), ("photos", "provenance_info"))
}

#[tokio::test]
async fn every_specified_parameter_of_a_write_is_known_and_no_other() {
    let Some(spec) = described("Page.json") else { return };
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let mut seen = 0;
    for api in spec["apis"].as_array().unwrap().iter().filter(|api| api["method"] == "POST") {
        let edge = api["endpoint"].as_str().unwrap_or_default();
        let ours = ["feed", "photos", "videos", "video_reels", "video_stories", "photo_stories"];
        if !ours.contains(&edge) {
            continue;
        }
        // Values that will not do: the refusal may be about a value, never about a name.
        for name in names(api, "params") {
            let reply = page.post(&format!("/me/{edge}"), &[(name, "?")]).await;
            let message = reply.body["error"]["message"].as_str().unwrap_or_default().to_owned();
            assert_eq!(message.contains("is not a documented"), gone(edge, name), "{edge} {name}: {message}");
            seen += 1;
        }
        page.post(&format!("/me/{edge}"), &[("colour", "?")]).await.fails(100, None, "colour is not a documented");
    }
    assert!(seen > 250, "{seen}");
}

#[tokio::test]
async fn what_v26_brought_is_known() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    for (edge, name) in [
        ("videos", "is_ai_generated"),
        ("videos", "selected_audio_spec"),
        ("video_reels", "is_ai_generated"),
        ("video_stories", "is_ai_generated"),
        ("photos", "composer_entry_point"),
    ] {
        let message = page.post(&format!("/me/{edge}"), &[(name, "?")]).await.body.to_string();
        assert!(!message.contains("is not a documented"), "{edge} {name}: {message}");
    }
}

#[tokio::test]
async fn every_specified_field_can_be_asked_for() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let post = page.say("Bread").await;
    let comment = page.post(&format!("/{post}/comments"), &[("message", "a")]).await.ok().text("id");
    let photo = page.photo().await;
    let (video, url) = page.begin("video_reels").await;
    page.whole(&url, Film::default().bytes()).await.ok();
    page.finish("video_reels", &video, &[]).await.ok();
    let mut seen = 0;
    for (name, id) in [
        ("Page.json", BAKERY),
        ("PagePost.json", &post),
        ("Photo.json", &photo),
        ("AdVideo.json", &video),
        ("Comment.json", &comment),
    ] {
        let Some(spec) = described(name) else { return };
        let fields: Vec<_> = names(&spec, "fields").collect();
        page.get(&format!("/{id}?fields={}", fields.join(","))).await.ok();
        seen += fields.len();
    }
    assert!(seen > 250, "{seen}");
}

#[tokio::test]
async fn the_status_of_a_video_has_the_specified_members() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let (video, url) = page.begin("video_reels").await;
    page.whole(&url, Film::default().bytes()).await.ok();
    page.finish("video_reels", &video, &[]).await.ok();
    let status = page.status(&video).await;
    for (name, part) in [
        ("VideoStatus.json", &status),
        ("VideoStatusUploadingPhase.json", &status["uploading_phase"]),
        ("VideoStatusProcessingPhase.json", &status["processing_phase"]),
        ("VideoStatusPublishingPhase.json", &status["publishing_phase"]),
    ] {
        let Some(spec) = described(name) else { return };
        let known: Vec<_> = names(&spec, "fields").collect();
        for member in part.as_object().unwrap().keys() {
            assert!(known.contains(&member.as_str()), "{name} does not know {member}");
        }
    }
}
