//! Uploads as tus 1.0.0 has them: begun, asked after, appended to, ended.
//!
//! The row says how far an upload is; a lease on it lets one request append at a time, on whatever node. What was
//! acknowledged is durable; what was not is sent again.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use jiff::Timestamp;
use postrider_blobs::{CHECKPOINT_BYTES, Incoming, PART_BYTES, Session};
use postrider_connector::client::patient;
use postrider_domain::Code;
use postrider_domain::id::{MediaId, WorkspaceId};
use postrider_domain::media::Point;
use postrider_domain::role::Right;
use postrider_engine::media::{Appender, Kit, Trouble, Until, safe_name};
use postrider_store::repo::media::{self, Lease, Leased, Media, MediaState, NewMedia};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::files::alt_too_long;
use crate::{App, AppError, Begun, Caller, Idempotency, Result};

/// The most bytes of a piece with a checksum: it is kept whole or not at all.
pub const CHECKED_BYTES: u64 = CHECKPOINT_BYTES - PART_BYTES as u64;

/// How long a client may be silent before its request ends; what arrived stays, and it can go on.
const SILENCE: Duration = Duration::from_secs(15);

/// A body as it arrives.
pub type Body = BoxStream<'static, io::Result<Bytes>>;

/// An upload to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewUpload {
    /// How many bytes it will have.
    pub bytes: u64,
    /// The file's name.
    pub name: String,
    /// Its type, as the sender says.
    pub mime: String,
    /// Alternative text.
    pub alt: String,
    /// The point that stays visible where a platform crops.
    pub focus: Option<Point>,
    /// What the client wants to hear again.
    pub meta: Option<String>,
}

/// A hash that a piece must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// SHA-1, which tus clients must know.
    Sha1([u8; 20]),
    /// SHA-256.
    Sha256([u8; 32]),
}

/// A piece of an upload.
pub struct Piece {
    /// Where it begins.
    pub offset: u64,
    /// How long it is, where the client says so.
    pub length: Option<u64>,
    /// What it must hash to.
    pub checksum: Option<Checksum>,
    /// Its bytes.
    pub body: Body,
}

/// Begins an upload. Its bytes are reserved, so that it can be ended.
///
/// # Errors
/// When it is empty or too large, its alternative text is too long, or the workspace or the disk has no room.
pub async fn create(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    new: &NewUpload,
    once: Option<&Idempotency>,
) -> Result<MediaId> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::Draft).await?;
    let outstanding = media::outstanding(&mut tx).await?;
    drop(tx);
    if let Some(issue) = alt_too_long(&new.alt) {
        return Err(issue.into());
    }
    let kit = app.kit()?;
    check_size(kit, new.bytes)?;
    check_room(kit, outstanding, new.bytes).await?;
    let mut tx = match app.begin_write(once).await? {
        Begun::Replay(id) => return Ok(id),
        Begun::Run(tx) => tx,
    };
    let member = caller.member(&mut tx, workspace, Right::Draft).await?;
    let file = NewMedia {
        name: &safe_name(&new.name),
        mime: &new.mime,
        bytes: new.bytes,
        alt: &new.alt,
        focus: new.focus,
        upload_meta: new.meta.as_deref(),
        expires_at: Some(tx.now().saturating_add(kit.rules.upload_life).unwrap_or(Timestamp::MAX)),
        created_by: member.user,
    };
    let id = media::create(&mut tx, workspace, file).await?.id;
    app.finish(tx, once, &id).await?;
    Ok(id)
}

fn check_size(kit: &Kit, bytes: u64) -> Result<()> {
    let limit = kit.rules.max_upload;
    match bytes {
        0 => Err(AppError::of(Code::MediaEmpty)),
        bytes if bytes > limit => Err(AppError::of(Code::UploadTooLarge).with("limit", limit)),
        _ => Ok(()),
    }
}

/// What other uploads have reserved and not yet sent is as good as taken.
async fn check_room(kit: &Kit, outstanding: u64, bytes: u64) -> Result<()> {
    let Some(free) = kit.blobs.free_space().await? else { return Ok(()) };
    let needed = kit.rules.keep_free.saturating_add(outstanding).saturating_add(bytes);
    if free < needed { Err(AppError::of(Code::StorageFull)) } else { Ok(()) }
}

/// How far an upload is.
///
/// # Errors
/// When there is none, or it was given up.
pub async fn progress(app: &App, caller: &Caller, workspace: WorkspaceId, id: MediaId) -> Result<Media> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    still_there(media::get(&mut tx, workspace, id).await?)
}

