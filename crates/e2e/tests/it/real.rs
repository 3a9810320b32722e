//! A real Bluesky PDS, started by `make test-real`; skipped elsewhere.

use serde_json::Value;

use crate::harness::{Database, Instance, sandbox, text};
use crate::kill::{until, workspace};

struct Pds {
    url: String,
    handle: String,
    did: String,
    password: String,
}

fn pds() -> Option<Pds> {
    let get = |name: &str| std::env::var(name).ok();
    let found = Pds { url: get("PDS_URL")?, handle: get("HANDLE")?, did: get("DID")?, password: get("APP_PASSWORD")? };
    Some(found)
}

async fn record(pds: &Pds, uri: &str) -> Value {
    let rkey = uri.rsplit('/').next().expect("a key");
    let url = format!(
        "{}/xrpc/com.atproto.repo.getRecord?repo={}&collection=app.bsky.feed.post&rkey={rkey}",
        pds.url, pds.did
    );
    reqwest::get(url).await.expect("answers").json().await.expect("JSON")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_with_facets_and_a_thread_are_found_on_a_real_pds() {
    let Some(pds) = pds() else {
        println!("skipped: no real PDS (run `make test-real`)");
        return;
    };
    let (_network, running) = sandbox().await;
    let mut instance = Instance::new(Database::Sqlite, &running).await.expect("SQLite is always there");
    instance.open_hosts = vec![pds.url.trim_start_matches("http://").to_owned()];
    let node = instance.serve("").await;
    let workspace = workspace(&node).await;
    let host = format!("host={}", pds.url);
    let identifier = format!("identifier={}", pds.handle);
    let connect = ["channels", "connect", "bluesky", "--field", &host, "--field", &identifier, "--field", "password=-"];
    let channel = node.cli(&connect, &format!("{}\n", pds.password)).await.expect("connects");
    let channel = channel["channels"].as_array().and_then(|all| all.first()).unwrap_or(&channel).clone();
    let channel = text(&channel, "id");
    let root = format!("Hello @{} — see https://example.com/a_(b) and #postrider 🎉", pds.handle);
    let create = ["post", "create", "--text", &root, "--text", "A reply.", "--channel", &channel, "--now"];
    let post = text(&node.cli(&create, "").await.expect("creates"), "id");
    let delivery = until(&node, &workspace, &post, "published", 60).await;
    let uris: Vec<String> =
        delivery["parts"].as_array().expect("parts").iter().map(|part| text(part, "remote_id")).collect();
    let first = record(&pds, &uris[0]).await;
    println!("{first:#}");
    assert_eq!(first["value"]["text"], root.as_str());
    let facets = first["value"]["facets"].as_array().expect("facets");
    let sliced: Vec<&str> = facets
        .iter()
        .map(|facet| {
            let at = |name: &str| usize::try_from(facet["index"][name].as_u64().expect("an offset")).expect("small");
            &root[at("byteStart")..at("byteEnd")]
        })
        .collect();
    assert_eq!(sliced, [format!("@{}", pds.handle).as_str(), "https://example.com/a_(b)", "#postrider"]);
    assert_eq!(facets[0]["features"][0]["did"], pds.did.as_str());
    let second = record(&pds, &uris[1]).await;
    println!("{second:#}");
    assert_eq!(second["value"]["text"], "A reply.");
    assert_eq!(second["value"]["reply"]["parent"]["uri"], uris[0].as_str());
    assert_eq!(second["value"]["reply"]["root"]["cid"], first["cid"]);
    node.stop().await;
    instance.finish().await;
}
