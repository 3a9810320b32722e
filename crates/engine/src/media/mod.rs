//! Files: taking them in, finding out what they are, and fitting them to each network.
//!
//! The rows are in the ledger, the bytes in a [`BlobStore`]. What takes long is a job on the ledger, so that any node
//! does it and a crash only delays it:
//!
//! | job | does |
//! |---|---|
//! | `media.inspect` | a complete upload: type, facts, thumbnail, the same bytes once |
//! | `media.import` | fetches a file from an address |
//! | `media.render` | a picture as one network wants it |
//! | `media.encode` | a video as one network wants it, one after the other |
//! | `media.erase` | deletes bytes |
//!
//! Nothing here knows a network: limits come in as data.

mod append;
mod erase;
mod failure;
mod import;
mod inspect;
mod link;
mod reader;
mod recipe;
mod render;
mod scrub;
mod shelf;
#[cfg(test)]
mod tests;
mod worker;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use postrider_blobs::{BlobKey, BlobStore, MAX_BYTES};
use postrider_connector::Transport;
use postrider_domain::Code;
use postrider_domain::id::{MediaId, WorkspaceId};
use postrider_media::{Accepts, Ffmpeg, Limits};
use postrider_store::repo::media::{self as rows, MediaState};
use postrider_store::{Store, StoreError};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

pub use append::{Appender, Until};
pub use failure::Trouble;
pub use import::safe_name;
pub(crate) use link::PublicLinks;
pub use link::{Link, LinkKeys};
pub use reader::Reader;
pub use recipe::{Recipe, recipe};
pub use shelf::{named, shelf};
pub(crate) use worker::run;

/// With less room than this it is the disk's fault when ffmpeg fails.
const NARROW: u64 = 16 << 20;

/// What is allowed, and for how long things are kept.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Most bytes of one file.
    pub max_upload: u64,
    /// Bytes of the disk that stay free.
    pub keep_free: u64,
    /// How long an upload may stand still.
    pub upload_life: Duration,
    /// How long the content of posts, files included, is kept after the last of it went out.
    pub keep_content: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            max_upload: MAX_BYTES,
            keep_free: 0,
            upload_life: Duration::from_secs(24 * 3600),
            keep_content: Duration::from_secs(90 * 24 * 3600),
        }
    }
}

/// Where files are and what they are worked on with; clones share it.
#[derive(Clone)]
pub struct Kit {
    /// The bytes.
    pub blobs: BlobStore,
    /// ffmpeg, where it is installed.
    pub ffmpeg: Option<Ffmpeg>,
    /// How large a picture may be that is decoded.
    pub limits: Limits,
    /// What is allowed.
    pub rules: Rules,
    public_url: Option<String>,
    scratch: PathBuf,
    decoding: Arc<Semaphore>,
    appends: TaskTracker,
}

impl Kit {
    /// A kit that makes copies in `scratch`, a folder on this machine that is its own: it is emptied first.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(blobs: BlobStore, ffmpeg: Option<Ffmpeg>, scratch: &Path, rules: Rules) -> std::io::Result<Self> {
        if scratch.exists() {
            std::fs::remove_dir_all(scratch)?;
        }
        std::fs::create_dir_all(scratch)?;
        Ok(Self {
            blobs,
            ffmpeg,
            limits: Limits::default(),
            rules,
            public_url: None,
            scratch: scratch.to_owned(),
            // A decoded picture takes up to three times 256 MB: one at a time.
            decoding: Arc::new(Semaphore::new(1)),
            appends: TaskTracker::new(),
        })
    }

    /// The same kit, whose files others can fetch below an origin.
    #[must_use]
    pub fn served_at(mut self, public_url: &str) -> Self {
        self.public_url = Some(public_url.trim_end_matches('/').to_owned());
        self
    }

    /// Where others can fetch files; `None` where nobody serves them.
    pub fn public_url(&self) -> Option<&str> {
        self.public_url.as_deref()
    }

    /// What can be taken in here beyond what needs nothing.
    pub fn accepts(&self) -> Accepts {
        self.ffmpeg.as_ref().map(Ffmpeg::accepts).unwrap_or_default()
    }

    /// Whether videos can be encoded anew.
    pub fn transcodes(&self) -> bool {
        self.ffmpeg.as_ref().is_some_and(|ffmpeg| ffmpeg.capabilities().transcode)
    }

    /// Free bytes of the disk that this machine works on: copies lie there, and beside SQLite the ledger.
    ///
    /// # Errors
    /// When the folder is gone.
    pub async fn free_for_work(&self) -> Result<u64, postrider_blobs::BlobError> {
        postrider_blobs::free_space(&self.scratch).await
    }

    /// Tasks that append what a request brings: they end by themselves when its connection does.
    pub fn appends(&self) -> &TaskTracker {
        &self.appends
    }

    /// A folder that goes away when it is dropped, when the disk has room for so many bytes in it.
    async fn desk(&self, bytes: u64) -> Result<tempfile::TempDir, Trouble> {
        // A folder that is not there is the operator's to mend, and nothing about the file.
        let free = postrider_blobs::free_space(&self.scratch).await.map_err(Trouble::later)?;
        let needed = self.rules.keep_free.saturating_add(bytes);
        if free < needed {
            let why = format!("{free} bytes are free for copies, and {needed} are needed");
            return Err(Trouble::Later { code: Code::StorageFull, why });
        }
        Ok(tempfile::tempdir_in(&self.scratch)?)
    }

    /// What went wrong over a copy: ffmpeg does not say when it was for want of room.
    async fn blame(&self, trouble: Trouble) -> Trouble {
        if !matches!(trouble, Trouble::Final { code: Code::ConverterFailed, .. }) {
            return trouble;
        }
        match postrider_blobs::free_space(&self.scratch).await {
            Ok(free) if free < self.rules.keep_free.max(NARROW) => {
                let why = format!("ffmpeg failed with {free} bytes free");
                Trouble::Later { code: Code::StorageFull, why }
            }
            _ => trouble,
        }
    }

    /// Works on a picture, on a thread where it may take its time, one picture after the other.
    async fn decode<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Trouble> {
        let _turn = self.decoding.acquire().await.map_err(Trouble::later)?;
        Ok(tokio::task::spawn_blocking(work).await?)
    }
}

/// Everything that jobs on files work with.
#[derive(Clone)]
pub struct Studio {
    /// The ledger.
    pub store: Store,
    /// Bytes and tools.
    pub kit: Kit,
    /// The way out to the network.
    pub transport: Arc<dyn Transport>,
}

/// Deletes what a job stored for a file that was given up while it worked, unless a row names it by now: another file
/// may have come to share it. False, and nothing is deleted, when the file is there.
async fn forget(
    studio: &Studio,
    workspace: WorkspaceId,
    id: MediaId,
    keys: impl IntoIterator<Item = String>,
) -> Result<bool, Trouble> {
    let mut tx = studio.store.read().await?;
    match rows::get(&mut tx, workspace, id).await {
        Ok(file) if !matches!(file.state, MediaState::Failed | MediaState::Purged) => return Ok(false),
        Ok(_) | Err(StoreError::NotFound) => {}
        Err(error) => return Err(error.into()),
    }
    let mut doomed = Vec::new();
    for key in keys {
        if !rows::is_named(&mut tx, workspace, &key).await? {
            doomed.push(key);
        }
    }
    drop(tx);
    for key in doomed {
        studio.kit.blobs.delete(&BlobKey::parse(&key).map_err(Trouble::later)?).await?;
    }
    Ok(true)
}
