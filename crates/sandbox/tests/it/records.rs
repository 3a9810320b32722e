//! Writing and reading records.

use serde_json::{Value, json};

use crate::support::*;

#[tokio::test]
async fn create_get_list_delete() {
    let world = World::start().await;
    let ada = world.ada().await;
    let body = json!({"repo": "ada.sandbox.test", "collection": POST, "record": post("one")});
    let made = world.call(CREATE, &ada, body).await.ok();
    assert_eq!(made.body["validationStatus"], "valid");
    let uri = made.text("uri");
    let rkey = uri.rsplit('/').next().unwrap();
    assert_eq!(uri, format!("at://{}/{POST}/{rkey}", ada.did));
    assert_eq!(rkey.len(), 13);
    let got = world.get(&ada, rkey).await.ok();
    assert_eq!((&got.body["uri"], &got.body["cid"]), (&made.body["uri"], &made.body["cid"]));
    assert_eq!(got.body["value"], post("one"));

    let remove = json!({"repo": ada.did, "collection": POST, "rkey": rkey});
    let gone = world.call(DELETE, &ada, remove.clone()).await.ok();
    assert!(gone.body["commit"]["rev"].is_string());
    world.get(&ada, rkey).await.refused(400, "RecordNotFound", "Could not locate record: at://");
    // Once more is a success that does nothing.
    assert_eq!(world.call(DELETE, &ada, remove).await.ok().body, json!({}));
    let feed = world.feed().await;
    assert_eq!(feed["records"], json!([]));
    let actions: Vec<_> = feed["ever"].as_array().unwrap().iter().map(|w| &w["action"]).collect();
    assert_eq!(actions, ["create", "delete"]);
}

