//! Streaming stored files into requests.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};

use crate::http::Attached;

/// The bytes of a file, piece by piece.
pub type BlobStream = BoxStream<'static, io::Result<Bytes>>;

/// Where stored files are read.
#[async_trait]
pub trait BlobReader: Send + Sync {
    /// The bytes of a stretch. A file that is gone or shorter is an error, never a shorter stream.
    async fn read(&self, key: &str, range: Range<u64>) -> io::Result<BlobStream>;
}

/// Head, file and tail as one body that is never whole in memory.
pub(super) fn body(blobs: Arc<dyn BlobReader>, head: Vec<u8>, attached: Attached) -> reqwest::Body {
    let Attached { blob, tail } = attached;
    let range = blob.offset..blob.offset + blob.len;
    let opened = async move { blobs.read(&blob.key, range).await };
    let file = stream::once(opened).try_flatten();
    let whole = piece(head).chain(exactly(file.boxed(), blob.len)).chain(piece(tail));
    reqwest::Body::wrap_stream(whole)
}

fn piece(bytes: Vec<u8>) -> BlobStream {
    stream::iter((!bytes.is_empty()).then(|| Ok(Bytes::from(bytes)))).boxed()
}

/// Breaks off when the file has another length than was promised: the other side then sees an
/// incomplete request instead of another file.
fn exactly(file: BlobStream, length: u64) -> BlobStream {
    let count = file.map(Some).chain(stream::once(async { None })).scan(0_u64, move |seen, piece| {
        let checked = match piece {
            Some(Ok(bytes)) => {
                *seen += bytes.len() as u64;
                if *seen > length { Err(wrong_length(*seen, length)) } else { Ok(bytes) }
            }
            Some(Err(error)) => Err(error),
            None if *seen < length => Err(wrong_length(*seen, length)),
            None => return std::future::ready(None),
        };
        std::future::ready(Some(checked))
    });
    count.boxed()
}

fn wrong_length(seen: u64, length: u64) -> io::Error {
    io::Error::other(format!("the stored file has {seen} bytes or more instead of {length}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn whole(pieces: Vec<&'static [u8]>, length: u64) -> io::Result<Vec<u8>> {
        let file = stream::iter(pieces.into_iter().map(|piece| Ok(Bytes::from_static(piece)))).boxed();
        let all: Vec<Bytes> = exactly(file, length).try_collect().await?;
        Ok(all.concat())
    }

    #[tokio::test]
    async fn only_the_promised_length_passes() {
        assert_eq!(whole(vec![b"ab", b"c"], 3).await.expect("fits"), b"abc");
        assert_eq!(whole(vec![], 0).await.expect("nothing is promised"), b"");
        for (pieces, length) in [(vec![&b"ab"[..]], 3), (vec![&b"ab"[..], b"cd"], 3)] {
            let error = whole(pieces, length).await.expect_err("another length");
            assert!(error.to_string().contains("instead of 3"), "{error}");
        }
    }
}