/// What was given up, refused or deleted cannot be gone on with.
fn still_there(file: Media) -> Result<Media> {
    match file.state {
        MediaState::Failed => Err(AppError::Refused {
            code: file.code.filter(|code| *code == Code::UploadExpired).unwrap_or(Code::UploadLost),
            args: file.code_args,
        }),
        MediaState::Purged => Err(AppError::of(Code::MediaGone)),
        MediaState::Uploading | MediaState::Processing | MediaState::Ready => Ok(file),
    }
}

/// Appends a piece. With the last byte the file goes on to be looked at.
///
/// # Errors
/// At another place than where the upload stands; while another request appends; when there is no room.
pub async fn append(app: &App, caller: &Caller, workspace: WorkspaceId, id: MediaId, piece: Piece) -> Result<Media> {
    let mut tx = app.store.write().await?;
    caller.member(&mut tx, workspace, Right::Draft).await?;
    let until = Appender::lease_end(tx.now());
    let (lease, file, kept) = match media::lease(&mut tx, workspace, id, until).await? {
        Leased::Yes(lease, file, kept) => (lease, file, kept),
        Leased::Busy => return Err(AppError::of(Code::UploadBusy)),
        Leased::Over(file) => {
            let file = still_there(*file)?;
            return Err(AppError::of(Code::UploadOffset).with("expected", file.received));
        }
    };
    // When it does not, the lease goes with the transaction.
    fits(&file, &piece)?;
    let kit = app.kit()?.clone();
    tx.commit().await?;
    let work = Work { app: app.clone(), kit: kit.clone(), lease, bytes: file.bytes };
    // On a task of its own: a client that goes away must not stop a write half-way.
    let task = kit.appends().spawn(async move { work.run(kept, piece).await });
    task.await.map_err(|error| AppError::Internal(error.to_string()))??;
    let mut tx = app.store.read().await?;
    Ok(media::get(&mut tx, workspace, id).await?)
}

fn fits(file: &Media, piece: &Piece) -> Result<()> {
    // A file that is imported has no upload that anybody could go on with.
    if file.source_url.is_some() {
        return Err(AppError::not_found());
    }
    if piece.offset != file.received {
        return Err(AppError::of(Code::UploadOffset).with("expected", file.received));
    }
    if piece.length.is_some_and(|length| length > file.bytes - file.received) {
        return Err(AppError::of(Code::UploadTooLarge).with("limit", file.bytes));
    }
    if piece.checksum.is_some() && piece.length.is_none_or(|length| length > CHECKED_BYTES) {
        return Err(AppError::of(Code::UploadChunkTooLarge).with("limit", CHECKED_BYTES));
    }
    Ok(())
}

/// One request's work on one upload.
struct Work {
    app: App,
    kit: Kit,
    lease: Lease,
    bytes: u64,
}

impl Work {
    async fn run(&self, kept: Option<serde_json::Value>, piece: Piece) -> Result<()> {
        let appender = Appender::new(&self.app.store, &self.kit, self.lease, Until::End(self.bytes));
        let from = piece.offset;
        let done = self.append(&appender, kept, piece).await;
        let arrived = done.as_ref().map_or(0, |offset| offset.saturating_sub(from));
        self.app.metrics.uploaded(arrived, done.is_ok());
        let whole = matches!(done, Ok(offset) if offset == self.bytes);
        if whole {
            appender.take_in(self.bytes).await?;
        } else if let Err(error) = appender.release().await {
            // It ends by itself, a little later.
            tracing::warn!(%error, "the right to append could not be given back");
        }
        match done {
            Ok(_) => Ok(()),
            Err(Failed::Checksum) => Err(AppError::of(Code::UploadChecksum)),
            Err(Failed::Trouble(trouble)) => Err(self.broken(trouble).await?),
        }
    }

    /// Returns where the upload stands.
    async fn append(
        &self,
        appender: &Appender<'_>,
        kept: Option<serde_json::Value>,
        piece: Piece,
    ) -> Result<u64, Failed> {
        let mut session: Session = appender.session(kept).await?;
        let left = self.bytes - session.offset();
        let Some(expected) = piece.checksum else {
            let mut body = Incoming::new(bounded(patient(piece.body, SILENCE), left));
            appender.append(&mut session, &mut body).await?;
            return Ok(session.offset());
        };
        let hash = Arc::new(Mutex::new(Hash::of(expected)));
        let mut body = Incoming::new(hashed(bounded(patient(piece.body, SILENCE), left), Arc::clone(&hash)));
        let is_right = || hash.lock().unwrap_or_else(PoisonError::into_inner).is(expected);
        match appender.append_if(&mut session, &mut body, is_right).await? {
            true => Ok(session.offset()),
            false => Err(Failed::Checksum),
        }
    }