#[tokio::test]
async fn an_identical_put_is_a_no_op_with_the_same_answer() {
    let world = World::start().await;
    let ada = world.ada().await;
    let first = world.put(&ada, KEYS[0], post("once")).await.ok();
    assert!(first.body["commit"]["cid"].is_string());
    // Another order of members is the same record; $type is filled in.
    let same = json!({"createdAt": WHEN, "text": "once"});
    let again = world.put(&ada, KEYS[0], same).await.ok();
    assert_eq!(strong(&again), strong(&first));
    assert!(again.body.get("commit").is_none());
    // It is one even when a swap would not allow the write.
    let body = json!({"repo": ada.did, "collection": POST, "rkey": KEYS[0], "record": post("once"),
        "swapRecord": null, "swapCommit": again.body["cid"]});
    assert_eq!(strong(&world.call(PUT, &ada, body).await.ok()), strong(&first));
    let feed = world.feed().await;
    let record = &feed["records"][0];
    assert_eq!((&record["writes"], &record["repeats"]), (&json!(1), &json!(2)));
    assert_eq!(feed["ever"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn put_replaces_and_the_history_remembers() {
    let world = World::start().await;
    let ada = world.ada().await;
    let first = world.put(&ada, KEYS[0], post("one")).await.ok();
    let second = world.put(&ada, KEYS[0], post("two")).await.ok();
    assert_eq!(first.body["uri"], second.body["uri"]);
    assert_ne!(first.body["cid"], second.body["cid"]);
    let record = &world.feed().await["records"][0];
    assert_eq!((&record["writes"], &record["value"]["text"]), (&json!(2), &json!("two")));
    let old = [("repo", ada.did.as_str()), ("collection", POST), ("rkey", KEYS[0]), ("cid", &first.text("cid"))];
    world.ask(GET, &old).await.refused(400, "RecordNotFound", "");
}

#[tokio::test]
async fn swaps_are_honoured() {
    let world = World::start().await;
    let ada = world.ada().await;
    let put = |text: &str, extra: Value| {
        let mut body = json!({"repo": ada.did, "collection": POST, "rkey": KEYS[0], "record": post(text)});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        world.call(PUT, &ada, body)
    };
    let first = put("one", json!({"swapRecord": null})).await.ok();
    put("two", json!({"swapRecord": null})).await.refused(400, "InvalidSwap", &first.text("cid"));
    let second = put("two", json!({"swapRecord": first.body["cid"]})).await.ok();
    put("three", json!({"swapRecord": first.body["cid"]})).await.refused(400, "InvalidSwap", "Record was at");
    put("three", json!({"swapCommit": first.body["commit"]["cid"]})).await.refused(400, "InvalidSwap", "Commit was at");
    let third = put("three", json!({"swapCommit": second.body["commit"]["cid"]})).await.ok();

    let remove = |extra: Value| {
        let mut body = json!({"repo": ada.did, "collection": POST, "rkey": KEYS[0]});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        world.call(DELETE, &ada, body)
    };
    remove(json!({"swapRecord": first.body["cid"]})).await.refused(400, "InvalidSwap", "Record was at");
    remove(json!({"swapCommit": first.body["commit"]["cid"]})).await.refused(400, "InvalidSwap", "Commit was at");
    remove(json!({"swapRecord": third.body["cid"]})).await.ok();
    let create = json!({"repo": ada.did, "collection": POST, "record": post("four"),
        "swapCommit": third.body["commit"]["cid"]});
    world.call(CREATE, &ada, create).await.refused(400, "InvalidSwap", "Commit was at");
}

#[tokio::test]
async fn create_on_a_taken_key_is_an_internal_error() {
    let world = World::start().await;
    let ada = world.ada().await;
    let body = json!({"repo": ada.did, "collection": POST, "rkey": KEYS[0], "record": post("one")});
    world.call(CREATE, &ada, body.clone()).await.ok();
    world.call(CREATE, &ada, body).await.refused(500, "InternalServerError", "Internal Server Error");
    assert_eq!(world.feed().await["ever"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn listings_page_in_both_directions() {
    let world = World::start().await;
    let ada = world.ada().await;
    for key in KEYS {
        world.put(&ada, key, post(key)).await.ok();
    }
    let list = |extra: &[(&'static str, String)]| {
        let mut params = vec![("repo", ada.did.clone()), ("collection", POST.to_owned())];
        params.extend_from_slice(extra);
        let params: Vec<_> = params.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let request = world.query(LIST, &params);
        async { world.send(request).await.ok().body }
    };
    let keys = |page: &Value| -> Vec<String> {
        let uri = |r: &Value| r["value"]["text"].as_str().unwrap().to_owned();
        page["records"].as_array().unwrap().iter().map(uri).collect()
    };
    assert_eq!(keys(&list(&[]).await), [KEYS[3], KEYS[2], KEYS[1], KEYS[0]]);
    let three = ("limit", "3".to_owned());
    let page = list(std::slice::from_ref(&three)).await;
    assert_eq!(page["cursor"], KEYS[1]);
    let rest = list(&[three, ("cursor", KEYS[1].to_owned())]).await;
    assert_eq!(keys(&rest), [KEYS[0]]);
    let reverse = ("reverse", "true".to_owned());
    let page = list(&[reverse, ("cursor", KEYS[1].to_owned())]).await;
    assert_eq!(keys(&page), [KEYS[2], KEYS[3]]);
    let end = list(&[("cursor", KEYS[0].to_owned())]).await;
    assert_eq!(end, json!({"records": []}));
}

#[tokio::test]
async fn a_whole_thread_with_gate_and_quote() {
    let world = World::start().await;
    let (ada, bo) = (world.ada().await, world.login("bo.sandbox.test").await);
    let root = world.put(&ada, KEYS[0], post("root")).await.ok();
    let gate = json!({"post": root.body["uri"], "createdAt": WHEN,
        "allow": [{"$type": "app.bsky.feed.threadgate#followerRule"}]});
    let collection = "app.bsky.feed.threadgate";
    let body = json!({"repo": ada.did, "collection": collection, "rkey": KEYS[0], "record": gate});
    world.call(PUT, &ada, body).await.ok();
    let mut parent = strong(&root);
    for key in &KEYS[1..3] {
        let mut reply = post(key);
        reply["reply"] = json!({"root": strong(&root), "parent": parent});
        parent = strong(&world.put(&ada, key, reply).await.ok());
    }
    let mut quote = post("look");
    quote["embed"] = json!({"$type": "app.bsky.embed.record", "record": strong(&root)});
    world.put(&bo, KEYS[3], quote).await.ok();
    let about = world.ask("com.atproto.repo.describeRepo", &[("repo", &ada.did)]).await.ok();
    assert_eq!(about.body["collections"], json!([POST, collection]));
    assert_eq!(about.body["handleIsCorrect"], true);
    let profile = world.ask("app.bsky.actor.getProfile", &[("actor", "ada.sandbox.test")]).await.ok();
    assert_eq!((&profile.body["postsCount"], &profile.body["displayName"]), (&json!(3), &json!("Ada Okonkwo")));
}

#[tokio::test]
async fn the_server_describes_itself_and_its_handles() {
    let world = World::start().await;
    let ada = world.ada().await;
    let health = world.json("/xrpc/_health").await;
    assert!(health["version"].as_str().unwrap().starts_with("sandbox "));
    let server = world.ask("com.atproto.server.describeServer", &[]).await.ok();
    assert_eq!(server.body["availableUserDomains"], json!([".sandbox.test"]));
    let method = "com.atproto.identity.resolveHandle";
    let found = world.ask(method, &[("handle", "ada.sandbox.test")]).await.ok();
    assert_eq!(found.body["did"], ada.did);
    let lost = world.ask(method, &[("handle", "nobody.sandbox.test")]).await;
    lost.refused(400, "InvalidRequest", "Unable to resolve handle");
    let well_known = |host: &str| {
        let url = world.url("/.well-known/atproto-did");
        world.http.get(url).header("host", host.to_owned()).send()
    };
    let answer = well_known("ada.sandbox.test").await.unwrap();
    assert_eq!(answer.text().await.unwrap(), ada.did);
    assert_eq!(well_known("127.0.0.1:1").await.unwrap().status(), 404);
}

#[tokio::test]
async fn equal_sandboxes_answer_equally() {
    let (one, two) = (World::start().await, World::start().await);
    let (ada, twin) = (one.ada().await, two.ada().await);
    assert_eq!((&ada.did, &ada.refresh), (&twin.did, &twin.refresh));
    let first = one.put(&ada, KEYS[0], post("same")).await.ok();
    let second = two.put(&twin, KEYS[0], post("same")).await.ok();
    assert_eq!(first.body, second.body);
}
