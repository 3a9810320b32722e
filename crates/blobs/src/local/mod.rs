//! A folder on this machine.
//!
//! ```text
//! objects/<key, `/` written as `~`>     finished
//! uploads/<the same>                    under way, of a session
//! uploads/<the same>~~<n>               under way, of a store in one go
//! ```
//!
//! Flat, so that no folder has to be made or removed beside a writer. A file appears in `objects` by a rename, after
//! its bytes and before its folder are synced.

mod upload;

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use futures::stream::{StreamExt, try_unfold};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::ByteStream;
use crate::error::BlobError;
use crate::key::BlobKey;

/// Bytes that are read at once.
const CHUNK: usize = 128 * 1024;

#[derive(Debug)]
pub(crate) struct Local {
    folder: PathBuf,
    keep_free: u64,
    /// Tells apart what this process stores in one go.
    count: AtomicU64,
}

impl Local {
    pub(crate) async fn open(folder: &Path, keep_free: u64) -> Result<Self, BlobError> {
        let local = Self { folder: folder.to_owned(), keep_free, count: AtomicU64::new(0) };
        let folders = [local.folder.clone(), local.objects(), local.uploads()];
        blocking(move || folders.iter().try_for_each(|folder| make_private(folder))).await?;
        Ok(local)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) async fn read(&self, key: &BlobKey, range: Range<u64>) -> Result<ByteStream, BlobError> {
        let mut file = tokio::fs::File::open(self.object(key)).await?;
        let len = file.metadata().await?.len();
        if range.start > len {
            return Err(BlobError::BadRange { len });
        }
        file.seek(io::SeekFrom::Start(range.start)).await?;
        let left = range.end.min(len).saturating_sub(range.start);
        let stream = try_unfold((file, left), move |(mut file, left)| async move {
            let mut chunk = vec![0; CHUNK.min(usize::try_from(left).unwrap_or(CHUNK))];
            if chunk.is_empty() {
                return Ok(None);
            }
            let read = file.read(&mut chunk).await?;
            if read == 0 {
                return Err(BlobError::Corrupt { expected: len, found: len - left });
            }
            chunk.truncate(read);
            Ok(Some((Bytes::from(chunk), (file, left - read as u64))))
        });
        Ok(stream.boxed())
    }

    pub(crate) async fn len(&self, key: &BlobKey) -> Result<u64, BlobError> {
        Ok(tokio::fs::metadata(self.object(key)).await?.len())
    }

    pub(crate) async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        let (object, objects) = (self.object(key), self.objects());
        blocking(move || {
            if removed(&object)? {
                sync_folder(&objects)?;
            }
            Ok(())
        })
        .await
    }

    /// The file itself.
    pub(crate) async fn checkout(&self, key: &BlobKey) -> Result<PathBuf, BlobError> {
        self.len(key).await?;
        Ok(self.object(key))
    }

    pub(crate) async fn free_space(&self) -> Result<u64, BlobError> {
        free_space(&self.folder).await
    }

    /// Deletes what was stored in one go and never finished, last written before `before`.
    pub(crate) async fn sweep(&self, before: SystemTime) -> Result<u64, BlobError> {
        let uploads = self.uploads();
        blocking(move || {
            let mut swept = 0;
            for entry in fs::read_dir(&uploads)? {
                let entry = entry?;
                let in_one_go = entry.file_name().to_string_lossy().contains("~~");
                // A file that went away meanwhile was finished.
                let old = entry.metadata().and_then(|facts| facts.modified()).is_ok_and(|written| written < before);
                if in_one_go && old && removed(&entry.path())? {
                    swept += 1;
                }
            }
            Ok(swept)
        })
        .await
    }

    /// Refuses to write where less than the floor is free.
    async fn expect_room(&self) -> Result<(), BlobError> {
        // Asking costs microseconds, so the floor is looked at again and again while bytes arrive.
        if self.keep_free > 0 && self.free_space().await? < self.keep_free {
            return Err(BlobError::NoSpace);
        }
        Ok(())
    }

    fn objects(&self) -> PathBuf {
        self.folder.join("objects")
    }

    fn uploads(&self) -> PathBuf {
        self.folder.join("uploads")
    }

    fn object(&self, key: &BlobKey) -> PathBuf {
        self.objects().join(flat(key))
    }

    fn next_count(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }
}

/// The key as one file name; no key contains `~`.
fn flat(key: &BlobKey) -> String {
    key.as_str().replace('/', "~")
}

/// Free bytes of the disk that a folder is on.
pub(crate) async fn free_space(folder: &Path) -> Result<u64, BlobError> {
    let folder = folder.to_owned();
    blocking(move || {
        let space = rustix::fs::statvfs(&folder)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    })
    .await
}

/// Runs blocking file work off the runtime's threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, BlobError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|panic| BlobError::Unavailable(panic.into()))??)
}

fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes names in a folder durable: a file that was synced can still lose its name.
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Removes a file; whether it was there.
fn removed(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

impl From<io::Error> for BlobError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Self::NoSpace,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::NotADirectory => {
                Self::Refused(error.into())
            }
            _ => Self::Unavailable(error.into()),
        }
    }
}
