//! Files over HTTP: uploads that go on wherever they stopped, and what people do with files.

mod bad_files;
mod imports;
mod library;
mod uploads;

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use postrider_app::media::{BlobStore, Kit, Rules};
use postrider_connector::Transport;
use postrider_connector::testkit::FakeTransport;
use postrider_store::Store;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Answer, Client, TestApi, quiet};

/// The type of a piece.
const PIECE: &str = "application/offset+octet-stream";

/// An owner in a workspace that takes files.
pub(crate) struct Album {
    pub(crate) owner: Client,
    pub(crate) base: String,
    pub(crate) api: TestApi,
    folder: TempDir,
}

impl Album {
    async fn new(store: &Store) -> Self {
        Self::with(store, Arc::new(FakeTransport::default()), Rules::default()).await
    }

    async fn with(store: &Store, transport: Arc<dyn Transport>, rules: Rules) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let kit = kit(folder.path(), rules).await;
        let api = TestApi::with(store, transport, quiet()).await.with_files(kit);
        let owner = api.operator().await;
        let ws = owner.workspace("Bakery").await;
        Self { base: format!("/api/v1/workspaces/{ws}"), owner, api, folder }
    }

    /// Does what jobs on files are due.
    async fn work_off(&self) {
        self.api.app.studio().expect("takes files").work_off().await.expect("works");
    }

    async fn get(&self, path: &str) -> Answer {
        self.owner.get(&format!("{}{path}", self.base)).await
    }

    /// Begins an upload and returns its address.
    async fn begin(&self, bytes: usize, name: &str) -> String {
        let begun = begin(&self.owner, &self.base, bytes, &format!("filename {}", STANDARD.encode(name))).await;
        begun.expect(201).header("location").to_owned()
    }

    /// Uploads a file at once and returns what came of it.
    async fn add(&self, name: &str, bytes: &[u8]) -> Value {
        let address = self.begin(bytes.len(), name).await;
        patch(&self.owner, &address, 0, bytes.to_vec()).await.expect(204);
        self.work_off().await;
        self.file(&address).await
    }

    /// The file that an upload became.
    async fn file(&self, address: &str) -> Value {
        let id = address.rsplit('/').next().expect("an id");
        self.get(&format!("/media/{id}")).await.expect(200).body.clone()
    }

    async fn used(&self) -> u64 {
        let usage = self.get("/usage").await;
        let meters = usage.expect(200).body["items"].as_array().cloned().unwrap_or_default();
        let storage = meters.into_iter().find(|meter| meter["meter"] == "storage_bytes").expect("is counted");
        storage["used"].as_u64().expect("a number")
    }
}

async fn kit(folder: &Path, rules: Rules) -> Kit {
    let blobs = BlobStore::local(&folder.join("media"), rules.keep_free).await.expect("a folder");
    // Each node has a folder for copies of its own.
    let scratch = tempfile::tempdir_in(folder).expect("a folder").keep();
    Kit::new(blobs, None, &scratch.join("scratch"), rules).expect("a folder")
}

fn tus(who: &Client) -> Client {
    who.with("tus-resumable", "1.0.0")
}

async fn begin(who: &Client, base: &str, bytes: usize, meta: &str) -> Answer {
    let who = tus(who).with("upload-length", bytes.to_string()).with("upload-metadata", meta);
    who.raw(Method::POST, &format!("{base}/uploads"), Body::empty()).await
}

async fn patch(who: &Client, address: &str, offset: usize, body: impl Into<Body>) -> Answer {
    let who = tus(who).with("content-type", PIECE).with("upload-offset", offset.to_string());
    who.raw(Method::PATCH, address, body).await
}

async fn offset(who: &Client, address: &str) -> Answer {
    tus(who).raw(Method::HEAD, address, Body::empty()).await
}

/// A picture that differs everywhere.
fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixel = |x, y| Rgb([(x * 7 % 256) as u8, (y * 13 % 256) as u8, ((x ^ y) % 256) as u8]);
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::from(RgbImage::from_fn(width, height, pixel)).write_to(&mut bytes, format).expect("encodes");
    bytes.into_inner()
}
