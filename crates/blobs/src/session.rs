//! An upload that is under way, as plain data.

use serde::{Deserialize, Serialize};

use crate::key::BlobKey;

/// An upload that is under way. Persist it after [`crate::BlobStore::begin`] and after every append, whatever the
/// append came to; delete it once the object is entered as finished, or aborted.
///
/// Its JSON grows by about 45 bytes for each 8 MiB on S3 and stays small on a local folder. It holds up to 63 bytes of
/// the content (the unfinished block of the hash), so its column is content and goes with the upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    key: BlobKey,
    offset: u64,
}

impl Session {
    /// The object's key.
    pub fn key(&self) -> &BlobKey {
        &self.key
    }

    /// The bytes that are durable; where the next append begins.
    pub fn offset(&self) -> u64 {
        self.offset
    }
}
