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
//!     persist(&session)?;                                      // also when `step` is an error: what arrived counts
//!     let step = step?;
//!     offset = step.offset;
//!     if !step.more { break; }
//! }
//! let finished = store.finish(&session).await?;                // bytes and SHA-256; then delete the session row
//! ```
//!
//! A session that could not be persisted is dropped, and the next append begins from the row.
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
mod hash;
mod incoming;
mod key;
mod local;
mod s3;
mod session;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures::TryStreamExt;
use futures::stream::{BoxStream, try_unfold};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use hash::Hash;
use local::Local;
use s3::S3;

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
pub struct BlobStore {
    backend: Backend,
}

#[derive(Debug, Clone)]
enum Backend {
    Local(Arc<Local>),
    S3(Arc<S3>),
}

/// Calls the same method of whichever back end there is.
macro_rules! dispatch {
    ($store:expr, $method:ident($($argument:expr),*)) => {
        match &$store.backend {
            Backend::Local(local) => local.$method($($argument),*).await,
            Backend::S3(s3) => s3.$method($($argument),*).await,
        }
    };
}

impl BlobStore {
    /// Opens a local folder and makes it (mode 0700) when it is missing.
    ///
    /// `keep_free` is a floor in bytes: while less is free, nothing is begun or appended ([`BlobError::NoSpace`]), so
    /// that the database on the same disk can always write. It is looked at every 8 MiB.
    pub async fn local(folder: &Path, keep_free: u64) -> Result<Self, BlobError> {
        let local = Local::open(folder, keep_free).await?;
        Ok(Self { backend: Backend::Local(Arc::new(local)) })
    }

    /// Describes a bucket. Nothing is asked over the network: [`BlobStore::probe`] does.
    pub fn s3(config: &S3Config) -> Result<Self, BlobError> {
        Ok(Self { backend: Backend::S3(Arc::new(S3::new(config)?)) })
    }

    /// Begins an upload. `size` is its whole length where known: small ones then need no multipart upload.
    ///
    /// An object that is already there under the key is replaced by [`BlobStore::finish`].
    pub async fn begin(&self, key: &BlobKey, size: Option<u64>) -> Result<Session, BlobError> {
        if size.is_some_and(|size| size > MAX_BYTES) {
            return Err(BlobError::TooLarge { limit: MAX_BYTES });
        }
        match &self.backend {
            Backend::Local(local) => local.begin(key).await,
            Backend::S3(s3) => s3.begin(key, size).await,
        }
    }

    /// Appends what `body` brings, starting at `offset`, which must be the session's.
    ///
    /// Returns when the body ends, or with `more` after about [`CHECKPOINT_BYTES`]. The session then says what is
    /// durable, and after an error too: a body that broke off ([`BlobError::Body`]) keeps what arrived.
    /// Memory: two parts at most, whatever the body's length.
    pub async fn append(&self, session: &mut Session, offset: u64, body: &mut Incoming) -> Result<Appended, BlobError> {
        session.expect_offset(offset)?;
        dispatch!(self, append(session, body))
    }

    /// Makes the object visible under its key. May be repeated: a finished session gives the same answer again, as
    /// long as the object is there.
    pub async fn finish(&self, session: &Session) -> Result<Finished, BlobError> {
        dispatch!(self, finish(session))?;
        let sha256 = match session.hash.value() {
            Some(value) => value,
            None => self.hash_again(session.key()).await?,
        };
        Ok(Finished { bytes: session.offset, sha256 })
    }

    /// Throws away what an unfinished upload has stored. May be repeated. A finished object stays.
    pub async fn abort(&self, session: &Session) -> Result<(), BlobError> {
        dispatch!(self, abort(session))
    }

    /// The bytes of a range; its end may lie behind the object's, its start must not.
    ///
    /// On S3 a connection that breaks is opened again where it broke, as long as each brings something.
    pub async fn read(&self, key: &BlobKey, range: Range<u64>) -> Result<ByteStream, BlobError> {
        dispatch!(self, read(key, range))
    }

    /// The object's length.
    pub async fn len(&self, key: &BlobKey) -> Result<u64, BlobError> {
        dispatch!(self, len(key))
    }

