//! Handing out bytes.

use std::io;
use std::ops::Range;

use futures::{StreamExt as _, TryStreamExt as _};
use postrider_blobs::BlobKey;
use postrider_domain::Code;
use postrider_domain::id::{MediaId, WorkspaceId};
use postrider_domain::media::Mime;
use postrider_domain::role::Right;
use postrider_engine::media::{Link, LinkKeys};
use postrider_store::Tx;
use postrider_store::repo::media::{self, Media, MediaState};

use super::files::present;
use super::uploads::Body;
use crate::{App, AppError, Caller, Result};

/// Bytes that may be handed out, with what the answer says about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Their type, from the list of those that are taken in.
    pub mime: Mime,
    /// How many there are.
    pub bytes: u64,
    /// Changes when they do.
    pub tag: String,
    /// A name for whoever saves them.
    pub name: String,
    key: BlobKey,
}

impl Served {
    /// A stretch of them.
    ///
    /// # Errors
    /// When the store does not have them or does not answer.
    pub async fn read(&self, app: &App, range: Range<u64>) -> Result<Body> {
        let stream = app.kit()?.blobs.read(&self.key, range).await?;
        Ok(stream.map_err(io::Error::other).boxed())
    }
}

/// The bytes of a file.
///
/// # Errors
/// When there is none, or they are not all there yet.
pub async fn file(app: &App, caller: &Caller, workspace: WorkspaceId, id: MediaId) -> Result<Served> {
    original(&ready(app, caller, workspace, id).await?)
}

/// A small still picture of a file.
///
/// # Errors
/// When there is none, as for videos without ffmpeg.
pub async fn thumbnail(app: &App, caller: &Caller, workspace: WorkspaceId, id: MediaId) -> Result<Served> {
    let file = ready(app, caller, workspace, id).await?;
    let key = parse(file.thumb_key.as_deref().ok_or_else(AppError::not_found)?)?;
    let bytes = app.kit()?.blobs.len(&key).await?;
    Ok(Served { mime: Mime::Webp, bytes, tag: format!("t{}", file.id), name: "thumbnail.webp".to_owned(), key })
}

async fn ready(app: &App, caller: &Caller, workspace: WorkspaceId, id: MediaId) -> Result<Media> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    let file = present(media::get(&mut tx, workspace, id).await?)?;
    if file.state == MediaState::Ready { Ok(file) } else { Err(AppError::of(Code::MediaNotReady)) }
}

fn original(file: &Media) -> Result<Served> {
    let facts = file.facts.as_ref().ok_or_else(AppError::not_found)?;
    Ok(Served {
        mime: facts.mime,
        bytes: facts.bytes,
        tag: hex(&file.sha256.unwrap_or_default()),
        name: file.name.clone(),
        key: parse(file.object_key.as_deref().ok_or_else(AppError::not_found)?)?,
    })
}

/// The bytes behind a signed address; nobody needs to be logged in.
///
/// # Errors
/// [`Code::MediaLinkInvalid`] for an address that we did not give out, or that has expired.
pub async fn by_link(app: &App, link: &Link, proof: &str) -> Result<Served> {
    let mut tx = app.store.read().await?;
    if !LinkKeys::new(&app.store).verify(link, proof, tx.now()) {
        return Err(AppError::of(Code::MediaLinkInvalid));
    }
    let (workspace, file) = media::of_link(&mut tx, link.media).await?;
    match &link.recipe {
        None => original(&file),
        Some(recipe) => rendition(&mut tx, workspace, link.media, recipe).await,
    }
}

async fn rendition(tx: &mut Tx, workspace: WorkspaceId, id: MediaId, recipe: &str) -> Result<Served> {
    let made = media::rendition(tx, workspace, id, recipe).await?.made.ok_or_else(AppError::not_found)?;
    Ok(Served {
        mime: made.mime,
        bytes: made.bytes,
        tag: hex(&made.sha256),
        name: format!("file.{}", made.mime.extension()),
        key: parse(&made.object_key)?,
    })
}

fn parse(key: &str) -> Result<BlobKey> {
    BlobKey::parse(key).map_err(|error| AppError::Internal(error.to_string()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
