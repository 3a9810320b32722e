//! Where the bytes of media are kept: a local folder or an S3 bucket, behind one handle.
//!
//! The store knows nothing of workspaces, databases or HTTP. A caller names an object by a [`BlobKey`] (the upload's
//! id), and keeps a [`Session`] row for each upload that is under way.
//!
//! # Uploads that any node can go on with
//!
//! ```text
//! let mut session = store.begin(&key, Some(size)).await?;      // persist the session
//! let mut body = Incoming::new(request_body);
//! loop {                                                       // for each PATCH
//!     let step = store.append(&mut session, offset, &mut body).await;
//!     persist(&session);                                       // also when `step` is an error: what arrived counts
//!     let step = step?;
//!     offset = step.offset;
//!     if !step.more { break; }
//! }
//! let finished = store.finish(&session).await?;                // bytes and SHA-256; then delete the session row
//! ```
//!
//! A session is plain data. Whatever node holds the latest persisted one, and the same folder or bucket, can go on:
//!
//! * **Local folder**: the row's offset is the authority. Bytes behind it (they arrived, their row did not) are
//!   written over, so repeating an append is harmless. A file that is *shorter* than the row is [`BlobError::LostPart`].
//! * **S3**: full parts of [`PART_BYTES`] go to a multipart upload; what is shorter stays as a *tail object* beside
//!   it, named by its part and its end, and never overwritten by another content. The tail before it is deleted by
//!   the next append, when the row that needs it is certainly replaced.
//!
//! The SHA-256 is computed while the bytes pass and its state travels in the session. Hashing at the end instead would
//! read every object once more, which on S3 means downloading it. Should a later version of the hash library not
//! understand a stored state, [`BlobStore::finish`] does exactly that, once.
//!
//! Two nodes must not append to one session at the same time: hold a lock or lease on its row. If it happens all the
//! same (a node that was thought dead), the same bytes at the same offsets do no harm; other bytes are the caller's bug.
//!
//! A multipart upload whose session row was never persisted stays in the bucket unseen. Give the bucket a rule that
//! aborts incomplete multipart uploads after some days; [`BlobStore::abort`] takes care of all others.
#![deny(missing_docs)]

mod error;
mod incoming;
mod key;
mod session;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;

pub use error::{BlobError, Cause};
pub use incoming::Incoming;
pub use key::{BadKey, BlobKey};
pub use session::Session;

/// Bytes of one part of a multipart upload, and the most that [`BlobStore::put_small`] takes.
///
/// The same for every upload, because a session is resumed by nodes of other versions.
pub const PART_BYTES: usize = 8 * 1024 * 1024;

/// About so many bytes after [`BlobStore::append`] returns with `more`, so that its caller persists the session.
pub const CHECKPOINT_BYTES: u64 = 4 * PART_BYTES as u64;

/// The largest object: S3 takes ten thousand parts.
pub const MAX_BYTES: u64 = 10_000 * PART_BYTES as u64;

/// A stream of an object's bytes. It yields exactly what was asked for, or ends with an error.
pub type ByteStream = BoxStream<'static, Result<Bytes, BlobError>>;

/// What an append came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The offset that is durable now; the same as the session's.
    pub offset: u64,
    /// Whether the body may have more: persist the session, then append again with the same [`Incoming`].
    pub more: bool,
}

/// A stored object, as it is entered into the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
}

/// A bucket.
#[derive(Debug, Clone)]
pub struct S3Config {
    /// The bucket's name.
    pub bucket: String,
    /// Region; services without regions take any word, such as `auto` or `us-east-1`.
    pub region: String,
    /// Address of the service; `None` is Amazon's own for the region.
    pub endpoint: Option<String>,
    /// Access key id.
    pub access_key: String,
    /// Secret access key.
    pub secret_key: postrider_domain::secret::Secret,
    /// Whether the bucket stands in the path (`https://host/bucket/key`) instead of the host name.
    pub path_style: bool,
    /// Put before every key, such as `postrider/`; may be empty.
    pub prefix: String,
    /// Longest wait for one request's answer; an upload of a part included.
    pub timeout: Duration,
    /// How often a request that may be repeated is repeated before it counts as [`BlobError::Unavailable`].
    pub retries: usize,
}

/// What [`BlobStore::probe`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Where: the folder, or endpoint and bucket. No secrets.
    pub place: String,
    /// Free bytes, where that can be known.
    pub free: Option<u64>,
}