    /// Deletes the object; one that is missing is fine.
    pub async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        dispatch!(self, delete(key))
    }

    /// Stores at most [`PART_BYTES`] at once; readers see the object before or after, never half of it.
    pub async fn put_small(&self, key: &BlobKey, bytes: Bytes) -> Result<Finished, BlobError> {
        if bytes.len() > PART_BYTES {
            return Err(BlobError::TooLarge { limit: PART_BYTES as u64 });
        }
        let Backend::S3(s3) = &self.backend else { return self.put_stream(key, bytes.into()).await };
        let mut hash = Hash::new();
        hash.update(&bytes);
        let finished = Finished { bytes: bytes.len() as u64, sha256: hash.value().unwrap_or_default() };
        s3.put_small(key, bytes).await?;
        Ok(finished)
    }

    /// Stores a whole stream under a key, without a session to go on with: renditions, and moving between stores
    /// (`to.put_stream(key, Incoming::new(from.read(key, 0..u64::MAX).await?))`).
    pub async fn put_stream(&self, key: &BlobKey, mut body: Incoming) -> Result<Finished, BlobError> {
        let mut session = match &self.backend {
            Backend::Local(local) => local.begin_own(key).await?,
            Backend::S3(s3) => s3.begin(key, None).await?,
        };
        let stored = self.append_all(&mut session, &mut body).await;
        if stored.is_err() {
            // Nobody else knows of this session; the first error is the one to tell.
            let _ = self.abort(&session).await;
        }
        stored?;
        self.finish(&session).await
    }

    /// Stores a local file, such as a rendition. A missing `path` is [`BlobError::NotFound`] too.
    pub async fn put_file(&self, key: &BlobKey, path: &Path) -> Result<Finished, BlobError> {
        let file = File::open(path).await?;
        let chunks = try_unfold(file, |mut file| async move {
            let mut chunk = Vec::with_capacity(128 * 1024);
            let read = (&mut file).take(chunk.capacity() as u64).read_to_end(&mut chunk).await?;
            Ok::<_, std::io::Error>((read > 0).then(|| (Bytes::from(chunk), file)))
        });
        self.put_stream(key, Incoming::new(chunks)).await
    }

    /// A local file with the object's bytes, for programs that need one: the stored file itself, or a copy made in
    /// `folder`. Never write to it.
    pub async fn checkout(&self, key: &BlobKey, folder: &Path) -> Result<Checkout, BlobError> {
        if let Backend::Local(local) = &self.backend {
            return Ok(Checkout { path: local.checkout(key).await?, copy: false });
        }
        let mut stream = self.read(key, 0..u64::MAX).await?;
        let (mut file, checkout) = own_file(folder, key).await?;
        while let Some(bytes) = stream.try_next().await? {
            file.write_all(&bytes).await?;
        }
        file.flush().await?;
        Ok(checkout)
    }

    /// Bytes that [`BlobStore::checkout`] of an object needs in its folder: none where it is a file already.
    pub async fn checkout_bytes(&self, key: &BlobKey) -> Result<u64, BlobError> {
        match &self.backend {
            Backend::Local(_) => Ok(0),
            Backend::S3(s3) => s3.len(key).await,
        }
    }

    /// Free bytes of a local folder; `None` for a bucket.
    pub async fn free_space(&self) -> Result<Option<u64>, BlobError> {
        match &self.backend {
            Backend::Local(local) => local.free_space().await.map(Some),
            Backend::S3(_) => Ok(None),
        }
    }

    /// Deletes what [`BlobStore::put_stream`] of a process that died left behind, when it is older than `before` (an
    /// hour ago, say). A bucket's lifecycle rule does the same there. Returns how many there were.
    pub async fn sweep(&self, before: SystemTime) -> Result<u64, BlobError> {
        match &self.backend {
            Backend::Local(local) => local.sweep(before).await,
            Backend::S3(_) => Ok(0),
        }
    }

    /// Writes, reads and deletes a small object, for `doctor`. `nonce` (characters of a key) keeps probes of several
    /// nodes apart.
    pub async fn probe(&self, nonce: &str) -> Result<Probe, BlobError> {
        let key = BlobKey::parse(&format!("probe/{nonce}")).map_err(|bad| BlobError::Refused(bad.into()))?;
        self.put_small(&key, Bytes::from_static(PROBE)).await?;
        let read: Vec<Bytes> = self.read(&key, 0..u64::MAX).await?.try_collect().await?;
        self.delete(&key).await?;
        let read = read.concat();
        if read != PROBE {
            return Err(BlobError::Corrupt { expected: PROBE.len() as u64, found: read.len() as u64 });
        }
        let place = match &self.backend {
            Backend::Local(local) => local.folder().display().to_string(),
            Backend::S3(s3) => s3.place().to_owned(),
        };
        Ok(Probe { place, free: self.free_space().await? })
    }

    async fn append_all(&self, session: &mut Session, body: &mut Incoming) -> Result<(), BlobError> {
        while self.append(session, session.offset(), body).await?.more {}
        Ok(())
    }

    /// Reads the whole object for its hash.
    async fn hash_again(&self, key: &BlobKey) -> Result<[u8; 32], BlobError> {
        let mut hash = Hash::new();
        let mut stream = self.read(key, 0..u64::MAX).await?;
        while let Some(bytes) = stream.try_next().await? {
            hash.update(&bytes);
        }
        Ok(hash.value().unwrap_or_default())
    }
}

/// What a probe writes.
const PROBE: &[u8] = b"can this be read back?";

/// A new file in `folder` that nobody else has.
async fn own_file(folder: &Path, key: &BlobKey) -> Result<(File, Checkout), BlobError> {
    let mut count = 0_u64;
    loop {
        let path = folder.join(format!("{}~{count}", key.as_str().replace('/', "~")));
        match File::create_new(&path).await {
            Ok(file) => return Ok((file, Checkout { path, copy: true })),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => count += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Free bytes of the disk that a folder is on, whatever it is for.
///
/// # Errors
/// When there is no such folder.
pub async fn free_space(folder: &Path) -> Result<u64, BlobError> {
    local::free_space(folder).await
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
