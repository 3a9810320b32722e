//! Answers against the published lexicons, where those are present.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::*;

/// The folder of published lexicons; `None`, with a printed notice, without it.
fn lexicons() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs");
    let root = std::env::var_os("POSTRIDER_SPECS").map_or_else(beside, PathBuf::from);
    let folder = root.join("bluesky/lexicons");
    if !folder.is_dir() {
        println!("skipped: no specs at {}", root.display());
        return None;
    }
    Some(folder)
}

/// A definition and the NSID it was found in.
fn definition(root: &Path, id: &str) -> (String, Value) {
    let (nsid, name) = id.split_once('#').unwrap_or((id, "main"));
    let file = root.join(nsid.replace('.', "/")).with_extension("json");
    let lexicon: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    (nsid.to_owned(), lexicon["defs"][name].clone())
}

/// Checks `value` against a definition of the file `nsid`: types, required and
/// unknown members.
fn check(root: &Path, nsid: &str, def: &Value, value: &Value, path: &str) {
    match def["type"].as_str().unwrap() {
        "object" => {
            let map = value.as_object().unwrap_or_else(|| panic!("{path} is no object"));
            for key in def["required"].as_array().into_iter().flatten() {
                assert!(map.contains_key(key.as_str().unwrap()), "{path} lacks {key}");
            }
            for (key, member) in map {
                let def = &def["properties"][key];
                assert!(def.is_object(), "{path}.{key} is not in the lexicon");
                check(root, nsid, def, member, &format!("{path}.{key}"));
            }
        }
        "array" => {
            for item in value.as_array().unwrap() {
                check(root, nsid, &def["items"], item, &format!("{path}[]"));
            }
        }
        "ref" => {
            let id = def["ref"].as_str().unwrap();
            let id = id.strip_prefix('#').map_or(id.to_owned(), |name| format!("{nsid}#{name}"));
            let (nsid, def) = definition(root, &id);
            check(root, &nsid, &def, value, path);
        }
        "string" => assert!(value.is_string(), "{path}"),
        "integer" => assert!(value.is_i64() || value.is_u64(), "{path}"),
        "boolean" => assert!(value.is_boolean(), "{path}"),
        "blob" => assert_eq!(value["$type"], "blob", "{path}"),
        "unknown" => assert!(value.is_object(), "{path}"),
        other => panic!("{path}: {other} is not expected in an answer"),
    }
}

#[tokio::test]
async fn answers_have_the_published_shape() {
    let Some(root) = lexicons() else {
        return;
    };
    let world = World::start().await;
    let agrees = |method: &str, reply: Reply| {
        let (nsid, def) = definition(&root, method);
        check(&root, &nsid, &def["output"]["schema"], &reply.ok().body, method);
    };
    let login = json!({"identifier": "ada.sandbox.test", "password": PASSWORD});
    let session = world.send(world.procedure(LOGIN, &login)).await;
    let ada = user(&session);
    agrees(LOGIN, session);
    agrees(WHOAMI, world.whoami(&ada.access).await);
    agrees(REFRESH, world.bare(REFRESH, &ada.refresh).await);
    let body = json!({"repo": ada.did, "collection": POST, "rkey": KEYS[0], "record": post("one")});
    agrees(PUT, world.call(PUT, &ada, body.clone()).await);
    agrees(PUT, world.call(PUT, &ada, body).await);
    let body = json!({"repo": ada.did, "collection": POST, "record": post("two")});
    agrees(CREATE, world.call(CREATE, &ada, body).await);
    agrees(GET, world.get(&ada, KEYS[0]).await);
    for (method, params) in [
        (LIST, vec![("repo", ada.did.as_str()), ("collection", POST)]),
        ("com.atproto.repo.describeRepo", vec![("repo", ada.did.as_str())]),
        ("com.atproto.server.describeServer", vec![]),
        ("com.atproto.identity.resolveHandle", vec![("handle", "ada.sandbox.test")]),
        ("app.bsky.actor.getProfile", vec![("actor", ada.did.as_str())]),
    ] {
        agrees(method, world.ask(method, &params).await);
    }
    let blob = world.upload(&ada, "image/png", crate::fediverse::client::png(1, 1)).await;
    agrees(crate::blobs::UPLOAD, blob);
    let aud = [("aud", "did:web:pds.sandbox.test"), ("lxm", crate::blobs::UPLOAD)];
    let auth = world.send(world.query("com.atproto.server.getServiceAuth", &aud).bearer_auth(&ada.access)).await;
    let token = auth.text("token");
    agrees("com.atproto.server.getServiceAuth", auth);
    world.control("/_video", json!({"lexicon_answers": true})).await.ok();
    let url = world.url(&format!("/xrpc/app.bsky.video.uploadVideo?did={}&name=a", ada.did));
    let video = || world.http.post(&url).bearer_auth(&token).header("content-type", "video/mp4");
    let made = world.send(video().body(crate::fediverse::client::mp4(99))).await;
    let job = made.body["jobStatus"]["jobId"].as_str().unwrap().to_owned();
    agrees("app.bsky.video.uploadVideo", made);
    agrees("app.bsky.video.getJobStatus", world.ask("app.bsky.video.getJobStatus", &[("jobId", &job)]).await);
    world.pass(5);
    agrees("app.bsky.video.getJobStatus", world.ask("app.bsky.video.getJobStatus", &[("jobId", &job)]).await);
    let limits = [("aud", "did:web:video.bsky.app"), ("lxm", "app.bsky.video.getUploadLimits")];
    let auth = world.send(world.query("com.atproto.server.getServiceAuth", &limits).bearer_auth(&ada.access)).await;
    let limits = world.query("app.bsky.video.getUploadLimits", &[]).bearer_auth(auth.text("token"));
    agrees("app.bsky.video.getUploadLimits", world.send(limits).await);
    let body = json!({"repo": ada.did, "collection": POST, "rkey": KEYS[0]});
    agrees(DELETE, world.call(DELETE, &ada, body).await);
}
