//! Reading, which goes on where a connection broke.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt, try_unfold};
use object_store::aws::AmazonS3;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore};

use super::S3;
use super::classify::{classified, is_bad_range};
use crate::error::BlobError;
use crate::key::BlobKey;
use crate::{ByteStream, MAX_BYTES};

impl S3 {
    pub(crate) async fn read(&self, key: &BlobKey, range: Range<u64>) -> Result<ByteStream, BlobError> {
        self.read_path(self.object(key), range).await
    }

    pub(super) async fn read_path(&self, path: Path, range: Range<u64>) -> Result<ByteStream, BlobError> {
        let mut reader =
            Reader { client: Arc::clone(&self.client), path, left: range, etag: None, retries: self.retries };
        let Some(body) = reader.open().await? else { return Ok(futures::stream::empty().boxed()) };
        let failures = 0;
        let stream = try_unfold((reader, Some(body), failures), |(mut reader, mut body, mut failures)| async move {
            loop {
                if reader.left.is_empty() {
                    return Ok(None);
                }
                let next = match &mut body {
                    Some(body) => body.next().await.unwrap_or_else(|| Err(cut_off())),
                    None => reader.open().await.map(|opened| {
                        body = opened;
                        Bytes::new()
                    }),
                };
                match next {
                    Ok(bytes) if bytes.is_empty() => {}
                    Ok(bytes) => {
                        reader.left.start += bytes.len() as u64;
                        return Ok(Some((bytes, (reader, body, 0))));
                    }
                    // A slow reader meets broken connections; each that brought something may be followed by another.
                    Err(error) if error.is_retryable() && failures < reader.retries => {
                        failures += 1;
                        body = None;
                    }
                    Err(error) => return Err(error),
                }
            }
        });
        Ok(stream.boxed())
    }
}

struct Reader {
    client: Arc<AmazonS3>,
    path: Path,
    left: Range<u64>,
    /// Of the first answer: what follows must be of the same object.
    etag: Option<String>,
    retries: usize,
}

type Body = BoxStream<'static, Result<Bytes, BlobError>>;

impl Reader {
    /// Asks for what is left, and corrects its end to the object's; `None` when there is nothing.
    async fn open(&mut self) -> Result<Option<Body>, BlobError> {
        if self.left.is_empty() {
            return self.check_start().await.map(|()| None);
        }
        // Not every service takes an end as large as a number can be.
        let range = match self.left.end {
            end if end > MAX_BYTES => GetRange::Offset(self.left.start),
            end => GetRange::Bounded(self.left.start..end),
        };
        let options = GetOptions { range: Some(range), if_match: self.etag.clone(), ..GetOptions::default() };
        match self.client.get_opts(&self.path, options).await {
            Ok(answer) => {
                self.left.end = self.left.end.min(answer.meta.size);
                self.etag = answer.meta.e_tag.clone();
                Ok(Some(answer.into_stream().map(|bytes| bytes.map_err(classified)).boxed()))
            }
            Err(error) if is_bad_range(&error) => self.check_start().await.map(|()| None),
            Err(error) => Err(classified(error)),
        }
    }

    /// Whether the range begins within the object or at its end.
    async fn check_start(&mut self) -> Result<(), BlobError> {
        let options = GetOptions { head: true, ..GetOptions::default() };
        let len = self.client.get_opts(&self.path, options).await.map_err(classified)?.meta.size;
        self.left.end = self.left.start;
        if self.left.start <= len { Ok(()) } else { Err(BlobError::BadRange { len }) }
    }
}

fn cut_off() -> BlobError {
    BlobError::Unavailable("the answer ended before the object did".into())
}
