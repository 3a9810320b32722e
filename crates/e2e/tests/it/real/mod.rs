//! Real servers, started by `make test-real`; skipped elsewhere.

mod bluesky;
mod nostr;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::harness::{Database, Instance, Node, sandbox, text};
use crate::kill::{until, workspace};

/// What a server that `make test-real` starts is called in the environment. Without it, a printed skip, which
/// `make test-real` itself does not allow.
fn server(variables: &[&str]) -> Option<Vec<String>> {
    let found: Option<Vec<String>> = variables.iter().map(|name| std::env::var(name).ok()).collect();
    if found.is_none() {
        assert!(std::env::var("POSTRIDER_TEST_REAL").is_err(), "{variables:?} are not set: not skipped in test-real");
        println!("skipped: no real server (run `make test-real`)");
    }
    found
}

/// An installation with one channel, on a node of its own.
struct Publisher {
    instance: Instance,
    node: Node,
    workspace: String,
    channel: String,
}

impl Publisher {
    /// Connects a channel the way a person does on the command line; the secret goes in where a field is `-`.
    async fn connect(open_host: &str, platform: &str, fields: &[String], secret: &str) -> Self {
        let (_network, running) = sandbox().await;
        let mut instance = Instance::new(Database::Sqlite, &running).await.expect("SQLite is always there");
        instance.open_hosts = vec![open_host.to_owned()];
        let node = instance.serve("").await;
        let workspace = workspace(&node).await;
        let mut connect = vec!["channels", "connect", platform];
        connect.extend(fields.iter().flat_map(|field| ["--field", field]));
        let channel = node.cli(&connect, &format!("{secret}\n")).await.expect("connects");
        let channel = channel["channels"].as_array().and_then(|all| all.first()).unwrap_or(&channel).clone();
        Self { channel: text(&channel, "id"), instance, node, workspace }
    }

    /// Publishes a post now and returns its parts.
    async fn publish(&self, content: &[&str]) -> Vec<Value> {
        let mut create = vec!["post", "create", "--channel", &self.channel, "--now"];
        create.extend(content);
        let post = text(&self.node.cli(&create, "").await.expect("creates"), "id");
        let delivery = until(&self.node, &self.workspace, &post, "published", 60).await;
        delivery["parts"].as_array().expect("parts").clone()
    }

    /// Uploads a photograph on the command line. Returns the file's id and its bytes here.
    async fn upload(&self, alt: &str) -> (String, Vec<u8>) {
        let path = photograph(self.instance.folder.path());
        let file = path.to_str().expect("text");
        let made = self.node.cli(&["media", "upload", file, "--alt", alt], "").await.expect("uploads");
        (text(&made, "id"), std::fs::read(&path).expect("reads"))
    }

    /// What the product says it sent of a file: the bytes of its one rendition.
    async fn sent(&self, file: &str) -> Vec<u8> {
        let path = format!("/workspaces/{}/media/{file}", self.workspace);
        let renditions = self.node.ok("GET", &path, None).await["renditions"].as_array().expect("a list").clone();
        assert_eq!(renditions.len(), 1, "{renditions:#?}");
        let ask = json!({"recipe": renditions[0]["recipe"]});
        let link = text(&self.node.ok("POST", &format!("{path}/links"), Some(ask)).await, "url");
        let path = link.splitn(4, '/').nth(3).expect("a path");
        let bytes = fetch(&format!("{}/{path}", self.node.url)).await;
        assert_eq!(renditions[0]["bytes"], bytes.len());
        bytes
    }

    async fn finish(self) {
        self.node.stop().await;
        self.instance.finish().await;
    }
}

/// A JPEG whose writer has left its name in it, as cameras do.
fn photograph(folder: &Path) -> PathBuf {
    let path = folder.join("photograph.jpg");
    let made = std::process::Command::new("ffmpeg")
        .args(["-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=640x480", "-frames:v", "1"])
        .arg(&path)
        .status();
    assert!(made.expect("ffmpeg runs: `make setup` installs it").success());
    path
}

/// The name that [`photograph`]'s writer leaves.
const WRITER: &[u8] = b"Lavc";

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

async fn fetch(url: &str) -> Vec<u8> {
    let response = reqwest::get(url).await.expect("answers");
    assert!(response.status().is_success(), "{url}: {}", response.status());
    response.bytes().await.expect("a body").to_vec()
}