/// A local file with an object's bytes; a copy is deleted on drop.
#[derive(Debug)]
pub struct Checkout {
    path: PathBuf,
    copy: bool,
}

/// A handle to the store; clones share it.
#[derive(Debug, Clone)]
pub struct BlobStore {}

impl BlobStore {
    /// Opens a local folder and makes it (mode 0700) when it is missing.
    ///
    /// `keep_free` is a floor in bytes: what would leave less free space is refused with [`BlobError::NoSpace`], so
    /// that the database on the same disk can always write.
    pub async fn local(folder: &Path, keep_free: u64) -> Result<Self, BlobError> {
        let _ = (folder, keep_free);
        todo!()
    }

    /// Describes a bucket. Nothing is asked over the network: [`BlobStore::probe`] does.
    pub fn s3(config: &S3Config) -> Result<Self, BlobError> {
        let _ = config;
        todo!()
    }

    /// Begins an upload. `size` is its whole length where known: small ones then need no multipart upload.
    ///
    /// An object that is already there under the key is replaced by [`BlobStore::finish`].
    pub async fn begin(&self, key: &BlobKey, size: Option<u64>) -> Result<Session, BlobError> {
        let _ = (key, size);
        todo!()
    }

    /// Appends what `body` brings, starting at `offset`, which must be the session's.
    ///
    /// Returns when the body ends, or with `more` after about [`CHECKPOINT_BYTES`]. The session then says what is
    /// durable, and after an error too: a body that broke off ([`BlobError::Body`]) keeps what arrived.
    /// Memory: two parts at most, whatever the body's length.
    pub async fn append(&self, session: &mut Session, offset: u64, body: &mut Incoming) -> Result<Appended, BlobError> {
        let _ = (session, offset, body);
        todo!()
    }

    /// Makes the object visible under its key. May be repeated: a finished session gives the same answer again, as
    /// long as the object is there.
    pub async fn finish(&self, session: &Session) -> Result<Finished, BlobError> {
        let _ = session;
        todo!()
    }

    /// Throws away what an unfinished upload has stored. May be repeated. A finished object stays.
    pub async fn abort(&self, session: &Session) -> Result<(), BlobError> {
        let _ = session;
        todo!()
    }

    /// The bytes of a range; its end may lie behind the object's, its start must not.
    pub async fn read(&self, key: &BlobKey, range: Range<u64>) -> Result<ByteStream, BlobError> {
        let _ = (key, range);
        todo!()
    }

    /// The object's length.
    pub async fn len(&self, key: &BlobKey) -> Result<u64, BlobError> {
        let _ = key;
        todo!()
    }

    /// Deletes the object; one that is missing is fine.
    pub async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        let _ = key;
        todo!()
    }

    /// Stores at most [`PART_BYTES`] at once; readers see the object before or after, never half of it.
    pub async fn put_small(&self, key: &BlobKey, bytes: Bytes) -> Result<Finished, BlobError> {
        let _ = (key, bytes);
        todo!()
    }

    /// Stores a whole stream under a key, without a session to go on with: renditions, and moving between stores
    /// (`to.put_stream(key, Incoming::new(from.read(key, 0..u64::MAX).await?))`).
    pub async fn put_stream(&self, key: &BlobKey, body: Incoming) -> Result<Finished, BlobError> {
        let _ = (key, body);
        todo!()
    }

    /// Stores a local file, such as a rendition.
    pub async fn put_file(&self, key: &BlobKey, path: &Path) -> Result<Finished, BlobError> {
        let _ = (key, path);
        todo!()
    }

    /// A local file with the object's bytes, for programs that need one: the stored file itself, or a copy made in
    /// `folder`. Never write to it.
    pub async fn checkout(&self, key: &BlobKey, folder: &Path) -> Result<Checkout, BlobError> {
        let _ = (key, folder);
        todo!()
    }

    /// Free bytes of a local folder; `None` for a bucket.
    pub async fn free_space(&self) -> Result<Option<u64>, BlobError> {
        todo!()
    }

    /// Writes, reads and deletes a small object, for `doctor`. `nonce` keeps probes of several nodes apart.
    pub async fn probe(&self, nonce: &str) -> Result<Probe, BlobError> {
        let _ = nonce;
        todo!()
    }
}

impl Checkout {
    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        if self.copy {
            // A copy that stays costs space and nothing else; the folder for copies is emptied at start.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