    /// An upload whose bytes are lost cannot go on: it says so from now on.
    async fn broken(&self, trouble: Trouble) -> Result<AppError> {
        if let Trouble::Final { code: code @ Code::UploadLost, args } = &trouble {
            let mut tx = self.app.store.write().await?;
            media::mark_failed(&mut tx, self.lease.workspace, self.lease.media, *code, args).await?;
            tx.commit().await?;
        }
        Ok(trouble.into())
    }
}

enum Failed {
    Checksum,
    Trouble(Trouble),
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// Ends an upload that is under way; its bytes go.
///
/// # Errors
/// While somebody appends; once it is a file, which is deleted as such.
pub async fn terminate(app: &App, caller: &Caller, workspace: WorkspaceId, id: MediaId) -> Result<()> {
    let mut tx = app.store.write().await?;
    caller.member(&mut tx, workspace, Right::Draft).await?;
    let until = Appender::lease_end(tx.now());
    match media::lease(&mut tx, workspace, id, until).await? {
        Leased::Busy => return Err(AppError::of(Code::UploadBusy)),
        Leased::Over(file) => {
            still_there(*file)?;
            return Err(AppError::of(Code::NotPossibleNow));
        }
        Leased::Yes(..) => media::mark_purged(&mut tx, workspace, id).await?,
    }
    Ok(tx.commit().await?)
}

/// Ends with an error after `most` bytes.
fn bounded(body: Body, most: u64) -> Body {
    let mut left = most;
    body.map(move |piece| {
        let piece = piece?;
        left = left.checked_sub(piece.len() as u64).ok_or_else(|| io::Error::other("more bytes than announced"))?;
        Ok(piece)
    })
    .boxed()
}

fn hashed(body: Body, hash: Arc<Mutex<Hash>>) -> Body {
    body.inspect(move |piece| {
        if let Ok(piece) = piece {
            hash.lock().unwrap_or_else(PoisonError::into_inner).update(piece);
        }
    })
    .boxed()
}

enum Hash {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Hash {
    fn of(expected: Checksum) -> Self {
        match expected {
            Checksum::Sha1(_) => Self::Sha1(Sha1::new()),
            Checksum::Sha256(_) => Self::Sha256(Sha256::new()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(hash) => hash.update(bytes),
            Self::Sha256(hash) => hash.update(bytes),
        }
    }

    fn is(&self, expected: Checksum) -> bool {
        match (self, expected) {
            (Self::Sha1(hash), Checksum::Sha1(wanted)) => hash.clone().finalize().as_slice() == wanted,
            (Self::Sha256(hash), Checksum::Sha256(wanted)) => hash.clone().finalize().as_slice() == wanted,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::{TryStreamExt as _, stream};

    use super::*;

    fn pieces(sizes: &[usize]) -> Body {
        let pieces: Vec<_> = sizes.iter().map(|size| Ok(Bytes::from(vec![0; *size]))).collect();
        stream::iter(pieces).boxed()
    }

    async fn arrived(mut body: Body) -> (usize, Option<io::ErrorKind>) {
        let mut bytes = 0;
        loop {
            match body.try_next().await {
                Ok(Some(piece)) => bytes += piece.len(),
                Ok(None) => return (bytes, None),
                Err(error) => return (bytes, Some(error.kind())),
            }
        }
    }

    #[tokio::test]
    async fn a_body_may_be_as_long_as_announced_and_no_byte_longer() {
        assert_eq!(arrived(bounded(pieces(&[3, 4]), 7)).await, (7, None));
        assert_eq!(arrived(bounded(pieces(&[3, 5]), 7)).await, (3, Some(io::ErrorKind::Other)));
        assert_eq!(arrived(bounded(pieces(&[]), 0)).await, (0, None));
    }

    #[test]
    fn a_hash_is_compared_with_its_own_kind_only() {
        let (short, long) =
            (Checksum::Sha1(Sha1::digest(b"abc").into()), Checksum::Sha256(Sha256::digest(b"abc").into()));
        for expected in [short, long] {
            let mut hash = Hash::of(expected);
            hash.update(b"ab");
            assert!(!hash.is(expected));
            hash.update(b"c");
            assert!(hash.is(expected) && hash.is(short) != hash.is(long));
        }
    }
}
