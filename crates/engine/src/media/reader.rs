//! Stored files as requests stream them.

use std::io;
use std::ops::Range;

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _};
use postrider_blobs::{BlobError, BlobKey, BlobStore};
use postrider_connector::client::{BlobReader, BlobStream};

/// Lets the one outgoing client read stored files.
pub struct Reader(pub BlobStore);

#[async_trait]
impl BlobReader for Reader {
    async fn read(&self, key: &str, range: Range<u64>) -> io::Result<BlobStream> {
        let key = BlobKey::parse(key).map_err(io::Error::other)?;
        let stream = self.0.read(&key, range).await.map_err(plain)?;
        Ok(stream.map_err(plain).boxed())
    }
}

fn plain(error: BlobError) -> io::Error {
    match error {
        BlobError::NotFound => io::ErrorKind::NotFound.into(),
        other => io::Error::other(other),
    }
}
