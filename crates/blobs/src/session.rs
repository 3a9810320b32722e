//! An upload that is under way, as plain data.

use serde::{Deserialize, Serialize};

use crate::PART_BYTES;
use crate::error::BlobError;
use crate::hash::Hash;
use crate::key::BlobKey;

/// An upload that is under way. Persist it after [`crate::BlobStore::begin`] and after every append, whatever the
/// append came to; delete it once the object is entered as finished, or aborted.
///
/// Its JSON grows by about 40 bytes for each 8 MiB on S3 and stays small on a local folder. It holds up to 63 bytes of
/// the content (the unfinished block of the hash), so its column is content and goes with the upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    pub(crate) key: BlobKey,
    pub(crate) offset: u64,
    pub(crate) hash: Hash,
    pub(crate) place: Place,
}

/// What each back end must remember.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Place {
    /// A file in the folder for uploads.
    Local {
        /// Its name there.
        file: String,
    },
    /// A multipart upload and a tail beside it.
    S3(Parts),
}

/// An upload in a bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Parts {
    /// Id of the multipart upload; `None` until there is a full part.
    pub(crate) upload: Option<String>,
    /// The service's id of each full part, in order.
    pub(crate) parts: Vec<String>,
    /// Ends of tail objects that a newer one has replaced and that are still to be deleted.
    pub(crate) stale: Vec<u64>,
}

impl Session {
    pub(crate) fn new(key: &BlobKey, place: Place) -> Self {
        Self { key: key.clone(), offset: 0, hash: Hash::new(), place }
    }

    /// The object's key.
    pub fn key(&self) -> &BlobKey {
        &self.key
    }

    /// The bytes that are durable; where the next append begins.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Refuses an append elsewhere than where the upload stands.
    pub(crate) fn expect_offset(&self, offset: u64) -> Result<(), BlobError> {
        if offset == self.offset { Ok(()) } else { Err(BlobError::WrongOffset { expected: self.offset }) }
    }

    /// Notes that everything up to `offset` is durable.
    pub(crate) fn advance(&mut self, offset: u64, hash: &Hash) {
        self.offset = offset;
        self.hash = hash.clone();
    }
}

impl Parts {
    /// Where the tail begins.
    pub(crate) fn full_bytes(&self) -> u64 {
        (self.parts.len() * PART_BYTES) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_comes_back_from_json_as_it_was() {
        let key = BlobKey::parse("media_1").unwrap();
        let local = Session::new(&key, Place::Local { file: "media_1".into() });
        let parts = Parts { upload: Some("id".into()), parts: vec!["\"etag\"".into()], stale: vec![7] };
        let mut s3 = Session::new(&key, Place::S3(parts));
        s3.hash.update(b"abc");
        s3.advance(3, &s3.hash.clone());
        for session in [local, s3] {
            let text = serde_json::to_string(&session).unwrap();
            assert_eq!(serde_json::from_str::<Session>(&text).unwrap(), session);
        }
    }

    #[test]
    fn a_session_with_a_field_of_the_future_is_not_half_understood() {
        let key = BlobKey::parse("media_1").unwrap();
        let session = Session::new(&key, Place::S3(Parts::default()));
        let text = serde_json::to_string(&session).unwrap();
        assert!(serde_json::from_str::<Session>(&text.replace("\"stale\"", "\"new\"")).is_err(), "{text}");
    }
}
