//! Stores to test with, and bytes to put into them.

pub(crate) mod http;
pub(crate) mod proxy;

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use postrider_blobs::{BlobError, BlobKey, BlobStore, Incoming, S3Config, Session};
use postrider_domain::secret::Secret;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A place where objects are kept, which can be opened again and again as by different nodes.
pub(crate) enum Place {
    Folder(TempDir),
    Bucket(S3Config),
}

impl Place {
    pub(crate) fn folder() -> Self {
        Self::Folder(TempDir::new().unwrap())
    }

    /// A new bucket on the test server, or `None` with a printed skip; with `CI=1` its absence is a failure.
    #[expect(clippy::disallowed_methods, reason = "tests find their server through the environment")]
    pub(crate) async fn bucket() -> Option<Self> {
        let Ok(endpoint) = std::env::var("POSTRIDER_TEST_S3") else {
            assert!(std::env::var("CI").as_deref() != Ok("1"), "CI=1 and no POSTRIDER_TEST_S3: tools/with-moto.sh");
            println!("skipped: no POSTRIDER_TEST_S3 (tools/with-moto.sh)");
            return None;
        };
        let bucket = http::new_bucket(&endpoint).await;
        Some(Self::Bucket(S3Config {
            bucket,
            region: "us-east-1".into(),
            endpoint: Some(endpoint),
            access_key: "test".into(),
            secret_key: Secret::new("test"),
            path_style: true,
            prefix: "media/".into(),
            timeout: Duration::from_secs(20),
            retries: 3,
        }))
    }

    /// Another node with the same place.
    pub(crate) async fn open(&self) -> BlobStore {
        match self {
            Self::Folder(folder) => BlobStore::local(folder.path(), 0).await.unwrap(),
            Self::Bucket(config) => BlobStore::s3(config).unwrap(),
        }
    }

    /// Everything stored there, finished or not.
    pub(crate) async fn names(&self) -> Vec<String> {
        match self {
            Self::Folder(folder) => {
                let folders = ["objects", "uploads"].map(|name| folder.path().join(name));
                let names = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
                names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
            }
            Self::Bucket(config) => http::names(config.endpoint.as_deref().unwrap(), &config.bucket).await,
        }
    }
}

/// Makes `name::local` and `name::s3` of one test.
macro_rules! blob_test {
    ($name:ident, $body:expr) => {
        mod $name {
            use super::*;
            use crate::support::run;

            #[tokio::test]
            async fn local() {
                run(Place::folder(), $body).await;
            }

            #[tokio::test]
            async fn s3() {
                let Some(place) = Place::bucket().await else { return };
                run(place, $body).await;
            }
        }
    };
}
pub(crate) use blob_test;

pub(crate) async fn run(place: Place, body: impl AsyncFnOnce(Place)) {
    body(place).await;
}

pub(crate) fn key(text: &str) -> BlobKey {
    BlobKey::parse(text).unwrap()
}

/// Bytes that repeat nowhere, the same for the same length.
pub(crate) fn bytes(len: usize) -> Bytes {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut made = Vec::with_capacity(len + 8);
    while made.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        made.extend_from_slice(&state.to_le_bytes());
    }
    made.truncate(len);
    made.into()
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A body in chunks of 64 KiB, as they come from a connection.
pub(crate) fn body(bytes: &Bytes) -> Incoming {
    Incoming::new(stream::iter(chunks(bytes).into_iter().map(Ok::<_, io::Error>)))
}

/// A body that breaks off after its bytes.
pub(crate) fn broken_body(bytes: &Bytes) -> Incoming {
    let end = stream::iter([Err(io::Error::other("connection reset"))]);
    Incoming::new(stream::iter(chunks(bytes).into_iter().map(Ok)).chain(end))
}

fn chunks(bytes: &Bytes) -> Vec<Bytes> {
    (0..bytes.len()).step_by(65_536).map(|at| bytes.slice(at..bytes.len().min(at + 65_536))).collect()
}

/// Appends everything, persisting the session between two steps as a caller does.
pub(crate) async fn append(store: &BlobStore, session: &mut Session, bytes: &Bytes) -> Result<u64, BlobError> {
    let mut body = body(bytes);
    loop {
        let step = store.append(session, session.offset(), &mut body).await;
        *session = persisted(session);
        let step = step?;
        assert_eq!(step.offset, session.offset());
        if !step.more {
            return Ok(step.offset);
        }
    }
}

/// The session as another node reads it.
pub(crate) fn persisted(session: &Session) -> Session {
    serde_json::from_str(&serde_json::to_string(session).unwrap()).unwrap()
}

/// Everything a read brings.
pub(crate) async fn read(store: &BlobStore, key: &BlobKey, range: std::ops::Range<u64>) -> Result<Vec<u8>, BlobError> {
    let mut stream = store.read(key, range).await?;
    let mut read = Vec::new();
    while let Some(bytes) = stream.next().await {
        read.extend_from_slice(&bytes?);
    }
    Ok(read)
}
