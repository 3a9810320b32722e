//! A real Bluesky PDS (`tools/real-pds`).

use serde_json::{Value, json};

use super::{Publisher, WRITER, fetch, holds, server};
use crate::harness::text;

struct Pds {
    url: String,
    handle: String,
    did: String,
    password: String,
}

fn pds() -> Option<Pds> {
    let [url, handle, did, password] =
        server(&["PDS_URL", "HANDLE", "DID", "APP_PASSWORD"])?.try_into().expect("four were asked for");
    Some(Pds { url, handle, did, password })
}

impl Pds {
    async fn publisher(&self) -> Publisher {
        let fields = [format!("host={}", self.url), format!("identifier={}", self.handle), "password=-".to_owned()];
        Publisher::connect(self.url.trim_start_matches("http://"), "bluesky", &fields, &self.password).await
    }

    async fn record(&self, part: &Value) -> Value {
        let uri = text(part, "remote_id");
        let rkey = uri.rsplit('/').next().expect("a key");
        let query = format!("repo={}&collection=app.bsky.feed.post&rkey={rkey}", self.did);
        let record = fetch(&format!("{}/xrpc/com.atproto.repo.getRecord?{query}", self.url)).await;
        let record = serde_json::from_slice(&record).expect("JSON");
        println!("{record:#}");
        record
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_with_facets_and_a_thread_are_found_on_a_real_pds() {
    let Some(pds) = pds() else { return };
    let publisher = pds.publisher().await;
    let root = format!("Hello @{} — see https://example.com/a_(b) and #postrider 🎉", pds.handle);
    let parts = publisher.publish(&["--text", &root, "--text", "A reply."]).await;
    let first = pds.record(&parts[0]).await;
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
    let second = pds.record(&parts[1]).await;
    assert_eq!(second["value"]["text"], "A reply.");
    assert_eq!(second["value"]["reply"]["parent"]["uri"], parts[0]["remote_id"]);
    assert_eq!(second["value"]["reply"]["root"]["cid"], first["cid"]);
    publisher.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_with_its_alternative_text_is_a_blob_of_a_real_pds_byte_for_byte() {
    let Some(pds) = pds() else { return };
    let publisher = pds.publisher().await;
    let (file, original) = publisher.upload("A test card").await;
    let parts = publisher.publish(&["--text", "Look", "--media", &file]).await;
    let record = pds.record(&parts[0]).await;
    let embed = &record["value"]["embed"];
    assert_eq!((&embed["$type"], embed["images"].as_array().map(Vec::len)), (&json!("app.bsky.embed.images"), Some(1)));
    let image = &embed["images"][0];
    assert_eq!((&image["alt"], &image["image"]["mimeType"]), (&json!("A test card"), &json!("image/jpeg")));
    assert_eq!(image["aspectRatio"], json!({"width": 640, "height": 480}));
    let cid = text(&image["image"]["ref"], "$link");
    let blob = fetch(&format!("{}/xrpc/com.atproto.sync.getBlob?did={}&cid={cid}", pds.url, pds.did)).await;
    let sent = publisher.sent(&file).await;
    println!("uploaded {} bytes, sent {}, the server has {} as {cid}", original.len(), sent.len(), blob.len());
    assert!(blob == sent, "the server has other bytes than the product says it sent");
    assert_eq!(image["image"]["size"], blob.len());
    assert!(holds(&original, WRITER) && !holds(&blob, WRITER), "what the file told of its writer stayed here");
    publisher.finish().await;
}
