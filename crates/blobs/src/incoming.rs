//! A body as it arrives, of which an append may take a piece.

use std::fmt;
use std::io;

use bytes::Bytes;
use futures::stream::{BoxStream, Stream, StreamExt, TryStreamExt};

/// A body that is read piece by piece: what one append does not use waits for the next.
pub struct Incoming {
    stream: BoxStream<'static, io::Result<Bytes>>,
    held: Bytes,
}

impl Incoming {
    /// Takes a stream of bytes, such as a request's body.
    pub fn new<S, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        Self { stream: stream.map_err(io::Error::other).boxed(), held: Bytes::new() }
    }

    /// The next bytes, at most `most` of them; `None` at the end.
    pub(crate) async fn next(&mut self, most: usize) -> Option<io::Result<Bytes>> {
        while self.held.is_empty() {
            match self.stream.next().await? {
                Ok(bytes) => self.held = bytes,
                Err(error) => return Some(Err(error)),
            }
        }
        let take = most.min(self.held.len());
        Some(Ok(self.held.split_to(take)))
    }
}

impl From<Bytes> for Incoming {
    fn from(bytes: Bytes) -> Self {
        Self::new(futures::stream::iter([Ok::<_, io::Error>(bytes)]))
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("held", &self.held.len()).finish_non_exhaustive()
    }
}
